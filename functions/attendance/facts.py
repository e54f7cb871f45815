"""What a decision is, what it rests on, and what it gives: the words of the ladder (design 4.4, 4.5, 5.3)."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from attendance.cases import Case, Intervention, Notice, Recipient
from attendance.due import Return
from attendance.identifiers import person_id
from attendance.law import PROVISIONS
from attendance.people import Person, near_matches
from attendance.sessions import Session
from attendance.settings import Action, Settings
from attendance.standing import Frozen, MarkedSession, Standing
from attendance.text import canonical_json

if TYPE_CHECKING:
    from attendance.positions import Assessor
    from attendance.roll import Parent, Pupil

BY_ITSELF = "by_itself"


class Decision(Frozen):
    """What an officer decided: one row of `decisions.csv`, or one request of the API."""

    id: str
    row: int
    on: date
    la: str
    urn: str
    upn: str
    parent_id: str | None = None
    action: Action
    by: str
    notice: str | None = None
    ground: str | None = None
    reason: str | None = None
    amount_pence: int | None = None
    until: date | None = None
    sessions: tuple[str, ...] = ()
    address_as: Literal["own", "school", "authority"] | None = None
    why_parent: str | None = None
    support_sufficient: str | None = None
    best_tool: str | None = None
    equality_act: str | None = None
    public_interest: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why the ladder does not allow a decision that day, and the provision it rests on."""

    because: str
    provision: str


class Refused(Exception):
    """Carries a refusal from where it is found to `decide`."""

    def __init__(self, because: str, provision: str) -> None:
        super().__init__(because)
        self.refusal = Refusal(because, PROVISIONS[provision].citation)


@dataclass(frozen=True)
class Verdict:
    """An officer's word on whether two persons of one pupil are one."""

    one: str
    other: str
    same: bool


@dataclass(frozen=True)
class Persons:
    """The persons of one pupil: who is the same as whom by an officer's word, and who is still unclear."""

    verdicts: tuple[Verdict, ...] = ()

    def canonical(self, person: str) -> str:
        """The name under which all histories of one person are found: the least of those said to be the same."""
        group = {person}
        grown = True
        while grown:
            more = {p for v in self.verdicts if v.same and {v.one, v.other} & group for p in (v.one, v.other)}
            grown = not more <= group
            group |= more
        return min(group)

    def unclear(self, people: Sequence[tuple[str, Person]]) -> frozenset[str]:
        """The persons who may be one with another, as long as no officer has said."""
        ids = {(p.urn, p.parent_id): name for name, p in people}
        pairs = [(a, b) for a, b, _, said in self.near(people) if said is None]
        return frozenset(ids[p.urn, p.parent_id] for pair in pairs for p in pair)

    def near(self, people: Sequence[tuple[str, Person]]) -> list[tuple[Person, Person, str, bool | None]]:
        """Every two persons who may be one, why, and whether an officer said that they are; None while nobody did."""
        said = {frozenset((v.one, v.other)): v.same for v in self.verdicts}
        ids = {(p.urn, p.parent_id): name for name, p in people}
        return [
            (a, b, reason, said.get(frozenset((ids[a.urn, a.parent_id], ids[b.urn, b.parent_id]))))
            for a, b, reason in near_matches(p for _, p in people)
        ]


@dataclass(frozen=True)
class Place:
    """The school as a document names it."""

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """All that a decision about one pupil rests on, as known now."""

    today: date
    known_at: datetime
    """The latest receipt among all registers and rolls read, other schools' too: what was received by then gives them again."""
    la: str
    urn: str
    pupil: str
    school: Place
    settings: Settings | None
    assessor: "Assessor"
    standing: Standing
    cases: tuple[Case, ...]
    notices: tuple[Notice, ...]
    elsewhere: tuple[Notice, ...]
    persons: Persons
    unclear: frozenset[str]
    evidence: Callable[[Sequence[Session]], str]
    secret: bytes
    parts: tuple[str, ...] = ()
    """The names of all parts that those registers and rolls were folded from."""
    before: tuple[Case, ...] = ()
    """The pupil's cases in an authority that the school belonged to before: what they settled is considered."""
    school_la: str | None = None
    """The authority that the directory says the school belongs to now."""
    forgotten: tuple[Case, ...] = ()
    """Cases that left nothing but their number: a new case takes it over, and is written upon their version."""

    @property
    def every_notice(self) -> tuple[Notice, ...]:
        """The authority's notices and all others': a session is used whoever used it."""
        return (*self.notices, *self.elsewhere)

    @property
    def pupil_row(self) -> "Pupil | None":
        """The pupil as the roll has them."""
        return self.assessor.view.roll.pupils.get(self.standing.position.upn)

    def person(self, parent_id: str, urn: str | None = None) -> str:
        """The person that a parent of this pupil is."""
        return person_id(self.pupil, urn or self.urn, parent_id, self.secret)


@dataclass(frozen=True)
class Reservation:
    """A notice as reserved: the record that will lie beside the PDF, and what else its page prints."""

    notice: Notice
    record: Mapping[str, Any]
    printed: Mapping[str, Any]


