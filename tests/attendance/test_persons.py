"""A parent who had a notice at another school is seen again: as a near match, never merged by itself (design 4.6, field.md E48)."""

from datetime import date

import pytest

from attendance.cases import Notice, Recipient
from attendance.facts import Persons, Verdict, people_known
from attendance.identifiers import person_id
from attendance.roll import Parent

SECRET = b"made up"
PUPIL = "PUPIL"
HERE, THERE = "100001", "100002"


def parent(forename: str, postcode: str = "ZZ1 1AA") -> Parent:
    row = {
        "upn": "X",
        "parent_id": "p1",
        "surname": "Madeup",
        "forename": forename,
        "relationship": "mother",
        "postcode": postcode,
    }
    return Parent.of(row)


def notice_there(forename: str, postcode: str = "ZZ1 1AA") -> Notice:
    went_to = Recipient(surname="Madeup", forename=forename, date_of_birth=None, postcode=postcode, email="")
    return Notice(
        reference="R", kind="penalty_notice", la="886", urn=THERE, case="C", pupil=PUPIL,
        person=person_id(PUPIL, THERE, "7", SECRET), parent_id="7", recipient=went_to, attempt=0, issued_on=date(2025, 1, 6),
        standing="stands",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("there", "postcode", "unclear", "because"),
    [
        ("Anna", "ZZ1 1AA", True, "the same full name at two schools"),
        ("Ann", "ZZ1 1AA", True, "surname, postcode and first letter agree at two schools"),
        ("Bob", "ZZ1 1AA", False, "spouses share surname and postcode"),
        ("Ann", "ZZ9 9ZZ", False, "another postcode and another forename"),
    ],
)
def test_a_notice_at_an_earlier_school_makes_a_near_parent_unclear(
    there: str, postcode: str, unclear: bool, because: str
) -> None:
    people = people_known(PUPIL, HERE, [parent("Anna")], [notice_there(there, postcode)], SECRET)

    assert (person_id(PUPIL, HERE, "p1", SECRET) in Persons().unclear(people)) is unclear, because


@pytest.mark.parametrize("same", [True, False])
def test_an_officers_word_ends_the_doubt_and_the_same_person_keeps_one_history(same: bool) -> None:
    here, there = person_id(PUPIL, HERE, "p1", SECRET), person_id(PUPIL, THERE, "7", SECRET)
    persons = Persons((Verdict(*sorted((here, there)), same=same),))
    people = people_known(PUPIL, HERE, [parent("Anna")], [notice_there("Anna")], SECRET)

    assert not persons.unclear(people)
    assert (persons.canonical(here) == persons.canonical(there)) is same


def test_a_notice_of_this_school_does_not_make_its_own_parent_unclear() -> None:
    own = notice_there("Anna").model_copy(update={"urn": HERE, "parent_id": "p1"})

    assert not Persons().unclear(people_known(PUPIL, HERE, [parent("Anna")], [own], SECRET))
