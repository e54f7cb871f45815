"""Values and tables of ours as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def text_sql(value: str | None) -> str:
    """A text as an SQL literal; without NUL, which no reader lets in (a statement that cannot be read is quoted in its error)."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def day_sql(day: date | None) -> str:
    """A day as an SQL literal."""
    return "NULL" if day is None else f"DATE '{day.isoformat()}'"


def texts_sql(values: Sequence[str]) -> str:
    """Texts as an SQL list, which may stand after IN too."""
    return "[" + ", ".join(text_sql(value) for value in values) + "]"
