"""What the parts give today of notices that were issued: those of an INPUT, replayed, or those of a deployed system."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
import duckdb

from attendance.parquet import Damaged
from attendance.register import entries_of, evidence
from attendance.verification import Line, Recorded, Refolded, School, schools_read
from aws.buckets import Bucket
from aws.cases import Cases
from aws.published import Published
from aws.registers import Registers
from aws.schools import Schools
from local.inputs import BadInput, Input, schools_of
from local.run import Doors, replay

NOW = datetime.max.replace(tzinfo=UTC)


def of_input(records: Sequence[Recorded], input_: Path, as_at: date | None) -> dict[str, Refolded]:
    """Replay the files of the pupils' schools, and no decision; BadInput if INPUT cannot be that of the notices.

    Each file is received at its own time, unless the replay ends before: a `run` takes what comes later as received on its
    last day.
    """
    theirs: dict[str, frozenset[str]] = {}
    found: dict[str, Refolded] = {}

    def narrow(given: Input) -> Input:
        for record in records:
            if as_at and as_at < record.issued_on:
                raise BadInput(
                    f"{record.reference} was issued after --as-at {as_at}: give the day on which its run ended."
                )
            theirs[record.upn] = schools_of(record.upn, given.files, given.directory)
            if not theirs[record.upn]:
                raise BadInput(
                    f"No file of {input_} mentions the pupil of {record.reference}: give the INPUT it was made from."
                )
        urns = frozenset[str]().union(*theirs.values())
        files = tuple(
            file if as_at else dataclasses.replace(file, received_at=file.uncut_received_at)
            for file in given.files
            if file.urn in urns
        )
        last = as_at or max(file.day for file in files)
        return dataclasses.replace(given, files=files, decisions=(), bad_decisions=(), as_at=last)

    def look(doors: Doors, given: Input) -> None:
        for record in records:
            schools = {(file.la, file.urn) for file in given.files if file.urn in theirs[record.upn]}
            found[record.reference] = _refolded(doors.registers, Schools(doors.published), record, schools)

    with tempfile.TemporaryDirectory() as output:
        replay(input_, Path(output), as_at=as_at, narrow=narrow, then=look)
    return found


def of_deployed(record: Recorded, prefix: str) -> Refolded:
    """Read the parts of a deployed system: of the notice's school, those that it goes on from, and others of the pupil."""
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    registers = Registers(Bucket(s3, f"{prefix}-parts"), Bucket(s3, f"{prefix}-registers"))
    history = Cases(dynamodb, f"{prefix}-cases", f"{prefix}-history").history(record.case.split("-")[0])
    others = {(each.la, each.urn) for each in history.carried}
    return _refolded(registers, Schools(Published(dynamodb, f"{prefix}-published")), record, others)


def _refolded(registers: Registers, schools: Schools, record: Recorded, others: Iterable[School]) -> Refolded:
    """Fold again what a notice was decided on, and once more with all that came since."""
    own_line = {record.school, *schools.listed(record.urn).before(*record.school)}
    by_then = {
        school: [name for names in registers.received(*school, record.known_at).values() for name in names]
        for school in sorted(own_line | set(others))
    }
    read = schools_read(by_then, record)
    parts = [name for school in read for name in by_then[school]]
    try:
        then, now = (
            {school: registers.as_known(*school, moment).bodies for school in read} for moment in (record.known_at, NOW)
        )
    except (Damaged, duckdb.Error):  # a part that is no Parquet any more
        return Refolded(parts, None, ())
    as_one = [school for school in read if school in own_line]
    lines = [
        Line(*(entries_of([body for school in line for body in known[school]], record.upn) for known in (then, now)))
        for line in (as_one, *([school] for school in read if school not in own_line))
    ]
    listed = [(each.date.isoformat(), each.session) for each in record.sessions]
    return Refolded(parts, evidence([body for bodies in then.values() for body in bodies], record.upn, listed), lines)
