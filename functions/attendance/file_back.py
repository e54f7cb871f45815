"""The school's own file back, with two more columns: what is wrong with a row, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attendance.checking import CheckedFile
from attendance.findings import Finding
from attendance.reading import original_records
from attendance.text import csv_safe

NEW_COLUMNS: Final = ("problem", "what to do")
_HEADER_ROW: Final = 1
_SHOWN: Final = 10
"""Rows that a sentence names where several are meant."""


def file_back(checked: CheckedFile, path: Path) -> Iterator[list[str]]:
    """Every record as it was sent with what is to be said of it; of a refused file, why. No value can run as a formula.

    What is said of a file as a whole has no row to stand in: `of_the_whole`.
    """
    for row in _rows(checked, path):
        yield [csv_safe(value) for value in row]


def of_the_whole(checked: CheckedFile, path: Path) -> list[Finding]:
    """The findings that stand in no row of the file back."""
    if checked.refused:
        return []
    header, _ = original_records(path)
    outside = {None, _HEADER_ROW} if header.row == _HEADER_ROW else {None}
    return sorted((each for each in checked.findings if each.row in outside), key=lambda each: each.row is not None)


def where(found: Sequence[Finding]) -> str:
    """Where something is said: the row, field and value, or the rows if there are several."""
    first, rows = found[0], [str(each.row) for each in found]
    if first.row is None:
        return ""
    if len(found) > 1:
        more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        return f"rows {', '.join(rows[:_SHOWN])}{more}: "
    value = "" if first.value is None else f" {first.value!r}"
    return f"row {first.row}{f', {first.field}{value}' if first.field else ''}: "


def _rows(checked: CheckedFile, path: Path) -> Iterator[Sequence[str]]:
    if checked.refused:
        yield NEW_COLUMNS
        yield from ((each.code, f"{where([each])}{each.message}") for each in checked.findings)
        return
    by_row: dict[int | None, list[Finding]] = {}
    for each in checked.findings:
        by_row.setdefault(each.row, []).append(each)
    header, records = original_records(path)
    width = len(header.values)
    yield (*header.values, *NEW_COLUMNS)
    for record in records:
        found = by_row.get(record.row, [])
        values = [*record.values, *[""] * (width - len(record.values))]
        problem = "; ".join(each.code for each in found)
        to_do = " ".join(f"{each.field}: {each.message}" if each.field else each.message for each in found)
        yield (*values[:width], problem, to_do, *values[width:])
