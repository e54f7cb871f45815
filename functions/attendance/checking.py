"""Check an extract: what is wrong with it row by row, and the parts of it that can be merged (design 5.1, 5.2).

One function, `check_file`, is what the command, the Lambda and the API call.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from attendance.columns import Coded
from attendance.context import Known, find_in_context
from attendance.directory import School
from attendance.extracts import Kind
from attendance.findings import SEVERITIES, SEVERITY, Finding, RefusedError, finding
from attendance.found import Found
from attendance.parts import parts_of
from attendance.reading import Table, read_table, repeated
from attendance.rowchecks import (
    NO_MARK,
    Receipt,
    Rows,
    compare,
    day_value,
    detail_of,
    judge,
    remark,
    time_value,
    trimmed,
)
from attendance.rows import COLUMNS, kind_of
from attendance.unpacking import Member, members

MOST_LISTED: Final = 10_000
"""So many findings of a file are listed; all are counted."""


@dataclass(frozen=True)
class Place:
    """For whom a file came: the authority and URN of its key, and what the directory says of the school.

    All None: a file on its own (the command `check` without a directory), of which no school is checked.
    """

    la: str | None = None
    urn: str | None = None
    school: School | None = None
    directory_known: bool = False


class CheckedFile(BaseModel):
    """The report on one file (F of design 5.3) and, outside its JSON, what can be merged."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    file: str
    kind: Kind | None
    rows: int
    accepted: int
    unchanged: int | None
    amended: int | None
    totals: dict[str, int]
    counts: dict[str, int]
    findings: tuple[Finding, ...]
    findings_left_out: int

    upload: str = Field(exclude=True)
    """SHA-256 of the plain bytes, hex."""
    parts: dict[str, bytes] = Field(exclude=True)
    """Parquet by academic year ("2025"), or under "roll"; empty if refused or nothing was accepted."""

    @property
    def refused(self) -> bool:
        """Whether nothing was taken from the file."""
        return self.totals["refused"] > 0


def check_file(
    path: Path,
    name: str,
    *,
    place: Place,
    received_at: datetime,
    uncut_received_at: datetime | None = None,
    extracted_at: datetime | None = None,
    known: Known | None,
    now_day: date,
) -> list[CheckedFile]:
    """Check a file, or each file of a ZIP in the order of their names.

    `received_at` and `extracted_at` (the upload's metadata) are aware; `uncut_received_at` is for replays (design 5.3).
    `known`: what else the school sent, None if that is not to be asked; `now_day`: the day on which N is overdue or not.
    """
    receipt = Receipt(received_at, uncut_received_at or received_at, extracted_at)
    return [_check_member(member, place, receipt, known, now_day) for member in members(path, name)]


def _check_member(member: Member, place: Place, receipt: Receipt, known: Known | None, now_day: date) -> CheckedFile:
    read = 0
    kind: Kind | None = None
    findings: list[Finding] = []
    try:
        if member.refusal is not None:
            raise RefusedError(member.refusal)
        table = read_table(member.path)
        read, kind = table.rows, kind_of(frozenset(table.header))
        findings = [*_refusals(table, kind), *_school_refusals(place)]
        if kind and not findings:
            found, advice = Found([column.name for column in COLUMNS[kind]]), _advice(table, kind, place, known)
            rows = judge(table, kind, receipt, found)
            del table  # a large file's takes much room
            return _check_rows(member, read, rows, found, advice, place, receipt, known, now_day)
    except RefusedError as refusal:
        findings = [refusal.finding]
    return _report(member, kind, read, findings)


def _refusals(table: Table, kind: Kind | None) -> list[Finding]:
    """Why no row of the table can be taken, from its header and from its having no rows."""
    findings = [finding("HEADER_DUPLICATE", 1, name) for name in repeated(table.header)]
    if kind is None:
        findings.append(finding("FILE_KIND_UNKNOWN", detail=_separator_hint(table.header)))
    else:
        missing = [column.name for column in COLUMNS[kind] if column.required and column.name not in table.header]
        findings += [finding("COLUMN_MISSING", 1, name, detail=kind) for name in missing]
    if not findings and not table.rows:
        findings.append(finding("FILE_EMPTY"))
    return findings


def _separator_hint(header: tuple[str, ...]) -> str:
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if any(separator in column for column in header):
            return f" The columns seem to be separated by {name}; separate them by commas."
    if header and header[0].startswith("["):
        return " It seems to be a JSON array; send NDJSON, one object a line."
    return ""


def _school_refusals(place: Place) -> list[Finding]:
    if not place.directory_known or place.urn is None:
        return []
    if place.school is None:
        return [finding("SCHOOL_UNKNOWN", value=place.urn, detail=place.urn)]
    if place.la not in (None, place.school.la, place.school.previous_la or None):
        detail = f"under authority {place.la}, but the school belongs to {place.school.la}"
        return [finding("SCHOOL_WRONG", value=place.la, detail=detail)]
    return []


