"""The rows of an extract that can be merged, as Parquet (design 4.1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from attendance.law import academic_year
from attendance.rowchecks import Rows, combined
from attendance.rows import COLUMNS, Column, Kind
from attendance.sql import moment_sql, quoted, text_sql

ROLL: Final = "roll"
"""The key of the one part of every kind but attendance, whose parts are by academic year."""
_NOTHING: Final = int(np.iinfo(np.int64).min)
_NUMBERS: Final = {
    "date": "DATE '1970-01-01' + nullif({}, {})::INT",
    "minutes": "nullif({}, {})::INT",
    "time": "make_timestamp(nullif({}, {}))",
}
"""How a part's value that is no text is made of a number."""


def write_parts(
    con: duckdb.DuckDBPyConnection, rows: Rows, received_at: datetime, upload: str, folder: Path
) -> dict[str, Path]:
    """Write rows as Parquet files, by academic year ("2025") or under ROLL; the same rows give the same bytes."""
    if not len(rows):
        return {}
    place = np.arange(len(rows))
    if rows.kind != "attendance":
        wanted = {ROLL: place}
    else:
        year = rows.columns["date"].each(academic_year, np.int16)
        order = np.sort(combined([*(rows.columns[name].ranked() for name in ("upn", "date", "session")), place])) % len(
            rows
        )
        wanted = {str(each): order[year[order] == each] for each in np.unique(year).tolist()}
    arrays: dict[str, NDArray[Any]] = {"row": rows.row}
    shown, joins = [], []
    for n, column in enumerate(COLUMNS[rows.kind]):
        valued = rows.columns[column.name]
        is_same = len(valued.values) == 1
        if numbers := _NUMBERS.get(column.reading) if _is_typed(rows.kind, column) else None:
            value = numbers.format(_number(valued.values[0]) if is_same else f"n_{n}", _NOTHING)
            which = valued.each(_number, np.int64)
        else:
            _name_texts(con, f"text_{n}", valued.values)
            value = f"(SELECT value FROM text_{n})" if is_same else f"text_{n}.value"
            which = valued.which
        shown.append(f"{value} AS {quoted(column.name)}")
        if not is_same:
            arrays[f"n_{n}"] = which
            joins += [] if numbers else [f"JOIN text_{n} ON text_{n}.n = n_{n}"]
    _name_texts(con, "upload", (upload,))
    paths = {}
    for name, order in wanted.items():
        paths[name] = folder / f"{name}.parquet"
        con.register("given", {column: values[order] for column, values in arrays.items()})
        con.execute(  # one thread, joined as written (attendance.engine): the order stays
            f"COPY (SELECT {', '.join(shown)}, {moment_sql(received_at)} AS received_at, (SELECT value FROM upload) AS upload, row "
            f"FROM given {' '.join(joins)}) TO {text_sql(str(paths[name]))} (FORMAT parquet, COMPRESSION zstd)"
        )
        con.unregister("given")
    return paths


def _is_typed(kind: Kind, column: Column) -> bool:
    """Whether a part holds the value and not the text; of every kind but attendance only the time of extraction."""
    return kind == "attendance" or column.name == "extracted_at"


def _number(value: date | int | None) -> int:
    if value is None:
        return _NOTHING
    return value if isinstance(value, int) else value.toordinal() - date(1970, 1, 1).toordinal()


def _name_texts(con: duckdb.DuckDBPyConnection, table: str, texts: Sequence[str | None]) -> None:
    """A table of texts by number from 0, as an ENUM, which is written fastest."""
    con.execute(
        f"CREATE TABLE {table}_all AS SELECT generate_subscripts(every, 1)::INT - 1 AS n, unnest(every) AS value "
        "FROM (SELECT from_json(?::VARCHAR, '[\"VARCHAR\"]') AS every)",
        [json.dumps(texts)],
    )
    con.execute(f"CREATE TYPE {table}_type AS ENUM (SELECT value FROM {table}_all WHERE value IS NOT NULL)")
    con.execute(f"CREATE TABLE {table} AS SELECT n, value::{table}_type AS value FROM {table}_all")
