"""Cases: what opens one, what it considers, what settles it, when it lapses, and which route it proposes (design 4.4)."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from attendance.identifiers import case_id
from attendance.law import prosecute_by
from attendance.sessions import Session, monday
from attendance.standing import (
    Counted,
    Frozen,
    MarkedSession,
    MetAt,
    PupilHistory,
    Standing,
    Threshold,
    out_of_sight,
    window_ending,
)

if TYPE_CHECKING:
    from attendance.roll import Support

FAILED_SUPPORT = frozenset({"not_engaged", "declined", "engaged_not_improved"})
Route = Literal["support", "notice_to_improve", "penalty_notice"]


class Proposal(Frozen):
    """The route the system proposes, and why; an officer decides."""

    route: Route
    ground: str | None
    reason: str


class Case(Frozen):
    """One case of one pupil in one authority.

    `considered` grows while the case is gathering and is fixed when it settles; `weeks` are the ten school weeks of the threshold;
    `listed` are the sessions of its first penalty notice, which notices to other parents list too. `met_at` is None for a case
    opened below the threshold by an officer.
    """

    id: str
    la: str
    urn: str
    pupil: str
    upn: str
    n: int
    state: Literal["gathering", "settled", "lapsed", "forgotten"]
    opened_on: date
    met_at: MetAt | None
    provisional: bool
    weeks: tuple[date, ...]
    considered: tuple[MarkedSession, ...]
    proposal: Proposal
    referred: bool = False
    documents: int = 0
    listed: tuple[MarkedSession, ...] = ()
    settled_on: date | None = None
    settled_by: str | None = None
    lapsed_on: date | None = None
    amended_after_issue: bool = False
    version: int = 0

    @property
    def prosecute_by(self) -> date | None:
        """The day by which proceedings must begin, counted from the first session of its threshold window."""
        first = min([each.date for each in self.considered], default=None)
        return prosecute_by(first) if first else None

    @property
    def last_considered(self) -> date | None:
        """The day of the last session it considered; a later case needs a threshold met after it."""
        return max((each.date for each in self.considered), default=None)


class Recipient(Frozen):
    """Who a notice went to, as the school gave them: by this a later school's parent is seen to be near (design 4.6)."""

    surname: str
    forename: str
    date_of_birth: date | None
    postcode: str
    email: str


class Payment(Frozen):
    """Money received for a penalty notice, by the day it was paid (not the day it reached the ledger)."""

    paid_on: date
    pence: int


class Notice(Frozen):
    """One document and all that later happened to it; also a notice issued elsewhere that an officer recorded."""

    reference: str
    kind: Literal["notice_to_improve", "penalty_notice", "excluded_pupil_notice"]
    """An excluded pupil's notice (EIA 2006 s.105) is only ever recorded: it lists no session and counts towards no limit."""
    la: str
    urn: str
    case: str | None
    pupil: str
    person: str
    parent_id: str
    recipient: Recipient | None = None
    attempt: int
    issued_on: date
    sequence: int | None = None
    amount_pence: int | None = None
    reduced_amount_pence: int | None = None
    reduced_until: date | None = None
    pay_by: date | None = None
    presumed_received_on: date | None = None
    sessions: tuple[MarkedSession, ...] = ()
    offence_from: date | None = None
    prosecute_by: date | None = None
    main_reason: Literal["holiday", "late", "other"] | None = None
    improvement_from: date | None = None
    improvement_until: date | None = None
    improvement: Literal["running", "improved", "failed", "ended_early"] | None = None
    standing: Literal["reserved", "stands", "withdrawn", "expired"] = "reserved"
    issuer: str | None = None
    withdrawn_on: date | None = None
    withdrawn_ground: str | None = None
    released: bool = False
    served_on: date | None = None
    returned_on: date | None = None
    payments: tuple[Payment, ...] = ()
    prosecution: Literal["guilty", "not_guilty", "discontinued"] | None = None
    retain_until: date | None = None
    """The day up to which the document is kept, by the settings under which it was issued."""
    version: int = 0

    @property
    def uses_sessions(self) -> bool:
        """Whether its sessions are used: it stands, or was withdrawn and no officer released them (design 4.4)."""
        return self.kind == "penalty_notice" and (
            self.standing in {"reserved", "stands"} or (self.standing == "withdrawn" and not self.released)
        )

    @property
    def counts(self) -> bool:
        """Whether it counts towards two in three years: paid, unpaid or ending in conviction, but not withdrawn (law.md 5).

        An acquittal is not stated anywhere; by the wording it does not count [U].
        """
        return (
            self.kind == "penalty_notice"
            and self.standing in {"reserved", "stands"}
            and self.prosecution != "not_guilty"
        )

    @property
    def stands(self) -> bool:
        """Whether the document is out and not withdrawn."""
        return self.standing in {"reserved", "stands"}


