"""Check an extract: what is wrong with it row by row, and the parts of it that can be merged (design 5.1, 5.2).

One function, `check_file`, is what the command, the Lambda and the API call.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from attendance.context import Known, compare_with_register, find_in_context
from attendance.directory import School
from attendance.engine import connect
from attendance.findings import SEVERITIES, SEVERITY, Finding, RefusedError, finding
from attendance.law import academic_year_days
from attendance.reading import Table, read_table, repeated
from attendance.rowchecks import Receipt, compare, detail_of, judge, moment_sql, remark, text_sql, time_value, trimmed
from attendance.rows import COLUMNS, Kind, kind_of
from attendance.unpacking import Member, members

MOST_LISTED: Final = 10_000
"""So many findings of a file are listed; all are counted."""

ROLL: Final = "roll"
"""The key of the one part of every kind but attendance, whose parts are by academic year."""


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

    model_config = ConfigDict(frozen=True)

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
    with tempfile.TemporaryDirectory() as folder:
        return [
            _check_member(member, place, receipt, known, now_day, Path(folder))
            for member in members(path, name, Path(folder))
        ]


def _check_member(
    member: Member, place: Place, receipt: Receipt, known: Known | None, now_day: date, parent: Path
) -> CheckedFile:
    table: Table | None = None
    kind: Kind | None = None
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        try:
            if member.refusal is not None:
                raise RefusedError(member.refusal)
            table = read_table(member.path, folder)
            kind = kind_of(frozenset(table.header))
            findings = [*_refusals(table, kind), *_school_refusals(place)]
            if kind and not findings:
                return _check_table(member, table, kind, place, receipt, known, now_day, folder)
        except RefusedError as refusal:
            findings = [refusal.finding]
    return _report(member, kind, table.rows if table else 0, findings)


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


def _check_table(
    member: Member,
    table: Table,
    kind: Kind,
    place: Place,
    receipt: Receipt,
    known: Known | None,
    now_day: date,
    folder: Path,
) -> CheckedFile:
    with connect() as con:
        con.execute("CREATE TABLE found (row BIGINT, field VARCHAR, code VARCHAR, value VARCHAR, detail VARCHAR)")
        judge(con, table, kind, receipt)
        compare(con, kind)
        con.execute(
            f"""CREATE VIEW accepted AS SELECT * EXCLUDE row, {moment_sql(receipt.received_at)} AS received_at,
                {text_sql(member.upload)} AS upload, row
            FROM sound ANTI JOIN (SELECT row FROM twins WHERE in_conflict) USING (row)"""
        )
        compared: tuple[int | None, int | None] = (None, None)
        if kind == "attendance":
            remark(con, "accepted", receipt.received_on)
            find_in_context(con, "accepted", known or Known(), now_day, place.urn, folder)
            con.execute("INSERT INTO found BY NAME SELECT * EXCLUDE upload FROM in_context")
            if known is not None:
                compared = compare_with_register(con, "accepted")
        parts = _parts(con, kind, folder)
        accepted = _count(con, "SELECT count(*) FROM accepted")
        counts = Counter(dict(con.execute("SELECT code, count(*) FROM found GROUP BY code").fetchall()))
        advice = _advice(table, kind, place, known)
        listed = advice + _listed(con, kind, receipt, MOST_LISTED - len(advice))
    return _report(
        member, kind, table.rows, listed, counts + Counter(each.code for each in advice), accepted, compared, parts
    )


def _parts(con: duckdb.DuckDBPyConnection, kind: Kind, folder: Path) -> dict[str, bytes]:
    """The accepted rows as Parquet, in a total order, so that the same rows are the same bytes."""
    if kind != "attendance":
        wanted = {ROLL: ("true", "row")} if _count(con, "SELECT count(*) FROM accepted") else {}
    else:
        years = con.execute(f"SELECT DISTINCT {_YEAR} FROM accepted ORDER BY ALL").fetchall()
        wanted = {str(year): (f"{_YEAR} = {year}", "upn, date, session, row") for (year,) in years}
    parts = {}
    for name, (which, order) in wanted.items():
        path = folder / "part.parquet"
        con.execute(
            f"COPY (SELECT * FROM accepted WHERE {which} ORDER BY {order}) "
            f"TO {text_sql(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        parts[name] = path.read_bytes()
    return parts


_YEAR: Final = f"(year(date) - (month(date) < {academic_year_days(2025)[0].month})::INT)"


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    row = con.execute(query).fetchone()
    return int(row[0]) if row else 0


def _listed(con: duckdb.DuckDBPyConnection, kind: Kind, receipt: Receipt, most: int) -> list[Finding]:
    """The findings of the lowest rows, each with its message."""
    fields = ", ".join(text_sql(column.name) for column in COLUMNS[kind])
    rows = con.execute(
        f"SELECT row, field, code, value, detail FROM found "
        f"ORDER BY row, list_position([{fields}], field) NULLS FIRST, code LIMIT {most}"
    ).fetchall()
    return [
        finding(code, row, field, value, detail or detail_of(kind, code, field, receipt))
        for row, field, code, value, detail in rows
    ]


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
    hints = []
    with tempfile.TemporaryDirectory() as name:
        for member in members(path, path.name, Path(name)):
            if member.refusal is None:
                with tempfile.TemporaryDirectory(dir=name) as folder:
                    hints.append(_hints_of(member.path, Path(folder)))
    return Hints(
        latest_marked=_latest(each.latest_marked for each in hints),
        latest_support=_latest(each.latest_support for each in hints),
        latest_any=_latest(each.latest_any for each in hints),
        latest_time=_latest(each.latest_time for each in hints),
    )


def _latest[T: (date, datetime)](values: Iterable[T | None]) -> T | None:
    return max((value for value in values if value is not None), default=None)


def _hints_of(path: Path, folder: Path) -> Hints:
    try:
        table = read_table(path, folder)
    except RefusedError:
        return Hints()
    present = set(table.fields) & set(table.header)
    kind = kind_of(frozenset(table.header))
    if kind is None or repeated(table.header):
        return Hints()
    day = "try_cast(date AS DATE)" if "date" in present else "NULL::DATE"
    code = trimmed("code") if "code" in present else "NULL::VARCHAR"
    times = [time_value(name) for name in ("recorded_at", "extracted_at") if name in present]
    latest_time = f"greatest({', '.join(f'max({time})' for time in times)})" if times else "NULL::TIMESTAMP"
    with connect() as con:
        row = con.execute(
            f"""SELECT max(day) FILTER (mark NOT IN ('#', '-')), max(day) FILTER (mark <> '-'), max(day), {latest_time}
            FROM (SELECT *, CASE WHEN year({day}) BETWEEN 1900 AND 2200 THEN {day} END AS day, {code} AS mark
                FROM ({table.select()}))"""
        ).fetchone()
    marked, any_mark, any_row, moment = row if row else (None, None, None, None)
    return Hints(
        latest_marked=marked if kind == "attendance" else None,
        latest_support=any_row if kind == "support" else None,
        latest_any=any_mark if kind == "attendance" else None,
        latest_time=moment.replace(tzinfo=UTC) if moment else None,
    )
