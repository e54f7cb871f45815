"""What officers do: look at cases, decide, and fetch documents, packs and the annual return of their authority."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from pydantic import ConfigDict, Field, model_validator

from api import cursors
from api.doors import wired
from api.problems import Problem
from api.routes import (
    PAGE,
    CursorAsked,
    FileName,
    IdempotencyKey,
    La,
    LaAsked,
    Limit,
    LinkGiven,
    Page,
    asked_once,
    link_given,
    new_router,
    route,
    who,
)
from api.seen import CaseExplained, CaseListed, DecisionSeen, PupilNamed, decision_seen, listed
from api.shapes import Shape
from attendance.authorities import AUTHORITIES
from attendance.cases import Intervention, Notice
from attendance.events import DecisionMade
from attendance.facts import Decision
from attendance.identifiers import pupil_id, upn_problem
from attendance.law import academic_year
from attendance.published import Value
from attendance.settings import Action
from attendance.text import london
from aws.cases import CaseAsSeen, Changed, Step
from aws.clock import now, today
from aws.keys import school_prefix

router = new_router()

State = Literal["gathering", "settled", "lapsed"]
Sort = Literal["opened_on", "-opened_on", "prosecute_by", "-prosecute_by"]
_CASE: Final = r"^[A-Z2-7]{26}-[0-9]{3}-[0-9]{1,4}$"
CaseId = Annotated[str, Path(pattern=_CASE, description="A case", examples=["AAAAAAAAAAAAAAAAAAAAAAAAAA-886-1"])]
CaseAsked = Annotated[str, Query(pattern=_CASE, description="A case", examples=["AAAAAAAAAAAAAAAAAAAAAAAAAA-886-1"])]
DecisionId = Annotated[str, Path(pattern=r"^[A-Z2-7]{26}-[0-9]{3}-[0-9a-zA-Z]{1,64}$", description="A decision")]
Folder = Literal[
    "notices", "packs", "papers", "reminders", "returns", "schedules", "told", "withdrawals"
]  # fmt: skip


class CasesPage(Page):
    """Cases of an authority in one state."""

    cases: list[CaseListed]


class CaseCounts(Shape):
    """How many cases an authority has in each state."""

    gathering: int
    settled: int
    lapsed: int


class DecisionAsked(Shape):
    """A decision about a case, or about a pupil of a school where no case is open.

    Give `case`, or `la`, `urn` and `upn`. What the actions ask for is in docs/input.md, decisions.csv. Who decides is not said:
    it is the officer of the grant.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "case": "AAAAAAAAAAAAAAAAAAAAAAAAAA-886-1",
                    "action": "authorise_penalty_notice",
                    "parent_id": "P1",
                    "ground": "support_not_appropriate",
                    "reason": "A holiday in term, refused before it began",
                }
            ]
        },
    )

    case: str | None = Field(default=None, pattern=_CASE)
    la: str | None = Field(default=None, pattern=r"^[0-9]{3}$")
    urn: str | None = Field(default=None, pattern=r"^[0-9]{6}$")
    upn: str | None = Field(default=None, max_length=13)
    action: Action
    parent_id: str | None = Field(default=None, max_length=100)
    notice: str | None = Field(default=None, max_length=20)
    ground: str | None = Field(default=None, max_length=60)
    reason: str | None = Field(default=None, max_length=4000)
    amount_pence: int | None = Field(default=None, ge=1, le=10_000_000)
    until: date | None = None
    sessions: tuple[Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}/(AM|PM)$")], ...] = Field(
        default=(), max_length=400
    )
    address_as: Literal["own", "school", "authority"] | None = None
    why_parent: str | None = Field(default=None, max_length=4000)
    support_sufficient: str | None = Field(default=None, max_length=4000)
    best_tool: str | None = Field(default=None, max_length=4000)
    equality_act: str | None = Field(default=None, max_length=4000)
    public_interest: str | None = Field(default=None, max_length=4000)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        place = (self.la, self.urn, self.upn)
        if (self.case is None) != all(place) or (self.case is not None and any(place)):
            raise ValueError("give case, or la, urn and upn")
        if self.upn is not None and upn_problem(self.upn):
            raise ValueError("the upn is none")
        return self


class DecisionRecorded(Shape):
    """A decision that is recorded, and where its outcome can be asked for."""

    decision: str = Field(examples=["AAAAAAAAAAAAAAAAAAAAAAAAAA-886-159571d932b646dbfa0a09ae"])
    decision_url: str = Field(examples=["/v1/decisions/AAAAAAAAAAAAAAAAAAAAAAAAAA-886-159571d932b646dbfa0a09ae"])


