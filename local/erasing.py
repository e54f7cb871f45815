"""Takes a child out of what an authority holds, because the law says so; what remains is that it was done, why, and by whom.

One person asks, another carries it out. What is to go is written down before the first of it goes (`plan-1.json`), so that whoever
is stopped begins where it stopped; when all of that is gone it is looked for once more, and what came meanwhile is a further
plan. Objects are replaced in place, under the state that was read, and only then lose their earlier versions: at no moment does
a part or register lack another child's rows.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import boto3
from pydantic import BaseModel, ConfigDict

from attendance.events import SchoolDue
from attendance.identifiers import pupil_id
from attendance.text import canonical_json, pretty_json
from aws.buckets import Bucket, Stored
from aws.clock import now
from aws.keys import register_key
from aws.messages import ThresholdsQueue
from aws.registers import Registers
from aws.secret import pupil_secret
from local.inputs import BadInput
from local.mentions import (
    Child,
    Unsearchable,
    about,
    list_without,
    mentioned,
    names_in,
    part_without,
    positions_without,
    report_without,
    sent_about,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

MARK: Final = "ERASED"
"""What the sort key of an item begins with that says what was erased."""
FOLDER: Final = "erasures"
"""Where an authority's bucket keeps what was asked, what was to go, and what is gone."""
AUTHORITY: Final = "authority"
IN_ORDER: Final = ("reports", "parts", "registers", "positions", AUTHORITY, "uploads")
"""The buckets in the order in which they are seen to: what a report says is mended while uploads and roll tell whom it is about."""
_LISTS: Final = ("returns/", "told/")
_ALWAYS: Final = datetime.max.replace(tzinfo=UTC)
_TRIES: Final = 10
_NOBODY: Final = re.compile(r"botocore-session-\d+|aws-(go-)?sdk.*|aws-?cli.*|i-[0-9a-f]{8,}|\d+|root")
"""Names of sessions that programs give themselves: behind them may be anyone."""

type Item = dict[str, Any]


class Frozen(BaseModel):
    """What is written once and read again."""

    model_config = ConfigDict(frozen=True)


class Who(Frozen):
    """Who called, as STS knows them."""

    arn: str
    user_id: str

    @property
    def person(self) -> str:
        """The person behind a call: the name of the user, or of the session of an assumed role, whatever the role.

        >>> Who(arn="arn:aws:sts::1:assumed-role/x-erasure/Alex@made-up.example", user_id="AROA:Alex").person
        'alex@made-up.example'
        >>> Who(arn="arn:aws:iam::1:user/officers/alex@made-up.example", user_id="AIDA").person
        'alex@made-up.example'
        """
        name = self.arn.rpartition("/")[2].casefold() if "/" in self.arn else "root"
        if _NOBODY.fullmatch(name):
            raise BadInput(
                f"Nobody can say who {self.arn} is. Assume the role with a session name that is yours alone: your e-mail address."
            )
        return name


class Thing(Frozen):
    """A version of an object that mentions the child."""

    bucket: str
    key: str
    version: str
    sha256: str
    what: Literal["deleted", "rewritten"]
    """`rewritten`: another stands in its place, without the child."""


class Row(Frozen):
    """An item that is about the child, or mentions them."""

    table: Literal["cases", "history"]
    pk: str
    sk: str
    sha256: str
    what: Literal["deleted", "rewritten"]


