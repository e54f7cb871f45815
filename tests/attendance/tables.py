"""Reads the tables of tests/cases, which a lawyer can read: one case a row, each with its `because`."""

import csv
import io
from pathlib import Path

import pytest

CASES = Path(__file__).parents[1] / "cases"
ABOUT = ("expected", "covers", "provision", "because")
"""The columns of a table of extract rows that are not the extract's."""


def read(name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def cases(name: str) -> list[object]:
    """The rows of a table as pytest parameters, named by what they show."""
    return [pytest.param(row, id=row["because"]) for row in read(name)]


def extract(name: str) -> tuple[bytes, set[tuple[int, str | None, str]]]:
    """A table whose rows are those of an extract, as that extract, and the findings it expects: (row, field, code)."""
    rows = read(name)
    written = io.StringIO()
    columns = [column for column in rows[0] if column not in ABOUT]
    writer = csv.DictWriter(written, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    expected = {
        (number, field or None, code)
        for number, row in enumerate(rows, start=2)
        for field, code in (each.split(":") for each in row["expected"].split())
    }
    return written.getvalue().encode(), expected
