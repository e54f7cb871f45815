"""The ladder: what an officer may decide on a day, and what the decision does (design 4.4, 4.5, 5.3; law.md 5 and 6).

A decision is a pure function of (decision, facts): it gives an outcome to be stored, or a refusal with its provision. Nothing is
refused silently and nothing is allowed that the ladder does not name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from attendance import law, service
from attendance.cases import FAILED_SUPPORT, Case, Met, Notice, Payment, Proposal, Recipient, met_for, propose, settled
from attendance.identifiers import case_id, person_id, reference
from attendance.law import PROVISIONS
from attendance.people import Person, near_matches
from attendance.positions import HARD_BLOCKERS, Assessor, Counted, Frozen, MarkedSession, Standing
from attendance.roll import Parent, Pupil
from attendance.sessions import Session, monday
from attendance.settings import Action, Settings
from attendance.text import canonical_json

SOFTWARE = "attendance 0.1.0"
BY_ITSELF = "by_itself"
MAIN_REASONS: Mapping[str, Literal["holiday", "late", "other"]] = {
    "G": "holiday",
    "U": "late",
    "N": "other",
    "O": "other",
}


class Decision(Frozen):
    """What an officer decided: one row of `decisions.csv`, or one request of the API."""

    id: str
    row: int
    on: date
    la: str
    urn: str
    upn: str
    parent_id: str | None = None
    action: Action
    by: str
    notice: str | None = None
    ground: str | None = None
    reason: str | None = None
    amount_pence: int | None = None
    until: date | None = None
    sessions: tuple[str, ...] = ()
    address_as: Literal["own", "school", "authority"] | None = None


@dataclass(frozen=True)
class Refusal:
    """Why the ladder does not allow a decision that day, and the provision it rests on."""

    because: str
    provision: str


class Refused(Exception):
    """Carries a refusal from where it is found to `decide`."""

    def __init__(self, because: str, provision: str) -> None:
        super().__init__(because)
        self.refusal = Refusal(because, PROVISIONS[provision].citation)


@dataclass(frozen=True)
class Verdict:
    """An officer's word on whether two persons of one pupil are one."""

    one: str
    other: str
    same: bool


@dataclass(frozen=True)
class Persons:
    """The persons of one pupil: who is the same as whom by an officer's word, and who is still unclear."""

    verdicts: tuple[Verdict, ...] = ()

    def canonical(self, person: str) -> str:
        """The name under which all histories of one person are found: the least of those said to be the same."""
        group = {person}
        grown = True
        while grown:
            more = {p for v in self.verdicts if v.same and {v.one, v.other} & group for p in (v.one, v.other)}
            grown = not more <= group
            group |= more
        return min(group)

    def unclear(self, people: Sequence[tuple[str, Person]]) -> frozenset[str]:
        """The persons who may be one with another, as long as no officer has said."""
        said = {frozenset((v.one, v.other)) for v in self.verdicts}
        ids = {(p.urn, p.parent_id): name for name, p in people}
        found: set[str] = set()
        for a, b, _ in near_matches(p for _, p in people):
            pair = frozenset((ids[a.urn, a.parent_id], ids[b.urn, b.parent_id]))
            if pair not in said:
                found |= pair
        return frozenset(found)


@dataclass(frozen=True)
class Place:
    """The school as a document names it."""

    name: str
    address: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """All that a decision about one pupil rests on, as known now."""

    today: date
    known_at: datetime
    la: str
    urn: str
    pupil: str
    school: Place
    settings: Settings | None
    assessor: Assessor
    standing: Standing
    cases: tuple[Case, ...]
    notices: tuple[Notice, ...]
    elsewhere: tuple[Notice, ...]
    persons: Persons
    unclear: frozenset[str]
    evidence: Callable[[Sequence[Session]], str]
    secret: bytes

    @property
    def pupil_row(self) -> Pupil | None:
        """The pupil as the roll has them."""
        return self.assessor.view.roll.pupils.get(self.standing.position.upn)

    def person(self, parent_id: str, urn: str | None = None) -> str:
        """The person that a parent of this pupil is."""
        return person_id(self.pupil, urn or self.urn, parent_id, self.secret)