class Found(Frozen):
    """What mentions the child, and what of it another person must see to."""

    things: tuple[Thing, ...] = ()
    rows: tuple[Row, ...] = ()
    schools: tuple[str, ...] = ()
    unsearched: tuple[str, ...] = ()
    """Uploads that cannot be opened: nobody knows whom they mention."""
    left: tuple[str, ...] = ()
    """Documents about others that mention the child; items of other authorities' history."""

    @property
    def anything(self) -> bool:
        """Whether there is something to be erased."""
        return bool(self.things or self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many, by bucket and table, and by what becomes of them."""
        return dict(sorted(Counter(f"{place} {what}" for place, what in self._places()).items()))

    def _places(self) -> Iterator[tuple[str, str]]:
        yield from ((each.bucket, each.what) for each in self.things)
        yield from ((f"items of {each.table}", each.what) for each in self.rows)


class Asked(Frozen):
    """A request: written once, and the same request is the same object."""

    id: str
    la: str
    pupil: str
    reason: str
    under: str
    by: Who
    at: datetime
    counts: dict[str, int]


class Plan(Frozen):
    """What is to go, written before any of it goes."""

    by: Who
    at: datetime
    found: Found


class Done(Frozen):
    """What remains: that it was done, why, by whom, and the hashes of what is gone. No word of the child."""

    id: str
    la: str
    pupil: str
    reason: str
    under: str
    asked_by: Who
    asked_at: datetime
    approved_by: Who
    approved_at: datetime
    objects: tuple[Thing, ...]
    items: tuple[Row, ...]
    counts: dict[str, int]
    schools: tuple[str, ...]
    unsearched: tuple[str, ...]
    left: tuple[str, ...]
    done_at: datetime


@dataclass(frozen=True)
class Version:
    """A version of an object as it is listed."""

    key: str
    id: str
    latest: bool


@dataclass(frozen=True)
class Holdings:
    """What one authority holds in a deployed system, as whoever erases reaches it."""

    s3: S3Client
    dynamodb: DynamoDBClient
    queue: ThresholdsQueue
    secret: bytes
    prefix: str
    la: str

    @classmethod
    def of_deployed(cls, prefix: str, la: str) -> Holdings:
        """Those of a deployed system, with the credentials of whoever asks."""
        sqs = boto3.client("sqs")
        queue = ThresholdsQueue(sqs, sqs.get_queue_url(QueueName=f"{prefix}-thresholds")["QueueUrl"])
        secret = pupil_secret(boto3.client("secretsmanager"), f"{prefix}-pupil-secret")
        return cls(boto3.client("s3"), boto3.client("dynamodb"), queue, secret, prefix, la)

    def bucket(self, name: str) -> Bucket:
        """A bucket by its short name; `authority` is that of the authority."""
        return Bucket(self.s3, f"{self.prefix}-{name}" + (f"-{self.la}" if name == AUTHORITY else ""))

    @cached_property
    def own(self) -> Bucket:
        """The authority's bucket."""
        return self.bucket(AUTHORITY)

    @cached_property
    def registers(self) -> Registers:
        """The door to parts and registers."""
        return Registers(self.bucket("parts"), self.bucket("registers"))

    def versions(self, name: str) -> Iterator[Version]:
        """Every version of the authority's objects in a bucket."""
        begin = {AUTHORITY: "", "uploads": f"{self.la}/", "reports": f"{self.la}/"}.get(name, f"la={self.la}/")
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket(name).name, Prefix=begin)
        for page in pages:
            for each in page.get("Versions", ()):
                if name != AUTHORITY or not each["Key"].startswith(f"{FOLDER}/"):
                    yield Version(each["Key"], each["VersionId"], each["IsLatest"])

    def items(self, table: str, **query: Any) -> Iterator[Item]:
        """The items that a query of a table finds."""
        pages = self.dynamodb.get_paginator("query").paginate(TableName=f"{self.prefix}-{table}", **query)
        for page in pages:
            yield from page["Items"]

    def partition(self, table: str, pk: str) -> Iterator[Item]:
        """The items of one partition key, read consistently, but for the mark of an earlier erasure."""
        found = self.items(
            table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": pk}}, ConsistentRead=True
        )
        return (item for item in found if not item["sk"]["S"].startswith(f"{MARK}#"))

    def take_away(self, thing: Thing) -> None:
        """Delete a version for good; one that is gone already is no error."""
        lock: dict[str, Any] = {"BypassGovernanceRetention": True} if thing.bucket == AUTHORITY else {}
        self.s3.delete_object(Bucket=self.bucket(thing.bucket).name, Key=thing.key, VersionId=thing.version, **lock)


# --- Looking -------------------------------------------------------------------------------------------------------------


def named(held: Holdings, child: Child) -> Child:
    """The child with the names that schools give, as far as their rolls still have them."""
    parts = held.bucket("parts")
    keys = (version for version in held.versions("parts") if version.key.endswith(".pupils.parquet"))
    bodies = (stored.body for version in keys if (stored := parts.get(version.key, version.id)))
    return replace(child, names=frozenset().union(*(names_in(body, child.upn) for body in bodies)))


