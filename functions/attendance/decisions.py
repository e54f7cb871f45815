"""The ladder: what an officer may decide on a day, and what the decision does (design 4.4, 4.5, 5.3; law.md 5 and 6).

A decision is a pure function of (decision, facts): it gives an outcome to be stored, or a refusal with its provision. Nothing is
refused silently and nothing is allowed that the ladder does not name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attendance.afterwards import (
    no_action,
    parent_verdict,
    record_elsewhere,
    record_payment,
    record_prosecution,
    refer,
    release_sessions,
    returned,
    served,
    withdraw,
)
from attendance.asked import officer_of
from attendance.facts import BY_ITSELF, Decision, Facts, Outcome, Refusal, Refused
from attendance.improvement import end_improvement, issue_notice_to_improve
from attendance.penalty import authorise


def decide(decision: Decision, facts: Facts) -> Outcome | Refusal:
    """Carry out a decision on the facts, or say why the ladder does not allow it that day."""
    try:
        if decision.by != BY_ITSELF:
            officer_of(decision, facts)
        return _ACTIONS[decision.action](decision, facts)
    except Refused as refused:
        return refused.refusal


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
    "parent_same": parent_verdict,
    "parent_different": parent_verdict,
    "no_action": no_action,
}
