"""`attendance explain`: why a pupil's threshold is or is not met: the weeks drawn, the sessions, the law, what would change it."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from attendance.asked import BLOCKER_REMEDY
from attendance.cases import Case, Notice, pupil_history
from attendance.codes import CODES
from attendance.directory import DirectoryUnreadable
from attendance.identifiers import pupil_id, upn_problem
from attendance.law import PROVISIONS, THRESHOLD_SESSIONS
from attendance.marks import CODE_ORDER, session_of
from attendance.positions import Assessor, Position
from attendance.sessions import HALVES, Session
from attendance.settings import SettingsRefused
from attendance.text import pretty_json
from aws.cases import Step, live
from aws.schools import Schools
from aws.settings import AuthoritySettings
from aws.view import seen
from local.inputs import BadInput, File, Input
from local.run import Doors, replay

FLAG_MEANING = {
    "WINDOW_READING_DIFFERS": "Another reading of ten school weeks found in practice (50 school days, or only weeks with all ten "
    "sessions held) would decide otherwise; the framework's reading decides.",
    "REPEATED_BELOW_THRESHOLD": "Not met, but absence is repeated: an officer may look below the threshold.",
    "AMENDED_AFTER_ISSUE": "The register was amended after a document was issued; an officer must look at it again.",
    "WEEK_DOUBTFUL": "A week in which very few pupils have marks decides; ask the school whether it met.",
}


@dataclasses.dataclass(frozen=True)
class Explained:
    """One school's view of the pupil, with what is drawn of it."""

    la: str
    urn: str
    as_at: date
    known_at: str
    position: Position
    marks: dict[Session, str]
    held: frozenset[Session]
    cases: tuple[Case, ...]
    notices: tuple[Notice, ...]
    steps: tuple[Step, ...]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `explain` to the command."""
    parser = commands.add_parser(
        "explain",
        help="why a pupil's threshold is or is not met",
        description="Draw the ten school weeks of a pupil, name the sessions that count and the provision, and say what would "
        "change the answer. The files of the pupil's schools are replayed through the whole system, decisions included.",
        epilog="Exit code: 0 explained, 1 no file of INPUT mentions the pupil, 2 INPUT or the UPN cannot be used. "
        "What is printed names a child's number: treat it as the register itself.",
    )
    parser.add_argument("upn", metavar="UPN", help="the pupil's unique pupil number")
    parser.add_argument("--input", type=Path, required=True, metavar="INPUT", help="the folder that `run` reads")
    parser.add_argument(
        "--as-at",
        type=date.fromisoformat,
        metavar="DATE",
        help="count sessions up to this day (default: the latest mark)",
    )
    parser.add_argument(
        "--as-known", type=date.fromisoformat, metavar="DATE", help="use only what was received by this day"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if problem := upn_problem(args.upn):
        print(f"{problem}: {args.upn} is not a UPN. Look it up in the pupil's record.", file=sys.stderr)
        return 2
    found: list[Explained] = []
    try:
        with tempfile.TemporaryDirectory() as output:
            replay(
                args.input,
                Path(output),
                as_at=args.as_at,
                narrow=_only(args.upn, args.as_known),
                then=lambda doors, given: found.extend(_explained(doors, given, args.upn)),
            )
    except NoSuchPupil as nobody:
        print(nobody, file=sys.stderr)
        return 1
    except (BadInput, SettingsRefused, DirectoryUnreadable) as problem_:
        print(problem_, file=sys.stderr)
        return 2
    if args.format == "json":
        print(pretty_json({"schools": [_json(each) for each in found]}), end="")
    else:
        print("\n\n".join("\n".join(_text(each)) for each in found))
    return 0


class NoSuchPupil(LookupError):
    """No file mentions the pupil."""


def _only(upn: str, as_known: date | None) -> Callable[[Input], Input]:
    """The part of an INPUT that concerns one pupil, as known on a day: their schools' files and their own decisions."""

    def narrow(given: Input) -> Input:
        known = [file for file in given.files if as_known is None or file.uncut_day <= as_known]
        theirs = {file.urn for file in known if _mentions(file, upn)}
        if not theirs:
            raise NoSuchPupil("No file of INPUT mentions this pupil" + (f" by {as_known}." if as_known else "."))
        directory = given.directory
        if directory:
            theirs |= {earlier for urn in theirs for earlier in directory.predecessors(urn)}
        decisions = tuple(d for d in given.decisions if d.upn == upn and (as_known is None or d.on <= as_known))
        return dataclasses.replace(
            given, files=tuple(file for file in known if file.urn in theirs), decisions=decisions, bad_decisions=()
        )

    return narrow