@dataclass
class Search:
    """One look through everything that an authority holds."""

    held: Holdings
    child: Child

    def __post_init__(self) -> None:
        self.pupil = pupil_id(self.child.upn, self.held.secret)
        self.things: list[Thing] = []
        self.schools: set[str] = set()
        self.unsearched: set[str] = set()
        self.left: set[str] = set()
        self.waiting: set[str] = set()
        """What a function has still to do: an upload without its report, a decision without its outcome."""

    def run(self) -> Found:
        """What mentions the child."""
        rows = [*self._cases(), *self._history()]
        self._parts()
        about_child = self._uploads()
        for name in ("registers", "positions"):
            for version, body in self._bodies(name):
                if mentioned(version.key, body, self.child):
                    self._add(name, version, body, "rewritten")
                    self.schools.add(version.key.split("/")[1].removeprefix("urn="))
        self._reports(about_child)
        self._documents()
        rows += self._elsewhere()
        self.things.sort(key=lambda each: (IN_ORDER.index(each.bucket), each.what == "deleted", each.key, each.version))
        return Found(
            things=tuple(self.things), rows=tuple(rows), schools=tuple(sorted(self.schools)),
            unsearched=tuple(sorted(self.unsearched)), left=tuple(sorted(self.left)),
        )  # fmt: skip

    def _bodies(self, name: str) -> Iterator[tuple[Version, bytes]]:
        return self._read(name, self.held.versions(name))

    def _read(self, name: str, versions: Iterable[Version]) -> Iterator[tuple[Version, bytes]]:
        for version in versions:
            if stored := self.held.bucket(name).get(version.key, version.id):
                yield version, stored.body

    def _add(self, name: str, version: Version, body: bytes, what: Literal["deleted", "rewritten"]) -> None:
        become = what if version.latest else "deleted"
        digest = hashlib.sha256(body).hexdigest()
        self.things.append(Thing(bucket=name, key=version.key, version=version.id, sha256=digest, what=become))

    def _parts(self) -> None:
        for version, body in self._bodies("parts"):
            if mentioned(version.key, body, self.child):
                self._add("parts", version, body, "rewritten")
                self.schools.add(version.key.split("/")[1].removeprefix("urn="))
        self.child = named(self.held, self.child)

    def _uploads(self) -> dict[str, set[int]]:
        """The rows that mention the child, by upload."""
        found: dict[str, set[int]] = {}
        for version in self.held.versions("uploads"):
            stored = self.held.bucket("uploads").get(version.key, version.id)
            rows = self._rows(version.key, stored) if stored else None
            if stored and rows is not None:
                self._add("uploads", version, stored.body, "deleted")
                if self.held.bucket("reports").get(f"{version.key}.json") is None:
                    self.waiting.add(f"uploads/{version.key}")
                found.setdefault(version.key, set()).update(rows)
        return found

    def _rows(self, key: str, stored: Stored) -> set[int] | None:
        try:
            return sent_about(stored.body, " ".join([key, *stored.metadata.values()]), self.child)
        except Unsearchable:
            self.unsearched.add(key)
            return None

    def _reports(self, about_child: Mapping[str, set[int]]) -> None:
        for version, body in self._bodies("reports"):
            key = version.key
            if key.endswith(".pdf"):
                if self._named(key) or mentioned(key, body, self.child):
                    self._add("reports", version, body, "deleted")
            elif key.endswith(".csv"):
                self._list("reports", version, body)
            else:
                rows = about_child.get(key.removesuffix(".json"))
                if (rows is not None and report_without(body, self.child, rows) != body) or mentioned(
                    key, body, self.child
                ):
                    self._add("reports", version, body, "rewritten")

    def _list(self, name: str, version: Version, body: bytes) -> bool:
        found = mentioned(version.key, body, self.child)
        if found:
            self._add(name, version, body, "rewritten" if list_without(body, self.child) is not None else "deleted")
        return found

    def _documents(self) -> None:
        """What lies in the authority's bucket. A page is judged by its record or list where it has one, and never by a name."""
        every = list(self.held.versions(AUTHORITY))
        records = {version.key for version in every if version.key.endswith(".json")}
        lists = {v.key for v in every if v.key.endswith(".csv") and v.key.startswith(_LISTS)}
        mine: set[str] = set()
        for version, body in self._read(AUTHORITY, (v for v in every if v.key in records | lists)):
            stem = version.key.rpartition(".")[0]
            if version.key in lists:
                if self._list(AUTHORITY, version, body):
                    mine.add(stem)
            elif mentioned(version.key, body, self.child):
                if about(json.loads(body), self.child):
                    mine.add(stem)
                    self._add(AUTHORITY, version, body, "deleted")
                else:
                    self.left.add(f"{AUTHORITY}/{version.key}")
        for version, body in self._read(AUTHORITY, (v for v in every if v.key not in records | lists)):
            stem = version.key.rpartition(".")[0]
            judged = stem in mine or f"{stem}.json" in records
            if stem in mine or (not judged and (self._named(version.key) or mentioned(version.key, body, self.child))):
                self._add(AUTHORITY, version, body, "deleted")

    def _named(self, key: str) -> bool:
        """Whether a key holds the reference of a notice or letter of the child, or the id of a decision about them."""
        return any(name in key for name in self.references)

    @cached_property
    def references(self) -> frozenset[str]:
        """What keys of documents about the child hold."""
        found = set()
        for item in self.held.partition("cases", f"{self.held.la}#{self.pupil}"):
            kind, _, name = item["sk"]["S"].partition("#")
            if kind in {"NOTICE", "STEP"}:
                found.add(name)
            elif kind == "RETURN" and (letter := json.loads(item["body"]["S"])["due"]["row"].get("letter")):
                found.add(letter)
        return frozenset(found)

    def _cases(self) -> Iterator[Row]:
        for item in self.held.partition("cases", f"{self.held.la}#{self.pupil}"):
            yield _row("cases", item, "deleted")
            if item["sk"]["S"].startswith("STEP#") and json.loads(item["body"]["S"])["outcome"] is None:
                self.waiting.add(f"cases/{item['pk']['S']} {item['sk']['S']}")
            if school := item.get("school"):
                self.schools.add(school["S"])

    def _history(self) -> Iterator[Row]:
        """The child's history, but for what other authorities have put there: they are asked themselves."""
        items = list(self.held.partition("history", self.pupil))
        others = [item for item in items if _la_of(item) not in {None, self.held.la}]
        for item in items:
            if item in others or (others and _la_of(item) is None):
                self.left.add(f"history/{item['pk']['S']} {item['sk']['S']}")
            else:
                yield _row("history", item, "deleted")

    def _elsewhere(self) -> Iterator[Row]:
        """Items about others of the same schools that mention the child: rows that name siblings, or whose marks are missing."""
        own = f"{self.held.la}#{self.pupil}"
        for school in sorted(self.schools):
            found = self.held.items(
                "cases", IndexName="school", KeyConditionExpression="school = :s",
                ExpressionAttributeValues={":s": {"S": school}},
            )  # fmt: skip
            for item in found:
                pk = item["pk"]["S"]
                if pk != own and pk.startswith(f"{self.held.la}#") and self.child.named_in(json.dumps(item)):
                    yield _row("cases", item, "rewritten")


