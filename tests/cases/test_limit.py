"""Two notices in three years: the place of the next one, or none (law.md L2, L3, L6)."""

from datetime import date

import pytest
from tables import cases

from attendance import law


@pytest.mark.parametrize("case", cases("limit"))
def test_two_notices_in_three_years(case: dict[str, str]) -> None:
    issued = [date.fromisoformat(day) for day in case["issued"].split()]
    place = law.next_in_sequence(issued, date.fromisoformat(case["proposed_on"]))

    assert ("barred" if place is None else str(place)) == case["place"]
