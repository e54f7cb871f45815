"""`python -m local.madeup OUT`: write a made-up INPUT tree of any size, for tests and benchmarks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local.madeup import Scale, write_input


def main() -> int:
    """Write the tree asked for; exit code 2 if the folder is not empty or the scale is out of range."""
    usual = Scale()
    parser = argparse.ArgumentParser(
        prog="python -m local.madeup",
        description="Write a made-up INPUT tree for `attendance run`: schools, pupils, parents, calendars, marks drawn from the "
        "national mix of codes, support, decisions. The same numbers give the same tree.",
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder to write, new or empty")
    parser.add_argument("--schools", type=int, default=usual.schools, help="default: %(default)s")
    parser.add_argument(
        "--pupils",
        type=int,
        default=usual.pupils,
        help="of each school, beside the scripted ones; default: %(default)s",
    )
    parser.add_argument(
        "--days", type=int, default=usual.school_days, help="school days from 3 September 2025; default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=usual.seed, help="default: %(default)s")
    args = parser.parse_args()
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        parser.error(f"{args.out} is there already and is not an empty folder")
    try:
        scale = Scale(args.schools, args.pupils, args.days, args.seed)
    except ValueError as problem:
        parser.error(str(problem))
    write_input(args.out, scale)
    return 0


if __name__ == "__main__":
    sys.exit(main())
