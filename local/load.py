"""`attendance load`: a day of an authority through the whole system raised on this machine, and whether all of it adds up."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attendance.text import pretty_json
from local.accounting import Account, account
from local.inputs import BadInput
from local.loading import Load, Played, Stage, play
from local.madeup.authority_day import FEWEST_PUPILS, LA, MOST_PUPILS, MOST_SCHOOLS
from local.measuring import Memory
from local.node import ensure_assets
from local.reconcile import balances_text, balances_told
from local.reconciling import Stores
from local.run import Doors
from local.words import counted
from local.world import raise_world

LOG_SHOWN = 40
"""How many of the last lines of the log are printed where a message failed too often."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `load` to the command."""
    parser = commands.add_parser(
        "load",
        help="an authority's day through the whole system, and whether all of it adds up",
        description="Raise the whole system on this machine from the very templates that would be deployed and send it a made-up "
        "day of an authority: rolls, the weeks before, every mark of the day, files that are wrong, refused, sent twice or "
        "amended, an officer's decisions, the evening's schedule. Then count what went in against what came out, end to end.",
        epilog="300 schools of 500 pupils take ten to thirty minutes. How to read what is printed: docs/reliability.md. "
        "Exit code: 0 all balances are zero, 1 something is left over, 2 used wrongly.",
    )
    parser.add_argument("--schools", type=int, default=300, metavar="N", help="default: %(default)s")
    parser.add_argument("--pupils", type=int, default=500, metavar="N", help="of each school; default: %(default)s")
    parser.add_argument(
        "--burst", action="store_true", help="then the next day's files of all schools at once, before any is looked at"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is printed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    try:
        _refuse("--schools", args.schools, 1, MOST_SCHOOLS)
        _refuse("--pupils", args.pupils, FEWEST_PUPILS, MOST_PUPILS)
    except BadInput as problem:
        print(problem, file=sys.stderr)
        return 2
    load = Load(args.schools, args.pupils, args.burst)
    played, found, before, memory = _loaded(load)
    told = _told(load, played, found, before, memory)
    print(pretty_json(told) if args.format == "json" else _text(told, found), end="")
    return 0 if found.reconciled.zero else 1


def _refuse(option: str, given: int, least: int, most: int) -> None:
    if not least <= given <= most:
        raise BadInput(f"{option} {given}: give a number from {least:,} to {most:,}.")


def _loaded(load: Load) -> tuple[Played, Account, Memory, Memory]:
    """Send the day through a raised world; how it went, what came of it, and the memory before and after."""
    ensure_assets()
    with raise_world((LA,)) as world:
        doors = Doors.of(world)
        before = Memory.now()
        played = play(doors, load, progress=True)
        if world.dead_letters():
            print("\n".join(world.log[-LOG_SHOWN:]), file=sys.stderr)
        memory = Memory.now()
        return played, account(world, Stores.of(doors), played), before, memory


def _told(load: Load, played: Played, found: Account, before: Memory, memory: Memory) -> dict[str, Any]:
    """All of it, as it is given in JSON."""
    sent, answered = played.sent, found.answered
    return {
        **dataclasses.asdict(load),
        "files": {"sent": sent.files.total(), **dict(sorted(answered.files.items()))},
        "marks_of_the_day": sent.marks_of_the_day,
        "rows": {"sent": sent.rows, **dataclasses.asdict(answered.rows)},
        "marks": {"sent": sent.marks, **dataclasses.asdict(answered.marks)},
        "queues": {queue.name: dataclasses.asdict(queue) | {"lost": queue.lost} for queue in found.queues},
        "stored": found.stored,
        "thresholds_met": found.met,
        "cases": found.cases,
        "decisions": found.decisions,
        "returns": found.returns,
        "stages": [_stage(each) for each in played.stages],
        "memory": {
            "before_mb": round(before.peak_mb, 1),
            "peak_mb": round(memory.peak_mb, 1),
            "stores_mb": round(memory.stores_mb, 1),
            "objects": memory.objects,
            "items": memory.items,
        },
        **balances_told(found.reconciled),
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "files": stage.files,
        "seconds": round(stage.seconds, 2),
        "processor_seconds": round(stage.processor_seconds, 2),
        "files_a_second": round(stage.files / stage.seconds, 2) if stage.files else None,
        "slowest_file_seconds": round(stage.slowest_file, 3) if stage.files else None,
        "calls": {name: {"calls": n, "seconds": round(took, 2)} for name, (n, took) in stage.calls.items()},
        "peak_mb": round(stage.memory.peak_mb, 1),
        "stores_mb": round(stage.memory.stores_mb, 1),
    }


_SUMS: Final = ("sent", "accepted", "in_error", "refused", "in_copies")
_MESSAGES: Final = ("sent", "handled", "repeated", "dead", "waiting")
_TIMES: Final = (
    "files", "seconds", "processor_seconds", "files_a_second", "slowest_file_seconds", "peak_mb", "stores_mb",
)  # fmt: skip


def _text(told: dict[str, Any], found: Account) -> str:
    """The same for people."""
    memory, of_next = told["memory"], ", then those of the next day at once" if told["burst"] else ""
    counts = {
        "files": told["files"], "stored": told["stored"], "thresholds met": {"": told["thresholds_met"]}, "cases": told["cases"],
        "decisions": told["decisions"], "returns, lists": told["returns"],
    }  # fmt: skip
    lines = [
        f"{counted(told['schools'], 'school')} of {told['pupils']:,} pupils, everybody made up: "
        f"{told['marks_of_the_day']:,} marks of the day{of_next}.",
        *_table("rows", _SUMS, {name: told[name] for name in ("rows", "marks")}),
        *_table("queue", _MESSAGES, told["queues"]),
        *_table("stage", _TIMES, {each["name"]: each for each in told["stages"]}),
        "",
        *(f"  {name:<16}{_listed(n)}" for name, n in counts.items()),
        "",
        f"  {'memory':<16}{memory['before_mb']:,} MB before the first file, {memory['peak_mb']:,} MB at the peak; "
        f"the stores hold {memory['stores_mb']:,} MB in {memory['objects']:,} objects and {memory['items']:,} items",
        "",
    ]
    return "\n".join(lines) + "\n" + balances_text(found.reconciled)


def _table(what: str, columns: Sequence[str], rows: Mapping[str, Mapping[str, float | None]]) -> Iterator[str]:
    """The columns of each row that has them, right-aligned below their names."""
    names = [name.replace("_", " ").removesuffix(" seconds") for name in columns]
    width = [max(10, len(name) + 2) for name in names]
    yield ""
    yield f"  {what:<17}" + "".join(f"{name:>{w}}" for name, w in zip(names, width, strict=True))
    for name, row in rows.items():
        cells = ["" if (n := row[column]) is None else f"{n:,}" for column in columns]
        yield f"  {name:<17}" + "".join(f"{cell:>{w}}" for cell, w in zip(cells, width, strict=True))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n:,}".strip() for name, n in counts.items()) or "none"
