"""What all else follows from: uploads with the time each was received, decisions with theirs, and what was published.

Played again in their order, in a world of their own, they give cases, history and documents once more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from attendance.events import DecisionMade, SchoolDue
from attendance.facts import BY_ITSELF, Decision
from attendance.register import named
from attendance.text import LONDON
from aws.buckets import Bucket
from local.inputs import BadInput, days
from local.progress import Progress
from local.reconciling import Stores
from local.run import SCHEDULED_AT, Doors
from local.world import World, raise_world

DECISIONS: Final = "decisions/"

type Item = dict[str, Any]
type Items = dict[str, dict[tuple[str, str], Item]]
"""The items of each table, by partition and sort key."""


@dataclass(frozen=True)
class Sent:
    """An upload as it was received."""

    la: str
    urn: str
    upload_id: str
    body: bytes
    metadata: dict[str, str]
    at: datetime


@dataclass(frozen=True)
class Kept:
    """A part whose upload is gone, since a child was erased from it: what is left of what was sent."""

    key: str
    body: bytes
    at: datetime


@dataclass(frozen=True)
class Decided:
    """A decision as it was recorded, and when it was first carried out."""

    pupil: str
    decision: Decision
    at: datetime


@dataclass(frozen=True)
class Causes:
    """All causes of one deployment up to a moment."""

    authorities: tuple[str, ...]
    published: dict[str, str]
    """What was published, as texts by name."""
    uploads: tuple[Sent, ...]
    parts: tuple[Kept, ...]
    decisions: tuple[Decided, ...]
    secret: bytes
    until: datetime


@dataclass(frozen=True)
class Left:
    """What the causes leave when they are played: the items of the tables, and every object of the authorities' buckets."""

    items: Items
    documents: dict[tuple[str, str], bytes]
    """By authority and key."""


def read_causes(stores: Stores, until: datetime) -> Causes:
    """The causes of a deployment, from its buckets and what was published; BadInput if it has no upload."""
    uploads = tuple(_sent(stores.uploads))
    parts = tuple(_kept(stores, {f"{each.la}/{each.urn}/{each.upload_id}" for each in uploads}))
    if not uploads and not parts:
        raise BadInput(f"There is no upload in {stores.uploads.name}: there is nothing to restore from.")
    return Causes(
        tuple(sorted(stores.documents)),
        {item["pk"]["S"]: item["body"]["S"] for item in stores.scan(stores.schools.published.table)},
        uploads,
        parts,
        tuple(each for bucket in stores.documents.values() for each in _decided(bucket)),
        stores.secret,
        until,
    )


def items_of(stores: Stores) -> Items:
    """The items of both tables as they stand, but for the tag of a school's positions: it says which object of the bucket was
    written last, follows from no cause, and a computing that lacks it reads the object.
    """
    names = {"cases": stores.cases.cases_table, "history": stores.cases.history_table}
    return {
        table: {(item["pk"]["S"], item["sk"]["S"]): _caused(item) for item in stores.scan(name)}
        for table, name in names.items()
    }


def _caused(item: Mapping[str, Any]) -> Item:
    return {name: value for name, value in item.items() if name != "positions"}


def documents_of(stores: Stores) -> dict[tuple[str, str], bytes]:
    """Every object of the authorities' buckets, by authority and key."""
    return {
        (la, key): stores.read(bucket, key)
        for la, bucket in sorted(stores.documents.items())
        for key in bucket.keys("")
    }


def play(causes: Causes) -> Left:
    """Play the causes in a world of their own; one at a time in a process, as a world is.

    What was sent at one moment comes before what was decided at it; the schedule fires on each day at its hour.
    """
    with raise_world(causes.authorities) as world:
        world.secrets.put_secret_value(SecretId=world.names["pupil-secret"], SecretString=causes.secret.decode())
        doors = Doors.of(world)
        doors.published.put(causes.published)
        moments = _moments(world, doors, causes)
        with Progress("days played again", len({at.date() for at, _ in moments}), shown=True) as bar:
            day = moments[0][0].date()
            for at, do in moments:
                if at.date() != day:
                    bar.advance()
                    day = at.date()
                world.at(at)
                do()
                world.drain()
            bar.advance()
        if dead := world.dead_letters():
            raise RuntimeError(f"messages failed too often: {', '.join(f'{len(v)} in {k}' for k, v in dead.items())}")
        stores = Stores.of(doors)
        return Left(items_of(stores), documents_of(stores))


