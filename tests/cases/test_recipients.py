"""To whom no letter goes by itself (field.md E45 to E47)."""

from datetime import date

import pytest
from builders import PUPIL, facts, parent_row, pupil_row, roll_of
from tables import cases

from attendance.recipients import for_an_officer


def given(text: str) -> dict[str, str | None]:
    """Fields of a row; an underscore in a value is a space, a blank value is not known."""
    return {name: value.replace("_", " ") or None for name, value in facts(text).items()}


@pytest.mark.parametrize("case", cases("recipients"))
def test_to_whom_no_letter_goes_by_itself(case: dict[str, str]) -> None:
    roll = roll_of(pupils=[pupil_row(**given(case["pupil"]))], parents=[parent_row("p1", **given(case["parent"]))])
    [parent] = roll.parents[PUPIL]

    reason = for_an_officer(roll.pupils[PUPIL], parent, date.fromisoformat(case["day"]))

    assert (reason is None) == (case["says"] == "none"), reason
    assert case["says"] in (reason or "none")
