"""The marks in force of a school as arrays, and the sessions it held (design 4.3)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attendance import law
from attendance.codes import ATTENDED, AUTHORISED, CODES, POSSIBLE, SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.columns import among, different
from attendance.engine import connect
from attendance.entries import RANK
from attendance.grid import NUMBER, Grid, grid_in
from attendance.roll import Roll
from attendance.sessions import HALVES, Held, Session

EPOCH = date(1970, 1, 1)
_KINDS = (ATTENDED, AUTHORISED, UNAUTHORISED, SHOWS_SESSION_HELD - POSSIBLE, CODES.keys() - SHOWS_SESSION_HELD)
CODE_ORDER: tuple[str, ...] = tuple(code for kind in _KINDS for code in CODES if code in kind)
"""A code is its place in this order: kind after kind, so that whether a mark is of a kind is one comparison."""
FIRST_ABSENCE, FIRST_UNAUTHORISED, FIRST_NOT_POSSIBLE, FIRST_NOT_HELD = accumulate(len(kind) for kind in _KINDS[:-1])
"""Where each kind but the first begins: authorised, unauthorised, not possible, and what does not even show a session held."""
NO_MARK = len(CODE_ORDER)
"""Stands in a cell that has no mark."""
PLACE_OF: Final = {code: n for n, code in enumerate(CODE_ORDER)}
"""The place of each code in that order."""


@cache
def flags_of(codes: frozenset[str]) -> NDArray[np.bool_]:
    """Whether an index into CODE_ORDER is one of these codes; NO_MARK is none of them."""
    return np.array([*(code in codes for code in CODE_ORDER), False])


SHOWS_HELD = flags_of(SHOWS_SESSION_HELD)


def picked[Known: np.generic](values: NDArray[Known], places: NDArray[np.intp]) -> NDArray[Known]:
    """The values at these places, all of which there are: NumPy then looks at none whether there is, and takes a third less."""
    return values.take(places, mode="clip")


def unlike_the_one_before(values: NDArray[np.signedinteger]) -> NDArray[np.bool_]:
    """Which values are not the same as the one before: the first, and where another begins."""
    new = np.empty(len(values), dtype=np.bool_)
    new[:1] = True
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new


@dataclass(frozen=True)
class ByPupil:
    """What stands in order of pupils: whose each is (never falling), and so where those of each pupil lie."""

    pupil: NDArray[np.int32]

    @cached_property
    def begin(self) -> NDArray[np.bool_]:
        """Which are the first of their pupil."""
        return unlike_the_one_before(self.pupil)

    @cached_property
    def begins(self) -> NDArray[np.intp]:
        """The same as indexes."""
        return self.begin.nonzero()[0]

    @cached_property
    def ends(self) -> NDArray[np.intp]:
        """Where those of each of these pupils end."""
        return np.concatenate([self.begins[1:], [len(self.pupil)]])[: len(self.begins)]

    @cached_property
    def who(self) -> NDArray[np.intp]:
        """The pupils who have any."""
        return self.pupil[self.begins].astype(np.intp)

    def spread[Known: np.generic](self, of_who: NDArray[Known], pupils: int) -> NDArray[Known]:
        """What is known of those who have any, for every pupil: nothing of the others."""
        found = np.zeros(pupils, dtype=of_who.dtype)
        found[self.who] = of_who
        return found

    def each(self, pupils: int) -> NDArray[np.intp]:
        """How many each pupil has."""
        return self.spread(self.ends - self.begins, pupils)

    def number(self, chosen: NDArray[np.bool_], pupils: int) -> NDArray[np.int64]:
        """How many of the chosen each pupil has."""
        return self.spread(np.add.reduceat(chosen, self.begins, dtype=np.int64), pupils)

    def any(self, chosen: NDArray[np.bool_], pupils: int) -> NDArray[np.bool_]:
        """Whether each pupil has any of the chosen."""
        return self.spread(np.logical_or.reduceat(chosen, self.begins), pupils)

    def of_each(self, of_pupils: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What is known of pupils, for each of theirs."""
        return of_pupils.take(self.who).repeat(self.ends - self.begins)


