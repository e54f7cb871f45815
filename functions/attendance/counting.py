"""Counting towards the threshold, and the sums of a year, for all pupils of a school at once: arrays in, arrays out (design 4.4).

A pupil is a number here (the row of `Marks`, or any other), a session and a day are numbers too (`attendance.marks`). What one
pupil's position says is these same functions asked for that pupil alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attendance import law
from attendance.ages import compulsory_from, compulsory_until
from attendance.codes import POSSIBLE, UNAUTHORISED
from attendance.marks import CODE_ORDER, Cells, figure_on, flags_of, number_of
from attendance.statistics import missed

type Days = NDArray[np.int32]
type Counts = NDArray[np.int64]
type Flags = NDArray[np.bool_]

_UNAUTHORISED: Final = flags_of(UNAUTHORISED)
_KIND: Final = flags_of(POSSIBLE).astype(np.int8) + _UNAUTHORISED
"""Of a cell that is no attendance: 0 not possible, 1 authorised absence, 2 unauthorised absence."""
_AUTHORISED_KIND, _UNAUTHORISED_KIND, _KINDS = 1, 2, 3
_ILLNESS, _N = CODE_ORDER.index("I"), CODE_ORDER.index("N")
_NEVER: Final = np.iinfo(np.int32).min
_NONE: Final = -1
"""In place of a session or a week, where there is none."""


def monday_of(day: Days) -> Days:
    """The Monday of the week in which each day lies."""
    return day - (day + 3) % 7  # 1970-01-01 was a Thursday


# ------------------------------------------------------------------ ages


@dataclass(frozen=True)
class Ages:
    """The first and last day on which each pupil is of compulsory school age; birth date unknown: always (design 4.4)."""

    first: Days
    last: Days

    @classmethod
    def of(cls, born: list[date | None]) -> Ages:
        """By the birth dates."""
        first, last = np.array([_bounds(each) for each in born], dtype=np.int32).reshape(-1, 2).T
        return cls(first, last)

    def compulsory(self, pupil: NDArray[np.intp], day: Days) -> Flags:
        """Whether that pupil is of compulsory school age on that day."""
        return (self.first[pupil] <= day) & (day <= self.last[pupil])


@lru_cache(maxsize=16384)
def _bounds(born: date | None) -> tuple[int, int]:
    if born is None:
        return _NEVER, np.iinfo(np.int32).max
    return number_of(compulsory_from(born)), number_of(compulsory_until(born))


# ------------------------------------------------------------------ the sums of a year


@dataclass(frozen=True)
class Sums:
    """A year's sums of each pupil, whatever the age; illness only while of compulsory school age."""

    possible: Counts
    attended: Counts
    authorised: Counts
    unauthorised: Counts
    persistent: Flags
    severe: Flags
    illness_days: Counts
    continuous_unauthorised_sessions: Counts


def sums(cells: Cells, sessions: Days, begin: int, ages: Ages, as_at: date) -> Sums:
    """The sums over the columns of a grid from `begin` on, from those of its cells that are no attendance."""
    pupils = len(ages.first)
    kinds = np.bincount(cells.pupil * _KINDS + _KIND[cells.code], minlength=pupils * _KINDS).reshape(pupils, _KINDS)
    impossible, authorised, unauthorised = kinds.T
    possible, absent = len(sessions) - begin - impossible, authorised + unauthorised
    ill = illness(cells, sessions, ages)
    return Sums(
        possible=possible,
        attended=possible - absent,
        authorised=authorised,
        unauthorised=unauthorised,
        persistent=missed(law.PERSISTENT_TENTHS, absent, possible, as_at),
        severe=missed(law.SEVERE_TENTHS, absent, possible, as_at),
        illness_days=np.bincount(cells.pupil[ill], minlength=pupils),
        continuous_unauthorised_sessions=np.bincount(cells.pupil[open_run(cells, len(sessions))], minlength=pupils),
    )


def illness(cells: Cells, sessions: Days, ages: Ages) -> NDArray[np.intp]:
    """Which of the cells are the first I of their day, while of compulsory school age (2024 Regs, sickness return)."""
    ill = np.flatnonzero(cells.code == _ILLNESS)
    pupil, day = cells.pupil[ill], sessions[cells.column[ill]] // 2
    again = (pupil[1:] == pupil[:-1]) & (day[1:] == day[:-1])
    first = np.concatenate([np.ones(min(1, len(ill)), dtype=np.bool_), ~again])
    return ill[first & ages.compulsory(pupil, day)]


def open_run(cells: Cells, columns: int) -> NDArray[np.intp]:
    """Which are the unauthorised sessions since the last possible one that was not: what is not possible or unmarked is skipped.

    A run is open as long as no attendance follows: its cells, and what is skipped between, reach without a gap to the last column.
    """
    if not len(cells.pupil):
        return np.empty(0, dtype=np.intp)
    after = np.cumsum(np.bincount(cells.pupil))[cells.pupil] - np.arange(len(cells.pupil))
    to_the_end = np.flatnonzero(cells.column + after == columns)
    pupil, column, kind = cells.pupil[to_the_end], cells.column[to_the_end], _KIND[cells.code[to_the_end]]
    broken = np.full(cells.pupil[-1] + 1, _NONE)
    ends = kind == _AUTHORISED_KIND
    np.maximum.at(broken, pupil[ends], column[ends])
    return np.compress((kind == _UNAUTHORISED_KIND) & (column > broken[pupil]), to_the_end)