def _mentions(file: File, upn: str) -> bool:
    body = file.path.read_bytes()
    packed = body[:2] in {b"PK", b"\x1f\x8b"}
    return packed or upn.encode() in body


def _explained(doors: Doors, given: Input, upn: str) -> Iterator[Explained]:
    pupil = pupil_id(upn, doors.secret)
    bucket = doors.settings
    for la, urn in sorted({(file.la, file.urn) for file in given.files}):
        record = doors.registers.brought_up(la, urn)
        read = doors.cases.of_pupil(la, pupil)
        notices = (*read.notices, *read.elsewhere)
        history = {upn: pupil_history(live(read.cases), notices, frozenset(), unclear_parents=False)}
        settings = AuthoritySettings(bucket).on(la, given.as_at)
        school = seen(
            doors.registers, record, Schools(bucket).listed(urn), settings, given.as_at, {upn: read.carried}, history
        )
        assessor = Assessor(school.view, given.as_at)
        marks = assessor.marks_of(upn)
        if not len(marks.at) and upn not in school.view.roll.pupils:
            continue
        yield Explained(
            la=la,
            urn=urn,
            as_at=given.as_at,
            known_at=record.known_at.strftime("%Y-%m-%dT%H:%M:%SZ") if record.known_at else "",
            position=assessor.standing(upn).position,
            marks={session_of(int(n)): CODE_ORDER[int(c)] for n, c in zip(marks.at, marks.code, strict=True)},
            held=frozenset(assessor.held.sessions),
            cases=live(read.cases),
            notices=read.notices,
            steps=tuple(sorted(doors.cases.steps(la, pupil), key=lambda step: (step.decision.on, step.decision.row))),
        )


# ------------------------------------------------------------------ saying it


def _text(each: Explained) -> Iterator[str]:
    position = each.position
    need = THRESHOLD_SESSIONS.on(each.as_at)
    yield f"School {each.urn}, authority {each.la}, as at {_day(each.as_at)}, as known {each.known_at}"
    yield ""
    if position.met and position.met_at:
        how = ", provisionally" if position.provisional else ""
        yield f"The threshold is MET{how}, at {_day(position.met_at.date)} {position.met_at.session}."
    else:
        yield "The threshold is NOT met."
    yield f"{position.count} of {need} countable sessions lie in the last ten school weeks."
    yield f"The fullest window holds {position.best.count}."
    yield ""
    yield from _drawn(
        each, "The last ten school weeks", position.window.weeks, {s.at for s in position.window.sessions}
    )
    if position.best.weeks != position.window.weeks and position.best.count:
        yield ""
        yield from _drawn(each, "The fullest window", position.best.weeks, {s.at for s in position.best.sessions})
    yield ""
    yield "Countable sessions: " + (
        ", ".join(f"{s.date.isoformat()} {s.session} {s.code}" for s in position.window.sessions) or "none"
    )
    for code in sorted({s.code for s in position.window.sessions}):
        yield f"  {code}  {CODES[code].meaning}"
    yield ""
    yield "The law"
    for key in ("threshold", "school_week", "compulsory_age"):
        yield f"  {PROVISIONS[key]}"
    yield ""
    yield "What would change it"
    for line in _changes(each):
        yield f"  {line}"
    if each.cases:
        yield ""
        yield "Cases and documents"
        for case in each.cases:
            route = case.proposal.route.replace("_", " ")
            yield f"  case {case.n}: {case.state}, opened {case.opened_on.isoformat()}"
            yield f"    proposed: {route}. {case.proposal.reason}"
        for notice in each.notices:
            yield f"  {notice.reference}: {notice.kind.replace('_', ' ')}, issued {notice.issued_on.isoformat()}, {notice.standing}"
    if each.steps:
        yield ""
        yield "Decisions"
        for step in each.steps:
            yield f"  {_decided(step)}"


