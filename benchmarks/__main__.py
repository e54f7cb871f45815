"""Every claim of speed in one table: `uv run --group bench python -m benchmarks`; 1 if a target is missed by more than a fifth.

With --scaled it takes a few minutes: the sizes that decide a ratio stay, what is only repeated is not. What is not judged at a
size, or beside a peer that is not installed, says so.
"""

from __future__ import annotations

import argparse
import sys

from benchmarks import cold_start, daily, letters, positions, validate
from benchmarks.table import table


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pupils", type=int, default=1000, help="pupils of the school; default: %(default)s")
    parser.add_argument("--days", type=int, default=190, help="school days of marks; default: %(default)s")
    parser.add_argument("--times", type=int, default=3, help="runs of each, the median counts; default: %(default)s")
    parser.add_argument("--letters", type=int, default=200, help="letters of each engine; default: %(default)s")
    parser.add_argument("--scaled", action="store_true", help="once each, 50 letters: for a machine of two cores")
    args = parser.parse_args()
    times, of_letters = (1, letters.JUDGED_FROM) if args.scaled else (args.times, args.letters)
    made = [
        *validate.benchmarks(args.pupils, args.days, times),
        *positions.benchmarks(args.pupils, args.days, times),
        *daily.benchmarks(args.pupils, 2 * times),
        *letters.benchmarks(of_letters, times),
        *cold_start.benchmarks(3 * times),
    ]
    print(table(made))
    missed = [f"{each.title}: {target.said()}" for each in made for target in each.targets if not target.kept]
    print("".join(f"MISSED {line}\n" for line in missed), end="", file=sys.stderr)
    return 0 if all(each.kept for each in made) else 1


if __name__ == "__main__":
    sys.exit(main())
