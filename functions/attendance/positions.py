"""A pupil's position: how they stand against every threshold at the end of a day (design 4.4, 5.3).

Everything here is recomputed from the register and the roll, never incremented. The counting of windows is done for a whole
school at once on arrays; what only concerns the few pupils near the threshold is then said pupil by pupil.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from attendance import law
from attendance.ages import compulsory_from, compulsory_until, of_compulsory_age
from attendance.codes import ATTENDED, POSSIBLE, UNAUTHORISED
from attendance.law import academic_year, academic_year_days
from attendance.marks import CODE_ORDER, EPOCH, Marks, at, session_of, sessions_held
from attendance.roll import Parent, Pupil, Roll
from attendance.sessions import Held, Session, monday
from attendance.statistics import missed

# In the order in which they are listed; the first nine are hard: an authorisation is refused (design 5.3).
HARD_BLOCKERS = (
    "SETTINGS_MISSING", "PUPIL_UNKNOWN", "AGE_UNKNOWN", "NO_PARENT", "NO_ADDRESS", "ADDRESS_PROTECTED", "PARENT_UNCLEAR",
    "SCHOOL_CONFLICT", "N_UNRESOLVED",
)  # fmt: skip
SOFT_BLOCKERS = (
    "MARKS_MISSING",
    "NOT_ON_ROLL",
    "CODE_AGAINST_AGE",
    "SUPPORT_MISSING",
    "HISTORY_UNKNOWN",
    "CALENDAR_UNKNOWN",
)
NEAR_THRESHOLD = range(7, 10)
"""So many countable sessions in the window are near the threshold: support comes first, while there is time [our own reading]."""
FLAGS = ("WINDOW_READING_DIFFERS", "REPEATED_BELOW_THRESHOLD", "AMENDED_AFTER_ISSUE", "WEEK_DOUBTFUL")


class Frozen(BaseModel):
    """A value that does not change after it is made."""

    model_config = ConfigDict(frozen=True)


class MarkedSession(Frozen):
    """A session with the code recorded for it."""

    date: date
    session: str
    code: str

    @property
    def at(self) -> Session:
        """The session itself."""
        return Session(self.date, self.session)


class MetAt(Frozen):
    """The session at which the threshold was met."""

    date: date
    session: str


class Window(Frozen):
    """Ten school weeks (their Mondays, oldest first) and the countable sessions in them."""

    weeks: tuple[date, ...]
    sessions: tuple[MarkedSession, ...]


class BestWindow(Window):
    """The window that holds most countable sessions."""

    count: int


class Position(Frozen):
    """How one pupil stands as at a day: the contract of `positions/{urn}.json` (design 5.3)."""

    upn: str
    count: int
    window: Window
    best: BestWindow
    met: bool
    met_at: MetAt | None
    provisional: bool
    request_ready: bool
    blockers: tuple[str, ...]
    flags: tuple[str, ...]
    to_go: int
    drops_on: date | None
    illness_days: int
    continuous_unauthorised_sessions: int
    possible: int
    attended: int
    authorised: int
    unauthorised: int
    persistent: bool
    severe: bool


@dataclass(frozen=True)
class Counted:
    """A session that could count towards the threshold, with its code and the school that recorded it."""

    session: Session
    code: str
    urn: str

    @property
    def marked(self) -> MarkedSession:
        """The session as it is printed and stored."""
        return MarkedSession(date=self.session.day, session=self.session.half, code=self.code)


@dataclass(frozen=True)
class Carried:
    """What another school of the pupil keeps for us: its last ten school weeks and the countable sessions in them."""

    urn: str
    la: str
    weeks: tuple[date, ...]
    sessions: tuple[Counted, ...]


@dataclass(frozen=True)
class PupilHistory:
    """What the cases and notices of one pupil mean for the position.

    `used_by_case` holds, per case, the sessions listed in its penalty notices that stand or were withdrawn but not released
    (design 4.4, Used); `amended` says that a case with documents no longer meets the threshold it rests on.
    """

    used_by_case: Mapping[str, frozenset[Session]] = field(default_factory=dict)
    recorded_from: frozenset[str] = frozenset()
    unclear_parents: bool = False
    amended: bool = False

    @property
    def used(self) -> frozenset[Session]:
        """Every session used by some case."""
        return frozenset().union(*self.used_by_case.values())


@dataclass(frozen=True)
class SchoolView:
    """All that one school's positions are computed from."""

    urn: str
    la: str
    in_framework: bool
    marks: Marks
    roll: Roll
    has_settings: bool = True
    carried: Mapping[str, tuple[Carried, ...]] = field(default_factory=dict)
    history: Mapping[str, PupilHistory] = field(default_factory=dict)

    @cached_property
    def held(self) -> Held:
        """The sessions the school held, the future ones of its calendar included."""
        return sessions_held(self.marks, self.roll)


