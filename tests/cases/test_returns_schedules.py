"""On which day a return is written: the authority's schedule, and the last day that the law lets (law.md section 3, E64)."""

from datetime import date

import pytest

from attendance.due import Return
from attendance.positions import Assessor
from attendance.returns import Readings, last_day, returns_due, write_on
from tests.attendance.builders import PUPIL, School
from tests.attendance.tables import cases


def made(kind: str, day: date, found_on: date) -> Return:
    """A return of a kind, due that day: those of the roll as they are found."""
    column = {"new_pupil": "starting_day", "deletion": "leaving_day"}.get(kind)
    if column is None:
        return Return(kind=kind, urn="100001", upn=PUPIL, since=day.isoformat(), made_due_on=day, row={})  # type: ignore[arg-type]
    assessor = Assessor(School(pupil={column: day.isoformat()}).view({}, found_on), found_on)
    (due,) = (each for each in returns_due(assessor, Readings()) if each.kind == kind and each.upn == PUPIL)
    return due


@pytest.mark.parametrize("case", cases("returns_schedules"))
def test_when_a_return_is_written(case: dict[str, str]) -> None:
    found_on = date.fromisoformat(case["found_on"])
    due = made(case["kind"], date.fromisoformat(case["day"]), found_on)

    assert str(due.due_by or "none") == case["due_by"]
    assert due.late(found_on) == (case["late"] == "yes")
    assert str(write_on(case["schedule"], found_on, last_day(due, found_on))) == case["written_on"]
