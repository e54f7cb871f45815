"""A case as an officer reads it: why it is open, what was tried, what stands, and what may be done now for whom, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

from pydantic import Field

from api.shapes import Shape
from attendance.asked import BLOCKER_REMEDY, met_by
from attendance.cases import Case, Met, Notice, Proposal
from attendance.codes import UNAUTHORISED
from attendance.decisions import decide
from attendance.facts import Decision, Facts, Refusal, people_known
from attendance.ladder import rung, rung_of_notice
from attendance.law import PROVISIONS
from attendance.marks import CODE_ORDER, session_of
from attendance.money import money
from attendance.sessions import HALVES, Session, monday
from attendance.settings import Action, Settings
from attendance.standing import HARD_BLOCKERS, MarkedSession, MetAt, window_ending
from aws.cases import CaseAsSeen, Step


class PupilNamed(Shape):
    """A pupil as the school's roll has them; blank where the school sent no roll."""

    pupil: str = Field(
        description="The name without a UPN: good in an address", examples=["AAAAAAAAAAAAAAAAAAAAAAAAAA"]
    )
    upn: str
    surname: str = ""
    forename: str = ""


Alert = Literal["amended_after_issue", "awaiting_referral", "awaiting_authorisation"]


class CaseListed(Shape):
    """A case in a list."""

    case: str
    la: str
    urn: str
    school_name: str
    pupil: PupilNamed
    state: Literal["gathering", "settled", "lapsed"]
    opened_on: date
    met_at: MetAt | None
    provisional: bool
    sessions: int = Field(description="How many sessions it considers")
    proposal: Proposal
    referred: bool
    documents: int = Field(description="How many notices were issued in it")
    prosecute_by: date | None
    settled_on: date | None
    settled_by: str | None
    amended_after_issue: bool
    alerts: list[Alert] = Field(description="What an officer must look at")
    etag: str = Field(description="Names this state of the case: If-Match of a decision", examples=["3.0"])


class SessionSeen(Shape):
    """A session of the weeks: the code in force, `-` no mark, `.` not held; whether it counts, or a notice used it."""

    date: date
    session: str
    code: str
    counts: bool
    used: bool


class WeekSeen(Shape):
    """A school week, by its Monday."""

    week: date
    counted: int
    sessions: list[SessionSeen]


class RuleSeen(Shape):
    """A rule with where it comes from."""

    rule: str
    says: str
    citation: str


class SupportSeen(Shape):
    """A step of support, and what came of it."""

    on: date
    kind: str
    description: str
    outcome: str
    parent_id: str | None


class NoticeSeen(Shape):
    """A notice and where it stands."""

    reference: str
    kind: str
    case: str | None
    parent_id: str
    issued_on: date
    rung: str
    sequence: int | None
    amount_pence: int | None
    reduced_amount_pence: int | None
    reduced_until: date | None
    pay_by: date | None
    prosecute_by: date | None
    improvement_from: date | None
    improvement_until: date | None
    received_pence: int
    due_pence: int
    refund_pence: int
    issuer: str | None
    sessions: list[MarkedSession]


class NoticeElsewhere(Shape):
    """A notice of another authority about this pupil: that it was issued, and whether it stands; nothing else."""

    la: str
    kind: str
    issued_on: date
    standing: str


class BlockerSeen(Shape):
    """What stands between the threshold and a notice."""

    blocker: str
    hard: bool
    to_do: str


class Possible(Shape):
    """Something an officer may ask for, and whether the ladder would allow it now."""

    action: Action
    ground: str | None = None
    notice: str | None = None
    allowed: bool
    needs: list[str] = Field(default_factory=list, description="What must be given with it, as `reason`")
    may: list[str] = Field(default_factory=list, description="What may be given with it besides")
    because: str | None = None
    provision: str | None = None


class ParentSeen(Shape):
    """A parent as the school gives them, where they stand in the case, and what is possible."""

    parent_id: str
    name: str
    relationship: str
    lives_with_pupil: bool
    has_address: bool
    unclear: bool = Field(description="May be one person with another parent of the pupil: an officer must say")
    rung: str
    possible: list[Possible]


class NearMatch(Shape):
    """Two persons of this pupil who may be one, as `urn/parent_id`: what `parent_same` or `parent_different` names."""

    one: str
    other: str
    because: str
    same: bool | None = Field(description="What an officer said; null while nobody did")


