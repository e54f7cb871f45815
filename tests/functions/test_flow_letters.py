"""A school's early letters: from its register and its own words to a letter in its folder, once, and a list of what went."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pytest

from attendance.returns import LETTER_COLUMNS
from aws.buckets import Bucket
from notices import carry_out
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, letters, marks, parents, pupils, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1), parents=("P1", "P2"))
FOLDER = "886/900001/letters/"
MONDAY = date(2025, 9, 22)


@pytest.fixture
def system() -> Iterator[System]:
    with raised(wording={"900001": letters()}) as system:
        yield system


def a_week(system: System, first: date, absent: int, child: Child = CHILD, roll: bool = True) -> None:
    """The register up to the Friday of a week, the child away without authorisation on so many of its days, and the schedule."""
    friday = date.fromordinal(first.toordinal() + 4)
    days = away(first, date.fromordinal(first.toordinal() + absent - 1), "O") if absent else {}
    system.at(f"{friday}T18:00")
    if roll:
        system.send(pupils(child), parents(child), calendar(FIRST_DAY, date(2026, 3, 27)))
    system.send(csv_of(marks(child, FIRST_DAY if first == MONDAY else first, friday, days)))
    system.day_passes()


def written(system: System) -> dict[str, bytes]:
    """What lies in the school's folder of letters, by name."""
    return {k.removeprefix(FOLDER): body for k, body in system.objects("reports").items() if k.startswith(FOLDER)}


def pdfs(system: System) -> list[str]:
    return [name for name in written(system) if name.endswith(".pdf")]


def listed(system: System, day: str) -> list[dict[str, str]]:
    """The rows of the list of a day."""
    return list(csv.DictReader(io.StringIO(written(system)[f"early_letter-900001-{day}.csv"].decode())))


def test_a_letter_goes_to_each_parent_whom_the_child_lives_with_and_the_list_names_it(system: System) -> None:
    a_week(system, MONDAY, absent=2)

    rows = listed(system, "2025-09-26")
    assert sorted(pdfs(system)) == sorted(row["letter"] for row in rows)
    assert [(row["parent_id"], row["level"], row["missed"], row["because"]) for row in rows] == [
        ("P1", "4", "4", ""), ("P2", "4", "4", ""),
    ]  # fmt: skip
    assert rows[0]["sessions"] == "2025-09-22/AM O; 2025-09-22/PM O; 2025-09-23/AM O; 2025-09-23/PM O"
    assert tuple(rows[0]) == LETTER_COLUMNS
    assert not system.objects("authority-886"), "the letter comes from the school: the authority gets none of it"


def test_no_words_no_letter() -> None:
    with raised() as system:
        a_week(system, MONDAY, absent=2)
        assert written(system) == {}
