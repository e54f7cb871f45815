"""Every benchmark in one run: `uv run python -m benchmarks [--pupils 1000] [--days 190]`."""

from __future__ import annotations

import argparse
import sys

from benchmarks import positions, validate


def main() -> int:
    """Print every table; the scale may be made smaller, the ratios are what counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pupils", type=int, default=1000, help="pupils of the school; default: %(default)s")
    parser.add_argument("--days", type=int, default=190, help="school days of marks; default: %(default)s")
    parser.add_argument(
        "--times", type=int, default=3, help="runs of each, of which the median counts; default: %(default)s"
    )
    args = parser.parse_args()
    asked = [f"--{name}={value}" for name, value in vars(args).items()]
    return max(validate.main(asked), positions.main(asked))


if __name__ == "__main__":
    sys.exit(main())
