"""Counting towards the threshold, and the sums of a year, for all pupils of a school at once: arrays in, arrays out (design 4.4).

A pupil is a number here (the row of `Marks`, or any other), a session and a day are numbers too (`attendance.marks`). What one
pupil's position says is these same functions asked for that pupil alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache, reduce
from itertools import product
from typing import Final, overload

import numpy as np
from numpy.typing import NDArray

from attendance import law
from attendance.ages import compulsory_from, compulsory_until
from attendance.columns import among
from attendance.law import Figure
from attendance.marks import (
    CODE_ORDER,
    FIRST_ABSENCE,
    FIRST_UNAUTHORISED,
    NO_MARK,
    ByPupil,
    Marks,
    figure_on,
    number_of,
    picked,
    unlike_the_one_before,
)

type Days = NDArray[np.int32]
type Counts = NDArray[np.int64]
type Flags = NDArray[np.bool_]
type Places = NDArray[np.int16]
type InWeeks = NDArray[np.unsignedinteger]

_ILLNESS, _N = CODE_ORDER.index("I"), CODE_ORDER.index("N")
_NEVER, _EVER = np.iinfo(np.int32).min, np.iinfo(np.int32).max
_MOST_IN_WEEK: Final = 14
"""So many sessions a week has at most: two a day."""
_MOST_OF_BYTE: Final = np.iinfo(np.uint8).max
_NONE: Final = -1
"""In place of a session or a week, where there is none."""


def monday_of(day: Days) -> Days:
    """The Monday of the week in which each day lies."""
    return day - (day + 3) % 7  # 1970-01-01 was a Thursday


@overload
def missed(tenths: Figure[int], absent: int, possible: int, day: date) -> bool: ...
@overload
def missed(tenths: Figure[int], absent: Counts, possible: Counts, day: date) -> NDArray[np.bool_]: ...
def missed(tenths: Figure[int], absent: int | Counts, possible: int | Counts, day: date) -> bool | NDArray[np.bool_]:
    """Whether so many tenths of the own possible sessions or more were missed: persistent or severe, by the figure given."""
    return (possible > 0) & (10 * absent >= tenths.on(day) * possible)


# ------------------------------------------------------------------ ages


@dataclass(frozen=True)
class Ages:
    """The first and last day on which each pupil is of compulsory school age; birth date unknown: always (design 4.4)."""

    first: Days
    last: Days

    @classmethod
    def of(cls, pupils: int, born: Mapping[int, date]) -> Ages:
        """By the birth dates that are known of so many pupils."""
        first, last = np.full(pupils, _NEVER, dtype=np.int32), np.full(pupils, _EVER, dtype=np.int32)
        if born:
            known = [*born]
            first[known], last[known] = np.array([*map(_bounds, born.values())], dtype=np.int32).T
        return cls(first, last)

    def compulsory(self, pupil: NDArray[np.signedinteger], day: Days) -> Flags:
        """Whether that pupil is of compulsory school age on that day."""
        return np.asarray((self.first[pupil] <= day) & (day <= self.last[pupil]))

    def not_throughout(self, day: Days) -> NDArray[np.intp]:
        """The pupils who are not of compulsory school age on each of these days, which are in order."""
        if not len(day):
            return np.empty(0, dtype=np.intp)
        return np.asarray((self.first > day[0]) | (self.last < day[-1])).nonzero()[0]


@lru_cache(maxsize=16384)
def _bounds(born: date) -> tuple[int, int]:
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


def sums(year: Marks, ages: Ages, as_at: date) -> Sums:
    """The sums over the marks of a year."""
    pupils, sessions = year.cells.shape
    possible = sessions - year.not_possible.by.each(pupils)
    attended = _number(year.cells < FIRST_ABSENCE)
    absent, unauthorised = possible - attended, year.unauthorised.by.each(pupils)
    return Sums(
        possible=possible,
        attended=attended,
        authorised=absent - unauthorised,
        unauthorised=unauthorised,
        persistent=missed(law.PERSISTENT_TENTHS, absent, possible, as_at),
        severe=missed(law.SEVERE_TENTHS, absent, possible, as_at),
        illness_days=illness_days(year, ages),
        continuous_unauthorised_sessions=open_run(year),
    )


def _number(chosen: Flags) -> Counts:
    """How many cells of each row are chosen."""
    rows, columns = chosen.shape
    if not chosen.size:
        return np.zeros(rows, dtype=np.int64)
    # Bytes are summed to bytes, two at once where they can be, in pieces of rows so short that a byte holds them: any other way
    # takes NumPy twice as long.
    at_once = 2 - columns % 2
    columns //= at_once
    pieces = -(-columns // _MOST_OF_BYTE)
    begins = np.arange(0, rows * columns, columns)
    if pieces > 1:
        begins = np.add.outer(begins, np.arange(pieces) * columns // pieces).ravel()
    words = chosen.ravel().view(f"u{at_once}")
    summed = np.add.reduceat(words, begins, dtype=words.dtype).view(np.uint8)
    found = np.zeros(rows, dtype=np.int64)
    for n in range(step := pieces * at_once):
        found += summed[n::step]
    return found


def illness_days(year: Marks, ages: Ages) -> Counts:
    """The days on which each pupil has an I, while of compulsory school age (2024 Regs, sickness return)."""
    day, cells = _whole_days(year)
    ill = np.equal(cells, _ILLNESS, order="C")  # row after row, however the cells lie
    partly = ages.not_throughout(day)
    if len(partly):
        ill[partly] &= ages.compulsory(partly[:, np.newaxis], day)
    return _number(ill.view(np.uint16) != 0)  # the two sessions of a day as one number


def _whole_days(year: Marks) -> tuple[Days, NDArray[np.uint8]]:
    """The day of each column, and the cells, with a column for both sessions of every day: an empty one where none was held."""
    sessions, cells = year.sessions, year.cells
    if len(sessions) % 2 or (sessions[::2] ^ 1 != sessions[1::2]).any():
        others = sessions ^ 1
        missing = others[~among(others, sessions)]
        before = sessions.searchsorted(missing)
        sessions, cells = np.insert(sessions, before, missing), np.insert(cells, before, NO_MARK, axis=1)
    return sessions // 2, cells


def open_run(year: Marks) -> Counts:
    """How many unauthorised sessions each pupil has since the last possible one that was not.

    What is not possible or unmarked is skipped. Only who was not there last, without leave, has any.
    """
    pupils, columns = year.cells.shape
    found = np.zeros(pupils, dtype=np.int64)
    if not columns:
        return found
    (open_,) = (year.cells[:, -1] >= FIRST_UNAUTHORISED).nonzero()
    length = (year.cells.take(open_, axis=0)[:, ::-1] < FIRST_UNAUTHORISED).argmax(axis=1).astype(np.int32)
    length[length == 0] = columns  # the last does not end it, so none does
    until = (open_.astype(np.int32) + 1) * columns
    begin, end = year.unauthorised.place.searchsorted([until - length, until])
    found[open_] = end - begin
    return found


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

    @cached_property
    def clocks(self) -> tuple[Days, Days, Days]:
        """When each school week, school day and full week begins: ten weeks are read as so many of any of these."""
        return self.mondays, self.days, self.mondays[self.full]


@dataclass(frozen=True)
class Countable:
    """Countable sessions by pupil, in order; the code of each, and its place on each of some clocks, the school weeks first."""

    by: ByPupil
    at: Days
    code: NDArray[np.uint8]
    places: Places

    @classmethod
    def of(cls, pupil: NDArray[np.int32], at: Days, code: NDArray[np.uint8], *clocks: Days) -> Countable:
        """Sessions on these clocks; what lies in no school week or day counts with the one before."""
        return cls(ByPupil(pupil), at, code, _places(clocks, at // 2))

    @property
    def pupil(self) -> NDArray[np.int32]:
        """The pupil of each."""
        return self.by.pupil

    @property
    def week(self) -> Places:
        """The school week of each, an index into a scale's."""
        return np.asarray(self.places[0])

    def where(self, chosen: Flags) -> Countable:
        """Those for which it is so."""
        if chosen.all():
            return self
        (these,) = chosen.nonzero()
        at, code, places = self.at.take(these), self.code.take(these), self.places.take(these, axis=1)
        return Countable(ByPupil(self.pupil.take(these)), at, code, places)

    def with_so_many(self, number: int, since: int, pupils: int) -> Flags:
        """Which pupils have so many or more since a session: with so many left, they are not before it."""
        so_many_left = self.by.ends - number
        found = (so_many_left >= self.by.begins) & (picked(self.at, so_many_left) >= since)
        return self.by.spread(found, pupils)

    def first(self, chosen: Flags, pupils: int) -> NDArray[np.intp]:
        """The first of the chosen that each pupil has, as an index; -1 if there is none."""
        first = np.full(pupils, _NONE)
        those = chosen.copy()
        those[1:] &= self.by.begin[1:] | ~chosen[:-1]  # the first of each run of them is enough, and there are fewer
        found = those.nonzero()[0][::-1]
        first[self.pupil[found]] = found  # of several the last written stays
        return first

    def within(self, places: Places, number: int, size: int | Places) -> Flags:
        """At which sessions the last so many of the pupil are within so many places, on one clock or on several."""
        found = np.zeros(places.shape, dtype=np.bool_)
        last, first = slice(number - 1, None), slice(max(0, places.shape[-1] - number + 1))
        near, of_one = places[..., last] - places[..., first] < size, self.pupil[last] == self.pupil[first]
        np.logical_and(near, of_one, out=found[..., last])
        return found


