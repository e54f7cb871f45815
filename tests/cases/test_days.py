"""A day is a day in London, on both sides of summer time."""

from datetime import datetime

import pytest
from tables import cases

from attendance.text import london_day


@pytest.mark.parametrize("case", cases("days"))
def test_the_day_of_a_moment(case: dict[str, str]) -> None:
    assert london_day(datetime.fromisoformat(case["moment"])).isoformat() == case["day"]
