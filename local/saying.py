"""`attendance explain` in plain English: every line says a fact of `Explained`, and none is worked out here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from attendance.asked import BLOCKER_REMEDY
from attendance.codes import CODES
from attendance.standing import HARD_BLOCKERS
from local import saying_record
from local.explained import CountedSession, Drawing, EntrySeen, Explained, Week
from local.words import FLAGS, READINGS, counted, day, listed, moment, session

_WIDTH: Final = 118


def text(story: Explained) -> str:
    """The whole story; a section that has nothing to say is left out."""
    blocks = ["\n".join(_who(story))]
    for title, lines in _SECTIONS.items():
        said = [line for given in lines(story) for line in _wrapped(given)]
        if said:
            blocks.append("\n".join([title, *said]))
    return "\n\n".join(blocks)


def _wrapped(line: str) -> list[str]:
    """A line with two spaces before it; a long one goes on below, further in."""
    within = len(line) - len(line.lstrip()) + 2
    if "  " in line.lstrip():  # a drawn week
        return [f"  {line}"]
    return textwrap.wrap(
        line.strip(), _WIDTH, initial_indent=" " * within, subsequent_indent=" " * (within + 2), break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip


# ------------------------------------------------------------------ who, and the answer


def _who(story: Explained) -> Iterator[str]:
    known = f"as known on {day(story.as_known)}" if story.as_known else "as known now"
    yield f"Pupil {story.upn}, as at {day(story.as_at)}, {known}"
    if story.as_known:
        yield f"Only what was received and decided by the end of {day(story.as_known)} is used."
    if story.known_at:
        yield f"The last file used was received on {moment(story.known_at)}."


def _schools(story: Explained) -> Iterator[str]:
    for each in story.schools:
        name = f"{each.urn} {each.name}".strip()
        begins = f"from {day(each.starting_day)}" if each.starting_day else "from a day that the roll does not give"
        ends = f" to {day(each.leaving_day)}" if each.leaving_day else ""
        when = f"{begins}{ends}" if each.on_roll_known else "not on the roll that it sent"
        yield f"{name}, authority {each.la} ({each.la_name}): {when}"
        if each.follows:
            earlier = listed(each.follows)
            yield f"  It follows school {earlier}, whose register and roll are read as its own."
    if len(story.schools) > 1:
        yield f"The answer is that of school {story.urn}; what counts at the others is carried over to it."


def _answer(story: Explained) -> Iterator[str]:
    position = story.position
    if position.met and position.met_at:
        how = ", provisionally" if position.provisional else ""
        yield f"The threshold is MET{how}, at {day(position.met_at.date)} {position.met_at.session}."
        school = story.school(story.met_urn) if story.met_urn else None
        if school:
            yield f"That session is school {school.urn}'s, so the case is one of authority {school.la} ({school.la_name})."
    else:
        yield "The threshold is NOT met."
    if position.provisional:
        yield "Without its N codes it would not be met: no penalty notice is issued on it until they are replaced."
    free = " that no penalty notice has used" if story.position.met and story.notices else ""
    where = _by_school(story.sessions)
    at_both = f": {where}" if len({each.urn for each in story.sessions}) > 1 else ""
    yield f"{counted(position.count, 'session')}{free} count in the last ten school weeks{at_both}. {story.need} are needed."
    if position.best.count > position.count:
        yield f"The ten school weeks that hold most hold {position.best.count}."


def _by_school(sessions: Sequence[CountedSession]) -> str:
    urns = dict.fromkeys(each.urn for each in sessions)
    return ", ".join(f"{sum(each.urn == urn for each in sessions)} at school {urn}" for urn in urns)


# ------------------------------------------------------------------ weeks and sessions


def _drawn(story: Explained) -> Iterator[str]:
    yield "[X] counts, (X) is used by a penalty notice, - no mark, . no session held, blank: not on the roll"
    for drawing in story.drawings:
        yield f"{drawing.name}:"
        yield from _drawing(drawing)


def _drawing(drawing: Drawing) -> Iterator[str]:
    two = len({urn for week in drawing.weeks for urn in week.schools}) > 1
    yield (
        f"    week of     {'school    ' if two else ''}"
        + "".join(f"{name:<9}" for name in ("Mon", "Tue", "Wed", "Thu", "Fri"))
        + "counted"
    )
    for n, week in enumerate(drawing.weeks, start=1):
        whose = f"{'+'.join(week.schools):<10}" if two else ""
        yield f" {n:>2} {week.week.isoformat()}  {whose}{_cells(week)}{week.counted:>4}"


def _cells(week: Week) -> str:
    cells = ""
    for n in range(0, len(week.sessions), 2):
        half = "".join(_cell(each.code, each.counts, each.used) for each in week.sessions[n : n + 2])
        if n < 10 or half.strip(" ."):
            cells += f"{half:<9}"
    return cells


def _cell(code: str, counts: bool, used: bool) -> str:
    return f"[{code}]" if counts else f"({code})" if used else f" {code} "


def _counting(story: Explained) -> Iterator[str]:
    for each in story.sessions:
        yield f"{session(each)}: {each.code}, school {each.urn}{_entered(each.entry)}"
    for code in sorted({each.code for each in story.sessions}):
        yield f"{code} is: {CODES[code].meaning}"


def _entered(entry: EntrySeen | None) -> str:
    if entry is None:
        return ""
    when = f" {moment(entry.recorded_at)}" if entry.recorded_at else ""
    by = f" by {entry.recorded_by}" if entry.recorded_by else ""
    entered = f", entered{when}{by}" if when or by else ", the register does not say when or by whom"
    return f"{entered}, received {moment(entry.received_at)}"


def _not_counting(story: Explained) -> Iterator[str]:
    by_reason: dict[tuple[str, str], list[str]] = {}
    for each in story.not_counted:
        by_reason.setdefault((each.urn, each.because), []).append(f"{session(each)} {each.code}")
    for (urn, because), sessions in by_reason.items():
        yield f"School {urn}, {because}: {', '.join(sessions)}"


def _amended(story: Explained) -> Iterator[str]:
    for each in story.amendments:
        yield f"{session(each)}, school {each.urn}: {' to '.join(entry.code or 'no mark' for entry in each.entries)}; {each.effect}"
        for n, entry in enumerate(each.entries):
            what = "original" if n == 0 else "amended to"
            why = f"; reason: {entry.reason}" if entry.reason else "; no reason was given" if n else ""
            yield f"  {what} {entry.code or 'no mark'}{_entered(entry)}{why}"


def _n_codes(story: Explained) -> Iterator[str]:
    for each in story.n_codes:
        late = "it was to be replaced by" if each.overdue else "it is to be replaced by"
        end = ", and was not: it is OVERDUE, and the school must enter the reason, or O" if each.overdue else ""
        yield f"{session(each)}, school {each.urn}: {late} {day(each.replace_by)}, five school days after the session{end}."


# ------------------------------------------------------------------ why, and what would change it


def _law(story: Explained) -> Iterator[str]:
    yield from story.provisions
    if story.compulsory_from and story.compulsory_until:
        yield (
            f"This pupil is of compulsory school age from {day(story.compulsory_from)} to {day(story.compulsory_until)}, "
            "both days included."
        )
    else:
        yield "The date of birth is not known: the pupil is taken as of compulsory school age, and no notice is issued."
    for each in story.schools:
        inside = "is" if each.in_framework else "is NOT"
        kind = f" ({each.kind})" if each.kind else ""
        yield f"School {each.urn} {inside} of a type in the national framework{kind}."


def _readings(story: Explained) -> Iterator[str]:
    met = {True: "met", False: "not met"}
    if any(each.differs for each in story.readings):
        yield (
            "Other readings of ten school weeks found in practice would decide otherwise. The framework's reading, any week "
            f"with a session held, decides: {met[story.framework_met]}."
        )
    for each in story.readings:
        yield f"{READINGS[each.name]}: {met[each.met]}, {'OTHERWISE than' if each.differs else 'as'} by the framework's."


def changes(story: Explained) -> Iterator[str]:
    """What would change the answer, and what stands in the way of a notice."""
    position = story.position
    gathering = [each for each in story.cases if each.case.state == "gathering"]
    again = " again, in a new case" if position.met else ""
    if not gathering and position.to_go:
        yield f"{counted(position.to_go, 'more countable session')} in the last ten school weeks would meet it{again}."
    elif not gathering:
        yield "The next session that counts meets it again, in a new case, as long as the last ten school weeks hold so many."
    if position.drops_on:
        yield f"On {day(position.drops_on)} the oldest sessions counted leave the last ten school weeks."
    elif position.count:
        yield (
            "When the oldest sessions counted leave the last ten school weeks is not known: the school's calendar does not "
            "reach so far."
        )
    if position.provisional:
        yield "If its N codes are replaced by codes that do not count, it is not met."
    for blocker in position.blockers:
        stops = blocker in HARD_BLOCKERS and (blocker != "N_UNRESOLVED" or position.provisional)
        yield f"{'No penalty notice until then' if stops else _PASSED_BY}: {BLOCKER_REMEDY[blocker]} ({blocker})."
    for flag in position.flags:
        yield f"{FLAGS[flag]} ({flag})."
    for match in story.near_matches:
        yield f"Parent {match.one} and parent {match.other} may be one person ({match.because}): {_SAID[match.said]}."
    for each in gathering:
        if each.ask_by:
            late = "that day has passed; a late request is shown as late and stands in nobody's way"
            yield f"A school's request for a notice is in time until {day(each.ask_by)}" + (
                f": {late}." if each.ask_by < story.as_at else "."
            )
    if gathering and position.met and not position.blockers:
        yield "Nothing stands in the way of a decision; an officer decides, and support comes first where it is appropriate."


_PASSED_BY: Final = "To be passed by only with an officer's reason"
_SAID: Final[Mapping[bool | None, str]] = {
    None: "no notice goes to either until an officer records parent_same or parent_different",
    True: "an officer said that they are one, and the notices to both count as to one",
    False: "an officer said that they are two",
}


# ------------------------------------------------------------------ the order of it

_SECTIONS: Final[Mapping[str, Callable[[Explained], Iterable[str]]]] = {
    "Schools": _schools,
    "The answer": _answer,
    "The weeks": _drawn,
    "The sessions that count": _counting,
    "Unauthorised, and not counted": _not_counting,
    "Amendments": _amended,
    "Code N": _n_codes,
    "The law": _law,
    "Other readings": _readings,
    "What would change it": changes,
    "Cases": saying_record.cases,
    "Documents": saying_record.notices,
    "Beside notices": saying_record.interventions,
    "Decisions": saying_record.decisions,
    "Who was told": saying_record.told,
    "What time brings by itself": saying_record.to_come,
    "Returns": saying_record.returns,
}