def _la_of(item: Item) -> str | None:
    la: str | None = json.loads(item["body"]["S"]).get("la") if "body" in item else None
    return la


def _row(table: Literal["cases", "history"], item: Item, what: Literal["deleted", "rewritten"]) -> Row:
    digest = hashlib.sha256(canonical_json(item).encode()).hexdigest()
    return Row(table=table, pk=item["pk"]["S"], sk=item["sk"]["S"], sha256=digest, what=what)


# --- Asking --------------------------------------------------------------------------------------------------------------


def ask(held: Holdings, upn: str, reason: str, under: str, by: Who) -> tuple[Asked, Found]:
    """Look for a child, and write the request to erase what was found; the same request of a day is written once."""
    search = Search(held, Child(upn))
    found = search.run()
    if not found.anything:
        raise BadInput(f"Nothing that authority {held.la} holds mentions this UPN: nothing was asked.")
    if search.child.words_in(f"{reason} {under}"):
        raise BadInput("The reason stays when all else is gone: say it without the child's UPN or name.")
    at = now()
    same = canonical_json([held.la, search.pupil, reason, under, by.person, at.date().isoformat()])
    asked = Asked(
        id=f"{held.la}-{hashlib.sha256(same.encode()).hexdigest()[:16]}", la=held.la, pupil=search.pupil, reason=reason,
        under=under, by=by, at=at, counts=found.counts,
    )  # fmt: skip
    if not held.own.put_once(f"{FOLDER}/{asked.id}/asked.json", _body(asked), "application/json"):
        asked = read_asked(held, asked.id)
    return asked, found


