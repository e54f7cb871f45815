"""The marks in force of a register as a grid, a row a pupil and a column a session, stored inside the register itself.

A register has a row for every entry ever received; what counts is one code a pupil and session. Read from the rows that costs
hundreds of nanoseconds a mark, from the grid a few. The grid is part of the snapshot (an entry of the Parquet file's own
metadata, which readers of the rows pass over), so the two are replaced as one; a register without it is read by its rows.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from attendance.pieces import said
from attendance.sql import text_sql

if TYPE_CHECKING:
    import duckdb

KEY: Final = "in_force"
"""Under this name the grid stands in a register's metadata."""
NUMBER: Final = "((date - DATE '1970-01-01') * 2 + (session = 'PM')::INT)::INT"
"""The number of a row's session, in SQL: days since 1970-01-01 times two, plus one for PM."""


@dataclass(frozen=True)
class Grid:
    """What is in force: `cells[pupil, session]` is 0 where there is no entry, else one more than an index into `codes`.

    `sessions` are numbers that sort as sessions do; `codes` are the letters as sent, the one for "no mark" among them.
    """

    upns: tuple[str, ...]
    sessions: NDArray[np.int32]
    codes: tuple[str, ...]
    cells: NDArray[np.uint8]

    def overlaid(self, later: Grid) -> Grid:
        """This grid with every entry of another in place of its own."""
        upns = tuple(sorted({*self.upns, *later.upns}))
        sessions = np.union1d(self.sessions, later.sessions)
        codes = tuple(sorted({*self.codes, *later.codes}))
        row, letter = ({each: n for n, each in enumerate(names)} for names in (upns, codes))
        cells = np.zeros((len(upns), len(sessions)), dtype=np.uint8)
        for grid in (self, later):
            given = np.array([0, *(letter[code] + 1 for code in grid.codes)], dtype=np.uint8)[grid.cells]
            place = np.ix_([row[upn] for upn in grid.upns], np.searchsorted(sessions, grid.sessions))
            cells[place] = np.where(given, given, cells[place])
        return Grid(upns, sessions, codes, cells).with_codes_in_use()

    def with_codes_in_use(self) -> Grid:
        """The same without the codes that no cell has any more."""
        in_use = np.bincount(self.cells.ravel(), minlength=len(self.codes) + 1)[1:] > 0
        table = np.concatenate([[0], np.cumsum(in_use)]).astype(np.uint8)
        codes = tuple(code for code, used in zip(self.codes, in_use, strict=True) if used)
        return Grid(self.upns, self.sessions, codes, table[self.cells])


def grid_of(con: duckdb.DuckDBPyConnection, table: str) -> Grid:
    """The grid of a table with the columns of a register."""
    upns, sessions, codes = (
        [row[0] for row in con.execute(f"SELECT DISTINCT {value} FROM {table} WHERE in_force ORDER BY 1").fetchall()]
        for value in ("upn", NUMBER, "coalesce(code, '')")
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE pupil_n AS SELECT upn, (row_number() OVER (ORDER BY upn) - 1)::INT AS pupil
        FROM (SELECT DISTINCT upn FROM {table} WHERE in_force)"""
    )
    values = ", ".join(f"({text_sql(code)}, {n})" for n, code in enumerate(codes, 1)) or "('', 0)"
    found = con.execute(
        f"""SELECT pupil, {NUMBER} AS at, n::UTINYINT AS code FROM {table} JOIN pupil_n USING (upn)
        JOIN (VALUES {values}) AS c(letters, n) ON letters = coalesce(code, '') WHERE in_force"""
    ).fetchnumpy()
    axis = np.array(sessions, dtype=np.int32)
    cells = np.zeros((len(upns), len(axis)), dtype=np.uint8)
    cells[found["pupil"], np.searchsorted(axis, found["at"])] = found["code"]
    return Grid(tuple(upns), axis, tuple(codes), cells)


def packed(grid: Grid) -> str:
    """The grid as text, the same for the same grid."""
    said = json.dumps({"upns": grid.upns, "sessions": grid.sessions.tolist(), "codes": grid.codes})
    return base64.b64encode(zlib.compress(said.encode() + b"\n" + grid.cells.tobytes())).decode()


def unpacked(text: bytes) -> Grid:
    """The grid of such a text."""
    said, _, cells = zlib.decompress(base64.b64decode(text)).partition(b"\n")
    named = json.loads(said)
    shape = len(named["upns"]), len(named["sessions"])
    return Grid(
        tuple(named["upns"]),
        np.array(named["sessions"], dtype=np.int32),
        tuple(named["codes"]),
        np.frombuffer(cells, dtype=np.uint8).reshape(shape),
    )


def grid_in(register: bytes) -> Grid | None:
    """The grid of a register, of which its end is enough; None for one that was folded without."""
    text = said(register, KEY)
    return None if text is None else unpacked(text)
