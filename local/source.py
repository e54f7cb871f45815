"""Where a command looks: at INPUT, replayed on this machine, or at a deployed system; and how it says that it cannot."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from attendance.directory import DirectoryUnreadable
from attendance.settings import SettingsRefused
from aws.published import TooLong
from local.inputs import BadInput


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add INPUT or --prefix, one of the two, --as-at and --format."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("input", nargs="?", type=Path, metavar="INPUT", help="the folder that `run` reads, replayed")
    source.add_argument("--prefix", metavar="PREFIX", help="of a deployed system, with your AWS credentials")
    parser.add_argument("--as-at", type=date.fromisoformat, metavar="DATE", help="with INPUT, the last day replayed")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is printed")


def refuse_unused(args: argparse.Namespace) -> None:
    """BadInput where --as-at is given and would not be looked at."""
    if args.prefix and args.as_at:
        raise BadInput(
            "--as-at says when a replay of INPUT ends, and a deployed system is read as it stands: leave it out."
        )


def exit_code(work: Callable[[], int], prefix: str | None) -> int:
    """What `work` gives; 2, with what is wrong and what to do, where INPUT or the deployed system cannot be used."""
    try:
        return work()
    except (BadInput, SettingsRefused, DirectoryUnreadable, TooLong) as problem:
        print(problem, file=sys.stderr)
    except (BotoCoreError, ClientError) as problem:
        print(
            f"The deployed system cannot be used: {problem}. Check --prefix {prefix}, your AWS credentials and region, and "
            "that you may use its buckets, queues and tables.",
            file=sys.stderr,
        )
    return 2