class Consideration(Frozen):
    """One question an authorisation answers, by the officer's own words or, without them, by what the record says."""

    question: str
    answer: str
    said_by: Literal["officer", "record"]


class Authorisation(Frozen):
    """Why a penalty notice was authorised: the ground, this parent, and what was considered (WTISA ch. 6)."""

    ground: str | None
    reason: str | None
    considered: tuple[Consideration, ...]


PaperKind = Literal["certificate", "attendance_contract", "case_bundle"]
"""What an officer may have prepared: the ground of `prepare_document`."""


class Withdrawn(Frozen):
    """The written record of a withdrawal, and what is to be paid back (SI 2007/1867 regs 8 and 20)."""

    reference: str
    kind: Literal["withdrawal"] = "withdrawal"
    la: str
    urn: str
    upn: str
    parent_id: str
    case: str | None
    issued_on: date
    withdrawn_on: date
    ground: str
    reason: str | None
    withdrawn_by: Mapping[str, str]
    received_pence: int
    refund_pence: int
    sessions: tuple[MarkedSession, ...]
    provisions: tuple[str, ...]
    settings_version: str
    software: str


PAPER_RULES: Mapping[PaperKind, str] = MappingProxyType(
    {"certificate": "certificate", "attendance_contract": "attendance_contract", "case_bundle": "proceedings"}
)
"""The provision under which each paper is prepared."""


class Prepared(Frozen):
    """A paper that an officer asks for: which, and of which case (None: of none)."""

    kind: PaperKind
    case: str | None
    notice: str | None = None

    @property
    def rule(self) -> str:
        """The name of the provision under which it is prepared."""
        return PAPER_RULES[self.kind]


class Move(Frozen):
    """One thing that a step moved: a parent's way in a case, or a notice, from one rung of the ladder to another."""

    about: str
    was: str
    became: str


class Made(Frozen):
    """What makes a step a record: when it was carried out, on what was known, under which provision, what it moved."""

    on: date
    known_at: datetime
    provision: str
    moves: tuple[Move, ...] = ()
    evidence_sha256: str | None = None
    warnings: tuple[str, ...] = ()
    authorisation: Authorisation | None = None


@dataclass(frozen=True)
class Outcome:
    """What a decision changes: cases and notices as they become, a reservation to write, a verdict on persons.

    `rows` are the time limits of the notices that changed and what others are told; `made` is what the step keeps of it.
    """

    cases: tuple[Case, ...] = ()
    notices: tuple[Notice, ...] = ()
    reservation: Reservation | None = None
    verdicts: tuple[Verdict, ...] = ()
    intervention: Intervention | None = None
    withdrawn: Withdrawn | None = None
    prepared: Prepared | None = None
    page: Mapping[str, Any] | None = None
    """The page of a letter or paper that the step brings, beside a notice: written from this alone."""
    warnings: tuple[str, ...] = ()
    authorisation: Authorisation | None = None
    rows: tuple[Return, ...] = ()
    made: Made | None = None


def decision_id(row: int, values: Mapping[str, str]) -> str:
    """The name of a decision, the same whenever the same row is read."""
    return hashlib.sha256(canonical_json([row, dict(values)]).encode()).hexdigest()[:24]


def recipient_of(parent: "Parent") -> Recipient:
    """Who a notice goes to, as it is kept with the notice."""
    return Recipient(
        surname=parent.surname, forename=parent.forename, date_of_birth=parent.date_of_birth, postcode=parent.postcode,
        email=parent.email or "",
    )  # fmt: skip


def persons_of(pupil: str, urn: str, parents: Sequence["Parent"]) -> list[Person]:
    """The parents whom a school gives for a pupil, as they are compared."""
    return [
        Person(
            pupil=pupil, urn=urn, parent_id=parent.parent_id, surname=parent.surname, forename=parent.forename,
            title=parent.title, date_of_birth=parent.date_of_birth, postcode=parent.postcode, email=parent.email or "",
        )
        for parent in parents
    ]  # fmt: skip


def people_known(
    pupil: str, urn: str, parents: Sequence["Parent"], notices: Sequence[Notice], secret: bytes
) -> list[tuple[str, Person]]:
    """The persons of one pupil with their names in our keys: a school's parents, and whoever another school's notices went to."""
    found: dict[str, Person] = {}
    for person in _people(pupil, urn, parents, notices):
        found.setdefault(person_id(pupil, person.urn, person.parent_id, secret), person)
    return sorted(found.items())


def some_unclear(
    pupil: str, urn: str, parents: Sequence["Parent"], notices: Sequence[Notice], persons: Persons, secret: bytes
) -> bool:
    """Whether two of these may be one person, and no officer said; their names are made only if two are near each other."""
    if not near_matches(_people(pupil, urn, parents, notices)):
        return False
    return bool(persons.unclear(people_known(pupil, urn, parents, notices, secret)))


def _people(pupil: str, urn: str, parents: Sequence["Parent"], notices: Sequence[Notice]) -> list[Person]:
    return [
        *persons_of(pupil, urn, parents),
        *(
            Person(pupil=pupil, urn=notice.urn, parent_id=notice.parent_id, **notice.recipient.model_dump())
            for notice in notices
            if notice.recipient and notice.urn != urn
        ),
    ]
