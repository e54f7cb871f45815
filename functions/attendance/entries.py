"""Entries of a register as columns: of parts and of weeks alike united, made one where they say the same, ranked (design 4.2).

The different values of a column are sorted, so that the index of a value is its rank: what is compared are numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import compress, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance.columns import combined, different
from attendance.engine import connect
from attendance.grid import Grid
from attendance.parquet import Column, Form, columns_in, piece_of, read, schema
from attendance.pieces import Piece, split

_SAID: Final[dict[str, Form]] = {
    "upn": "text", "date": "day", "session": "text", "code": "text", "minutes_late": "integer", "note": "text",
    "recorded_at": "moment", "recorded_by": "text", "amendment_reason": "text",
}  # fmt: skip
_SENT: Final[dict[str, Form]] = {"extracted_at": "moment", "received_at": "moment", "upload": "text", "row": "long"}
_FIRST: Final[dict[str, Form]] = {f"first_{name}": form for name, form in _SENT.items()}
_FORMS: Final[dict[str, Form]] = {**_SAID, **_FIRST, **_SENT, "in_force": "flag"}
"""The columns of a register: what an entry says, the first and the last row that said so, whether it is in force."""
SCHEMA: Final = schema(_FORMS)
CONTENT: Final = ", ".join(_SAID)
RANK: Final = "coalesce(recorded_at, extracted_at), extracted_at, upload, row"
"""In this order the entries of a session replace each other."""
TOLD: Final = (*_SAID, *_SENT)
"""What an entry says, and the last row that said so."""
_BY_TIME: Final = ("extracted_at", "upload", "row", "received_at")
"""In this order rows that say the same replace each other."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FROM: Final[Mapping[Form, Callable[[Any], Any]]] = {
    "text": str, "integer": int, "long": int, "flag": bool, "day": lambda days: _EPOCH.date() + timedelta(int(days)),
    "moment": lambda microseconds: _EPOCH + timedelta(microseconds=int(microseconds)),
}  # fmt: skip
"""What a value of a column is in Python."""
_DATE: Final = [*_FORMS].index("date")
_MONDAY: Final = date(1969, 12, 29)
"""Three days before the first that Parquet counts."""


