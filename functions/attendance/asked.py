"""What a decision is about, and what must hold before any notice: the officer, the case, the parent, the blockers."""

from __future__ import annotations

from collections.abc import Mapping

from attendance import law
from attendance.cases import Case, Met, Notice, met_for
from attendance.conduct import officer_in_place
from attendance.facts import BY_ITSELF, Decision, Facts, Refused
from attendance.roll import Parent
from attendance.sessions import monday
from attendance.settings import Settings
from attendance.standing import HARD_BLOCKERS

BLOCKER_REMEDY: Mapping[str, str] = {
    "SETTINGS_MISSING": "the authority must give its settings",
    "PUPIL_UNKNOWN": "the school must send the pupil's row",
    "AGE_UNKNOWN": "the school must send the pupil's date of birth",
    "NO_PARENT": "the school must send the pupil's parents",
    "NO_ADDRESS": "the school must send an address of a parent",
    "ADDRESS_PROTECTED": "say in address_as what is printed as the child's address",
    "PARENT_UNCLEAR": "two parents of this pupil may be one person: record parent_same or parent_different",
    "SCHOOL_CONFLICT": "two schools count the same session; they must agree who was expected",
    "N_UNRESOLVED": "the school must replace its N codes",
    "MARKS_MISSING": "the school must send the missing marks",
    "NOT_ON_ROLL": "a mark lies outside the pupil's time on roll; the school must check both",
    "CODE_AGAINST_AGE": "a code does not fit the pupil's age; the school must check it",
    "SUPPORT_MISSING": "no support is recorded in the window; the school must send its support record",
    "HISTORY_UNKNOWN": "ask the home authority for earlier notices and record them",
    "CALENDAR_UNKNOWN": "the school must send marks or its calendar for every weekday",
}


_BLOCKER_PROVISION: Mapping[str, str] = {
    "SETTINGS_MISSING": "code_of_conduct",
    "PUPIL_UNKNOWN": "particulars",
    "AGE_UNKNOWN": "compulsory_age",
    "ADDRESS_PROTECTED": "protected_address",
    "SCHOOL_CONFLICT": "threshold",
    "N_UNRESOLVED": "n_code",
    "MARKS_MISSING": "register_entry",
    "NOT_ON_ROLL": "register_entry",
    "CODE_AGAINST_AGE": "compulsory_age",
    "SUPPORT_MISSING": "support_first",
    "HISTORY_UNKNOWN": "limit",
    "CALENDAR_UNKNOWN": "school_week",
}


def settings_of(facts: Facts) -> Settings:
    """The settings in force; Refused without any."""
    if facts.settings is None:
        raise Refused("SETTINGS_MISSING: the authority has given no settings (its code of conduct)", "code_of_conduct")
    return facts.settings


def officer_of(decision: Decision, facts: Facts) -> Mapping[str, str]:
    """Who decides, as the document names them; Refused if they have not that right that day (settings, `may`)."""
    settings = settings_of(facts)
    officer = settings.officer(decision.by, facts.today, decision.action)
    if officer is None and decision.by not in {each.id for each in settings.officers}:
        raise Refused(f"{decision.by} is no officer in the authority's settings", "authorised_officer")
    if officer is None:
        raise Refused(f"{decision.by} may not {decision.action} on {facts.today.isoformat()}", "authorised_officer")
    officer_in_place(officer, decision, facts, settings)
    return {"id": officer.id, "name": officer.name, "office": officer.office}


def signature_of(decision: Decision, facts: Facts) -> Mapping[str, str]:
    """Who stands on the document: the officer, or the authority where its code of conduct issues by itself."""
    if decision.by != BY_ITSELF:
        return officer_of(decision, facts)
    settings = settings_of(facts)
    return {
        "id": BY_ITSELF,
        "name": settings.name,
        "office": "by its code of conduct, without a decision in the single case",
    }


def in_framework(facts: Facts) -> None:
    """Refused for a school of no type in the national framework (EA 1996 s.444B)."""
    if not facts.assessor.view.in_framework:
        raise Refused(
            "the school is of no type in the national framework: there is only prosecution", "framework_school"
        )


def authority_in_place(facts: Facts) -> None:
    """Refused for an authority that the school belongs to no longer: a document is the authority's of its day (field.md E54)."""
    if facts.school_la not in (None, facts.la):
        raise Refused(
            f"school {facts.urn} belongs to authority {facts.school_la} now, and its officers decide",
            "authorised_officer",
        )


def referred(case: Case, settings: Settings) -> None:
    """Refused where the code of conduct asks for a referral and none was made."""
    if settings.referral == "required" and not case.referred:
        raise Refused("the code of conduct asks for the school's referral first (refer)", "referral")


