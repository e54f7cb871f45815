"""The ladder read slowly, from the text of the law and of design 4.4: whether a document is lawful, and what it must say.

Nothing here calls a rule of the ladder (`attendance.ladder`, `penalty`, `improvement`,
`asked`, `money`, `afterwards`, `cases.met_for`,
`law.next_in_sequence`, `service.payment_dates`): it counts again from the marks, the days and the notices as they are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Final

from ladder_model import PARENTS, SCHOOL_DAYS, SCHOOL_WEEKS, Child, Step, sessions_of

from attendance.cases import Case, Notice
from attendance.facts import Decision, Outcome
from attendance.service import bank_holidays
from attendance.sessions import Session

COMPULSORY: Final = date(2023, 9, 1), date(2034, 6, 30)
"""Born on 5 May 2018: from the prescribed day after the fifth birthday to the last Friday in June of the year of the sixteenth."""
FRAMEWORK: Final = date(2024, 8, 19)
_NUMBER_OF_WEEK: Final = {week: n for n, week in enumerate(SCHOOL_WEEKS)}


# ---------------------------------------------------------------- days


@cache
def months_on(day: date, months: int) -> date:
    """The same day so many months on, or the last day that month has."""
    month = day.year * 12 + day.month - 1 + months
    for number in range(day.day, 0, -1):
        try:
            return date(month // 12, month % 12 + 1, number)
        except ValueError:
            continue
    raise AssertionError


@cache
def received(issued_on: date) -> date:
    """The second working day after posting first class on the day of issue, or on the next working day."""

    def works(day: date) -> bool:
        return day.isoweekday() <= 5 and day not in bank_holidays(day.year)

    day, passed = issued_on, 0 if works(issued_on) else -1
    while passed < 2:
        day += timedelta(days=1)
        passed += works(day)
    return day


def week_of(session: Session) -> int:
    """The number of the school week of a session."""
    return _NUMBER_OF_WEEK[session.day - timedelta(days=session.day.isoweekday() - 1)]


@cache
def tenth(sessions: tuple[Session, ...], later_than: date) -> Session | None:
    """The first of the sessions, later than a day, that is the tenth or more within the ten school weeks ending with its own."""
    for last in sessions:
        if last.day > later_than and sum(s <= last and week_of(s) > week_of(last) - 10 for s in sessions) >= 10:
            return last
    return None


# ---------------------------------------------------------------- one child


def last_day_to_pay(notice: Notice) -> date:
    """Twenty-eight days, the day of receipt being the first."""
    return (notice.served_on or received(notice.issued_on)) + timedelta(days=27)


def is_paid(notice: Notice) -> bool:
    """Whether the reduced amount was there by day 21 or the full one by day 28; while a letter is back, neither has begun."""
    assert notice.amount_pence is not None
    last = last_day_to_pay(notice)

    def by(day: date) -> int:
        return sum(p.pence for p in notice.payments if notice.returned_on or p.paid_on <= day)

    lower = notice.reduced_amount_pence
    return by(last) >= notice.amount_pence or (lower is not None and by(last - timedelta(days=7)) >= lower)


def holds_sessions(notice: Notice) -> bool:
    """Whether the sessions it lists are used: it stands, or was withdrawn and no officer released them."""
    if notice.kind != "penalty_notice":
        return False
    return notice.standing in ("reserved", "stands") or (notice.standing == "withdrawn" and not notice.released)


@dataclass(frozen=True)
class Reading:
    """What the record of a child says, for whoever asks whether a document is lawful."""

    child: Child

    @property
    def today(self) -> date:
        return self.child.today

    @cached_property
    def absent(self) -> dict[Session, str]:
        """The sessions with an unauthorised code while of compulsory school age, up to today, in order."""
        return {
            session: code
            for week, code in self.child.absences for session in sessions_of(week)
            if COMPULSORY[0] <= session.day <= COMPULSORY[1] and FRAMEWORK <= session.day <= self.today
        }  # fmt: skip

    @cached_property
    def one_person(self) -> bool:
        return any(v.same for v in self.child.persons.verdicts)

    def same(self, parent: str, other: str) -> bool:
        return parent == other or (self.one_person and {parent, other} == {*PARENTS})

    def of(self, parent: str) -> list[Notice]:
        """The notices to a parent, under whichever name, that have not expired."""
        return [n for n in self.child.notices if self.same(n.parent_id, parent) and n.standing != "expired"]

    def meant(self, decision: Decision) -> Case | None:
        """The case of the notice named, else the gathering one, else the last settled one."""
        if decision.notice:
            named = [n.case for n in self.child.notices if n.reference == decision.notice]
            return next((c for c in self.child.live if c.id in named), None)
        for state in ("gathering", "settled"):
            if found := [c for c in self.child.live if c.state == state]:
                return found[-1]
        return None

    def threshold(self, case: Case, *, firm: bool) -> tuple[Session, tuple[Session, ...]] | None:
        """Where a case meets the threshold and the sessions it rests on: none another case uses or an earlier one considered."""
        used = {s.at for n in self.child.notices if holds_sessions(n) and n.case != case.id for s in n.sessions}
        own = {each.at for each in case.considered}
        free = tuple(
            s for s, code in self.absent.items()
            if s not in used and not (firm and code == "N") and (case.state != "settled" or s in own)
        )  # fmt: skip
        before = [
            c.considered[-1].date for c in self.child.live if c.state == "settled" and c.n < case.n and c.considered
        ]
        began = self.today.year if self.today.month >= 8 else self.today.year - 1
        last = tenth(free, max([*before, date(began - 1, 7, 31)]))
        if last is None:
            return None
        return last, tuple(s for s in free if week_of(s) > week_of(last) - 10)

    def counting(self, parent: str) -> int:
        """The penalty notices to a parent for this child, by whomever, issued in the three years that end today."""
        return sum(
            n.kind == "penalty_notice" and n.standing in ("reserved", "stands") and n.prosecution != "not_guilty"
            and months_on(self.today, -36) < n.issued_on <= self.today
            for n in self.of(parent)
        )  # fmt: skip

    # ------------------------------------------------------------ a penalty notice

    def case_below(self, decision: Decision) -> Case | None:
        """The case of a notice below the threshold: the gathering one, else that of the same absence; None: a new one."""
        if any(c.state == "gathering" for c in self.child.live):
            return self.meant(decision)
        picked = {*map(Session.parse, decision.sessions)}
        same = [c for c in self.child.live if c.state == "settled" and picked <= {each.at for each in c.listed}]
        return same[-1] if same else None

    def penalty_notice(self, decision: Decision) -> tuple[Session, ...] | str:
        """The sessions that a lawful penalty notice lists today, or why none may be issued."""
        below = decision.ground == "below_threshold"
        case = self.case_below(decision) if below else self.meant(decision)
        parent = decision.parent_id
        if decision.by != "o1":
            return "the officer has no such right"
        if parent not in PARENTS:
            return "no parent of this child"
        if case is None and not below:
            return "no case"
        if any(
            n.kind == "penalty_notice" and case and n.case == case.id and n.standing in ("reserved", "stands")
            for n in self.of(parent)
        ):
            return "one to this parent stands in this case"
        picked = tuple(sorted(map(Session.parse, decision.sessions)))
        if below:
            if not set(picked) <= self.absent.keys():
                return "a session picked is none of unauthorised absence"
            rests_on = picked
        else:
            assert case is not None
            met, firm = self.threshold(case, firm=False), self.threshold(case, firm=True)
            if met is None or firm is None:
                return "not ten sessions in ten school weeks" if met is None else "met only with N codes"
            rests_on = met[1]
            if why := self.ground(decision, case, [s for s in rests_on if week_of(s) <= week_of(met[0])]):
                return why
            if not decision.reason and not self.supported_or_holiday(rests_on, week_of(met[0])):
                return "no support is recorded, and no reason said"
        if self.counting(parent) >= 2:
            return "two within three years"
        listed = self.listed(case, rests_on, below)
        if not below and listed and not decision.reason:
            assert met is not None
            if sum(week_of(s) <= week_of(met[0]) for s in listed) < 10:
                if why := self.ground(decision, case, listed):
                    return f"of what is left to list: {why}"
                if not self.supported_or_holiday(listed, week_of(listed[-1])):
                    return "no support is recorded for what is left to list, and no reason said"
        return listed if len(listed) >= (1 if below else 10) else "too few sessions are left to list"

    def ground(self, decision: Decision, case: Case, window: Iterable[Session]) -> str | None:
        """Why the ground given is none: what it asks did not happen."""
        assert decision.parent_id
        ended = {
            n.improvement for n in self.of(decision.parent_id) if n.kind == "notice_to_improve" and n.case == case.id
        }
        happened = {
            "support_not_appropriate": bool(decision.reason) or all(self.absent[s] == "G" for s in window),
            "support_failed": any(who == decision.parent_id for _, who in self.child.support),
            "improvement_failed": "failed" in ended,
            "ended_early": "ended_early" in ended,
        }
        return None if happened.get(decision.ground or "") else f"{decision.ground}: it did not happen"

    def supported_or_holiday(self, rests_on: tuple[Session, ...], last_week: int) -> bool:
        """Whether nothing but holiday is relied on, or support is recorded since the first of the ten weeks ending so."""
        since = SCHOOL_WEEKS[max(0, last_week - 9)]
        return all(self.absent[s] == "G" for s in rests_on) or any(since <= day for day, _ in self.child.support)

    def listed(self, case: Case | None, rests_on: tuple[Session, ...], below: bool) -> tuple[Session, ...]:
        """What a notice of today lists: what another parent's lists, before today, free, and in time for a prosecution."""
        same = {each.at for each in case.listed} if case and case.listed else set(rests_on)
        used = {
            s.at for n in self.child.notices
            if holds_sessions(n) and (case is None or n.case != case.id) for s in n.sessions
        }  # fmt: skip
        if below and not set(rests_on) <= same - used:
            return ()
        last = received(self.today) + timedelta(days=27 + 28)
        return tuple(s for s in rests_on if s in same - used and s.day < self.today and months_on(s.day, 6) >= last)

    # ------------------------------------------------------------ a notice to improve

    def notice_to_improve(self, decision: Decision) -> tuple[Session, ...] | str:
        """The sessions that a lawful notice to improve lists today, or why none may be issued."""
        case = next((c for c in self.child.live if c.state == "gathering"), None)
        if case is None:
            return "no case is gathering"
        met = self.threshold(case, firm=False)
        if met is None:
            return "not ten sessions in ten school weeks"
        assert decision.parent_id
        for n in self.of(decision.parent_id):
            if n.kind == "notice_to_improve" and n.improvement == "running":
                assert n.improvement_until
                if n.case == case.id or self.today <= n.improvement_until:
                    return "a period of this parent is running"
        return tuple(s for s in met[1] if s.day < self.today)