def countable(marks: Marks, held: Days, ages: Ages, scale: Scale) -> Countable:
    """The sessions with G, N, O or U, held, of compulsory school age, since the framework began.

    Absence before that is under the old scheme and never counts towards its threshold (law.md L9).
    """
    sessions, day = marks.sessions, marks.sessions // 2
    counts = among(sessions, held) & (day >= number_of(law.SCHEME_START))
    chosen = marks.unauthorised.in_columns(counts)
    if len(ages.not_throughout(day)):
        chosen = chosen.where(ages.compulsory(chosen.pupil, day[chosen.column]))
    places, column = _places(scale.clocks, day), chosen.column.astype(np.intp)  # as NumPy would for both
    return Countable(chosen.by, picked(sessions, column), chosen.code, places.take(column, axis=1, mode="clip"))


def distinct(values: Days) -> Days:
    """The different values of those, which are sorted."""
    return values[unlike_the_one_before(values)]


def _places(clocks: Sequence[Days], days: Days) -> Places:
    """How often each clock has struck up to each day, less one: a row a clock."""
    found = np.array([clock.searchsorted(days, side="right") for clock in clocks], dtype=np.int16)
    found -= 1
    return found


def met(counted: Countable) -> Flags:
    """At which sessions the threshold is met: ten countable in the ten school weeks ending with that session's week (WTISA)."""
    numbers, sizes = law.THRESHOLD_SESSIONS.values.values(), law.THRESHOLD_WEEKS.values.values()
    if _as_on_any_day():
        return counted.within(counted.week, *numbers, *sizes)
    day = counted.at // 2
    needed, weeks = figure_on(law.THRESHOLD_SESSIONS, day), figure_on(law.THRESHOLD_WEEKS, monday_of(day))
    found = np.zeros(len(day), dtype=np.bool_)
    for number, size in product({*numbers}, {*sizes}):
        found |= (needed == number) & (weeks == size) & counted.within(counted.week, number, size)
    return found


