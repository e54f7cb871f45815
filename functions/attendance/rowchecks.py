"""What is wrong with a row in itself, as columnar predicates made from the column definitions and the table of codes.

Nothing here knows what else has arrived: a row is judged by the extract, the table of codes and the moment of receipt alone
(design 5.2). Of every column there are three in SQL: `t_` its text (trimmed, NULL if blank), `v_` its value (NULL if it has none)
and `p_` the code of the finding (NULL if nothing is wrong).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final

import duckdb

from attendance.codes import CODES
from attendance.engine import sibling
from attendance.identifiers import upn_problem
from attendance.law import (
    DATE_YEARS_AHEAD,
    DATE_YEARS_BACK,
    TIME_AHEAD_MINUTES,
    academic_year,
    academic_year_days,
    months_after,
)
from attendance.reading import Table, quoted
from attendance.rows import COLUMNS, FLAG_NO, FLAG_YES, KEYS, Column, Kind, Reading
from attendance.text import london_day

NO_MARK: Final = "-"
_LONGEST_SHOWN: Final = 100
_BATCH: Final = 100_000
_SMALL: Final = 4 << 20  # bytes of CSV: below, writing a file costs more than it saves


@dataclass(frozen=True)
class Receipt:
    """What a file's rows are judged against beside the law: when it came, and the time of extraction sent with it."""

    received_at: datetime
    uncut_received_at: datetime
    """When it would have come, had a replay not ended before; outside a replay, `received_at`."""
    extracted_at: datetime | None = None

    @property
    def received_on(self) -> date:
        """The day in London on which it came."""
        return london_day(self.uncut_received_at)

    @property
    def sessions_taken(self) -> tuple[date, date]:
        """First and last day of which a session is taken."""
        first, _ = academic_year_days(academic_year(self.received_on) - DATE_YEARS_BACK.latest)
        return first, months_after(self.received_on, 12 * DATE_YEARS_AHEAD.latest)

    @property
    def latest_time(self) -> datetime:
        """The latest time that a row may claim."""
        return self.uncut_received_at + timedelta(minutes=TIME_AHEAD_MINUTES.latest)


# --- SQL literals ---------------------------------------------------------------------------------------------------------


def text_sql(value: str | None) -> str:
    """A text as an SQL literal."""
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def day_sql(day: date | None) -> str:
    """A day as an SQL literal."""
    return "NULL" if day is None else f"DATE '{day.isoformat()}'"


def moment_sql(moment: datetime) -> str:
    """A moment as an SQL timestamp, UTC."""
    return f"TIMESTAMP '{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def texts_sql(values: Sequence[str]) -> str:
    """Texts as what stands after IN, or after nothing as a list to be unnested."""
    return "(" + ", ".join(text_sql(value) for value in values) + ")"


# --- From text to value ----------------------------------------------------------------------------------------------------

_TIME_SHAPE: Final = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?"
_OFFSET: Final = r"[T ].*(Z|[+-]\d\d(:?\d\d)?)$"


def time_value(text: str) -> str:
    """SQL for a time as UTC, NULL if it is none; without offset it is London's."""
    # DuckDB takes +01:00 and +01 as offsets, but not +0100; a cast to TIMESTAMP would drop the offset.
    offset_with_colon = rf"regexp_replace({text}, '([+-]\d\d)(\d\d)$', '\1:\2')"
    return (
        f"CASE WHEN NOT regexp_full_match({text}, '{_TIME_SHAPE}') THEN NULL "
        f"WHEN regexp_matches({text}, '{_OFFSET}') THEN timezone('UTC', try_cast({offset_with_colon} AS TIMESTAMPTZ)) "
        f"ELSE timezone('UTC', timezone('Europe/London', try_cast({text} AS TIMESTAMP))) END"
    )


def _flag_value(text: str) -> str:
    yes, no = texts_sql(FLAG_YES), texts_sql(FLAG_NO)
    return f"CASE WHEN lower({text}) IN {yes} THEN 'yes' WHEN lower({text}) IN {no} THEN 'no' END"


_VALUE: Final[Mapping[Reading, Callable[[str], str]]] = MappingProxyType(
    {
        "code": lambda text: f"coalesce({text}, '{NO_MARK}')",
        "date": lambda text: f"try_cast({text} AS DATE)",
        "time": time_value,
        "minutes": lambda text: f"try_cast({text} AS INTEGER)",
        "flag": _flag_value,
        "choice": lambda text: f"lower({text})",
    }
)
"""Readings whose value is not the text itself."""


# --- What is wrong with it --------------------------------------------------------------------------------------------------


