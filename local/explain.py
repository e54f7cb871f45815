"""`attendance explain`: the whole story of a pupil: why the threshold is or is not met, and all that came of it."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from attendance.directory import DirectoryUnreadable
from attendance.identifiers import upn_problem
from attendance.settings import SettingsRefused
from attendance.text import pretty_json
from local import saying
from local.explained import Explained
from local.explaining import explained
from local.inputs import BadInput, Input, schools_of
from local.run import Doors, replay


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `explain` to the command."""
    parser = commands.add_parser(
        "explain",
        help="why a pupil's threshold is or is not met",
        description="Tell the whole story of a pupil over all schools: the ten school weeks drawn, the sessions that count and "
        "when each was entered, amendments, the law, other readings, what would change the answer, cases, documents, decisions, "
        "and who was told. The files of the pupil's schools are replayed through the whole system, decisions included.",
        epilog="Exit code: 0 explained, 1 no file of INPUT mentions the pupil, 2 INPUT or the UPN cannot be used. "
        "What is printed names a child's number: treat it as the register itself.",
    )
    parser.add_argument("upn", metavar="UPN", help="the pupil's unique pupil number")
    parser.add_argument("--input", type=Path, required=True, metavar="INPUT", help="the folder that `run` reads")
    parser.add_argument(
        "--as-at",
        type=date.fromisoformat,
        metavar="DATE",
        help="count sessions up to this day (default: the day of --as-known, else of the latest mark)",
    )
    parser.add_argument(
        "--as-known",
        type=date.fromisoformat,
        metavar="DATE",
        help="use only what was received and decided by the end of this day",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if problem := upn_problem(args.upn):
        print(f"{problem}: {args.upn} is not a UPN. Look it up in the pupil's record.", file=sys.stderr)
        return 2
    found: list[Explained] = []

    def look(doors: Doors, given: Input) -> None:
        story = explained(doors, given, args.upn, args.as_known)
        found.extend([story] if story else [])

    try:
        with tempfile.TemporaryDirectory() as output:
            replay(
                args.input,
                Path(output),
                as_at=args.as_at or args.as_known,
                narrow=_only(args.upn, args.as_known),
                then=look,
            )
        if not found:
            raise NoSuchPupil("No file of INPUT that could be read has this pupil.")
    except NoSuchPupil as nobody:
        print(nobody, file=sys.stderr)
        return 1
    except (BadInput, SettingsRefused, DirectoryUnreadable) as problem_:
        print(problem_, file=sys.stderr)
        return 2
    (story,) = found
    print(_json(story) if args.format == "json" else saying.text(story) + "\n", end="")
    return 0


def _json(story: Explained) -> str:
    return pretty_json(story.model_dump(mode="json") | {"changes": list(saying.changes(story))})


class NoSuchPupil(LookupError):
    """No file mentions the pupil."""


def _only(upn: str, as_known: date | None) -> Callable[[Input], Input]:
    """The part of an INPUT that concerns one pupil, as known on a day: their schools' files and their own decisions."""

    def narrow(given: Input) -> Input:
        known = [file for file in given.files if as_known is None or file.uncut_day <= as_known]
        theirs = schools_of(upn, known, given.directory)
        if not theirs:
            raise NoSuchPupil("No file of INPUT mentions this pupil" + (f" by {as_known}." if as_known else "."))
        decisions = tuple(d for d in given.decisions if d.upn == upn and (as_known is None or d.on <= as_known))
        return dataclasses.replace(
            given, files=tuple(file for file in known if file.urn in theirs), decisions=decisions, bad_decisions=()
        )

    return narrow
