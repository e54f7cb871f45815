"""Made-up pupils and parents: names that cannot be mistaken for real ones, yet are as hard to print as real ones."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from attendance.identifiers import upn_check_letter
from local.madeup.schools import School

SCHOOL_YEAR: Final = 2025
YEAR_BEGINS: Final = date(2025, 9, 3)

_FORENAMES: Final = (
    "Zoë", "José", "Aoife", "Łucja", "Siân", "Anaïs", "Tomáš", "Ngọc", "Chloé", "Iman", "Kwame", "Priya", "Wren", "Otto", "Åse",
    "Gwen", "Marek", "Yusuf", "Esme", "Dylan", "Saoirse", "Noor", "Björn", "Inês", "Tariq", "Maya", "Ffion", "Leo", "Ama", "Jude",
    "Renée", "Olu", "Rhys", "Mei", "Ivo", "Sunniva", "Kofi", "Beatriz", "Anne-Marie", "Maximilian-Bartholomew", "D'Arcy",
)  # fmt: skip
_SURNAMES: Final = (
    "Madeup", "Inventée", "Nobody", "O'Nowhere", "Fictional-Smythe", "Pretender", "Fauxley", "Mockford", "Testington",
    "Placeholder", "D'Imagine", "van der Nowhere", "Ünreal", "Żmyślony", "Fábula", "MacGuffin", "Example", "Nemo", "Utopian",
    "Fibbs", "Mc'Invent", "Sampleton", "de la Fantaisie", "Makebelieve", "Dummý", "Featherstonehaugh-Imaginary-Wolstenholme",
)  # fmt: skip
_RELATIONSHIPS: Final = (
    ("Mother", "Ms"),
    ("Mother", "Mrs"),
    ("Father", "Mr"),
    ("Father", "Dr"),
    ("Parent", "Mx"),
    ("Step-parent", "Mr"),
)
_STREETS: Final = ("Invented Road", "Imaginary Lane", "Pretend Street", "Nowhere Close", "Fable Avenue", "Mock Terrace")
_TOWNS: Final = ("Madeup", "Pretendham", "Fictown-on-Sea", "Nether Utopia")
_INWARD: Final = "ABDEFGHJLNPQRSTUWXYZ"

type Row = Mapping[str, str]


@dataclass(frozen=True)
class Pupil:
    """A made-up pupil at one school: the rows of the school's extracts, and from when to when the pupil is on its roll."""

    row: Row
    parents: tuple[Row, ...]
    starting_day: date
    born: date
    leaving_day: date | None = None
    parent_ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Name the parents as decisions do."""
        object.__setattr__(self, "parent_ids", tuple(parent["parent_id"] for parent in self.parents))

    @property
    def upn(self) -> str:
        """The pupil's number."""
        return self.row["upn"]

    def on_roll(self, day: date) -> bool:
        """Whether the school keeps the pupil's marks that day."""
        return self.starting_day <= day and (self.leaving_day is None or day <= self.leaving_day)


def upn(school: School, allocated: int, serial: int) -> str:
    """A sound UPN: check letter, authority, establishment, two digits of a year, three digits."""
    body = f"{school.la}{school.establishment}{allocated:02}{serial:03}"
    return upn_check_letter("A" + body) + body


def make(
    rng: random.Random, school: School, number: str, *, year_group: int | None = None, two: bool | None = None
) -> Pupil:
    """A made-up pupil of the school with this UPN; `year_group` and `two` parents at home are drawn if not given."""
    oldest, youngest = school.kind.oldest, school.kind.youngest
    year = rng.randint(youngest, oldest) if year_group is None else year_group
    born = date(SCHOOL_YEAR - year - 5, 9, 1) + timedelta(days=rng.randrange(365))
    entered = SCHOOL_YEAR - (year - youngest)
    starting_day = YEAR_BEGINS if entered == SCHOOL_YEAR else date(entered, 9, 4)
    family = rng.choice(_SURNAMES)
    forename, *adults = rng.sample(_FORENAMES, 3)
    home = _address(rng)
    row = {
        "upn": number,
        "surname": family,
        "forename": forename,
        "date_of_birth": born.isoformat(),
        **home,
        "starting_day": starting_day.isoformat(),
        "year_group": "R" if year == 0 else str(year),
        "home_la": school.la,
    }
    both = rng.random() < 0.6 if two is None else two
    known = adults if two is not None or rng.random() < 0.8 else adults[:1]
    parents = tuple(
        _parent(rng, number, n, adult, family, home if n == 1 or both else None)
        for n, adult in enumerate(known, start=1)
    )
    return Pupil(row, parents, starting_day, born)


def _parent(rng: random.Random, number: str, n: int, forename: str, family: str, home: Row | None) -> Row:
    """The n-th parent of a pupil, at the pupil's home or (None) elsewhere."""
    relationship, title = rng.choice(_RELATIONSHIPS)
    return {
        "upn": number,
        "parent_id": f"P{number[8:]}-{n}",
        "surname": family if n == 1 or rng.random() < 0.6 else rng.choice(_SURNAMES),
        "relationship": relationship,
        "lives_with_pupil": "yes" if home else "no",
        **(home or _address(rng)),
        "title": title,
        "forename": forename,
    }


def _address(rng: random.Random) -> dict[str, str]:
    """An address in a postcode area that Royal Mail never issued."""
    return {
        "address_1": f"{rng.randint(1, 250)} {rng.choice(_STREETS)}",
        "address_2": rng.choice(_TOWNS),
        "postcode": f"ZZ99 {rng.randint(3, 9)}{rng.choice(_INWARD)}{rng.choice(_INWARD)}",
    }
