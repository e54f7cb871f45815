"""What an officer considers before a penalty notice, and what the record says where the officer gave no words (WTISA ch. 6)."""

from __future__ import annotations

from collections.abc import Mapping

from attendance.cases import Case, Notice
from attendance.facts import Authorisation, Consideration, Decision, Facts, Refused
from attendance.roll import Parent
from attendance.settings import Settings

QUESTIONS: Mapping[str, str] = {
    "why_parent": "Why this parent?",
    "support_sufficient": "Was sufficient support given, or is support not appropriate?",
    "best_tool": "Is a penalty notice the best available tool to change what happens?",
    "equality_act": "Were the duties under the Equality Act 2010 considered?",
    "public_interest": "Is it in the public interest, as the authority takes on any prosecution?",
}
"""The columns of decisions.csv, and the question each answers."""


def authorisation(decision: Decision, facts: Facts, case: Case, parent: Parent, notice: Notice) -> Authorisation:
    """Why this notice is authorised: every question answered, by the officer or by the record, and by whom said."""
    record = {
        "why_parent": _parent(facts, parent),
        "support_sufficient": _support(facts, case, decision),
        "best_tool": _before(facts, notice),
        "equality_act": _equality(facts),
        "public_interest": f"proceedings could begin until {notice.prosecute_by}; payment is due by {notice.pay_by}",
    }
    considered = []
    for name, question in QUESTIONS.items():
        said = getattr(decision, name)
        considered.append(
            Consideration(question=question, answer=said or record[name], said_by="officer" if said else "record")
        )
    return Authorisation(ground=decision.ground, reason=decision.reason, considered=tuple(considered))


def words_required(decision: Decision, settings: Settings) -> None:
    """Refused where the code of conduct asks for the officer's own words and one is missing."""
    if settings.considerations == "required" and (
        missing := [name for name in QUESTIONS if not getattr(decision, name)]
    ):
        raise Refused(
            f"the code of conduct asks for the officer's own words: give {', '.join(missing)}", "considerations"
        )


def _parent(facts: Facts, parent: Parent) -> str:
    lives = "lives" if parent.lives_with_pupil else "does not live"
    every = len(facts.assessor.view.roll.parents.get(parent.upn, ()))
    return f"{parent.relationship or 'parent'} who {lives} with the pupil, one of {every} whom the school gives"


def _support(facts: Facts, case: Case, decision: Decision) -> str:
    if decision.ground == "support_not_appropriate" and all(each.code == "G" for each in case.considered):
        return "every session is a holiday without leave (G): support is not appropriate"
    steps = [s for s in facts.assessor.view.roll.support.get(decision.upn, ()) if s.day <= facts.today]
    if not steps:
        return "no support is recorded"
    return f"{len(steps)} steps of support are recorded; the last, on {steps[-1].day}: {steps[-1].outcome.replace('_', ' ')}"


def _before(facts: Facts, notice: Notice) -> str:
    mine = [n for n in facts.notices if facts.persons.canonical(n.person) == notice.person]
    periods = [n.improvement or "" for n in mine if n.kind == "notice_to_improve" and n.stands]
    ended = f"; periods for improving: {', '.join(each.replace('_', ' ') for each in periods)}" if periods else ""
    return f"notice {notice.sequence} to this parent for this child within three years{ended}"


def _equality(facts: Facts) -> str:
    pupil = facts.pupil_row
    return (
        f"the roll records special educational needs: {pupil.sen}"
        if pupil and pupil.sen
        else "the roll records no need"
    )
