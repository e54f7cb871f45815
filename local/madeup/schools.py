"""The made-up schools, as the directory "Get Information about Schools" would list them, and the authorities they lie in.

The authority codes are real, because the law needs one of the 153; council and school names, URNs and addresses are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal

type Phase = Literal["Primary", "Secondary", "Special"]
"""A phase of `code-mix.csv`."""


@dataclass(frozen=True)
class _Kind:
    name: str
    type_code: str
    type_name: str
    phase: Phase
    directory_phase: str
    youngest: int
    """Year group, reception being 0."""
    oldest: int


_PRIMARY: Final = _Kind("Primary School", "1", "Community school", "Primary", "Primary", 0, 6)
_SECONDARY: Final = _Kind("Academy", "28", "Academy sponsor led", "Secondary", "Secondary", 7, 11)
_SPECIAL: Final = _Kind("Special School", "7", "Community special school", "Special", "Not applicable", 0, 11)
_INDEPENDENT: Final = _Kind("College", "11", "Other independent school", "Secondary", "Not applicable", 7, 11)

# The six schools of the demonstration; more schools repeat the row.
_PATTERN: Final = (
    ("886", _PRIMARY, "St Zoë's Made-up"),
    ("886", _SECONDARY, "Nowhere Bay"),
    ("886", _SPECIAL, "Imaginary Hill"),
    ("926", _PRIMARY, "Pretend Fen"),
    ("926", _SECONDARY, "Fictional Broad"),
    ("926", _INDEPENDENT, "Utopia"),
)
AUTHORITIES: Final[Mapping[str, str]] = {"886": "Made-up Coast County Council", "926": "Pretend Fens County Council"}


@dataclass(frozen=True)
class School:
    """A made-up school: the n-th, from 0."""

    n: int
    la: str
    kind: _Kind
    name: str

    @property
    def urn(self) -> str:
        """Six digits, far above any that were ever issued."""
        return str(900001 + self.n)

    @property
    def establishment(self) -> str:
        """The establishment number, four digits."""
        return f"{9000 + self.n % 1000:04}"


def schools(count: int) -> tuple[School, ...]:
    """The first `count` made-up schools; the first six are always the same."""
    return tuple(_school(n) for n in range(count))


def _school(n: int) -> School:
    la, kind, place = _PATTERN[n % len(_PATTERN)]
    again = n // len(_PATTERN)
    return School(n, la, kind, f"{place} {kind.name}" + (f" {again + 1}" if again else ""))


def directory_row(school: School) -> dict[str, str]:
    """The school's row in the layout of GIAS, so far as the system may need it."""
    return {
        "URN": school.urn,
        "LA (code)": school.la,
        "LA (name)": AUTHORITIES[school.la],
        "EstablishmentNumber": school.establishment,
        "EstablishmentName": school.name,
        "TypeOfEstablishment (code)": school.kind.type_code,
        "TypeOfEstablishment (name)": school.kind.type_name,
        "EstablishmentStatus (code)": "1",
        "EstablishmentStatus (name)": "Open",
        "OpenDate": "01-09-2010",
        "CloseDate": "",
        "PhaseOfEducation (name)": school.kind.directory_phase,
        "StatutoryLowAge": str(school.kind.youngest + 4),
        "StatutoryHighAge": str(school.kind.oldest + 5),
        "Street": f"{school.n + 1} School Lane",
        "Locality": "",
        "Town": "Madeup",
        "County (name)": "",
        "Postcode": f"ZZ99 {school.n % 10}SC",
        "HeadTitle (name)": "Dr",
        "HeadFirstName": "Robin",
        "HeadLastName": "Pretender",
        "HeadPreferredJobTitle": "Headteacher",
    }


def settings_yaml(la: str) -> str:
    """The authority's made-up code of conduct, as the text of its `settings.yaml`."""
    return resources.files(__package__).joinpath(f"settings-{la}.yaml").read_text(encoding="utf-8")


def letters_yaml(urn: str) -> str | None:
    """The made-up words of a school's early letters, as the text of its `{urn}-letters.yaml`; None: it gave none."""
    found = resources.files(__package__).joinpath(f"letters-{urn}.yaml")
    return found.read_text(encoding="utf-8") if found.is_file() else None
