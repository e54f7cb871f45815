"""A pupil's position: how they stand against every threshold at the end of a day (design 4.4, 5.3).

Everything here is recomputed from the register and the roll, never incremented. The counting of windows is done for a whole
school at once on arrays; what only concerns the few pupils near the threshold is then said pupil by pupil.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import compress, islice, repeat
from json.encoder import encode_basestring
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from attendance import counting, law
from attendance.ages import compulsory_from, compulsory_until, of_compulsory_age
from attendance.columns import among, different
from attendance.law import academic_year, academic_year_days
from attendance.marks import (
    CODE_ORDER,
    EPOCH,
    NO_MARK,
    PLACE_OF,
    Cells,
    HeldAt,
    Marks,
    at,
    flags_of,
    held_at,
    number_of,
    session_of,
    sessions_held,
)
from attendance.roll import Parent, Pupil, Roll
from attendance.sessions import HALVES, Held, Session, monday
from attendance.standing import (
    FLAGS,
    HARD_BLOCKERS,
    SOFT_BLOCKERS,
    Carried,
    Counted,
    PupilHistory,
    Standing,
    Threshold,
    out_of_sight,
    sessions_needed,
    window_ending,
    window_size,
)

_COUNTS: Final = (
    "possible",
    "attended",
    "authorised",
    "unauthorised",
    "illness_days",
    "continuous_unauthorised_sessions",
)
_MARKED_OUT: Final = ("persistent", "severe")
type Sums = Mapping[str, NDArray[Any]]
"""The sums of an academic year by their names, a number for each pupil."""
_NO_SUMS: Final[Sums] = {
    **dict.fromkeys(_COUNTS, np.zeros(1, dtype=np.int64)), **dict.fromkeys(_MARKED_OUT, np.zeros(1, dtype=np.bool_))
}  # fmt: skip
_BY_AGE: Final = frozenset({"X", "C2"})
_COUNTED_FLAGS: Final = ("WINDOW_READING_DIFFERS", "REPEATED_BELOW_THRESHOLD", "WEEK_DOUBTFUL")


@lru_cache(maxsize=16384)  # of a school's year there are some hundred sessions with a few codes each
def _counted(number: int, code: int, urn: str) -> Counted:
    return Counted(session_of(number), CODE_ORDER[code], urn)


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
    def held_at(self) -> HeldAt:
        """The sessions the school held, the future ones of its calendar included, as numbers."""
        return held_at(self.marks, self.roll)

    @cached_property
    def held(self) -> Held:
        """The same as sessions."""
        return sessions_held(self.held_at)


def met_sessions(counted: Sequence[Counted], weeks: Sequence[date]) -> Iterator[Counted]:
    """The sessions of one pupil at which the threshold is met (`counting.met`)."""
    mondays = _numbers(weeks)
    at_these = counting.met(_as_arrays(counted, mondays)) if counted else ()
    return (each for each, is_met in zip(counted, at_these, strict=True) if is_met)


def _as_arrays(counted: Sequence[Counted], *clocks: NDArray[np.int32]) -> counting.Countable:
    """The countable sessions of one pupil, who is number 0, on these clocks."""
    return counting.Countable.of(
        np.zeros(len(counted), dtype=np.int32),
        np.array([at(each.session) for each in counted], dtype=np.int32),
        np.array([PLACE_OF[each.code] for each in counted], dtype=np.uint8),
        *clocks,
    )


def _numbers(days: Iterable[date]) -> NDArray[np.int32]:
    return np.array([number_of(day) for day in days], dtype=np.int32)


# ------------------------------------------------------------------ what is stored


@dataclass(frozen=True)
class Said:
    """Positions as the counts alone say them, a row a pupil; nothing stands in the way of a notice yet."""

    windows: counting.Windows
    stored: Sequence[str]
    """Each as it is stored: JSON, the keys in order."""

    @staticmethod
    def of(
        windows: counting.Windows, free: NDArray[np.bool_], scale: counting.Scale, upns: Sequence[str], sums: Sums
    ) -> Said:
        """Made for a whole school at once, column by column: of most pupils nobody asks more than what is stored."""
        counted, at_end = windows.counted, windows.best_week[windows.counted.pupil]
        in_best = free & (counted.week <= at_end) & (counted.week > at_end - scale.best_size)
        weeks = [_day(monday) for monday in scale.mondays.tolist()]
        ending = [_quoted(weeks[max(0, n + 1 - scale.best_size) : n + 1]) for n in range(len(weeks))] + ["[]"]
        best = zip(
            windows.best.tolist(), _dealt(counted, in_best, windows.best), windows.best_week.tolist(), strict=True
        )
        recent = _quoted(weeks[-scale.size :])
        met = [int(counted.at[n]) if n >= 0 else None for n in windows.met.tolist()]
        columns: dict[str, Iterable[object]] = {
            **{name: _plain(values) for name, values in sums.items()},
            "best": [f'{{"count":{count},"sessions":{those},"weeks":{ending[n]}}}' for count, those, n in best],
            "blockers": repeat("[]"),
            "count": _plain(windows.count),
            "drops_on": [f'"{_day(n)}"' if n >= 0 else "null" for n in windows.drops_on.tolist()],
            "flags": map(_quoted, _flags(windows)),
            "met": [_BOOL[number is not None] for number in met],
            "met_at": ["null" if number is None else f"{{{_session_json(number)}}}" for number in met],
            "provisional": _plain(windows.provisional),
            "request_ready": repeat(_BOOL[False]),
            "to_go": _plain(np.maximum(0, scale.needed - windows.count)),
            "upn": map(encode_basestring, upns),
            "window": [
                f'{{"sessions":{those},"weeks":{recent}}}'
                for those in _dealt(counted, windows.in_window, windows.count)
            ],
        }
        names = sorted(columns)
        one = f"{{{','.join(f'"{name}":%s' for name in names)}}}"
        return Said(windows, [one % values for values in zip(*map(columns.__getitem__, names), strict=False)])

    def met_at(self, n: int) -> Session | None:
        """The session at which a pupil met the threshold."""
        met = int(self.windows.met[n])
        return session_of(int(self.windows.counted.at[met])) if met >= 0 else None

    def flags(self, n: int) -> Sequence[str]:
        """What is flagged of a pupil."""
        return _flags(self.windows)[n]


def _flags(windows: counting.Windows) -> Sequence[tuple[str, ...]]:
    flagged = windows.reading_differs, windows.repeated, windows.doubtful
    return [tuple(compress(_COUNTED_FLAGS, each)) for each in zip(*(flags.tolist() for flags in flagged), strict=True)]


def _with(stored: str, name: str, before: str, value: str) -> str:
    """A position as it is stored, with another value of a field; ValueError if it has not the one before."""
    field = f'"{name}":{before}'
    at = stored.index(field)
    return f'{stored[:at]}"{name}":{value}{stored[at + len(field) :]}'


def _quoted(words: Sequence[str]) -> str:
    """A list of plain words as JSON."""
    return f'["{'","'.join(words)}"]' if words else "[]"


_BOOL: Final = ("false", "true")


def _plain(values: NDArray[Any]) -> Iterable[object]:
    """Numbers, or whether something is so, as JSON."""
    return map(_BOOL.__getitem__, values.tolist()) if values.dtype == np.bool_ else values.tolist()


def _listed(values: Iterable[str]) -> str:
    return f"[{','.join(values)}]"


def _dealt(counted: counting.Countable, chosen: NDArray[np.bool_], numbers: NDArray[np.int64]) -> Iterator[str]:
    """The chosen sessions, so many of them to each pupil, as JSON."""
    those = map(_counted_json, counted.at[chosen].tolist(), counted.code[chosen].tolist())
    return (_listed(islice(those, number)) if number else "[]" for number in numbers.tolist())


@lru_cache(maxsize=16384)
def _counted_json(number: int, code: int) -> str:
    return f'{{"code":"{CODE_ORDER[code]}",{_session_json(number)}}}'


@lru_cache(maxsize=4096)
def _session_json(number: int) -> str:
    return f'"date":"{_day(number // 2)}","session":"{HALVES[number % 2]}"'


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return (EPOCH + timedelta(days=number)).isoformat()


@dataclass(frozen=True)
class _PupilMarks:
    """The marks of one pupil up to as-at: sorted sessions (numbers) and code indexes."""

    at: NDArray[np.int32]
    code: NDArray[np.uint8]


class Assessor:
    """Computes the standings of a school as at a day; what is the same for every pupil is computed once.

    All pupils are counted together, as arrays (`attendance.counting`), the first time that anything of it is asked; a pupil of whom
    another school or a notice has a say is counted once more, alone.
    """

    def __init__(self, view: SchoolView, as_at: date) -> None:
        self.view, self.as_at = view, as_at
        self.year = academic_year(as_at)
        self.last_number = at(Session(as_at, "PM"))
        self.out_of_sight = out_of_sight(as_at)

    # ------------------------------------------------------------------ when the school met

    @cached_property
    def held(self) -> Held:
        """The sessions held up to as-at, and those open ahead."""
        return self.view.held.up_to(self.as_at)

    @cached_property
    def held_set(self) -> frozenset[Session]:
        """The sessions held up to as-at."""
        return frozenset(self.held.sessions)

    @cached_property
    def held_numbers(self) -> NDArray[np.int32]:
        """The same as numbers, in order."""
        held = self.view.held_at.sessions
        return held[held <= self.last_number]

    @cached_property
    def weeks(self) -> tuple[date, ...]:
        """The Mondays of the school weeks, oldest first."""
        return tuple(EPOCH + timedelta(days=n) for n in self.mondays.tolist())

    @cached_property
    def mondays(self) -> NDArray[np.int32]:
        """The same as numbers."""
        return counting.distinct(self._monday_of_each)

    @cached_property
    def _day_of_each(self) -> NDArray[np.int32]:
        """The day of each session held."""
        return self.held_numbers // 2

    @cached_property
    def _monday_of_each(self) -> NDArray[np.int32]:
        """The week of each session held."""
        return counting.monday_of(self._day_of_each)

    @cached_property
    def scale(self) -> counting.Scale:
        """What this school's sessions are measured by."""
        return self._scale(self.mondays, counting.distinct(self._day_of_each))

    def _scale(self, mondays: NDArray[np.int32], days: NDArray[np.int32]) -> counting.Scale:
        """The same for one pupil's school weeks and days, some of which may be another school's."""
        held = self.view.held_at
        upto = len(self.held_numbers)
        running = number_of(monday(self.as_at))  # taken as full, for it is not over
        ahead = counting.distinct(counting.monday_of(held.sessions[upto:] // 2))
        few = held.sessions[:upto][held.by_few[:upto]]
        sure = np.ones(len(mondays), dtype=np.bool_)
        if len(few):
            kept = counting.monday_of(held.sessions[:upto][~held.by_few[:upto]] // 2)
            sure = among(mondays, kept) | ~among(mondays, self.mondays)
        return counting.Scale(
            as_at=self.as_at,
            mondays=mondays,
            full=among(mondays, self.full_mondays) | (mondays == running),
            days=days,
            ahead=ahead[ahead.searchsorted(mondays[-1:], side="right").sum() :],  # only the running week may be in both
            since=number_of(self.out_of_sight) + 1,
            few=few,
            sure=sure,
            needed=sessions_needed(self.as_at),
            size=window_size(self.as_at),
            best_size=window_size(EPOCH + timedelta(days=int(mondays[-1]))) if len(mondays) else 0,
        )

    @cached_property
    def full_mondays(self) -> NDArray[np.int32]:
        """The weeks with all ten sessions held, Monday to Friday."""
        on_weekday = self._monday_of_each[self._day_of_each - self._monday_of_each < 5]
        held = np.bincount(self.mondays.searchsorted(on_weekday), minlength=len(self.mondays))
        full = held == law.FULL_WEEK_SESSIONS.on(max(self.as_at, law.SCHEME_START))
        return np.asarray(self.mondays[full], dtype=np.int32)

    # ------------------------------------------------------------------ all pupils at once, a row each of `view.marks`

    @cached_property
    def ages(self) -> counting.Ages:
        """When each pupil is of compulsory school age."""
        marks, born = self.view.marks, self.view.roll.days("date_of_birth")
        return counting.Ages.of(len(marks.upns), {marks.row[upn]: day for upn, day in born.items() if upn in marks.row})

    @cached_property
    def cells(self) -> Cells:
        """The cells up to as-at that are no attendance."""
        return self.view.marks.within(0, self.last_number).not_attended

    @cached_property
    def sums(self) -> counting.Sums:
        """The academic year's sums over this school's marks, whatever the pupil's age; illness only while of compulsory age."""
        first = at(Session(academic_year_days(self.year)[0], "AM"))
        return counting.sums(self.view.marks.within(first, self.last_number), self.ages, self.as_at)

    @cached_property
    def countable(self) -> counting.Countable:
        """The sessions with G, N, O or U, held, of compulsory school age; none at a school outside the framework."""
        if not self.view.in_framework:
            return _as_arrays((), *self.scale.clocks)
        marks = self.view.marks.within(0, self.last_number)
        return counting.countable(marks, self.held_numbers, self.ages, self.scale)

    @cached_property
    def windows(self) -> counting.Windows:
        """How each pupil stands, had no notice used a session and were there no other school."""
        every = np.ones(len(self.countable.at), dtype=np.bool_)
        return counting.windows(self.countable, every, [], self.scale, len(self.view.marks.upns))

    @cached_property
    def upns(self) -> Sequence[str]:
        """Every pupil with a mark or on the roll, sorted."""
        return sorted({*self.view.marks.upns, *self.view.roll.pupils})

    @cached_property
    def _said(self) -> Said:
        """What the counts alone say of each pupil, a row each of `view.marks`."""
        every = np.ones(len(self.countable.at), dtype=np.bool_)
        sums = {name: getattr(self.sums, name) for name in (*_COUNTS, *_MARKED_OUT)}
        return Said.of(self.windows, every, self.scale, self.view.marks.upns, sums)

    @cached_property
    def _nobodys(self) -> Said:
        """The same of whoever has no mark."""
        nothing = np.empty(0, dtype=np.bool_)
        none = _as_arrays((), *self.scale.clocks)
        return Said.of(counting.windows(none, nothing, [], self.scale, 1), nothing, self.scale, [""], _NO_SUMS)

    def _said_of(self, upn: str) -> tuple[Said, int]:
        """The same of one pupil, and the row."""
        n = self.view.marks.row.get(upn)
        if n is not None:
            return self._said, n
        nobodys = self._nobodys
        return Said(nobodys.windows, [_with(nobodys.stored[0], "upn", '""', encode_basestring(upn))]), 0

    def stored(self, looked_at: Mapping[str, Standing]) -> Iterator[str]:
        """Every pupil's position as it is stored, by UPN; of those not looked at as the counts say it."""
        counted = dict(zip(self.view.marks.upns, self._said.stored, strict=True))
        for upn in self.upns:
            if upn in looked_at:
                yield looked_at[upn].stored
            else:
                yield counted[upn] if upn in counted else self._said_of(upn)[0].stored[0]

    def may_have_met(self) -> set[str]:
        """Whoever met the threshold is among them: by this school's marks alone, or with those of another."""
        upns = self.view.marks.upns
        return {*(upns[n] for n in np.flatnonzero(self.windows.met >= 0).tolist()), *self.view.carried}

    def may_count(self, least: int) -> set[str]:
        """Whoever has so many countable sessions in the window is among them, in the same way."""
        upns = self.view.marks.upns
        return {*(upns[n] for n in np.flatnonzero(self.windows.count >= least).tolist()), *self.view.carried}

    @cached_property
    def _bounds(self) -> list[int]:
        """Where in `countable` the sessions of each pupil begin."""
        bounds = np.searchsorted(self.countable.pupil, np.arange(len(self.view.marks.upns) + 1))
        return [int(n) for n in bounds]

    # ------------------------------------------------------------------ one pupil

    def marks_of(self, upn: str) -> _PupilMarks:
        """The pupil's marks up to the end of as-at."""
        marks = self.view.marks
        n = marks.row.get(upn)
        cells = marks.cells[n] if n is not None else np.full(len(marks.sessions), NO_MARK, dtype=np.uint8)
        marked = (cells != NO_MARK) & (marks.sessions <= self.last_number)
        return _PupilMarks(marks.sessions[marked], cells[marked])

    def with_marks(self, codes: frozenset[str], least: int = 1) -> list[str]:
        """The pupils with so many marks of codes that are no attendance, up to as-at, in any year: all others are passed over."""
        upns = self.view.marks.upns
        number = np.bincount(self.cells.pupil[flags_of(codes)[self.cells.code]], minlength=len(upns))
        return [upns[n] for n in np.flatnonzero(number >= least).tolist()]

    def with_run(self, least: int) -> list[str]:
        """The pupils with so many unauthorised sessions and no other possible one between them, up to as-at, in any year."""
        marks = self.view.marks.within(0, self.last_number)
        place, columns = marks.unauthorised.place, marks.unauthorised.columns
        first, last = place[: max(0, len(place) - least + 1)], place[least - 1 :]
        skipped = marks.not_possible.place.searchsorted(last) - marks.not_possible.place.searchsorted(first)
        runs = (last - first + 1 == least + skipped) & (last // max(1, columns) == first // max(1, columns))
        return [marks.upns[n] for n in different(first[runs] // max(1, columns)).tolist()]

    def ill_for(self, least: int) -> list[str]:
        """The pupils with an I on so many days of the academic year, while of compulsory school age."""
        upns = self.view.marks.upns
        return [upns[n] for n in np.flatnonzero(self.sums.illness_days >= least).tolist()]

    @cached_property
    def _with_codes_of_age(self) -> frozenset[str]:
        """The pupils with a mark that depends on their age."""
        return frozenset(self.with_marks(_BY_AGE))

    def unmarked(self, upn: str) -> NDArray[np.int32]:
        """The sessions held up to as-at of which the pupil has no mark, in order."""
        n = self.view.marks.row.get(upn)
        if n is None:
            return self.held_numbers
        sessions, bounds = self._gaps
        return sessions[bounds[n] : bounds[n + 1]]

    def with_gaps(self) -> list[str]:
        """The pupils of whom a session held up to as-at has no mark."""
        marks = self.view.marks
        of_marks = [marks.upns[n] for n in np.flatnonzero(np.diff(self._gaps[1])).tolist()]
        return [*of_marks, *(upn for upn in self.view.roll.pupils if upn not in marks.row and len(self.held_numbers))]

    @cached_property
    def _gaps(self) -> tuple[NDArray[np.int32], Sequence[int]]:
        """The sessions held that lack a mark, pupil after pupil, and where in them each pupil's begin."""
        marks, held = self.view.marks, self.held_numbers
        known = among(held, marks.sessions)
        lacks = np.ones((len(marks.upns), len(held)), dtype=np.bool_)
        lacks[:, known] = marks.cells[:, marks.sessions.searchsorted(held[known])] == NO_MARK
        row, column = lacks.nonzero()
        return held[column], row.searchsorted(np.arange(len(marks.upns) + 1)).tolist()

    def standings(self) -> list[Standing]:
        """Every pupil with a mark or on the roll, sorted by UPN."""
        return [self.standing(upn) for upn in self.upns]

    def own(self, upn: str) -> tuple[Counted, ...]:
        """The pupil's countable sessions at this school."""
        n = self.view.marks.row.get(upn)
        if n is None:
            return ()
        mine = slice(self._bounds[n], self._bounds[n + 1])
        sessions, codes = self.countable.at[mine].tolist(), self.countable.code[mine].tolist()
        return tuple(map(_counted, sessions, codes, repeat(self.view.urn)))

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
        history = self.view.history.get(upn, PupilHistory())
        counted, weeks, conflict = self.with_carried(upn, self.own(upn))
        said, n = self._counted(upn, counted, weeks, history)
        stored, met_at, provisional = said.stored[n], said.met_at(n), bool(said.windows.provisional[n])
        if met_at is not None:
            met_in = window_ending(weeks, monday(met_at.day))
            relied_on = [each for each in counted if monday(each.session.day) >= met_in[0]]
            blockers = self.blockers(upn, met_in, relied_on, provisional, conflict)
            stored = _with(stored, "blockers", "[]", _quoted(blockers))
            stored = _with(stored, "request_ready", _BOOL[False], _BOOL[not blockers])
        if history.amended:
            flags = said.flags(n)
            also = [flag for flag in FLAGS if flag in flags or flag == "AMENDED_AFTER_ISSUE"]
            stored = _with(stored, "flags", _quoted(flags), _quoted(also))
        threshold = None if history.used else Threshold(self.out_of_sight, met_at, provisional)
        count = int(said.windows.count[n])
        return Standing(upn, stored, counted, weeks, conflict, met_at is not None, count, threshold)

    def _counted(
        self, upn: str, counted: tuple[Counted, ...], weeks: tuple[date, ...], history: PupilHistory
    ) -> tuple[Said, int]:
        """What the counts say of a pupil (a row of it), with other schools' sessions and those that notices used.

        Used sessions meet a threshold with their own case only.
        """
        used = history.used
        if weeks is self.weeks and not used:
            return self._said_of(upn)
        scale, own = self._scale_of(counted, weeks)
        sessions = [each.session for each in counted]
        free = np.array([session not in used for session in sessions], dtype=np.bool_)
        cases = [
            free | np.array([session in mine for session in sessions], dtype=np.bool_)
            for mine in history.used_by_case.values()
        ]
        windows = counting.windows(own, free, cases, scale, 1)
        return Said.of(windows, free, scale, [upn], self.sums_of(upn)), 0

    def _scale_of(self, counted: Sequence[Counted], weeks: Sequence[date]) -> tuple[counting.Scale, counting.Countable]:
        """The sessions of one pupil, and what they are measured by: these school weeks, and the days of other schools too."""
        days = different(self.scale.days, _numbers(each.session.day for each in counted))
        scale = self._scale(_numbers(weeks), days)
        return scale, _as_arrays(counted, *scale.clocks)

    def sums_of(self, upn: str) -> Sums:
        """The pupil's sums of the academic year."""
        n = self.view.marks.row.get(upn)
        if n is None:  # on the roll without a mark
            return _NO_SUMS
        return {name: getattr(self.sums, name)[n : n + 1] for name in (*_COUNTS, *_MARKED_OUT)}

    def other_readings(self, free: Sequence[Counted], weeks: Sequence[date]) -> Mapping[str, bool]:
        """Whether the threshold is met within 50 school days, and within ten weeks that have all ten sessions held."""
        scale, own = self._scale_of(free, weeks)
        by_days, by_full_weeks = counting.other_readings(own, scale, 1)
        return {"school_days": bool(by_days[0]), "full_weeks": bool(by_full_weeks[0])}

    @cached_property
    def school_days(self) -> frozenset[date]:
        """The days with a session held, or open ahead by the calendar."""
        return frozenset(session.day for session in (*self.held.sessions, *self.held.open_ahead))

    @cached_property
    def school_days_in_order(self) -> Sequence[date]:
        """The same in order."""
        return sorted(self.school_days)

    @cached_property
    def known_until(self) -> date:
        """The last day of which the calendar or a mark speaks; beyond it nobody knows whether the school is open."""
        spoken = [session.day for session in self.view.roll.calendar]
        return max([*self.school_days, *spoken], default=self.as_at)

    def blockers(
        self, upn: str, weeks: Sequence[date], relied_on: Sequence[Counted], provisional: bool, conflict: bool
    ) -> tuple[str, ...]:
        """What stands between a threshold met in some weeks and a notice, hard ones first (design 5.3)."""
        since, until = weeks[0], min(weeks[-1] + timedelta(days=6), self.as_at)
        roll, view = self.view.roll, self.view
        history = view.history.get(upn, PupilHistory())
        pupil = roll.pupils.get(upn)
        parents = eligible_parents(roll, upn, self.as_at)
        support = [s for s in roll.support.get(upn, ()) if since <= s.day <= self.as_at]
        codes = {each.code for each in relied_on}
        here = {each.session.day for each in relied_on if each.urn == view.urn}
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
            "N_UNRESOLVED": "N" in codes,
            "MARKS_MISSING": bool(self.missing(pupil, since, until)),
            "NOT_ON_ROLL": pupil is not None and not all(map(pupil.on_roll, here)),
            "CODE_AGAINST_AGE": pupil is not None
            and upn in self._with_codes_of_age
            and against_age(pupil, self.marks_of(upn), since),
            "SUPPORT_MISSING": not support and not codes <= {"G"},
            "HISTORY_UNKNOWN": bool(
                pupil and pupil.home_la and pupil.home_la != view.la and pupil.home_la not in history.recorded_from
            ),
            "CALENDAR_UNKNOWN": self.unknown_weekday(here_since, until),
        }
        if provisional:
            checks["N_UNRESOLVED"] = True
        return tuple(name for name in (*HARD_BLOCKERS, *SOFT_BLOCKERS) if checks[name])

    def missing(self, pupil: Pupil | None, since: date, until: date) -> list[Session]:
        """Sessions held between two days for which a pupil on roll has no mark (reg 10(1): boarders need none)."""
        if pupil is None or pupil.boarder:
            return []
        lacks = self.unmarked(pupil.upn)
        if not len(lacks):
            return []
        begin, end = lacks.searchsorted([at(Session(since, "AM")), at(Session(until, "PM")) + 1]).tolist()
        return [session for session in map(session_of, lacks[begin:end].tolist()) if pupil.on_roll(session.day)]

    @cached_property
    def spoken_for(self) -> Sequence[date]:
        """The Mondays to Fridays for which the school gave a mark or a calendar row, in order."""
        marked = {EPOCH + timedelta(days=n) for n in different(self.view.marks.marked_sessions // 2).tolist()}
        return sorted(day for day in marked | {s.day for s in self.view.roll.calendar} if day.weekday() < 5)

    def unknown_weekday(self, since: date, until: date) -> bool:
        """Whether a Monday to Friday between two days has neither a mark nor a calendar row: closed, or never sent?"""
        spoken_for = bisect_right(self.spoken_for, until) - bisect_left(self.spoken_for, since)
        return spoken_for < _weekdays(since, until)

    def next_change(self) -> date | None:
        """The next day on which a position may change though nothing is sent (design 4.7)."""
        marks, roll, today = self.view.marks, self.view.roll, number_of(self.as_at)
        later = marks.marked_sessions[marks.marked_sessions > self.last_number]
        days = [session_of(int(later.min())).day] if len(later) else []
        # A week that begins moves the window; within one nothing but a mark changes a count.
        days += [s.day for s in self.held.open_ahead if monday(s.day) > monday(self.as_at)][:1]
        days += {*roll.days("starting_day").values()}
        days += {day + timedelta(days=1) for day in roll.days("leaving_day").values()}
        year_ends = number_of(academic_year_days(self.year)[1])
        begins, ends = self.ages.first[self.ages.first > today], self.ages.last[self.ages.last >= today]
        changes = min(int(begins.min(initial=year_ends + 1)), int(ends.min(initial=year_ends)) + 1)
        days.append(EPOCH + timedelta(days=changes))
        born = roll.days("date_of_birth")
        for upn in born.keys() - marks.row.keys():
            days += [compulsory_from(born[upn]), compulsory_until(born[upn]) + timedelta(days=1)]
        return min((day for day in days if day > self.as_at), default=None)


@lru_cache(maxsize=4096)  # of most pupils near the threshold it is the same window
def _weekdays(since: date, until: date) -> int:
    return int(np.busday_count(since, until + timedelta(days=1)))


def eligible_parents(roll: Roll, upn: str, day: date) -> tuple[Parent, ...]:
    """The parents who may be written to that day: not ended, and not marked as never to be sent anything."""
    return tuple(p for p in roll.parents.get(upn, ()) if not p.do_not_send and (p.until is None or p.until >= day))


def against_age(pupil: Pupil, marks: _PupilMarks, since: date) -> bool:
    """Whether X was used while of compulsory school age, or C2 while not, since a day (reg 11)."""
    born = pupil.date_of_birth
    if born is None:
        return False
    asked = flags_of(_BY_AGE)[marks.code] & (marks.at >= at(Session(since, "AM")))
    return any(
        of_compulsory_age(born, session_of(number).day) == (CODE_ORDER[code] == "X")
        for number, code in zip(marks.at[asked].tolist(), marks.code[asked].tolist(), strict=True)
    )


class Standings(dict[str, Standing]):
    """The standings of those pupils of a school who are looked at, by UPN: each is made when it is asked for."""

    def __init__(self, assessor: Assessor) -> None:
        super().__init__()
        self._assessor = assessor

    def __missing__(self, upn: str) -> Standing:
        return self.again(upn)

    def again(self, upn: str) -> Standing:
        """The standing of a pupil of whom more became known."""
        self[upn] = self._assessor.standing(upn)
        return self[upn]


def assess(view: SchoolView, as_at: date) -> list[Standing]:
    """The standings of a school's pupils as at the end of a day, sorted by UPN."""
    return Assessor(view, as_at).standings()


_JSON: Final[TypeAdapter[object]] = TypeAdapter(object)


def _json(value: object) -> str:
    return _JSON.dump_json(value).decode()


def positions_line(urn: str, as_at: date, known_at: datetime | None, pupils: Iterable[str]) -> bytes:
    """The file of a school's positions: what `json_line` writes of such `Positions`, whose keys are in order here already."""
    head = f'"as_at":{_json(as_at)},"known_at":{_json(known_at)}'
    return f'{{{head},"pupils":{_listed(pupils)},"urn":{_json(urn)}}}\n'.encode()