@dataclass(frozen=True)
class Reservation:
    """A notice as reserved: the record that will lie beside the PDF, and what else its page prints."""

    notice: Notice
    record: Mapping[str, Any]
    printed: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a decision changes: cases and notices as they become, a reservation to write, a verdict on persons."""

    cases: tuple[Case, ...] = ()
    notices: tuple[Notice, ...] = ()
    reservation: Reservation | None = None
    verdicts: tuple[Verdict, ...] = field(default=())


def decision_id(row: int, values: Mapping[str, str]) -> str:
    """The name of a decision, the same whenever the same row is read."""
    return hashlib.sha256(canonical_json([row, dict(values)]).encode()).hexdigest()[:24]


def decide(decision: Decision, facts: Facts) -> Outcome | Refusal:
    """Carry out a decision on the facts, or say why the ladder does not allow it that day."""
    try:
        if decision.by != BY_ITSELF:
            _officer(decision, facts)
        return _ACTIONS[decision.action](decision, facts)
    except Refused as refused:
        return refused.refusal


# ------------------------------------------------------------------ what a decision is about


def _settings(facts: Facts) -> Settings:
    if facts.settings is None:
        raise Refused("SETTINGS_MISSING: the authority has given no settings (its code of conduct)", "code_of_conduct")
    return facts.settings


def _officer(decision: Decision, facts: Facts) -> Mapping[str, str]:
    officer = _settings(facts).officer(decision.by, facts.today, decision.action)
    if officer is None:
        raise Refused(f"{decision.by} may not {decision.action} on {facts.today.isoformat()}", "authorised_officer")
    return {"id": officer.id, "name": officer.name, "office": officer.office}


def _signed(decision: Decision, facts: Facts) -> Mapping[str, str]:
    if decision.by != BY_ITSELF:
        return _officer(decision, facts)
    settings = _settings(facts)
    return {
        "id": BY_ITSELF,
        "name": settings.name,
        "office": "by its code of conduct, without a decision in the single case",
    }


def _notice(decision: Decision, facts: Facts, kind: str = "penalty_notice") -> Notice:
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


def _case(decision: Decision, facts: Facts) -> Case:
    if decision.notice and decision.notice not in {"1", "2"}:
        owner = next((n.case for n in facts.notices if n.reference == decision.notice), None)
        found = [c for c in facts.cases if c.id == owner]
    else:
        found = [c for c in facts.cases if c.state == "gathering"] or [c for c in facts.cases if c.state == "settled"]
    if not found:
        raise Refused("no case is open: the threshold is not met", "threshold")
    return max(found, key=lambda c: c.n)


def _met(case: Case, facts: Facts) -> Met | None:
    return met_for(case, facts.cases, facts.notices, facts.standing, facts.today)


def _parent(decision: Decision, facts: Facts) -> Parent:
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


def _pass_blockers(decision: Decision, facts: Facts, met: Met, soft_too: bool) -> None:
    since = met.weeks[0] if met.weeks else monday(met.sessions[0].session.day)
    blockers = facts.assessor.blockers(decision.upn, since, met.sessions, met.provisional, facts.standing.conflict)
    handled = {"PARENT_UNCLEAR", "NO_PARENT", "NO_ADDRESS"}  # asked of the one parent written to, above
    if decision.address_as:
        handled.add("ADDRESS_PROTECTED")
    if not met.provisional or not soft_too:  # N codes stop a penalty notice, not a notice to improve
        handled.add("N_UNRESOLVED")
    hard = [name for name in blockers if name in HARD_BLOCKERS and name not in handled]
    if hard:
        raise Refused(f"{', '.join(hard)}: {BLOCKER_REMEDY[hard[0]]}", _BLOCKER_PROVISION[hard[0]])
    soft = [name for name in blockers if name not in HARD_BLOCKERS]
    if soft and soft_too and not decision.reason:
        raise Refused(f"{', '.join(soft)}: give a reason to go on all the same", _BLOCKER_PROVISION[soft[0]])


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


# ------------------------------------------------------------------ penalty notices


def _authorise(decision: Decision, facts: Facts) -> Outcome:
    settings = _settings(facts)
    signed = _signed(decision, facts)
    _in_framework(facts)
    below = decision.ground == "below_threshold"
    case = _case_below(decision, facts) if below else _case(decision, facts)
    _referred(case, settings)
    parent = _parent(decision, facts)
    person = facts.persons.canonical(facts.person(parent.parent_id))
    if any(
        n.case == case.id and n.uses_sessions and n.stands and facts.persons.canonical(n.person) == person
        for n in facts.notices
    ):
        raise Refused("a penalty notice to this parent stands in this case already", "used_sessions")
    met = _met(case, facts)
    if below:
        chosen = tuple(_chosen(decision, facts.standing.counted))
        met = Met(chosen[-1], (), chosen, provisional=False)
    elif met is None:
        raise Refused("the threshold of ten sessions in ten school weeks is not met", "threshold")
    elif met.provisional:
        raise Refused("N_UNRESOLVED: the threshold is met only with N codes; the school must replace them", "n_code")
    _ground(decision, facts, case, met, parent, person)
    _pass_blockers(decision, facts, met, soft_too=True)
    sequence = law.next_in_sequence(_counting(facts, person), facts.today)
    if sequence is None:
        raise Refused(
            "two penalty notices to this parent for this child count within three years: consider prosecution, a parenting "
            "order, an education supervision order or an attendance contract",
            "limit",
        )
    days = service.payment_dates(facts.today, settings.post.post_class, settings.post.when)
    listed = _listed(decision, facts, case, met, days.pay_by, below)
    offence_from = listed[0].date
    full, reduced = service.amounts(sequence, offence_from)
    attempt = sum(n.case == case.id and n.person == person and n.kind == "penalty_notice" for n in facts.notices)
    notice = Notice(
        reference=reference(facts.la, case.id, person, "penalty_notice", attempt, facts.secret),
        kind="penalty_notice", la=facts.la, urn=facts.urn, case=case.id, pupil=facts.pupil, person=person,
        parent_id=parent.parent_id, recipient=_recipient(parent), attempt=attempt, issued_on=facts.today,
        sequence=sequence, amount_pence=full,
        reduced_amount_pence=reduced, reduced_until=days.reduced_until if reduced else None, pay_by=days.pay_by,
        presumed_received_on=days.presumed_received_on, sessions=listed, offence_from=offence_from,
    )  # fmt: skip
    record = _record(decision, facts, case, notice, signed, days) | {
        "ground": decision.ground,
        "prosecute_by": law.prosecute_by(offence_from).isoformat(),
        "provisions": _citations(
            "threshold" if not below else "below_threshold", "school_week", "parent", "limit",
            "amount" if sequence == 1 else "second_amount", "payment_period", "service", "time_limit", "withdrawal",
            "duty_to_withdraw",
        ),
    }  # fmt: skip
    printed = _printed(decision, facts, parent, settings) | {
        "payment": {"url": settings.payment.url, "instalments": settings.payment.instalments}
    }
    after = case.model_copy(update={"documents": case.documents + 1, "listed": case.listed or listed})
    if case.state == "gathering":
        considered = case.considered if below else tuple(each.marked for each in met.sessions)
        after = settled(after.model_copy(update={"considered": considered}), "penalty_notice", facts.today)
    return Outcome(cases=(after,), reservation=Reservation(notice, record, printed))


def _case_below(decision: Decision, facts: Facts) -> Case:
    if not decision.sessions or not decision.reason:
        raise Refused("below the threshold the sessions and a reason must be given", "below_threshold")
    if decision.notice and decision.notice not in {"1", "2"}:
        return _case(decision, facts)
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
    return Case(
        id=case_id(facts.pupil, facts.la, n), la=facts.la, urn=facts.urn, pupil=facts.pupil, upn=decision.upn, n=n,
        state="gathering", opened_on=facts.today, met_at=None, provisional=False, weeks=weeks, considered=sessions,
        proposal=Proposal(route="penalty_notice", ground="below_threshold", reason="An officer decided below the threshold."),
    )  # fmt: skip


def _in_framework(facts: Facts) -> None:
    if not facts.assessor.view.in_framework:
        raise Refused("the school is of no type in the national framework: there is only prosecution", "framework_school")


def _referred(case: Case, settings: Settings) -> None:
    if settings.referral == "required" and not case.referred:
        raise Refused("the code of conduct asks for the school's referral first (refer)", "referral")


def _recipient(parent: Parent) -> Recipient:
    return Recipient(
        surname=parent.surname, forename=parent.forename, date_of_birth=parent.date_of_birth, postcode=parent.postcode,
        email=parent.email or "",
    )  # fmt: skip


def people_known(
    pupil: str, urn: str, parents: Sequence[Parent], notices: Sequence[Notice], secret: bytes
) -> list[tuple[str, Person]]:
    """The persons of one pupil with their names in our keys: a school's parents, and whoever another school's notices went to."""
    found = {
        person_id(pupil, urn, parent.parent_id, secret): Person(
            pupil=pupil, urn=urn, parent_id=parent.parent_id, surname=parent.surname, forename=parent.forename,
            title=parent.title, date_of_birth=parent.date_of_birth, postcode=parent.postcode, email=parent.email or "",
        )
        for parent in parents
    }  # fmt: skip
    for notice in notices:
        if notice.recipient and notice.urn != urn:
            found.setdefault(
                person_id(pupil, notice.urn, notice.parent_id, secret),
                Person(pupil=pupil, urn=notice.urn, parent_id=notice.parent_id, **notice.recipient.model_dump()),
            )
    return sorted(found.items())


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


def _counting(facts: Facts, person: str) -> list[date]:
    """The days of issue of the notices to this person for this pupil, from any issuer, that count towards the limit."""
    return [
        n.issued_on for n in (*facts.notices, *facts.elsewhere)
        if n.counts and facts.persons.canonical(n.person) == person and (n.offence_from or n.issued_on) >= law.SCHEME_START
    ]  # fmt: skip


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
) -> tuple[MarkedSession, ...]:
    """The sessions the notice lists: in time for a prosecution, before today, the same for every parent of the case."""
    counted: Sequence[Counted] = met.sessions
    if below:
        used = {s.at for n in facts.notices if n.uses_sessions and n.case != case.id for s in n.sessions}
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
        raise Refused(
            f"{len(in_time)} sessions are left to list"
            + (f"; {late} could not be prosecuted in time" if late else "")
            + f", and {need} are needed",
            "time_limit" if late else "threshold",
        )
    return tuple(each.marked for each in in_time)


# ------------------------------------------------------------------ notices to improve


def _issue_notice_to_improve(decision: Decision, facts: Facts) -> Outcome:
    settings = _settings(facts)
    signed = _signed(decision, facts)
    _in_framework(facts)
    case = _case(decision, facts)
    if case.state != "gathering":
        raise Refused("a notice to improve needs a case that is still gathering", "notice_to_improve")
    _referred(case, settings)
    met = _met(case, facts)
    if met is None:
        raise Refused("the threshold of ten sessions in ten school weeks is not met", "threshold")
    parent = _parent(decision, facts)
    person = facts.persons.canonical(facts.person(parent.parent_id))
    mine = [n for n in facts.notices if n.kind == "notice_to_improve" and facts.persons.canonical(n.person) == person]
    if any(
        n.stands and n.improvement == "running" and (n.case == case.id or facts.today <= (n.improvement_until or date.min))
        for n in mine
    ):
        raise Refused("an improvement period of this parent is running", "improvement_period")
    _pass_blockers(decision, facts, met, soft_too=False)
    posted = service.posted_on(facts.today, settings.post.when)
    received = service.presumed_received(posted, settings.post.post_class)
    first, last = _improvement_period(decision, facts, settings, received)
    listed = tuple(each.marked for each in met.sessions if each.session.day < facts.today)
    if not listed:
        raise Refused("every session of the case is of today: issue tomorrow", "notice_to_improve")
    attempt = sum(n.case == case.id and n.person == person for n in mine)
    notice = Notice(
        reference=reference(facts.la, case.id, person, "notice_to_improve", attempt, facts.secret),
        kind="notice_to_improve", la=facts.la, urn=facts.urn, case=case.id, pupil=facts.pupil, person=person,
        parent_id=parent.parent_id, recipient=_recipient(parent), attempt=attempt, issued_on=facts.today,
        presumed_received_on=received, sessions=listed,
        improvement_from=first, improvement_until=last, improvement="running",
    )  # fmt: skip
    means = settings.notice_to_improve.means
    days = service.Payment(posted, received, received, received)
    record = _record(decision, facts, case, notice, signed, days) | {
        "improvement_from": first.isoformat(),
        "improvement_until": last.isoformat(),
        "target": means,
        "provisions": _citations(
            "notice_to_improve", "improvement_period", "threshold", "school_week", "early_end", "service"
        ),
    }
    position, year = facts.standing.position, law.academic_year_days(facts.assessor.year)[0]
    printed = _printed(decision, facts, parent, settings) | {
        "attendance": {
            "since": year.isoformat(), "until": facts.today.isoformat(), "possible": position.possible,
            "attended": position.attended, "authorised": position.authorised, "unauthorised": position.unauthorised,
        }
    }  # fmt: skip
    after = case.model_copy(update={"documents": case.documents + 1})
    return Outcome(cases=(after,), reservation=Reservation(notice, record, printed))


def _improvement_period(decision: Decision, facts: Facts, settings: Settings, received: date) -> tuple[date, date]:
    """From the first school day after presumed receipt, so many school days on the school's calendar."""
    held = facts.assessor.held
    days = sorted({s.day for s in (*held.sessions, *held.open_ahead) if s.day > received})
    length = settings.notice_to_improve.school_days
    least, most = law.IMPROVEMENT_DAYS_LEAST.on(facts.today), law.IMPROVEMENT_DAYS_MOST.on(facts.today)
    if decision.until is None:
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
        for d in _days(received, decision.until)
        if d in days or (d > known_until and service.is_working_day(d) and d not in closed)
    ]
    certain = [d for d in days if d <= decision.until]
    overridden = length > most or length < least
    if (len(may_be_open) < least or len(certain) > most) and not overridden:
        raise Refused(f"the period given is not {least} to {most} school days", "improvement_period")
    return (days or may_be_open)[0], decision.until


