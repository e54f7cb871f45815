"""What happens to cases and notices later: service, payment, withdrawal, prosecution, and what other issuers did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from attendance import law
from attendance.asked import case_meant, notice_meant
from attendance.cases import Case, Notice, Payment, settled
from attendance.facts import Decision, Facts, Outcome, Refused, Verdict, recipient_of
from attendance.identifiers import reference


def refer(decision: Decision, facts: Facts) -> Outcome:
    """Record that the school refers the case."""
    return Outcome(cases=(case_meant(decision, facts).model_copy(update={"referred": True}),))


def no_action(decision: Decision, facts: Facts) -> Outcome:
    """Settle a gathering case without a notice."""
    case = case_meant(decision, facts)
    if case.state != "gathering":
        raise Refused("the case is settled already", "threshold")
    return Outcome(cases=(settled(case, "no_action", facts.today),))


def expired(notice: Notice, case: Case, notices: Sequence[Notice]) -> Case:
    """The case after a reservation expired unwritten: what it took is free again (design 4.5)."""
    others = [n for n in notices if n.case == case.id and n.reference != notice.reference and n.stands]
    update: dict[str, object] = {"documents": case.documents - 1}
    if notice.kind == "penalty_notice" and not any(n.kind == "penalty_notice" for n in others):
        update |= {"listed": ()}
        if case.settled_by == "penalty_notice":
            update |= {"state": "gathering", "settled_on": None, "settled_by": None}
    return case.model_copy(update=update)


def served(decision: Decision, facts: Facts) -> Outcome:
    """Record the day of receipt: the days for paying are counted from it; the document stays."""
    notice = _posted(decision, facts)
    if decision.until is None or not notice.issued_on <= decision.until <= facts.today:
        raise Refused("give in until the day on which the notice was received", "service")
    moved: dict[str, object] = {"served_on": decision.until, "returned_on": None}
    if notice.kind == "penalty_notice":
        moved["pay_by"] = decision.until + timedelta(days=law.PAY_DAYS.on(decision.until) - 1)
        if notice.reduced_until:
            moved["reduced_until"] = decision.until + timedelta(days=law.REDUCED_DAYS.on(decision.until) - 1)
    return Outcome(notices=(notice.model_copy(update=moved),))


def returned(decision: Decision, facts: Facts) -> Outcome:
    """Record that the letter came back."""
    return Outcome(
        notices=(_posted(decision, facts).model_copy(update={"returned_on": decision.until or facts.today}),)
    )


def _posted(decision: Decision, facts: Facts) -> Notice:
    """The notice of either kind that a postal event is about: the named one, else the latest that stands."""
    kinds = ("penalty_notice",) if decision.notice in {"1", "2"} else ("penalty_notice", "notice_to_improve")
    found = []
    for kind in kinds:
        try:
            found.append(notice_meant(decision, facts, kind))
        except Refused:
            continue
    standing = [n for n in found if n.stands]
    if not standing:
        raise Refused("there is no such notice to this parent for this pupil", "records")
    return max(standing, key=lambda n: n.issued_on)


def _standing(decision: Decision, facts: Facts) -> Notice:
    notice = notice_meant(decision, facts)
    if notice.standing != "stands":
        raise Refused(f"the notice does not stand: it is {notice.standing}", "withdrawal")
    return notice


def record_payment(decision: Decision, facts: Facts) -> Outcome:
    """Record money by the day on which it was paid."""
    notice = _standing(decision, facts)
    if (
        decision.amount_pence is None
        or decision.amount_pence <= 0
        or decision.until is None
        or not notice.issued_on <= decision.until <= facts.today
    ):
        raise Refused("give amount_pence, and in until the day on which it was paid", "payment_period")
    paid = Payment(paid_on=decision.until, pence=decision.amount_pence)
    return Outcome(notices=(notice.model_copy(update={"payments": (*notice.payments, paid)}),))


def paid(notice: Notice) -> bool:
    """Whether what was paid in time discharges the liability: the reduced amount to its last day, the full one to the last day."""
    reduced = sum(p.pence for p in notice.payments if notice.reduced_until and p.paid_on <= notice.reduced_until)
    full = sum(p.pence for p in notice.payments if notice.pay_by and p.paid_on <= notice.pay_by)
    return bool(notice.reduced_amount_pence and reduced >= notice.reduced_amount_pence) or full >= (
        notice.amount_pence or 0
    )


def withdraw(decision: Decision, facts: Facts) -> Outcome:
    """Withdraw a penalty notice on a ground of reg 8 or 9; its sessions stay used until released."""
    notice = _standing(decision, facts)
    if decision.ground not in {"ought_not", "wrong_person", "material_error", "not_prosecuting"}:
        raise Refused("give a ground: ought_not, wrong_person, material_error or not_prosecuting", "withdrawal")
    if decision.ground == "not_prosecuting" and (paid(notice) or (notice.pay_by and facts.today <= notice.pay_by)):
        raise Refused("not_prosecuting is for a notice unpaid after its last day for payment", "duty_to_withdraw")
    gone = {"standing": "withdrawn", "withdrawn_on": facts.today, "withdrawn_ground": decision.ground}
    return Outcome(notices=(notice.model_copy(update=gone),))


def release_sessions(decision: Decision, facts: Facts) -> Outcome:
    """Free the sessions of the withdrawn notices of a case, with a reason."""
    if not decision.reason:
        raise Refused("sessions are released with a reason", "used_sessions")
    case = case_meant(decision, facts)
    freed = tuple(
        n.model_copy(update={"released": True})
        for n in facts.notices
        if n.case == case.id and n.kind == "penalty_notice" and n.standing == "withdrawn" and not n.released
    )
    if not freed:
        raise Refused("no withdrawn notice of this case holds sessions", "used_sessions")
    return Outcome(notices=freed)


def record_prosecution(decision: Decision, facts: Facts) -> Outcome:
    """Record the end of proceedings for an unpaid notice."""
    notice = _standing(decision, facts)
    if decision.ground not in {"guilty", "not_guilty", "discontinued"}:
        raise Refused("give a ground: guilty, not_guilty or discontinued", "proceedings")
    if paid(notice):
        raise Refused("the notice was paid in time: liability is discharged", "discharge")
    if notice.pay_by and facts.today <= notice.pay_by:
        raise Refused(f"no proceedings before the last day for payment, {notice.pay_by.isoformat()}", "proceedings")
    return Outcome(notices=(notice.model_copy(update={"prosecution": decision.ground}),))


def record_elsewhere(decision: Decision, facts: Facts) -> Outcome:
    """Record a notice that another authority, the police or a head teacher issued: it counts."""
    if not decision.parent_id or not decision.reason or decision.until is None:
        raise Refused("give the parent_id, the issuer in reason, and in until the day of issue", "limit")
    if decision.until > facts.today:
        raise Refused("the day of issue lies ahead", "limit")
    person = facts.persons.canonical(facts.person(decision.parent_id, decision.urn))
    parents = facts.assessor.view.roll.parents.get(decision.upn, ())
    parent = next((p for p in parents if p.parent_id == decision.parent_id), None)
    origin = f"elsewhere {decision.reason} {decision.until.isoformat()}"
    notice = Notice(
        reference=reference(facts.la, origin, person, "penalty_notice", 0, facts.secret),
        kind="penalty_notice", la=facts.la, urn=facts.urn, case=None, pupil=facts.pupil, person=person,
        parent_id=decision.parent_id, recipient=recipient_of(parent) if parent else None, attempt=0,
        issued_on=decision.until, offence_from=decision.until, standing="stands", issuer=decision.reason,
    )  # fmt: skip
    return Outcome(notices=(notice,))


def parent_verdict(decision: Decision, facts: Facts) -> Outcome:
    """Record whether two persons of the pupil are one."""
    urn, _, other = (decision.reason or "").partition("/")
    if not decision.parent_id or not urn or not other:
        raise Refused("give the parent_id, and in reason the other's urn/parent_id", "parent")
    one, two = sorted((facts.person(decision.parent_id, decision.urn), facts.person(other, urn)))
    if one == two:
        raise Refused("that is the same parent of the same school", "parent")
    return Outcome(verdicts=(Verdict(one, two, same=decision.action == "parent_same"),))
