"""What the daily lists say beside the tables of tests/cases: brothers and sisters, and the years of registers."""

from datetime import date

from builders import CLASSMATE, PUPIL, School, marked, parent_row, pupil_row, roll_of

from attendance.positions import Assessor, SchoolView
from attendance.told import from_years, siblings_among

SISTER = f"{CLASSMATE[:-2]}00"


def assessor_with(*parents: dict[str, str | None]) -> Assessor:
    day = date(2025, 10, 10)
    school = School()
    roll = roll_of(pupils=[pupil_row(), pupil_row(SISTER)], parents=[parent_row(**each) for each in parents])  # type: ignore[arg-type]
    return Assessor(SchoolView("100001", "886", True, school.marks(marked(""), day), roll), day)


def test_brothers_and_sisters_are_those_to_whom_the_school_gives_the_same_parent() -> None:
    same = assessor_with({"parent_id": "p1"}, {"parent_id": "p1", "upn": SISTER}, {"parent_id": "p2", "upn": SISTER})
    assert siblings_among(same, {PUPIL, SISTER}) == {PUPIL: [SISTER], SISTER: [PUPIL]}
    assert siblings_among(same, {PUPIL}) == {PUPIL: []}, "who has no case is not named"

    alike = assessor_with({"parent_id": "p1"}, {"parent_id": "p9", "upn": SISTER})  # the same name, another identifier
    assert siblings_among(alike, {PUPIL, SISTER}) == {PUPIL: [], SISTER: []}, "nobody is compared across pupils by us"


def test_a_register_is_kept_for_its_years_and_then_put_to_an_officer() -> None:
    [row] = from_years("100001", [2024], 6)
    assert (row.kind, row.upn, row.made_due_on) == ("officer", "", date(2031, 8, 1))
    assert "2031-07-31" in row.row["because"]
    assert "a person" not in row.row["what_to_do"]
    assert row.row["provision"] == "SI 2024/208 reg 7; SI 2007/1867 reg 20"
