"""The marks in force of a register as a grid, a row a pupil and a column a session, stored inside the register itself.

A register has a row for every entry ever received; what counts is one code a pupil and session. Read from the rows that costs
hundreds of nanoseconds a mark, from the grid a few. The grid is part of the snapshot (an entry of the Parquet file's own
metadata, which readers of the rows pass over), so the two are replaced as one; a register without it is read by its rows.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, compress
from typing import Any, Final

import numpy as np
from backports import zstd
from numpy.typing import NDArray

from attendance.columns import different
from attendance.pieces import said

KEY: Final = "grid"
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

    @staticmethod
    def of(
        upns: Sequence[str], codes: Sequence[str],
        pupil: NDArray[np.integer[Any]], at: NDArray[np.int64], code: NDArray[np.integer[Any]],
    ) -> Grid:  # fmt: skip
        """A grid of entries given one by one, pupils and codes by their place in those, which are sorted."""
        sessions, column = np.unique(at, return_inverse=True)
        cells = np.zeros((len(upns), len(sessions)), dtype=np.uint8)
        cells[pupil, column] = code + 1
        return Grid(tuple(upns), sessions.astype(np.int32), tuple(codes), cells).with_codes_in_use()

    @staticmethod
    def empty() -> Grid:
        """The grid of no pupil and no session."""
        return Grid((), np.empty(0, np.int32), (), np.empty((0, 0), np.uint8))

    def overlaid(self, later: Grid) -> Grid:
        """This grid with every entry of another in place of its own."""
        upns = tuple(sorted({*self.upns, *later.upns}))
        sessions = different(self.sessions, later.sessions)
        codes = tuple(sorted({*self.codes, *later.codes}))
        row = {upn: n for n, upn in enumerate(upns)}
        cells = np.zeros((len(upns), len(sessions)), dtype=np.uint8)
        for grid in (self, later):
            place = np.ix_([row[upn] for upn in grid.upns], np.searchsorted(sessions, grid.sessions))
            given = _renumbered(grid.cells, [0, *(codes.index(code) + 1 for code in grid.codes)])
            cells[place] = given if grid is self else np.where(given, given, cells[place])
        return Grid(upns, sessions, codes, cells).with_codes_in_use()

    def with_codes_in_use(self) -> Grid:
        """The same without the codes that no cell has any more."""
        numbers = self.cells.tobytes()
        in_use = [bytes([n]) in numbers for n, _ in enumerate(self.codes, 1)]
        if all(in_use):
            return self
        return Grid(
            self.upns,
            self.sessions,
            tuple(compress(self.codes, in_use)),
            _renumbered(self.cells, [0, *accumulate(in_use)]),
        )


def _renumbered(cells: NDArray[np.uint8], numbers: Sequence[int]) -> NDArray[np.uint8]:
    """Cells with other numbers in place of theirs."""
    return np.frombuffer(cells.tobytes().translate(bytes(numbers).ljust(256)), np.uint8).reshape(cells.shape)


def packed(grid: Grid) -> str:
    """The grid as text, the same for the same grid."""
    said = json.dumps({"upns": grid.upns, "sessions": grid.sessions.tolist(), "codes": grid.codes})
    return base64.b64encode(zstd.compress(said.encode() + b"\n" + grid.cells.tobytes())).decode()


def unpacked(text: bytes) -> Grid:
    """The grid of such a text."""
    said, _, cells = zstd.decompress(base64.b64decode(text)).partition(b"\n")
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