def _days(after: date, until: date) -> list[date]:
    return [after + timedelta(days=n) for n in range(1, (until - after).days + 1)]


def _end_improvement(decision: Decision, facts: Facts) -> Outcome:
    if decision.ground not in {"improved", "failed", "ended_early"}:
        raise Refused("give a ground: improved, failed or ended_early", "improvement_period")
    if decision.notice or decision.parent_id:
        running = [_notice(decision, facts, "notice_to_improve")]
    else:
        case = _case(decision, facts)
        running = [n for n in facts.notices if n.kind == "notice_to_improve" and n.case == case.id]
    running = [n for n in running if n.stands and n.improvement == "running"]
    if not running:
        raise Refused("no improvement period is running", "improvement_period")
    last = max(n.improvement_until for n in running if n.improvement_until)
    if decision.ground == "failed" and facts.today < last:
        raise Refused(f"the period runs until {last.isoformat()}; before that it can only be ended_early", "early_end")
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


# ------------------------------------------------------------------ what is printed and recorded


def _record(
    decision: Decision, facts: Facts, case: Case, notice: Notice, signed: Mapping[str, str], days: service.Payment
) -> dict[str, Any]:
    settings = _settings(facts)
    weeks = case.weeks or tuple(sorted({monday(each.date) for each in notice.sessions}))
    text = facts.evidence([each.at for each in notice.sessions])
    return {
        "reference": notice.reference,
        "kind": notice.kind,
        "la": facts.la,
        "urn": facts.urn,
        "upn": decision.upn,
        "parent_id": notice.parent_id,
        "case": case.id,
        "issued_on": facts.today.isoformat(),
        "as_at": facts.today.isoformat(),
        "known_at": facts.known_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sequence": notice.sequence,
        "amount_pence": notice.amount_pence,
        "reduced_amount_pence": notice.reduced_amount_pence,
        "posted_on": days.posted_on.isoformat(),
        "post": settings.post.post_class,
        "presumed_received_on": days.presumed_received_on.isoformat(),
        "reduced_until": notice.reduced_until.isoformat() if notice.reduced_until else None,
        "pay_by": notice.pay_by.isoformat() if notice.pay_by else None,
        "prosecute_by": None,
        "sessions": [each.model_dump(mode="json") for each in notice.sessions],
        "window": [week.isoformat() for week in weeks],
        "ground": None,
        "main_reason": main_reason(notice.sessions),
        "authorised_by": dict(signed),
        "evidence_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "settings_version": settings.version,
        "software": SOFTWARE,
    }


