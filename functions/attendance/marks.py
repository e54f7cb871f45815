"""The marks in force of a school as arrays, and the sessions it held (design 4.3)."""

from __future__ import annotations

import tempfile
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attendance import law
from attendance.codes import CODES, SHOWS_SESSION_HELD
from attendance.engine import connect
from attendance.register import RANK
from attendance.roll import Roll
from attendance.sessions import HALVES, Held, Session

EPOCH = date(1970, 1, 1)
CODE_ORDER: tuple[str, ...] = tuple(CODES)


def _flags(codes: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([code in codes for code in CODE_ORDER])


SHOWS_HELD = _flags(SHOWS_SESSION_HELD)


@dataclass(frozen=True)
class Marks:
    """The marks in force, sorted by pupil and session.

    `pupil` indexes `upns`; `at` is days since 1970-01-01 times two, plus one for PM; `code` indexes CODE_ORDER.
    """

    upns: tuple[str, ...]
    pupil: NDArray[np.int32]
    at: NDArray[np.int32]
    code: NDArray[np.int8]


def at(session: Session) -> int:
    """A session as a number that sorts as sessions do."""
    return (session.day - EPOCH).days * 2 + HALVES.index(session.half)


def session_of(number: int) -> Session:
    """The session of such a number."""
    return Session(EPOCH + timedelta(days=number // 2), HALVES[number % 2])


_NO_MARK = -1
"""The code index of an entry that says that there is no mark."""


def read_marks(registers: Sequence[bytes]) -> Marks:
    """The marks in force in the registers of one school (or of it and its predecessors); 'no mark' entries are left out.

    Where two registers hold an entry for one session, the greatest by the total order of design 4.2 is in force, as if all
    were one register.
    """
    if not registers:
        empty = np.array([], dtype=np.int32)
        return Marks((), empty, empty, empty.astype(np.int8))
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        for n, body in enumerate(registers):
            Path(folder, f"{n}.parquet").write_bytes(body)
        codes = ", ".join(f"('{code}', {n})" for n, code in enumerate(CODE_ORDER))
        con.execute(
            f"""CREATE VIEW entry AS
            SELECT *, ((date - DATE '1970-01-01') * 2 + (session = 'PM')::INT)::INT AS moment,
                coalesce(n, {_NO_MARK})::TINYINT AS mark
            FROM read_parquet('{folder}/*.parquet') LEFT JOIN (VALUES {codes}) AS code(code, n) USING (code) WHERE in_force"""
        )
        con.execute("CREATE TABLE mark AS SELECT upn, moment, mark FROM entry")
        read = (
            "SELECT (dense_rank() OVER (ORDER BY upn) - 1)::INT AS pupil, moment, mark FROM mark ORDER BY upn, moment"
        )
        arrays = con.execute(read).fetchnumpy()
        if _twice(arrays["pupil"], arrays["moment"]):  # seldom, so only then is every entry ranked
            con.execute(
                f"""CREATE OR REPLACE TABLE mark AS SELECT upn, moment, mark FROM entry
                QUALIFY row_number() OVER (PARTITION BY upn, moment ORDER BY ({RANK}) DESC) = 1"""
            )
            arrays = con.execute(read).fetchnumpy()
        upns = tuple(row[0] for row in con.execute("SELECT DISTINCT upn FROM mark ORDER BY upn").fetchall())
    pupil, moment, code = (np.asarray(arrays[name]) for name in ("pupil", "moment", "mark"))
    marked = code != _NO_MARK
    if not marked.all():
        pupil, moment, code = pupil[marked], moment[marked], code[marked]
        with_marks, pupil = np.unique(pupil, return_inverse=True)
        upns = tuple(upns[n] for n in with_marks)
    return Marks(upns, pupil.astype(np.int32), moment.astype(np.int32), code.astype(np.int8))


def _twice(pupil: NDArray[np.int32], moment: NDArray[np.int32]) -> bool:
    """Whether two entries are about one session of one pupil."""
    return bool(((pupil[1:] == pupil[:-1]) & (moment[1:] == moment[:-1])).any())


def sessions_held(marks: Marks, roll: Roll) -> Held:
    """When the school met: the calendar decides where it speaks, elsewhere any mark but `#`, `Y4` or `Z` shows it (design 4.3)."""
    shown, pupils = np.unique(marks.at[SHOWS_HELD[marks.code]], return_counts=True)
    by_marks = {int(n): int(count) for n, count in zip(shown, pupils, strict=True)}
    calendar = {at(session): is_open for session, is_open in roll.calendar.items()}
    held = sorted({n for n in by_marks if calendar.get(n, True)} | {n for n, is_open in calendar.items() if is_open})
    starting = sorted(pupil.starting_day or date.min for pupil in roll.pupils.values())
    left = sorted(pupil.leaving_day for pupil in roll.pupils.values() if pupil.leaving_day)

    def by_few(n: int) -> bool:
        day = session_of(n).day
        on_roll = bisect_right(starting, day) - bisect_left(left, day)
        return n not in calendar and by_marks[n] * law.FEW_SESSIONS.on(day) < on_roll

    return Held(tuple(session_of(n) for n in held), frozenset(session_of(n) for n in held if by_few(n)), ())
