"""`attendance statistics`: attendance and absence by school, phase and authority, as the Department for Education names them."""

from __future__ import annotations

import argparse
import csv
import dataclasses
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from attendance.directory import DirectoryUnreadable
from attendance.law import academic_year
from attendance.marks import read_marks
from attendance.published import Value
from attendance.settings import SettingsRefused
from attendance.statistics import COLUMNS, LEVELS, SchoolYear, Table, table
from attendance.text import csv_safe, pretty_json
from local.inputs import BadInput, Input
from local.run import Doors, replay


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `statistics` to the command."""
    parser = commands.add_parser(
        "statistics",
        help="attendance and absence by school, phase and authority",
        description="Replay the files of INPUT and print the year's attendance and absence, by the definitions and under the "
        "names of the Department for Education. Figures about few pupils, and those that would give them away, are printed as c.",
        epilog="What each column means and what is withheld: docs/statistics.md. Exit code: 0 printed, 2 INPUT cannot be used.",
    )
    parser.add_argument("--input", type=Path, required=True, metavar="INPUT", help="the folder that `run` reads")
    parser.add_argument(
        "--as-at", type=date.fromisoformat, metavar="DATE", help="count up to this day (default: the latest mark)"
    )
    parser.add_argument(
        "--year", type=int, metavar="YYYY", help="the academic year, by the year it begins in (default: that of as-at)"
    )
    parser.add_argument(
        "--level", choices=LEVELS, default="all", help="the rows to print (default: all, one level after the other)"
    )
    parser.add_argument("--format", choices=("csv", "json"), default="csv", help="how to print it (default: csv)")
    parser.add_argument(
        "--unsuppressed",
        action="store_true",
        help="print every figure: for the authority's own use, not to be published",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    found: list[Table] = []
    try:
        with tempfile.TemporaryDirectory() as output:
            replay(
                args.input,
                Path(output),
                as_at=args.as_at,
                narrow=_without_decisions,
                then=lambda doors, given: found.append(table_of(doors, given, args.year)),
            )
    except (BadInput, SettingsRefused, DirectoryUnreadable) as problem:
        print(problem, file=sys.stderr)
        return 2
    for each in found:
        print_rows(COLUMNS, each.rows(args.level, unsuppressed=args.unsuppressed), args.format)
    return 0


def _without_decisions(given: Input) -> Input:
    """The same INPUT with nothing decided: no mark depends on it."""
    return dataclasses.replace(given, decisions=(), bad_decisions=())


def table_of(doors: Doors, given: Input, year: int | None = None) -> Table:
    """The figures of the schools of an INPUT that was replayed."""
    asked = academic_year(given.as_at) if year is None else year
    return table(school_years(doors, given, asked), asked, given.as_at)


def school_years(doors: Doors, given: Input, year: int) -> Iterator[SchoolYear]:
    """Each school with its own register of the year: a predecessor's marks are enrolments of the predecessor."""
    for la, urn in sorted({(file.la, file.urn) for file in given.files}):
        record = doors.registers.brought_up(la, urn)
        register = [record.registers[year]] if year in record.registers else []
        school = given.directory.schools.get(urn) if given.directory else None
        yield SchoolYear(la, urn, read_marks(register), record.roll, school)


def print_rows(columns: Sequence[str], rows: Iterable[Mapping[str, Value]], form: str) -> None:
    """Print rows as CSV, the columns in their order, or as JSON."""
    if form == "json":
        print(pretty_json({"rows": list(rows)}), end="")
        return
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(columns)
    out.writerows([csv_safe(str(row[name])) for name in columns] for row in rows)
