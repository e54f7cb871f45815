"""Cases, notices, decisions and returns in DynamoDB: every write is conditional, nothing is deleted (design 4.5, 4.6).

Table `cases`: pk `{la}#{pupil}`, sk `CASE#|NOTICE#|STEP#|RETURN#|INTERVENTION#|CARRIED#`; of each school, pk `{la}#{urn}`,
sk `SCHOOL` (when it is computed next) and `FILES` (when its next file is late); the authorities seen, pk `AUTHORITIES`. Index
`due` (la, due_on) finds what a day brings, index `school` (school, among) what is of one school, `opened` and `deadline` (queue,
day) an authority's cases of one state. Table `history`: pk `{pupil}`, sk `HEAD|NOTICE#|PERSON#|CARRIED#`, across authorities.
Items carry the JSON of the model as `body`.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from botocore.exceptions import ClientError

from attendance.cases import Case, Intervention, Notice
from attendance.due import Return
from attendance.facts import Decision, Made, Outcome, Persons, Prepared, Refusal, Verdict, Withdrawn
from attendance.law import academic_year
from attendance.on_demand import OnDemand
from attendance.sessions import Session
from attendance.standing import Carried, Counted, Frozen
from aws.clock import today
from aws.items import Item, Place, together

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TOGETHER = 100  # DynamoDB takes no more in one transaction

QUEUES: Final[Mapping[str, str]] = {"opened_on": "opened", "prosecute_by": "deadline"}
"""What an authority's cases of one state can be sorted by, and the index that sorts them."""


class Changed(RuntimeError):
    """Something was changed by somebody else since it was read: read again."""


class CaseAsSeen(Frozen):
    """A case, and how many decisions were recorded in it since it was last stored: together what an officer saw of it."""

    case: Case
    decided: int = 0

    @property
    def tag(self) -> str:
        """Names this state of the case: another as soon as the case changes, or anybody decides something in it."""
        return f"{self.case.version}.{self.decided}"


class Step(Frozen):
    """A decision and what became of it; without an outcome it is still to be carried out."""

    decision: Decision
    outcome: Literal["done", "refused", "expired"] | None = None
    because: str | None = None
    provision: str | None = None
    reference: str | None = None
    made: Made | None = None
    """What makes a step that was carried out a record: when, on what was known, what it moved."""
    withdrawn: Withdrawn | None = None
    """The withdrawal whose record is written to the authority's bucket before the step is done."""
    prepared: Prepared | None = None
    page: dict[str, Any] | None = None
    """The page of the letter or paper that the step has still to write."""


class Reserved(Frozen):
    """A reserved document: all that is needed to write it, from this item only."""

    reference: str
    kind: str
    issued_on: date
    decision: str
    record: dict[str, Any]
    printed: dict[str, Any]
    written: bool = False


class ReturnItem(Frozen):
    """A return that is due, and the file it was written to; until then it follows the register, and lapses with its ground."""

    due: Return
    found_on: date
    write_on: date
    dated: date
    """The date in the name of its file: the day that made it due, or that of the authority's schedule."""
    file: str | None = None
    written: bool = False
    lapsed: bool = False
    page: dict[str, Any] | None = None
    """The page of the letter that the row brings: it is written from this alone, as often as that is tried."""


@dataclass(frozen=True)
class PupilItems:
    """All that an authority has of one pupil, and the pupil's history across authorities."""

    cases: tuple[Case, ...] = ()
    notices: tuple[Notice, ...] = ()
    elsewhere: tuple[Notice, ...] = ()
    persons: Persons = Persons()  # noqa: RUF009  immutable
    carried: tuple[Carried, ...] = ()
    head: int = 0
    lists: Mapping[str, ReturnItem] = field(default_factory=dict)
    """The rows of lists and returns about the pupil, by sort key."""
    interventions: tuple[Intervention, ...] = ()


