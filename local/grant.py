"""`attendance grant`: say for whom somebody acts at the API, or take it back."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import Any

import boto3
from pydantic import ValidationError

from aws.grants import Grant, Grants
from local.source import exit_code


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `grant` to the command."""
    parser = commands.add_parser(
        "grant",
        help="say for whom a person or program acts at the API",
        description="Store for which schools, or as which officer, the subject of a token (`sub`; of a program its client id) acts "
        "at the API of a deployed system. It replaces what was granted before, and holds from the next request on.",
        epilog="Without --prefix it is only checked and printed. To take a grant back, give it an --until that has passed. Exit "
        "code: 0 stored (or holds), 2 it does not hold, or cannot be stored.",
    )
    parser.add_argument("subject", metavar="SUBJECT", help="the `sub` of the token")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        "--vendor", action="store_const", const="vendor", dest="kind", help="a program of a vendor or trust"
    )
    kind.add_argument("--office", action="store_const", const="school", dest="kind", help="somebody of a school")
    kind.add_argument(
        "--officer", action="append", metavar="LA=ID", help="an officer of an authority, by their id in its settings"
    )
    parser.add_argument(
        "--school", action="append", default=[], metavar="LA/URN", help="a school acted for; LA/* : all of an authority"
    )
    parser.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="the last day on which it holds")
    parser.add_argument("--prefix", metavar="PREFIX", help="of a deployed system, with your AWS credentials")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    try:
        grant = _grant(args)
    except (ValidationError, ValueError):
        print(
            "A vendor or an office has a --school as 886/118001 or 886/*, and an officer an authority and an id as 886=o1.",
            file=sys.stderr,
        )
        return 2

    def work() -> int:
        if args.prefix:
            Grants(boto3.client("dynamodb"), f"{args.prefix}-grants").give(args.subject, grant)
        print(f"{'Stored' if args.prefix else 'Holds, not stored'}: {args.subject} {grant.model_dump_json()}")
        return 0

    return exit_code(work, args.prefix)


def _grant(args: argparse.Namespace) -> Grant:
    officer: dict[str, Any] = {}
    for each in args.officer or ():
        la, _, name = each.partition("=")
        officer[la] = name
    if bool(officer) == bool(args.school):
        raise ValueError("one of the two")
    return Grant(kind=args.kind or "officer", schools=tuple(args.school), officer=officer, until=args.until)