# ---------------------------------------------------------------- every step

CHANGES: Final = {
    "end_improvement": {"improvement"},
    "served": {"served_on", "returned_on", "pay_by", "reduced_until", "improvement_from", "improvement_until"},
    "returned": {"returned_on", "served_on"},
    "record_payment": {"payments"},
    "withdraw": {"standing", "withdrawn_on", "withdrawn_ground"},
    "release_sessions": {"released"},
    "record_prosecution": {"prosecution"},
}
"""What an action may change of a notice that is out; all else of it stays as it was printed."""


def judge(step: Step, referral: bool = False) -> None:
    """Assert that a step is lawful, that a refused document would not be, and that a document says what it must."""
    if step.decision is not None and step.outcome is not None:
        _judge_decision(step, step.decision, referral)
    if step.after is not step.before:
        _judge_state(step)


def _judge_decision(step: Step, decision: Decision, referral: bool) -> None:
    reading, outcome = Reading(step.before), step.outcome
    if decision.action in ("authorise_penalty_notice", "issue_notice_to_improve"):
        penalty = decision.action == "authorise_penalty_notice"
        lawful = reading.penalty_notice(decision) if penalty else reading.notice_to_improve(decision)
        case = reading.case_below(decision) if decision.ground == "below_threshold" else reading.meant(decision)
        if referral and not isinstance(lawful, str) and not (case and case.referred):
            lawful = "not referred"
        if not isinstance(outcome, Outcome):
            assert isinstance(lawful, str), ("refused though it is lawful", outcome)
            return
        assert not isinstance(lawful, str), ("allowed though it is not lawful", lawful)
        assert outcome.reservation, "it issues a document"
        new = outcome.reservation.notice
        assert tuple(each.at for each in new.sessions) == lawful, "it lists these sessions and no others"
        assert {each.at: each.code for each in new.sessions}.items() <= reading.absent.items(), "with their codes"
        (_penalty_notice_says if penalty else _notice_to_improve_says)(reading, decision, case, new)
    elif isinstance(outcome, Outcome):
        _judge_change(reading, decision, outcome)


