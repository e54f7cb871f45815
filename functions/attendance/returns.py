"""The four returns of regulation 13: which pupils are due to be reported, since when, and with what (law.md section 3).

Returns are owed by every school, in the national framework or not. Each is found from the register and the roll alone; that it
was made already is known by its key (kind, school, pupil, `since`), so a return is made once however often it is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from attendance import law
from attendance.ages import of_compulsory_age
from attendance.codes import POSSIBLE, UNAUTHORISED
from attendance.law import academic_year, academic_year_days
from attendance.marks import CODE_ORDER, session_of
from attendance.positions import Assessor, Frozen
from attendance.roll import Expected, Pupil
from attendance.service import is_working_day
from attendance.sessions import HALVES, Session

type Kind = Literal["attendance", "sickness", "new_pupil", "deletion"]
WHO = ("urn", "upn", "surname", "forename", "address_1", "address_2", "address_3", "address_4", "postcode")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "attendance": (*WHO, "from", "until", "sessions"),
    "sickness": (*WHO, "from", "until", "days", "basis", "evidence"),
    "new_pupil": (*WHO, "starting_day"),
    "deletion": (*WHO, "leaving_day", "ground"),
}
TOLD_COLUMNS = ("urn", "upn", "surname", "forename", "on", "what", "about", "because", "what_to_do", "provision")
"""The columns of every daily list (attendance.told)."""


class Return(Frozen):
    """One pupil due to be reported: `since` names the episode, `made_due_on` the day that made it due.

    `kind` is one of the four returns, or one of the daily lists of `attendance.told`, which are kept and written the same
    way. A row that follows the register lapses with its ground until its file is written; one that follows a notice, with
    the notice.
    """

    kind: str
    urn: str
    upn: str
    since: str
    made_due_on: date
    row: Mapping[str, str]
    follows: Literal["register", "notice", "step"] = "register"


def returns_due(assessor: Assessor, halves: bool) -> Iterator[Return]:
    """Every return of the academic year of as-at that is due by then, whether or not it was made already.

    `halves`: the authority counts sickness in sessions (two make a day), not in days with at least one I.
    """
    for upn in sorted({*assessor.view.marks.upns, *assessor.view.roll.pupils}):
        pupil = assessor.view.roll.pupils.get(upn)
        yield from _attendance(assessor, upn, pupil)
        yield from _sickness(assessor, upn, pupil, halves)
    for upn, pupil in sorted(assessor.view.roll.pupils.items()):
        yield from _new_pupil(assessor, upn, pupil)
        yield from _deletion(assessor, upn, pupil)


def _who(urn: str, upn: str, pupil: Pupil | None) -> dict[str, str]:
    address = pupil.address if pupil else ()
    return {
        "urn": urn,
        "upn": upn,
        "surname": pupil.surname if pupil else "",
        "forename": pupil.forename if pupil else "",
        **{f"address_{n + 1}": address[n] if n < len(address) else "" for n in range(4)},
        "postcode": pupil.postcode if pupil else "",
    }


def _this_year(assessor: Assessor, upn: str, pupil: Pupil | None) -> list[tuple[Session, str]]:
    """The pupil's marks of the academic year, on days of compulsory school age (birth date unknown: taken so)."""
    begin = academic_year_days(assessor.year)[0]
    marks = assessor.marks_of(upn)
    born = pupil.date_of_birth if pupil else None
    found = ((session_of(int(n)), CODE_ORDER[int(c)]) for n, c in zip(marks.at, marks.code, strict=True))
    return [(s, code) for s, code in found if s.day >= begin and (born is None or of_compulsory_age(born, s.day))]


_ILL = frozenset({"I"})


def _attendance(assessor: Assessor, upn: str, pupil: Pupil | None) -> Iterator[Return]:
    """Ten continuous school days (20 sessions) of G, N, O or U; one return an episode (reg 13; R1, R2).

    Sessions not possible or without a mark are skipped; any other code breaks the run [U].
    """
    need = law.CONTINUOUS_SESSIONS.on(assessor.as_at)
    if assessor.number_of(upn, UNAUTHORISED) < need:
        return
    run: list[Session] = []
    runs: list[list[Session]] = []
    for session, code in _this_year(assessor, upn, pupil):
        if code in UNAUTHORISED:
            run.append(session)
        elif code in POSSIBLE:
            runs.append(run)
            run = []
    for each in (*runs, run):
        if len(each) >= need:
            yield Return(
                kind="attendance",
                urn=assessor.view.urn,
                upn=upn,
                since=each[0].day.isoformat(),
                made_due_on=each[need - 1].day,
                row=_who(assessor.view.urn, upn, pupil)
                | {"from": each[0].day.isoformat(), "until": each[-1].day.isoformat(), "sessions": str(len(each))},
            )


