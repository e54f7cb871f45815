"""`attendance check`: check extracts on this machine, without a cloud, before anyone uploads them (design 5.3)."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from attendance.checking import CheckedFile, Place, check_file
from attendance.context import Known
from attendance.directory import Directory, DirectoryUnreadable, read_directory
from attendance.extracts import Kind
from attendance.file_back import file_back, of_the_whole, where
from attendance.findings import SEVERITIES, SEVERITY, Finding
from attendance.roll import Roll
from attendance.text import LONDON, london_day, pretty_json
from attendance.unpacking import members

_SHOWN_OF_A_CODE: Final = 10
"""Rows of one code that the text names; `--format json` and `csv` name all."""

_EXIT_ERRORS: Final = 1
_EXIT_REFUSED: Final = 2


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand `check`."""
    parser = commands.add_parser(
        "check",
        help="check extracts on this machine, row by row",
        description="Check register extracts (CSV, NDJSON, gzip or ZIP of them) against the attendance codes: which row is "
        "wrong, and what to do. Nothing is sent anywhere. Exit status: 0 no errors, 1 errors, 2 a file was refused.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="an extract; what it is, its header says")
    parser.add_argument(
        "--pupils", metavar="FILE", type=Path, help="a pupils extract: marks are checked against this roll"
    )
    parser.add_argument("--schools", metavar="FILE", type=Path, help="a directory of schools (GIAS layout), with --urn")
    parser.add_argument("--urn", help="the URN of the school whose extracts these are, with --schools")
    parser.add_argument(
        "--format", choices=("text", "json", "csv"), default="text", help="csv: the file back, with what is wrong"
    )
    parser.add_argument(
        "--as-at", metavar="DATE", type=date.fromisoformat, help="check as at the end of this day (default: now)"
    )
    parser.set_defaults(run=check)


class _CannotStart(Exception):
    """The command cannot do what is asked; the message says why."""


@dataclass(frozen=True)
class _Asked:
    """What every file of a call is checked against."""

    place: Place
    known: Known | None
    received_at: datetime

    def check(self, path: Path) -> list[CheckedFile]:
        """Check one file, or each in a ZIP."""
        return check_file(
            path,
            path.name,
            place=self.place,
            received_at=self.received_at,
            known=self.known,
            now_day=london_day(self.received_at),
        )


def check(args: argparse.Namespace) -> int:
    """Run the subcommand: reports to stdout, what stops it to stderr."""
    try:
        asked = _asked(args)
        checked = {path: asked.check(_readable(path)) for path in args.files}
    except _CannotStart as problem:
        print(f"attendance check: {problem}", file=sys.stderr)
        return _EXIT_REFUSED
    every = [each for files in checked.values() for each in files]
    match args.format:
        case "json":
            sys.stdout.write(pretty_json({"files": [each.model_dump(mode="json") for each in every]}))
        case "csv":
            _write_csv(checked)
        case _:
            sys.stdout.write("\n".join(map(_as_text, every)))
    if any(each.refused for each in every):
        return _EXIT_REFUSED
    return _EXIT_ERRORS if any(each.totals["error"] for each in every) else 0


def _asked(args: argparse.Namespace) -> _Asked:
    now = datetime.combine(args.as_at, time.max, LONDON) if args.as_at else datetime.now(UTC)
    return _Asked(_place(args), _roll(args.pupils, now) if args.pupils else None, now)


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise _CannotStart(
            f"{path}: {'this is a folder' if path.is_dir() else 'there is no such file'}. Give an extract."
        )
    return path


def _place(args: argparse.Namespace) -> Place:
    if (args.schools is None) != (args.urn is None):
        raise _CannotStart("--schools and --urn are given together")
    if args.schools is None:
        return Place()
    try:
        directory: Directory = read_directory(_readable(args.schools).read_bytes())
    except DirectoryUnreadable as problem:
        raise _CannotStart(f"{args.schools}: {problem}") from None
    return Place(urn=args.urn, school=directory.schools.get(args.urn), directory_known=True)


def _roll(path: Path, now: datetime) -> Known:
    """The roll of a pupils extract; its own errors are the business of a call that checks it."""
    files = check_file(_readable(path), path.name, place=Place(), received_at=now, known=None, now_day=london_day(now))
    if [each.kind for each in files] != ["pupils"] or files[0].refused:
        reason = next((each.message for file in files for each in file.findings), "it is another kind of extract")
        raise _CannotStart(f"--pupils {path}: this is not a pupils extract that can be used. {reason}")
    parts: list[tuple[str, Kind, bytes]] = [(path.name, "pupils", body) for body in files[0].parts.values()]
    return Known.of(Roll().folded(parts), ())


# --- Text ------------------------------------------------------------------------------------------------------------------


def _as_text(checked: CheckedFile) -> str:
    """A report that a school's office can read: the sum first, then what to do, code by code, the gravest first."""
    lines = [f"{checked.file}: {_sum(checked)}"]
    by_code: dict[str, dict[str, list[Finding]]] = {}
    for each in checked.findings:
        by_code.setdefault(each.code, {}).setdefault(each.message, []).append(each)
    for code in sorted(by_code, key=lambda code: (SEVERITIES.index(SEVERITY[code]), code)):
        said = list(by_code[code].items())
        lines.append(f"  {SEVERITY[code]}  {code}  ({checked.counts[code]})")
        lines += [f"    {where(found)}{message}" for message, found in said[:_SHOWN_OF_A_CODE]]
        if len(said) > _SHOWN_OF_A_CODE:
            lines.append(f"    ... and in {len(said) - _SHOWN_OF_A_CODE} more ways: --format csv marks every row")
    if checked.findings_left_out:
        lines.append(f"  {checked.findings_left_out} more findings, in later rows, are counted above but not listed")
    lines.append(f"  {_next_step(checked)}")
    return "\n".join(lines) + "\n"


def _sum(checked: CheckedFile) -> str:
    if checked.refused:
        return f"REFUSED ({checked.kind or 'kind unknown'}); nothing would be taken from it"
    counts = ", ".join(
        f"{checked.totals[severity]} {severity}" for severity in SEVERITIES[1:] if checked.totals[severity]
    )
    return f"{checked.kind}, {checked.rows} rows, {checked.accepted} accepted; {counts or 'nothing to report'}"


def _next_step(checked: CheckedFile) -> str:
    if checked.refused:
        return "What to do: put right what is named above and check the file again."
    if checked.totals["error"]:
        return "What to do: correct the rows with errors and send them again; the other rows can be taken as they are."
    return (
        "What to do: nothing; the file can be sent."
        if not checked.totals["warning"]
        else "The file can be sent; look at the warnings."
    )


# --- The school's own file back ------------------------------------------------------------------------------------------


def _write_csv(checked: Mapping[Path, Sequence[CheckedFile]]) -> None:
    """Every record as it was sent, with two more columns: problem, what to do. No value can run as a formula.

    What is to be said of a file as a whole has no row to stand in and goes to stderr.
    """
    out = csv.writer(sys.stdout, lineterminator="\n")
    first = True
    for path, files in checked.items():
        for each, member in zip(files, members(path, path.name), strict=True):
            if not first:
                out.writerow(())
            first = False
            for said in of_the_whole(each, member.path):
                print(f"{each.file}: {said.severity} {said.code}: {where([said])}{said.message}", file=sys.stderr)
            out.writerows(file_back(each, member.path))