class DecisionSeen(Shape):
    """A decision and what became of it; no outcome: still to be carried out."""

    decision: str
    on: date
    by: str
    action: Action
    parent_id: str | None
    ground: str | None
    reason: str | None
    outcome: Literal["done", "refused", "expired"] | None
    because: str | None
    provision: str | None
    reference: str | None
    warnings: list[str] = Field(default_factory=list)


class CaseExplained(CaseListed):
    """A case with all that an officer decides on."""

    date_of_birth: date | None
    met: bool = Field(description="Whether the threshold is met by the register as known now")
    weeks: list[WeekSeen]
    considered: list[MarkedSession]
    rules: list[RuleSeen]
    support: list[SupportSeen]
    notices: list[NoticeSeen]
    elsewhere: list[NoticeElsewhere]
    blockers: list[BlockerSeen]
    flags: list[str]
    parents: list[ParentSeen]
    near_matches: list[NearMatch] = Field(description="Persons who may be one: an officer says whether they are")
    possible: list[Possible] = Field(description="What is possible in the case, whoever the parent")
    decisions: list[DecisionSeen]


def named(facts: Facts) -> PupilNamed:
    """The pupil as the roll has them."""
    row = facts.pupil_row
    upn = facts.standing.position.upn
    return PupilNamed(
        pupil=facts.pupil, upn=upn, surname=row.surname if row else "", forename=row.forename if row else ""
    )


def listed(seen: CaseAsSeen, pupil: PupilNamed, school_name: str, settings: Settings | None) -> dict[str, Any]:
    """What a list says of a case."""
    case = seen.case
    return {
        "case": case.id, "la": case.la, "urn": case.urn, "school_name": school_name,
        "pupil": pupil, "state": case.state, "opened_on": case.opened_on,
        "met_at": case.met_at, "provisional": case.provisional, "sessions": len(case.considered),
        "proposal": case.proposal, "referred": case.referred, "documents": case.documents,
        "prosecute_by": case.prosecute_by, "settled_on": case.settled_on, "settled_by": case.settled_by,
        "amended_after_issue": case.amended_after_issue, "alerts": list(_alerts(case, settings)), "etag": seen.tag,
    }  # fmt: skip


def _alerts(case: Case, settings: Settings | None) -> Iterator[Alert]:
    """A document that the register no longer bears out; a route proposed that only an officer can go, or a school refer."""
    if case.amended_after_issue:
        yield "amended_after_issue"
    if case.state == "gathering" and case.proposal.route != "support" and settings is not None:
        referred = case.referred or settings.referral == "not_required"
        if not referred:
            yield "awaiting_referral"
        elif not case.provisional and not (case.documents and case.proposal.route == "notice_to_improve"):
            yield "awaiting_authorisation"


def explained(seen: CaseAsSeen, facts: Facts, steps: Sequence[Step], officer: str) -> CaseExplained:
    """The case as it stands, with what the ladder would say to this officer today."""
    case, row = seen.case, facts.pupil_row
    met = met_by(case, facts)
    roll = facts.assessor.view.roll
    mine = [n for n in facts.notices if n.standing != "expired"]
    support = roll.support.get(case.upn, ())
    return CaseExplained(
        **listed(seen, named(facts), facts.school.name, facts.settings),
        date_of_birth=row.date_of_birth if row else None,
        met=met is not None,
        weeks=list(_weeks(case, facts)),
        considered=list(case.considered),
        rules=list(_rules(case, facts)),
        support=[
            SupportSeen(on=s.day, kind=s.kind, description=s.description, outcome=s.outcome, parent_id=s.parent_id)
            for s in sorted(support, key=lambda s: (s.day, s.kind, s.parent_id or ""))
        ],
        notices=[_notice(n, facts.today) for n in mine],
        elsewhere=[
            NoticeElsewhere(la=n.la, kind=n.kind, issued_on=n.issued_on, standing=n.standing) for n in facts.elsewhere
        ],
        blockers=_blockers(case, met, facts),
        flags=list(facts.standing.position.flags),
        parents=list(_parents(case, facts, mine, officer)),
        near_matches=list(_near(case, facts)),
        possible=[_possible(facts, case, officer, None, *each) for each in _OF_THE_CASE],
        decisions=[decision_seen(step) for step in sorted(steps, key=lambda s: (s.decision.on, s.decision.row))],
    )  # fmt: skip


def decision_seen(step: Step) -> DecisionSeen:
    """A decision and its outcome."""
    made = step.decision
    return DecisionSeen(
        decision=made.id, on=made.on, by=made.by, action=made.action, parent_id=made.parent_id, ground=made.ground,
        reason=made.reason, outcome=step.outcome, because=step.because, provision=step.provision,
        reference=step.reference, warnings=list(step.made.warnings) if step.made else [],
    )  # fmt: skip