@dataclass(frozen=True)
class Standing:
    """A pupil's position with all that a case needs to reason further."""

    position: Position
    counted: tuple[Counted, ...]
    weeks: tuple[date, ...]
    conflict: bool


def window_size(week: date) -> int:
    """How many school weeks make a window; before the framework there was none, and its first figure serves."""
    return law.THRESHOLD_WEEKS.on(max(week, law.SCHEME_START))


def sessions_needed(day: date) -> int:
    """How many countable sessions meet the threshold."""
    return law.THRESHOLD_SESSIONS.on(max(day, law.SCHEME_START))


def window_ending(weeks: Sequence[date], week: date) -> tuple[date, ...]:
    """The ten school weeks ending with `week` (fewer at the beginning of what is known)."""
    upto = [w for w in weeks if w <= week]
    return tuple(upto[-window_size(week) :])


def met_sessions(counted: Sequence[Counted], weeks: Sequence[date]) -> Iterator[Counted]:
    """The sessions at which the threshold is met: ten countable in the ten school weeks ending with that session's week (WTISA)."""
    for n, each in enumerate(counted):
        need = sessions_needed(each.session.day)
        if n + 1 < need:
            continue
        first = window_ending(weeks, monday(each.session.day))[0]
        if monday(counted[n + 1 - need].session.day) >= first:
            yield each


def _best(counted: Sequence[Counted], weeks: Sequence[date], since: date) -> BestWindow:
    """The fullest window among those whose last week reaches into `since` or later; of equals the latest."""
    size = window_size(weeks[-1]) if weeks else 0
    per_week = dict.fromkeys(weeks, 0)
    for each in counted:
        per_week[monday(each.session.day)] += 1
    totals = np.cumsum([0, *per_week.values()])
    best, best_end = -1, -1
    for end in range(len(weeks)):
        if weeks[end] + timedelta(days=6) >= since:
            total = int(totals[end + 1] - totals[max(0, end + 1 - size)])
            if total >= best:
                best, best_end = total, end
    if best_end < 0:
        return BestWindow(weeks=(), sessions=(), count=0)
    chosen = tuple(weeks[max(0, best_end + 1 - size) : best_end + 1])
    inside = tuple(each.marked for each in counted if chosen[0] <= monday(each.session.day) <= chosen[-1])
    return BestWindow(weeks=chosen, sessions=inside, count=len(inside))


