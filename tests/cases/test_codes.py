"""Which code stood on which day, and which one was probably meant by what is none."""

from datetime import date

import pytest
from tables import cases

from attendance.codes import in_force, likely


@pytest.mark.parametrize("case", cases("codes_in_force"))
def test_in_force(case: dict[str, str]) -> None:
    assert in_force(case["code"], date.fromisoformat(case["day"])) is (case["in_force"] == "yes")


@pytest.mark.parametrize("case", cases("codes_likely"))
def test_the_code_probably_meant(case: dict[str, str]) -> None:
    assert likely(case["written"]) == (case["likely"] or None)
