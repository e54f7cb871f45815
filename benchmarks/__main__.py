"""Every benchmark in one run: `uv run python -m benchmarks [--pupils 1000] [--days 190] [--letters 200]`."""

from __future__ import annotations

import argparse
import sys

from benchmarks import letters, positions, validate


def main() -> int:
    """Print every table; the scale may be made smaller, the ratios are what counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pupils", type=int, default=1000, help="pupils of the school; default: %(default)s")
    parser.add_argument("--days", type=int, default=190, help="school days of marks; default: %(default)s")
    parser.add_argument(
        "--times", type=int, default=3, help="runs of each, of which the median counts; default: %(default)s"
    )
    parser.add_argument("--letters", type=int, default=200, help="letters of each engine; default: %(default)s")
    args = parser.parse_args()
    times = f"--times={args.times}"
    asked = [f"--pupils={args.pupils}", f"--days={args.days}", times]
    return max(validate.main(asked), positions.main(asked), letters.main([f"--letters={args.letters}", times]))


if __name__ == "__main__":
    sys.exit(main())
