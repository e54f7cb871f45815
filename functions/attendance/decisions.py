"""The ladder: what an officer may decide on a day, and what the decision does (design 4.4, 4.5, 5.3; law.md 5 and 6).

A decision is a pure function of (decision, facts): it gives an outcome to be stored, or a refusal with its provision. Nothing is
refused silently and nothing is allowed that the ladder does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from attendance.afterwards import (
    no_action,
    parent_verdict,
    prepare_document,
    record_elsewhere,
    record_intervention,
    record_payment,
    record_prosecution,
    refer,
    release_sessions,
    returned,
    served,
    withdraw,
)
from attendance.asked import officer_of
from attendance.facts import BY_ITSELF, Decision, Facts, Made, Outcome, Refusal, Refused
from attendance.improvement import end_improvement, issue_notice_to_improve
from attendance.ladder import against_the_ladder, moves, provision_of
from attendance.law import PROVISIONS
from attendance.penalty import authorise
from attendance.settings import Reminders
from attendance.told import from_notice, home_of, step_for_home


def decide(decision: Decision, facts: Facts) -> Outcome | Refusal:
    """Carry out a decision on the facts, or say why the ladder does not allow it that day."""
    try:
        if decision.by != BY_ITSELF:
            officer_of(decision, facts)
        return recorded(decision, facts, _ACTIONS[decision.action](decision, facts))
    except Refused as refused:
        return refused.refusal


def recorded(decision: Decision, facts: Facts, outcome: Outcome) -> Outcome:
    """The outcome with what its step keeps and whom it tells; Refused where the ladder knows no such way."""
    moved = moves(decision.action, facts, outcome)
    if bad := against_the_ladder(decision.action, moved):
        because = f"{decision.action} does not lead from {bad.was} to {bad.became}".replace("_", " ")
        raise Refused(because, provision_of(decision.action))
    new = outcome.reservation.notice if outcome.reservation else None
    upn, pupil = decision.upn, facts.pupil_row
    reminders = facts.settings.reminders if facts.settings else Reminders()
    rows = [
        row
        for notice in (*outcome.notices, *([new] if new else []))
        for row in from_notice(notice, upn, pupil, reminders)
    ]
    home = home_of(facts.assessor, pupil)
    if home and (outcome.cases or new or any(n.issuer is None for n in outcome.notices)):
        what = decision.action.replace("_", " ")
        about = new.reference if new else next((m.about for m in moved), "")
        rows.append(step_for_home(home, facts.urn, upn, pupil, decision.id, facts.today, what, about))
    rule = outcome.prepared.rule if outcome.prepared else provision_of(decision.action)
    made = Made(
        on=facts.today, known_at=facts.known_at, provision=PROVISIONS[rule].citation, moves=moved,
        evidence_sha256=str(outcome.reservation.record["evidence_sha256"]) if outcome.reservation else None,
        warnings=outcome.warnings, authorisation=outcome.authorisation,
    )  # fmt: skip
    return replace(outcome, rows=(*outcome.rows, *rows), made=made)


_ACTIONS: Mapping[str, Callable[[Decision, Facts], Outcome]] = {
    "refer": refer,
    "issue_notice_to_improve": issue_notice_to_improve,
    "authorise_penalty_notice": authorise,
    "end_improvement": end_improvement,
    "served": served,
    "returned": returned,
    "record_payment": record_payment,
    "withdraw": withdraw,
    "release_sessions": release_sessions,
    "record_prosecution": record_prosecution,
    "record_elsewhere": record_elsewhere,
    "record_intervention": record_intervention,
    "parent_same": parent_verdict,
    "parent_different": parent_verdict,
    "prepare_document": prepare_document,
    "no_action": no_action,
}