def _as_on_any_day() -> bool:
    """Whether the figures of the threshold never changed."""
    return len(law.THRESHOLD_SESSIONS.values) == len(law.THRESHOLD_WEEKS.values) == 1


def met_by(counted: Countable, these: Flags) -> Flags:
    """The same, were only these countable."""
    return _placed(met(counted.where(these)), these)


def _placed(found: Flags, these: Flags) -> Flags:
    """What was found of these, in place among all."""
    if len(found) == len(these):
        return found
    placed = np.zeros(len(these), dtype=np.bool_)
    placed[these] = found
    return placed


def in_last(counted: Countable, weeks: int, size: int) -> Flags:
    """Which sessions are in the last so many of the school weeks."""
    return np.asarray(counted.week >= max(0, weeks - size))


def by_week(counted: Countable, scale: Scale, pupils: int) -> InWeeks:
    """How many sessions each pupil has in each school week, a row a week; before the first so many that a window ends with it."""
    weeks, before = len(scale.mondays), max(0, scale.best_size - 1)
    cells = np.bincount(counted.week * np.int32(pupils) + counted.pupil, minlength=weeks * pupils)
    found = np.zeros((before + weeks, pupils), dtype=np.min_scalar_type(_MOST_IN_WEEK * scale.best_size))
    found[before:] = cells.reshape(weeks, pupils)
    return found