class DecisionAnswered(DecisionSeen):
    """A decision with its outcome, by the name that the API gave it."""

    decision_url: str


class DocumentSeen(Shape):
    """A document in the authority's bucket."""

    folder: str
    name: str
    bytes: int
    written_at: datetime
    link_url: str = Field(description="Where a link to it is given")


class Documents(Shape):
    """The documents of a case."""

    documents: list[DocumentSeen]


class DocumentsPage(Page):
    """A page of documents."""

    documents: list[DocumentSeen]


class AnnualFigures(Shape):
    """The annual collection of an authority, by the names of the Department's variables."""

    la: str
    year: int
    recorded_elsewhere: int = Field(description="Notices of others that officers recorded: not in the figures")
    figures: dict[str, Value]


# ------------------------------------------------------------------ cases


@route(
    router, "GET", "/v1/cases", scope="cases:read", tag="cases", gives=CasesPage, says="A page of cases",
    problems=("cursor-broken",), summary="The cases of an authority", compress=True,
)  # fmt: skip
def list_cases(
    la: LaAsked,
    state: Annotated[State, Query(description="Their state")] = "gathering",
    school: Annotated[str | None, Query(pattern=r"^[0-9]{6}$", description="Of this school only")] = None,
    sort: Annotated[Sort, Query(description="By which day; `-`: the latest first")] = "opened_on",
    limit: Limit = PAGE,
    cursor: CursorAsked = None,
) -> CasesPage:
    """An officer's queue: the cases of one state, by the day on which they opened or by which proceedings must begin."""
    principal = who(router)
    principal.officer(la)
    doors, query = wired(), ["cases", la, state, school, sort]
    begin = cursors.position(cursor, query, doors.secret)
    by, latest_first = sort.removeprefix("-"), sort.startswith("-")
    if school is None:
        found, after = doors.cases.queue(la, state, by, latest_first=latest_first, limit=limit, after=begin)
    else:
        found, after = _at_school(la, school, state, by, latest_first, limit, begin)
    principal.read("cases", la=la, school=school or "every")
    names, settings = _names(found), doors.settings.on(la, today())
    schools = {urn: doors.schools.named(urn) for urn in {each.case.urn for each in found}}
    page = [
        CaseListed.model_validate(listed(each, names[each.case.id], schools[each.case.urn], settings)) for each in found
    ]
    return CasesPage(cases=page, next=cursors.cursor(after, query, doors.secret) if after else None)


@route(
    router, "GET", "/v1/cases/counts", scope="cases:read", tag="cases", gives=CaseCounts, says="The counts",
    summary="How many cases an authority has",
)  # fmt: skip
def count_cases(la: LaAsked) -> CaseCounts:
    """The lengths of an officer's queues."""
    who(router).officer(la)
    cases = wired().cases
    return CaseCounts(**{state: cases.number(la, state) for state in CaseCounts.model_fields})


def _at_school(
    la: str, urn: str, state: str, by: str, latest_first: bool, limit: int, begin: Any
) -> tuple[list[CaseAsSeen], dict[str, str] | None]:
    every = [each for each in wired().cases.cases_at(la, urn) if each.case.state == state]

    def place(each: CaseAsSeen) -> tuple[str, str]:
        return str(getattr(each.case, by) or ""), each.case.id

    every.sort(key=place, reverse=latest_first)
    if begin:
        last = (begin["by"], begin["case"])
        every = [each for each in every if (place(each) < last if latest_first else place(each) > last)]
    page = every[:limit]
    if len(every) <= limit:
        return page, None
    by_value, case = place(page[-1])
    return page, {"by": by_value, "case": case}


def _names(found: Sequence[CaseAsSeen]) -> dict[str, PupilNamed]:
    """The pupils of some cases as their schools' rolls have them; each roll is read once."""
    rolls = {place: wired().registers.roll(*place) for place in {(each.case.la, each.case.urn) for each in found}}
    named = {}
    for each in found:
        case = each.case
        row = rolls[case.la, case.urn].pupils.get(case.upn)
        surname, forename = (row.surname, row.forename) if row else ("", "")
        named[case.id] = PupilNamed(pupil=case.pupil, upn=case.upn, surname=surname, forename=forename)
    return named