def _weeks(case: Case, facts: Facts) -> Iterator[WeekSeen]:
    """The ten school weeks of the threshold; of a case below it, the last ten."""
    weeks = case.weeks or window_ending(facts.standing.weeks, monday(facts.today))
    marks = facts.assessor.marks_of(case.upn)
    codes = {session_of(int(n)): CODE_ORDER[int(c)] for n, c in zip(marks.at, marks.code, strict=True)}
    elsewhere = {each.session: each.code for each in facts.standing.counted}
    used = {each.at for n in facts.every_notice if n.uses_sessions and n.case != case.id for each in n.sessions}
    for week in weeks:
        days = (week + timedelta(days=n) for n in range(7))
        sessions = []
        for session in (Session(day, half) for day in days for half in HALVES):
            code = codes.get(session) or elsewhere.get(session)
            if code is None:
                if session not in facts.assessor.held_set:
                    continue
                code = "-"
            counts = session in elsewhere and session not in used
            sessions.append(
                SessionSeen(
                    date=session.day, session=session.half, code=code, counts=counts,
                    used=session in used and code in UNAUTHORISED,
                )
            )  # fmt: skip
        yield WeekSeen(week=week, counted=sum(each.counts for each in sessions), sessions=sessions)


_ALWAYS: Final = ("threshold", "school_week", "support_first", "limit")


def _rules(case: Case, facts: Facts) -> Iterator[RuleSeen]:
    names = [*_ALWAYS, *(["n_code"] if any(each.code == "N" for each in case.considered) else [])]
    if any(n.uses_sessions for n in facts.every_notice):
        names.append("used_sessions")
    for name in names:
        yield RuleSeen(rule=name, says=PROVISIONS[name].says, citation=PROVISIONS[name].citation)


def _notice(notice: Notice, today: date) -> NoticeSeen:
    paid = money(notice, today)
    same: dict[str, Any] = {name: getattr(notice, name) for name in NoticeSeen.model_fields if hasattr(notice, name)}
    given = {
        "rung": rung_of_notice(notice, today),
        "received_pence": paid.received,
        "due_pence": paid.due,
        "refund_pence": paid.refund,
    }
    return NoticeSeen.model_validate({**same, **given, "sessions": list(notice.sessions)})


def _blockers(case: Case, met: Met | None, facts: Facts) -> list[BlockerSeen]:
    if met is None or not met.weeks:
        return []
    found = facts.assessor.blockers(case.upn, met.weeks, met.sessions, met.provisional, facts.standing.conflict)
    return [BlockerSeen(blocker=name, hard=name in HARD_BLOCKERS, to_do=BLOCKER_REMEDY[name]) for name in found]


def _parents(case: Case, facts: Facts, notices: Sequence[Notice], officer: str) -> Iterator[ParentSeen]:
    roll = facts.assessor.view.roll
    for parent in roll.parents.get(case.upn, ()):
        person = facts.persons.canonical(facts.person(parent.parent_id))
        theirs = [n for n in notices if n.case == case.id and facts.persons.canonical(n.person) == person]
        possible = [_possible(facts, case, officer, parent.parent_id, *each) for each in _TO_A_PARENT]
        for notice in theirs:
            of_kind = _OF_A_NOTICE if notice.kind == "penalty_notice" else _OF_AN_IMPROVEMENT
            possible += [
                _possible(facts, case, officer, parent.parent_id, action, ground, notice.reference)
                for action, ground in of_kind
            ]
        yield ParentSeen(
            parent_id=parent.parent_id, name=parent.name, relationship=parent.relationship,
            lives_with_pupil=parent.lives_with_pupil, has_address=parent.has_address,
            unclear=facts.person(parent.parent_id) in facts.unclear,
            rung=rung(case, person, facts.notices, facts.persons, roll.support.get(case.upn, ()), facts.today),
            possible=possible,
        )  # fmt: skip


def _near(case: Case, facts: Facts) -> Iterator[NearMatch]:
    parents = facts.assessor.view.roll.parents.get(case.upn, ())
    people = people_known(facts.pupil, facts.urn, parents, facts.every_notice, facts.secret)
    for one, other, because, same in facts.persons.near(people):
        yield NearMatch(
            one=f"{one.urn}/{one.parent_id}", other=f"{other.urn}/{other.parent_id}", because=because, same=same
        )


# ------------------------------------------------------------------ what may be done