def main_reason(sessions: Sequence[MarkedSession]) -> Literal["holiday", "late", "other"]:
    """The one main reason the annual collection asks for: the class most of the sessions have, holiday before late before other."""
    order: tuple[Literal["holiday", "late", "other"], ...] = ("holiday", "late", "other")
    counts = {reason: sum(MAIN_REASONS[each.code] == reason for each in sessions) for reason in order}
    return max(order, key=lambda reason: (counts[reason], -order.index(reason)))


def _citations(*keys: str) -> list[str]:
    return list(dict.fromkeys(PROVISIONS[key].citation for key in keys))


def _printed(decision: Decision, facts: Facts, parent: Parent, settings: Settings) -> dict[str, Any]:
    pupil = facts.pupil_row
    if pupil is None:
        raise Refused("PUPIL_UNKNOWN: the school must send the pupil's row", "particulars")
    child: tuple[str, ...]
    match decision.address_as:
        case "own":
            child = (*parent.address, parent.postcode)
        case "school":
            child = ("c/o " + facts.school.name, *facts.school.address)
        case "authority":
            child = ("c/o " + settings.name, *settings.address)
        case _:
            child = (*pupil.address, pupil.postcode)
    if not all(child) or len(child) < 2:
        raise Refused("NO_ADDRESS: no address of the child is known; say in address_as what is printed", "address")
    support = [
        {
            "date": step.day.isoformat(),
            "what": _sentence(step.kind, step.description),
            "outcome": step.outcome.replace("_", " "),
        }
        for step in facts.assessor.view.roll.support.get(decision.upn, ())
        if step.day <= facts.today and step.parent_id in (None, parent.parent_id)  # what concerns the other parent is theirs
    ]
    return {
        "authority": {
            "name": settings.name,
            "address": list(settings.address),
            "phone": settings.contact.phone,
            "email": settings.contact.email,
        },
        "recipient": {"name": parent.name, "address": [*parent.address, parent.postcode]},
        "child": {"name": pupil.name, "address": list(child)},
        "school": facts.school.name,
        "support": support,
    }


