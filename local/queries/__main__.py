"""Print a query for Athena about an authority: `uv run python -m local.queries sessions --la 886 ...` (docs/statistics.md)."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from attendance.directory import read_directory
from local.queries.statements import MOST_SCHOOLS, NAMES, statement


def main() -> int:
    """Print it; 2 where the directory names no school of the authority, or more than a query may name."""
    parser = argparse.ArgumentParser(prog="python -m local.queries", description="Print a query for Athena.")
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--la", required=True)
    parser.add_argument("--year", required=True, type=int, help="the academic year, by the year it begins in")
    parser.add_argument("--as-at", required=True, type=date.fromisoformat, metavar="DATE", help="count up to this day")
    parser.add_argument("--schools", required=True, type=Path, metavar="CSV", help="the directory of schools")
    args = parser.parse_args()
    every = read_directory(args.schools.read_bytes()).schools.values()
    schools = [school for school in every if school.la == args.la]
    if not 0 < len(schools) <= MOST_SCHOOLS:
        print(
            f"{args.schools} names {len(schools)} schools of {args.la}: 1 to {MOST_SCHOOLS} can be asked about",
            file=sys.stderr,
        )
        return 2
    print(statement(args.name, args.la, args.year, args.as_at, schools), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
