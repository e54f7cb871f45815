"""The rules of an attendance extract as other validators state them, each written plainly; each gives the rows that it finds wrong.

Rows are numbered as ours are: the header is row 1. A peer judges what ours calls `RULES`; none of them finds a row repeated or
in conflict, tells a lone amendment, asks the roll, the calendar or the register, or writes a part. Beside that:

- pydantic: a model a row. Takes a date or time in more spellings than ours.
- pandera (pandas): whole columns. Its messages have no row but by the index; a check over several columns names none of them.
- frictionless: a schema and a check of ours a row. No time with seconds and offset both optional, so a pattern.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from attendance.codes import CODES, in_force
from attendance.identifiers import upn_problem
from attendance.rows import DAY, TIME
from attendance.text import LONDON

RECEIVED: Final = datetime(2026, 7, 31, 18, tzinfo=UTC)
LATEST: Final = RECEIVED + timedelta(hours=1)
FIRST_TAKEN, LAST_TAKEN = date(2023, 8, 1), date(2027, 7, 31)
COLUMNS: Final = (
    "upn", "date", "session", "code", "note", "minutes_late", "recorded_at", "recorded_by", "amendment_reason",
)  # fmt: skip
RULES: Final = frozenset(
    {
        "UPN_FORMAT", "UPN_CHECK_LETTER", "DATE_FORMAT", "DATE_OUT_OF_RANGE", "SESSION_UNKNOWN", "CODE_UNKNOWN",
        "CODE_WITHDRAWN", "CODE_WRONG_SESSION", "VALUE_INVALID", "VALUE_MISSING", "TIME_AHEAD",
    }
)  # fmt: skip
"""The findings that every peer has too."""


def moment(text: str) -> datetime:
    """A time; without offset it is London's."""
    told = datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=LONDON)).astimezone(UTC)


# --- pydantic --------------------------------------------------------------------------------------------------------------


class Row(BaseModel):
    """A row as a careful row-by-row program would hold and check it."""

    upn: str
    date: date
    session: Literal["AM", "PM"]
    code: str
    note: str | None
    minutes_late: int | None = Field(ge=0, le=999)
    recorded_at: datetime | None
    recorded_by: str | None
    amendment_reason: str | None

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_none(cls, value: str) -> str | None:
        return value.strip() or None

    @field_validator("upn")
    @classmethod
    def _upn(cls, value: str) -> str:
        if problem := upn_problem(value):
            raise ValueError(problem)
        return value

    @field_validator("recorded_at")
    @classmethod
    def _utc(cls, value: datetime | None) -> datetime | None:
        told = value and (value if value.tzinfo else value.replace(tzinfo=LONDON)).astimezone(UTC)
        if told and told > LATEST:
            raise ValueError("TIME_AHEAD")
        return told

    @model_validator(mode="after")
    def _code(self) -> Row:
        if not in_force(self.code, self.date):
            raise ValueError("CODE_UNKNOWN")
        if self.session not in CODES[self.code].sessions:
            raise ValueError("CODE_WRONG_SESSION")
        if not FIRST_TAKEN <= self.date <= LAST_TAKEN:
            raise ValueError("DATE_OUT_OF_RANGE")
        return self


def pydantic(path: Path) -> list[int]:
    """Each row parsed, validated, and kept by what it is about."""
    kept: dict[tuple[str, date, str], Row] = {}
    wrong = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, values in enumerate(csv.DictReader(file), start=2):
            try:
                row = Row.model_validate(values)
            except ValidationError:
                wrong.append(number)
            else:
                kept[row.upn, row.date, row.session] = row
    return wrong


# --- pandera ---------------------------------------------------------------------------------------------------------------