def _sentence(kind: str, description: str) -> str:
    what = kind.replace("_", " ").capitalize()
    return f"{what}: {description}" if description else what


# ------------------------------------------------------------------ what happens to a notice


def _refer(decision: Decision, facts: Facts) -> Outcome:
    return Outcome(cases=(_case(decision, facts).model_copy(update={"referred": True}),))


def _no_action(decision: Decision, facts: Facts) -> Outcome:
    case = _case(decision, facts)
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


def _served(decision: Decision, facts: Facts) -> Outcome:
    notice = _posted(decision, facts)
    if decision.until is None or not notice.issued_on <= decision.until <= facts.today:
        raise Refused("give in until the day on which the notice was received", "service")
    moved: dict[str, object] = {"served_on": decision.until, "returned_on": None}
    if notice.kind == "penalty_notice":
        moved["pay_by"] = decision.until + timedelta(days=law.PAY_DAYS.on(decision.until) - 1)
        if notice.reduced_until:
            moved["reduced_until"] = decision.until + timedelta(days=law.REDUCED_DAYS.on(decision.until) - 1)
    return Outcome(notices=(notice.model_copy(update=moved),))


def _returned(decision: Decision, facts: Facts) -> Outcome:
    return Outcome(
        notices=(_posted(decision, facts).model_copy(update={"returned_on": decision.until or facts.today}),)
    )