@dataclass(frozen=True)
class Cells:
    """Some cells of a grid of so many columns, row by row: where each is, counted through all rows, and its code (or NO_MARK)."""

    columns: int
    place: NDArray[np.int32]
    code: NDArray[np.uint8]

    @cached_property
    def pupil(self) -> NDArray[np.int32]:
        """The row of each."""
        return self.place // max(1, self.columns)

    @cached_property
    def column(self) -> NDArray[np.int32]:
        """The column of each."""
        return self.place - self.pupil * self.columns

    def where(self, chosen: NDArray[np.bool_]) -> Cells:
        """Those of the cells for which it is so."""
        if chosen.all():
            return self
        (these,) = chosen.nonzero()
        return Cells(self.columns, self.place.take(these), self.code.take(these))

    def in_columns(self, chosen: NDArray[np.bool_]) -> Cells:
        """Those of the cells in the chosen columns."""
        return self if chosen.all() else self.where(chosen.take(self.column))

    @cached_property
    def by(self) -> ByPupil:
        """Whose they are."""
        return ByPupil(self.pupil)


@dataclass(frozen=True)
class Marks:
    """The marks in force: `cells[pupil, session]` indexes CODE_ORDER, or is NO_MARK.

    `upns` are sorted and have a mark each; `sessions` are sorted, days since 1970-01-01 times two, plus one for PM.
    """

    upns: tuple[str, ...]
    sessions: NDArray[np.int32]
    cells: NDArray[np.uint8]

    @classmethod
    def of(cls, upns: Sequence[str], pupil: NDArray[np.int32], at: NDArray[np.int32], code: NDArray[np.int8]) -> Marks:
        """Marks given one by one."""
        sessions, column = np.unique(at, return_inverse=True)
        cells = np.full((len(upns), len(sessions)), NO_MARK, dtype=np.uint8)
        cells[pupil, column] = code
        return cls(tuple(upns), sessions.astype(np.int32), cells)

    @cached_property
    def row(self) -> dict[str, int]:
        """The row of each pupil."""
        return {upn: n for n, upn in enumerate(self.upns)}

    @cached_property
    def marked(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows and columns of all marks, sorted by pupil and session."""
        return np.nonzero(self.cells != NO_MARK)

    @cached_property
    def marked_sessions(self) -> NDArray[np.int32]:
        """The sessions of which any pupil has a mark."""
        without = self.not_possible.where(self.not_possible.code == NO_MARK)
        return self.sessions[np.bincount(without.column, minlength=len(self.sessions)) < len(self.upns)]

    @property
    def pupil(self) -> NDArray[np.int32]:
        """The pupil of each mark."""
        return self.marked[0].astype(np.int32)

    @property
    def at(self) -> NDArray[np.int32]:
        """The session of each mark."""
        return self.sessions[self.marked[1]]

    @property
    def code(self) -> NDArray[np.uint8]:
        """The code of each mark."""
        return self.cells[self.marked]

    @cached_property
    def unauthorised(self) -> Cells:
        """The unauthorised absences."""
        return self._listed.where(self._listed.code < FIRST_NOT_POSSIBLE)

    @cached_property
    def not_possible(self) -> Cells:
        """The cells that are no possible attendance: such codes, and no mark."""
        return self._listed.where(self._listed.code >= FIRST_NOT_POSSIBLE)

    @cached_property
    def _listed(self) -> Cells:
        """Both of these, which are few: finding them is the one step that costs more than reading the grid once."""
        return self._from(FIRST_UNAUTHORISED)

    @cached_property
    def not_attended(self) -> Cells:
        """Every cell that is no attendance: authorised absences as well."""
        return self._from(FIRST_ABSENCE)

    def _from(self, first: int) -> Cells:
        cells = self.cells.ravel()
        # Sought by eights, most of which hold none, and then within those: NumPy's own search branches at each that is found,
        # which takes half as long again.
        chosen = np.empty(-(-len(cells) // 8) * 8, dtype=np.bool_)
        chosen[len(cells) :] = False
        np.greater_equal(cells, first, out=chosen[: len(cells)])
        eights = chosen.view(np.uint64)
        (some,) = (eights != 0).nonzero()
        (within,) = eights.take(some).view(np.bool_).nonzero()
        place = picked(8 * some, within >> 3) + (within & 7)
        return Cells(len(self.sessions), place.astype(np.int32), picked(cells, place))

    def within(self, first: int, last: int) -> Marks:
        """The marks of the same pupils in the sessions from one to another."""
        if not len(self.sessions) or (first <= self.sessions[0] and self.sessions[-1] <= last):
            return self
        begin, end = self.sessions.searchsorted([first, last + 1]).tolist()
        return Marks(self.upns, self.sessions[begin:end], np.ascontiguousarray(self.cells[:, begin:end]))


def at(session: Session) -> int:
    """A session as a number that sorts as sessions do."""
    return (session.day - EPOCH).days * 2 + HALVES.index(session.half)


@lru_cache(maxsize=8192)
def session_of(number: int) -> Session:
    """The session of such a number."""
    return Session(EPOCH + timedelta(days=number // 2), HALVES[number % 2])


def read_marks(registers: Sequence[bytes]) -> Marks:
    """The marks in force in the registers of one school (or of it and its predecessors); 'no mark' entries are left out.

    Where two registers hold an entry for one session, the greatest by the total order of design 4.2 is in force, as if all
    were one register.
    """
    grids = [grid for grid in map(grid_in, registers) if grid is not None]
    if len(grids) == len(registers) and _apart(grids):
        return marks_of(grids)
    return read_rows(registers)


def marks_of(grids: Sequence[Grid]) -> Marks:
    """The marks of grids of which no two have a session in common."""
    if len(grids) == 1:
        marks = Marks(grids[0].upns, grids[0].sessions, _coded(grids[0]))
    else:
        upns = sorted({upn for grid in grids for upn in grid.upns})
        row = {upn: n for n, upn in enumerate(upns)}
        in_order = sorted(grids, key=lambda grid: grid.sessions[:1].tolist())
        every = np.concatenate([np.empty(0, dtype=np.int32), *(grid.sessions for grid in in_order)])
        cells = np.full((len(upns), len(every)), NO_MARK, dtype=np.uint8)
        column = 0
        for grid in in_order:
            cells[[row[upn] for upn in grid.upns], column : column + len(grid.sessions)] = _coded(grid)
            column += len(grid.sessions)
        if (every[1:] < every[:-1]).any():  # two schools in one year
            order = np.argsort(every)
            every, cells = every[order], cells.take(order, axis=1)  # row after row, as `cells[:, order]` would not be
        marks = Marks(tuple(upns), every, cells)
    if any(code not in CODES for grid in grids for code in grid.codes):  # seldom: then a pupil may be left with none
        some = (marks.cells != NO_MARK).any(axis=1)
        marks = Marks(
            tuple(upn for upn, has in zip(marks.upns, some, strict=True) if has), marks.sessions, marks.cells[some]
        )
    return marks


def read_rows(registers: Sequence[bytes]) -> Marks:
    """The same from the registers' rows, for registers that hold no grid or that speak of the same session."""
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        for n, body in enumerate(registers):
            Path(folder, f"{n}.parquet").write_bytes(body)
        codes = ", ".join(f"('{code}', {n})" for n, code in enumerate(CODE_ORDER))
        greatest = f"QUALIFY row_number() OVER (PARTITION BY upn, date, session ORDER BY ({RANK}) DESC) = 1"
        con.execute(
            f"""CREATE TABLE mark AS SELECT upn, {NUMBER} AS moment, coalesce(n, {NO_MARK})::UTINYINT AS code
            FROM read_parquet('{folder}/*.parquet') LEFT JOIN (VALUES {codes}) AS code(code, n) USING (code)
            WHERE in_force {greatest if len(registers) > 1 else ""}"""
        )
        con.execute(f"DELETE FROM mark WHERE code = {NO_MARK}")
        upns = tuple(row[0] for row in con.execute("SELECT DISTINCT upn FROM mark ORDER BY upn").fetchall())
        found = con.execute(
            "SELECT (dense_rank() OVER (ORDER BY upn) - 1)::INT AS pupil, moment, code FROM mark"
        ).fetchnumpy()
    return Marks.of(upns, *(np.asarray(found[name]) for name in ("pupil", "moment", "code")))


def _apart(grids: Sequence[Grid]) -> bool:
    """Whether no two of them speak of one session."""
    every = [np.empty(0, dtype=np.int32), *(grid.sessions for grid in grids)]
    return len(different(*every)) == sum(map(len, every))


def _coded(grid: Grid) -> NDArray[np.uint8]:
    """The cells of a grid by CODE_ORDER: its own letters stand for themselves, whatever the order was when it was written."""
    table = bytes([NO_MARK, *(PLACE_OF.get(code, NO_MARK) for code in grid.codes)]).ljust(256, bytes([NO_MARK]))
    return np.frombuffer(grid.cells.tobytes().translate(table), dtype=np.uint8).reshape(grid.cells.shape)


@dataclass(frozen=True)
class HeldAt:
    """When a school met, as numbers of sessions in order, and which of them few pupils attended."""

    sessions: NDArray[np.int32]
    by_few: NDArray[np.bool_]


def held_at(marks: Marks, roll: Roll) -> HeldAt:
    """When the school met: the calendar decides where it speaks, elsewhere any mark but `#`, `Y4` or `Z` shows it (design 4.3)."""
    not_showing = marks.not_possible.where(marks.not_possible.code >= FIRST_NOT_HELD)
    showing = len(marks.upns) - np.bincount(not_showing.column, minlength=len(marks.sessions))
    by_marks = showing > 0
    sessions = marks.sessions[by_marks]
    calendar = {at(session): is_open for session, is_open in roll.calendar.items()}
    if calendar:
        by_marks &= ~among(marks.sessions, np.array(sorted(calendar), dtype=np.int32))
        opened = [n for n, is_open in calendar.items() if is_open]
        sessions = different(marks.sessions[by_marks], np.array(opened, dtype=np.int32))
    by_few = np.zeros(len(sessions), dtype=np.bool_)
    if roll.pupils:
        day = marks.sessions[by_marks] // 2
        starts, leaves = roll.days("starting_day"), roll.days("leaving_day")
        always = [number_of(date.min)] * (len(roll.pupils) - len(starts))
        starting = np.sort([*always, *map(number_of, starts.values())])
        left = np.sort([*map(number_of, leaves.values())])
        on_roll = starting.searchsorted(day, side="right") - left.searchsorted(day, side="left")
        few = showing[by_marks] * figure_on(law.FEW_SESSIONS, day) < on_roll
        by_few[sessions.searchsorted(marks.sessions[by_marks][few])] = True
    return HeldAt(sessions, by_few)


def sessions_held(held: HeldAt) -> Held:
    """The same as sessions."""
    numbers, few = held.sessions.tolist(), held.sessions[held.by_few].tolist()
    return Held(tuple(map(session_of, numbers)), frozenset(map(session_of, few)), ())


def number_of(day: date) -> int:
    """A day as a number: days since 1970-01-01."""
    return (day - EPOCH).days


def figure_on(figure: law.Figure[int], days: NDArray[np.int32]) -> NDArray[np.int64]:
    """A figure of the law on each of these days (numbers); before the first day it is in force, its first value.

    Of a figure that never changed that is one number for all of them.
    """
    if len(figure.values) == 1:
        return np.array(figure.latest)
    starts = sorted(figure.values)
    begun = np.searchsorted([number_of(start) for start in starts], days, side="right") - 1
    return np.array([figure.values[start] for start in starts])[np.maximum(begun, 0)]
