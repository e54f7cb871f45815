"""Counting towards the threshold, and the sums of a year, for all pupils of a school at once: arrays in, arrays out (design 4.4).

A pupil is a number here (the row of `Marks`, or any other), a session and a day are numbers too (`attendance.marks`). What one
pupil's position says is these same functions asked for that pupil alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain
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
    def of(cls, born: Sequence[date | None]) -> Ages:
        """By the birth dates."""
        bounds = np.fromiter(chain.from_iterable(map(_bounds, born)), np.int32, 2 * len(born))
        return cls(bounds[::2], bounds[1::2])

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
    (ill,) = (cells.code == _ILLNESS).nonzero()
    pupil, day = cells.pupil[ill], sessions[cells.column[ill]] // 2
    again = (pupil[1:] == pupil[:-1]) & (day[1:] == day[:-1])
    first = np.concatenate([np.ones(min(1, len(ill)), dtype=np.bool_), ~again])
    return np.compress(first & ages.compulsory(pupil, day), ill)


def open_run(cells: Cells, columns: int) -> NDArray[np.intp]:
    """Which are the unauthorised sessions since the last possible one that was not: what is not possible or unmarked is skipped.

    A run is open as long as no attendance follows: its cells, and what is skipped between, reach without a gap to the last column.
    """
    if not len(cells.pupil):
        return np.empty(0, dtype=np.intp)
    after = np.cumsum(np.bincount(cells.pupil))[cells.pupil] - np.arange(len(cells.pupil))
    (to_the_end,) = (cells.column + after == columns).nonzero()
    pupil, column, kind = cells.pupil[to_the_end], cells.column[to_the_end], _KIND[cells.code[to_the_end]]
    broken = np.full(cells.pupil[-1] + 1, _NONE)
    ends = kind == _AUTHORISED_KIND
    np.maximum.at(broken, pupil[ends], column[ends])
    return np.compress((kind == _UNAUTHORISED_KIND) & (column > broken[pupil]), to_the_end)


# ------------------------------------------------------------------ the threshold


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
class Countable:
    """Countable sessions: pupil (never falling), session in order, code; its school week and its day, as indexes into a scale's."""

    pupil: NDArray[np.intp]
    at: Days
    code: NDArray[np.uint8]
    week: NDArray[np.intp]
    day: NDArray[np.intp]

    @classmethod
    def of(cls, pupil: NDArray[np.intp], at: Days, code: NDArray[np.uint8], mondays: Days, days: Days) -> Countable:
        """Sessions on these school weeks and days; what lies in none counts with the one before."""
        return cls(pupil, at, code, _last_upto(mondays, monday_of(at // 2)), _last_upto(days, at // 2))

    def where(self, chosen: Flags) -> Countable:
        """Those for which it is so."""
        if chosen.all():
            return self
        return Countable(self.pupil[chosen], self.at[chosen], self.code[chosen], self.week[chosen], self.day[chosen])

    def number(self, chosen: Flags, pupils: int) -> Counts:
        """How many of the chosen each pupil has."""
        return np.bincount(self.pupil[chosen], minlength=pupils)

    def first(self, chosen: Flags, pupils: int) -> NDArray[np.intp]:
        """The first of the chosen that each pupil has, as an index; -1 if there is none."""
        first = np.full(pupils, _NONE)
        found = chosen.nonzero()[0][::-1]
        first[self.pupil[found]] = found  # of several the last written stays
        return first


def countable(cells: Cells, sessions: Days, held: Days, ages: Ages, scale: Scale) -> Countable:
    """The sessions with G, N, O or U, held, of compulsory school age, since the framework began.

    Absence before that is under the old scheme and never counts towards its threshold (law.md L9).
    """
    counts = among(sessions, held) & (sessions >= 2 * number_of(law.SCHEME_START))
    chosen = cells.where(_UNAUTHORISED[cells.code] & counts[cells.column])
    of_age = ages.compulsory(chosen.pupil, sessions[chosen.column] // 2)
    chosen = chosen if of_age.all() else chosen.where(of_age)
    week, day = _last_upto(scale.mondays, monday_of(sessions // 2)), _last_upto(scale.days, sessions // 2)
    return Countable(chosen.pupil, sessions[chosen.column], chosen.code, week[chosen.column], day[chosen.column])


def among(values: Days, others: Days) -> Flags:
    """Which values are among the others, which are sorted."""
    if not len(others):
        return np.zeros(len(values), dtype=np.bool_)
    return np.asarray(others[np.minimum(others.searchsorted(values), len(others) - 1)] == values)


def _last_upto(places: Days, values: Days) -> NDArray[np.intp]:
    """The last of the sorted places that is not after each value, as an index."""
    return places.searchsorted(values, side="right") - 1


def met(counted: Countable) -> Flags:
    """At which sessions the threshold is met: ten countable in the ten school weeks ending with that session's week (WTISA)."""
    day = counted.at // 2
    earliest = np.arange(len(day)) + 1 - figure_on(law.THRESHOLD_SESSIONS, day)
    other = np.maximum(earliest, 0)
    same = counted.pupil[other] == counted.pupil
    begins = counted.week + 1 - figure_on(law.THRESHOLD_WEEKS, monday_of(day))
    return np.asarray((earliest >= 0) & same & (counted.week[other] >= begins))


def in_last(counted: Countable, weeks: int, size: int) -> Flags:
    """Which sessions are in the last so many of the school weeks."""
    return np.asarray(counted.week >= max(0, weeks - size))


def fullest(counted: Countable, scale: Scale, pupils: int) -> tuple[Counts, NDArray[np.intp]]:
    """How many sessions each pupil's fullest window holds, and its last week (an index), of equals the latest.

    Of the windows whose last week reaches into the last academic year or this; 0 and -1 if there is none.
    """
    weeks, size = len(scale.mondays), scale.best_size
    begin = int(scale.mondays.searchsorted(scale.since - 6))
    if begin == weeks:
        return np.zeros(pupils, dtype=np.int64), np.full(pupils, _NONE)
    upto = (
        np.bincount(counted.week * pupils + counted.pupil, minlength=weeks * pupils)
        .reshape(weeks, pupils)
        .cumsum(axis=0)
    )
    total = upto.copy()
    total[size:] -= upto[:-size]
    best = (total[begin:] * weeks + np.arange(begin, weeks)[:, np.newaxis]).max(axis=0)
    return best // weeks, best % weeks


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
    free_met = unused.number(met(unused), pupils) > 0
    first = _first_met(counted, cases, scale, pupils)
    in_window = free & in_last(counted, len(scale.mondays), scale.size)
    best, best_week = fullest(unused, scale, pupils)
    by_days, by_full_weeks = other_readings(unused, scale, pupils)
    year_back = number_of(scale.as_at) - 7 * law.REPEATED_WEEKS.on(scale.as_at)
    recent = unused.number(unused.at // 2 > year_back, pupils)
    return Windows(
        counted=counted,
        in_window=in_window,
        count=counted.number(in_window, pupils),
        best=best,
        best_week=best_week,
        met=first,
        provisional=_only_by_n(counted, cases, first, scale),
        drops_on=drops_on(counted, in_window, scale, pupils),
        reading_differs=(by_days != free_met) | (by_full_weeks != free_met),
        repeated=(first == _NONE) & (recent >= law.REPEATED_SESSIONS.on(scale.as_at)),
        doubtful=differs_without_few(counted, scale, pupils),
    )


def _first_met(counted: Countable, cases: Sequence[Flags], scale: Scale, pupils: int) -> NDArray[np.intp]:
    """The earliest session of this or the last academic year that met the threshold, in any case."""
    found = np.zeros(len(counted.at), dtype=np.bool_)
    for together in cases:
        found[together] |= met(counted.where(together))
    return counted.first(found & (counted.at >= 2 * scale.since), pupils)


def _only_by_n(counted: Countable, cases: Sequence[Flags], first: NDArray[np.intp], scale: Scale) -> Flags:
    """Which thresholds would not be met without the sessions whose reason is not known yet."""
    pupils, by_n = len(first), counted.code == _N
    asked = (counted.number(by_n, pupils) > 0) & (first != _NONE)
    if not asked.any():
        return np.asarray(asked)
    theirs = asked[counted.pupil]
    firm = [(each & ~by_n)[theirs] for each in cases]
    return np.asarray(asked & (_first_met(counted.where(theirs), firm, scale, pupils) == _NONE))


def drops_on(counted: Countable, in_window: Flags, scale: Scale, pupils: int) -> Days:
    """The Monday on which each pupil's oldest counted sessions leave the window; -1 if there is none or nobody knows it yet."""
    weeks = np.concatenate([scale.mondays, scale.ahead, [_NONE]])
    oldest = counted.first(in_window, pupils)
    leaves = np.full(pupils, len(weeks) - 1)
    some = oldest != _NONE
    leaves[some] = counted.week[oldest[some]] + scale.size
    return np.asarray(weeks[np.minimum(leaves, len(weeks) - 1)], dtype=np.int32)


def other_readings(free: Countable, scale: Scale, pupils: int) -> tuple[Flags, Flags]:
    """Whether the threshold is met within 50 school days, and within ten weeks that have all ten sessions held."""
    ends = np.arange(scale.needed - 1, len(free.at))
    ends = ends[free.pupil[ends - scale.needed + 1] == free.pupil[ends]]
    begins = ends - scale.needed + 1
    full_weeks = np.cumsum(scale.full)[free.week]
    days = free.day[ends] - free.day[begins] < law.SESSIONS_FLOAT.on(max(scale.as_at, law.SCHEME_START))
    weeks = full_weeks[ends] - full_weeks[begins] < scale.size
    by_days, by_weeks = (np.bincount(free.pupil[ends[near]], minlength=pupils) > 0 for near in (days, weeks))
    return by_days, by_weeks


def differs_without_few(counted: Countable, scale: Scale, pupils: int) -> Flags:
    """Whether each pupil's count or threshold would differ had the sessions held by few not been held."""
    if not len(scale.few):
        return np.zeros(pupils, dtype=np.bool_)
    mondays = scale.mondays[scale.sure]
    sure = ~among(counted.at, scale.few)
    other = Countable.of(counted.pupil, counted.at, counted.code, mondays, scale.days)
    met_otherwise = np.zeros(len(sure), dtype=np.bool_)
    met_otherwise[sure] = met(other.where(sure))
    first, first_otherwise = counted.first(met(counted), pupils), counted.first(met_otherwise, pupils)
    count = counted.number(in_last(counted, len(scale.mondays), scale.size), pupils)
    otherwise = counted.number(sure & in_last(other, len(mondays), scale.size), pupils)
    return np.asarray((first != first_otherwise) | (count != otherwise))