def _sickness(assessor: Assessor, upn: str, pupil: Pupil | None, halves: bool) -> Iterator[Return]:
    """Fifteen school days of the school year missed, or expected to be missed, through illness; one return a year [U].

    Due on the first day on which the days with an I, together with all that the evidence known by then expects, are fifteen.
    """
    if assessor.number_of(upn, _ILL) < law.SICKNESS_DAYS.on(assessor.as_at) and upn not in assessor.view.roll.expected:
        return
    per_day = len(HALVES) if halves else 1
    need = law.SICKNESS_DAYS.on(assessor.as_at) * per_day
    ill = [session for session, code in _this_year(assessor, upn, pupil) if code == "I"]
    rows = [row for row in assessor.view.roll.expected.get(upn, ()) if row.known_on <= assessor.as_at]
    expected = {row: _expected_sessions(assessor, row, pupil) for row in rows}

    def units(sessions: Iterable[Session]) -> int:
        return len(set(sessions)) if halves else len({session.day for session in sessions})

    for day in sorted({*(session.day for session in ill), *(row.known_on for row in rows)}):
        seen = [session for session in ill if session.day <= day]
        known = [row for row in rows if row.known_on <= day]
        by_count = units(seen) >= need
        if by_count or units([*seen, *(s for row in known for s in expected[row])]) >= need:
            relied_on = [] if by_count else known
            missed = sorted({*ill, *(s for row in relied_on for s in expected[row])})
            yield Return(
                kind="sickness",
                urn=assessor.view.urn,
                upn=upn,
                since=str(assessor.year),
                made_due_on=max(day, academic_year_days(assessor.year)[0]),
                row=_who(assessor.view.urn, upn, pupil)
                | {
                    "from": missed[0].day.isoformat(),
                    "until": max([missed[-1].day, *(row.until for row in relied_on)]).isoformat(),
                    "days": f"{units(missed) / per_day:g}",
                    "basis": "counted" if by_count else "expected",
                    "evidence": "; ".join(dict.fromkeys(row.evidence for row in relied_on)),
                },
            )
            return


def _expected_sessions(assessor: Assessor, row: Expected, pupil: Pupil | None) -> list[Session]:
    """The sessions of an expected absence this year, of compulsory age: the school's calendar, else every working day."""
    calendar: dict[date, bool] = {}
    for session, is_open in assessor.view.roll.calendar.items():
        calendar[session.day] = calendar.get(session.day, False) or is_open
    met = {session.day for session in assessor.held.sessions}
    born = pupil.date_of_birth if pupil else None
    first, last = academic_year_days(assessor.year)
    first, last = max(row.first, first), min(row.until, last)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        Session(day, half) for day in days for half in HALVES
        if calendar.get(day, day in met if day <= assessor.as_at else is_working_day(day))
        and (born is None or of_compulsory_age(born, day))
    ]  # fmt: skip


def _classes(assessor: Assessor) -> list[int]:
    """The classes of the school, the most junior first; a pupil whose class is not given is in none of them."""
    found = {_class_number(pupil) for pupil in assessor.view.roll.pupils.values()}
    return sorted(number for number in found if number is not None)


def _class_number(pupil: Pupil) -> int | None:
    text = (pupil.year_group or "").strip().upper()
    named = {"N2": -2, "N1": -1, "N": -1, "R": 0}
    return named.get(text, int(text) if text.isdigit() else None)


def _year_days(assessor: Assessor) -> list[date]:
    first, last = academic_year_days(assessor.year)
    return [s.day for s in (*assessor.held.sessions, *assessor.held.open_ahead) if first <= s.day <= last]


def _new_pupil(assessor: Assessor, upn: str, pupil: Pupil) -> Iterator[Return]:
    """A name entered this academic year (reg 13(1)-(3)), but for entrants to the most junior class on its first day."""
    day = pupil.starting_day
    if day is None or academic_year(day) != assessor.year or day > assessor.as_at:
        return
    first = min(_year_days(assessor), default=None)
    if first is not None and day <= first and _class_number(pupil) in _classes(assessor)[:1]:
        return
    row = _who(assessor.view.urn, upn, pupil) | {"starting_day": day.isoformat()}
    yield Return(kind="new_pupil", urn=assessor.view.urn, upn=upn, since=day.isoformat(), made_due_on=day, row=row)


def _deletion(assessor: Assessor, upn: str, pupil: Pupil) -> Iterator[Return]:
    """A name deleted this academic year (reg 13(4)), but for the most senior class at the end of its last term (13(5))."""
    day = pupil.leaving_day
    if day is None or academic_year(day) != assessor.year or day > assessor.as_at:
        return
    last = max(_year_days(assessor), default=None)
    ended = last is not None and last.month in law.LAST_TERM_ENDS_IN.on(day) and day >= last
    if ended and _class_number(pupil) in _classes(assessor)[-1:]:
        return
    row = _who(assessor.view.urn, upn, pupil) | {"leaving_day": day.isoformat(), "ground": pupil.deletion_ground or ""}
    yield Return(kind="deletion", urn=assessor.view.urn, upn=upn, since=day.isoformat(), made_due_on=day, row=row)


def same_episode(one: Return, other: Return) -> bool:
    """Whether two returns tell of the same continuous absence, whose first or last day an amendment has moved (reg 13)."""
    if one.kind != "attendance" or other.kind != "attendance":
        return False
    return one.row["from"] <= other.row["until"] and other.row["from"] <= one.row["until"]


def write_on(schedule: str, today: date) -> date:
    """The day on which a return found today is written, by the authority's schedule: at once, month's end, term's end [U]."""
    match schedule:
        case "monthly":
            return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        case "termly":
            ends = (date(year, *end) for year in (today.year, today.year + 1) for end in law.TERM_ENDS.on(today))
            return next(end for end in ends if end >= today)
        case _:
            return today


def return_csv(kind: str, returns: Sequence[Return]) -> list[list[str]]:
    """The rows of a return, header first, one pupil a row, by UPN."""
    ordered = sorted(returns, key=lambda each: (each.upn, each.since))
    columns = COLUMNS.get(kind, TOLD_COLUMNS)
    return [list(columns), *([each.row[column] for column in columns] for each in ordered)]