def _problem(kind: Kind, column: Column, receipt: Receipt) -> str:
    """SQL for the code of what is wrong with a value that is there, or NULL."""
    text, value = f"t_{column.name}", f"v_{column.name}"
    match column.reading:
        case "upn":
            return f"bad_{column.name}.problem"
        case "code":
            return _code_problem()
        case "session":
            return _unless(f"{text} IN {texts_sql(column.choices)}", "SESSION_UNKNOWN")
        case "date":
            first, last = receipt.sessions_taken if kind == "attendance" else (date(1900, 1, 1), date(2200, 1, 1))
            outside = "DATE_OUT_OF_RANGE" if kind == "attendance" else "VALUE_INVALID"
            day = f"try_cast({text} AS DATE)"
            return (
                f"CASE WHEN {day}::VARCHAR = {text} AND length({text}) = 10 THEN "
                f"CASE WHEN {day} NOT BETWEEN {day_sql(first)} AND {day_sql(last)} THEN '{outside}' END "
                rf"WHEN regexp_full_match({text}, '\d{{4}}-\d\d-\d\d') THEN 'VALUE_INVALID' ELSE 'DATE_FORMAT' END"
            )
        case "time":
            return (
                f"CASE WHEN {value} IS NULL THEN 'VALUE_INVALID' "
                f"WHEN {value} > {moment_sql(receipt.latest_time)} THEN 'TIME_AHEAD' END"
            )
        case "minutes":
            return _unless(rf"regexp_full_match({text}, '\d{{1,3}}')", "VALUE_INVALID")
        case "flag":
            return _unless(f"{value} IS NOT NULL", "VALUE_INVALID")
        case "choice":
            return _unless(f"{value} IN {texts_sql(column.choices)}", "VALUE_INVALID")
        case "urn":
            return _unless(rf"regexp_full_match({text}, '\d{{6}}')", "VALUE_INVALID")
        case "la":
            return _unless(rf"regexp_full_match({text}, '\d{{3}}')", "VALUE_INVALID")
        case "text":
            return "NULL::VARCHAR"


def _unless(predicate: str, code: str) -> str:
    return f"CASE WHEN NOT ({predicate}) THEN '{code}' END"


def _code_problem() -> str:
    """Made from the table of codes, joined as `known`: what the code is, on that day, in that session."""
    return (
        f"CASE WHEN v_code = '{NO_MARK}' THEN "
        "CASE WHEN t_amendment_reason IS NULL OR t_recorded_by IS NULL THEN 'CODE_BLANK' END "
        "WHEN known.code IS NULL OR v_date < known.in_force_from THEN 'CODE_UNKNOWN' "
        "WHEN v_date > known.in_force_until THEN 'CODE_WITHDRAWN' "
        "WHEN t_session IN ('AM', 'PM') AND NOT list_contains(known.sessions, t_session) THEN 'CODE_WRONG_SESSION' END"
    )


def codes_sql() -> str:
    """The table of codes as SQL: code, in_force_from, in_force_until, sessions, shows_session_held."""
    rows = ", ".join(
        f"({text_sql(code.code)}, {day_sql(code.in_force_from)}::DATE, {day_sql(code.in_force_until)}::DATE, "
        f"[{', '.join(text_sql(session) for session in code.sessions)}], {code.shows_session_held})"
        for code in CODES.values()
    )
    return f"(VALUES {rows}) AS known(code, in_force_from, in_force_until, sessions, shows_session_held)"


def detail_of(kind: Kind, code: str, field: str | None, receipt: Receipt) -> str | None:
    """What the message of a finding has to know beside field and value."""
    if code == "DATE_OUT_OF_RANGE":
        first, last = receipt.sessions_taken
        return f"{first} to {last}"
    if code == "VALUE_INVALID":
        column = next(each for each in COLUMNS[kind] if each.name == field)
        return _EXPECTED.get(column.reading) or f"one of {', '.join(column.choices)} is expected"
    return None


_EXPECTED: Final[Mapping[Reading, str]] = MappingProxyType(
    {
        "date": "there is no such day",
        "time": "a date and time like 2025-09-08T09:05:00 is expected",
        "minutes": "whole minutes from 0 to 999 are expected",
        "flag": "yes or no is expected",
        "urn": "the six digits of a URN are expected",
        "la": "the three digits of an authority are expected",
    }
)

# --- All rows at once -------------------------------------------------------------------------------------------------------


