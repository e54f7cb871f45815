"""Who may be one person: what two rows of parents must share, at one school and at two."""

from datetime import date

import pytest
from tables import cases

from attendance.people import Person, near_match


def person(case: dict[str, str], which: str) -> Person:
    born = case[f"born_{which}"]
    return Person(
        pupil="PUPIL",
        urn=case[f"urn_{which}"],
        parent_id=which,
        forename=case[f"forename_{which}"],
        surname=case[f"surname_{which}"],
        date_of_birth=date.fromisoformat(born) if born else None,
        postcode=case[f"postcode_{which}"],
        email=case[f"email_{which}"],
    )


@pytest.mark.parametrize("case", cases("near_match"))
def test_near_match(case: dict[str, str]) -> None:
    a, b = person(case, "a"), person(case, "b")

    assert near_match(a, b) == near_match(b, a) == (case["reason"] or None)