def _moments(world: World, doors: Doors, causes: Causes) -> list[tuple[datetime, Callable[[], object]]]:
    """What happened when, in order: all that was sent at a moment together, then each decision, then the schedule."""
    sent: dict[datetime, list[Sent | Kept]] = {}
    every: list[Sent | Kept] = [*causes.parts, *causes.uploads]
    for each in every:
        sent.setdefault(each.at, []).append(each)

    def send(of_moment: list[Sent | Kept]) -> Callable[[], object]:
        return lambda: _send(world, doors, of_moment)

    def decide(each: Decided) -> Callable[[], object]:
        return lambda: _decide(doors, each)

    def compute() -> None:
        for la, urn in Stores.of(doors).of_school:
            doors.to_thresholds.send(SchoolDue(la=la, urn=urn, correlation_id="restored"))

    found: list[tuple[datetime, int, Callable[[], object]]] = [(at, 0, send(of)) for at, of in sent.items()]
    found += [(each.at, 1, decide(each)) for each in sorted(causes.decisions, key=lambda d: (d.at, d.decision.row))]
    found += [(at, 2, world.day_passed) for at in _schedule(min(at for at, _, _ in found), causes.until)]
    found.append((causes.until, 3, compute))
    return [(at, do) for at, _, do in sorted(found, key=lambda each: each[:2])]


def _schedule(first: datetime, until: datetime) -> Iterator[datetime]:
    for day in days(first.astimezone(LONDON).date(), until.astimezone(LONDON).date()):
        at = datetime.combine(day, SCHEDULED_AT, LONDON).astimezone(UTC)
        if first <= at <= until:
            yield at


def _send(world: World, doors: Doors, of_moment: list[Sent | Kept]) -> None:
    for each in of_moment:
        if isinstance(each, Kept):
            doors.registers.parts.put_once(each.key, each.body)
        else:
            world.put_upload(each.la, each.urn, each.upload_id, each.body, each.metadata)


def _decide(doors: Doors, each: Decided) -> None:
    doors.cases.decide(each.pupil, each.decision)
    id_ = each.decision.id
    event = DecisionMade(la=each.decision.la, pupil=each.pupil, decision=id_, correlation_id=id_)
    doors.to_notices.send(event, told="restored")


def _sent(bucket: Bucket) -> Iterator[Sent]:
    for key in bucket.keys(""):
        stored = bucket.get(key)
        if stored is None:
            raise RuntimeError(f"{key} was listed and is gone: look again")
        la, urn, upload_id = key.split("/", 2)
        yield Sent(la, urn, upload_id, stored.body, dict(stored.metadata), stored.received_at)


def _kept(stores: Stores, uploads: Set[str]) -> Iterator[Kept]:
    """The parts of which the upload is not there any more."""
    for key in stores.registers.parts.keys(""):
        la, urn, rest = key.split("/", 2)
        at, upload = named(rest)
        school = f"{la.removeprefix('la=')}/{urn.removeprefix('urn=')}"
        receipt = stores.receipts.get(f"{school}/{upload}")
        if receipt is None or f"{school}/{json.loads(receipt.body)['upload_id']}" not in uploads:
            yield Kept(key, stores.read(stores.registers.parts, key), at)


def _decided(bucket: Bucket) -> Iterator[Decided]:
    """The decisions of an authority; what follows by itself from its code of conduct follows again."""
    for key in bucket.keys(DECISIONS):
        stored = bucket.get(key)
        if stored is None:
            raise RuntimeError(f"{key} was listed and is gone: look again")
        data: Mapping[str, Any] = json.loads(stored.body)
        decision = Decision.model_validate({name: value for name, value in data.items() if name != "pupil"})
        if decision.by != BY_ITSELF:
            yield Decided(data["pupil"], decision, stored.received_at)
