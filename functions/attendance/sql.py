"""Values and tables of ours as SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime

import duckdb

from attendance.codes import CODES


def text_sql(value: str | None) -> str:
    """A text as an SQL literal."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def day_sql(day: date | None) -> str:
    """A day as an SQL literal."""
    return "NULL" if day is None else f"DATE '{day.isoformat()}'"


def moment_sql(moment: datetime) -> str:
    """A moment as an SQL timestamp, UTC."""
    return f"TIMESTAMP '{moment_text(moment)}'"


def moment_text(moment: datetime) -> str:
    """A moment as the text of an SQL timestamp, UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def codes_sql() -> str:
    """The table of codes as SQL: code, in_force_from, in_force_until, sessions, shows_session_held."""
    rows = ", ".join(
        f"({text_sql(code.code)}, {day_sql(code.in_force_from)}::DATE, {day_sql(code.in_force_until)}::DATE, "
        f"[{', '.join(text_sql(session) for session in code.sessions)}], {code.shows_session_held})"
        for code in CODES.values()
    )
    return f"(VALUES {rows}) AS known(code, in_force_from, in_force_until, sessions, shows_session_held)"


def load(con: duckdb.DuckDBPyConnection, table: str, shape: dict[str, str], rows: Sequence[dict[str, object]]) -> None:
    """Make a table of a few thousand rows; one JSON parameter is much the fastest way in."""
    con.execute(
        f"CREATE TABLE {table} AS SELECT unnest(from_json(?::VARCHAR, '{json.dumps([shape])}'), recursive := true)",
        [json.dumps(rows)],
    )
