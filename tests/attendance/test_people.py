"""Who may be one person: two spellings and two schools, never two pupils, never spouses."""

from datetime import date

import pytest
from tables import cases

from attendance.people import Person, near_match, near_matches


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


def test_nobody_is_compared_across_pupils() -> None:
    of_one = Person("PUPIL 1", "100001", "p1", "Example", "Ann", date_of_birth=date(1985, 2, 3))
    of_another = Person("PUPIL 2", "100001", "p1", "Example", "Ann", date_of_birth=date(1985, 2, 3))

    assert near_match(of_one, of_another) is None
    assert near_matches([of_one, of_another]) == []


def test_every_pair_is_found_in_one_order_whatever_the_order_given() -> None:
    ann = Person("PUPIL", "100001", "p1", "Example", "Ann")
    again = Person("PUPIL", "100001", "p2", "Example", "Ann")
    elsewhere = Person("PUPIL", "100002", "p1", "Example", "Ann")
    ben = Person("PUPIL", "100001", "p3", "Example", "Ben")
    pairs = [(ann, again), (ann, elsewhere), (again, elsewhere)]

    assert near_matches([elsewhere, ben, again, ann]) == [(a, b, "same full name") for a, b in pairs]