def _posted(decision: Decision, facts: Facts) -> Notice:
    """The notice of either kind that a postal event is about: the named one, else the latest that stands."""
    kinds = ("penalty_notice",) if decision.notice in {"1", "2"} else ("penalty_notice", "notice_to_improve")
    found = []
    for kind in kinds:
        try:
            found.append(_notice(decision, facts, kind))
        except Refused:
            continue
    standing = [n for n in found if n.stands]
    if not standing:
        raise Refused("there is no such notice to this parent for this pupil", "records")
    return max(standing, key=lambda n: n.issued_on)


def _standing(decision: Decision, facts: Facts) -> Notice:
    notice = _notice(decision, facts)
    if notice.standing != "stands":
        raise Refused(f"the notice does not stand: it is {notice.standing}", "withdrawal")
    return notice


def _record_payment(decision: Decision, facts: Facts) -> Outcome:
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


def _withdraw(decision: Decision, facts: Facts) -> Outcome:
    notice = _standing(decision, facts)
    if decision.ground not in {"ought_not", "wrong_person", "material_error", "not_prosecuting"}:
        raise Refused("give a ground: ought_not, wrong_person, material_error or not_prosecuting", "withdrawal")
    if decision.ground == "not_prosecuting" and (paid(notice) or (notice.pay_by and facts.today <= notice.pay_by)):
        raise Refused("not_prosecuting is for a notice unpaid after its last day for payment", "duty_to_withdraw")
    gone = {"standing": "withdrawn", "withdrawn_on": facts.today, "withdrawn_ground": decision.ground}
    return Outcome(notices=(notice.model_copy(update=gone),))


