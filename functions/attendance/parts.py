"""The rows of an extract that can be merged, as Parquet (design 4.1)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from attendance.law import academic_year
from attendance.rowchecks import Rows, combined
from attendance.rows import COLUMNS, Column, Kind
from attendance.sql import moment_sql, moment_text, quoted, text_sql

ROLL: Final = "roll"
"""The key of the one part of every kind but attendance, whose parts are by academic year."""
_IN_PART: Final = {"date": "DATE", "minutes": "INTEGER", "time": "TIMESTAMP"}


def write_parts(
    con: duckdb.DuckDBPyConnection, rows: Rows, received_at: datetime, upload: str, folder: Path
) -> dict[str, Path]:
    """Write rows as Parquet files, by academic year ("2025") or under ROLL; the same rows give the same bytes."""
    if not len(rows):
        return {}
    if rows.kind != "attendance":
        wanted = {ROLL: np.arange(len(rows))}
    else:
        year = rows.columns["date"].each(academic_year, np.int16)
        order = np.argsort(combined([*(rows.columns[name].ranked() for name in ("upn", "date", "session")), rows.row]))
        wanted = {str(each): order[year[order] == each] for each in np.unique(year).tolist()}
    paths = {}
    for name, order in wanted.items():
        paths[name] = folder / f"{name}.parquet"
        _write(con, rows, order, received_at, upload, paths[name])
    return paths


def _write(
    con: duckdb.DuckDBPyConnection, rows: Rows, order: NDArray[np.intp], received_at: datetime, upload: str, path: Path
) -> None:
    """Each column as its different values, joined by their index; the connection has one thread, so that the order stays."""
    arrays: dict[str, NDArray[Any]] = {"row": rows.row[order]}
    joins, shown = [], []
    for n, column in enumerate(COLUMNS[rows.kind]):
        valued = rows.columns[column.name]
        values = [_text(value) for value in valued.values]
        kept_as = _kept_as(rows.kind, column)
        if len(values) == 1:
            shown.append(f"{text_sql(values[0])}::{kept_as} AS {quoted(column.name)}")
            continue
        arrays[f"which_{n}"] = valued.which[order]
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE value_{n} AS SELECT generate_subscripts(every, 1) - 1 AS n, "
            f"unnest(every)::{kept_as} AS value FROM (SELECT from_json(?::VARCHAR, '[\"VARCHAR\"]') AS every)",
            [json.dumps(values)],
        )
        joins.append(f"JOIN value_{n} ON value_{n}.n = which_{n}")
        shown.append(f"value_{n}.value AS {quoted(column.name)}")
    con.register("given", arrays)
    con.execute(
        f"COPY (SELECT {', '.join(shown)}, {moment_sql(received_at)} AS received_at, {text_sql(upload)} AS upload, row "
        f"FROM given {' '.join(joins)}) TO {text_sql(str(path))} (FORMAT parquet, COMPRESSION zstd)"
    )
    con.unregister("given")


def _kept_as(kind: Kind, column: Column) -> str:
    if kind != "attendance" and column.name != "extracted_at":
        return "VARCHAR"
    return _IN_PART.get(column.reading, "VARCHAR")


def _text(value: Any) -> str | None:
    return moment_text(value) if isinstance(value, datetime) else None if value is None else str(value)