def _advice(table: Table, kind: Kind, place: Place, known: Known | None) -> list[Finding]:
    """What to say of the file as a whole that keeps no row out."""
    declared = {column.name for column in COLUMNS[kind]}
    header_row = None if table.text.is_json else 1
    findings = [finding("COLUMN_UNKNOWN", header_row, name) for name in table.header if name and name not in declared]
    if table.text.encoding != "utf-8":
        findings.append(finding("ENCODING_WINDOWS_1252"))
    if place.urn is not None and not place.directory_known:
        findings.append(finding("DIRECTORY_MISSING"))
    if kind == "attendance" and known is not None and known.calendar is None:
        findings.append(finding("CALENDAR_MISSING"))
    return findings


def _check_rows(
    member: Member,
    read: int,
    rows: Rows,
    found: Found,
    advice: Sequence[Finding],
    place: Place,
    receipt: Receipt,
    known: Known | None,
    now_day: date,
) -> CheckedFile:
    kind = rows.kind
    rows = compare(rows, found)
    parts = parts_of(rows, receipt.received_at, member.upload)
    compared: tuple[int | None, int | None] = (None, None)
    if kind == "attendance":
        remark(rows, receipt.received_on, found)
        beside = (0, 0)
        if len(rows):
            bodies = list(parts.values())
            beside = find_in_context(rows, bodies, member.upload, known or Known(), now_day, place.urn, found)
        compared = compared if known is None else beside
    listed = [
        *advice,
        *found.listed(MOST_LISTED - len(advice), lambda code, field: detail_of(kind, code, field, receipt)),
    ]
    counts = found.counts() + Counter(each.code for each in advice)
    return _report(member, kind, read, listed, counts, len(rows), compared, parts)


def _report(
    member: Member,
    kind: Kind | None,
    rows: int,
    listed: Sequence[Finding],
    counts: Mapping[str, int] | None = None,
    accepted: int = 0,
    compared: tuple[int | None, int | None] = (None, None),
    parts: Mapping[str, bytes] | None = None,
) -> CheckedFile:
    counts = counts if counts is not None else Counter(each.code for each in listed)
    totals = dict.fromkeys(SEVERITIES, 0)
    for code, n in counts.items():
        totals[SEVERITY[code]] += n
    return CheckedFile(
        file=member.name,
        kind=kind,
        rows=rows,
        accepted=accepted,
        unchanged=compared[0],
        amended=compared[1],
        totals={str(severity): n for severity, n in totals.items()},
        counts=dict(sorted(counts.items())),
        findings=tuple(listed),
        findings_left_out=sum(counts.values()) - len(listed),
        upload=member.upload,
        parts=dict(parts or {}),
    )


_HINTED: Final = range(1900, 2201)
"""Years of days that may date a file."""


@dataclass(frozen=True)
class Hints:
    """What dates a file without checking it: from them a replay says when it was received (design 5.3)."""

    latest_marked: date | None = None
    """Latest day of a mark other than #."""
    latest_support: date | None = None
    latest_any: date | None = None
    """Latest day of any mark."""
    latest_time: datetime | None = None
    """Latest recorded_at or extracted_at, UTC."""


def receipt_hints(path: Path) -> Hints:
    """The latest days and times in a file, over all members of a ZIP; what cannot be read says nothing."""
    hints = [_hints_of(each.path) for each in members(path, path.name) if each.refusal is None]
    return Hints(
        latest_marked=_latest(each.latest_marked for each in hints),
        latest_support=_latest(each.latest_support for each in hints),
        latest_any=_latest(each.latest_any for each in hints),
        latest_time=_latest(each.latest_time for each in hints),
    )


def _latest[T: (date, datetime)](values: Iterable[T | None]) -> T | None:
    return max((value for value in values if value is not None), default=None)


def _hints_of(path: Path) -> Hints:
    try:
        table = read_table(path)
    except RefusedError:
        return Hints()
    kind = kind_of(frozenset(table.header))
    if kind is None or repeated(table.header):
        return Hints()
    none = Coded.same(None, len(table.row))
    days = table.columns.get("date", none)
    day = np.array([each.toordinal() if (each := _hinted_day(text)) else 0 for text in days.values], np.int32)[
        days.which
    ]
    codes = table.columns.get("code", none)
    marks = [trimmed(text) for text in codes.values]

    def latest(but: Collection[str | None]) -> date | None:
        of_those = np.array([mark not in but for mark in marks], np.bool_)[codes.which]
        last = int(day[of_those].max(initial=0))
        return date.fromordinal(last) if last else None

    times = [
        moment
        for name in ("recorded_at", "extracted_at")
        for text in table.columns.get(name, none).values
        if (moment := time_value(trimmed(text) or ""))
    ]
    return Hints(
        latest_marked=latest({None, "#", NO_MARK}) if kind == "attendance" else None,
        latest_support=latest({}) if kind == "support" else None,
        latest_any=latest({None, NO_MARK}) if kind == "attendance" else None,
        latest_time=_latest(times),
    )


def _hinted_day(text: str | None) -> date | None:
    day = day_value(trimmed(text) or "")
    return day if day and day.year in _HINTED else None