InterventionKind = Literal[
    "attendance_contract_offered",
    "attendance_contract_accepted",
    "supervision_order_instead",
    "supervision_order_as_well",
    "parenting_order_granted",
    "parenting_order_implemented",
    "parenting_order_no_provision",
    "parenting_order_breached",
    "case_management",
    "case_management_improved",
    "case_management_ended",
    "prosecution",
    "enquiries_not_located",
    "enquiries_agreed",
    "enquiries_not_agreed",
]
"""What an officer may record beside notices: the routes a refused third notice names (WTISA ch. 6), as the annual collection
counts them, and the joint enquiries before a deletion on ground h or i (SI 2024/208 reg 9)."""


class Intervention(Frozen):
    """A step beside notices that an officer recorded; it changes no case and no notice."""

    id: str
    """The decision that recorded it."""
    kind: InterventionKind
    la: str
    urn: str
    pupil: str
    upn: str
    parent_id: str | None
    person: str | None
    on: date
    """The day on which it happened."""
    reason: str | None


def used_by_case(notices: Iterable[Notice]) -> Mapping[str, frozenset[Session]]:
    """The sessions that the penalty notices of each case use."""
    found: dict[str, frozenset[Session]] = {}
    for notice in notices:
        if notice.case and notice.uses_sessions:
            found[notice.case] = found.get(notice.case, frozenset()) | {each.at for each in notice.sessions}
    return found


def pupil_history(
    cases: Sequence[Case], notices: Sequence[Notice], recorded_from: frozenset[str], unclear_parents: bool
) -> PupilHistory:
    """What cases and notices mean for the pupil's position."""
    return PupilHistory(
        used_by_case=used_by_case(notices),
        recorded_from=recorded_from,
        unclear_parents=unclear_parents,
        amended=any(case.amended_after_issue for case in cases),
    )


@dataclass(frozen=True)
class Met:
    """The threshold as one case sees it: where it is met, in which weeks, by which sessions, and whether N codes decide."""

    at: Counted
    weeks: tuple[date, ...]
    sessions: tuple[Counted, ...]
    provisional: bool


def met_for(
    case: Case | None, cases: Sequence[Case], notices: Sequence[Notice], standing: Standing, today: date
) -> Met | None:
    """Whether a case (None: a new one) meets the threshold, on sessions no other case used, after what earlier cases considered.

    What a settled case considered is fixed: later sessions neither add to it nor make good what was amended away. `cases` may
    hold those of the authority that the school belonged to before.
    """
    used = used_by_case(notices)
    mine = case.id if case else None
    elsewhere = frozenset().union(*(sessions for owner, sessions in used.items() if owner != mine))
    earlier = [each for each in cases if each.state == "settled" and (case is None or _came_before(each, case))]
    after = max((each.last_considered for each in earlier if each.last_considered), default=date.min)
    after = max(after, out_of_sight(today))
    free = tuple([each for each in standing.counted if each.session not in elsewhere])
    if case is not None and case.state == "settled":
        considered = {each.at for each in case.considered}
        free = tuple(each for each in free if each.session in considered)
    seen = standing.threshold
    if seen is None or seen.after != after or len(free) < len(standing.counted):
        seen = _first_met(free, standing.weeks, after)
    first = next((each for each in free if each.session == seen.met_at), None)
    if first is None:
        return None
    weeks = window_ending(standing.weeks, monday(first.session.day))
    in_reach = tuple([each for each in free if monday(each.session.day) >= weeks[0]])
    return Met(first, weeks, in_reach, seen.provisional)


