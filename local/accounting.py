"""What came of an authority's day, held against what was sent: each sum that must be the same on both sides is a balance."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from attendance.cases import Case
from aws.cases import ReturnItem, Step
from local.loading import Played, Sent
from local.madeup.authority_day import NEXT
from local.pump import Emptied
from local.reconciling import Balance, Reconciled, Stores, reconcile
from local.synth import LOCAL_PREFIX
from local.world import World


@dataclass
class Rows:
    """What became of the rows that were sent, by the reports."""

    accepted: int = 0
    in_error: int = 0
    refused: int = 0
    in_copies: int = 0
    """Of files that had been received before; their rows were taken then."""

    @property
    def total(self) -> int:
        """All that were answered."""
        return self.accepted + self.in_error + self.refused + self.in_copies


@dataclass
class Answered:
    """What the reports say: of files, of all rows, and of the rows that are marks."""

    files: Counter[str] = field(default_factory=Counter)
    rows: Rows = field(default_factory=Rows)
    marks: Rows = field(default_factory=Rows)


@dataclass(frozen=True)
class Queue:
    """A queue's messages: how many it was sent, and what became of them."""

    name: str
    sent: int
    repeated: int
    """Sent within five minutes of the very same message, and not delivered."""
    handled: int
    dead: int
    waiting: int

    @property
    def lost(self) -> int:
        """Messages of which nobody knows what became; below zero: more came out than went in."""
        return self.sent - self.repeated - self.handled - self.dead - self.waiting


@dataclass(frozen=True)
class Account:
    """The day, added up."""

    answered: Answered
    queues: tuple[Queue, ...]
    stored: dict[str, int]
    """Objects by what they are."""
    met: int
    cases: dict[str, int]
    decisions: dict[str, int]
    returns: dict[str, int]
    """Returns and rows of lists, those written."""
    reconciled: Reconciled
    """The balances of the stores, and those of what was sent."""


def account(world: World, stores: Stores, played: Played) -> Account:
    """Read the stores once and hold them against what was sent."""
    answered, queues = _answered(stores), tuple(_queues(world, played))
    found = reconcile(stores, NEXT)
    own = (*_balances(stores, played.sent, answered), *_of_messages(queues, played.sent))
    cases: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    returns: Counter[str] = Counter()
    for item in stores.scan(stores.cases.cases_table):
        match item["sk"]["S"].split("#")[0]:
            case "CASE":
                cases[Case.model_validate_json(item["body"]["S"]).state] += 1
            case "STEP":
                decisions[Step.model_validate_json(item["body"]["S"]).outcome or "waiting"] += 1
            case "RETURN":
                each = ReturnItem.model_validate_json(item["body"]["S"])
                returns[each.due.kind] += each.written
    met = next(each.of for each in found.balances if each.name == "thresholds met with a case")
    return Account(
        answered, queues, _stored(stores), met, dict(sorted(cases.items())), dict(sorted(decisions.items())),
        {kind: n for kind, n in sorted(returns.items()) if n}, Reconciled((*own, *found.balances)),
    )  # fmt: skip


def _answered(stores: Stores) -> Answered:
    found = Answered()
    for key in stores.reports.keys(""):
        if key.count("/") != 2:  # an early letter
            continue
        for file in json.loads(stores.read(stores.reports, key))["files"]:
            sums = [found.rows, *([found.marks] if file["kind"] == "attendance" else [])]
            if file["totals"]["refused"]:
                found.files["refused"] += 1
                for each in sums:
                    each.refused += file["rows"]
            elif "ALREADY_RECEIVED" in file["counts"]:
                found.files["copies"] += 1
                for each in sums:
                    each.in_copies += file["rows"]
            else:
                found.files["taken"] += 1
                wrong = len({each["row"] for each in file["findings"] if each["severity"] == "error"})
                for each in sums:
                    each.accepted += file["accepted"]
                    each.in_error += wrong
    return found


def _queues(world: World, played: Played) -> Iterator[Queue]:
    dead = {name.removesuffix(".fifo"): len(bodies) for name, bodies in world.dead_letters().items()}
    for full, emptied in sorted(world.pump.emptied.items()):
        name = full.removeprefix(f"{LOCAL_PREFIX}-")
        yield _queue(name, emptied, played, full, dead.get(f"{name.removesuffix('.fifo')}-dead", 0))


def _queue(name: str, emptied: Emptied, played: Played, full: str, dead: int) -> Queue:
    repeated = emptied.repeated + played.repeated[full]
    return Queue(name, played.posted[full], repeated, emptied.handled, dead, emptied.waiting)


def _balances(stores: Stores, sent: Sent, answered: Answered) -> Iterator[Balance]:
    """What was sent is what was answered, and what was accepted of it lies in parts."""
    yield _same("rows sent and answered", sent.rows, answered.rows.total)
    yield _same("marks sent and answered", sent.marks, answered.marks.total)
    yield _same("marks accepted and in parts", answered.marks.accepted, _marks_in_parts(stores))


def _of_messages(queues: tuple[Queue, ...], sent: Sent) -> Iterator[Balance]:
    told = next(queue.sent for queue in queues if queue.name == "validate")
    yield _same("files sent and told to validate", sent.files.total(), told)
    every = sum(queue.sent for queue in queues)
    yield Balance(
        "messages sent and handled",
        every,
        tuple(
            f"{each.name}: {each.lost} lost, {each.dead} dead, {each.waiting} waiting"
            for each in queues
            if each.lost or each.dead or each.waiting
        ),
    )


def _same(name: str, one: int, other: int) -> Balance:
    return Balance(name, one, () if one == other else (f"{one:,} against {other:,}",))


def _marks_in_parts(stores: Stores) -> int:
    """The rows of all attendance parts, one part in hand at a time."""
    total = 0
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": "1"}) as con:
        for n, key in enumerate(stores.registers.parts.keys("")):
            if "/year=" in key:
                path = Path(folder, f"{n}.parquet")  # a name of its own: DuckDB remembers what it read under a name
                path.write_bytes(stores.read(stores.registers.parts, key))
                row = con.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchone()
                total += int(row[0]) if row else 0
                path.unlink()
    return total


def _stored(stores: Stores) -> dict[str, int]:
    """How many objects there are of each kind."""
    found = {
        "uploads": _count(stores.uploads.keys("")),
        "receipts": _count(stores.receipts.keys("")),
        "reports": sum(key.count("/") == 2 for key in stores.reports.keys("")),
        "early letters": sum("/letters/" in key and key.endswith(".pdf") for key in stores.reports.keys("")),
        "parts": _count(stores.registers.parts.keys("")),
        "registers": sum(key.endswith("/register.parquet") for key in stores.registers.registers.keys("")),
        "positions": _count(stores.positions.keys("")),
    }
    for bucket in stores.documents.values():
        for key in bucket.keys(""):
            what = f"{key.split('/')[0]} ({key.rpartition('.')[2]})"
            found[what] = found.get(what, 0) + 1
    return found


def _count(keys: Iterator[str]) -> int:
    return sum(1 for _ in keys)