def _in_windows(in_week: InWeeks, size: int) -> InWeeks:
    """How many there are in each so many rows that follow one another."""
    # From windows half as long, and one row more where the size is odd: no more additions than twice the digits of the size.
    in_window, long = in_week, 1
    for digit in f"{size:b}"[1:]:
        in_window, long = in_window[:-long] + in_window[long:], 2 * long
        if digit == "1":
            in_window, long = in_window[:-1] + in_week[long:], long + 1
    return in_window


def fullest(in_week: InWeeks, scale: Scale) -> tuple[Counts, NDArray[np.intp]]:
    """How many sessions each pupil's fullest window holds, and its last week (an index), of equals the latest.

    Of the windows whose last week reaches into the last academic year or this; 0 and -1 if there is none.
    """
    weeks, pupils = len(scale.mondays), in_week.shape[1]
    begin = int(scale.mondays.searchsorted(scale.since - 6))
    if begin == weeks:
        return np.zeros(pupils, dtype=np.int64), np.full(pupils, _NONE)
    in_window = _in_windows(in_week, scale.best_size)[begin:]
    last = np.arange(begin, weeks, dtype=np.min_scalar_type(weeks))[:, np.newaxis]
    best = in_window.max(axis=0)
    best_week = ((in_window == best) * last).max(axis=0)
    return best.astype(np.int64), best_week.astype(np.intp)


