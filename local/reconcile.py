"""`attendance reconcile`: whether everything stored adds up, here after a replay or in a deployed system."""

from __future__ import annotations

import argparse
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from attendance.text import LONDON, pretty_json
from local.inputs import Input
from local.reconciling import Reconciled, Stores, reconcile
from local.run import Doors, replay
from local.source import add_source, exit_code, refuse_unused

SHOWN = 20
"""How many that are left over are printed of each balance; --format json has all."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `reconcile` to the command."""
    parser = commands.add_parser(
        "reconcile",
        help="whether every row, part, case, decision and document adds up",
        description="Count what went in against what came out, end to end: every upload is answered, every row accepted, in "
        "error or refused; every accepted entry is in a register, and every register the fold of its parts; every threshold met "
        "has a case, every decision its outcome; every document its reservation and record, and the reverse; every return due "
        "its file. Either of a replay of INPUT, or of a deployed system, which is read and not changed.",
        epilog="What is under way in a deployed system (a message in a queue, a decision of the last minutes) is left over until "
        "it is done: look again. Nothing printed names a child. Exit code: 0 all is zero, 1 something is left over, 2 it cannot be "
        "read.",
    )
    add_source(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        refuse_unused(args)
        found = of_deployed(args.prefix) if args.prefix else of_input(args.input, args.as_at)
        print(pretty_json(balances_told(found)) if args.format == "json" else balances_text(found), end="")
        return 0 if found.zero else 1

    return exit_code(work, args.prefix)


def of_deployed(prefix: str) -> Reconciled:
    """The balances of a deployed system, as it is read with the credentials of whoever asks."""
    return reconcile(Stores.of_deployed(prefix), datetime.now(LONDON).date())


def of_input(input_: Path, as_at: date | None = None) -> Reconciled:
    """The balances after a replay of INPUT and one more firing of the schedule."""
    found: list[Reconciled] = []

    def look(doors: Doors, given: Input) -> None:
        doors.world.day_passed()  # what the last day found due is written when the schedule fires again
        doors.world.drain()
        found.append(reconcile(Stores.of(doors), given.as_at))

    with tempfile.TemporaryDirectory() as output:
        replay(input_, Path(output), as_at=as_at, then=look)
    return found[0]


def balances_told(found: Reconciled) -> dict[str, Any]:
    """The balances as the command gives them in JSON."""
    balances = [{"name": each.name, "of": each.of, "left": list(each.left)} for each in found.balances]
    return {"zero": found.zero, "balances": balances}


def balances_text(found: Reconciled) -> str:
    """The balances as a table, with what is left over below each."""
    lines = [f"  {'':<42}{'looked at':>12}{'left over':>11}"]
    for each in found.balances:
        lines.append(f"  {each.name:<42}{each.of:>12,}{len(each.left):>11,}")
        lines += [f"      {name}" for name in each.left[:SHOWN]]
        if len(each.left) > SHOWN:
            lines.append(f"      and {len(each.left) - SHOWN:,} more: --format json")
    lines.append("All balances are zero." if found.zero else "Something is left over: docs/operations.md, Reconcile.")
    return "\n".join(lines) + "\n"