def _penalty_notice_says(reading: Reading, decision: Decision, case: Case | None, new: Notice) -> None:
    assert decision.parent_id
    place, first = reading.counting(decision.parent_id) + 1, new.sessions[0].date
    assert new.sequence == place
    assert (new.amount_pence, new.reduced_amount_pence) == ((16000, 8000) if place == 1 else (16000, None))
    day = received(reading.today)
    assert (new.presumed_received_on, new.pay_by) == (day, day + timedelta(days=27))
    assert new.reduced_until == (day + timedelta(days=20) if place == 1 else None)
    assert (new.offence_from, new.prosecute_by) == (first, months_on(first, 6))
    assert (new.issued_on, new.parent_id, new.case) == (
        reading.today,
        decision.parent_id,
        case.id if case else new.case,
    )
    assert new.retain_until == months_on(reading.today, 84)


def _notice_to_improve_says(reading: Reading, decision: Decision, case: Case | None, new: Notice) -> None:
    assert case
    days = [day for day in SCHOOL_DAYS if day > received(reading.today)][:15]
    assert (new.improvement_from, new.improvement_until) == (days[0], days[-1]), "fifteen school days after receipt"
    assert (new.issued_on, new.parent_id, new.case) == (reading.today, decision.parent_id, case.id)
    assert (new.amount_pence, new.sequence, new.pay_by) == (None, None, None)


