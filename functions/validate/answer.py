"""Check an upload, keep what is good of it, and answer the school (design 4.1, 4.2).

The order is receipt, parts, report, each written once: a crash between any two is finished by the next delivery, and the same
bytes sent again change nothing.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

from attendance.checking import CheckedFile, Place, check_file
from attendance.context import Known
from attendance.findings import SEVERITIES, Taken, finding
from attendance.law import academic_year
from attendance.parts import ROLL
from attendance.register import named, part_name
from attendance.rules import RULES
from attendance.text import LONDON, london_day, pretty_json
from attendance.unpacking import LONGEST_NAME
from aws.buckets import Bucket, Stored
from aws.keys import school_prefix, year_prefix
from aws.observability import counted, logger
from aws.registers import Registers
from aws.schools import Listed, Schools


@dataclass(frozen=True)
class Sent:
    """One upload as it lies in the bucket."""

    la: str
    urn: str
    upload_id: str
    version: str
    stored: Stored
    path: Path

    @property
    def name(self) -> str:
        """The file's own name, which the sender gave as metadata (percent-encoded: S3 takes ASCII); else the upload's id."""
        return unquote(self.stored.metadata.get("name", "")) or self.upload_id

    def time(self, key: str) -> datetime | None:
        """A time that the upload's metadata gives, if it gives one; without an offset it is London's."""
        text = self.stored.metadata.get(key)
        if not text:
            return None
        given = datetime.fromisoformat(text)
        return given if given.tzinfo else given.replace(tzinfo=LONDON)


@dataclass(frozen=True)
class Validate:
    """The stage's doors and what it does with them."""

    uploads: Bucket
    receipts: Bucket
    parts: Bucket
    reports: Bucket
    registers: Registers
    schools: Schools

    def answer(self, key: str, version: str) -> None:
        """Check the upload, keep its good rows as parts, write the report: S3's own event says that it is there."""
        la, urn, upload_id = key.split("/", 2)
        stored = self.uploads.get(key, version)
        if stored is None:
            raise RuntimeError("the upload named is not there")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "upload")
            path.write_bytes(stored.body)
            sent = Sent(la, urn, upload_id, version, stored, path)
            listed = self.schools.listed(urn)
            files = [self._receive(sent, listed, checked) for checked in self._check(sent, listed)]
        report = {
            "upload": hashlib.sha256(stored.body).hexdigest(),
            "la": la,
            "urn": urn,
            "received_at": stored.received_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "rules": RULES,
            "files": [file.model_dump(mode="json") for file in files],
        }
        said = {"name": quote(sent.name[:LONGEST_NAME]), "taken": taken_of(files)}
        self.reports.put_once_packed(f"{key}.json", pretty_json(report).encode(), "application/json", said)
        if refused := sum(file.refused for file in files):
            counted("FilesRefused", refused, "files were refused", la=la, urn=urn, upload=upload_id)
        totals = {severity: sum(file.totals[severity] for file in files) for severity in SEVERITIES}
        logger.info("answered", rows=sum(f.rows for f in files), accepted=sum(f.accepted for f in files), totals=totals)

    def _check(self, sent: Sent, listed: Listed) -> list[CheckedFile]:
        """Check an upload beside the register of this academic year; if it speaks of another too, once more beside all of them."""
        year = academic_year(london_day(sent.stored.received_at))
        record = self.registers.read_year(sent.la, sent.urn, year)
        if record:
            checked = check_sent(sent, listed, Known.of(record.roll, record.bodies))
            if {name for file in checked for name in file.parts} <= {ROLL, str(year)}:
                return checked
        record = self.registers.read(sent.la, sent.urn)
        return check_sent(sent, listed, Known.of(record.roll, record.bodies))

    def _receive(self, sent: Sent, listed: Listed, checked: CheckedFile) -> CheckedFile:
        """Keep a file's receipt and parts; what is answered if these bytes were received before."""
        if checked.refused:
            return checked  # no receipt: sent again it is checked again
        extracted_at = sent.time("extracted-at")
        receipt = {
            "upload_id": sent.upload_id,
            "version": sent.version,
            "received_at": sent.stored.received_at.isoformat(),
            "extracted_at": extracted_at.isoformat() if extracted_at else None,
            "kind": checked.kind,
        }
        key = f"{sent.la}/{sent.urn}/{checked.upload}"
        if self.receipts.put_once(key, pretty_json(receipt).encode(), "application/json"):
            self._store(sent, checked, sent.stored.received_at)
            return checked
        found = self.receipts.get(key)
        if found is None:
            raise RuntimeError("a receipt is there and cannot be read")
        first = json.loads(found.body)
        received_at = datetime.fromisoformat(first["received_at"])
        # Ours, delivered again; or a copy that was received later happened to be processed first.
        if first["version"] == sent.version or sent.stored.received_at < received_at:
            self._store(sent, checked, sent.stored.received_at)
            return checked
        extracted = datetime.fromisoformat(first["extracted_at"]) if first["extracted_at"] else None
        record = self.registers.read(sent.la, sent.urn)
        by_then = check_sent(sent, listed, Known.of(record.roll, record.bodies), received_at, extracted)
        again = next(file for file in by_then if file.upload == checked.upload)
        if self._store(sent, again, received_at):
            return again  # its first delivery ended between receipt and parts: finished, not answered
        folded = any(named(part)[1] == again.upload for part in record.parts)
        return already_received(again, folded=folded)

    def _store(self, sent: Sent, checked: CheckedFile, received_at: datetime) -> bool:
        """Write the parts; whether any was missing."""
        missing = False
        for name, body in checked.parts.items():
            file = part_name(checked.upload, received_at)
            if name == ROLL:
                key = f"{school_prefix(sent.la, sent.urn)}roll/{file.removesuffix('.parquet')}.{checked.kind}.parquet"
            else:
                key = f"{year_prefix(sent.la, sent.urn, name)}{file}"
            missing |= self.parts.put_once(key, body)
        return missing


def taken_of(files: Sequence[CheckedFile]) -> Taken:
    """How much was taken of an upload; of one that was received before, what was taken then."""
    if all(file.accepted == file.rows and not file.refused for file in files):
        return "whole"
    return "in_part" if any(file.accepted for file in files) else "nothing"


def check_sent(
    sent: Sent,
    listed: Listed,
    known: Known | None,
    received_at: datetime | None = None,
    extracted_at: datetime | None = None,
) -> list[CheckedFile]:
    """Check an upload by the rules of today; the times are its own where none are given, `known` as in `check_file`."""
    return check_file(
        sent.path,
        sent.name,
        place=Place(sent.la, sent.urn, listed.school, listed.directory_known),
        received_at=received_at or sent.stored.received_at,
        uncut_received_at=sent.time("uncut-received-at"),
        extracted_at=extracted_at or sent.time("extracted-at"),
        known=known,
        now_day=london_day(sent.stored.received_at),
    )


def already_received(checked: CheckedFile, *, folded: bool) -> CheckedFile:
    """The answer to bytes received before: how many of its rows are no longer in force (if they were merged already)."""
    detail = "Nothing needs to be done."
    if checked.unchanged is not None and folded:
        detail = f"{checked.accepted - checked.unchanged} of its rows are no longer in force."
    said = finding("ALREADY_RECEIVED", detail=detail)
    totals = {severity: int(severity == said.severity) for severity in SEVERITIES}
    return checked.model_copy(
        update={
            "findings": (said,),
            "counts": {said.code: 1},
            "totals": totals,
            "findings_left_out": 0,
            "amended": 0 if checked.amended is not None else None,
            "parts": {},
        }
    )