@route(
    router, "GET", "/v1/cases/<case>", scope="cases:read", tag="cases", gives=CaseExplained,
    says="The case; its `ETag` is the If-Match of a decision", summary="One case, explained", compress=True,
    headers={"ETag": {"description": "Names this state of the case", "schema": {"type": "string"}}},
)  # fmt: skip
def explain_case(case: CaseId) -> Response[CaseExplained]:
    """Why the case is open, what was tried, what stands, what may be done now for which parent, and why not."""
    from api.explained import explained

    principal = who(router)
    seen = _case_of(case)
    la, pupil = seen.case.la, seen.case.pupil
    officer = principal.officer(la)
    doors = wired()
    read = doors.cases.of_pupil(la, pupil)
    facts = doors.pupils.seen(la, pupil, seen.case.upn, seen.case.urn, read, today()).facts
    story = explained(seen, facts, doors.cases.steps(la, pupil), officer)
    principal.read("case", la=la, case=case)
    return Response(200, "application/json", story, {"etag": f'"{seen.tag}"'})


def _case_of(name: str) -> CaseAsSeen:
    """A case by its name, if it is of an authority of the officer's."""
    pupil, la, n = name.split("-")
    who(router).officer(la)
    seen = wired().cases.case(la, pupil, int(n))
    if seen is None:
        raise Problem("not-found")
    return seen


# ------------------------------------------------------------------ decisions


@route(
    router, "POST", "/v1/decisions", scope="cases:decide", tag="decisions", gives=DecisionRecorded, status=202,
    says="Recorded, to be carried out: ask `decision_url` for the outcome", summary="Decide",
    problems=("body-unreadable", "media-type", "changed", "version-missing"),
)  # fmt: skip
def record_decision(
    asked: Annotated[DecisionAsked, Body()],
    key: IdempotencyKey,
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", max_length=60, description="The ETag of the case; needed where `case` is given"),
    ] = None,
) -> DecisionRecorded:
    """Record a decision in the officer's name. Whether the ladder allows it is said by its outcome, with the provision.

    Two officers who decide on the same state of a case at once: the second is answered 412, and looks again.
    """
    doors = wired()
    if asked.case:
        seen = _case_of(asked.case)
        la, urn, upn, pupil = seen.case.la, seen.case.urn, seen.case.upn, seen.case.pupil
        if if_match is None:
            raise Problem("version-missing")
    else:
        seen = None
        la, urn, upn = str(asked.la), str(asked.urn), str(asked.upn)
        pupil = pupil_id(upn, doors.secret)
    officer = who(router).officer(la)
    once = asked_once(router, key, [asked.model_dump(mode="json"), if_match])
    at = london(once.at)
    name = hashlib.sha256(f"decision {once.name}".encode()).hexdigest()[:24]
    decision = Decision(
        id=name, row=at.hour * 3600 + at.minute * 60 + at.second, on=at.date(), la=la, urn=urn, upn=upn, by=officer,
        **asked.model_dump(exclude={"case", "la", "urn", "upn"}),
    )  # fmt: skip
    before = doors.cases.step(la, pupil, name)
    if before is None:
        _record(pupil, decision, seen, if_match)
    elif before.decision.model_copy(update={"on": decision.on, "row": decision.row}) != decision:
        raise Problem("key-reused")  # the key was forgotten meanwhile, what was decided under it was not
    # Sent also when it was recorded before: whoever died between the two left it unsent.
    doors.to_notices.send(DecisionMade(la=la, pupil=pupil, decision=name, correlation_id=name), told="decided")
    given = f"{pupil}-{la}-{name}"
    return DecisionRecorded(decision=given, decision_url=f"/v1/decisions/{given}")


def _record(pupil: str, decision: Decision, seen: CaseAsSeen | None, if_match: str | None) -> None:
    if seen is None:
        wired().cases.decide(pupil, decision)
        return
    if if_match is None or if_match.removeprefix("W/").strip('"') != seen.tag:
        raise Problem("changed", headers={"etag": f'"{seen.tag}"'})
    try:
        wired().cases.decide_on(pupil, decision, seen)
    except Changed:
        if wired().cases.step(decision.la, pupil, decision.id) is None:
            raise Problem("changed") from None


@route(
    router, "GET", "/v1/decisions/<decision>", scope="cases:read", tag="decisions", gives=DecisionAnswered,
    says="The decision; `outcome` is null while it waits", summary="What became of a decision",
)  # fmt: skip
def decision_outcome(decision: DecisionId) -> DecisionAnswered:
    """Done, refused (with its provision), expired, or not carried out yet."""
    pupil, la, name = decision.split("-")
    who(router).officer(la)
    step: Step | None = wired().cases.step(la, pupil, name)
    if step is None:
        raise Problem("not-found")
    who(router).read("decision", la=la, decision=decision)
    said = decision_seen(step).model_dump()
    return DecisionAnswered(**{**said, "decision": decision}, decision_url=f"/v1/decisions/{decision}")