def judge(con: duckdb.DuckDBPyConnection, table: Table, kind: Kind, receipt: Receipt) -> None:
    """Judge every row: what is wrong goes to the table `found`, the others are the view `sound`.

    `found` has row, field, code, value, detail. `sound` has the columns of a part but for received_at and upload. Between the
    steps the rows lie in Parquet files (a small file's in memory): each step is computed once, and memory stays bounded.
    """
    columns = COLUMNS[kind]
    _stage(con, table, "texts", _texts(table, columns))
    _find_bad_upns(con, columns)
    _stage(con, table, "judged", _judged(kind, columns, receipt))
    each = ", ".join(
        f"{{'field': '{column.name}', 'code': p_{column.name}, 'value': left(t_{column.name}, {_LONGEST_SHOWN})}}"
        for column in columns
    )
    con.execute(
        f"""INSERT INTO found BY NAME SELECT * FROM
        (SELECT row, unnest([{each}], recursive := true) FROM judged JOIN texts USING (row) WHERE NOT is_sound)
        WHERE code IS NOT NULL"""
    )
    if kind == "attendance":
        con.execute(
            f"""INSERT INTO found BY NAME
            SELECT row, 'code' AS field, 'CODE_PADDED' AS code, left(code_as_written, {_LONGEST_SHOWN}) AS value
            FROM texts WHERE code_as_written <> t_code"""
        )
    con.execute(
        f"INSERT INTO found BY NAME SELECT row, 'ROW_MALFORMED' AS code, detail FROM ({table.malformed_rows()})"
    )
    values = ", ".join(f"v_{column.name} AS {quoted(column.name)}" for column in columns)
    con.execute(f"CREATE VIEW sound AS SELECT {values}, row FROM judged WHERE is_sound")


def _stage(con: duckdb.DuckDBPyConnection, table: Table, name: str, query: str) -> None:
    """Compute a relation once: a small one into a table, a large one into a file with a view of it."""
    if table.clean.stat().st_size < _SMALL:
        con.execute(f"CREATE TABLE {name} AS {query}")
        return
    path = text_sql(str(table.clean.with_name(f"{name}.parquet")))
    con.execute(f"COPY ({query}) TO {path} (FORMAT parquet, COMPRESSION uncompressed)")
    con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({path})")


def _texts(table: Table, columns: Sequence[Column]) -> str:
    present = set(table.fields)

    def text(column: Column) -> str:
        return f"{trimmed(quoted(column.name)) if column.name in present else 'NULL::VARCHAR'} AS t_{column.name}"

    code_as_written = ", code AS code_as_written" if "code" in present else ""
    return f"SELECT row{code_as_written}, {', '.join(map(text, columns))} FROM ({table.select()})"


def trimmed(text: str) -> str:
    """SQL for a text without the blanks around it, NULL if there is nothing else; what has none is passed on unlooked at."""
    ends = " OR ".join(f"suffix({text}, {blank})" for blank in _BLANKS_SQL)
    return (
        f"CASE WHEN {text} < '!' OR prefix({text}, {_BLANKS_SQL[-1]}) OR {ends} "
        f"THEN nullif(trim({text}, {' || '.join(_BLANKS_SQL)}), '') ELSE {text} END"
    )


_BLANKS_SQL: Final = ("' '", "chr(9)", "chr(10)", "chr(13)", "chr(160)")


def _judged(kind: Kind, columns: Sequence[Column], receipt: Receipt) -> str:
    """Of each row: its number, the values that a part holds, the problems, and whether it has none."""
    values = ", ".join(f"{_value(kind, column, receipt)} AS v_{column.name}" for column in columns)
    problems = ", ".join(f"{_whole_problem(kind, column, receipt)} AS p_{column.name}" for column in columns)
    is_sound = " AND ".join(f"p_{column.name} IS NULL" for column in columns)
    joins = [
        f"LEFT JOIN bad_upn AS bad_{column.name} ON bad_{column.name}.upn = t_{column.name}"
        for column in columns
        if column.reading == "upn"
    ]
    if kind == "attendance":
        joins.append(f"LEFT JOIN {codes_sql()} ON known.code = v_code")
    texts = "* EXCLUDE code_as_written" if kind == "attendance" else "*"
    return (
        f"SELECT * EXCLUDE ({', '.join(f't_{column.name}' for column in columns)}), {is_sound} AS is_sound FROM ("
        f"SELECT valued.*, {problems} FROM (SELECT {texts}, {values} FROM texts) AS valued {' '.join(joins)})"
    )


def _value(kind: Kind, column: Column, receipt: Receipt) -> str:
    """SQL for what a part holds of a value: in attendance typed; in the other kinds text, in one spelling."""
    text = f"t_{column.name}"
    if column.name == "extracted_at":
        otherwise = moment_sql(receipt.extracted_at or receipt.received_at)
        return f"CASE WHEN {text} IS NULL THEN {otherwise} ELSE {time_value(text)} END"
    if column.reading in _VALUE and (kind == "attendance" or column.reading in {"flag", "choice"}):
        return _VALUE[column.reading](text)
    return text


