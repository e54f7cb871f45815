"""`attendance erase`: a child is taken out of what an authority holds; one person asks, another carries it out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import boto3

from attendance.authorities import AUTHORITIES
from attendance.identifiers import upn_problem
from attendance.text import pretty_json
from local.erasing import Holdings, Who, ask, carry_out
from local.inputs import BadInput
from local.source import exit_code


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `erase` to the command."""
    parser = commands.add_parser(
        "erase",
        help="erase a child from what an authority holds, where the law requires it; two people",
        description="With --la, --reason and --under: look for a child in everything that an authority holds, say how much would "
        "go, and write the request. With --approve: another person carries it out. Rows are taken out of parts, registers, "
        "positions, reports and lists; uploads, documents and items that are about the child go in every version. What remains "
        "is who asked, who carried it out, when, why, and the hash of what is gone.",
        epilog="Assume the role PREFIX-erasure with a session name that is yours alone. Nothing printed names a child. Whoever is "
        "stopped runs it again. Exit code: 0 asked, or done; 1 done, but something is left that a person must look at; 2 refused, "
        "or it cannot be done. docs/operations.md, Erase.",
    )
    parser.add_argument(
        "--prefix", required=True, metavar="PREFIX", help="of a deployed system, with your AWS credentials"
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--upn", help="the child's UPN; a shell may remember it")
    who.add_argument(
        "--upn-file", metavar="FILE", help="a file that holds the UPN and nothing else; - reads what is typed"
    )
    parser.add_argument(
        "--la", choices=sorted(AUTHORITIES), metavar="LA", help="to ask: the authority that holds the data"
    )
    parser.add_argument("--reason", help="to ask: why, without the child's UPN or name; it stays")
    parser.add_argument("--under", metavar="PROVISION", help='to ask: the provision, as "UK GDPR art 17(1)(d)"')
    parser.add_argument("--approve", metavar="ID", help="carry out the request of that id, which another person wrote")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is printed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        asking = [args.la, args.reason, args.under]
        if args.approve and any(asking):
            raise BadInput(
                "--la, --reason and --under are for asking: with --approve they stand in the request. Leave them out."
            )
        if not args.approve and not all(each and each.strip() for each in asking):
            raise BadInput(
                "Give --la, --reason and --under to ask, or --approve with the id of what another person asked."
            )
        upn = _upn(args)
        return _approve(args, upn) if args.approve else _ask(args, upn)

    return exit_code(work, args.prefix)


def _upn(args: argparse.Namespace) -> str:
    given = args.upn
    if given is None:
        try:
            given = sys.stdin.read() if args.upn_file == "-" else Path(args.upn_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise BadInput(f"The UPN cannot be read from {args.upn_file}: {type(problem).__name__}.") from problem
    upn = str(given).strip().upper()
    if wrong := upn_problem(upn):
        raise BadInput(f"That is no UPN ({wrong}): thirteen characters, of which the first checks the others.")
    return upn


def _ask(args: argparse.Namespace, upn: str) -> int:
    asked, found = ask(
        Holdings.of_deployed(args.prefix, args.la), upn, args.reason.strip(), args.under.strip(), caller()
    )
    if args.format == "json":
        told: dict[str, Any] = {"id": asked.id, "counts": found.counts, "schools": list(found.schools)}
        print(pretty_json(told | {"left": list(found.left), "unsearched": list(found.unsearched)}), end="")
        return 0
    print(f"Asked as {asked.id}. Would be erased:")
    _counts(found.counts)
    _notes(found.left, found.unsearched)
    print(f"Another person: attendance erase --prefix {args.prefix} --approve {asked.id} --upn-file -")
    return 0


def _approve(args: argparse.Namespace, upn: str) -> int:
    la = args.approve.partition("-")[0]
    if la not in AUTHORITIES:
        raise BadInput(f"{args.approve} is no id of a request: it begins with the code of the authority.")
    done = carry_out(Holdings.of_deployed(args.prefix, la), args.approve, upn, caller())
    if args.format == "json":
        print(pretty_json(done.model_dump(mode="json")), end="")
    else:
        print(f"{done.id} is done since {done.done_at:%Y-%m-%d %H:%M} UTC, asked by {done.asked_by.person}, "
              f"carried out by {done.approved_by.person}. Erased:")  # fmt: skip
        _counts(done.counts)
        _notes(done.left, done.unsearched)
    return 1 if done.left or done.unsearched else 0


def _counts(counts: dict[str, int]) -> None:
    for place, n in counts.items():
        print(f"  {n:>6,} {place}")


def _notes(left: tuple[str, ...], unsearched: tuple[str, ...]) -> None:
    for title, names in (("Left, for a person to look at:", left), ("Could not be opened to look inside:", unsearched)):
        if names:
            print(title)
            print("\n".join(f"  {name}" for name in names))


def caller() -> Who:
    """Who runs this, as STS says; whoever cannot be told from others is refused."""
    sts: Any = boto3.client("sts")
    found = sts.get_caller_identity()
    who = Who(arn=found["Arn"], user_id=found["UserId"])
    _ = who.person  # refused before anything is looked at
    return who
