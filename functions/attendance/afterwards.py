"""What happens to cases and notices later: service, payment, withdrawal, prosecution, and what other issuers did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, get_args

from attendance import law
from attendance.asked import case_meant, counting, notice_meant, officer_of, parent_meant, settings_of
from attendance.cases import Case, Intervention, InterventionKind, Notice, Payment, Recipient, settled
from attendance.facts import (
    PAPER_RULES,
    Decision,
    Facts,
    Outcome,
    PaperKind,
    Prepared,
    Refused,
    Verdict,
    Withdrawn,
    recipient_of,
)
from attendance.identifiers import reference
from attendance.improvement import improvement_period
from attendance.money import discharged, money
from attendance.notice_record import SOFTWARE, citations
from attendance.told import wrong_tariff


def refer(decision: Decision, facts: Facts) -> Outcome:
    """Record that the school refers the case."""
    return Outcome(cases=(case_meant(decision, facts).model_copy(update={"referred": True}),))


def no_action(decision: Decision, facts: Facts) -> Outcome:
    """Settle a gathering case without a notice, with the reason."""
    case = case_meant(decision, facts)
    if case.state != "gathering":
        raise Refused("the case is settled already", "threshold")
    if not decision.reason:
        raise Refused("no action is recorded with its reason", "threshold")
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
    moved: dict[str, object] = {
        "served_on": decision.until,
        "returned_on": None,
    }  # the clock runs from here (field.md E69)
    if notice.kind == "penalty_notice":
        moved["pay_by"] = decision.until + timedelta(days=law.PAY_DAYS.on(decision.until) - 1)
        if notice.reduced_amount_pence:
            moved["reduced_until"] = decision.until + timedelta(days=law.REDUCED_DAYS.on(decision.until) - 1)
    elif decision.until > (notice.presumed_received_on or decision.until):
        return _later_period(notice.model_copy(update=moved), decision.until, facts)
    return Outcome(notices=(notice.model_copy(update=moved),))


def _later_period(notice: Notice, received: date, facts: Facts) -> Outcome:
    """A notice to improve that was received later than presumed: its period is counted from then, as far as the calendar shows."""
    try:
        first, last = improvement_period(facts, settings_of(facts), received, None)
    except Refused:
        stands = "the school's calendar does not reach: the improvement period stands as printed"
        return Outcome(notices=(notice,), warnings=(stands,))
    moved = notice.model_copy(update={"improvement_from": first, "improvement_until": last})
    return Outcome(notices=(moved,))


def returned(decision: Decision, facts: Facts) -> Outcome:
    """Record that the letter came back: the days for paying do not run until it is served (field.md E69)."""
    notice = _posted(decision, facts)
    on = decision.until or facts.today
    if not notice.issued_on <= on <= facts.today:
        raise Refused("give in until the day on which the letter came back", "service")
    return Outcome(notices=(notice.model_copy(update={"returned_on": on, "served_on": None}),))


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


def withdraw(decision: Decision, facts: Facts) -> Outcome:
    """Withdraw a penalty notice on a ground of reg 8 or 9, in writing; its sessions stay used until released."""
    notice = _standing(decision, facts)
    if decision.ground not in {"ought_not", "wrong_person", "material_error", "not_prosecuting"}:
        raise Refused("give a ground: ought_not, wrong_person, material_error or not_prosecuting", "withdrawal")
    if notice.prosecution == "guilty":
        raise Refused("a court has convicted on this notice: only a court can set that aside", "proceedings")
    if decision.ground == "not_prosecuting" and (
        discharged(notice) or notice.returned_on or (notice.pay_by and facts.today <= notice.pay_by)
    ):
        raise Refused("not_prosecuting is for a notice unpaid after its last day for payment", "duty_to_withdraw")
    gone = notice.model_copy(
        update={"standing": "withdrawn", "withdrawn_on": facts.today, "withdrawn_ground": decision.ground}
    )
    back = money(gone, facts.today)
    record = Withdrawn(
        reference=notice.reference, la=facts.la, urn=notice.urn, upn=decision.upn, parent_id=notice.parent_id, case=notice.case,
        issued_on=notice.issued_on, withdrawn_on=facts.today, ground=decision.ground, reason=decision.reason,
        withdrawn_by=dict(officer_of(decision, facts)), received_pence=back.received, refund_pence=back.refund,
        sessions=notice.sessions, provisions=tuple(citations("withdrawal", "duty_to_withdraw", "records")),
        settings_version=settings_of(facts).version, software=SOFTWARE,
    )  # fmt: skip
    person = facts.persons.canonical(notice.person)
    second = [
        n for n in facts.notices
        if n.sequence == 2 and n.counts and n.issued_on >= notice.issued_on and facts.persons.canonical(n.person) == person
        and law.next_in_sequence(_others(facts, person, {n.reference, notice.reference}), n.issued_on) == 1
    ]  # fmt: skip
    rows = tuple(wrong_tariff(gone, n, decision.upn, facts.pupil_row, facts.today) for n in second)
    warnings = tuple(
        f"SECOND_TARIFF_WRONG: {n.reference} was issued as the second notice and was the first" for n in second
    )
    return Outcome(notices=(gone,), withdrawn=record, rows=rows, warnings=warnings)


def _others(facts: Facts, person: str, without: set[str]) -> list[date]:
    """The days of issue of what counts for a person, some notices set aside."""
    return [n.issued_on for n in counting(facts, person) if n.reference not in without]


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
    if discharged(notice):
        raise Refused("the notice was paid in time: liability is discharged", "discharge")
    if notice.returned_on:
        raise Refused("the letter came back and was not served: the days for paying have not begun", "proceedings")
    if notice.pay_by and facts.today <= notice.pay_by:
        raise Refused(f"no proceedings before the last day for payment, {notice.pay_by.isoformat()}", "proceedings")
    return Outcome(notices=(notice.model_copy(update={"prosecution": decision.ground}),))


def record_elsewhere(decision: Decision, facts: Facts) -> Outcome:
    """Record a notice that another authority, the police or a head teacher issued: it counts.

    With the ground `excluded_pupil` it is a notice under EIA 2006 s.105, which does not.
    """
    if not decision.parent_id or not decision.reason or decision.until is None:
        raise Refused("give the parent_id, the issuer in reason, and in until the day of issue", "limit")
    if decision.until > facts.today:
        raise Refused("the day of issue lies ahead", "limit")
    if decision.ground not in {None, "excluded_pupil"}:
        raise Refused("the ground of a notice issued elsewhere is excluded_pupil, or blank", "excluded_pupil")
    kind: Literal["excluded_pupil_notice", "penalty_notice"] = (
        "excluded_pupil_notice" if decision.ground else "penalty_notice"
    )
    person = facts.persons.canonical(facts.person(decision.parent_id, decision.urn))
    origin = f"elsewhere {decision.reason} {decision.until.isoformat()}"
    notice = Notice(
        reference=reference(facts.la, origin, person, kind, 0, facts.secret),
        kind=kind, la=facts.la, urn=facts.urn, case=None, pupil=facts.pupil, person=person,
        parent_id=decision.parent_id, recipient=_recipient(decision, facts), attempt=0,
        issued_on=decision.until, offence_from=decision.until, standing="stands", issuer=decision.reason,
    )  # fmt: skip
    return Outcome(notices=(notice,))


def _recipient(decision: Decision, facts: Facts) -> Recipient | None:
    parents = facts.assessor.view.roll.parents.get(decision.upn, ())
    parent = next((p for p in parents if p.parent_id == decision.parent_id), None)
    return recipient_of(parent) if parent else None


def record_intervention(decision: Decision, facts: Facts) -> Outcome:
    """Record a step beside notices: an attendance contract, an order of a court, a prosecution, enquiries before a deletion."""
    kind = decision.ground
    if kind not in get_args(InterventionKind):
        raise Refused(f"give a ground: {', '.join(get_args(InterventionKind))}", "intervention")
    if decision.until is None or decision.until > facts.today:
        raise Refused("give in until the day on which it happened", "intervention")
    if kind == "prosecution" and not decision.reason:
        raise Refused("a prosecution without a notice is recorded with its reason", "intervention")
    person = facts.persons.canonical(facts.person(decision.parent_id, decision.urn)) if decision.parent_id else None
    done = Intervention(
        id=decision.id, kind=kind, la=facts.la, urn=decision.urn, pupil=facts.pupil, upn=decision.upn,
        parent_id=decision.parent_id, person=person, on=decision.until, reason=decision.reason,
    )  # fmt: skip
    return Outcome(intervention=done)


def prepare_document(decision: Decision, facts: Facts) -> Outcome:
    """Have a paper prepared: the school's certificate, the form of an attendance contract, or the bundle of a case."""
    settings_of(facts)
    kind = next((kind for kind in get_args(PaperKind) if kind == decision.ground), None)
    if kind is None:
        raise Refused(f"give a ground: {', '.join(get_args(PaperKind))}", "records")
    if facts.pupil_row is None:
        raise Refused("PUPIL_UNKNOWN: the school must send the pupil's row", PAPER_RULES[kind])
    if kind != "certificate" or decision.parent_id:
        parent_meant(decision, facts)
    if kind == "attendance_contract":
        return Outcome(prepared=Prepared(kind=kind, case=None))
    if kind == "certificate":
        case = next((c.id for c in reversed(facts.cases) if c.state != "lapsed"), None)
        return Outcome(prepared=Prepared(kind=kind, case=case))
    case_ = case_meant(decision, facts)
    person = facts.persons.canonical(facts.person(decision.parent_id or ""))
    mine = [n for n in facts.notices if n.case == case_.id and facts.persons.canonical(n.person) == person]
    notice = next((n for n in reversed(mine) if n.kind == "penalty_notice" and n.stands), None)
    if notice and discharged(notice):
        raise Refused("the notice was paid in time: liability is discharged", "discharge")
    if notice and notice.pay_by and facts.today <= notice.pay_by:
        raise Refused(f"no proceedings before the last day for payment, {notice.pay_by.isoformat()}", "proceedings")
    if notice and notice.returned_on:
        raise Refused("the letter came back and was not served: the days for paying have not begun", "proceedings")
    return Outcome(prepared=Prepared(kind=kind, case=case_.id, notice=notice.reference if notice else None))


def parent_verdict(decision: Decision, facts: Facts) -> Outcome:
    """Record whether two persons of the pupil are one."""
    urn, _, other = (decision.reason or "").partition("/")
    if not decision.parent_id or not urn or not other:
        raise Refused("give the parent_id, and in reason the other's urn/parent_id", "parent")
    one, two = sorted((facts.person(decision.parent_id, decision.urn), facts.person(other, urn)))
    if one == two:
        raise Refused("that is the same parent of the same school", "parent")
    return Outcome(verdicts=(Verdict(one, two, same=decision.action == "parent_same"),))
