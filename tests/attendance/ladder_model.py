"""A made-up world for the model check of the ladder: two children of one school, two parents of both, and all that can happen.

A `Child` is all that is known of one of them on a day. An action either happens (time passes, the register changes)
or is a decision,
which the real `decide` carries out; after it the real `follow` follows the cases, as the thresholds function does. Two states are
one if no rule can tell them apart: `Child.key` leaves out nothing but names, so that the two parents may change places.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final

import numpy as np
from builders import CLASSMATE, LA, PUPIL, URN, moment, parent_row, pupil_row, roll_of, support_row

from attendance.afterwards import expired
from attendance.cases import Case, Notice, follow, pupil_history
from attendance.decisions import decide
from attendance.facts import Decision, Facts, Outcome, Persons, Place, Refusal
from attendance.identifiers import pupil_id
from attendance.law import academic_year, academic_year_days
from attendance.marks import CODE_ORDER, HeldAt, Marks, at
from attendance.positions import Assessor, SchoolView
from attendance.roll import Roll
from attendance.sessions import HALVES, Held, Session, monday
from attendance.settings import Settings
from attendance.standing import Counted, Frozen, Position, PupilHistory, Standing
from attendance.table import Table
from local.given import read_conduct

SIBLING: Final = "E801200005003"
CHILDREN: Final = (PUPIL, SIBLING)
PARENTS: Final = ("p1", "p2")
STRANGER: Final = "p3"
"""A parent of the classmate, and of neither child."""
START: Final = date(2024, 10, 14)
HORIZON: Final = date(2036, 12, 31)
_SECRET: Final = b"made up"
_CONDUCT: Final = """
authorities: ["886"]
holds_from: 2024-09-01
name: Made-up County Council
address: [County Hall, Madeup, MU1 1AA]
contact: {phone: "01632 960000", email: attendance@madeup.example}
payment: {url: "https://madeup.example/pay"}
notice_to_improve: {school_days: 15}
officers:
- {id: o1, name: Alex Madeup, office: Attendance officer, may: [all], from: 2024-09-01}
- {id: o2, name: Sam Madeup, office: Clerk, may: [record_payment], from: 2024-09-01}
"""
_HOLIDAYS: Final = (
    ((10, 25), (11, 1)), ((12, 20), (12, 31)), ((1, 1), (1, 3)), ((2, 12), (2, 18)), ((4, 1), (4, 14)), ((5, 1), (5, 7)),
    ((5, 25), (5, 31)), ((7, 22), (8, 31)),
)  # fmt: skip


@cache
def conduct(referral: str = "not_required") -> Settings:
    """The made-up code of conduct."""
    (settings,) = read_conduct(f"{_CONDUCT}referral: {referral}\n", "made up")
    return settings


# ---------------------------------------------------------------- the school


def _weekdays() -> Iterator[date]:
    days = (date(2024, 9, 2) + timedelta(days=n) for n in range((HORIZON - date(2024, 9, 2)).days))
    return (day for day in days if day.weekday() < 5)


def _is_open(day: date) -> bool:
    return not any(first <= (day.month, day.day) <= last for first, last in _HOLIDAYS)


SCHOOL_DAYS: Final = tuple(filter(_is_open, _weekdays()))
SESSIONS: Final = tuple(Session(day, half) for day in SCHOOL_DAYS for half in HALVES)
SCHOOL_WEEKS: Final = tuple(sorted({monday(day) for day in SCHOOL_DAYS}))
_NUMBERS = np.array([at(s) for s in SESSIONS], dtype=np.int32)
_PRESENT = np.array([CODE_ORDER.index("/" if s.half == "AM" else "\\") for s in SESSIONS], dtype=np.uint8)


def _read(first: date, last: date) -> slice:
    begin, end = np.searchsorted(_NUMBERS, [at(Session(first, "AM")), at(Session(last, "PM")) + 1])
    return slice(int(begin), int(end))


_OF_WEEK: Final = {week: _read(week, week + timedelta(days=6)) for week in SCHOOL_WEEKS}


def sessions_of(week: date) -> tuple[Session, ...]:
    """The sessions that the school holds in a week."""
    return SESSIONS[_OF_WEEK[week]]


@cache
def last_week(today: date) -> date:
    """The last school week that is over: the one whose marks the school may send or change."""
    return max(week for week in SCHOOL_WEEKS if week + timedelta(days=5) <= today)


@cache
def read_since(today: date) -> date:
    """The first day of the registers that are read: none is older (aws.view)."""
    return academic_year_days(academic_year(today) - 2)[0]


@cache
def _whole_roll() -> Roll:
    calendar = [
        {"date": day.isoformat(), "session": half, "open": "yes" if _is_open(day) else "no"}
        for day in _weekdays() for half in HALVES
    ]  # fmt: skip
    return roll_of(
        pupils=[pupil_row(upn, date_of_birth="2018-05-05") for upn in (*CHILDREN, CLASSMATE)],
        parents=[*(parent_row(name, upn) for upn in CHILDREN for name in PARENTS), parent_row(STRANGER, CLASSMATE)],
        calendar=calendar,
    )


@cache
def _roll(support: frozenset[tuple[str, date, str]]) -> Roll:
    """The roll with these steps of support, each declined by a parent; what never changes is read once."""
    whole = _whole_roll()
    rows = [
        {**support_row(day.isoformat(), "declined", parent_id=name), "upn": upn} for upn, day, name in sorted(support)
    ]
    roll = Roll((), {**whole.tables, "support": Table.of(rows)})
    roll.__dict__.update({name: getattr(whole, name) for name in ("pupils", "parents", "expected", "calendar")})
    return roll


class _Assessor(Assessor):
    """The real assessor; what it once said of blockers it says again when asked the same of the same."""

    def __init__(self, view: SchoolView, as_at: date) -> None:
        super().__init__(view, as_at)
        self.said: dict[object, tuple[str, ...]] = {}

    def blockers(
        self, upn: str, weeks: Sequence[date], relied_on: Sequence[Counted], provisional: bool, conflict: bool
    ) -> tuple[str, ...]:
        history = self.view.history[upn]
        told = (id(self.view.roll), history.unclear_parents, history.recorded_from)  # a roll is made once, by _roll
        asked = (upn, tuple(weeks), tuple(relied_on), provisional, conflict, told)
        if asked not in self.said:
            self.said[asked] = super().blockers(upn, weeks, relied_on, provisional, conflict)
        return self.said[asked]

    def with_view(self, view: SchoolView) -> _Assessor:
        """The same day of the same school, with other codes or another roll: what was worked out from neither stays."""
        other = copy.copy(self)
        other.view = view
        view.__dict__.update(_held())  # when the school met is in its calendar
        return other


@cache
def _held() -> Mapping[str, Held | HeldAt]:
    view = SchoolView(URN, LA, True, _marks(START, {}), _whole_roll())
    return {"held": view.held, "held_at": view.held_at}


def _marks(today: date, absences: Mapping[str, Absences]) -> Marks:
    read, upns = _read(read_since(today), today), sorted((*CHILDREN, CLASSMATE))
    codes = []
    for upn in upns:
        own = _PRESENT.copy()
        for week, code in absences.get(upn, ()):
            own[_OF_WEEK[week]] = CODE_ORDER.index(code)
        codes.append(own[read])
    return Marks(tuple(upns), _NUMBERS[read], np.array(codes))


@cache
def _day(today: date) -> _Assessor:
    view = SchoolView(URN, LA, True, _marks(today, {}), _whole_roll())
    view.__dict__.update(_held())
    day = _Assessor(view, today)
    _ = day.held_set, day.weeks  # worked out once: every other view of the day copies it
    return day


@lru_cache(maxsize=50_000)
def _register(today: date, absences: frozenset[tuple[str, Absences]]) -> tuple[_Assessor, Mapping[str, Standing]]:
    """The school as at a day, and how each child stands by its marks.

    Of the position only what cases and notices cannot change is filled in: were another field read, it would not be there.
    """
    day = _day(today)
    assessor = day.with_view(replace(day.view, marks=_marks(today, dict(absences))))
    assessor.said = {}
    standings = {}
    for upn in CHILDREN:
        position = Position.model_construct(
            upn=upn, **{name: each.item() for name, each in assessor.sums_of(upn).items()}
        )
        standings[upn] = Standing(upn, "", assessor.own(upn), assessor.weeks, False)
        standings[upn].__dict__["position"] = position
    return assessor, standings


# ---------------------------------------------------------------- a child

type Absences = tuple[tuple[date, str], ...]
"""The weeks of which every session has one code, oldest first; in all others the child was present."""


_NOBODY: Final = Persons()


@dataclass(frozen=True)
class Child:
    """All that is known of one child on a day: the register and the support, the cases, the notices, who is one person."""

    upn: str
    today: date
    absences: Absences = ()
    support: tuple[tuple[date, str], ...] = ()
    cases: tuple[Case, ...] = ()
    notices: tuple[Notice, ...] = ()
    persons: Persons = _NOBODY
    unwritten: bool = False
    """No letter can be written today: what is reserved expires with the day."""

    @property
    def key(self) -> object:
        """What rules can read of it, the names of the parents left out: equal keys behave alike, the parents maybe exchanged."""
        parents = sorted(
            (
                tuple(sorted(_without_names(n) for n in self.notices if n.parent_id == name)),
                tuple(day.toordinal() for day, who in self.support if who == name),
            )
            for name in PARENTS
        )
        cases = tuple(map(_without_names, self.cases))
        return self.today, self.absences, cases, tuple(parents), bool(self.persons.verdicts), self.unwritten

    @property
    def live(self) -> tuple[Case, ...]:
        """The cases that are not forgotten."""
        return tuple(case for case in self.cases if case.state != "forgotten")


_NAMES: Final = frozenset({"reference", "person", "parent_id", "recipient", "proposal"})
"""What names a parent, or is read by nobody who decides (a proposal)."""
_KEPT: dict[Frozen, Frozen] = {}
_NUMBERED: dict[int, int] = {}
_NUMBER_OF: dict[object, int] = {}


def _kept[T: Frozen](value: T) -> T:
    """One object for all that are equal."""
    return _KEPT.setdefault(value, value)  # type: ignore[return-value]


def _without_names(value: Case | Notice) -> int:
    """A number for a case or a notice: the same for those that differ in names alone."""
    if id(value) not in _NUMBERED:
        content = tuple((name, each) for name, each in value.__dict__.items() if name not in _NAMES)
        _NUMBERED[id(value)] = _NUMBER_OF.setdefault(content, len(_NUMBER_OF))
    return _NUMBERED[id(value)]


def facts(child: Child, *others: Child, settings: Settings | None = None) -> Facts:
    """What a decision about a child rests on, read from the one register and the one roll of all the children."""
    every = (child, *others)
    upn = child.upn
    register, standings = _register(child.today, frozenset((each.upn, each.absences) for each in every))
    history = {upn: PupilHistory() for upn in CHILDREN} | {each.upn: _history(each) for each in every}
    roll = _roll(frozenset((each.upn, day, name) for each in every for day, name in each.support))
    return Facts(
        today=child.today, known_at=moment("2024-10-14T18:00+00:00"), la=LA, urn=URN, pupil=pupil_id(upn, _SECRET),
        school=Place("Made-up School", ("School Lane", "MU1 2BB")), settings=settings or conduct(),
        assessor=register.with_view(replace(register.view, roll=roll, history=history)), standing=standings[upn],
cases=child.live, notices=child.notices,
        forgotten=tuple(c for c in child.cases if c.state == "forgotten"), elsewhere=(), persons=child.persons, unclear=frozenset(),
        evidence=lambda listed: " ".join(map(str, listed)), secret=_SECRET,
    )  # fmt: skip


def _history(child: Child) -> PupilHistory:
    return pupil_history(child.live, child.notices, frozenset(n.issuer for n in child.notices if n.issuer), False)


# ---------------------------------------------------------------- what happens


def _followed(child: Child) -> Child:
    """The child after its cases followed the register, as the thresholds function has them follow."""
    known = facts(child)
    support = known.assessor.view.roll.support.get(child.upn, ())
    changed = follow(
        child.cases, child.notices, known.standing, support, la=LA, urn=URN, pupil=known.pupil, today=child.today
    )
    return _stored(child, changed)


def _stored(child: Child, cases: Sequence[Case], notices: Sequence[Notice] = ()) -> Child:
    """The child with cases and notices as they became; the table refuses a case written upon another than the one read."""
    of_number = {case.n: case for case in child.cases}
    for case in cases:
        read = of_number.get(case.n)
        assert case.version == (read.version if read else 0), (
            f"case {case.n} is written upon a version that is not there"
        )
        of_number[case.n] = _kept(case if case.version else case.model_copy(update={"version": 1}))
    of_reference = {n.reference: n for n in child.notices} | {n.reference: _kept(n) for n in notices}
    return replace(
        child,
        cases=tuple(case for _, case in sorted(of_number.items())),
        notices=tuple(n for _, n in sorted(of_reference.items())),
    )


def after(child: Child, outcome: Outcome) -> Child:
    """The child after what a decision changed was stored, the document written, and the cases followed."""
    notices = list(outcome.notices)
    if outcome.reservation:
        new = outcome.reservation.notice
        assert all(new.reference != n.reference for n in child.notices), "no two notices share a reference"
        notices.append(new if child.unwritten else new.model_copy(update={"standing": "stands"}))
    verdicts = dict.fromkeys((*child.persons.verdicts, *outcome.verdicts))
    return _followed(replace(_stored(child, outcome.cases, notices), persons=Persons(tuple(verdicts))))


def _wait(days: int) -> Happens:
    def happens(child: Child) -> Child:
        for notice in child.notices:
            if notice.standing == "reserved":
                case = next(case for case in child.cases if case.id == notice.case)
                gone = notice.model_copy(update={"standing": "expired", "improvement": None})
                child = _stored(child, [expired(notice, case, child.notices)], [gone])
        today = child.today + timedelta(days=days)
        seen = tuple((week, code) for week, code in child.absences if week + timedelta(days=6) >= read_since(today))
        return _followed(replace(child, today=today, absences=seen, unwritten=False))

    return happens


def _week(code: str) -> Happens:
    def happens(child: Child) -> Child:
        week = last_week(child.today)
        others = [each for each in child.absences if each[0] != week]
        return _followed(replace(child, absences=tuple(sorted([*others, (week, code)] if code else others))))

    return happens


def _declines(name: str) -> Happens:
    def happens(child: Child) -> Child:
        return _followed(replace(child, support=tuple(sorted({*child.support, (child.today, name)}))))

    return happens


# ---------------------------------------------------------------- the alphabet

type Happens = Callable[[Child], Child]
type Decides = Callable[[Child], Decision]


def _decides(action: str, parent: str | None = None, by: str = "o1", **said: object) -> Decides:
    def decision(child: Child) -> Decision:
        given = {name: value(child) if callable(value) else value for name, value in said.items()}
        return Decision.model_validate(
            {
                "id": "d", "row": 2, "on": child.today, "la": LA, "urn": URN, "upn": child.upn, "by": by, "action": action,
                "parent_id": parent, **given,
            }
        )  # fmt: skip

    return decision


def _some_of_last_week(child: Child) -> tuple[str, ...]:
    return tuple(map(str, sessions_of(last_week(child.today))[:6]))


def _first_document(child: Child) -> str | None:
    of_cases = [n for n in child.notices if n.case]
    return min(of_cases, key=lambda n: (n.issued_on, n.case, n.reference)).reference if of_cases else "none"


def _today(child: Child) -> date:
    return child.today


CLOCK: Final[Mapping[str, Happens]] = {"a month passes": _wait(29), "a year and a half passes": _wait(547)}
"""What happens to all children at once. A month is the 28 days for paying and the time the post takes, to the day of it."""

CORE_HAPPENS: Final[Mapping[str, Happens]] = {
    "a week of holiday": _week("G"),
    "a week of unauthorised absence": _week("O"),
    "the absence is amended away": _week(""),
    "support declined by p1": _declines("p1"),
    "support declined by p2": _declines("p2"),
}
"""What the school sends of one child; the week is the last that is over."""


def _authorises(parent: str) -> dict[str, Decides]:
    notice = f"penalty notice to {parent}"
    reasoned = ("support_not_appropriate", "support_failed", "improvement_failed", "ended_early")
    return {
        f"{notice}, support_not_appropriate": _decides(
            "authorise_penalty_notice", parent, ground="support_not_appropriate"
        ),
        **{
            f"{notice}, {ground}, with a reason": _decides(
                "authorise_penalty_notice", parent, ground=ground, reason="said"
            )
            for ground in reasoned
        },
        f"{notice}, below_threshold": _decides(
            "authorise_penalty_notice", parent, ground="below_threshold", reason="said", sessions=_some_of_last_week
        ),
    }


CORE_DECIDES: Final[Mapping[str, Decides]] = {
    **{f"notice to improve to {p}": _decides("issue_notice_to_improve", p) for p in PARENTS},
    **_authorises("p1"),
    **_authorises("p2"),
    **{f"improvement ends: {g}": _decides("end_improvement", ground=g) for g in ("improved", "failed", "ended_early")},
    **{f"withdraw that of {p}": _decides("withdraw", p, ground="ought_not") for p in PARENTS},
    "release the sessions": _decides("release_sessions", reason="said"),
    **{f"{p} acquitted": _decides("record_prosecution", p, ground="not_guilty") for p in PARENTS},
    "no action": _decides("no_action", reason="said"),
}  # fmt: skip

WIDE_CLOCK: Final[Mapping[str, Happens]] = {"a day passes": _wait(1), **CLOCK}
WIDE_HAPPENS: Final[Mapping[str, Happens]] = {
    **CORE_HAPPENS,
    "a week without a reason yet": _week("N"),
    "no letter can be written today": lambda child: replace(child, unwritten=True),
}
WIDE_DECIDES: Final[Mapping[str, Decides]] = {
    **CORE_DECIDES,
    "refer": _decides("refer"),
    "p1 and p2 are one": _decides("parent_same", "p1", reason=f"{URN}/p2"),
    "penalty notice to a parent of another child": _decides(
        "authorise_penalty_notice", STRANGER, ground="support_not_appropriate", reason="said"
    ),
    "penalty notice by a clerk": _decides(
        "authorise_penalty_notice", "p1", by="o2", ground="support_not_appropriate", reason="said"
    ),
    **{
        f"{action} {p}": decides
        for p in PARENTS
        for action, decides in {
            "pay the reduced amount,": _decides("record_payment", p, amount_pence=8000, until=_today),
            "pay the full amount,": _decides("record_payment", p, amount_pence=16000, until=_today),
            "withdraw, for want of a prosecution, that of": _decides("withdraw", p, ground="not_prosecuting"),
            "convict": _decides("record_prosecution", p, ground="guilty"),
            "discontinue against": _decides("record_prosecution", p, ground="discontinued"),
            "served on": _decides("served", p, until=_today),
            "returned from": _decides("returned", p, until=_today),
            "elsewhere issued to": _decides("record_elsewhere", p, until=_today, reason="887"),
            "an excluded pupil's notice elsewhere to": _decides(
                "record_elsewhere", p, until=_today, reason="888", ground="excluded_pupil"
            ),
            "in the first case, penalty notice to": _decides(
                "authorise_penalty_notice", p, ground="support_not_appropriate", reason="said", notice=_first_document
            ),
            "improvement fails, of": _decides("end_improvement", p, ground="failed"),
            "improvement ends early, of": _decides("end_improvement", p, ground="ended_early"),
        }.items()
    },
}


@dataclass(frozen=True)
class Alphabet:
    """The actions of sequences: what happens to all children at once, and what happens to, or is decided about, each."""

    clock: Mapping[str, Happens]
    happens: Mapping[str, Happens]
    decides: Mapping[str, Decides]
    settings: Settings

    def sequences(self, length: int, children: int = len(CHILDREN)) -> int:
        """How many sequences of up to so many actions there are."""
        actions = len(self.clock) + children * (len(self.happens) + len(self.decides))
        return sum(actions**n for n in range(1, length + 1))


CORE: Final = Alphabet(CLOCK, CORE_HAPPENS, CORE_DECIDES, conduct())
WIDE: Final = Alphabet(WIDE_CLOCK, WIDE_HAPPENS, WIDE_DECIDES, conduct())
REFERRED: Final = Alphabet(WIDE_CLOCK, WIDE_HAPPENS, WIDE_DECIDES, conduct("required"))
NARROW: Final = Alphabet(
    CLOCK,
    {name: CORE_HAPPENS[name] for name in ("a week of holiday", "the absence is amended away", "support declined by p1")},
    {
        name: CORE_DECIDES[name]
        for name in (
            "notice to improve to p1", "notice to improve to p2", "penalty notice to p1, support_not_appropriate",
            "penalty notice to p2, support_not_appropriate", "penalty notice to p1, improvement_failed, with a reason",
            "improvement ends: failed", "withdraw that of p1", "withdraw that of p2", "release the sessions", "p1 acquitted",
        )
    },
    conduct(),
)  # fmt: skip
"""One way of each thing that can go right or wrong: what a second and a third notice need, and what undoes one."""
DOCUMENTS: Final = frozenset({"issue_notice_to_improve", "authorise_penalty_notice"})


def born(upn: str = PUPIL, code: str = "G") -> Child:
    """A child with one week of absence, and the case it opened."""
    return _week(code)(Child(upn, START))


# ---------------------------------------------------------------- every sequence


@dataclass(frozen=True)
class Step:
    """One action in one state: what the child was, what was decided and what came of it, what it became."""

    before: Child
    action: str
    decision: Decision | None
    known: Facts | None
    outcome: Outcome | Refusal | None
    after: Child


def take(child: Child, action: str, alphabet: Alphabet, *others: Child, known: Facts | None = None) -> Step:
    """Take one action, whatever comes of it."""
    happens = alphabet.clock.get(action) or alphabet.happens.get(action)
    if happens:
        return Step(child, action, None, None, None, happens(child))
    known = known or facts(child, *others, settings=alphabet.settings)
    decision = alphabet.decides[action](child)
    outcome = decide(decision, known)
    return Step(
        child, action, decision, known, outcome, after(child, outcome) if isinstance(outcome, Outcome) else child
    )


@dataclass
class Explored:
    """What was found: how many states and documents there are, how many decisions were asked for."""

    states: int = 1
    decisions: int = 0
    documents: int = 0


def explore(alphabet: Alphabet, length: int, judge: Callable[[Step], None], start: Child) -> Explored:
    """Take every sequence of up to so many actions, each state once, and have every step judged.

    Of the last action of a sequence only what issues a document is taken: all others issue none, and come earlier too.
    """
    found = Explored()
    seen, level = {start.key}, [start]
    last = {name: each for name, each in alphabet.decides.items() if each(start).action in DOCUMENTS}
    for n in range(1, length + 1):
        reached: list[Child] = []
        actions = [*alphabet.clock, *alphabet.happens, *alphabet.decides] if n < length else [*last]
        for child in level:
            known = facts(child, settings=alphabet.settings)
            for action in actions:
                step = take(child, action, alphabet, known=known)
                judge(step)
                found.decisions += step.decision is not None
                found.documents += isinstance(step.outcome, Outcome) and step.outcome.reservation is not None
                if step.after is not child and n < length and step.after.key not in seen:
                    seen.add(step.after.key)
                    reached.append(step.after)
        level = reached
    found.states = len(seen)
    return found


def led(alphabet: Alphabet, *actions: str) -> Child:
    """A child further on: after a sequence of which every decision was allowed."""
    child = born()
    for action in actions:
        step = take(child, action, alphabet)
        assert not isinstance(step.outcome, Refusal), (action, step.outcome)
        child = step.after
    return child
