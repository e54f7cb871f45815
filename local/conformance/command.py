"""`attendance conformance`: whether a deployment says of files what this version says, rule by rule."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from local.conformance.cases import before, cases, not_tried
from local.conformance.trying import CannotTry, Deployment, Outcome, Result, tried
from local.progress import Progress
from local.tokens import SECRET, VENDOR

_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
_DEMO_SCHOOL: Final = "886/900001"
_SECRET: Final = "ATTENDANCE_CLIENT_SECRET"  # noqa: S105 - the name of a variable


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `conformance` to the command."""
    parser = commands.add_parser(
        "conformance",
        help="try every rule at a running API, as a vendor's program would",
        description="Send made-up files to the HTTP API of a deployment, one or more for each finding, and see whether it says "
        "what it should, in the right row and field. Files are only checked (POST /v1/checks): nothing is kept. With --send "
        "also a made-up roll of twelve, a calendar and two marks are sent to the school, by signed links, and the rules are tried "
        "that need them: send to a school that is there for trying, never to a real one.",
        epilog=f"At an address of this machine the client is the demo's vendor, the school {_DEMO_SCHOOL}, and --send is meant. "
        f"Elsewhere give --client-id and --school; the secret is read from {_SECRET} or asked for. Exit code: 0 every rule "
        "that was tried passed, 1 one failed, 2 it could not be tried.",
    )
    parser.add_argument(
        "--base-url", required=True, metavar="URL", help="where the API is, such as http://127.0.0.1:8000"
    )
    parser.add_argument("--client-id", metavar="ID", help="the client that asks, with a grant for the school")
    parser.add_argument("--school", metavar="LA/URN", help="the school for which files are checked")
    parser.add_argument("--send", action="store_true", help="also send files, and try the rules that need them")
    parser.add_argument(
        "--wait",
        type=float,
        default=60,
        metavar="SECONDS",
        help="for a report, and for what was sent to count (default: 60)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    here = urlsplit(args.base_url).hostname in _LOOPBACK
    school, client = args.school or (here and _DEMO_SCHOOL), args.client_id or (here and VENDOR)
    if not school or not client or school.count("/") != 1:
        print("Give --client-id and --school LA/URN: whose client asks, and for which school.", file=sys.stderr)
        return 2
    secret = os.environ.get(_SECRET) or (
        SECRET if client == VENDOR and here else getpass.getpass(f"Secret of {client}: ")
    )
    la, urn = school.split("/")
    outcomes = []
    try:
        deployment = Deployment(args.base_url, client, secret, la, urn, args.wait)
        every = cases(deployment.today, urn)
        first = before(deployment.today, urn) if args.send or (here and not args.client_id) else None
        with Progress("rules", len(every), shown=True) as bar:
            for outcome in tried(deployment, every, first):
                outcomes.append(outcome)
                bar.advance()
    except CannotTry as problem:
        print(f"attendance conformance: {problem}", file=sys.stderr)
        return 2
    outcomes += [Outcome(rule, because, "not tried", because) for rule, because in not_tried().items()]
    counts = Counter(each.result for each in outcomes)
    if args.format == "json":
        print(json.dumps({"counts": counts, "rules": [vars(each) for each in outcomes]}, indent=2))
    else:
        _tell(outcomes, counts)
    return 1 if counts["failed"] else 0


def _tell(outcomes: list[Outcome], counts: Mapping[Result, int]) -> None:
    width = max(len(each.rule) for each in outcomes)
    for each in outcomes:
        print(f"{each.result:<9}  {each.rule:<{width}}  {each.detail or each.because}")
    print(f"\n{counts['passed']} passed, {counts['failed']} failed, {counts['not tried']} not tried.")