def _decided(step: Step) -> str:
    decision = step.decision
    reason = f"; reason given: {decision.reason}" if decision.reason else ""
    because = f": {step.because} ({step.provision})" if step.because else ""
    return f"{decision.on.isoformat()} {decision.action} by {decision.by}: {step.outcome or 'pending'}{because}{reason}"


def _drawn(each: Explained, title: str, weeks: Sequence[date], counted: set[Session]) -> Iterator[str]:
    """A line a week: each day's two marks, [ ] round those that count, . for no session held, - for no mark."""
    yield f"{title} ([X] counts, . no session held, - no mark)"
    yield "  week of     " + "".join(f"{day:<9}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri")) + "counted"
    for n, week in enumerate(weeks, start=1):
        cells, sum_ = "", 0
        for offset in range(7):
            halves = ""
            for half in HALVES:
                session = Session(week + timedelta(days=offset), half)
                mark = each.marks.get(session, "-" if session in each.held else ".")
                sum_ += session in counted
                halves += f"[{mark}]" if session in counted else f" {mark} "
            if offset < 5 or halves.strip() != ".  .":
                cells += f"{halves:<9}"
        yield f"  {n:>2} {week.isoformat()} {cells}{sum_:>4}"


def _changes(each: Explained) -> Iterator[str]:
    position = each.position
    if not position.met:
        yield f"{position.to_go} more countable sessions in the window would meet it."
    if position.drops_on:
        yield f"On {_day(position.drops_on)} the oldest counted sessions leave the window."
    elif position.count:
        yield "When the oldest counted sessions leave the window is not known: the school's calendar does not reach so far."
    if position.provisional:
        yield f"Without its N codes it would not be met: {PROVISIONS['n_code']}"
    for blocker in position.blockers:
        yield f"{blocker}: {BLOCKER_REMEDY[blocker]}."
    for flag in position.flags:
        yield f"{flag}: {FLAG_MEANING[flag]}"
    used = [n for n in each.notices if n.uses_sessions]
    for notice in used:
        yield f"{len(notice.sessions)} sessions are used by {notice.reference} and count only in its own case."
        yield f"  {PROVISIONS['used_sessions']}"
    gathering = any(case.state == "gathering" for case in each.cases)
    if position.met and not gathering and used:
        yield "The case in which it was met is settled; a new one needs a threshold met by later sessions."
    elif position.met and not position.blockers:
        yield "Nothing stands in the way of a decision; an officer decides, and support comes first where it is appropriate."


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b} {day.year}"


def _json(each: Explained) -> dict[str, Any]:
    return {
        "la": each.la,
        "urn": each.urn,
        "as_at": each.as_at.isoformat(),
        "known_at": each.known_at,
        "position": each.position.model_dump(mode="json"),
        "cases": [case.model_dump(mode="json") for case in each.cases],
        "notices": [notice.model_dump(mode="json") for notice in each.notices],
        "decisions": [step.model_dump(mode="json") for step in each.steps],
        "provisions": [PROVISIONS[key].citation for key in ("threshold", "school_week", "compulsory_age")],
        "changes": list(_changes(each)),
    }
