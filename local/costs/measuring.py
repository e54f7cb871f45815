"""What one made-up school makes the real functions do: calls, units, bytes and processor time of each thing that happens.

The system is raised on this machine and a school of some size sends its roll and half a year of marks; then, for some days, its
daily file by the API, and each evening the schedule fires. In what time AWS answers is not measured: time in calls is taken out.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import count
from math import ceil
from statistics import mean, median
from time import process_time
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3

from attendance.events import DecisionMade
from attendance.facts import Decision
from attendance.identifiers import pupil_id
from attendance.text import LONDON
from local.deployer import Stack
from local.door import Door, people_of
from local.functions import Function
from local.loading import published
from local.madeup import terms
from local.madeup.authority_day import LA, school_days
from local.madeup.marks import draw
from local.madeup.rows import columns_of, csv_of, dice, taken
from local.node import ensure_assets
from local.publish import publish
from local.run import SCHEDULED_AT, Doors
from local.synth import LOCAL_PREFIX
from local.world import World, raise_world

SIZES: Final = (100, 700)
"""Pupils of the two schools measured: what lies between is on the line through both."""
HALF_A_YEAR: Final = 95
DAYS: Final = 5
"""School days that were sent before, and days of which each is measured; the first of them warms the processes and is left out."""
EVENTS: Final = ("daily_file", "evening", "roll_file", "notice")
_VENDOR: Final = "made-up-vendor"
_STORES: Final = ("uploads", "receipts", "parts", "reports", "registers", "positions")
_READS: Final = frozenset({"Query", "GetItem", "BatchGetItem"})
OF_SCHOOL: Final = "school_index_units"
"""Units of reading the index of a school: what it holds, and so what is read, grows by a year's rows (`bill.of_schools`)."""
_INDEXES: Final = {"due_on": False, "school": True, "opened_on": False, "prosecute_by": False}
"""The attribute by which an item is in an index of the table of cases, and whether it is there whole."""

type Usage = dict[str, float]
"""How much of what, by name: `thresholds s3_get`, `api invocations`, `bytes parts`."""


@dataclass
class _Watched:
    """What was used since it was last asked."""

    used: Counter[str] = field(default_factory=Counter)
    in_calls: float = 0.0
    function: str = ""

    def add(self, what: str, n: float = 1) -> None:
        self.used[f"{self.function} {what}"] += n  # type: ignore[assignment]  # a Counter adds up numbers of any kind

    def taken(self) -> Usage:
        found: Usage = {**self.used}
        self.used = Counter()
        return found


def measure(pupils: int) -> dict[str, Usage]:
    """What each event of a school of that many pupils uses, on average; and what the school keeps in store (`kept`)."""
    ensure_assets()
    with _watching() as watched, raise_world((LA,)) as world, _listening(watched):
        return _Measured(world, watched, pupils).events()


def deployed() -> dict[str, Any]:
    """What the templates say that costs money or sets a pace: memory, concurrency, alarms, and the rest that is counted."""
    with raise_world((LA,)) as world:
        stacks = world.stacks
        mappings = [each.properties for each in _every(stacks, "AWS::Lambda::EventSourceMapping")]
        functions = {
            _short(each.properties["FunctionName"]): {
                "memory_mb": each.properties["MemorySize"],
                "scratch_mb": each.properties["EphemeralStorage"]["Size"],
            }
            for each in _every(stacks, "AWS::Lambda::Function")
        }
        for mapping in mappings:
            functions[_short(mapping["FunctionName"])] |= {
                "concurrency": mapping["ScalingConfig"]["MaximumConcurrency"],
                "batch": mapping["BatchSize"],
            }
        [stage] = _every(stacks, "AWS::ApiGatewayV2::Stage")
        return {
            "functions": functions,
            "alarms": len(_every(stacks, "AWS::CloudWatch::Alarm")),
            "keys": len(_every(stacks, "AWS::KMS::Key")),
            "secrets": len(_every(stacks, "AWS::SecretsManager::Secret")),
            "polled_queues": len(mappings),
            "api_per_second": stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"],
        }


def _every(stacks: Any, kind: str) -> list[Any]:
    found: list[Any] = [resource for stack in stacks for resource in Stack.of_type(stack, kind)]
    return found


def _short(name: str) -> str:
    return name.removeprefix(f"{LOCAL_PREFIX}-")