def _judge_change(reading: Reading, decision: Decision, outcome: Outcome) -> None:
    """What is no document may happen only to a notice that lets it, and changes nothing else of it."""
    assert outcome.reservation is None
    known = {n.reference: n for n in reading.child.notices}
    today = reading.today
    for now in outcome.notices:
        was = known.get(now.reference)
        if decision.action == "record_elsewhere":
            assert (now.case, now.sessions, now.issued_on) == (None, (), today)
            continue
        assert was is not None
        changed = {name for name, value in now.__dict__.items() if value != was.__dict__[name]}
        assert changed <= CHANGES[decision.action], changed
        assert decision.parent_id is None or reading.same(was.parent_id, decision.parent_id), "of this parent"
        match decision.action:
            case "end_improvement":
                assert (was.improvement, now.improvement) == ("running", decision.ground)
                assert decision.ground != "failed" or (was.improvement_until and was.improvement_until <= today)
            case "record_payment":
                assert was.standing == "stands"
            case "withdraw":
                assert (was.standing, was.prosecution == "guilty") == ("stands", False)
                over = last_day_to_pay(was) < today and not is_paid(was) and not was.returned_on
                assert decision.ground != "not_prosecuting" or over
            case "release_sessions":
                assert (was.standing, was.released, now.released) == ("withdrawn", False, True)
            case "record_prosecution":
                assert was.standing == "stands"
                assert last_day_to_pay(was) < today, "no proceedings before the last day for payment"
                assert not is_paid(was), "payment discharges the liability"
                assert not was.returned_on
            case "served":
                assert now.kind == "notice_to_improve" or now.pay_by == today + timedelta(days=27)
            case "returned":
                assert now.returned_on == today


def _judge_state(step: Step) -> None:
    """What holds of every state: no session used by two cases, no two notices to one parent in a case, no case that reopens."""
    now = step.after
    reading = Reading(now)
    penalties = [n for n in now.notices if n.kind == "penalty_notice" and n.case]
    used: dict[Session, str | None] = {}
    for notice in penalties:
        if holds_sessions(notice):
            for each in notice.sessions:
                assert used.setdefault(each.at, notice.case) == notice.case, "a session is listed in two cases"
    standing = [
        (n.case, "one" if reading.one_person else n.parent_id)
        for n in penalties
        if n.standing in ("reserved", "stands")
    ]
    if not reading.one_person:  # said to be one after each had theirs
        assert len(standing) == len(set(standing)), "two to one parent in one case"
    for case in now.live:
        lists = [{s.at for s in n.sessions} for n in penalties if n.case == case.id and n.standing != "expired"]
        listed = {each.at for each in case.listed}
        assert all(each <= listed for each in lists), "the notices of one case list the same sessions"
    assert sum(case.state == "gathering" for case in now.live) <= 1
    before = {case.id: case for case in step.before.live}
    expired = {n.case for n in step.before.notices if n.standing == "reserved" and n not in now.notices}
    for case in now.live:
        was = before.get(case.id)
        if was and was.state == "settled" and case.id not in expired:
            assert (case.state, case.considered, case.listed or was.listed) == (
                "settled",
                was.considered,
                was.listed or case.listed,
            )
        if was and was.state == "settled" and case.state != "settled":
            others = [n for n in penalties if n.case == case.id and n.standing != "expired"]
            assert was.settled_by == "penalty_notice"
            assert not others, "a case never reopens but for a notice that never was"
        if case.state == "settled" and was and was.state == "gathering":
            assert step.decision is not None
            assert case.settled_by == {
                "authorise_penalty_notice": "penalty_notice", "no_action": "no_action", "end_improvement": "improved"
            }[step.decision.action]  # fmt: skip
        if case.state == "gathering" and case.met_at and not case.documents:
            assert reading.threshold(case, firm=False), "a case without documents lapses when the threshold is gone"
