"""Reads the tables of tests/cases, which a lawyer can read: one case a row, each with its `because`."""

import csv
from pathlib import Path

import pytest

_CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[object]:
    """The rows of a table as pytest parameters, named by what they show."""
    with (_CASES / f"{name}.csv").open(encoding="utf-8", newline="") as table:
        return [pytest.param(row, id=row["because"]) for row in csv.DictReader(table)]
