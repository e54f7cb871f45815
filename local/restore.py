"""`attendance restore`: cases and history once more, from uploads, decisions and what was published."""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from botocore.exceptions import ClientError

from attendance.text import pretty_json
from aws.buckets import Bucket
from local.causes import Causes, Items, Left, documents_of, items_of, play, read_causes
from local.erasing import FOLDER, MARK
from local.inputs import Input
from local.node import ensure_assets
from local.rebuild import REBUILT, send_again, versions
from local.reconciling import Stores
from local.run import Doors, replay
from local.source import add_source, exit_code, refuse_unused
from local.synth import LOCAL_PREFIX


@dataclass(frozen=True)
class Restored:
    """What was put back, what stood already, and what differs from what the causes give."""

    put: Mapping[str, int]
    """Items, by table."""
    stood: Mapping[str, int]
    differences: tuple[str, ...]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `restore` to the command."""
    parser = commands.add_parser(
        "restore",
        help="cases and history once more, from uploads and decisions",
        description="Play every upload, decision and day again on this machine, in the order in which they were, and put the items "
        "of the tables of cases and history back that are missing; what is there stays, and what differs is listed, documents "
        "too. With INPUT: replay it, lose both tables and all that follows from the uploads, restore, rebuild, and compare all. "
        "With --prefix: of a deployed system. Its functions must be stopped meanwhile: docs/operations.md, Restore.",
        epilog="A table that was lost less than 35 days ago comes back sooner by DynamoDB's own point-in-time recovery. Keys and "
        "counts only are printed. Exit code: 0 nothing differs, 1 something does, 2 it cannot be done.",
    )
    add_source(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        refuse_unused(args)
        found = of_deployed(args.prefix) if args.prefix else of_input(args.input, args.as_at)
        if args.format == "json":
            told = {"put": dict(found.put), "stood": dict(found.stood), "differences": list(found.differences)}
            print(pretty_json(told), end="")
            return 1 if found.differences else 0
        for table, n in found.put.items():
            print(f"{table}: {n:,} items put back, {found.stood[table]:,} stood already.")
        print("\n".join(found.differences) or "All is what the uploads and decisions give.")
        if args.prefix:
            print(f"Next: attendance rebuild --prefix {args.prefix}")
        return 1 if found.differences else 0

    return exit_code(work, args.prefix)


def of_deployed(prefix: str) -> Restored:
    """Put back what a deployed system lacks in its tables, and compare its tables and documents with what its causes give."""
    stores = Stores.of_deployed(prefix)
    causes = read_causes(stores, datetime.now(UTC))
    return put_back(stores, played(causes))


def played(causes: Causes) -> Left:
    """What the causes leave, played in a process of its own: two worlds do not fit in one."""
    ensure_assets()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        return other.submit(play, causes).result()


def put_back(stores: Stores, left: Left) -> Restored:
    """Put back the items that are missing; what stands and is not what the causes left is told, and stays."""
    stood = items_of(stores)
    put = {table: _put(stores, table, left.items[table], stood[table]) for table in left.items}
    differences = (*_items(stood, left), *_documents(documents_of(stores), left))
    return Restored(put, {table: len(items) for table, items in stood.items()}, differences)


def of_input(input_: Path, as_at: date | None = None) -> Restored:
    """Replay INPUT, lose both tables and all that follows from the uploads, restore and rebuild; what differs of anything."""
    found: list[Restored] = []

    def lose_and_restore(doors: Doors, _given: Input) -> None:
        world, stores = doors.world, Stores.of(doors)
        causes = read_causes(stores, datetime.now(UTC))
        items, objects = items_of(stores), _objects(doors)
        _lose(doors, items)
        again = put_back(stores, played(causes))
        send_again(LOCAL_PREFIX)
        world.drain()
        differences = [
            *again.differences,
            *_items(items_of(stores), Left(items, {})),
            *_differing(_objects(doors), objects),
        ]
        found.append(Restored(again.put, again.stood, tuple(differences)))

    with tempfile.TemporaryDirectory() as output:
        replay(input_, Path(output), as_at=as_at, then=lose_and_restore)
    return found[0]


def _put(
    stores: Stores, table: str, wanted: Mapping[tuple[str, str], object], stood: Mapping[tuple[str, str], object]
) -> int:
    """Put the items that are missing; how many. One that somebody wrote meanwhile stays."""
    name = {"cases": stores.cases.cases_table, "history": stores.cases.history_table}[table]
    put = 0
    for key in sorted(wanted.keys() - stood.keys()):
        try:
            stores.cases.dynamodb.put_item(
                TableName=name, Item=wanted[key], ConditionExpression="attribute_not_exists(pk)",  # type: ignore[arg-type]
            )  # fmt: skip
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        else:
            put += 1
    return put


def _items(stood: Items, left: Left) -> Iterator[str]:
    """The items that stand and are not what the causes give."""
    for table, items in stood.items():
        wanted = left.items[table]
        for key in sorted(items):
            if key[1].startswith(f"{MARK}#"):
                continue  # what was erased follows from nothing
            if key not in wanted:
                yield f"{table} {' '.join(key)}: does not follow from the uploads and decisions"
            elif items[key] != wanted[key]:
                yield f"{table} {' '.join(key)}: differs"


def _documents(stood: Mapping[tuple[str, str], bytes], left: Left) -> Iterator[str]:
    """The documents that stand and are not what the causes give, or the reverse."""
    for la, key in sorted(stood.keys() | left.documents.keys()):
        one, other = stood.get((la, key)), left.documents.get((la, key))
        if one != other and not key.startswith(f"{FOLDER}/"):
            why = "is gone" if one is None else "does not follow" if other is None else "differs"
            yield f"authority {la} {key}: {why}"


def _lose(doors: Doors, items: Items) -> None:
    """Lose both tables, receipts, parts, registers and positions."""
    world = doors.world
    tables = {"cases": doors.cases.cases_table, "history": doors.cases.history_table}
    for table, keys in items.items():
        for pk, sk in keys:
            world.dynamodb.delete_item(TableName=tables[table], Key={"pk": {"S": pk}, "sk": {"S": sk}})
    for name in REBUILT:
        for key, version in versions(world.s3, world.names[name]):
            world.s3.delete_object(Bucket=world.names[name], Key=key, VersionId=version)
    if any(items_of(Stores.of(doors)).values()) or any(_objects(doors).values()):
        raise RuntimeError("not lost")


def _objects(doors: Doors) -> dict[str, bytes]:
    """What follows from the uploads, by bucket and key."""
    world = doors.world
    buckets = {name: Bucket(world.s3, world.names[name]) for name in REBUILT}
    return {f"{name}/{key}": Stores.read(bucket, key) for name, bucket in buckets.items() for key in bucket.keys("")}


def _differing(after: Mapping[str, bytes], before: Mapping[str, bytes]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            why = "did not come again" if name not in after else "was not there" if name not in before else "differs"
            yield f"{name}: {why}"