# ------------------------------------------------------------------ documents


@route(
    router, "GET", "/v1/documents", scope="documents:read", tag="documents", gives=Documents, says="The documents",
    summary="The documents of a case",
)  # fmt: skip
def list_documents(case: CaseAsked) -> Documents:
    """Notices with their schedules, records, withdrawals and reminders, and the papers that were prepared for the case."""
    principal, seen, doors, at = who(router), _case_of(case), wired(), now()
    la, pupil = seen.case.la, seen.case.pupil
    references = [n.reference for n in doors.cases.of_pupil(la, pupil).notices if n.case == case and n.issuer is None]
    prefixes = [
        f"{folder}/{reference}"
        for reference in sorted(references)
        for folder in ("notices", "schedules", "withdrawals", "reminders")
    ]
    prefixes += [
        f"papers/{step.prepared.kind}-{step.decision.id}"
        for step in doors.cases.steps(la, pupil)
        if step.prepared and step.prepared.case == case
    ]
    found = [
        _document(la, each.key, each.bytes, each.written_at)
        for prefix in prefixes
        for each in doors.links.documents(principal.subject, la, prefix, at)
    ]
    principal.read("documents", la=la, case=case)
    return Documents(documents=found)


@route(
    router, "GET", "/v1/documents/<la>/<folder>/<name>", scope="documents:read", tag="documents", gives=LinkGiven,
    says="A link to the document", summary="One document",
)  # fmt: skip
def link_document(
    la: La, folder: Annotated[Folder, Path(description="Documents of one kind")], name: FileName
) -> LinkGiven:
    """A link to the document, good for five minutes, in the version that was written."""
    principal = who(router)
    principal.officer(la)
    given = link_given(wired().links.to_read(principal.subject, la, f"{folder}/{name}", now()))
    principal.read("document", la=la, document=f"{folder}/{name}")
    return given


@route(
    router, "GET", "/v1/packs", scope="documents:read", tag="documents", gives=DocumentsPage, says="A page of packs",
    problems=("cursor-broken",), summary="The packs of an authority's meetings with schools",
)  # fmt: skip
def list_packs(la: LaAsked, limit: Limit = PAGE, cursor: CursorAsked = None) -> DocumentsPage:
    """The packs for Targeting Support Meetings, in order of school and term."""
    principal = who(router)
    principal.officer(la)
    doors, query = wired(), ["packs", la]
    begin = cursors.position(cursor, query, doors.secret)
    after = begin["after"] if begin else ""
    found = doors.links.documents(principal.subject, la, "packs/", now(), after=after, limit=limit + 1)
    page = [_document(la, each.key, each.bytes, each.written_at) for each in found[:limit]]
    more = cursors.cursor({"after": found[limit - 1].key}, query, doors.secret) if len(found) > limit else None
    return DocumentsPage(documents=page, next=more)


def _document(la: str, key: str, size: int, at: datetime) -> DocumentSeen:
    folder, _, name = key.partition("/")
    return DocumentSeen(folder=folder, name=name, bytes=size, written_at=at, link_url=f"/v1/documents/{la}/{key}")


@route(
    router, "GET", "/v1/annual-return", scope="documents:read", tag="documents", gives=AnnualFigures,
    says="The figures", summary="The annual return of an authority",
)  # fmt: skip
def annual_figures(
    la: LaAsked,
    year: Annotated[
        int | None, Query(ge=2024, le=2100, description="The academic year, by the year in which it begins")
    ] = None,
) -> AnnualFigures:
    """Each penalty notice issued in the year under one reason and one outcome, and other measures, as known now."""
    from attendance.annual import annual_return

    who(router).officer(la)
    doors = wired()
    notices: list[Notice] = []
    interventions: list[Intervention] = []
    for urn in (each.removeprefix("urn=") for each in doors.positions.folders(school_prefix(la, "").split("urn=")[0])):
        items = doors.cases.of_school(la, urn)
        notices += [n for by_pupil in items.notices.values() for n in by_pupil if n.la == la]
        interventions += [each for steps in items.interventions.values() for each in steps if each.la == la]
    chosen = academic_year(today()) if year is None else year
    figures = annual_return(la, AUTHORITIES.get(la, ""), chosen, notices, interventions, None)
    return AnnualFigures(
        la=la, year=chosen, recorded_elsewhere=figures.recorded_elsewhere, figures=figures.row()
    )  # fmt: skip