@dataclass(frozen=True)
class SchoolItems:
    """All cases, notices and returns of one school, by pupil."""

    cases: Mapping[str, tuple[Case, ...]]
    notices: Mapping[str, tuple[Notice, ...]]
    returns: Mapping[tuple[str, str], ReturnItem]
    """The returns recorded, by pupil and sort key."""
    filed: frozenset[tuple[str, str]]
    """Those of them that have their file: most, and nothing is asked of most of these any more."""
    carried: Mapping[str, Carried]
    """What the school keeps for other schools, by pupil, as the others were last told."""
    interventions: Mapping[str, tuple[Intervention, ...]]

    @cached_property
    def of_kind(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The keys of the returns by their kind."""
        found: dict[str, list[tuple[str, str]]] = {}
        for key in self.returns:
            found.setdefault(kind_in(key[1]), []).append(key)
        return found

    @property
    def upns(self) -> Mapping[str, str]:
        """The UPN of each pupil with a case, and of those with a notice or something carried whose returns or rows say it."""
        found = {pupil: case.upn for pupil, cases in self.cases.items() for case in cases}
        asked = (self.notices.keys() | self.carried.keys()) - found.keys()
        of_returns = {pupil: key for key in self.returns if (pupil := key[0]) in asked}
        return found | {pupil: self.returns[key].due.upn for pupil, key in of_returns.items()}

    def of_kinds(self, kinds: Collection[str], *, filed: bool) -> list[tuple[str, ReturnItem]]:
        """The returns of these kinds, and the pupil of each, that have their file or that have none."""
        of_kinds = (key for kind in sorted(kinds) for key in self.of_kind.get(kind, ()))
        return [(key[0], self.returns[key]) for key in of_kinds if (key in self.filed) == filed]

    def after(self, earlier: Self) -> Self:
        """With the cases, notices and returns of a school that this one took over from."""
        return replace(
            self,
            cases=_joined(earlier.cases, self.cases),
            notices=_joined(earlier.notices, self.notices),
            returns={**earlier.returns, **self.returns},
            filed=self.filed | (earlier.filed - self.returns.keys()),
            interventions=_joined(earlier.interventions, self.interventions),
        )


def _joined[T](one: Mapping[str, tuple[T, ...]], two: Mapping[str, tuple[T, ...]]) -> Mapping[str, tuple[T, ...]]:
    return {pupil: (*one.get(pupil, ()), *two.get(pupil, ())) for pupil in (*one, *two)}


def _text(value: str) -> Item:
    return {"S": value}


def _number(value: int) -> Item:
    return {"N": str(value)}


def _body(item: Item) -> str:
    text: str = item["body"]["S"]
    return text


def _at_school(item: Item, urn: str, year: int | None = None) -> Item:
    """An item where its school's index finds it: by its sort key, a row that was written by its academic year first."""
    sk: str = item["sk"]["S"]
    return item | {"school": _text(urn), "among": _text(f"{year}#{sk}" if year else sk)}


def _as_seen(item: Item) -> CaseAsSeen:
    return CaseAsSeen(
        case=Case.model_validate_json(_body(item)), decided=int(item["decided"]["N"]) if "decided" in item else 0
    )


def _return(item: Item) -> ReturnItem:
    return ReturnItem.model_validate_json(_body(item))


def _key(pk: str, sk: str) -> Item:
    return {"pk": _text(pk), "sk": _text(sk)}


def live(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The cases that are not forgotten, in order."""
    return tuple(sorted((case for case in cases if case.state != "forgotten"), key=lambda case: case.n))


@dataclass(frozen=True)
class Cases:
    """The door to both tables."""

    dynamodb: "DynamoDBClient"
    cases_table: str
    history_table: str
    _has_schools: set[tuple[str, date]] = field(default_factory=set, init=False, repr=False, compare=False)
    """The authorities that this process stored, or found stored, and the day on which it did."""

    # ------------------------------------------------------------------ reading

    def of_school(self, la: str, urn: str) -> SchoolItems:
        """Every case and notice of a school and its returns, through its index (eventually consistent: writes check versions).

        Those of an authority that it belonged to before are among them, but for returns and rows that were never written there.
        Returns and rows written before the last academic year are left out: what is due never looks back further, and reading
        them would take longer year by year. One that is found again all the same stays as it is (`record_return`).
        """
        cases: dict[str, list[Case]] = {}
        notices: dict[str, list[Notice]] = {}
        returns: dict[tuple[str, str], Item] = {}
        carried: dict[str, Carried] = {}
        interventions: dict[str, list[Intervention]] = {}
        found = self._query(
            TableName=self.cases_table,
            IndexName="school",
            KeyConditionExpression="school = :s AND among >= :y",
            ExpressionAttributeValues={":s": _text(urn), ":y": _text(str(academic_year(today()) - 1))},
        )
        own = f"{la}#"
        for item in sorted(found, key=lambda each: each["pk"]["S"].startswith(own)):  # what is its own wins
            sk = item["sk"]["S"]
            of_la, _, pupil = item["pk"]["S"].partition("#")
            match sk[: sk.find("#")]:
                case "RETURN":
                    if of_la == la or "filed" in item:
                        returns[pupil, sk] = item
                case "CASE":
                    cases.setdefault(pupil, []).append(Case.model_validate_json(_body(item)))
                case "NOTICE":
                    notices.setdefault(pupil, []).append(Notice.model_validate_json(item["standing"]["S"]))
                case "CARRIED":
                    carried[pupil] = _carried(json.loads(_body(item)))
                case "INTERVENTION":
                    interventions.setdefault(pupil, []).append(Intervention.model_validate_json(_body(item)))
        return SchoolItems(
            {pupil: tuple(sorted(each, key=lambda case: case.n)) for pupil, each in cases.items()},
            {pupil: tuple(each) for pupil, each in notices.items()},
            OnDemand(returns, _return),
            frozenset(key for key, item in returns.items() if "filed" in item),
            carried,
            {
                pupil: tuple(sorted(steps, key=lambda each: (each.on, each.id)))
                for pupil, steps in interventions.items()
            },
        )

    def of_pupil(self, la: str, pupil: str) -> PupilItems:
        """All of a pupil, read consistently: the authority's cases and notices, and the history across authorities."""
        cases, notices, interventions = [], [], []
        lists: dict[str, Item] = {}
        for item in self._partition(self.cases_table, f"{la}#{pupil}"):
            sk = item["sk"]["S"]
            if sk.startswith("CASE#"):
                cases.append(Case.model_validate_json(_body(item)))
            elif sk.startswith("NOTICE#"):
                notices.append(Notice.model_validate_json(item["standing"]["S"]))
            elif sk.startswith("RETURN#"):
                lists[sk] = item
            elif sk.startswith("INTERVENTION#"):
                interventions.append(Intervention.model_validate_json(_body(item)))
        history = self.history(pupil)
        mine = {notice.reference for notice in notices}
        recorded = [n for n in history.elsewhere if n.reference not in mine]
        return PupilItems(
            tuple(sorted(cases, key=lambda case: case.n)),
            tuple(sorted([*notices, *(n for n in recorded if n.la == la)], key=lambda n: (n.issued_on, n.reference))),
            tuple(n for n in recorded if n.la != la),
            history.persons,
            history.carried,
            history.head,
            OnDemand(lists, _return),
            tuple(sorted(interventions, key=lambda each: (each.on, each.id))),
        )

    def history(self, pupil: str) -> PupilItems:
        """A pupil's history across authorities: every notice in `elsewhere`, verdicts on persons, what schools carry over."""
        notices, verdicts, carried, head = [], [], [], 0
        for item in self._partition(self.history_table, pupil):
            sk = item["sk"]["S"]
            if sk == "HEAD":
                head = int(item["version"]["N"])
            elif sk.startswith("NOTICE#"):
                notices.append(Notice.model_validate_json(_body(item)))
            elif sk.startswith("PERSON#"):
                verdicts.append(Verdict(**json.loads(_body(item))))
            elif sk.startswith("CARRIED#"):
                carried.append(_carried(json.loads(_body(item))))
        return PupilItems(elsewhere=tuple(notices), persons=Persons(tuple(verdicts)), carried=tuple(carried), head=head)

    def step(self, la: str, pupil: str, decision: str) -> Step | None:
        """A decision as recorded."""
        item = self._get(self.cases_table, f"{la}#{pupil}", f"STEP#{decision}")
        return Step.model_validate_json(_body(item)) if item else None

    def steps(self, la: str, pupil: str) -> list[Step]:
        """Every decision recorded for a pupil."""
        return [
            Step.model_validate_json(_body(item))
            for item in self._partition(self.cases_table, f"{la}#{pupil}")
            if item["sk"]["S"].startswith("STEP#")
        ]

    def reserved(self, la: str, pupil: str, reference: str) -> Reserved | None:
        """A reservation by its reference."""
        item = self._get(self.cases_table, f"{la}#{pupil}", f"NOTICE#{reference}")
        return Reserved.model_validate_json(_body(item)) if item else None

    def case(self, la: str, pupil: str, n: int) -> CaseAsSeen | None:
        """A case of a pupil as it stands now; None for one that is forgotten, or never was."""
        item = self._get(self.cases_table, f"{la}#{pupil}", f"CASE#{n:04}")
        found = _as_seen(item) if item else None
        return found if found and found.case.state != "forgotten" else None

    def queue(
        self, la: str, state: str, by: str, *, latest_first: bool, limit: int, after: Mapping[str, str] | None
    ) -> tuple[list[CaseAsSeen], Mapping[str, str] | None]:
        """A page of an authority's cases of one state, sorted by one of QUEUES, and the key after which the next begins.

        The index says which; the cases are read as they stand now, and one that changed its state meanwhile is left out.
        """
        query: Item = {
            "TableName": self.cases_table,
            "IndexName": QUEUES[by],
            "KeyConditionExpression": "queue = :q",
            "ExpressionAttributeValues": {":q": _text(f"{la}#{state}")},
            "ScanIndexForward": not latest_first,
            "Limit": limit,
        }
        if after:
            query["ExclusiveStartKey"] = {name: _text(value) for name, value in after.items()}
        answer = self.dynamodb.query(**query)
        keys = [(item["pk"]["S"], item["sk"]["S"]) for item in answer["Items"]]
        items = self._taken(keys)
        found = [_as_seen(items[key]) for key in keys if key in items]
        last = answer.get("LastEvaluatedKey")
        return [each for each in found if each.case.state == state], (
            {name: str(value["S"]) for name, value in last.items()} if last else None
        )

    def number(self, la: str, state: str) -> int:
        """How many cases of one state an authority has, counted in the index of its queue, which holds keys only."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.cases_table,
            IndexName=QUEUES["opened_on"],
            KeyConditionExpression="queue = :q",
            ExpressionAttributeValues={":q": _text(f"{la}#{state}")},
            Select="COUNT",
        )
        return sum(page["Count"] for page in pages)

    def cases_at(self, la: str, urn: str) -> list[CaseAsSeen]:
        """Every case of an authority at one school, through its index (eventually consistent), forgotten ones left out."""
        found = self._query(
            TableName=self.cases_table,
            IndexName="school",
            KeyConditionExpression="school = :s AND begins_with(among, :c)",
            ExpressionAttributeValues={":s": _text(urn), ":c": _text("CASE#")},
        )
        every = [_as_seen(item) for item in found if item["pk"]["S"].startswith(f"{la}#")]
        return [each for each in every if each.case.state != "forgotten"]

    def authorities(self) -> list[str]:
        """Every authority for whose schools something was computed."""
        return [item["sk"]["S"] for item in self._partition(self.cases_table, "AUTHORITIES")]

    def due(self, la: str, day: date) -> list[tuple[str, str]]:
        """The (pk, sk) of what is due in an authority up to a day."""
        found = self._query(
            TableName=self.cases_table,
            IndexName="due",
            KeyConditionExpression="la = :la AND due_on <= :day",
            ExpressionAttributeValues={":la": _text(la), ":day": _text(day.isoformat())},
        )
        return [(item["pk"]["S"], item["sk"]["S"]) for item in found]

    def change_returns(self, la: str, changed: Sequence[tuple[str, ReturnItem]]) -> None:
        """Store what became of returns (pupil, item), a hundred together or not at all; once written, nothing of one is due.

        A row without a name beside one that has it would get another file: whoever dies here leaves all of them as they were. A
        row gets the name of its file once, or two at work on one list would tell it in two: Changed where one has it by now.
        """
        puts = []
        for pupil, item in changed:
            stored = self._item(f"{la}#{pupil}", return_key(item.due), item.model_dump_json())
            stored = _at_school(stored, item.due.urn, academic_year(item.dated) if item.written else None)
            stored |= {"la": _text(la), "filed": {"BOOL": True}}
            if not item.written:
                stored |= {"due_on": _text(item.write_on.isoformat())}
            puts.append(self._put(self.cases_table, stored, None if item.written else "attribute_not_exists(filed)"))
        for n in range(0, len(puts), _TOGETHER):
            self._write(puts[n : n + _TOGETHER])

    def returns_of(self, la: str, urn: str, kind: str) -> list[tuple[str, ReturnItem]]:
        """The returns of one kind of a school with the pupil each is about, read consistently; written ones as in `of_school`.

        What is written never changes, so the index is taken at its word for it.
        """
        this_year = academic_year(today())
        found_at = [
            item
            for among in ("", f"{this_year - 1}#", f"{this_year}#")
            for item in self._returns(la, urn, f"{among}RETURN#{kind}#")
        ]
        indexed = sorted(
            ((item["pk"]["S"], item["sk"]["S"], ReturnItem.model_validate_json(_body(item))) for item in found_at),
            key=lambda each: each[:2],
        )
        found = []
        for pk, sk, each in indexed:
            item = None if each.written else self._get(self.cases_table, pk, sk)
            found.append((pk.partition("#")[2], ReturnItem.model_validate_json(_body(item)) if item else each))
        return found

    def kinds_due(self, la: str, urn: str, day: date) -> set[str]:
        """The kinds of a school's returns and lists of which something is due up to a day."""
        due = self._returns(la, urn, "RETURN#", FilterExpression="due_on <= :day", day=day)
        return {item["sk"]["S"].split("#")[1] for item in due}

    def _returns(self, la: str, urn: str, begins: str, day: date | None = None, **only: str) -> Iterator[Item]:
        values = {":s": _text(urn), ":k": _text(begins)} | ({":day": _text(day.isoformat())} if day else {})
        found = self._query(
            TableName=self.cases_table,
            IndexName="school",
            KeyConditionExpression="school = :s AND begins_with(among, :k)",
            ExpressionAttributeValues=values,
            **only,
        )
        return (item for item in found if item["pk"]["S"].startswith(f"{la}#"))

    # ------------------------------------------------------------------ writing

    def decide(self, pupil: str, decision: Decision) -> bool:
        """Record a decision, to be carried out; False if it was recorded before."""
        item = self._item(f"{decision.la}#{pupil}", f"STEP#{decision.id}", Step(decision=decision).model_dump_json())
        item |= {"la": _text(decision.la), "due_on": _text(decision.on.isoformat())}
        return self._put_new(self.cases_table, item)

    def decide_on(self, pupil: str, decision: Decision, seen: CaseAsSeen) -> None:
        """Record a decision about a case that stands as the officer saw it.

        Changed if the case changed since, if anybody else decided something in it, or if the decision was recorded before.
        """
        item = self._item(f"{decision.la}#{pupil}", f"STEP#{decision.id}", Step(decision=decision).model_dump_json())
        item |= {"la": _text(decision.la), "due_on": _text(decision.on.isoformat())}
        values = {":v": _number(seen.case.version), ":d": _number(seen.decided), ":n": _number(seen.decided + 1)}
        nobody = " OR attribute_not_exists(decided)" if seen.decided == 0 else ""
        counted = {
            "TableName": self.cases_table,
            "Key": _key(f"{decision.la}#{pupil}", f"CASE#{seen.case.n:04}"),
            "UpdateExpression": "SET decided = :n",
            "ConditionExpression": f"version = :v AND (decided = :d{nobody})",
            "ExpressionAttributeValues": values,
        }
        self._write([self._put(self.cases_table, item, "attribute_not_exists(pk)"), {"Update": counted}])

    def save_case(self, case: Case) -> None:
        """Store a case as it became; Changed if somebody stored it since it was read."""
        try:
            self.dynamodb.put_item(**self._case_put(case)["Put"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise Changed from error
            raise

    def settle(self, la: str, pupil: str, read: PupilItems, step: Step, outcome: Outcome | Refusal) -> None:
        """Store what a decision does, all of it or nothing; Changed if anything it rests on changed since it was read.

        This is the reservation of design 4.5: the case step, the notice item, and the head of the pupil's history, whose
        version guards the limit and the sessions across authorities and schools.
        """
        pk = f"{la}#{pupil}"
        if isinstance(outcome, Refusal):
            self._write([self._step_put(pk, step, step, "refused", outcome.because, outcome.provision)])
            return
        writes = [self._case_put(case) for case in outcome.cases]
        reference = None
        if outcome.reservation:
            reserve = outcome.reservation
            reference = reserve.notice.reference
            reserved = Reserved(
                reference=reference, kind=reserve.notice.kind, issued_on=reserve.notice.issued_on,
                decision=step.decision.id, record=dict(reserve.record), printed=dict(reserve.printed),
            )  # fmt: skip
            item = self._notice_item(reserve.notice, reserved)
            item |= {"due_on": _text(reserve.notice.issued_on.isoformat())}
            writes.append(self._put(self.cases_table, item, "attribute_not_exists(pk)"))
            writes.append(self._history_put(reserve.notice, new=True))
        for notice in outcome.notices:
            writes += self._notice_changed(la, pupil, notice)
        for verdict in outcome.verdicts:
            body = json.dumps({"one": verdict.one, "other": verdict.other, "same": verdict.same})
            key = f"PERSON#{verdict.one}#{verdict.other}"
            writes.append(self._put(self.history_table, self._item(pupil, key, body), None))
        if outcome.intervention:
            item = self._item(pk, f"INTERVENTION#{outcome.intervention.id}", outcome.intervention.model_dump_json())
            writes.append(self._put(self.cases_table, _at_school(item, outcome.intervention.urn), None))
        if outcome.reservation or outcome.notices or outcome.verdicts:
            writes.append(self._head(pupil, read.head))
        if outcome.made:
            writes += self._rows(pk, read, outcome, outcome.made.on)
        page = dict(outcome.page) if outcome.page else None
        kept = step.model_copy(
            update={
                "made": outcome.made,
                "withdrawn": outcome.withdrawn,
                "prepared": outcome.prepared,
                "page": page,
            }
        )
        open_still = (
            outcome.reservation or outcome.withdrawn or outcome.prepared
        )  # until what is to be written lies in the bucket
        writes.append(self._step_put(pk, step, kept, None if open_still else "done", reference=reference))
        self._write(writes)

    def finished(self, la: str, pupil: str, step: Step) -> None:
        """Record that what a step had to write lies in the bucket."""
        self._write([self._step_put(f"{la}#{pupil}", step, step, "done", reference=step.reference)])

    def written(self, la: str, pupil: str, step: Step, notice: Notice, reserved: Reserved) -> None:
        """Record that a document lies in its bucket: the notice stands, the decision is done."""
        pk = f"{la}#{pupil}"
        stands = notice.model_copy(update={"standing": "stands"})
        item = self._notice_item(
            stands.model_copy(update={"version": notice.version + 1}), reserved.model_copy(update={"written": True})
        )
        self._write(
            [
                self._put(self.cases_table, item, "version = :v", {":v": _number(notice.version)}),
                self._history_put(stands, new=False),
                self._step_put(pk, step, step, "done", reference=reserved.reference),
            ]
        )

    def expire(self, la: str, pupil: str, read: PupilItems, step: Step, notice: Notice, case: Case) -> None:
        """Free what a reservation took that was not written by the end of its day (design 4.5)."""
        gone = notice.model_copy(update={"standing": "expired", "improvement": None})
        self._write(
            [
                *self._notice_changed(la, pupil, gone),
                self._case_put(case),
                self._head(pupil, read.head),
                *self._lapsed(f"{la}#{pupil}", read, {notice.reference}, keep=()),
                self._step_put(
                    f"{la}#{pupil}", step, step, "expired", "the document was not written on the day it was authorised"
                ),
            ]
        )

    def record_return(self, la: str, pupil: str, item: ReturnItem) -> None:
        """Record a return as it is due as known now, or that it no longer is; one that has its file stays as it is."""
        put = self._return_put(f"{la}#{pupil}", item)["Put"]
        self._put_if(self.cases_table, put["Item"], put["ConditionExpression"])

    def _return_put(self, pk: str, item: ReturnItem) -> Item:
        stored = self._item(pk, return_key(item.due), item.model_dump_json())
        stored = _at_school(stored, item.due.urn) | {"la": _text(pk.partition("#")[0])}
        if not item.lapsed:
            stored |= {"due_on": _text(item.write_on.isoformat())}
        return self._put(self.cases_table, stored, "attribute_not_exists(filed)")

    def _rows(self, pk: str, read: PupilItems, outcome: Outcome, today: date) -> list[Item]:
        """The rows of lists that a step brings; the time limits of a notice that changed are those it has now."""
        changed = {n.reference for n in outcome.notices}
        found = [
            self._return_put(pk, row_item(row, today))
            for row in outcome.rows
            if (known := read.lists.get(return_key(row))) is None or not known.file
        ]
        return found + self._lapsed(pk, read, changed, keep=[return_key(row) for row in outcome.rows])

    def _lapsed(self, pk: str, read: PupilItems, references: Set[str], keep: Sequence[str]) -> list[Item]:
        return [
            self._return_put(pk, item.model_copy(update={"lapsed": True}))
            for key, item in read.lists.items()
            if item.due.follows == "notice" and item.due.row["about"] in references and key not in keep
            and not item.file and not item.lapsed
        ]  # fmt: skip

    def school_due(self, la: str, urn: str, day: date | None) -> None:
        """Store when the school's positions next change by themselves, and that the authority has schools."""
        self.dynamodb.put_item(TableName=self.cases_table, Item=self._of_school(la, urn, "SCHOOL", day))
        self._store_authority(la)

    def school_computed(
        self, la: str, urn: str, day: date | None, late_on: date | None, *, positions: str, before: str | None
    ) -> None:
        """The same after the school was computed, when its next file is late, and the tag of its positions as written.

        Changed if since that tag was read somebody else computed it, or a decision made it due: what they know may be more.
        """
        of_school = self._of_school(la, urn, "SCHOOL", day) | {"positions": _text(positions)}
        condition, values = "attribute_not_exists(positions)", None
        if before is not None:
            condition, values = "positions = :p", {":p": _text(before)}
        files = self._put(self.cases_table, self._of_school(la, urn, "FILES", late_on), None)
        self._write([self._put(self.cases_table, of_school, condition, values), files])
        self._store_authority(la)

    def school_gone(self, la: str, urn: str) -> None:
        """Store that nothing of a school becomes due by itself: it belongs to another authority."""
        self._write(
            [self._put(self.cases_table, self._of_school(la, urn, sk, None), None) for sk in ("SCHOOL", "FILES")]
        )
        self._store_authority(la)

    def school_at(self, la: str, urn: str) -> Place:
        """Where the item of a school lies, for a call that reads more beside it."""
        return self.cases_table, _key(f"{la}#{urn}", "SCHOOL")

    def positions_in(self, found: Iterable[tuple[str, Item]]) -> str | None:
        """The tag of the school's positions in its item, among others; None if there is none, or nobody knows it."""
        tags = (item["positions"]["S"] for table, item in found if table == self.cases_table and "positions" in item)
        return next(tags, None)

    def _store_authority(self, la: str) -> None:
        """Store that the authority has schools: once a day of each process, not with every file of every school."""
        if (la, today()) not in self._has_schools:
            self._put_new(self.cases_table, self._item("AUTHORITIES", la, "{}"))
            self._has_schools.add((la, today()))

    def _of_school(self, la: str, urn: str, sk: str, day: date | None) -> Item:
        due = {"due_on": _text(day.isoformat())} if day else {}
        return self._item(f"{la}#{urn}", sk, "{}") | {"la": _text(la)} | due

    def carry(self, pupil: str, carried: Carried) -> None:
        """Keep for the pupil's other schools what this school counts."""
        item = self._item(pupil, f"CARRIED#{carried.urn}", _carried_text(carried))
        self.dynamodb.put_item(TableName=self.history_table, Item=item)

    def told(self, pupil: str, carried: Carried) -> None:
        """Remember what the pupil's other schools were told that this school counts."""
        item = self._item(f"{carried.la}#{pupil}", f"CARRIED#{carried.urn}", _carried_text(carried))
        self.dynamodb.put_item(TableName=self.cases_table, Item=_at_school(item, carried.urn))

    # ------------------------------------------------------------------ items

    def _case_put(self, case: Case) -> Item:
        after = case.model_copy(update={"version": case.version + 1})
        item = self._item(f"{case.la}#{case.pupil}", f"CASE#{case.n:04}", after.model_dump_json())
        item = _at_school(item, case.urn) | {"version": _number(after.version)}
        if case.state != "forgotten":
            item |= {"queue": _text(f"{case.la}#{case.state}"), "opened_on": _text(case.opened_on.isoformat())}
            if case.prosecute_by:
                item |= {"prosecute_by": _text(case.prosecute_by.isoformat())}
        if case.version == 0:
            return self._put(self.cases_table, item, "attribute_not_exists(pk)")
        return self._put(self.cases_table, item, "version = :v", {":v": _number(case.version)})

    def _notice_item(self, notice: Notice, reserved: Reserved) -> Item:
        item = self._item(f"{notice.la}#{notice.pupil}", f"NOTICE#{notice.reference}", reserved.model_dump_json())
        return _at_school(item, notice.urn) | {
            "standing": _text(notice.model_dump_json()),
            "la": _text(notice.la),
            "version": _number(notice.version),
        }

    def _notice_changed(self, la: str, pupil: str, notice: Notice) -> list[Item]:
        """A notice as it became, in the authority's table and in the history; one issued elsewhere has nothing to be due."""
        after = notice.model_copy(update={"version": notice.version + 1})
        if notice.issuer is not None:
            item = self._item(f"{la}#{pupil}", f"NOTICE#{notice.reference}", "{}")
            item = _at_school(item, notice.urn) | {"la": _text(la)}
            item |= {"standing": _text(after.model_dump_json()), "version": _number(after.version)}
            return [self._put(self.cases_table, item, None), self._history_put(after, new=False)]
        values = {":s": _text(after.model_dump_json()), ":n": _number(after.version), ":v": _number(notice.version)}
        # Nothing of a notice itself is due once it is out: its time limits are rows of the officers' list.
        change = "SET standing = :s, version = :n REMOVE due_on"
        update = {
            "Update": {
                "TableName": self.cases_table,
                "Key": _key(f"{la}#{pupil}", f"NOTICE#{notice.reference}"),
                "UpdateExpression": change,
                "ConditionExpression": "version = :v",
                "ExpressionAttributeValues": values,
            }
        }
        return [update, self._history_put(after, new=False)]

    def _history_put(self, notice: Notice, *, new: bool) -> Item:
        item = self._item(notice.pupil, f"NOTICE#{notice.reference}", notice.model_dump_json())
        return self._put(self.history_table, item, "attribute_not_exists(pk)" if new else None)

    def _head(self, pupil: str, read: int) -> Item:
        item = _key(pupil, "HEAD") | {"version": _number(read + 1)}
        if read == 0:
            return self._put(self.history_table, item, "attribute_not_exists(pk)")
        return self._put(self.history_table, item, "version = :v", {":v": _number(read)})

    def _step_put(
        self, pk: str, step: Step, kept: Step, outcome: str | None, because: str | None = None,
        provision: str | None = None, reference: str | None = None,
    ) -> Item:  # fmt: skip
        after = kept.model_copy(
            update={"outcome": outcome, "because": because, "provision": provision, "reference": reference}
        )
        item = self._item(pk, f"STEP#{step.decision.id}", after.model_dump_json())
        if outcome is None:
            item |= {"la": _text(step.decision.la), "due_on": _text(step.decision.on.isoformat())}
        # A decision is carried out once: its item must still be as it was read.
        return self._put(self.cases_table, item, "body = :b", {":b": _text(step.model_dump_json())})

    @staticmethod
    def _item(pk: str, sk: str, body: str) -> Item:
        return _key(pk, sk) | {"body": _text(body)}

    @staticmethod
    def _put(table: str, item: Item, condition: str | None, values: Item | None = None) -> Item:
        put: Item = {"TableName": table, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}

    # ------------------------------------------------------------------ calls

    def _write(self, writes: Sequence[Item]) -> None:
        try:
            self.dynamodb.transact_write_items(TransactItems=list(writes))  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"TransactionCanceledException", "ConditionalCheckFailedException"}:
                raise Changed from error
            raise

    def _put_new(self, table: str, item: Item) -> bool:
        return self._put_if(table, item, "attribute_not_exists(pk)")

    def _put_if(self, table: str, item: Item, condition: str) -> bool:
        try:
            self.dynamodb.put_item(TableName=table, Item=item, ConditionExpression=condition)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _get(self, table: str, pk: str, sk: str) -> Item | None:
        answer = self.dynamodb.get_item(TableName=table, Key=_key(pk, sk), ConsistentRead=True)
        return answer.get("Item")

    def _taken(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
        """Items of the table of cases by key, read consistently."""
        found = together(self.dynamodb, [(self.cases_table, _key(*key)) for key in dict.fromkeys(keys)])
        return {(item["pk"]["S"], item["sk"]["S"]): item for _, item in found}

    def _partition(self, table: str, pk: str) -> Iterator[Item]:
        return self._query(
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": _text(pk)},
            ConsistentRead=True,
        )

    def _query(self, **query: Any) -> Iterator[Item]:
        """Page by page, without boto3's paginator: it takes longer than all else about an answer, which is seldom two."""
        answer = self.dynamodb.query(**query)
        yield from answer["Items"]
        while last := answer.get("LastEvaluatedKey"):
            answer = self.dynamodb.query(**query, ExclusiveStartKey=last)
            yield from answer["Items"]


def kind_in(key: str) -> str:
    """The kind of a return by its sort key."""
    return key.split("#", 2)[1]


def return_key(due: Return) -> str:
    """The sort key of a return: what makes it the same return however often it is found."""
    return f"RETURN#{due.kind}#{due.urn}#{due.since}"


def row_item(row: Return, today: date) -> ReturnItem:
    """A row of a daily list as it is kept: written on its day, or today if that has passed."""
    on = max(row.made_due_on, today)
    return ReturnItem(due=row, found_on=today, write_on=on, dated=on)


def _carried_text(carried: Carried) -> str:
    return json.dumps(
        {
            "urn": carried.urn,
            "la": carried.la,
            "weeks": [week.isoformat() for week in carried.weeks],
            "sessions": [[str(each.session), each.code] for each in carried.sessions],
        }
    )


def _carried(data: Mapping[str, Any]) -> Carried:
    return Carried(
        data["urn"],
        data["la"],
        tuple(date.fromisoformat(week) for week in data["weeks"]),
        tuple([Counted(_session(session), code, data["urn"]) for session, code in data["sessions"]]),
    )


_session: Final = lru_cache(maxsize=4096)(Session.parse)  # two a day, of a year or two, again and again