class _Measured:
    def __init__(self, world: World, watched: _Watched, pupils: int) -> None:
        self.world, self.watched = world, watched
        self.doors = Doors.of(world)
        publish(self.doors.settings, published(1))
        [self.school] = school_days(1, pupils)
        self.la, self.urn = LA, self.school.school.urn
        self.at(terms.school_days()[0], time(8))
        self.door = Door(world, "http://127.0.0.1", people_of(world, {self.urn: LA}), throttled=False)
        self.days = terms.school_days()[: HALF_A_YEAR + DAYS]
        self.marks = {
            pupil.upn: draw(dice(LA, self.urn, n, "year"), self.school.school.kind.phase, self.days)
            for n, pupil in enumerate(self.school.pupils)
        }
        self.numbers = count(1)

    def at(self, day: date, hour: time) -> None:
        self.world.at(datetime.combine(day, hour, LONDON))

    def events(self) -> dict[str, Usage]:
        found: dict[str, list[Usage]] = {name: [] for name in EVENTS}
        self.at(self.days[0], time(8))
        self.send(self.school.roll().body, "roll.zip")
        self.at(self.days[HALF_A_YEAR - 1], time(16))
        self.send(self.file(self.days[:HALF_A_YEAR]), "half.csv")
        self.evening(self.days[HALF_A_YEAR - 1])
        for day in self.days[HALF_A_YEAR:]:
            self.at(day, time(9, 30))
            found["daily_file"].append(self.used(lambda day=day: self.send(self.file([day]), "day.csv")))
            found["evening"].append(self.used(lambda day=day: self.evening(day)))
        self.at(self.days[-1], time(20))
        found["roll_file"].append(self.used(lambda: self.send(self.roll_again(), "roll.csv")))
        for _ in range(2):  # the first warms the typesetter
            found["notice"].append(self.used(self.notice))
        return {name: _mean(each[1:] or each) for name, each in found.items()} | {"kept": self.kept()}

    def used(self, happens: Any) -> Usage:
        """What is used while something happens, and by how much each store grows (replaced objects: what they are now)."""
        self.watched.taken()
        before, lines = self.sizes(), len(self.world.log)
        happens()
        assert not self.world.dead_letters()  # noqa: S101 - a measurement of failures would be none
        used = self.watched.taken()
        used["logs bytes"] = sum(
            len(line.encode()) + 26 for line in self.world.log[lines:]
        )  # 26: as CloudWatch counts an event
        after = self.sizes()
        for store in (*_STORES, "documents"):
            used[f"bytes {store}"] = after[store] - before[store]
        return used

    def sizes(self) -> Counter[str]:
        """Bytes of all versions in each bucket, as they are paid for."""
        found: Counter[str] = Counter()
        for store, bucket in (*((each, each) for each in _STORES), ("documents", f"authority-{LA}")):
            pages = self.world.s3.get_paginator("list_object_versions").paginate(Bucket=self.world.names[bucket])
            found[store] = sum(each["Size"] for page in pages for each in page.get("Versions", ()))
        return found

    def kept(self) -> Usage:
        """The snapshots as they stand after half a year, and the items of the tables."""
        found: Usage = {}
        for store in ("registers", "positions"):
            page = self.world.s3.list_objects_v2(Bucket=self.world.names[store])
            found[f"bytes {store}"] = sum(each["Size"] for each in page["Contents"])
        tables = (self.doors.cases.cases_table, self.doors.cases.history_table)
        items = [item for name in tables for item in self.world.dynamodb.scan(TableName=name)["Items"]]
        found["bytes items"] = sum(_size(item) * (2 if "school" in item else 1) + 100 for item in items)
        found["items"] = len(items)
        return found

    def file(self, days: Any) -> bytes:
        rows = [row for day in days for pupil in self.school.pupils for row in taken(pupil, self.marks[pupil.upn], day)]
        return csv_of(rows, columns_of("attendance", rows)).encode()

    def roll_again(self) -> bytes:
        rows = [pupil.row for pupil in self.school.pupils]
        return csv_of(rows[1:] + rows[:1], columns_of("pupils", rows)).encode()

    def evening(self, day: date) -> None:
        self.at(day, SCHEDULED_AT)
        self.world.day_passed()
        self.world.drain()

    def send(self, body: bytes, name: str) -> None:
        """As a vendor's program does (docs/integrating.md): pack the file, ask for a link, put it, ask until it is answered."""
        body = body if name.endswith(".zip") else gzip.compress(body, mtime=0)
        digest = hashlib.sha256(body).hexdigest()
        asked = {"la": self.la, "urn": self.urn, "name": name, "bytes": len(body), "sha256": digest}
        created = self.ask("POST", "/v1/uploads", json.dumps(asked).encode())
        link = urlsplit(created["put"]["url"])
        answered = self.door.answer("PUT", f"{link.path}?{link.query}", created["put"]["headers"], body)
        if answered.status != 200:
            raise RuntimeError(f"the upload was answered {answered.status}")
        self.watched.function = "vendor"
        self.watched.add("s3_put")
        self.watched.add("data_events")
        seen = self.ask("GET", created["status_url"])
        self.ask("GET", seen["report_url"])

    def ask(self, method: str, path: str, body: bytes = b"") -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.door.issuer.token(_VENDOR)}", "content-type": "application/json"}
        if method == "POST":
            headers["idempotency-key"] = f"measured-{next(self.numbers)}"
        answered = self.door.answer(method, path, headers, body)
        if answered.status >= 300:
            raise RuntimeError(f"{method} {path} was answered {answered.status}")
        self.watched.function = "gateway"
        self.watched.add("requests")
        self.watched.add("bytes_out", len(answered.body))
        found: dict[str, Any] = answered.json()
        return found

    def notice(self) -> None:
        """An officer authorises a penalty notice for the first case that lets them."""
        day = self.days[-1]
        gathering = [seen.case for seen in self.doors.cases.cases_at(LA, self.urn) if seen.case.state == "gathering"]
        for case in gathering:
            n = next(self.numbers)
            parent = next(
                (p["parent_id"] for pupil in self.school.pupils if pupil.upn == case.upn for p in pupil.parents), None
            )
            decision = Decision(
                id=hashlib.sha256(f"measured {n}".encode()).hexdigest()[:24], row=n, on=day, la=LA, urn=self.urn,
                upn=case.upn, parent_id=parent, action="authorise_penalty_notice", by="a1",
                ground="support_not_appropriate", reason="a holiday in term time for which leave was refused",
            )  # fmt: skip
            name = pupil_id(case.upn, self.doors.secret)
            self.doors.cases.decide(name, decision)
            self.watched.taken()
            self.doors.to_notices.send(
                DecisionMade(la=LA, pupil=name, decision=decision.id, correlation_id="m"), told="m"
            )
            self.world.drain()
            step = self.doors.cases.step(LA, name, decision.id)
            if step and step.outcome == "done":
                return
        raise RuntimeError(f"none of {len(gathering)} cases let a notice be issued: nothing to measure")


