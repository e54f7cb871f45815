"""Cases and decisions as an officer reads them: the words of the answers, and those that need no rule to be said."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from pydantic import Field

from api.shapes import Shape
from attendance.cases import Case, Proposal
from attendance.settings import Action, Settings
from attendance.standing import MarkedSession, MetAt
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


def decision_seen(step: Step) -> DecisionSeen:
    """A decision and its outcome."""
    made = step.decision
    return DecisionSeen(
        decision=made.id, on=made.on, by=made.by, action=made.action, parent_id=made.parent_id, ground=made.ground,
        reason=made.reason, outcome=step.outcome, because=step.because, provision=step.provision,
        reference=step.reference, warnings=list(step.made.warnings) if step.made else [],
    )  # fmt: skip