def read_asked(held: Holdings, id_: str) -> Asked:
    """A request as it was written."""
    if (stored := held.own.get(f"{FOLDER}/{id_}/asked.json")) is None:
        raise BadInput(f"There is no request {id_}: check the id that was printed when it was asked.")
    return Asked.model_validate_json(stored.body)


# --- Carrying out --------------------------------------------------------------------------------------------------------


def read_done(held: Holdings, id_: str) -> Done | None:
    """What remains of an erasure, if it is done."""
    stored = held.own.get(f"{FOLDER}/{id_}/done.json")
    return Done.model_validate_json(stored.body) if stored else None


def carry_out(held: Holdings, id_: str, upn: str, by: Who) -> Done:
    """Erase what a request names; whoever is stopped runs it again."""
    asked = read_asked(held, id_)
    if pupil_id(upn, held.secret) != asked.pupil:
        raise BadInput(f"The request {id_} is about another child: check the UPN.")
    if by.person == asked.by.person:
        raise BadInput(
            f"Who asks does not carry out: {id_} was asked by {asked.by.person}. Another person must approve it."
        )
    if done := read_done(held, id_):
        return done
    child, plans = Child(upn), [Plan.model_validate_json(body) for body in _plans(held, id_)]
    for plan in plans:
        _follow(held, named(held, child), asked, plan)
    while (search := Search(held, child)) and (found := search.run()).anything:
        if search.waiting:  # of an upload that is not answered the others' rows are nowhere else
            raise BadInput(
                f"Something about the child is still to be done: {', '.join(sorted(search.waiting))}. Wait until the queues are "
                "empty, or see to the dead letters; then run it again."
            )
        plan = Plan(by=by, at=now(), found=found)
        if not held.own.put_once(f"{FOLDER}/{id_}/plan-{len(plans) + 1}.json", _body(plan), "application/json"):
            raise BadInput(f"Somebody else carries out {id_} at this moment: run it again when they are through.")
        plans.append(plan)
        _follow(held, search.child, asked, plan)
    if not plans:
        raise BadInput(f"What {id_} was about is not there any more, and was not erased by it: nothing was done.")
    done = _done(asked, plans, found)
    held.own.put_once(f"{FOLDER}/{id_}/done.json", _body(done), "application/json")
    return done


def _plans(held: Holdings, id_: str) -> Iterator[bytes]:
    n = 1
    while stored := held.own.get(f"{FOLDER}/{id_}/plan-{n}.json"):
        yield stored.body
        n += 1


def _done(asked: Asked, plans: list[Plan], last: Found) -> Done:
    things = tuple(thing for plan in plans for thing in plan.found.things)
    rows = tuple(row for plan in plans for row in plan.found.rows)
    return Done(
        id=asked.id, la=asked.la, pupil=asked.pupil, reason=asked.reason, under=asked.under, asked_by=asked.by,
        asked_at=asked.at, approved_by=plans[0].by, approved_at=plans[0].at, objects=things, items=rows,
        counts=Found(things=things, rows=rows).counts,
        schools=tuple(sorted({school for plan in plans for school in plan.found.schools})),
        unsearched=last.unsearched, left=last.left, done_at=now(),
    )  # fmt: skip


def _follow(held: Holdings, child: Child, asked: Asked, plan: Plan) -> None:
    """Carry out a plan; what of it is done already is found done. Objects first: the items say which of them are the child's."""
    about_child = _sent_rows(held, child, plan)
    for thing in plan.found.things:
        if thing.what == "rewritten":
            _rewrite(held, child, thing, about_child)
        held.take_away(thing)
    for row in plan.found.rows:
        _see_to(held, child, row)
    _mark(held, asked, plan)
    for urn in plan.found.schools:
        held.queue.send(SchoolDue(la=held.la, urn=urn, correlation_id=f"erasure-{asked.id}"))


