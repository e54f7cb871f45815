"""Whether what is stored adds up: every row answered, every entry kept, every document reserved and every reservation written.

It reads the stores as they lie, through the doors, and changes nothing. What it names holds no personal data: keys, pupil ids,
references. What is still under way (a message in a queue, a decision of the last minutes) is out of balance and comes right.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3
import duckdb

from attendance.cases import Case, Notice
from attendance.due import COLUMNS, EARLY_LETTER
from attendance.entries import CONTENT
from attendance.identifiers import pupil_id
from attendance.register import named
from attendance.told import SUPPORT_PACK
from aws.buckets import Bucket
from aws.cases import Cases, Reserved, ReturnItem, Step
from aws.published import Published
from aws.registers import Registers
from aws.schools import Schools
from aws.secret import pupil_secret
from local.erasing import AUTHORITY, FOLDER

if TYPE_CHECKING:
    from local.run import Doors

_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Balance:
    """One thing that must add up: how many were looked at, and those that are left over."""

    name: str
    of: int
    left: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reconciled:
    """Every balance; `zero` if nothing is left over anywhere."""

    balances: tuple[Balance, ...]

    @property
    def zero(self) -> bool:
        """Whether all adds up."""
        return not any(balance.left for balance in self.balances)

    @property
    def left(self) -> tuple[str, ...]:
        """What is left over, each with the balance it is missing in."""
        return tuple(f"{balance.name}: {each}" for balance in self.balances for each in balance.left)


@dataclass(frozen=True)
class Stores:
    """The stores of one deployment."""

    uploads: Bucket
    receipts: Bucket
    reports: Bucket
    positions: Bucket
    registers: Registers
    schools: Schools
    documents: Mapping[str, Bucket]
    """The bucket of each authority."""
    cases: Cases
    secret: bytes

    @classmethod
    def of(cls, doors: Doors) -> Stores:
        """Those of a raised world."""
        world = doors.world
        every = {name: Bucket(world.s3, full) for name, full in world.names.items()}
        documents = {
            name.removeprefix("authority-"): bucket for name, bucket in every.items() if name.startswith("authority-")
        }
        return cls(
            every["uploads"], every["receipts"], doors.reports, doors.positions, doors.registers,
            Schools(doors.published), documents, doors.cases, doors.secret,
        )  # fmt: skip

    @classmethod
    def of_deployed(cls, prefix: str) -> Stores:
        """Those of a deployed system, as read with the credentials of whoever asks."""
        s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")

        def bucket(name: str) -> Bucket:
            return Bucket(s3, f"{prefix}-{name}")

        begin = f"{prefix}-authority-"
        pages = s3.get_paginator("list_buckets").paginate(Prefix=begin)
        documents = {
            each["Name"].removeprefix(begin): Bucket(s3, each["Name"]) for page in pages for each in page["Buckets"]
        }
        return cls(
            bucket("uploads"), bucket("receipts"), bucket("reports"), bucket("positions"),
            Registers(bucket("parts"), bucket("registers")), Schools(Published(dynamodb, f"{prefix}-published")), documents,
            Cases(dynamodb, f"{prefix}-cases", f"{prefix}-history"),
            pupil_secret(boto3.client("secretsmanager"), f"{prefix}-pupil-secret"),
        )  # fmt: skip

    @cached_property
    def of_school(self) -> tuple[tuple[str, str], ...]:
        """The (la, urn) of every school that sent something."""
        keys = (key.split("/", 2) for key in self.registers.parts.keys(""))
        return tuple(sorted({(la.removeprefix("la="), urn.removeprefix("urn=")) for la, urn, _ in keys}))

    @staticmethod
    def read(bucket: Bucket, key: str) -> bytes:
        """An object that was listed; RuntimeError if it went meanwhile."""
        if (stored := bucket.get(key)) is None:
            raise RuntimeError(f"{key} was listed and is gone: look again")
        return stored.body

    def scan(self, table: str) -> Iterator[Mapping[str, Any]]:
        """Every item of a table."""
        for page in self.cases.dynamodb.get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]


def reconcile(stores: Stores, today: date) -> Reconciled:
    """Every balance of the stores, as at a day."""
    items = list(stores.scan(stores.cases.cases_table))
    return Reconciled(
        (
            *_rows(stores),
            _parts(stores),
            *_folds(stores),
            _met(stores),
            *_steps(stores, items),
            *_documents(stores, items),
            _histories(stores, items),
            *_returns(stores, items, today),
        )
    )


# ------------------------------------------------------------------ files


def _rows(stores: Stores) -> Iterator[Balance]:
    """Every upload has its report, and every row its place in it; one report in hand at a time."""
    uploads = rows = 0
    unanswered, wrong = [], []
    for key in stores.uploads.keys(""):
        uploads += 1
        report = stores.reports.get(f"{key}.json")
        if report is None:
            unanswered.append(key)
            continue
        for n, file in enumerate(json.loads(report.body)["files"]):
            rows += file["rows"]
            if not rows_balance(file):
                wrong.append(f"{key} {n}")
    yield Balance("uploads answered", uploads, tuple(unanswered))
    yield Balance("rows accepted, in error or refused", rows, tuple(wrong))


def rows_balance(file: Mapping[str, Any]) -> bool:
    """Whether every row of a file that was answered is accepted, in error, or in a file refused."""
    if file["totals"]["refused"]:
        return not file["accepted"]
    if "ALREADY_RECEIVED" in file["counts"]:  # its errors were listed when it first came
        return bool(file["accepted"] <= file["rows"])
    wrong = {each["row"] for each in file["findings"] if each["severity"] == "error"}
    return bool(file["findings_left_out"]) or file["rows"] == file["accepted"] + len(wrong)


def _parts(stores: Stores) -> Balance:
    """Each receipt has its part, and each part its receipt; a file of which no row was good has neither rows nor a part."""
    receipts = {(la, urn, sha256) for la, urn, sha256 in (key.split("/") for key in stores.receipts.keys(""))}
    parts = {
        (la.removeprefix("la="), urn.removeprefix("urn="), named(rest)[1])
        for la, urn, rest in (key.split("/", 2) for key in stores.registers.parts.keys(""))
    }
    left = parts - receipts
    empty: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
    for la, urn, sha256 in receipts - parts:
        receipt = json.loads(stores.read(stores.receipts, f"{la}/{urn}/{sha256}"))
        empty.setdefault((f"{la}/{urn}/{receipt['upload_id']}", receipt["kind"]), set()).add((la, urn, sha256))
    for (upload, kind), places in empty.items():
        report = stores.reports.get(f"{upload}.json")
        files = json.loads(report.body)["files"] if report else []
        if len(places) > sum(file["kind"] == kind and not file["accepted"] for file in files):
            left |= places
    return Balance("receipts and their parts", len(receipts), tuple(sorted("/".join(each) for each in left)))


def _folds(stores: Stores) -> Iterator[Balance]:
    """Each snapshot is the fold of its parts, byte for byte, and holds every entry of theirs."""
    other, lost = [], []
    for la, urn in stores.of_school:
        snapshots, folded = stores.registers.read(la, urn), stores.registers.as_known(la, urn, _ALWAYS)
        years = snapshots.registers.keys() | folded.registers.keys()
        other += [f"{la}/{urn}/{year}" for year in years if snapshots.registers.get(year) != folded.registers.get(year)]
        keys = list(stores.registers.parts.keys(f"la={la}/urn={urn}/year="))
        parts = [part.body for key in keys if (part := stores.registers.parts.get(key))]
        if n := entries_lost(parts, list(snapshots.registers.values())):
            lost.append(f"{la}/{urn}: {n}")
    yield Balance("registers that are the fold of their parts", len(stores.of_school), tuple(sorted(other)))
    yield Balance("accepted entries in a register", len(stores.of_school), tuple(lost))


def entries_lost(parts: Sequence[bytes], registers: Sequence[bytes]) -> int:
    """How many entries of the parts are in none of the registers."""
    if not parts:
        return 0
    if not registers:
        return len(parts)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": "1"}) as con:
        for name, bodies in (("part", parts), ("register", registers)):
            for n, body in enumerate(bodies):
                Path(folder, f"{name}-{n}.parquet").write_bytes(body)
        lost = con.execute(
            f"""SELECT count(*) FROM (SELECT {CONTENT} FROM read_parquet('{folder}/part-*.parquet')
                EXCEPT SELECT {CONTENT} FROM read_parquet('{folder}/register-*.parquet'))"""
        ).fetchone()
    return int(lost[0]) if lost else 0


# ------------------------------------------------------------------ cases


def _met(stores: Stores) -> Balance:
    """Every threshold met in the framework is considered by a case that did not lapse, in the authority of the school."""
    met, left = 0, []
    for la, urn in stores.of_school:
        keys = sorted(stores.positions.keys(f"la={la}/urn={urn}/"))
        stored = stores.positions.get(keys[-1]) if keys else None
        if stored is None or not stores.schools.listed(urn).in_framework:
            continue
        for position in json.loads(stored.body)["pupils"]:
            if position["met"]:
                met += 1
                pupil = pupil_id(position["upn"], stores.secret)
                if not any(
                    _considers(case, position)
                    for of in stores.documents
                    for case in stores.cases.of_pupil(of, pupil).cases
                ):
                    left.append(f"{la}/{urn}/{pupil}")
    return Balance("thresholds met with a case", met, tuple(left))


def _considers(case: Case, position: Mapping[str, Any]) -> bool:
    """Whether a case is about this threshold; one amended after its notice is kept, and says so."""
    if case.state not in {"gathering", "settled"}:
        return False
    at = {(each.date.isoformat(), each.session) for each in case.considered}
    return (position["met_at"]["date"], position["met_at"]["session"]) in at or case.amended_after_issue


def _steps(stores: Stores, items: Sequence[Mapping[str, Any]]) -> Iterator[Balance]:
    """Every decision has its outcome and its record beside the documents, and what a step says it made is there."""
    steps = [
        (item["pk"]["S"], Step.model_validate_json(item["body"]["S"]))
        for item in items
        if item["sk"]["S"].startswith("STEP#")
    ]
    open_ = tuple(f"{pk} {step.decision.id}" for pk, step in steps if step.outcome is None)
    yield Balance("decisions with an outcome", len(steps), open_)
    recorded = {(step.decision.la, step.decision.id) for _, step in steps if step.outcome}
    written = {
        (la, key.removeprefix("decisions/").removesuffix(".json"))
        for la, bucket in stores.documents.items()
        for key in bucket.keys("decisions/")
    }
    known = {(step.decision.la, step.decision.id) for _, step in steps}
    without = sorted("/".join(each) for each in (recorded - written) | (written - known))
    yield Balance("decisions and their records", len(written), tuple(without))
    there = {(item["pk"]["S"], item["sk"]["S"]) for item in items}
    left = []
    for pk, step in steps:
        keys = stores.documents[step.decision.la]
        if step.reference and (pk, f"NOTICE#{step.reference}") not in there:
            left.append(f"{pk} {step.decision.id}: no reservation {step.reference}")
        if step.outcome != "done":
            continue
        if step.withdrawn and keys.get(f"withdrawals/{step.withdrawn.reference}.json") is None:
            left.append(f"{pk} {step.decision.id}: no record of the withdrawal of {step.withdrawn.reference}")
        if step.prepared and keys.get(f"papers/{step.prepared.kind}-{step.decision.id}.json") is None:
            left.append(f"{pk} {step.decision.id}: no {step.prepared.kind}")
    yield Balance("steps with what they made", len(steps), tuple(left))


def _documents(stores: Stores, items: Sequence[Mapping[str, Any]]) -> Iterator[Balance]:
    """Every document has its reservation and its record, every reservation that was not freed its document.

    A document is out when its record lies beside it: a PDF alone, whose reservation expired before the record was written, is not.
    """
    reserved = {
        (item["la"]["S"], item["sk"]["S"].removeprefix("NOTICE#")): (
            Reserved.model_validate_json(item["body"]["S"]), Notice.model_validate_json(item["standing"]["S"])
        )
        for item in items
        if item["sk"]["S"].startswith("NOTICE#") and item["body"]["S"] != "{}"
    }  # fmt: skip
    written: dict[tuple[str, str], set[str]] = {}
    torn = []
    for la, bucket in stores.documents.items():
        keys = set(bucket.keys(""))
        for key in keys:
            if key.startswith("notices/"):
                name, _, ending = key.removeprefix("notices/").partition(".")
                written.setdefault((la, name), set()).add(ending)
            if key.endswith(".json") and (record := bucket.get(key)) and (pdf := bucket.get(f"{key[:-5]}.pdf")):
                said = json.loads(record.body)
                if said.get("pdf_sha256") != hashlib.sha256(pdf.body).hexdigest():
                    torn.append(f"{la}/{key}")
                schedule = bucket.get(f"schedules/{key[:-5].rpartition('/')[2]}.pdf")
                if said.get("schedule_sha256") != (schedule and hashlib.sha256(schedule.body).hexdigest()):
                    torn.append(f"{la}/{key}: schedule")
    yield Balance("documents that are those of their record", len(written), tuple(sorted(torn)))
    unknown = written.keys() - reserved.keys()
    out = {
        place
        for place, (item, notice) in reserved.items()
        if item.written and notice.standing in {"stands", "withdrawn"}
    }
    half = [
        place
        for place, (_, notice) in reserved.items()
        if place not in out and (notice.standing != "expired" or "json" in written.get(place, ()))
    ]
    missing = [place for place in out if written.get(place) != {"pdf", "json"}]
    left = sorted("/".join(place) for place in {*unknown, *half, *missing})
    yield Balance("documents and their reservations", len(reserved), tuple(left))


def _histories(stores: Stores, items: Sequence[Mapping[str, Any]]) -> Balance:
    """What the history across authorities says of a notice is what its authority says of it, but for the version."""
    own = {
        (item["pk"]["S"].partition("#")[2], item["sk"]["S"]): Notice.model_validate_json(item["standing"]["S"])
        for item in items
        if item["sk"]["S"].startswith("NOTICE#")
    }
    told = {
        (item["pk"]["S"], item["sk"]["S"]): Notice.model_validate_json(item["body"]["S"])
        for item in stores.scan(stores.cases.history_table)
        if item["sk"]["S"].startswith("NOTICE#")
    }
    left = [
        place for place in own.keys() | told.keys()
        if place not in own or place not in told
        or own[place].model_copy(update={"version": 0}) != told[place].model_copy(update={"version": 0})
    ]  # fmt: skip
    return Balance("notices and the history", len(own), tuple(sorted(" ".join(place) for place in left)))


def _returns(stores: Stores, items: Sequence[Mapping[str, Any]], today: date) -> Iterator[Balance]:
    """Every return and row of a list due by today is in its file, and every file named is there."""
    every = [
        (item["pk"]["S"].partition("#")[0], item["sk"]["S"], ReturnItem.model_validate_json(item["body"]["S"]))
        for item in items
        if item["sk"]["S"].startswith("RETURN#")
    ]
    due = [(la, sk, item) for la, sk, item in every if not item.lapsed and item.write_on <= today]
    yield Balance(
        "returns due with a file",
        len(due),
        tuple(sorted(f"{la} {_unnamed(sk)}" for la, sk, item in due if not item.written)),
    )
    named_ = {place for la, _, item in every if item.file for place in _places(la, item)}
    there = {(la, key) for la, bucket in stores.documents.items() for key in bucket.keys("") if _of_a_list(key)}
    there |= {("reports", key) for key in stores.reports.keys("") if "/letters/" in key}
    named_ -= _erased(stores) - there  # a pack that named an erased child among others is gone, its row is not
    left = sorted("/".join(place) for place in named_ ^ there)
    yield Balance("files of returns and their rows", len(named_), tuple(left))


def _erased(stores: Stores) -> set[tuple[str, str]]:
    """What erasures took away: the bucket, the key."""
    return {
        (la if each["bucket"] == AUTHORITY else each["bucket"], each["key"])
        for la, bucket in stores.documents.items()
        for key in bucket.keys(f"{FOLDER}/")
        if key.endswith("/done.json")
        for each in json.loads(stores.read(bucket, key))["objects"]
        if each["what"] == "deleted"
    }


def _places(la: str, item: ReturnItem) -> Iterator[tuple[str, str]]:
    """Where the file lies that a return or row of a list is in, and what was written with it: the bucket, the key."""
    due, file = item.due, str(item.file)
    if due.kind == EARLY_LETTER:
        folder = f"{la}/{due.urn}/letters"
        yield "reports", f"{folder}/{file}"
        if due.row["letter"]:
            yield "reports", f"{folder}/{due.row['letter']}"
        return
    yield la, f"{'returns' if due.kind in COLUMNS else 'told'}/{file}"
    if due.kind == SUPPORT_PACK:
        yield la, f"packs/{file.removesuffix('.csv')}.pdf"


def _of_a_list(key: str) -> bool:
    """Whether a key is of a file that rows name; the cover of a return, without which it goes too, is not."""
    return key.endswith(".csv") or key.startswith("packs/")


def _unnamed(sk: str) -> str:
    return "#".join(sk.split("#")[:3])
