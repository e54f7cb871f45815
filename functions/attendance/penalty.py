"""Authorising a penalty notice: grounds, limit, sequence, sessions listed (law.md 5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from attendance import law, service
from attendance.asked import (
    authority_in_place,
    case_meant,
    counting,
    in_framework,
    met_by,
    parent_meant,
    pass_blockers,
    referred,
    settings_of,
    signature_of,
)
from attendance.cases import FAILED_SUPPORT, Case, Met, Notice, Proposal, settled
from attendance.conduct import before_penalty_notice, name_of, payment_of
from attendance.considerations import authorisation, words_required
from attendance.facts import Decision, Facts, Outcome, Refused, Reservation, recipient_of
from attendance.identifiers import case_id, reference
from attendance.notice_record import citations, main_reason, printed_beside, record_of, retain_until
from attendance.roll import Parent
from attendance.sessions import Session, monday
from attendance.standing import Counted, MarkedSession, window_ending


def authorise(decision: Decision, facts: Facts) -> Outcome:
    """Authorise a penalty notice to one parent: every rule of the ladder, then the reservation."""
    settings = settings_of(facts)
    signed = signature_of(decision, facts)
    in_framework(facts)
    authority_in_place(facts)
    below = decision.ground == "below_threshold"
    case = _case_below(decision, facts) if below else case_meant(decision, facts)
    referred(case, settings)
    parent = parent_meant(decision, facts)
    person = facts.persons.canonical(facts.person(parent.parent_id))
    if any(
        n.case == case.id and n.uses_sessions and n.stands and facts.persons.canonical(n.person) == person
        for n in facts.notices
    ):
        raise Refused("a penalty notice to this parent stands in this case already", "used_sessions")
    met = met_by(case, facts)
    if below:
        chosen = tuple(_chosen(decision, facts.standing.counted))
        met = Met(chosen[-1], (), chosen, provisional=False)
    elif met is None:
        raise Refused("the threshold of ten sessions in ten school weeks is not met", "threshold")
    elif met.provisional:
        raise Refused("N_UNRESOLVED: the threshold is met only with N codes; the school must replace them", "n_code")
    _ground(decision, facts, case, met, parent, person)
    pass_blockers(decision, facts, met, soft_too=True)
    words_required(decision, settings)
    sequence, warnings = _place(facts, person)
    warnings += _still_running(facts, case, person)
    days = service.payment_dates(facts.today, settings.post.post_class, settings.post.when)
    listed, late = _listed(decision, facts, case, met, days.pay_by, below)
    if late:
        warnings += (f"{late} sessions are not listed: their six months end before {days.pay_by} and 28 days",)
    if not below:
        _ground_of_listed(decision, facts, met, listed)
    before_penalty_notice(decision, facts, settings, case, person, listed)
    offence_from = listed[0].date
    full, reduced = service.amounts(sequence, offence_from)
    attempt = sum(n.case == case.id and n.person == person and n.kind == "penalty_notice" for n in facts.notices)
    notice = Notice(
        reference=reference(facts.la, case.id, person, "penalty_notice", attempt, facts.secret),
        kind="penalty_notice", la=facts.la, urn=facts.urn, case=case.id, pupil=facts.pupil, person=person,
        parent_id=parent.parent_id, recipient=recipient_of(parent), attempt=attempt, issued_on=facts.today,
        sequence=sequence, amount_pence=full,
        reduced_amount_pence=reduced, reduced_until=days.reduced_until if reduced else None, pay_by=days.pay_by,
        presumed_received_on=days.presumed_received_on, sessions=listed, offence_from=offence_from,
        prosecute_by=law.prosecute_by(offence_from), main_reason=main_reason(listed), retain_until=retain_until(facts, settings),
    )  # fmt: skip
    record = record_of(decision, facts, case, notice, signed, days) | {
        "ground": decision.ground,
        "prosecute_by": law.prosecute_by(offence_from).isoformat(),
        "provisions": citations(
            "threshold" if not below else "below_threshold", "school_week", "parent", "limit",
            "amount" if sequence == 1 else "second_amount", "payment_period", "service", "time_limit", "withdrawal",
            "duty_to_withdraw",
        ),
    }  # fmt: skip
    printed = (
        printed_beside(decision, facts, parent, settings)
        | {"payment": payment_of(settings, notice.reference)}
        | name_of(settings)
    )
    after = case.model_copy(update={"documents": case.documents + 1, "listed": case.listed or listed})
    if case.state == "gathering":
        considered = case.considered if below else tuple(each.marked for each in met.sessions)
        after = settled(after.model_copy(update={"considered": considered}), "penalty_notice", facts.today)
    return Outcome(
        cases=(after,), reservation=Reservation(notice, record, printed), warnings=warnings,
        authorisation=authorisation(decision, facts, case, parent, notice),
    )  # fmt: skip


def _place(facts: Facts, person: str) -> tuple[int, tuple[str, ...]]:
    """The place of this notice among two in three years; a warning where the other reading would decide otherwise (L6)."""
    issued = [n.issued_on for n in counting(facts, person)]
    place, other = law.next_in_sequence(issued, facts.today), law.place_counted_from_first(issued, facts.today)
    if place is None:
        raise Refused(
            "two penalty notices to this parent for this child count within three years: consider prosecution, a parenting "
            "order, an education supervision order or an attendance contract",
            "limit",
        )
    if place == other:
        return place, ()
    would = "none could be issued" if other is None else f"this would be number {other}"
    return place, (
        f"LIMIT_READING_DIFFERS: number {place} by the three years ending today, the reading adopted; counted from the "
        f"issue of the first, {would}",
    )


def _ground_of_listed(decision: Decision, facts: Facts, met: Met, listed: Sequence[MarkedSession]) -> None:
    """Where too few sessions of the threshold window are left to list, ground and support are asked of what is listed.

    A case may gather for long: the holiday that opened it can be out of time when other absence is fined.
    """
    left = [each for each in listed if monday(each.date) <= met.weeks[-1]]
    enough = len(left) >= law.THRESHOLD_SESSIONS.on(facts.today)
    if enough or decision.reason or all(each.code == "G" for each in listed):
        return
    if decision.ground == "support_not_appropriate":
        raise Refused(
            "the sessions left to list are not all holidays (G): say in reason why support is not appropriate",
            "support_first",
        )
    since = window_ending(facts.standing.weeks, monday(listed[-1].date))[0]
    support = facts.assessor.view.roll.support.get(decision.upn, ())
    if not any(since <= step.day <= facts.today for step in support):
        raise Refused(
            "SUPPORT_MISSING: no support is recorded in the weeks of the sessions left to list", "support_first"
        )


def _still_running(facts: Facts, case: Case, person: str) -> tuple[str, ...]:
    """A warning where this parent was given a time that is not over: the ground is another, and a court may ask (WTISA ch. 6)."""
    return tuple(
        f"IMPROVEMENT_RUNNING: the improvement period of {n.reference} runs until {n.improvement_until}"
        for n in facts.notices
        if n.case == case.id and n.stands and n.improvement == "running" and facts.persons.canonical(n.person) == person
    )


def _case_below(decision: Decision, facts: Facts) -> Case:
    if not decision.sessions or not decision.reason:
        raise Refused("below the threshold the sessions and a reason must be given", "below_threshold")
    if decision.notice and decision.notice not in {"1", "2"}:
        return case_meant(decision, facts)
    current = next((c for c in facts.cases if c.state == "gathering"), None)
    if current is not None:
        return current
    n = max((c.n for c in facts.cases), default=0) + 1
    chosen = _chosen(decision, facts.standing.counted)
    absence = {each.session for each in chosen}
    same = [c for c in facts.cases if c.state == "settled" and absence <= {each.at for each in c.listed}]
    if same:  # another parent, or the notice again after a withdrawal: the same absence is the same case
        return same[-1]
    weeks = tuple(sorted({monday(each.session.day) for each in chosen}))
    sessions = tuple(each.marked for each in chosen)
    version = next((c.version for c in facts.forgotten if c.n == n), 0)
    return Case(
        id=case_id(facts.pupil, facts.la, n), la=facts.la, urn=facts.urn, pupil=facts.pupil, upn=decision.upn, n=n,
        state="gathering", opened_on=facts.today, met_at=None, provisional=False, weeks=weeks, considered=sessions,
        proposal=Proposal(route="penalty_notice", ground="below_threshold", reason="An officer decided below the threshold."),
        version=version,
    )  # fmt: skip


def _ground(decision: Decision, facts: Facts, case: Case, met: Met, parent: Parent, person: str) -> None:
    window = [each for each in met.sessions if monday(each.session.day) <= met.weeks[-1]] if met.weeks else []
    support = facts.assessor.view.roll.support.get(decision.upn, ())
    periods = [
        n for n in facts.notices
        if n.kind == "notice_to_improve" and n.case == case.id and n.stands and facts.persons.canonical(n.person) == person
    ]  # fmt: skip
    match decision.ground:
        case "support_not_appropriate":
            if not decision.reason and any(each.code != "G" for each in window):
                raise Refused(
                    "not every session is a holiday (G): say in reason why support is not appropriate", "support_first"
                )
        case "support_failed":
            if not any(s.outcome in FAILED_SUPPORT and s.parent_id in (None, parent.parent_id) for s in support):
                raise Refused(
                    "no support is recorded as not engaged with, declined or without effect: support comes first",
                    "support_first",
                )
        case "improvement_failed" | "ended_early":
            wanted = "failed" if decision.ground == "improvement_failed" else "ended_early"
            if not any(n.improvement == wanted for n in periods):
                raise Refused(
                    f"no improvement period of this parent in this case ended as {wanted}", "improvement_period"
                )
        case "below_threshold":
            pass
        case _:
            raise Refused(
                "give a ground: support_not_appropriate, support_failed, improvement_failed, ended_early or below_threshold",
                "support_first",
            )


def _chosen(decision: Decision, available: Sequence[Counted]) -> list[Counted]:
    """The sessions the officer picked, each of them available; all that are available if none was picked."""
    if not decision.sessions:
        return list(available)
    by_session = {each.session: each for each in available}
    picked = []
    for text in decision.sessions:
        try:
            picked.append(by_session[Session.parse(text)])
        except (KeyError, ValueError):
            because = f"the session {text} is not a countable session that this notice may list"
            raise Refused(because, "used_sessions") from None
    return sorted(picked, key=lambda each: each.session)


def _listed(
    decision: Decision, facts: Facts, case: Case, met: Met, pay_by: date, below: bool
) -> tuple[tuple[MarkedSession, ...], int]:
    """The sessions the notice lists: in time for a prosecution, before today, the same for every parent; and how many are late."""
    counted: Sequence[Counted] = met.sessions
    if below:
        used = {s.at for n in facts.every_notice if n.uses_sessions and n.case != case.id for s in n.sessions}
        counted = [each for each in facts.standing.counted if each.session not in used]
    if case.listed:
        same = {each.at for each in case.listed}
        counted = [each for each in counted if each.session in same]
    available = [each for each in _chosen(decision, counted) if each.session.day < facts.today]
    margin = timedelta(days=law.PROSECUTION_MARGIN_DAYS.on(facts.today))
    in_time = [each for each in available if law.prosecute_by(each.session.day) >= pay_by + margin]
    need = 1 if below else law.THRESHOLD_SESSIONS.on(facts.today)
    if len(in_time) < need:
        late = len(available) - len(in_time)
        todays = any(each.session.day == facts.today for each in counted)
        raise Refused(
            f"{len(in_time)} sessions are left to list"
            + (f"; {late} could not be prosecuted in time" if late else "")
            + f", and {need} are needed"
            + ("; a session of today can be listed from tomorrow on" if todays else ""),
            "time_limit" if late else "threshold",
        )
    return tuple(each.marked for each in in_time), len(available) - len(in_time)
