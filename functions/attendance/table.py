"""Rows as their columns: of a thousand pupils most columns say few things again and again, and of most nobody asks that day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypedDict

type Row = Mapping[str, str | None]
type Column = Sequence[str | None]


class _Few(TypedDict):
    """A column that has few different values: these, and for each row the place of its own among them."""

    values: list[str | None]
    which: list[int]


class Saved(TypedDict):
    """A table as JSON."""

    rows: int
    columns: dict[str, list[str | None] | _Few]


class Table:
    """Rows in their order; a column that no row has says nothing of any."""

    def __init__(self, saved: Saved) -> None:
        self.saved = saved
        self._read: dict[str, Column] = {}

    def __eq__(self, other: object) -> bool:
        """Whether the rows are the same."""
        return isinstance(other, Table) and self.saved == other.saved

    __hash__ = None  # type: ignore[assignment]  # its rows are lists

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Table:
        """The table of these rows: the same rows give the same, whatever the order of their values."""
        names = sorted({name for row in rows for name, value in row.items() if value is not None})
        return cls({"rows": len(rows), "columns": {name: _saved([row.get(name) for row in rows]) for name in names}})

    def __len__(self) -> int:
        return self.saved["rows"]

    def column(self, name: str) -> Column:
        """What each row says in a column; None where it says nothing."""
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = self._column(name)
        return found

    def _column(self, name: str) -> Column:
        saved = self.saved["columns"].get(name)
        if saved is None:
            return [None] * len(self)
        if isinstance(saved, list):
            return saved
        values = saved["values"]
        return [values[n] for n in saved["which"]]

    def row(self, n: int) -> Row:
        """The n-th row: what it says."""
        return {name: value for name, column in self._columns if (value := column[n]) is not None}

    @cached_property
    def _columns(self) -> Sequence[tuple[str, Column]]:
        return [(name, self.column(name)) for name in self.saved["columns"]]

    def rows(self) -> Iterator[Row]:
        """Every row."""
        return map(self.row, range(len(self)))

    def where(self, these: Sequence[int]) -> Table:
        """The table of some of the rows."""
        return self if len(these) == len(self) else Table.of([self.row(n) for n in these])


def _saved(column: list[str | None]) -> list[str | None] | _Few:
    place = {value: n for n, value in enumerate(dict.fromkeys(column))}
    if 2 * len(place) > len(column):
        return column
    return {"values": [*place], "which": [place[value] for value in column]}
