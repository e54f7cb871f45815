"""`attendance annual-return`: the authority's annual collection of parental responsibility measures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from attendance.annual import VARIABLES, AnnualReturn, annual_return
from attendance.authorities import AUTHORITIES
from attendance.cases import Intervention, Notice
from attendance.directory import DirectoryUnreadable
from attendance.settings import SettingsRefused
from attendance.statistics import funded_enrolments
from local.inputs import BadInput, Input
from local.run import Doors, replay
from local.statistics_command import print_rows, table_of


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `annual-return` to the command."""
    parser = commands.add_parser(
        "annual-return",
        help="the authority's annual return of penalty notices and other measures",
        description="Replay INPUT, decisions included, and print the annual collection of parental responsibility measures: "
        "each notice issued in the year under one reason and one outcome, as known when the replay ends.",
        epilog="How a notice is classed: docs/statistics.md. Nothing is withheld: it is a return to the Department for "
        "Education, not a publication. Exit code: 0 printed, 2 INPUT or the authority cannot be used.",
    )
    parser.add_argument("--input", type=Path, required=True, metavar="INPUT", help="the folder that `run` reads")
    parser.add_argument(
        "--year", type=int, required=True, metavar="YYYY", help="the academic year, by the year in which it begins"
    )
    parser.add_argument("--la", metavar="LA", help="this authority only, three digits (default: each in INPUT)")
    parser.add_argument("--format", choices=("csv", "json"), default="csv", help="how to print it (default: csv)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.la is not None and args.la not in AUTHORITIES:
        print(
            f"--la {args.la}: this is no local authority of England, and there is no such return elsewhere. "
            "Give a code of three digits, as 886.",
            file=sys.stderr,
        )
        return 2
    found: list[AnnualReturn] = []
    try:
        with tempfile.TemporaryDirectory() as output:
            replay(
                args.input,
                Path(output),
                narrow=lambda given: _with_files_of(given, args.la),
                then=lambda doors, given: found.extend(_returns(doors, given, args.year, args.la)),
            )
    except (BadInput, SettingsRefused, DirectoryUnreadable) as problem:
        print(problem, file=sys.stderr)
        return 2
    for each in found:
        if each.recorded_elsewhere:
            print(
                f"{each.la}: {each.recorded_elsewhere} recorded from other issuers are not in these figures; add what "
                "schools and the police issued for this authority.",
                file=sys.stderr,
            )
    print_rows(VARIABLES, [each.row() for each in found], args.format)
    return 0


def _with_files_of(given: Input, la: str | None) -> Input:
    """The INPUT as it is, if a school of the authority sent something: pupils move, so nothing is left out."""
    if la is not None and la not in given.authorities:
        raise BadInput(f"--la {la}: no school of this authority is in INPUT, only of {', '.join(given.authorities)}.")
    return given


def _returns(doors: Doors, given: Input, year: int, la: str | None) -> Iterator[AnnualReturn]:
    figures = table_of(doors, given, year)
    for each in given.authorities if la is None else (la,):
        urns = sorted({file.urn for file in given.files if file.la == each})
        schools = given.directory.schools if given.directory else {}
        name = next((schools[urn].la_name for urn in urns if urn in schools), AUTHORITIES.get(each, ""))
        enrolments = funded_enrolments(figures, each) or None
        yield annual_return(
            each, name, year, _notices(doors, each, urns), _interventions(doors, each, urns), enrolments
        )


def _notices(doors: Doors, la: str, urns: Sequence[str]) -> list[Notice]:
    """Every notice of an authority for some schools, as it stands now."""
    kept = (doors.cases.of_school(la, urn).notices for urn in urns)
    return [notice for by_pupil in kept for notices in by_pupil.values() for notice in notices if notice.la == la]


def _interventions(doors: Doors, la: str, urns: Sequence[str]) -> list[Intervention]:
    """What officers of an authority recorded beside notices for some schools, of any year."""
    kept = (doors.cases.of_school(la, urn).interventions for urn in urns)
    return [each for by_pupil in kept for steps in by_pupil.values() for each in steps if each.la == la]