def _first_met(free: Sequence[Counted], weeks: Sequence[date], after: date) -> Threshold:
    """The threshold as one case sees it; one that sees all sessions sees what the position says (`Standing.threshold`)."""
    from attendance.positions import met_sessions  # counts arrays; who only reads cases needs none

    first = next((each.session for each in met_sessions(free, weeks) if each.session.day > after), None)
    firm = [each for each in free if each.code != "N"]
    by_n = first is not None and len(firm) < len(free)
    provisional = by_n and not any(each.session.day > after for each in met_sessions(firm, weeks))
    return Threshold(after, first, provisional)


def _came_before(one: Case, other: Case) -> bool:
    """Whether a settled case came before another: each authority numbers its own, and one settles before the next one's opens."""
    if one.la == other.la:
        return one.n < other.n
    return (one.settled_on or date.max) <= other.opened_on


def propose(sessions: Sequence[MarkedSession], notices: Sequence[Notice], support: Sequence["Support"]) -> Proposal:
    """The route that support-first suggests (WTISA ch.6; design 4.4, Proposed)."""
    if sessions and all(each.code == "G" for each in sessions):
        return Proposal(
            route="penalty_notice",
            ground="support_not_appropriate",
            reason="Every session of the window is a holiday without leave (code G): support is not appropriate.",
        )
    ended = [
        n for n in notices if n.kind == "notice_to_improve" and n.stands and n.improvement in {"failed", "ended_early"}
    ]
    if ended:
        early = ended[-1].improvement == "ended_early"
        return Proposal(
            route="penalty_notice",
            ground="ended_early" if early else "improvement_failed",
            reason="The improvement period ended " + ("early." if early else "without the improvement asked for."),
        )
    failed = [step for step in support if step.outcome in FAILED_SUPPORT]
    if failed:
        return Proposal(
            route="notice_to_improve",
            ground=None,
            reason=f"Support is recorded as {failed[-1].outcome.replace('_', ' ')} on {failed[-1].day.isoformat()}: "
            "a final chance comes next.",
        )
    return Proposal(
        route="support",
        ground=None,
        reason="No support is recorded as declined, not engaged with or without effect: support comes first.",
    )


def _gathered(case: Case, met: Met, notices: Sequence[Notice], support: Sequence["Support"]) -> Case:
    """The case as it gathers now: itself if nothing of it changes, as of most on most days."""
    considered = case.considered
    if [(each.session.day, each.session.half, each.code) for each in met.sessions] != [
        (each.date, each.session, each.code) for each in considered
    ]:
        considered = tuple([each.marked for each in met.sessions])
    in_window = considered[: bisect_right(met.sessions, met.weeks[-1], key=lambda each: monday(each.session.day))]
    mine = [notice for notice in notices if notice.case == case.id]
    now = {
        "state": "gathering",
        "lapsed_on": None,
        "met_at": MetAt(date=met.at.session.day, session=met.at.session.half),
        "provisional": met.provisional,
        "weeks": met.weeks,
        "considered": considered,
        "proposal": propose(in_window, mine, support),
        "amended_after_issue": False,
    }
    return case if all(getattr(case, name) == each for name, each in now.items()) else case.model_copy(update=now)


