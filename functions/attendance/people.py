"""When two records of a parent may be one person: the same parent under two spellings, or at two schools (design 4.6).

Nobody is compared across pupils, and nobody is merged: an officer says whether two are one.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations, groupby


@dataclass(frozen=True)
class Person:
    """A parent as one school knows them for one pupil; blank text and None are what the school did not say."""

    pupil: str
    urn: str
    parent_id: str
    surname: str
    forename: str = ""
    title: str = ""
    date_of_birth: date | None = None
    postcode: str = ""
    email: str = ""


def near_match(a: Person, b: Person) -> str | None:
    """Why two persons of one pupil may be the same person, in words for an officer; None if nothing says so.

    Spouses share surname, postcode and often e-mail: within one school that is no match.
    """
    if a.pupil != b.pupil:
        return None
    same_surname = _agree(_name(a.surname), _name(b.surname))
    if same_surname and _agree(_name(a.forename), _name(b.forename)):
        return "same full name"
    if same_surname and a.date_of_birth is not None and a.date_of_birth == b.date_of_birth:
        return "same surname and date of birth"
    if a.urn == b.urn:
        return None
    if _agree(_folded(a.email), _folded(b.email)):
        return "same e-mail at two schools"
    if same_surname and _agree(_folded(a.postcode), _folded(b.postcode)) and _agree(_initial(a), _initial(b)):
        return "same surname, postcode and initial at two schools"
    return None


def near_matches(people: Iterable[Person]) -> list[tuple[Person, Person, str]]:
    """Every pair of persons of the same pupil that may be one, with the reason, in the order of our keys."""
    in_order = sorted(people, key=lambda person: (person.pupil, person.urn, person.parent_id))
    return [
        (a, b, reason)
        for _, of_one_pupil in groupby(in_order, key=lambda person: person.pupil)
        for a, b in combinations(of_one_pupil, 2)
        if (reason := near_match(a, b)) is not None
    ]


def _agree(a: str, b: str) -> bool:
    return a != "" and a == b


def _initial(person: Person) -> str:
    return _name(person.forename)[:1]


def _name(written: str) -> str:
    """A name as it is compared: letters only, without accents or case, so that O'Brien-Smith is OBRIEN SMITH."""
    if written.isascii() and written.isalpha():  # nearly every name: there is nothing to take off
        return written.lower()
    return "".join(filter(str.isalpha, unicodedata.normalize("NFKD", written).casefold()))


def _folded(written: str) -> str:
    return "".join(written.split()).casefold()
