"""A case explained: why it is open, what was tried, what stands, and what may be done now for whom, and why not.

Loads every rule and all that reads registers, so it is imported only where a case is explained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from api.seen import (
    BlockerSeen,
    CaseExplained,
    NearMatch,
    NoticeElsewhere,
    NoticeSeen,
    ParentSeen,
    Possible,
    PupilNamed,
    RuleSeen,
    SessionSeen,
    SupportSeen,
    WeekSeen,
    decision_seen,
    listed,
)
from attendance.asked import BLOCKER_REMEDY, met_by
from attendance.cases import Case, Met, Notice
from attendance.codes import UNAUTHORISED
from attendance.decisions import decide
from attendance.facts import Decision, Facts, Refusal, people_known
from attendance.ladder import rung, rung_of_notice
from attendance.law import PROVISIONS
from attendance.marks import CODE_ORDER, session_of
from attendance.money import money
from attendance.sessions import HALVES, Session, monday
from attendance.settings import Action
from attendance.standing import HARD_BLOCKERS, window_ending
from aws.cases import CaseAsSeen, Step


def named(facts: Facts) -> PupilNamed:
    """The pupil as the roll has them."""
    row = facts.pupil_row
    upn = facts.standing.position.upn
    return PupilNamed(
        pupil=facts.pupil, upn=upn, surname=row.surname if row else "", forename=row.forename if row else ""
    )


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
