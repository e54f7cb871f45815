"""What can be said about an extract: a closed list of codes, each with its severity, when it is found and what it tells the school.

The table is `findings.csv` beside this module (design 5.2). Wording may change there, the meaning of a code may not.
"""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal, cast

from pydantic import BaseModel, ConfigDict

from attendance.codes import CODES, likely
from attendance.identifiers import upn_check_letter

type Severity = Literal["refused", "error", "warning", "advice"]

type Taken = Literal["whole", "in_part", "nothing"]
"""How much was taken of an upload: every row of every file, some, or not one."""
SEVERITIES: Final[tuple[Severity, ...]] = ("refused", "error", "warning", "advice")


@dataclass(frozen=True)
class Meaning:
    """One row of the table: when a code is found, and the message, which names {field}, {value} and {detail}."""

    severity: Severity
    when: str
    message: str


def _read() -> Mapping[str, Meaning]:
    with resources.files(__package__).joinpath("findings.csv").open(encoding="utf-8") as table:
        return MappingProxyType(
            {
                row["code"]: Meaning(cast("Severity", row["severity"]), row["when"], row["message"])
                for row in csv.DictReader(table)
            }
        )


MEANING: Final[Mapping[str, Meaning]] = _read()
"""Every code, the gravest first."""

SEVERITY: Final[Mapping[str, Severity]] = MappingProxyType(
    {code: meaning.severity for code, meaning in MEANING.items()}
)


class Finding(BaseModel):
    """One thing to say about a file (row None) or a row; the header is row 1."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    code: str
    severity: Severity
    row: int | None
    field: str | None
    value: str | None
    message: str


class RefusedError(Exception):
    """A file cannot be taken at all: carries the finding that says why, from wherever in reading it was seen."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def finding(
    code: str, row: int | None = None, field: str | None = None, value: str | None = None, detail: str | None = None
) -> Finding:
    """The finding with its severity and its message.

    `detail` is what the message needs beside field and value: other rows, a limit; of some codes it is worked out from the value.
    """
    message = message_of(code, field, value, detail)
    return Finding(code=code, severity=SEVERITY[code], row=row, field=field, value=value, message=message)


def message_of(code: str, field: str | None, value: str | None, detail: str | None) -> str:
    """The message of a finding."""
    if detail is None and code in _DETAIL:
        detail = _DETAIL[code](value or "")
    return MEANING[code].message.format(field=field, value=value, detail=detail or "")


def refused(code: str, detail: str = "") -> RefusedError:
    """The exception to raise for a file that cannot be taken."""
    return RefusedError(finding(code, detail=detail))


# --- What some messages work out from the value ---------------------------------------------------------------------


def _of_unknown_code(value: str) -> str:
    if value in CODES:
        return f"{value} is a code only from {CODES[value].in_force_from} on."
    meant = likely(value)
    return (
        f"This is not an attendance code. Is {meant} meant ({CODES[meant].meaning})?"
        if meant
        else "This is no attendance code."
    )


def _of_withdrawn_code(value: str) -> str:
    return f" after {CODES[value].in_force_until}; in its place: {CODES[value].confused_with}"


def _of_wrong_session(value: str) -> str:
    return " or ".join(CODES[value].sessions)


def _of_check_letter(value: str) -> str:
    return f", {upn_check_letter(value)} would"


# How dates are written in England, the day first; the American order is never guessed.
_DATE_FORMS: Final = (
    *("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%Y/%m/%d", "%Y-%m-%d", "%Y%m%d"),
    *("%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y"),
)


@lru_cache(maxsize=1000)  # who writes days otherwise writes all of them so
def _of_date_format(value: str) -> str:
    for text in (value, value[:10]):  # a date, or a date with a time after it
        for form in _DATE_FORMS:
            try:
                day = datetime.strptime(text, form).date()  # noqa: DTZ007  (a calendar date has no zone)
            except ValueError:
                continue
            return f" {day} is expected, if this is that day."
    return ""


_DETAIL: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {
        "CODE_UNKNOWN": _of_unknown_code,
        "CODE_WITHDRAWN": _of_withdrawn_code,
        "CODE_WRONG_SESSION": _of_wrong_session,
        "UPN_CHECK_LETTER": _of_check_letter,
        "DATE_FORMAT": _of_date_format,
    }
)