@dataclass(frozen=True)
class Entries:
    """Entries, column by column."""

    columns: Mapping[str, Column]

    @staticmethod
    def of_part(part: bytes) -> Entries:
        """The rows of a part: each is the first and the last that says so."""
        columns = {column.name: column for column in read(part) or _by_another(part, {**_SAID, **_SENT})}
        return Entries({**columns, **{name: columns[name.removeprefix("first_")] for name in _FIRST}})

    @staticmethod
    def of_week(piece: Piece) -> Entries:
        """The entries of a week, of which `by_week` made a piece."""
        return Entries({column.name: column for column in columns_in(piece.body, _FORMS)})

    @staticmethod
    def of_earlier_register(register: bytes, upn: str | None = None) -> Entries:
        """The entries of a register from before it was made of weeks: all, or those of a pupil."""
        return Entries({column.name: column for column in _by_another(register, {**_SAID, **_FIRST, **_SENT}, upn)})

    @staticmethod
    def united(tables: Sequence[Entries]) -> Entries:
        """The entries of all of them."""
        names = (*_SAID, *_FIRST, *_SENT)
        return Entries({name: _united(name, [table.columns[name] for table in tables]) for name in names})

    @property
    def weeks(self) -> set[str]:
        """The weeks of which they speak."""
        return {_name(week) for week in (np.asarray(self.columns["date"].values) + 3) // 7}

    def merged(self) -> Entries:
        """What is said several times once, in the order of weeks, pupils, sessions and ranks; the last of a session is in force."""
        said = combined(self._ranks(*_SAID))
        first = _first_of_each(said, combined(self._ranks(*(f"first_{name}" for name in _BY_TIME))))
        last = _first_of_each(said, -combined(self._ranks(*_BY_TIME)))
        columns = {name: _at(column, first if name in _FIRST else last) for name, column in self.columns.items()}
        return Entries(columns)._in_order()

    def _in_order(self) -> Entries:
        (has_recorded,) = self._ranks("recorded_at")
        time = np.where(has_recorded, self._numbers("recorded_at"), self._numbers("extracted_at"))
        rank = combined([time - time.min(), *self._ranks("extracted_at", "upload", "row")])
        week = self._week()
        session = combined([week - week.min(), *self._ranks("upn", "date", "session")])
        order = np.lexsort((rank, session))
        in_force = np.append(np.diff(session[order]) > 0, True)
        columns = {name: _at(column, order) for name, column in self.columns.items()}
        return Entries({**columns, "in_force": Column("in_force", "flag", in_force, None)})

    def by_week(self) -> Iterator[tuple[str, Piece]]:
        """Of entries that are merged a piece for each week, by its name."""
        week = self._week()
        bounds = [0, *(np.flatnonzero(np.diff(week)) + 1).tolist(), len(week)]
        for begin, end in pairwise(bounds):
            columns = [_in_use(_at(self.columns[name], slice(begin, end))) for name in _FORMS]
            columns[_DATE] = replace(columns[_DATE], bounded=True)
            yield _name(week[begin]), piece_of(columns, end - begin)

    def of_pupil(self, upn: str) -> Iterator[dict[str, Any]]:
        """What each entry of a pupil says, by the names of its columns: days and moments as such, the latter in UTC."""
        pupils = self.columns["upn"]
        if pupils.which is None or upn not in pupils.values:
            return
        rows = np.flatnonzero(pupils.which == [*pupils.values].index(upn))
        told = [_told(column, rows) for column in self.columns.values()]
        yield from (dict(zip(self.columns, each, strict=True)) for each in zip(*told, strict=True))

    def grid(self) -> Grid:
        """What is in force of entries that are merged."""
        half = self.columns["session"]
        at = 2 * self._numbers("date") + half.each(np.array([each == "PM" for each in half.values]), False)
        in_force = np.asarray(self.columns["in_force"].values)
        pupil, code = (rank[in_force] for rank in self._ranks("upn", "code"))
        upns, codes = ([*self.columns[name].values] for name in ("upn", "code"))
        return Grid.of(upns, ["", *codes], pupil - 1, at[in_force], code)

    def _ranks(self, *names: str) -> list[NDArray[np.integer[Any]]]:
        """For each row the rank of its value in these columns, 0 for none."""
        columns = [self.columns[name] for name in names]
        return [np.asarray(each.values) if each.which is None else each.which + 1 for each in columns]

    def _numbers(self, name: str) -> NDArray[np.int64]:
        """For each row the number in a column, 0 for none."""
        return self.columns[name].each(np.asarray(self.columns[name].values, np.int64), 0)

    def _week(self) -> NDArray[np.int64]:
        return (self._numbers("date") + 3) // 7


def told_in(register: bytes, upn: str, days: Set[date] | None = None) -> Iterator[dict[str, Any]]:
    """What each entry of a pupil in a register says, by the names of its columns; of these days at least, or of all."""
    weeks = split(register)
    if weeks is None:
        yield from Entries.of_earlier_register(register, upn).of_pupil(upn)
        return
    wanted = weeks.keys() if days is None else {(day - timedelta(day.weekday())).isoformat() for day in days}
    for name, piece in weeks.items():
        if name in wanted:
            yield from Entries.of_week(piece).of_pupil(upn)


def _name(week: int) -> str:
    return (_MONDAY + timedelta(weeks=int(week))).isoformat()


def _first_of_each(said: NDArray[np.int64], sent: NDArray[np.int64]) -> NDArray[np.intp]:
    """Of the rows that say the same the first one."""
    order = np.lexsort((sent, said))
    return order[np.flatnonzero(np.diff(said[order], prepend=-1))]


def _at(column: Column, rows: NDArray[np.intp] | slice) -> Column:
    if column.which is None:
        return replace(column, values=np.asarray(column.values)[rows])
    return replace(column, which=column.which[rows])


def _told(column: Column, rows: NDArray[np.intp]) -> list[Any]:
    """What a column says of these rows, None where it says nothing."""
    asked = _at(column, rows)
    if asked.which is None:
        return [_FROM[column.form](value) for value in asked.values]
    value = _FROM[column.form]
    return [None if each < 0 else value(column.values[each]) for each in asked.which]


def _in_use(column: Column) -> Column:
    """The column without the values that no row has."""
    if column.which is None:
        return column
    in_use = np.bincount(column.which + 1, minlength=len(column.values) + 1)[1:] > 0
    if in_use.all():
        return column
    return replace(
        column, values=[*compress(column.values, in_use)], which=column.each(np.cumsum(in_use, dtype=np.int32) - 1, -1)
    )


def _united(name: str, columns: Sequence[Column]) -> Column:
    """The rows of columns of one form, one column after the other."""
    form, every = columns[0].form, [column.values for column in columns]
    if columns[0].which is None:
        return Column(name, form, np.concatenate(every), None)
    values: Sequence[str] | NDArray[np.integer[Any]]
    if form == "text":
        values = sorted(set().union(*every))
        rank = {value: n for n, value in enumerate(values)}
        ranks = [np.array([rank[value] for value in some], np.int32) for some in every]
    else:
        values = different(*map(np.asarray, every))
        ranks = [np.searchsorted(values, some).astype(np.int32) for some in every]
    which = [column.each(of_values, -1) for column, of_values in zip(columns, ranks, strict=True)]
    return Column(name, form, values, np.concatenate(which))


def _by_another(file: bytes, forms: Mapping[str, Form], upn: str | None = None) -> list[Column]:
    """Columns of a file of Parquet that was not written here: by DuckDB, as all were until November 2026."""
    wanted, asked = ("", []) if upn is None else ("WHERE upn = ?", [upn])
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        path = Path(folder, "file.parquet")
        path.write_bytes(file)
        found = []
        for name, form in forms.items():
            value = {"day": f"{name} - DATE '1970-01-01'", "moment": f"epoch_us({name})"}.get(form, name)
            rows = con.execute(f"SELECT {value} FROM read_parquet('{path}') {wanted}", asked).fetchall()
            if form == "long":
                found.append(Column(name, form, np.array([each for (each,) in rows]), None))
                continue
            index: dict[Any, int] = {}
            which = [-1 if each is None else index.setdefault(each, len(index)) for (each,) in rows]
            values = [*index] if form == "text" else np.array([*index], np.int64)
            found.append(Column(name, form, values, np.array(which, np.int32)))
        return found
