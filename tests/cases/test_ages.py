"""Compulsory school age (law.md section 8): the first and the last day, and the days beside them."""

from datetime import date, timedelta

import pytest
from tables import cases

from attendance.ages import compulsory_from, compulsory_until, of_compulsory_age

DAY = timedelta(days=1)


@pytest.mark.parametrize("case", cases("ages"))
def test_compulsory_school_age(case: dict[str, str]) -> None:
    born, first, last = (date.fromisoformat(case[column]) for column in ("born", "from", "until"))

    assert (compulsory_from(born), compulsory_until(born)) == (first, last)
    assert [of_compulsory_age(born, day) for day in (first - DAY, first, last, last + DAY)] == [
        False,
        True,
        True,
        False,
    ]
