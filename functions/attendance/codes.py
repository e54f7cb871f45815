"""The attendance codes of England: what each means, when it may be used, how it counts.

The table is `codes.csv` beside this module: the 34 codes of the School Attendance (Pupil Registration) (England)
Regulations 2024, reg 10, and of the guidance, and the four withdrawn codes that still arrive. Every rule about a code
is made from this table.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Code:
    """One row of the table: a code with its dates and its sources."""

    code: str
    meaning: str
    statutory_table: str
    category: str
    statistical_class: str
    possible: bool
    """The session counts as a possible attendance."""
    unauthorised: bool
    """The session counts towards the national threshold."""
    shows_session_held: bool
    """A mark with this code shows that the school held the session (design 4.3)."""
    sessions: tuple[str, ...]
    """The sessions in which it may stand: AM, PM or both."""
    in_force_from: date | None
    """First day, or None: in use before the 2024 Regulations."""
    in_force_until: date | None
    """Last day, or None: still in force."""
    confused_with: str
    """The codes meant when this one is wrong, for a withdrawn code what replaces it; each with its case in brackets."""
    conditions: str
    source: str
    """Provision, with [V] read, [C] corroborated or [U] unverified."""

    def in_force(self, day: date) -> bool:
        """Whether the code may be used for a session of that day."""
        return (self.in_force_from or date.min) <= day <= (self.in_force_until or date.max)


def table_csv() -> str:
    """The table as the CSV text it is kept in: one header row, one row a code, withdrawn codes last."""
    return resources.files(__package__).joinpath("codes.csv").read_text(encoding="utf-8")


def _read() -> Mapping[str, Code]:
    return MappingProxyType({row["code"]: _code(row) for row in csv.DictReader(io.StringIO(table_csv()))})


def _code(row: Mapping[str, str]) -> Code:
    return Code(
        code=row["code"],
        meaning=row["meaning"],
        statutory_table=row["statutory_table"],
        category=row["category"],
        statistical_class=row["statistical_class"],
        possible=row["possible"] == "yes",
        unauthorised=row["unauthorised"] == "yes",
        shows_session_held=row["shows_session_held"] == "yes",
        sessions=tuple(row["sessions"].split()),
        in_force_from=_day(row["in_force_from"]),
        in_force_until=_day(row["in_force_until"]),
        confused_with=row["confused_with"],
        conditions=row["conditions"],
        source=row["source"],
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


CODES: Final[Mapping[str, Code]] = _read()
"""Every code that ever arrives, by its letters; `in_force` says when it may be used."""

POSSIBLE: Final = frozenset(code.code for code in CODES.values() if code.possible)
ATTENDED: Final = frozenset(
    code.code for code in CODES.values() if code.statistical_class in {"present", "approved educational activity"}
)
UNAUTHORISED: Final = frozenset(code.code for code in CODES.values() if code.unauthorised)
AUTHORISED: Final = POSSIBLE - ATTENDED - UNAUTHORISED
SHOWS_SESSION_HELD: Final = frozenset(code.code for code in CODES.values() if code.shows_session_held)


def in_force(code: str, day: date) -> bool:
    """Whether this is a code that may be used for a session of that day; False for what is no code."""
    return code in CODES and CODES[code].in_force(day)


# Characters that look like those of a code; accents and full-width forms fold by themselves (NFKD).
_LOOK_ALIKES: Final = str.maketrans(
    {
        **dict(zip("АВСЕНІЈКМОРЅТХУԚԌԜ", "ABCEHIJKMOPSTXYQGW", strict=True)),  # Cyrillic
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),  # Greek
        **dict.fromkeys("0Ø∅", "O"),
        **dict.fromkeys("⁄∕╱⧸", "/"),
        **dict.fromkeys("∖╲⧵⧹", "\\"),
        **dict.fromkeys("♯", "#"),
    }
)
# What SIMS keeps beside the statutory letter: I_F, I01, X.1.
_SUB_CODE: Final = re.compile(r"(?P<letter>[A-Z])(?:[_.][A-Z0-9]{1,3}|[0-9O]?[0-9])")
_PADDED_DIGIT: Final = re.compile(r"(?P<letter>[A-Z])O(?P<digit>[1-9])")
_PRIVATE: Final = {"7": "I"}
"""A private code of SIMS that schools export as a letter still in force."""


def likely(code: str) -> str | None:
    r"""The code still in force that was probably meant, or None: to name in a message, never to be taken as the mark.

    >>> likely("o"), likely("0"), likely("Ｙ1"), likely("I_F"), likely("AB")
    ('O', 'O', 'Y1', 'I', None)
    """
    plain = (letter for letter in unicodedata.normalize("NFKD", code) if not unicodedata.combining(letter))
    shown = "".join("".join(plain).split()).upper().translate(_LOOK_ALIKES)
    candidates = [shown, _PADDED_DIGIT.sub(r"\g<letter>\g<digit>", shown), _PRIVATE.get(shown, "")]
    if sub_code := _SUB_CODE.fullmatch(shown):
        candidates.append(sub_code["letter"])
    return next((each for each in candidates if each in CODES and CODES[each].in_force_until is None), None)