def _whole_problem(kind: Kind, column: Column, receipt: Receipt) -> str:
    """The problem of a value that is there, or that it is not."""
    problem = _problem(kind, column, receipt)
    if column.reading == "code" or column.name == "extracted_at":
        return problem  # a blank code may say "no mark"; a time of extraction is known even where the column is blank
    missing = "NULL" if column.blank_allowed else "'VALUE_MISSING'"
    return f"CASE WHEN t_{column.name} IS NULL THEN {missing} ELSE {problem} END"


def _find_bad_upns(con: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> None:
    """Put every unsound UPN of the file into the table `bad_upn`: each distinct one is looked at once, by the one rule."""
    con.execute("CREATE TABLE bad_upn (upn VARCHAR, problem VARCHAR)")
    every = " UNION ALL ".join(f"SELECT t_{column.name} FROM texts" for column in columns if column.reading == "upn")
    if not every:
        return
    with sibling(con) as reading:  # what is read and what is written at the same time need a connection each
        distinct = reading.execute(f"SELECT DISTINCT * FROM ({every}) AS every(upn) WHERE upn IS NOT NULL")
        while batch := distinct.fetchmany(_BATCH):
            bad = {upn: problem for (upn,) in batch if (problem := upn_problem(upn))}
            if bad:
                con.execute(
                    "INSERT INTO bad_upn SELECT "
                    "unnest(map_entries(from_json(?::VARCHAR, '\"MAP(VARCHAR, VARCHAR)\"')), recursive := true)",
                    [json.dumps(bad)],
                )


# --- Two rows about the same ------------------------------------------------------------------------------------------------


def compare(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """Find the rows of one file that speak of the same thing: repeated, or in conflict (design 4.2).

    Different rows that claim the same time (recorded_at, else extracted_at) are in conflict, each; with different times they
    are an original and its amendment. After `judge`; findings go to `found`.
    """
    key = ", ".join(quoted(name) for name in KEYS[kind])
    content = ", ".join(quoted(column.name) for column in COLUMNS[kind] if column.name != "extracted_at")
    alike = " AND ".join(f"t.{quoted(name)} IS NOT DISTINCT FROM s.{quoted(name)}" for name in KEYS[kind])
    claimed = "coalesce(recorded_at, extracted_at)" if kind == "attendance" else "extracted_at"
    con.execute(
        f"""CREATE TABLE twins AS
        WITH twin AS (SELECT {key} FROM sound GROUP BY ALL HAVING count(*) > 1),
        met AS (SELECT s.*, to_json(struct_pack({content}))::VARCHAR AS content, {claimed} AS claimed_at
            FROM sound s WHERE EXISTS (SELECT 1 FROM twin t WHERE {alike}))
        SELECT row,
            min(content) OVER same_time <> max(content) OVER same_time AS in_conflict,
            list_sort(list(row) OVER same_time)[1:10] AS rivals,
            min(row) OVER same_content AS first_row
        FROM met WINDOW same_time AS (PARTITION BY {key}, claimed_at), same_content AS (PARTITION BY {key}, content)"""
    )
    con.execute(
        """INSERT INTO found BY NAME
        SELECT row, 'ROWS_CONFLICT' AS code, array_to_string(rivals, ', ') AS detail FROM twins WHERE in_conflict
        UNION ALL BY NAME
        SELECT row, 'ROW_REPEATED' AS code, first_row::VARCHAR AS detail FROM twins WHERE NOT in_conflict AND row > first_row"""
    )


# --- What a good row still calls for ------------------------------------------------------------------------------------------

_NOTE_NEEDED: Final = ("B", "K", "Y7")
_WEEKEND: Final = ("Saturday", "Sunday")
_AHEAD: Final = ("#", NO_MARK)  # closures are planned: their marks come before their days


def remark(con: duckdb.DuckDBPyConnection, accepted: str, received_on: date) -> None:
    """Add to `found` what attendance rows show by themselves that keeps none out: a note missing, a day at a weekend or to come."""
    con.execute(
        f"""INSERT INTO found BY NAME
        SELECT row, 'note' AS field, 'NOTE_MISSING' AS code, NULL AS value, code AS detail
        FROM {accepted} WHERE code IN {texts_sql(_NOTE_NEEDED)} AND note IS NULL
        UNION ALL BY NAME
        SELECT row, 'date' AS field, 'DATE_WEEKEND' AS code, date::VARCHAR AS value, dayname(date) AS detail
        FROM {accepted} JOIN {codes_sql()} USING (code) WHERE dayname(date) IN {texts_sql(_WEEKEND)} AND shows_session_held
        UNION ALL BY NAME
        SELECT row, 'date' AS field, 'DATE_FUTURE' AS code, date::VARCHAR AS value
        FROM {accepted} WHERE date > {day_sql(received_on)} AND code NOT IN {texts_sql(_AHEAD)}"""
    )