def _mean(every: list[Usage]) -> Usage:
    names = sorted({name for each in every for name in each})
    found = {}
    for name in names:
        values = [each.get(name, 0) for each in every]
        found[name] = round(
            (median if name.endswith(" own_ms") else mean)(values), 3
        )  # a neighbour's burst is not ours
    return found


@contextmanager
def _watching() -> Iterator[_Watched]:
    """While it lasts, each call of a function is counted with the processor time that is its own."""
    watched, call = _Watched(), Function.call

    def timed(function: Function, event: Mapping[str, Any]) -> Any:
        outer, watched.function = watched.function, _short(function.name)
        watched.in_calls, began = 0.0, process_time()
        try:
            return call(function, event)
        finally:
            watched.function = _short(function.name)
            watched.add("invocations")
            watched.add("messages", len(event.get("Records", ())))
            watched.add("own_ms", 1000 * (process_time() - began - watched.in_calls))
            watched.function = outer

    with patch.object(Function, "call", timed):
        yield watched


@contextmanager
def _listening(watched: _Watched) -> Iterator[None]:
    """While it lasts, every call to AWS that a function makes is counted, with its units, and its time told apart."""
    began, index = [0.0], [""]

    def before(model: Any, params: Mapping[str, Any], **_: Any) -> None:
        if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            _count(watched, model, params)
            index[0] = json.loads(params["body"]).get("IndexName", "") if model.name == "Query" else ""
            began[0] = process_time()

    def after(model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            watched.in_calls += process_time() - began[0]
            if model.name in _READS:
                units = _read_units(model.name, parsed)
                # An index is read eventually consistent, for half the price.
                watched.add(OF_SCHOOL if index[0] == "school" else "read_units", units / 2 if index[0] else units)

    events = boto3._get_default_session().events
    events.register_first("before-call", before)
    events.register_last("after-call", after)
    try:
        yield
    finally:
        events.unregister("before-call", before)
        events.unregister("after-call", after)


def _count(watched: _Watched, model: Any, params: Mapping[str, Any]) -> None:
    service = str(model.service_model.service_name)
    if service == "s3":
        watched.add(
            "s3_get" if model.name in {"GetObject", "HeadObject"} else "s3_put"
        )  # lists are priced as writes are
        watched.add("data_events")
    elif service == "dynamodb":
        watched.add("dynamodb")
        watched.add("data_events")
        watched.add("write_units", _write_units(model.name, json.loads(params["body"])))
    else:
        watched.add(service)  # sqs, events, secretsmanager, sts


def _write_units(operation: str, body: Mapping[str, Any]) -> float:
    """Units of a write: a KB each, doubled in a transaction, the indexes that the item is in beside the table.

    The size is that of its JSON, which is more than DynamoDB counts.
    """
    if operation == "TransactWriteItems":
        return sum(2 * _units_of(next(iter(each.values()))) for each in body["TransactItems"])
    return _units_of(body) if operation in {"PutItem", "UpdateItem", "DeleteItem"} else 0


def _units_of(write: Mapping[str, Any]) -> float:
    item = write.get("Item", write.get("ExpressionAttributeValues", {}))
    size = ceil(max(1, _size(item)) / 1024)
    return size + sum(size if whole else 1 for name, whole in _INDEXES.items() if name in item)


def _read_units(operation: str, parsed: Mapping[str, Any]) -> float:
    """Units of a read, as if it were consistent: 4 KB each, at least one."""
    items = parsed.get("Items") or ([parsed["Item"]] if "Item" in parsed else [])
    if operation == "BatchGetItem":
        items = [item for every in parsed["Responses"].values() for item in every]
    return max(1, ceil(sum(map(_size, items)) / 4096))


def _size(item: Mapping[str, Any]) -> int:
    return len(json.dumps(item, default=str).encode())