def _release_sessions(decision: Decision, facts: Facts) -> Outcome:
    if not decision.reason:
        raise Refused("sessions are released with a reason", "used_sessions")
    case = _case(decision, facts)
    freed = tuple(
        n.model_copy(update={"released": True})
        for n in facts.notices
        if n.case == case.id and n.kind == "penalty_notice" and n.standing == "withdrawn" and not n.released
    )
    if not freed:
        raise Refused("no withdrawn notice of this case holds sessions", "used_sessions")
    return Outcome(notices=freed)


def _record_prosecution(decision: Decision, facts: Facts) -> Outcome:
    notice = _standing(decision, facts)
    if decision.ground not in {"guilty", "not_guilty", "discontinued"}:
        raise Refused("give a ground: guilty, not_guilty or discontinued", "proceedings")
    if paid(notice):
        raise Refused("the notice was paid in time: liability is discharged", "discharge")
    if notice.pay_by and facts.today <= notice.pay_by:
        raise Refused(f"no proceedings before the last day for payment, {notice.pay_by.isoformat()}", "proceedings")
    return Outcome(notices=(notice.model_copy(update={"prosecution": decision.ground}),))


def _record_elsewhere(decision: Decision, facts: Facts) -> Outcome:
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
        parent_id=decision.parent_id, recipient=_recipient(parent) if parent else None, attempt=0, issued_on=decision.until, offence_from=decision.until, standing="stands",
        issuer=decision.reason,
    )  # fmt: skip
    return Outcome(notices=(notice,))


def _parent_verdict(decision: Decision, facts: Facts) -> Outcome:
    urn, _, other = (decision.reason or "").partition("/")
    if not decision.parent_id or not urn or not other:
        raise Refused("give the parent_id, and in reason the other's urn/parent_id", "parent")
    one, two = sorted((facts.person(decision.parent_id, decision.urn), facts.person(other, urn)))
    if one == two:
        raise Refused("that is the same parent of the same school", "parent")
    return Outcome(verdicts=(Verdict(one, two, same=decision.action == "parent_same"),))


_ACTIONS: Mapping[str, Callable[[Decision, Facts], Outcome]] = {
    "refer": _refer,
    "issue_notice_to_improve": _issue_notice_to_improve,
    "authorise_penalty_notice": _authorise,
    "end_improvement": _end_improvement,
    "served": _served,
    "returned": _returned,
    "record_payment": _record_payment,
    "withdraw": _withdraw,
    "release_sessions": _release_sessions,
    "record_prosecution": _record_prosecution,
    "record_elsewhere": _record_elsewhere,
    "parent_same": _parent_verdict,
    "parent_different": _parent_verdict,
    "no_action": _no_action,
}
