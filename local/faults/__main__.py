"""`attendance-faults`: crash anywhere, and compare what is left."""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from local.faults.calls import MEANS, Call, Kind
from local.faults.campaign import Campaign, ground
from local.faults.points import Enumerated, Points, kinds_of
from local.node import ensure_assets
from local.progress import Progress

EXPECTED_CALLS = 1730
"""About how many there are: for the bar alone."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = arguments().parse_args(argv)
    if args.seeds < 0 or args.every < 0:
        print("--seeds and --every are 0 or more.", file=sys.stderr)
        return 2
    warnings.filterwarnings("ignore", message=".*fork.*", category=DeprecationWarning)
    ensure_assets()
    alone = args.seed is not None
    enumerated = Enumerated() if alone or not args.every else enumerate_points(args.points, args.every)
    seeds = [args.seed] if alone else range(args.seeds)
    campaigns = play(seeds) if seeds else []
    wrong = len(enumerated.differences) + sum(bool(each.wrong) for each in campaigns)
    if args.format == "json":
        print(json.dumps(_said(enumerated, campaigns), indent=2, sort_keys=True))
    else:
        _tell(enumerated, campaigns)
    return 1 if wrong else 0


def enumerate_points(points: tuple[int, int] | None, every: int) -> Enumerated:
    """Inject faults at these points (None: all), every n-th of all pairs of point and fault."""
    first, last = points or (0, sys.maxsize)
    with Progress("calls passed", EXPECTED_CALLS, shown=True) as bar:
        return Points(lambda point: first <= point < last, bar.advance, kinds=every_nth(every)).run()


def every_nth(every: int) -> Callable[[int, Call], tuple[Kind, ...]]:
    """Every n-th of all faults, counted through the points; each kind has its turn."""
    passed = 0

    def kinds(_: int, call: Call) -> tuple[Kind, ...]:
        nonlocal passed
        found = kinds_of(call)
        begin, passed = passed, passed + len(found)
        return tuple(kind for n, kind in enumerate(found, begin) if n % every == 0)

    return kinds


def play(seeds: Sequence[int]) -> list[Campaign]:
    """Play random campaigns."""
    found = []
    with ground() as here, Progress("campaigns", len(seeds), shown=True) as bar:
        if here.wrong:
            raise RuntimeError(f"without any fault it does not hold: {'; '.join(here.wrong)}")
        for each in here.campaigns(seeds):
            found.append(each)
            bar.advance()
            if each.wrong:
                print(f"seed {each.seed}: {len(each.wrong)} things wrong", file=sys.stderr, flush=True)
    return found


def _said(enumerated: Enumerated, campaigns: Sequence[Campaign]) -> dict[str, object]:
    return {
        "points": {
            "fault_points": enumerated.calls,
            "calls": enumerated.sent + enumerated.stopped,
            "tried_at": enumerated.points,
            "faults": dict(enumerated.tried),
            "differences": [asdict(each) for each in enumerated.differences],
        },
        "campaigns": [asdict(each) for each in campaigns],
    }


def _tell(enumerated: Enumerated, campaigns: Sequence[Campaign]) -> None:
    for difference in enumerated.differences:
        print(f"point {difference.point}, {difference.kind} ({MEANS[difference.kind]}), in {difference.step}")
        print(f"  {difference.call}")
        for what in difference.what:
            print(f"    {what}")
        print(f"  again: uv run attendance-faults --seeds 0 --points {difference.point}:{difference.point + 1}")
    for campaign in campaigns:
        if campaign.wrong:
            print(f"seed {campaign.seed}: {', '.join(f'{n} {what}' for what, n in campaign.happened.items() if n)}")
            for what in campaign.wrong:
                print(f"    {what}")
            print(f"  again: uv run attendance-faults --seed {campaign.seed}")
    if enumerated.calls:
        calls = enumerated.sent + enumerated.stopped
        print(f"{enumerated.calls} fault points enumerated, {calls} AWS calls in the scenario.")
        print(f"{enumerated.tried.total()} faults at {enumerated.points} points: {_counts(enumerated.tried)}.")
    if campaigns:
        happened = Counter[str]()
        for campaign in campaigns:
            happened.update(campaign.happened)
        print(f"{len(campaigns)} random campaigns: {_counts(happened)}.")
    print(f"{len(enumerated.differences) + sum(bool(each.wrong) for each in campaigns)} differences.")


def _counts(of: Counter[str]) -> str:
    return ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in sorted(of.items()) if n)


def arguments() -> argparse.ArgumentParser:
    """What the command takes."""
    kinds = "\n".join(f"  {kind.replace('_', ' '):13} {means}" for kind, means in MEANS.items())
    parser = argparse.ArgumentParser(
        prog="attendance-faults",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Crash anywhere: play a small made-up term through the whole system raised on this machine, let calls to AWS\n"
        "go wrong, and compare what is stored with what an undisturbed term leaves.\n\n"
        "First every call that the functions make is a fault point. At each, one at a time:\n"
        f"{kinds}\n\n"
        "Then random campaigns, each drawn from its seed: many faults, messages twice, late and in any order, two workers at\n"
        "once on the same school and pupil, clocks that jump, days of the schedule missed. After a quiet day all must add up.",
        epilog="Exit code: 0 no differences, 1 differences (each with how to play it again), 2 used wrongly.\n"
        "What is compared, and what is left out: docs/reliability.md.",
    )
    parser.add_argument(
        "--seeds", type=int, default=20, metavar="N", help="random campaigns, of seeds 0 to N-1 (default 20)"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="play this one seed again, and nothing else")
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="of all faults at all points, every N-th (default 1: all; 0: none)",
    )
    parser.add_argument("--points", type=_points, metavar="A:B", help="only the points from A to before B")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")
    return parser


def _points(text: str) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    if not (first.isdigit() and colon and last.isdigit()):
        raise argparse.ArgumentTypeError("give two numbers: 120:140")
    return int(first), int(last)


if __name__ == "__main__":
    sys.exit(main())
