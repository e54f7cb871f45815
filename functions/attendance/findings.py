"""What can be said about an extract: a closed list of codes, each with its severity and what to do about it (design 5.2)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from attendance.codes import CODES, likely
from attendance.identifiers import upn_check_letter, upn_problem

type Severity = Literal["refused", "error", "warning", "advice"]

SEVERITIES: Final[tuple[Severity, ...]] = ("refused", "error", "warning", "advice")

_CODES: Final[Mapping[Severity, str]] = {
    "refused": "FILE_EMPTY FILE_UNREADABLE FILE_TRUNCATED FILE_TOO_LARGE FILE_KIND_UNKNOWN ENCODING_UNKNOWN ARCHIVE_UNSAFE "
    "HEADER_DUPLICATE COLUMN_MISSING SCHOOL_UNKNOWN SCHOOL_WRONG",
    "error": "ROW_MALFORMED VALUE_MISSING VALUE_INVALID DATE_FORMAT DATE_OUT_OF_RANGE SESSION_UNKNOWN CODE_BLANK CODE_UNKNOWN "
    "CODE_WITHDRAWN CODE_WRONG_SESSION UPN_FORMAT UPN_CHECK_LETTER ROWS_CONFLICT TIME_AHEAD",
    "warning": "PUPIL_UNKNOWN NOT_ON_ROLL CODE_AGAINST_AGE CODE_NEEDS_FLAG NOTE_MISSING AMENDED_WITHOUT_REASON DAY_CLOSED "
    "CLOSURE_MIXED N_OVERDUE DATE_FUTURE DUAL_CONFLICT SESSION_HELD_BY_FEW",
    "advice": "DATE_WEEKEND ROW_REPEATED ALREADY_RECEIVED CODE_PADDED ENCODING_WINDOWS_1252 COLUMN_UNKNOWN DIRECTORY_MISSING "
    "CALENDAR_MISSING",
}

SEVERITY: Final[Mapping[str, Severity]] = MappingProxyType(
    {code: severity for severity, codes in _CODES.items() for code in codes.split()}
)
"""Every code with its severity, the gravest first. Wording may change, the meaning of a code may not."""


class Finding(BaseModel):
    """One thing to say about a file (row None) or a row; the header is row 1."""

    model_config = ConfigDict(frozen=True)

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

    `detail` is what the code's message needs to know beside field and value (other rows, a limit); see `_SAYS`.
    """
    message = _SAYS[code](field or "", value or "", detail or "")
    return Finding(code=code, severity=SEVERITY[code], row=row, field=field, value=value, message=message)


def refused(code: str, detail: str = "", *, row: int | None = None, field: str | None = None) -> RefusedError:
    """The exception to raise for a file that cannot be taken."""
    return RefusedError(finding(code, row=row, field=field, detail=detail))


def _code_unknown(_: str, value: str, __: str) -> str:
    if value in CODES:
        return f"{value} is a code only from {CODES[value].in_force_from} on. Give the code that was in use on the day of the session."
    meant = likely(value)
    hint = f" Is {meant} meant ({CODES[meant].meaning})?" if meant else ""
    return f"This is not an attendance code.{hint} Correct the mark in the register and send the row again; marks are never guessed."


def _code_withdrawn(_: str, value: str, __: str) -> str:
    return f"{value} was withdrawn: its last day was {CODES[value].in_force_until}. In its place: {CODES[value].confused_with}. Correct the mark and send it again."


def _code_wrong_session(_: str, value: str, __: str) -> str:
    return f"{value} may stand only in {' or '.join(CODES[value].sessions)} sessions. Correct the code or the session."


def _date_format(_: str, value: str, __: str) -> str:
    expected = _as_iso_date(value)
    hint = f" {expected} is expected, if this is that day." if expected else ""
    return f"A date is written year-month-day, like 2025-09-08.{hint} Change the date format of the export and send it again."


# How dates are written in England, the day first; American order is never guessed.
_DATE_FORMATS: Final = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%Y/%m/%d",
    "%Y-%m-%d",
    "%Y%m%d",
    "%d %B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
)


def _as_iso_date(written: str) -> str | None:
    for text in (written, written[:10]):  # a date, or a date with a time after it
        for form in _DATE_FORMATS:
            try:
                return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  (a calendar date has no zone)
            except ValueError:
                continue
    return None


def _upn_check_letter(_: str, value: str, __: str) -> str:
    letter = (
        f" {upn_check_letter(value)} would fit" if upn_problem(value) == "UPN_CHECK_LETTER" else " another would fit"
    )
    return (
        f"The first letter of the UPN does not fit the rest:{letter}, so some character is wrong. "
        "Look the UPN up in the pupil's record; it is not corrected here."
    )


def _value_invalid(field: str, _: str, detail: str) -> str:
    return f"This is not a value that {field} can have: {detail}. Correct it and send the row again."


def _says(text: str) -> Callable[[str, str, str], str]:
    """A message that only names the field, the value or the detail."""
    return lambda field, value, detail: text.format(field=field, value=value, detail=detail)