def _sent_rows(held: Holdings, child: Child, plan: Plan) -> dict[str, set[int]]:
    """The rows that mention the child in the uploads that are still there; reports are seen to before these go."""
    found: dict[str, set[int]] = {}
    for thing in plan.found.things:
        if thing.bucket == "uploads" and (stored := held.bucket("uploads").get(thing.key, thing.version)):
            name = " ".join([thing.key, *stored.metadata.values()])
            found.setdefault(thing.key, set()).update(sent_about(stored.body, name, child) or ())
    return found


def _rewrite(held: Holdings, child: Child, thing: Thing, about_child: Mapping[str, set[int]]) -> None:
    """Put another in the place of an object, without the child; nothing where it is so already."""
    bucket = held.bucket(thing.bucket)
    for _ in range(_TRIES):
        stored = bucket.get(thing.key)
        if stored is None:
            return
        new = _without(held, child, thing, stored.body, about_child)
        if new is None or new == stored.body:
            if hashlib.sha256(stored.body).hexdigest() == thing.sha256:
                raise RuntimeError(f"{thing.key} was to be rewritten, and there is nothing in it to be taken out")
            return
        if bucket.replace(thing.key, new, stored, _type(thing.key)):
            return
    raise BadInput(f"Others kept replacing {thing.key}: run it again.")


def _without(
    held: Holdings, child: Child, thing: Thing, body: bytes, about_child: Mapping[str, set[int]]
) -> bytes | None:
    match thing.bucket:
        case "parts":
            return part_without(body, child) if mentioned(thing.key, body, child) else None
        case "registers":
            return _folded(held, thing.key) if mentioned(thing.key, body, child) else None
        case "positions":
            return positions_without(body, child) if mentioned(thing.key, body, child) else None
        case _ if thing.key.endswith(".csv"):
            return list_without(body, child) if mentioned(thing.key, body, child) else None
        case _:
            return report_without(body, child, about_child.get(thing.key.removesuffix(".json"), set()))


def _folded(held: Holdings, key: str) -> bytes:
    """A register, with the roll if it carries it, folded anew from its parts, which come first."""
    la, urn = (piece.partition("=")[2] for piece in key.split("/")[:2])
    record = held.registers.as_known(la, urn, _ALWAYS)
    return next(body for year, body in record.registers.items() if key == register_key(la, urn, year))


def _see_to(held: Holdings, child: Child, row: Row) -> None:
    table, key = f"{held.prefix}-{row.table}", {"pk": {"S": row.pk}, "sk": {"S": row.sk}}
    if row.what == "deleted":
        held.dynamodb.delete_item(TableName=table, Key=key)
        return
    item = held.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    if item is None or not child.named_in(json.dumps(item)):
        return
    new = {name: {"S": child.without(str(value["S"]))} if "S" in value else value for name, value in item.items()}
    # What was written to it meanwhile is not lost: then the write is refused, and whoever runs this again reads it anew.
    held.dynamodb.put_item(
        TableName=table, Item=new, ConditionExpression="body = :b", ExpressionAttributeValues={":b": item["body"]}
    )


def _mark(held: Holdings, asked: Asked, plan: Plan) -> None:
    """Leave in both tables that there was something, why it went, and the hash of it."""
    for table, pk in (("cases", f"{held.la}#{asked.pupil}"), ("history", asked.pupil)):
        rows = [row for row in plan.found.rows if row.table == table and row.what == "deleted"]
        if rows:
            digest = hashlib.sha256(canonical_json(sorted([row.sk, row.sha256] for row in rows)).encode()).hexdigest()
            body = {
                "id": asked.id, "la": held.la, "reason": asked.reason, "under": asked.under, "at": plan.at.isoformat(),
                "items": len(rows), "sha256": digest,
            }  # fmt: skip
            sk = f"{MARK}#{asked.id}#{digest[:16]}"
            item = {"pk": {"S": pk}, "sk": {"S": sk}, "body": {"S": canonical_json(body)}}
            held.dynamodb.put_item(TableName=f"{held.prefix}-{table}", Item=item)


def _type(key: str) -> str:
    return {"json": "application/json", "csv": "text/csv; charset=utf-8"}.get(
        key.rpartition(".")[2], "application/octet-stream"
    )


def _body(model: BaseModel) -> bytes:
    return pretty_json(model.model_dump(mode="json")).encode()