def notice_meant(decision: Decision, facts: Facts, kind: str = "penalty_notice") -> Notice:
    """The notice a decision is about: the one named, else the latest of this kind to this parent."""
    named = decision.notice if decision.notice not in {"1", "2"} else None
    mine = [n for n in facts.notices if n.kind == kind and n.standing != "expired" and (named or n.issuer is None)]
    if decision.parent_id:
        person = facts.persons.canonical(facts.person(decision.parent_id, decision.urn))
        mine = [n for n in mine if facts.persons.canonical(n.person) == person]
    elif not named:
        raise Refused("give the parent_id, or the reference of the notice", "records")
    if named:
        found = [n for n in mine if n.reference == named]
    else:
        found = [n for n in mine if n.sequence == int(decision.notice)] if decision.notice else mine
    if not found:
        raise Refused("there is no such notice to this parent for this pupil", "records")
    return max(found, key=lambda n: (n.issued_on, n.attempt, n.reference))


def case_meant(decision: Decision, facts: Facts) -> Case:
    """The case a decision is about: that of the notice named, else the gathering one, else the last settled one."""
    if decision.notice and decision.notice not in {"1", "2"}:
        owner = next((n.case for n in facts.notices if n.reference == decision.notice), None)
        found = [c for c in facts.cases if c.id == owner]
    else:
        found = [c for c in facts.cases if c.state == "gathering"] or [c for c in facts.cases if c.state == "settled"]
    if not found:
        raise Refused("no case is open: the threshold is not met", "threshold")
    return max(found, key=lambda c: c.n)


def met_by(case: Case, facts: Facts) -> Met | None:
    """The threshold as this case sees it now, or None."""
    return met_for(case, (*facts.before, *facts.cases), facts.every_notice, facts.standing, facts.today)


def parent_meant(decision: Decision, facts: Facts) -> Parent:
    """The parent a notice is for; Refused if unknown, unclear, without address or not to be written to (EA 1996 s.576)."""
    roll = facts.assessor.view.roll
    if not decision.parent_id:
        raise Refused("a notice goes to one parent: give the parent_id", "parent")
    if decision.urn != facts.urn:  # two schools may give the same parent_id to different people
        raise Refused(f"the case is of school {facts.urn}: give that urn, and the parent_id of that school", "parent")
    parent = next((p for p in roll.parents.get(decision.upn, ()) if p.parent_id == decision.parent_id), None)
    if parent is None:
        raise Refused("NO_PARENT: the school gives no such parent for this pupil", "parent")
    if parent.do_not_send or (parent.until is not None and parent.until < facts.today):
        raise Refused("the school says that nothing is to be sent to this parent", "parent")
    if facts.person(parent.parent_id) in facts.unclear:
        raise Refused(
            "PARENT_UNCLEAR: two parents of this pupil may be one person; record parent_same or parent_different first",
            "parent",
        )
    if not parent.has_address:
        raise Refused("NO_ADDRESS: no address of this parent is known", "address")
    return parent


def pass_blockers(decision: Decision, facts: Facts, met: Met, soft_too: bool) -> None:
    """Refused where a blocker stands in the way; soft ones are passed by with a reason (design 5.3)."""
    weeks = met.weeks or tuple(sorted({monday(each.session.day) for each in met.sessions}))
    blockers = facts.assessor.blockers(decision.upn, weeks, met.sessions, met.provisional, facts.standing.conflict)
    handled = {"PARENT_UNCLEAR", "NO_PARENT", "NO_ADDRESS"}  # asked of the one parent written to, above
    if decision.address_as:
        if not decision.reason:
            raise Refused("address_as: give the reason for what is printed as the child's address", "protected_address")
        handled.add("ADDRESS_PROTECTED")
    if not met.provisional or not soft_too:  # N codes stop a penalty notice, not a notice to improve
        handled.add("N_UNRESOLVED")
    hard = [name for name in blockers if name in HARD_BLOCKERS and name not in handled]
    if hard:
        raise Refused(f"{', '.join(hard)}: {BLOCKER_REMEDY[hard[0]]}", _BLOCKER_PROVISION[hard[0]])
    soft = [name for name in blockers if name not in HARD_BLOCKERS]
    if soft and soft_too and not decision.reason:
        raise Refused(f"{', '.join(soft)}: give a reason to go on all the same", _BLOCKER_PROVISION[soft[0]])


def counting(facts: Facts, person: str) -> list[Notice]:
    """The notices to this person for this pupil, from any issuer, that count towards the limit."""
    return [
        n for n in facts.every_notice
        if n.counts and facts.persons.canonical(n.person) == person and (n.offence_from or n.issued_on) >= law.SCHEME_START
    ]  # fmt: skip
