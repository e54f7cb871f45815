"""`attendance rebuild`: registers and positions once more, from nothing but the uploads."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

from attendance.events import ObjectCreated, SchoolDue
from attendance.text import pretty_json
from aws.messages import ThresholdsQueue
from local.inputs import BadInput, Input
from local.run import Doors, replay
from local.source import add_source, exit_code, refuse_unused
from local.synth import LOCAL_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REBUILT: Final = ("receipts", "parts", "registers", "positions")
"""What follows from the uploads, and can be lost."""


@dataclass(frozen=True)
class Rebuilt:
    """What was lost and came again, and what of it differs."""

    uploads: int
    objects: Mapping[str, int]
    """How many, by bucket."""
    differences: tuple[str, ...]


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `rebuild` to the command."""
    parser = commands.add_parser(
        "rebuild",
        help="registers and positions once more, from the uploads",
        description="With INPUT: replay it, delete every receipt, part, register and position, have all uploads checked and "
        "folded again, and compare byte by byte. With --prefix: have every upload of a deployed system checked again and every "
        "school folded and computed again. What is there already stays as it is; what is missing is written. Reports, cases and "
        "documents are not touched.",
        epilog="After --prefix wait until the queues are empty, then: attendance reconcile --prefix PREFIX. Exit code: 0 all is "
        "the same (or all was sent), 1 something differs, 2 it cannot be done.",
    )
    add_source(parser)
    parser.add_argument("--school", metavar="LA/URN", help="with --prefix: this school only, as 886/118001")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        refuse_unused(args)
        if args.prefix:
            return _deployed(args.prefix, args.school, args.format)
        if args.school:
            raise BadInput("--school goes with --prefix: of INPUT everything is rebuilt. Leave it out.")
        found = of_input(args.input, args.as_at)
        if args.format == "json":
            told: dict[str, Any] = {"uploads": found.uploads, "objects": dict(found.objects)}
            print(pretty_json(told | {"differences": list(found.differences)}), end="")
        else:
            counts = ", ".join(f"{n:,} {name}" for name, n in found.objects.items())
            print(f"From {found.uploads:,} uploads: {counts}.")
            print("\n".join(found.differences) or "Byte for byte what they were.")
        return 1 if found.differences else 0

    return exit_code(work, args.prefix)


def of_input(input_: Path, as_at: date | None = None) -> Rebuilt:
    """Replay INPUT, lose what follows from the uploads, rebuild it, compare."""
    found: list[Rebuilt] = []

    def lose_and_rebuild(doors: Doors, _given: Input) -> None:
        world = doors.world
        buckets = {name: world.names[name] for name in REBUILT}
        before = _bytes(world.s3, buckets)
        for bucket in buckets.values():
            for key, version in versions(world.s3, bucket):
                world.s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
        if lost := _bytes(world.s3, buckets):
            raise RuntimeError(f"not lost: {len(lost)}")
        uploads = send_again(LOCAL_PREFIX)[0]
        world.drain()
        after = _bytes(world.s3, buckets)
        counts = {name: sum(key.startswith(f"{name}/") for key in after) for name in REBUILT}
        found.append(Rebuilt(uploads, counts, tuple(_different(before, after))))

    with tempfile.TemporaryDirectory() as output:
        replay(input_, Path(output), as_at=as_at, then=lose_and_rebuild)
    return found[0]


def send_again(prefix: str, school: str | None = None) -> tuple[int, int]:
    """Have every upload of a system checked again, and its schools folded and computed; how many uploads, how many schools.

    `school` (`886/118001`) narrows it. What is sent is what S3 told when the upload came: a delivery more, which does no harm.
    """
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    uploads, url = f"{prefix}-uploads", sqs.get_queue_url(QueueName=f"{prefix}-validate")["QueueUrl"]
    to_thresholds = ThresholdsQueue(sqs, sqs.get_queue_url(QueueName=f"{prefix}-thresholds")["QueueUrl"])
    sent, schools = 0, set()
    for key, version in versions(s3, uploads, f"{school}/" if school else ""):
        created = ObjectCreated.model_validate(
            {
                "detail-type": "Object Created", "id": f"rebuild-{version}", "time": datetime.now(UTC),
                "detail": {"bucket": {"name": uploads}, "object": {"key": key, "version-id": version}},
            }
        )  # fmt: skip
        sqs.send_message(QueueUrl=url, MessageBody=created.model_dump_json(by_alias=True))
        sent += 1
        la, urn, _ = key.split("/", 2)
        schools.add((la, urn))
    for la, urn in sorted(schools):  # also where no part is missing, whose event would ask for it
        to_thresholds.send(SchoolDue(la=la, urn=urn, correlation_id=f"rebuild-{urn}"))
    return sent, len(schools)


def versions(s3: S3Client, bucket: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The key and id of every version in a bucket; markers of deletion left out."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for version in page.get("Versions", ()):
            yield version["Key"], version["VersionId"]


def _bytes(s3: S3Client, buckets: Mapping[str, str]) -> dict[str, str]:
    """The digest of each object as it stands, by bucket and key."""
    return {
        f"{name}/{entry['Key']}": hashlib.sha256(
            s3.get_object(Bucket=full, Key=entry["Key"])["Body"].read()
        ).hexdigest()
        for name, full in buckets.items()
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=full)
        for entry in page.get("Contents", ())
    }


def _different(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            why = "did not come again" if name not in after else "was not there" if name not in before else "differs"
            yield f"{name}: {why}"


def _deployed(prefix: str, school: str | None, form: str) -> int:
    uploads, schools = send_again(prefix, school)
    if not uploads:
        raise BadInput(f"There is no upload{f' of {school}' if school else ''} in {prefix}-uploads: nothing was sent.")
    if form == "json":
        print(pretty_json({"uploads": uploads, "schools": schools}), end="")
    else:
        print(
            f"{uploads:,} uploads of {schools:,} schools were sent to be checked and folded again. When the queues are empty: "
            f"attendance reconcile --prefix {prefix}"
        )
    return 0
