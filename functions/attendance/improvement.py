"""Notices to improve, their period and its end (law.md 6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from attendance import law, service
from attendance.asked import (
    authority_in_place,
    case_meant,
    in_framework,
    met_by,
    notice_meant,
    parent_meant,
    pass_blockers,
    referred,
    settings_of,
    signature_of,
)
from attendance.cases import Case, Notice, propose, settled
from attendance.conduct import before_early_end, before_notice_to_improve
from attendance.facts import Decision, Facts, Outcome, Refused, Reservation, recipient_of
from attendance.identifiers import reference
from attendance.notice_record import citations, printed_beside, record_of, retain_until
from attendance.sessions import monday
from attendance.settings import Settings


def issue_notice_to_improve(decision: Decision, facts: Facts) -> Outcome:
    """Issue a notice to improve to one parent of a gathering case."""
    settings = settings_of(facts)
    signed = signature_of(decision, facts)
    in_framework(facts)
    authority_in_place(facts)
    case = case_meant(decision, facts)
    if case.state != "gathering":
        raise Refused("a notice to improve needs a case that is still gathering", "notice_to_improve")
    referred(case, settings)
    met = met_by(case, facts)
    if met is None:
        raise Refused("the threshold of ten sessions in ten school weeks is not met", "threshold")
    parent = parent_meant(decision, facts)
    person = facts.persons.canonical(facts.person(parent.parent_id))
    mine = [n for n in facts.notices if n.kind == "notice_to_improve" and facts.persons.canonical(n.person) == person]
    if any(
        n.stands
        and n.improvement == "running"
        and (n.case == case.id or facts.today <= (n.improvement_until or date.min))
        for n in mine
    ):
        raise Refused("an improvement period of this parent is running", "improvement_period")
    pass_blockers(decision, facts, met, soft_too=False)
    before_notice_to_improve(decision, facts, settings, met)
    posted = service.posted_on(facts.today, settings.post.when)
    received = service.presumed_received(posted, settings.post.post_class)
    first, last = improvement_period(facts, settings, received, decision.until)
    listed = tuple(each.marked for each in met.sessions if each.session.day < facts.today)
    if not listed:
        raise Refused("every session of the case is of today: issue tomorrow", "notice_to_improve")
    attempt = sum(n.case == case.id and n.person == person for n in mine)
    notice = Notice(
        reference=reference(facts.la, case.id, person, "notice_to_improve", attempt, facts.secret),
        kind="notice_to_improve", la=facts.la, urn=facts.urn, case=case.id, pupil=facts.pupil, person=person,
        parent_id=parent.parent_id, recipient=recipient_of(parent), attempt=attempt, issued_on=facts.today,
        presumed_received_on=received, sessions=listed,
        improvement_from=first, improvement_until=last, improvement="running", retain_until=retain_until(facts, settings),
    )  # fmt: skip
    means = settings.notice_to_improve.means
    days = service.Payment(posted, received, received, received)
    record = record_of(decision, facts, case, notice, signed, days) | {
        "improvement_from": first.isoformat(),
        "improvement_until": last.isoformat(),
        "target": means,
        "provisions": citations(
            "notice_to_improve", "improvement_period", "threshold", "school_week", "early_end", "service"
        ),
    }
    position, year = facts.standing.position, law.academic_year_days(facts.assessor.year)[0]
    printed = printed_beside(decision, facts, parent, settings) | {
        "attendance": {
            "since": year.isoformat(), "until": facts.today.isoformat(), "possible": position.possible,
            "attended": position.attended, "authorised": position.authorised, "unauthorised": position.unauthorised,
        }
    }  # fmt: skip
    after = case.model_copy(update={"documents": case.documents + 1})
    return Outcome(cases=(after,), reservation=Reservation(notice, record, printed))


def improvement_period(facts: Facts, settings: Settings, received: date, until: date | None) -> tuple[date, date]:
    """From the first school day after receipt, so many school days on the school's calendar, or to the day that is given."""
    held = facts.assessor.held
    days = sorted({s.day for s in (*held.sessions, *held.open_ahead) if s.day > received})
    length = settings.notice_to_improve.school_days
    least, most = law.IMPROVEMENT_DAYS_LEAST.on(facts.today), law.IMPROVEMENT_DAYS_MOST.on(facts.today)
    if until is None:
        if len(days) < length:
            raise Refused(
                f"the school's calendar gives {len(days)} school days after receipt, {length} are needed: "
                "give the last day in until",
                "improvement_period",
            )
        return days[0], days[length - 1]
    closed = {s.day for s, is_open in facts.assessor.view.roll.calendar.items() if not is_open} - set(days)
    known_until = max(days, default=received)
    # Beyond the calendar every working day may be a school day: the most that the period can hold.
    may_be_open = [
        d
        for d in _days(received, until)
        if d in days or (d > known_until and service.is_working_day(d) and d not in closed)
    ]
    certain = [d for d in days if d <= until]
    overridden = length > most or length < least
    if (len(may_be_open) < least or len(certain) > most) and not overridden:
        raise Refused(f"the period given is not {least} to {most} school days", "improvement_period")
    return (days or may_be_open)[0], until


def _days(after: date, until: date) -> list[date]:
    return [after + timedelta(days=n) for n in range(1, (until - after).days + 1)]


def end_improvement(decision: Decision, facts: Facts) -> Outcome:
    """End improvement periods: improved settles the case, failed or ended early opens the way to a penalty notice."""
    if decision.ground not in {"improved", "failed", "ended_early"}:
        raise Refused("give a ground: improved, failed or ended_early", "improvement_period")
    if decision.notice or decision.parent_id:
        running = [notice_meant(decision, facts, "notice_to_improve")]
    else:
        case = case_meant(decision, facts)
        running = [n for n in facts.notices if n.kind == "notice_to_improve" and n.case == case.id]
    running = [n for n in running if n.stands and n.improvement == "running"]
    if not running:
        raise Refused("no improvement period is running", "improvement_period")
    last = max(n.improvement_until for n in running if n.improvement_until)
    if decision.ground == "failed" and facts.today < last:
        raise Refused(f"the period runs until {last.isoformat()}; before that it can only be ended_early", "early_end")
    if decision.ground == "ended_early":
        before_early_end(facts, settings_of(facts), running)
    ended = tuple(n.model_copy(update={"improvement": decision.ground}) for n in running)
    cases = []
    for case in facts.cases:
        if case.id in {n.case for n in running}:
            if decision.ground == "improved" and case.state == "gathering":
                cases.append(settled(case, "improved", facts.today))
            else:
                cases.append(_proposed_again(case, facts, ended))
    return Outcome(cases=tuple(cases), notices=ended)


def _proposed_again(case: Case, facts: Facts, changed: Sequence[Notice]) -> Case:
    latest = {n.reference: n for n in (*facts.notices, *changed)}
    mine = [n for n in latest.values() if n.case == case.id]
    window = [each for each in case.considered if not case.weeks or monday(each.date) <= case.weeks[-1]]
    support = facts.assessor.view.roll.support.get(case.upn, ())
    return case.model_copy(update={"proposal": propose(window, mine, support)})