def follow(
    cases: Sequence[Case],
    notices: Sequence[Notice],
    standing: Standing,
    support: Sequence["Support"],
    *,
    la: str,
    urn: str,
    pupil: str,
    today: date,
    in_framework: bool = True,
) -> tuple[Case, ...]:
    """The cases of a pupil that change (or open) by the register as known now.

    A case that lapses on the day it opened, with nothing done in it, is forgotten: whether two files of one day first met and then
    unmet a threshold depends on their order, and order must do no harm. A case that lapsed today and is met again today goes on.

    `cases` may hold those of an authority that the school belonged to before (field.md E54): what they settled was considered; one
    still gathering there lapses, unless it has documents, for it is this authority's to open.
    """
    changed: list[Case] = []
    forgotten = {case.n: case.version for case in cases if case.state == "forgotten" and case.la == la}
    cases = [case for case in cases if case.state != "forgotten"]
    for case in cases:
        if case.state == "settled" and case.documents and case.urn == urn:
            amended = _amended(case, cases, notices, standing, today)
            if amended != case.amended_after_issue:
                changed.append(case.model_copy(update={"amended_after_issue": amended}))
    own = [case for case in cases if case.la == la]
    left = [case for case in cases if case.la != la and case.urn == urn and case.state == "gathering"]
    changed += [_lapsed(case, today) for case in left if not case.documents]
    current = next((case for case in own if case.state == "gathering"), None) or next(
        (case for case in own if case.state == "lapsed" and case.lapsed_on == today), None
    )
    if current is not None and current.urn != urn:
        return tuple(changed)  # the school where the threshold was met follows it
    met = met_for(current, cases, notices, standing, today) if in_framework else None
    if current is None:
        if met is not None and met.at.urn == urn:  # else it is the other school's, in its authority
            n = max((case.n for case in own), default=0) + 1
            new = Case(
                id=case_id(pupil, la, n), la=la, urn=urn, pupil=pupil, upn=standing.upn, n=n, state="gathering",
                opened_on=today, met_at=None, provisional=False, weeks=(), considered=(),
                proposal=Proposal(route="support", ground=None, reason=""), version=forgotten.get(n, 0),
            )  # fmt: skip
            changed.append(_gathered(new, met, notices, support))
        return tuple(changed)
    if met is not None:
        after = _gathered(current, met, notices, support)
    elif current.met_at is None:
        after = current.model_copy(update={"amended_after_issue": _amended(current, cases, notices, standing, today)})
    elif current.documents:
        after = current.model_copy(update={"amended_after_issue": True})
    else:
        after = _lapsed(current, today)
    if after != current:
        changed.append(after)
    return tuple(changed)


def _lapsed(case: Case, today: date) -> Case:
    """A case without documents whose threshold is met no longer, as if it had considered nothing."""
    if case.opened_on == today and not case.referred:
        return case.model_copy(update={"state": "forgotten", "considered": ()})
    return case.model_copy(update={"state": "lapsed", "lapsed_on": case.lapsed_on or today, "considered": ()})


def _amended(case: Case, cases: Sequence[Case], notices: Sequence[Notice], standing: Standing, today: date) -> bool:
    """Whether what the case's standing documents rest on no longer holds (field.md E33); what is out of sight stays as it was."""
    if not any(notice.case == case.id and notice.stands for notice in notices):
        return False
    rests_on = case.met_at.date if case.met_at else min((each.date for each in case.listed), default=today)
    if rests_on <= out_of_sight(today):
        return case.amended_after_issue
    if case.met_at is None:
        counted = {each.session for each in standing.counted}
        return any(each.at not in counted for each in case.listed)
    return met_for(case, cases, notices, standing, today) is None


def settled(case: Case, by: str, today: date) -> Case:
    """The case after what ends its gathering: its sessions are fixed as known today."""
    return case.model_copy(update={"state": "settled", "settled_on": today, "settled_by": by})