_SAYS: Final[Mapping[str, Callable[[str, str, str], str]]] = MappingProxyType(
    {
        # refused
        "FILE_EMPTY": _says(
            "There is nothing in the file but at most a header. Nothing was changed: an empty file never means that everyone left. "
            "Export again and check that the report holds rows."
        ),
        "FILE_UNREADABLE": _says("{detail} Export the register as CSV (UTF-8) and send that."),
        "FILE_TRUNCATED": _says(
            "The file ends early: {detail}. Nothing was taken from it; export or upload it again, whole."
        ),
        "FILE_TOO_LARGE": _says(
            "The file is larger than {detail} unpacked. Send it in parts, for example one for each term."
        ),
        "FILE_KIND_UNKNOWN": _says(
            "The header names no column by which the file could be told. The first row must name the columns, for attendance "
            "upn,date,session,code.{detail}"
        ),
        "ENCODING_UNKNOWN": _says("{detail} Save the file as CSV UTF-8 and send it again."),
        "ARCHIVE_UNSAFE": _says("The archive is not opened: {detail}. Send a ZIP that holds only CSV or NDJSON files."),
        "HEADER_DUPLICATE": _says(
            "Two columns have the name {field}. Remove or rename one: which of them counts cannot be told."
        ),
        "COLUMN_MISSING": _says(
            "The column {field} is missing, and a file of this kind ({detail}) must have it. Add it to the export."
        ),
        "SCHOOL_UNKNOWN": _says(
            "The directory of schools has no school with URN {detail}. Check the URN, or bring the directory up to date."
        ),
        "SCHOOL_WRONG": _says("The file was sent {detail}. Send it under the authority of the school."),
        # errors
        "ROW_MALFORMED": _says(
            "The row cannot be split into its values: {detail}. Correct the row; quote a value that holds a comma."
        ),
        "VALUE_MISSING": _says("{field} is blank and must not be. Fill it in and send the row again."),
        "VALUE_INVALID": _value_invalid,
        "DATE_FORMAT": _date_format,
        "DATE_OUT_OF_RANGE": _says("The session is outside the days that are taken, {detail}. Correct the date."),
        "SESSION_UNKNOWN": _says("A session is AM or PM, in capital letters. Correct it and send the row again."),
        "CODE_BLANK": _says(
            "There is no code. Enter the code of the session; to say that there is no mark, give amendment_reason and recorded_by too."
        ),
        "CODE_UNKNOWN": _code_unknown,
        "CODE_WITHDRAWN": _code_withdrawn,
        "CODE_WRONG_SESSION": _code_wrong_session,
        "UPN_FORMAT": _says(
            "A UPN has 13 characters: a capital letter other than I, O and S, eleven digits, and a digit (or, if temporary, a letter). "
            "Look it up in the pupil's record."
        ),
        "UPN_CHECK_LETTER": _upn_check_letter,
        "ROWS_CONFLICT": _says(
            "Rows {detail} say different things about the same, with nothing to tell which came later: none was taken. "
            "Leave one, or give recorded_at for the original and the amendment."
        ),
        "TIME_AHEAD": _says(
            "The time is later than the moment at which the file was received. Check the clock and the offset; without one, London time is read."
        ),
        # warnings
        "PUPIL_UNKNOWN": _says(
            "No pupil with this UPN is on the roll that the school sent. Send the pupils extract, or correct the UPN."
        ),
        "NOT_ON_ROLL": _says("The pupil was not on the roll that day: {detail}. Correct the mark or the roll."),
        "CODE_AGAINST_AGE": _says("{value} is not for this pupil: {detail}. Correct the code or the date of birth."),
        "CODE_NEEDS_FLAG": _says("{value} needs {detail}. Correct the code, or send the pupils extract with it."),
        "NOTE_MISSING": _says("With {detail} the register must also say what it was. Add it as a note."),
        "AMENDED_WITHOUT_REASON": _says(
            "The row changes an earlier mark ({detail}) without a reason. Give amendment_reason: an amendment must show it."
        ),
        "DAY_CLOSED": _says(
            "The school's calendar says that it was closed for this session. Correct the mark or the calendar."
        ),
        "CLOSURE_MIXED": _says(
            "# says that the whole school was closed, but pupils have other marks for this session ({detail}). Correct the one or the other."
        ),
        "N_OVERDUE": _says(
            "The reason should have been established within {detail} school days. Replace N by the code of the reason, or by O if there is none."
        ),
        "DATE_FUTURE": _says(
            "The session lies after the day on which the file was received. It does not count until it is over; check the date."
        ),
        "DUAL_CONFLICT": _says(
            "D says that the pupil was at another school, but the other school of the roll is this one. Correct the mark or dual_registered_urn."
        ),
        "SESSION_HELD_BY_FEW": _says(
            "Only {detail} pupils on the roll have a mark for this session. If the school was closed, say so in the calendar; if open, send the other marks."
        ),
        # advice
        "DATE_WEEKEND": _says("The day is a {detail}. Leave the mark if the school was open."),
        "ROW_REPEATED": _says("The row says the same as row {detail}; it counts once. Nothing needs doing."),
        "ALREADY_RECEIVED": _says("The same file was received before, and nothing changes. {detail}"),
        "CODE_PADDED": _says("There were spaces around the code; they were ignored. Nothing needs doing."),
        "ENCODING_WINDOWS_1252": _says(
            "The file is not UTF-8 and was read as Windows-1252. Check names with accents; save as CSV UTF-8 if you can."
        ),
        "COLUMN_UNKNOWN": _says(
            "The column {field} is not used. If it is one of the columns of the format, correct its name."
        ),
        "DIRECTORY_MISSING": _says(
            "There is no directory of schools, so the school's authority and type were not checked. Give one in the GIAS layout."
        ),
        "CALENDAR_MISSING": _says(
            "The school sent no calendar, so closed days were not checked. Send the calendar extract."
        ),
    }
)
