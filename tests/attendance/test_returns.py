"""The returns of regulation 13: when they are written, what they hold, what is one episode (law.md section 3)."""

from datetime import date

import pytest
from builders import CLASSMATE, PUPIL, School, marked, pupil_row

from attendance.due import COLUMNS, Return, return_csv
from attendance.positions import Assessor
from attendance.returns import Readings, returns_due, same_episode, write_on


@pytest.mark.parametrize(
    ("schedule", "found_on", "written_on", "because"),
    [
        ("at_once", "2025-10-10", "2025-10-10", "the day it is found"),
        ("monthly", "2025-10-10", "2025-10-31", "the last day of the month"),
        ("monthly", "2025-10-31", "2025-10-31", "found on it"),
        ("monthly", "2028-02-01", "2028-02-29", "of a leap February"),
        ("termly", "2025-10-10", "2025-12-31", "the end of the autumn term"),
        ("termly", "2025-12-31", "2025-12-31", "found on it"),
        ("termly", "2026-01-01", "2026-04-30", "the spring term"),
        ("termly", "2026-05-01", "2026-07-31", "the summer term"),
        ("termly", "2026-08-01", "2026-12-31", "August belongs to the autumn"),
    ],
)
def test_when_a_return_is_written(schedule: str, found_on: str, written_on: str, because: str) -> None:
    assert write_on(schedule, date.fromisoformat(found_on)).isoformat() == written_on, because


def test_a_return_names_the_pupil_as_the_roll_does_one_row_each_by_upn() -> None:
    pupil = dict(pupil_row(address_2="Madeup"))
    as_at, school = date(2025, 10, 10), School(pupil={"address_2": "Madeup"})
    view = school.view(marked("2025-09-29..2025-10-10 O"), as_at)
    (due,) = returns_due(Assessor(view, as_at), Readings())
    other = due.model_copy(update={"upn": CLASSMATE, "row": {**due.row, "upn": CLASSMATE}})

    header, first, second = return_csv("attendance", [other, due])

    assert header == list(COLUMNS["attendance"])
    assert dict(zip(header, first, strict=True)) == {
        "urn": "100001", "upn": PUPIL, "surname": pupil["surname"], "forename": pupil["forename"],
        "address_1": pupil["address_1"], "address_2": "Madeup", "address_3": "", "address_4": "",
        "postcode": pupil["postcode"], "from": "2025-09-29", "until": "2025-10-10", "sessions": "20",
    }  # fmt: skip
    assert second[1] == CLASSMATE


@pytest.mark.parametrize(
    ("kind", "first", "last", "same", "because"),
    [
        ("attendance", "2025-09-04", "2025-09-30", True, "its first day was amended away: the same absence"),
        ("attendance", "2025-08-29", "2025-09-02", True, "it began earlier than was known: the same absence"),
        ("attendance", "2025-09-20", "2025-10-10", False, "the pupil came back in between: a second episode (R2)"),
        ("sickness", "2025-09-04", "2025-09-30", False, "another return"),
    ],
)
def test_an_amended_first_day_does_not_make_another_absence(
    kind: str, first: str, last: str, same: bool, because: str
) -> None:
    def told(kind: str, first: str, last: str) -> Return:
        row = {"from": first, "until": last}
        return Return(kind=kind, urn="100001", upn="X", since=first, made_due_on=date(2025, 9, 19), row=row)  # type: ignore[arg-type]

    assert same_episode(told(kind, first, last), told("attendance", "2025-09-01", "2025-09-19")) is same, because