def drops_on(in_week: InWeeks, scale: Scale) -> Days:
    """The Monday on which each pupil's oldest counted sessions leave the window; -1 if there is none or nobody knows it yet."""
    weeks = np.concatenate([scale.mondays, scale.ahead, [_NONE]])
    recent = in_week[-scale.size :] > 0
    weeks_back = np.arange(len(recent), -1, -1, dtype=np.int16)
    oldest = (recent * weeks_back[:-1, np.newaxis]).max(axis=0, initial=0)
    # By how many weeks back: the week in which the window has passed it; none if none counts.
    leave = weeks.take(len(scale.mondays) + scale.size - weeks_back[::-1], mode="clip")
    leave[0] = _NONE
    return np.asarray(leave.take(oldest), dtype=np.int32)


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

    The threshold may be met by what is free; `cases` say for each case what may meet it then: what is free or was used by it.
    """
    unused = counted.where(free)
    met_by_each = readings(unused, scale)
    free_met = _placed(met_by_each[0], free)
    recently = counted.at >= 2 * scale.since
    first = counted.first(reduce(np.logical_or, (met_by(counted, each) for each in cases), free_met) & recently, pupils)
    in_week = by_week(unused, scale, pupils)
    best, best_week = fullest(in_week, scale)
    year_back = number_of(scale.as_at) - 7 * law.REPEATED_WEEKS.on(scale.as_at)
    repeated = unused.with_so_many(law.REPEATED_SESSIONS.on(scale.as_at), 2 * (year_back + 1), pupils)
    return Windows(
        counted=counted,
        in_window=free & in_last(counted, len(scale.mondays), scale.size),
        count=in_week[-scale.size :].sum(axis=0, dtype=np.int64),
        best=best,
        best_week=best_week,
        met=first,
        provisional=_only_by_n(counted, [free, *cases], scale, first),
        drops_on=drops_on(in_week, scale),
        reading_differs=reading_differs(unused, met_by_each, pupils),
        repeated=(first == _NONE) & repeated,
        doubtful=differs_without_few(counted, scale, pupils),
    )


def _only_by_n(counted: Countable, cases: Sequence[Flags], scale: Scale, first: NDArray[np.intp]) -> Flags:
    """Which of the thresholds met, at these sessions first, would not be without those whose reason is not known yet."""
    (by_n,) = (counted.code == _N).nonzero()
    who = counted.pupil[by_n]
    found = np.zeros(len(first), dtype=np.bool_)
    found[who[by_n <= first[who]]] = True  # of all others it was met before there was one
    if not found.any():
        return found
    sure = counted.by.of_each(found) & (counted.code != _N)
    for each in cases:
        those = counted.where(each & sure)
        found[those.pupil[met(those) & (those.at >= 2 * scale.since)]] = False
    return found


def other_readings(free: Countable, scale: Scale, pupils: int) -> tuple[Flags, Flags]:
    """Whether the threshold is met within 50 school days, and within ten weeks that have all ten sessions held."""
    _, in_days, in_full_weeks = readings(free, scale)
    return free.by.any(in_days, pupils), free.by.any(in_full_weeks, pupils)


def readings(free: Countable, scale: Scale) -> Flags:
    """At which sessions the threshold is met by each reading of its ten weeks, a row for each of the scale's clocks."""
    sizes = [scale.size, law.SESSIONS_FLOAT.on(max(scale.as_at, law.SCHEME_START)), scale.size]
    found = free.within(free.places, scale.needed, np.array(sizes, dtype=np.int16)[:, np.newaxis])
    if not _as_on_any_day():
        found[0] = met(free)
    return found


def reading_differs(free: Countable, met_by_each: Flags, pupils: int) -> Flags:
    """Whether the threshold is met by one of the readings and not by another."""
    in_weeks, in_days, in_full_weeks = met_by_each.view(np.uint8)
    # Each reading is a bit: asked together they cost as much as one.
    by_each = np.bitwise_or.reduceat(in_weeks + 2 * in_days + 4 * in_full_weeks, free.by.begins)
    return free.by.spread((by_each != 0b000) & (by_each != 0b111), pupils)


def differs_without_few(counted: Countable, scale: Scale, pupils: int) -> Flags:
    """Whether each pupil's count or threshold would differ had the sessions held by few not been held."""
    if not len(scale.few):
        return np.zeros(pupils, dtype=np.bool_)
    mondays = scale.mondays[scale.sure]
    sure = ~among(counted.at, scale.few)
    other = Countable.of(counted.pupil, counted.at, counted.code, mondays)
    met_otherwise = np.zeros(len(sure), dtype=np.bool_)
    met_otherwise[sure] = met(other.where(sure))
    first, first_otherwise = counted.first(met(counted), pupils), counted.first(met_otherwise, pupils)
    count = counted.by.number(in_last(counted, len(scale.mondays), scale.size), pupils)
    otherwise = counted.by.number(sure & in_last(other, len(mondays), scale.size), pupils)
    return np.asarray((first != first_otherwise) | (count != otherwise))