def pandera(path: Path) -> list[int]:
    """The file as a frame of text, a schema of checks of columns, and one of the code with its day and its session."""
    import pandas as pd
    import pandera.pandas as pa

    def is_day(days: pd.Series[str]) -> pd.Series[bool]:
        read = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce")
        return read.between(pd.Timestamp(FIRST_TAKEN), pd.Timestamp(LAST_TAKEN))

    def is_not_ahead(times: pd.Series[str]) -> pd.Series[bool]:
        told = pd.to_datetime(times.where(times != ""), format="ISO8601", errors="coerce")
        return (times == "") | (
            told.dt.tz_localize("Europe/London", ambiguous=True, nonexistent="shift_forward") <= LATEST
        )

    def may_stand(rows: pd.DataFrame) -> pd.Series[bool]:
        each = rows.merge(_codes(), how="left", on=["code", "session"])
        return pd.Series(each["from"].le(rows["date"]) & each["until"].ge(rows["date"]), rows.index)

    def _codes() -> pd.DataFrame:
        return pd.DataFrame(
            [
                (each.code, session, str(each.in_force_from or date.min), str(each.in_force_until or date.max))
                for each in CODES.values() for session in each.sessions
            ],
            columns=["code", "session", "from", "until"],
        )  # fmt: skip

    schema = pa.DataFrameSchema(
        {
            "upn": pa.Column(str, pa.Check(lambda upn: upn_problem(upn) is None, element_wise=True)),
            "date": pa.Column(str, [pa.Check.str_matches(f"{DAY}$"), pa.Check(is_day)]),
            "session": pa.Column(str, pa.Check.isin(["AM", "PM"])),
            "code": pa.Column(str, pa.Check.isin(list(CODES))),
            "minutes_late": pa.Column(str, pa.Check.str_matches(r"([0-9]{1,3})?$")),
            "recorded_at": pa.Column(str, [pa.Check.str_matches(f"({TIME})?$"), pa.Check(is_not_ahead)]),
        },
        checks=pa.Check(may_stand),
    )
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    try:
        schema.validate(rows, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return sorted({int(index) + 2 for index in errors.failure_cases["index"].dropna()})
    return []


# --- frictionless ----------------------------------------------------------------------------------------------------------


def frictionless(path: Path) -> list[int]:
    """A table schema with its types and constraints, and a check of ours for what these cannot say."""
    import frictionless as fl

    class MayStand(fl.Check):
        type = "may-stand"
        Errors = (fl.errors.RowConstraintError,)

        def validate_row(self, row: Any) -> Iterator[Any]:
            if problem := _problem(row):
                yield fl.errors.RowConstraintError.from_row(row, note=problem)

    fields = {
        "upn": {"constraints": {"required": True, "pattern": "[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]"}},
        "date": {
            "type": "date",
            "constraints": {"required": True, "minimum": str(FIRST_TAKEN), "maximum": str(LAST_TAKEN)},
        },
        "session": {"constraints": {"required": True, "enum": ["AM", "PM"]}},
        "code": {"constraints": {"required": True, "enum": list(CODES)}},
        "minutes_late": {"type": "integer", "constraints": {"minimum": 0, "maximum": 999}},
        "recorded_at": {"constraints": {"pattern": TIME}},
    }
    schema = fl.Schema.from_descriptor(
        {"fields": [{"name": name, "type": "string", **fields.get(name, {})} for name in COLUMNS]}
    )
    resource = fl.Resource(path=path.name, basepath=str(path.parent), schema=schema)
    report = resource.validate(fl.Checklist(checks=[MayStand()]), limit_errors=1_000_000)
    return sorted({row for (row,) in report.flatten(["rowNumber"]) if row is not None})


def _problem(row: Any) -> str | None:
    if row["upn"] and (problem := upn_problem(row["upn"])):
        return problem
    code, day = CODES.get(row["code"] or ""), row["date"]
    if code and day and not (code.in_force(day) and (row["session"] is None or row["session"] in code.sessions)):
        return "CODE"
    told = row["recorded_at"]
    if told and re.fullmatch(TIME, told) and moment(told) > LATEST:
        return "TIME_AHEAD"
    return None