@cache
def _flags_of(codes: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([code in codes for code in CODE_ORDER])


_POSSIBLE, _ATTENDED, _UNAUTHORISED = _flags_of(POSSIBLE), _flags_of(ATTENDED), _flags_of(UNAUTHORISED)
_ILLNESS = _flags_of(frozenset({"I"}))


@dataclass(frozen=True)
class _PupilMarks:
    """The marks of one pupil up to as-at: sorted sessions (numbers) and code indexes."""

    at: NDArray[np.int32]
    code: NDArray[np.int8]


class Assessor:
    """Computes the standings of a school as at a day; what is the same for every pupil is computed once."""

    def __init__(self, view: SchoolView, as_at: date) -> None:
        self.view, self.as_at = view, as_at
        self.held = view.held.up_to(as_at)
        self.held_numbers = np.array([at(s) for s in self.held.sessions], dtype=np.int32)
        self.held_set = frozenset(self.held.sessions)
        self.year = academic_year(as_at)
        self.weeks = self.held.weeks
        bounds = np.searchsorted(view.marks.pupil, np.arange(len(view.marks.upns) + 1))
        self.slices = {upn: slice(int(bounds[n]), int(bounds[n + 1])) for n, upn in enumerate(view.marks.upns)}
        self.last_number = at(Session(as_at, "PM"))

    def marks_of(self, upn: str) -> _PupilMarks:
        """The pupil's marks up to the end of as-at."""
        part = self.slices.get(upn, slice(0, 0))
        moment = self.view.marks.at[part]
        upto = int(np.searchsorted(moment, self.last_number, side="right"))
        return _PupilMarks(moment[:upto], self.view.marks.code[part][:upto])

    def number_of(self, upn: str, codes: frozenset[str]) -> int:
        """How many marks of these codes the pupil has up to as-at, in any year: enough to pass over the many who have few."""
        return int(_flags_of(codes)[self.marks_of(upn).code].sum())

    def standings(self) -> list[Standing]:
        """Every pupil with a mark or on the roll, sorted by UPN."""
        return [self.standing(upn) for upn in sorted({*self.view.marks.upns, *self.view.roll.pupils})]

    def countable(self, upn: str, marks: _PupilMarks, held: frozenset[Session]) -> tuple[Counted, ...]:
        """The pupil's sessions with G, N, O or U, held, of compulsory school age, at a school in the framework.

        Absence before the framework began is under the old scheme and never counts towards its threshold (law.md L9).
        """
        if not self.view.in_framework:
            return ()
        pupil = self.view.roll.pupils.get(upn)
        born = pupil.date_of_birth if pupil else None
        chosen = _UNAUTHORISED[marks.code]
        found = []
        for number, code in zip(marks.at[chosen], marks.code[chosen], strict=True):
            session = session_of(int(number))
            if (
                session.day >= law.SCHEME_START
                and session in held
                and (born is None or of_compulsory_age(born, session.day))
            ):
                found.append(Counted(session, CODE_ORDER[int(code)], self.view.urn))
        return tuple(found)

    def with_carried(self, upn: str, own: tuple[Counted, ...]) -> tuple[tuple[Counted, ...], tuple[date, ...], bool]:
        """Own and carried sessions, each counted once; the weeks of the school the pupil was at; whether two schools count one."""
        carried = [each for each in self.view.carried.get(upn, ()) if each.urn != self.view.urn]
        if not carried:
            return own, self.weeks, False
        pupil = self.view.roll.pupils.get(upn)
        start = monday(pupil.starting_day) if pupil and pupil.starting_day else None
        end = monday(pupil.leaving_day) if pupil and pupil.leaving_day else date.max
        weeks = {week for week in self.weeks if (start or date.min) <= week <= end}
        sessions = {each.session: each for each in own}
        conflict = False
        for other in carried:
            weeks |= {
                week
                for week in other.weeks
                if week <= monday(self.as_at) and (start is None or week <= start or week >= end)
            }
            for each in other.sessions:
                if each.session.day <= self.as_at:
                    conflict |= each.session in sessions
                    sessions.setdefault(each.session, each)
        weeks |= {monday(session.day) for session in sessions}
        return tuple(sessions[s] for s in sorted(sessions)), tuple(sorted(weeks)), conflict

    def standing(self, upn: str) -> Standing:
        """One pupil's standing."""
        marks = self.marks_of(upn)
        counted, weeks, conflict = self.with_carried(upn, self.countable(upn, marks, self.held_set))
        history = self.view.history.get(upn, PupilHistory())
        free = tuple(each for each in counted if each.session not in history.used)
        window_weeks = tuple(weeks[-window_size(self.as_at) :])
        in_window = [each for each in free if window_weeks and monday(each.session.day) >= window_weeks[0]]
        since = academic_year_days(self.year - 1)[0]
        met = self.first_met(counted, weeks, history, since)
        blockers: tuple[str, ...] = ()
        provisional = False
        if met is not None:
            firm = tuple(each for each in counted if each.code != "N")
            provisional = self.first_met(firm, weeks, history, since) is None
            met_in = window_ending(weeks, monday(met.session.day))
            relied_on = [each for each in counted if monday(each.session.day) >= met_in[0]]
            blockers = self.blockers(upn, met_in, relied_on, provisional, conflict)
        flags = self.flags(counted, free, weeks, history, met is not None)
        count = len(in_window)
        position = Position(
            upn=upn,
            count=count,
            window=Window(weeks=window_weeks, sessions=tuple(each.marked for each in in_window)),
            best=_best(free, weeks, since),
            met=met is not None,
            met_at=MetAt(date=met.session.day, session=met.session.half) if met else None,
            provisional=provisional,
            request_ready=met is not None and not blockers,
            blockers=blockers,
            flags=flags,
            to_go=max(0, sessions_needed(self.as_at) - count),
            drops_on=self.drops_on(in_window, weeks),
            **self.sums(upn, marks),
        )
        return Standing(position, counted, weeks, conflict)

    def first_met(
        self, counted: Sequence[Counted], weeks: Sequence[date], history: PupilHistory, since: date
    ) -> Counted | None:
        """The earliest session of this or the last academic year that met the threshold; used ones count with their own case."""
        if len(counted) < sessions_needed(self.as_at):
            return None
        found = []
        for case in (None, *history.used_by_case):
            elsewhere = history.used - (history.used_by_case[case] if case else frozenset())
            with_case = [each for each in counted if each.session not in elsewhere]
            found += [each for each in met_sessions(with_case, weeks) if each.session.day >= since][:1]
        return min(found, key=lambda each: each.session, default=None)

    def sums(self, upn: str, marks: _PupilMarks) -> dict[str, int | bool]:
        """The academic year's sums over this school's marks, whatever the pupil's age; illness only while of compulsory age."""
        begin = int(np.searchsorted(marks.at, at(Session(academic_year_days(self.year)[0], "AM"))))
        moment, code = marks.at[begin:], marks.code[begin:]
        possible = int(_POSSIBLE[code].sum())
        attended = int(_ATTENDED[code].sum())
        unauthorised = int(_UNAUTHORISED[code].sum())
        absent = possible - attended
        return {
            "possible": possible,
            "attended": attended,
            "unauthorised": unauthorised,
            "authorised": absent - unauthorised,
            "persistent": missed(law.PERSISTENT_TENTHS, absent, possible, self.as_at),
            "severe": missed(law.SEVERE_TENTHS, absent, possible, self.as_at),
            "illness_days": len(illness_days(self.view.roll.pupils.get(upn), moment, code)),
            "continuous_unauthorised_sessions": len(open_run(moment, code)),
        }

    def drops_on(self, in_window: Sequence[Counted], weeks: Sequence[date]) -> date | None:
        """The Monday on which the oldest counted sessions leave the window, if the calendar reaches that far."""
        if not in_window:
            return None
        ahead = sorted({monday(s.day) for s in self.held.open_ahead} - set(weeks))
        oldest = weeks.index(monday(in_window[0].session.day))
        all_weeks = [*weeks, *ahead]
        leaves = oldest + window_size(self.as_at)
        return all_weeks[leaves] if leaves < len(all_weeks) else None

    def flags(
        self,
        counted: Sequence[Counted],
        free: Sequence[Counted],
        weeks: Sequence[date],
        history: PupilHistory,
        met: bool,
    ) -> tuple[str, ...]:
        """What an officer should know beside the figures."""
        found = set()
        if counted and {*self.other_readings(free, weeks).values()} - {bool([*met_sessions(free, weeks)])}:
            found.add("WINDOW_READING_DIFFERS")
        year_back = self.as_at - timedelta(weeks=law.REPEATED_WEEKS.on(self.as_at))
        recent = [each for each in free if each.session.day > year_back]
        if not met and len(recent) >= law.REPEATED_SESSIONS.on(self.as_at):
            found.add("REPEATED_BELOW_THRESHOLD")
        if history.amended:
            found.add("AMENDED_AFTER_ISSUE")
        if self.held.by_few and counted and self.differs_without_few(counted, weeks):
            found.add("WEEK_DOUBTFUL")
        return tuple(flag for flag in FLAGS if flag in found)

    def other_readings(self, free: Sequence[Counted], weeks: Sequence[date]) -> Mapping[str, bool]:
        """Whether the threshold is met within 50 school days, and within ten weeks that have all ten sessions held."""
        need = sessions_needed(self.as_at)
        if len(free) < need:
            return {"school_days": False, "full_weeks": False}
        days = sorted({s.day for s in self.held.sessions} | {each.session.day for each in free})
        nth = {day: n for n, day in enumerate(days)}
        full = self.full_weeks
        full_upto, so_far = {}, 0
        for week in weeks:
            so_far += week in full
            full_upto[week] = so_far
        by_days = by_full_weeks = False
        for first, last in zip(free, free[need - 1 :], strict=False):
            by_days |= nth[last.session.day] - nth[first.session.day] < law.SESSIONS_FLOAT.on(self.as_at)
            start, end = monday(first.session.day), monday(last.session.day)
            by_full_weeks |= full_upto[end] - full_upto[start] < window_size(self.as_at)
        return {"school_days": by_days, "full_weeks": by_full_weeks}

    @cached_property
    def school_days(self) -> frozenset[date]:
        """The days with a session held, or open ahead by the calendar."""
        return frozenset(session.day for session in (*self.held.sessions, *self.held.open_ahead))

    @cached_property
    def known_until(self) -> date:
        """The last day of which the calendar or a mark speaks; beyond it nobody knows whether the school is open."""
        spoken = [session.day for session in self.view.roll.calendar]
        return max([*self.school_days, *spoken], default=self.as_at)

    @cached_property
    def full_weeks(self) -> frozenset[date]:
        """The weeks with all ten sessions held; the running one is taken as full, for it is not over."""
        held = Counter(monday(session.day) for session in self.held.sessions if session.day.weekday() < 5)
        full = law.FULL_WEEK_SESSIONS.on(self.as_at)
        return frozenset(week for week, count in held.items() if count == full) | {monday(self.as_at)}

    def differs_without_few(self, counted: Sequence[Counted], weeks: Sequence[date]) -> bool:
        """Whether the pupil's count or threshold would differ had the sessions held by few not been held."""
        sure = self.held.without_few()
        doubted = tuple(each for each in counted if each.session not in self.held.by_few)
        sure_weeks = tuple(week for week in weeks if week in set(sure.weeks) or week not in set(self.weeks))
        usual, other = [*met_sessions(counted, weeks)][:1], [*met_sessions(doubted, sure_weeks)][:1]
        size = window_size(self.as_at)

        def in_last(sessions: Sequence[Counted], of: Sequence[date]) -> int:
            return sum(bool(of) and monday(each.session.day) >= of[-size:][0] for each in sessions)

        return usual != other or in_last(counted, weeks) != in_last(doubted, sure_weeks)

    def blockers(
        self, upn: str, weeks: Sequence[date], relied_on: Sequence[Counted], provisional: bool, conflict: bool
    ) -> tuple[str, ...]:
        """What stands between a threshold met in some weeks and a notice, hard ones first (design 5.3)."""
        since, until = weeks[0], min(weeks[-1] + timedelta(days=6), self.as_at)
        roll, view = self.view.roll, self.view
        history = view.history.get(upn, PupilHistory())
        marks = self.marks_of(upn)
        pupil = roll.pupils.get(upn)
        parents = eligible_parents(roll, upn, self.as_at)
        support = [s for s in roll.support.get(upn, ()) if since <= s.day <= self.as_at]
        # Before the pupil came another school's calendar decides, of which this one cannot speak.
        here_since = max(since, pupil.starting_day) if pupil and pupil.starting_day else since
        checks = {
            "SETTINGS_MISSING": not view.has_settings,
            "PUPIL_UNKNOWN": pupil is None,
            "AGE_UNKNOWN": pupil is None or pupil.date_of_birth is None,
            "NO_PARENT": not parents,
            "NO_ADDRESS": bool(parents) and not any(parent.has_address for parent in parents),
            # Also of a parent to whom nothing may be sent: the child may live at that very address.
            "ADDRESS_PROTECTED": bool(pupil and pupil.address_protected)
            or any(parent.address_protected for parent in roll.parents.get(upn, ())),
            "PARENT_UNCLEAR": history.unclear_parents,
            "SCHOOL_CONFLICT": conflict,
            "N_UNRESOLVED": any(each.code == "N" for each in relied_on),
            "MARKS_MISSING": bool(self.missing(pupil, marks, since, until)),
            "NOT_ON_ROLL": pupil is not None
            and any(not pupil.on_roll(each.session.day) for each in relied_on if each.urn == view.urn),
            "CODE_AGAINST_AGE": pupil is not None and against_age(pupil, marks, since),
            "SUPPORT_MISSING": not support and any(each.code != "G" for each in relied_on),
            "HISTORY_UNKNOWN": bool(
                pupil and pupil.home_la and pupil.home_la != view.la and pupil.home_la not in history.recorded_from
            ),
            "CALENDAR_UNKNOWN": self.unknown_weekday(here_since, until),
        }
        if provisional:
            checks["N_UNRESOLVED"] = True
        return tuple(name for name in (*HARD_BLOCKERS, *SOFT_BLOCKERS) if checks[name])

    def missing(self, pupil: Pupil | None, marks: _PupilMarks, since: date, until: date) -> list[Session]:
        """Sessions held between two days for which a pupil on roll has no mark (reg 10(1): boarders need none)."""
        if pupil is None or pupil.boarder:
            return []
        window = self.held_numbers[self.held_numbers >= at(Session(since, "AM"))]
        absent = np.setdiff1d(window, marks.at)
        return [s for s in map(session_of, map(int, absent)) if s.day <= until and pupil.on_roll(s.day)]

    @cached_property
    def spoken_for(self) -> frozenset[date]:
        """The days for which the school gave a mark or a calendar row."""
        marked = {EPOCH + timedelta(days=int(n)) for n in np.unique(self.view.marks.at // 2)}
        return frozenset(marked | {session.day for session in self.view.roll.calendar})

    def unknown_weekday(self, since: date, until: date) -> bool:
        """Whether a Monday to Friday between two days has neither a mark nor a calendar row: closed, or never sent?"""
        days = (since + timedelta(days=n) for n in range((until - since).days + 1))
        return any(day.weekday() < 5 and day not in self.spoken_for for day in days)

    def next_change(self) -> date | None:
        """The next day on which a position may change though nothing is sent (design 4.7)."""
        marks, pupils = self.view.marks, self.view.roll.pupils.values()
        later = marks.at[marks.at > self.last_number]
        days = [session_of(int(later.min())).day] if len(later) else []
        # A week that begins moves the window; within one nothing but a mark changes a count.
        days += [s.day for s in self.held.open_ahead if monday(s.day) > monday(self.as_at)][:1]
        for pupil in pupils:
            days += [d for d in (pupil.starting_day, pupil.leaving_day and pupil.leaving_day + timedelta(days=1)) if d]
            if pupil.date_of_birth:
                days += [
                    compulsory_from(pupil.date_of_birth),
                    compulsory_until(pupil.date_of_birth) + timedelta(days=1),
                ]
        days.append(academic_year_days(self.year)[1] + timedelta(days=1))
        return min((day for day in days if day > self.as_at), default=None)


def eligible_parents(roll: Roll, upn: str, day: date) -> tuple[Parent, ...]:
    """The parents who may be written to that day: not ended, and not marked as never to be sent anything."""
    return tuple(p for p in roll.parents.get(upn, ()) if not p.do_not_send and (p.until is None or p.until >= day))


def illness_days(pupil: Pupil | None, moment: NDArray[np.int32], code: NDArray[np.int8]) -> list[date]:
    """The days with at least one I while of compulsory school age, oldest first (2024 Regs, sickness return)."""
    born = pupil.date_of_birth if pupil else None
    days = [EPOCH + timedelta(days=int(n)) for n in np.unique(moment[_ILLNESS[code]] // 2)]
    return [day for day in days if born is None or of_compulsory_age(born, day)]


def open_run(moment: NDArray[np.int32], code: NDArray[np.int8]) -> list[int]:
    """The unauthorised sessions since the last possible session that was not: sessions not possible or unmarked are skipped."""
    counts = _POSSIBLE[code]
    moment, unauthorised = moment[counts], _UNAUTHORISED[code[counts]]
    breaks = np.flatnonzero(~unauthorised)
    return [int(n) for n in moment[(breaks[-1] + 1 if len(breaks) else 0) :]]


def against_age(pupil: Pupil, marks: _PupilMarks, since: date) -> bool:
    """Whether X was used while of compulsory school age, or C2 while not, since a day (reg 11)."""
    born = pupil.date_of_birth
    if born is None:
        return False
    for number, code in zip(marks.at, marks.code, strict=True):
        name, day = CODE_ORDER[int(code)], session_of(int(number)).day
        if day >= since and (name == "X" or name == "C2") and of_compulsory_age(born, day) == (name == "X"):
            return True
    return False


def assess(view: SchoolView, as_at: date) -> list[Standing]:
    """The standings of a school's pupils as at the end of a day, sorted by UPN."""
    return Assessor(view, as_at).standings()


class Positions(Frozen):
    """The positions of a school as at a day: the contract of `positions/{urn}.json` (design 5.3)."""

    urn: str
    as_at: date
    known_at: datetime | None
    pupils: tuple[Position, ...]