_OF_THE_CASE: Final[tuple[tuple[Action, str | None], ...]] = (
    ("refer", None), ("no_action", None), ("end_improvement", "improved"), ("end_improvement", "failed"),
    ("end_improvement", "ended_early"), ("release_sessions", None), ("prepare_document", "certificate"),
)  # fmt: skip
_TO_A_PARENT: Final[tuple[tuple[Action, str | None], ...]] = (
    ("issue_notice_to_improve", None), ("authorise_penalty_notice", "support_not_appropriate"),
    ("authorise_penalty_notice", "support_failed"), ("authorise_penalty_notice", "improvement_failed"),
    ("authorise_penalty_notice", "ended_early"), ("prepare_document", "attendance_contract"),
    ("prepare_document", "case_bundle"),
)  # fmt: skip
_OF_A_NOTICE: Final[tuple[tuple[Action, str | None], ...]] = (
    ("served", None), ("returned", None), ("record_payment", None), ("withdraw", "ought_not"),
    ("withdraw", "wrong_person"), ("withdraw", "material_error"), ("withdraw", "not_prosecuting"),
    ("record_prosecution", "guilty"), ("record_prosecution", "not_guilty"), ("record_prosecution", "discontinued"),
)  # fmt: skip
_OF_AN_IMPROVEMENT: Final[tuple[tuple[Action, str | None], ...]] = (
    ("served", None), ("returned", None), ("end_improvement", "improved"), ("end_improvement", "failed"),
    ("end_improvement", "ended_early"),
)  # fmt: skip
# What an action asks for by its nature (docs/input.md, decisions.csv): given when it is tried here, and named in `needs`.
_GIVEN: Final[Mapping[Action, tuple[str, ...]]] = {
    "served": ("until",), "record_payment": ("amount_pence", "until"), "no_action": ("reason",),
    "release_sessions": ("reason",),
}  # fmt: skip


_CONSIDERED: Final = ("why_parent", "support_sufficient", "best_tool", "equality_act", "public_interest")
_MAY: Final[Mapping[Action, tuple[str, ...]]] = {
    "issue_notice_to_improve": ("reason", "address_as", "until"),
    "authorise_penalty_notice": ("reason", "address_as", "sessions", *_CONSIDERED),
    "prepare_document": ("until",),
}
_TRIED: Final = ("reason", "address_as", *_CONSIDERED)
"""What is given for trying where something is missing: what the officer then says is their own."""


def _possible(
    facts: Facts, case: Case, officer: str, parent_id: str | None, action: Action, ground: str | None,
    notice: str | None = None,
) -> Possible:  # fmt: skip
    """What the ladder says to this officer today; where only words are missing, it is allowed and they are named."""
    words: dict[str, Any] = {"until": facts.today, "amount_pence": 1, "reason": "-", "address_as": "school"}
    words |= dict.fromkeys(_CONSIDERED, "-")
    needs = list(_GIVEN.get(action, ()))
    may = ["reason", *_MAY.get(action, ())]
    decision = Decision(
        id="possible", row=0, on=facts.today, la=facts.la, urn=facts.urn, upn=case.upn, parent_id=parent_id,
        action=action, by=officer, notice=notice, ground=ground, **{name: words[name] for name in needs},
    )  # fmt: skip
    said = decide(decision, facts)
    missing: list[str] | None = []
    if isinstance(said, Refusal):
        missing = _missing([name for name in _TRIED if name in may and name not in needs], words, decision, facts)
    needs = [*needs, *missing] if missing is not None else []
    return Possible(
        action=action, ground=ground, notice=notice, allowed=missing is not None, needs=needs,
        may=sorted(set(may) - set(needs)) if missing is not None else [],
        because=said.because if isinstance(said, Refusal) else None,
        provision=said.provision if isinstance(said, Refusal) else None,
    )  # fmt: skip


def _missing(names: Sequence[str], words: Mapping[str, Any], decision: Decision, facts: Facts) -> list[str] | None:
    """Which of these words the decision lacks to be allowed, no more than are needed; None if none would help."""

    def refused(given: Sequence[str]) -> bool:
        return isinstance(
            decide(decision.model_copy(update={name: words[name] for name in given}), facts), Refusal
        )  # fmt: skip

    # An address is tried only where words alone do not help: where the school has none, it would be refused for itself.
    kept = [name for name in names if name != "address_as"]
    if refused(kept):
        kept = list(names)
        if refused(kept):
            return None
    for name in reversed(kept):
        without = [each for each in kept if each != name]
        kept = kept if refused(without) else without
    return kept
