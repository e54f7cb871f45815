"""`attendance codes`: the code table with its sources."""

import argparse
import csv
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from io import StringIO

from attendance.codes import CODES, Code, likely, table_csv
from attendance.text import pretty_json


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `codes` to the command."""
    parser = commands.add_parser(
        "codes",
        help="print the attendance codes, or one of them, with their sources",
        description="The 34 attendance codes in force and the four withdrawn ones that still arrive (H, J, Y, F): "
        "what each means, when it may be used, how it counts, what it is confused with, and where that stands.",
        epilog="examples: attendance codes | attendance codes O | attendance codes '#' | attendance codes --format csv",
    )
    parser.add_argument("code", nargs="?", metavar="CODE", help="print this code only, all there is to know of it")
    parser.add_argument("--format", choices=["text", "csv", "json"], default="text", help="default: text")
    parser.set_defaults(run=print_codes)


def print_codes(args: argparse.Namespace) -> int:
    """Print the table, or one code of it; exit code 2 for what is no code."""
    if args.code is not None and args.code not in CODES:
        meant = likely(args.code)
        advice = f"did you mean {meant}?" if meant else "`attendance codes` prints them all."
        print(f"attendance codes: {args.code!r} is not an attendance code; {advice}", file=sys.stderr)
        return 2
    sys.stdout.write(_WRITTEN[args.format](args.code))
    return 0


def _text(code: str | None) -> str:
    if code is not None:
        facts = _as_json(CODES[code])
        width = max(map(len, facts))
        return "".join(f"{name.replace('_', ' '):<{width}}  {_cell(name, value)}\n" for name, value in facts.items())
    return "\n".join(f"{code.code:<4}{code.meaning}\n    {' · '.join(_facts(code))}\n" for code in CODES.values())


def _facts(code: Code) -> Iterator[str]:
    yield code.statistical_class
    yield " ".join(code.sessions)
    if code.in_force_from:
        yield f"from {code.in_force_from}"
    if code.in_force_until:
        yield f"until {code.in_force_until}"
    yield code.source


def _csv(code: str | None) -> str:
    if code is None:
        return table_csv()
    header, *rows = csv.reader(StringIO(table_csv()))
    written = StringIO()
    csv.writer(written, lineterminator="\n").writerows([header, *(row for row in rows if row[0] == code)])
    return written.getvalue()


def _json(code: str | None) -> str:
    return pretty_json(_as_json(CODES[code]) if code is not None else [_as_json(each) for each in CODES.values()])


_WRITTEN = {"text": _text, "csv": _csv, "json": _json}


def _as_json(code: Code) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(code).items()}


_WITHOUT_A_DAY = {"in_force_from": "before the 2024 Regulations", "in_force_until": "still in force"}


def _cell(name: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return " ".join(value)
        case None:
            return _WITHOUT_A_DAY[name]
        case _:
            return str(value)
