"""The rows of an extract that can be merged, as Parquet (design 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance.law import academic_year
from attendance.rowchecks import NO_TIME, Rows, combined, in_order
from attendance.rows import COLUMNS, Column, Kind, Reading
from attendance.sql import moment_sql, quoted, text_sql

if TYPE_CHECKING:
    import duckdb

ROLL: Final = "roll"
"""The key of the one part of every kind but attendance, whose parts are by academic year."""
_DAY_0: Final = date(1970, 1, 1)
_NO_MINUTES: Final = -1


def write_parts(
    con: duckdb.DuckDBPyConnection, rows: Rows, received_at: datetime, upload: str, folder: Path
) -> dict[str, Path]:
    """Write rows as Parquet files, by academic year ("2025") or under ROLL; the same rows give the same bytes."""
    if not len(rows):
        return {}
    if rows.kind != "attendance":
        wanted: dict[str, NDArray[np.signedinteger[Any]]] = {ROLL: np.arange(len(rows))}
    else:
        year = rows.columns["date"].each(academic_year, np.int16)
        order = in_order(combined([rows.columns[name].ranked() for name in ("upn", "date", "session")]))
        years = np.unique(year).tolist()
        wanted = {str(each): order if len(years) == 1 else order[year[order] == each] for each in years}
    shown, joins = [], []
    numbers: dict[str, tuple[NDArray[Any], NDArray[np.int32]]] = {}
    for n, column in enumerate(COLUMNS[rows.kind]):
        valued, name = rows.columns[column.name], f"n_{n}"
        is_same = len(valued.values) == 1
        if reading := _typed(rows.kind, column):
            of_values = _numbers(reading, valued.values)
            value = _MADE[reading].format(of_values[0] if is_same else name)
        else:
            of_values = _name_texts(con, f"type_{n}", valued.values)
            value = f"{text_sql(valued.values[0])}::type_{n}" if is_same else f"text_{n}.value"
            joins += [] if is_same else [f"JOIN {_table(f'type_{n}')} text_{n} ON text_{n}.n = {name}"]
        shown.append(f"{value} AS {quoted(column.name)}")
        if not is_same:
            numbers[name] = of_values, valued.which
    _name_texts(con, "type_upload", [upload])
    shown += [f"{moment_sql(received_at)} AS received_at", f"{text_sql(upload)}::type_upload AS upload", "row"]
    paths = {}
    for name, order in wanted.items():
        paths[name] = folder / f"{name}.parquet"
        given = {column: of_values[which[order]] for column, (of_values, which) in numbers.items()}
        con.register("given", {**given, "row": rows.row[order]})
        con.execute(  # one thread, joined as written (attendance.engine): the order stays
            f"COPY (SELECT {', '.join(shown)} FROM given {' '.join(joins)}) TO {text_sql(str(paths[name]))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        con.unregister("given")
    return paths


_MADE: Final = {
    "date": f"DATE '{_DAY_0}' + {{}}",
    "minutes": f"nullif({{}}, {_NO_MINUTES})::INT",
    "time": f"make_timestamp(nullif({{}}, {NO_TIME}))",
}
"""How a part's value that is no text is made of a number."""


def _typed(kind: Kind, column: Column) -> Reading | None:
    """As what a part holds the value and not the text; of every kind but attendance only the time of extraction."""
    return column.reading if column.reading in _MADE and (kind == "attendance" or column.reading == "time") else None


def _numbers(reading: Reading, values: Sequence[Any]) -> NDArray[Any]:
    match reading:
        case "date":
            return np.array([(day - _DAY_0).days for day in values], np.int32)
        case "minutes":
            return np.array([_NO_MINUTES if minutes is None else minutes for minutes in values], np.int32)
        case _:
            return np.asarray(values, np.int64)


def _name_texts(con: duckdb.DuckDBPyConnection, name: str, texts: Sequence[str | None]) -> NDArray[np.int32]:
    """An ENUM of texts, which is written fastest; gives the place of each text in it, of none the place after the last."""
    said = np.array([text is not None for text in texts], np.bool_)
    every = ", ".join([text_sql(text) for text in texts if text is not None])
    con.execute(f"CREATE TYPE {name} AS ENUM ({every or 'SELECT NULL::VARCHAR WHERE false'})")
    return np.where(said, np.cumsum(said) - 1, np.count_nonzero(said)).astype(np.int32)


def _table(name: str) -> str:
    """The texts of an ENUM by their places, as SQL."""
    every = f"list_append(enum_range(NULL::{name}), NULL)"
    return f"(SELECT unnest({every})::{name} AS value, generate_subscripts({every}, 1)::INT - 1 AS n)"