# ------------------------------------------------------------------ the threshold


@dataclass(frozen=True)
class Countable:
    """Countable sessions: pupil (never falling), session in order, code."""

    pupil: NDArray[np.intp]
    at: Days
    code: NDArray[np.uint8]

    def where(self, chosen: Flags) -> Countable:
        """Those for which it is so."""
        return Countable(self.pupil[chosen], self.at[chosen], self.code[chosen])

    @property
    def monday(self) -> Days:
        """The Monday of each one's week."""
        return monday_of(self.at // 2)


def countable(cells: Cells, sessions: Days, held: Days, ages: Ages) -> Countable:
    """The sessions with G, N, O or U, held, of compulsory school age, since the framework began.

    Absence before that is under the old scheme and never counts towards its threshold (law.md L9).
    """
    counts = np.isin(sessions, held, assume_unique=True) & (sessions >= 2 * number_of(law.SCHEME_START))
    chosen = cells.where(_UNAUTHORISED[cells.code] & counts[cells.column])
    moment = sessions[chosen.column]
    found = Countable(chosen.pupil, moment, chosen.code)
    return found.where(ages.compulsory(found.pupil, moment // 2))


def met(counted: Countable, mondays: Days) -> Flags:
    """At which sessions the threshold is met: ten countable in the ten school weeks ending with that session's week (WTISA)."""
    monday = counted.monday
    earliest = np.arange(len(monday)) + 1 - figure_on(law.THRESHOLD_SESSIONS, counted.at // 2)
    begins = mondays[np.maximum(0, _week(mondays, monday) + 1 - figure_on(law.THRESHOLD_WEEKS, monday))]
    other = np.maximum(earliest, 0)
    same = counted.pupil[other] == counted.pupil
    return np.asarray((earliest >= 0) & same & (monday[other] >= begins))


def first_of(counted: Countable, chosen: Flags, pupils: int) -> NDArray[np.intp]:
    """Of each pupil the first of the chosen sessions, as an index; -1 if there is none."""
    first = np.full(pupils, _NONE)
    found = np.flatnonzero(chosen)[::-1]
    first[counted.pupil[found]] = found  # of several the last written stays
    return first


def in_last(counted: Countable, mondays: Days, size: int) -> Flags:
    """Which sessions are in the last school weeks, so many of them."""
    if not len(mondays):
        return np.zeros(len(counted.at), dtype=np.bool_)
    return np.asarray(counted.monday >= mondays[-size:][0])


def fullest(counted: Countable, mondays: Days, size: int, since: int, pupils: int) -> tuple[Counts, NDArray[np.intp]]:
    """How many sessions each pupil's fullest window holds, and its last week (an index), of equals the latest.

    Of the windows whose last week reaches into the day `since` or later; 0 and -1 if there is none.
    """
    weeks = len(mondays)
    begin = int(np.searchsorted(mondays, since - 6))
    if begin == weeks:
        return np.zeros(pupils, dtype=np.int64), np.full(pupils, _NONE)
    cells = counted.pupil * weeks + _week(mondays, counted.monday)
    upto = np.bincount(cells, minlength=pupils * weeks).reshape(pupils, weeks).cumsum(axis=1)
    total = upto.copy()
    total[:, size:] -= upto[:, :-size]
    best = (total[:, begin:] * weeks + np.arange(begin, weeks)).max(axis=1)
    return best // weeks, best % weeks


def _week(mondays: Days, monday: Days) -> NDArray[np.intp]:
    """The school week of each Monday, as an index; of one that is none, the week before."""
    return np.searchsorted(mondays, monday, side="right") - 1


def spans(counted: Countable, needed: int, upto: Counts, fewer_than: int, pupils: int) -> Flags:
    """Which pupils have so many sessions with fewer than so many units from the first to the last of them.

    `upto` says of each session how many units there are up to it.
    """
    first, last = np.arange(len(upto))[: 1 - needed or None], np.arange(len(upto))[needed - 1 :]
    near = (counted.pupil[first] == counted.pupil[last]) & (upto[last] - upto[first] < fewer_than)
    return np.bincount(counted.pupil[last][near], minlength=pupils) > 0


@dataclass(frozen=True)
class Scale:
    """What a school's sessions are measured by, as at a day.

    `mondays` are the school weeks, `full` says which have all their sessions held, `days` are the days with a session held,
    `ahead` the weeks still to come by the calendar, `since` the first day of the last academic year; `few` are the sessions held
    by few pupils, and `sure` says which weeks would be school weeks without them. So many countable sessions are `needed`, so many
    weeks (`size`) make the window of the day, and `best_size` one to be compared with others.
    """

    as_at: date
    mondays: Days
    full: Flags
    days: Days
    ahead: Days
    since: int
    few: Days
    sure: Flags
    needed: int
    size: int
    best_size: int


@dataclass(frozen=True)
class Windows:
    """How each pupil stands against the threshold; weeks and sessions are indexes, -1 if there is none.

    `in_window` says which sessions `count` counts; `met` is the session that first met the threshold, of `counted`.
    """

    counted: Countable
    in_window: Flags
    count: Counts
    best: Counts
    best_week: NDArray[np.intp]
    met: NDArray[np.intp]
    provisional: Flags
    drops_on: Days
    reading_differs: Flags
    repeated: Flags
    doubtful: Flags


def windows(counted: Countable, free: Flags, cases: Sequence[Flags], scale: Scale, pupils: int) -> Windows:
    """Count what is countable; what a notice used (not `free`) is in no window.

    `cases` say which sessions may meet the threshold together: those that no notice used, and those with what one case used.
    """
    unused = counted.where(free)
    since = counted.at >= 2 * scale.since
    first = first_of(counted, _met_by(counted, cases, scale.mondays) & since, pupils)
    firm = _met_by(counted, [each & (counted.code != _N) for each in cases], scale.mondays) & since
    in_window = free & in_last(counted, scale.mondays, scale.size)
    best, best_week = fullest(unused, scale.mondays, scale.best_size, scale.since, pupils)
    free_met = np.bincount(unused.pupil[met(unused, scale.mondays)], minlength=pupils) > 0
    by_days, by_full_weeks = other_readings(unused, scale, pupils)
    year_back = number_of(scale.as_at) - 7 * law.REPEATED_WEEKS.on(scale.as_at)
    recent = np.bincount(unused.pupil[unused.at // 2 > year_back], minlength=pupils)
    return Windows(
        counted=counted,
        in_window=in_window,
        count=np.bincount(counted.pupil[in_window], minlength=pupils),
        best=best,
        best_week=best_week,
        met=first,
        provisional=(first != _NONE) & (first_of(counted, firm, pupils) == _NONE),
        drops_on=drops_on(counted, in_window, scale, pupils),
        reading_differs=(by_days != free_met) | (by_full_weeks != free_met),
        repeated=(first == _NONE) & (recent >= law.REPEATED_SESSIONS.on(scale.as_at)),
        doubtful=differs_without_few(counted, scale, pupils),
    )


def _met_by(counted: Countable, cases: Sequence[Flags], mondays: Days) -> Flags:
    found = np.zeros(len(counted.at), dtype=np.bool_)
    for together in cases:
        found[together] |= met(counted.where(together), mondays)
    return found


def drops_on(counted: Countable, in_window: Flags, scale: Scale, pupils: int) -> Days:
    """The Monday on which each pupil's oldest counted sessions leave the window; -1 if there is none or nobody knows it yet."""
    weeks = np.concatenate([scale.mondays, scale.ahead, [_NONE]])
    oldest = first_of(counted, in_window, pupils)
    leaves = np.full(pupils, len(weeks) - 1)
    some = oldest != _NONE
    leaves[some] = _week(scale.mondays, counted.monday[oldest[some]]) + scale.size
    return np.asarray(weeks[np.minimum(leaves, len(weeks) - 1)], dtype=np.int32)


def other_readings(free: Countable, scale: Scale, pupils: int) -> tuple[Flags, Flags]:
    """Whether the threshold is met within 50 school days, and within ten weeks that have all ten sessions held."""
    if len(free.at) < scale.needed:
        return np.zeros(pupils, dtype=np.bool_), np.zeros(pupils, dtype=np.bool_)
    days = np.searchsorted(scale.days, free.at // 2)
    full_weeks = np.cumsum(scale.full)[_week(scale.mondays, free.monday)]
    return (
        spans(free, scale.needed, days, law.SESSIONS_FLOAT.on(max(scale.as_at, law.SCHEME_START)), pupils),
        spans(free, scale.needed, full_weeks, scale.size, pupils),
    )


def differs_without_few(counted: Countable, scale: Scale, pupils: int) -> Flags:
    """Whether each pupil's count or threshold would differ had the sessions held by few not been held."""
    if not len(scale.few):
        return np.zeros(pupils, dtype=np.bool_)
    mondays = scale.mondays[scale.sure]
    sure = ~np.isin(counted.at, scale.few)
    usual, other = met(counted, scale.mondays), np.zeros(len(sure), dtype=np.bool_)
    other[sure] = met(counted.where(sure), mondays)
    window, in_other = in_last(counted, scale.mondays, scale.size), sure & in_last(counted, mondays, scale.size)
    first, count = first_of(counted, usual, pupils), np.bincount(counted.pupil[window], minlength=pupils)
    first_other, other_count = first_of(counted, other, pupils), np.bincount(counted.pupil[in_other], minlength=pupils)
    return np.asarray((first != first_other) | (count != other_count))
