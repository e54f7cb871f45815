"""What a row looks like beside what else the school sent: roll, calendar, earlier marks (the warnings of design 5.2).

The same SQL serves one file as it arrives and, at the end of a run, all parts of a school at once. A check whose extract the
school never sent is not made. Nothing here decides what becomes of a row.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from attendance.ages import compulsory_from, compulsory_until
from attendance.engine import connect
from attendance.law import FEW_SESSIONS, N_DAYS
from attendance.rowchecks import NO_MARK
from attendance.sql import codes_sql, day_sql, load, text_sql

type Row = Mapping[str, str | None]

CONTEXT_CODES: Final = frozenset(
    [
        "PUPIL_UNKNOWN",
        "NOT_ON_ROLL",
        "CODE_AGAINST_AGE",
        "CODE_NEEDS_FLAG",
        "AMENDED_WITHOUT_REASON",
        "DAY_CLOSED",
        "CLOSURE_MIXED",
        "N_OVERDUE",
        "DUAL_CONFLICT",
        "SESSION_HELD_BY_FEW",
        "CALENDAR_MISSING",
    ]
)
"""What is found here: the codes of which `recheck` counts afresh."""


@dataclass(frozen=True)
class Known:
    """What else is known of a school: the rows in force of each kind of extract (None: never sent) and its registers.

    `registers`: Parquet, one an academic year, with every entry ever received.
    """

    pupils: Sequence[Row] | None = None
    parents: Sequence[Row] | None = None
    support: Sequence[Row] | None = None
    absences_expected: Sequence[Row] | None = None
    calendar: Sequence[Row] | None = None
    registers: Sequence[bytes] = ()


def recheck(parts: Sequence[bytes], known: Known, as_at: date, urn: str) -> dict[str, dict[str, int]]:
    """Count the findings of CONTEXT_CODES in all attendance parts of a school, by upload and code, as they stand now.

    The parts hold every entry, so `known.registers` is not asked. An upload without a finding is not in the answer.
    """
    if not parts:
        return {}
    with tempfile.TemporaryDirectory() as name, connect() as con:
        paths = _written(parts, Path(name), "part")
        con.execute(f"CREATE VIEW part AS SELECT * FROM read_parquet({paths})")
        con.execute(f"CREATE VIEW earlier AS SELECT * FROM read_parquet({paths}) LIMIT 0")
        _find(con, "part", known, as_at, urn)
        if known.calendar is None:
            con.execute("INSERT INTO in_context BY NAME SELECT DISTINCT upload, 'CALENDAR_MISSING' AS code FROM part")
        counts: dict[str, dict[str, int]] = {}
        for upload, code, n in con.execute(
            "SELECT upload, code, count(*) FROM in_context GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            counts.setdefault(upload, {})[code] = n
        return counts


def find_in_context(
    con: duckdb.DuckDBPyConnection, rows: str, known: Known, as_at: date, urn: str | None, folder: Path
) -> None:
    """Fill the table `in_context` (upload, row, field, code, value, detail) with what is found of one file's rows.

    `rows` is a relation with the columns of an attendance part; as-at says which N is overdue.
    """
    _view_registers(con, rows, known, folder)
    con.execute(f"CREATE VIEW earlier AS SELECT * FROM register SEMI JOIN {rows} USING (date, session)")
    _find(con, rows, known, as_at, urn)


def compare_with_register(con: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int]:
    """How many rows say what the register says already, and how many change a mark in it (after `find_in_context`)."""
    content = "code, minutes_late, note, recorded_at, recorded_by, amendment_reason"
    row = con.execute(
        f"""SELECT count(*) FILTER (same), count(*) FILTER (NOT same AND new_at > old_at) FROM (
            SELECT ({", ".join(f"n.{name.strip()}" for name in content.split(","))}) IS NOT DISTINCT FROM
                   ({", ".join(f"o.{name.strip()}" for name in content.split(","))}) AS same,
                {_rank("n")} AS new_at, {_rank("o")} AS old_at
            FROM {rows} n JOIN (SELECT * FROM register WHERE in_force) o USING (upn, date, session))"""
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _rank(of: str) -> str:
    """The total order of entries (design 4.2) as one comparable value."""
    return f"(coalesce({of}.recorded_at, {of}.extracted_at), {of}.extracted_at, {of}.upload, {of}.row)"


def _written(bodies: Sequence[bytes], folder: Path, stem: str) -> str:
    """Write Parquet bytes to files, and give the SQL list of their paths."""
    paths = []
    for n, body in enumerate(bodies):
        path = folder / f"{stem}-{n}.parquet"
        path.write_bytes(body)
        paths.append(text_sql(str(path)))
    return f"[{', '.join(paths)}]"


def _view_registers(con: duckdb.DuckDBPyConnection, rows: str, known: Known, folder: Path) -> None:
    if known.registers:
        con.execute(
            f"CREATE VIEW register AS SELECT * FROM read_parquet({_written(known.registers, folder, 'register')})"
        )
    else:
        con.execute(f"CREATE VIEW register AS SELECT *, true AS in_force FROM {rows} LIMIT 0")


def _load_pupils(con: duckdb.DuckDBPyConnection, pupils: Sequence[Row]) -> None:
    """The table `pupil`: one row a UPN, a former UPN too, with the days of compulsory school age worked out."""
    each: dict[str, dict[str, object]] = {}
    for row in pupils:
        if row.get("withdrawn_on"):
            continue
        born = row.get("date_of_birth")
        facts: dict[str, object] = {
            "starting_day": row.get("starting_day"),
            "leaving_day": row.get("leaving_day"),
            "compulsory_from": str(compulsory_from(date.fromisoformat(born))) if born else None,
            "compulsory_until": str(compulsory_until(date.fromisoformat(born))) if born else None,
            "elsewhere": row.get("dual_registered_urn"),
            "mobile": row.get("mobile_child") == "yes",
            "part_time_until": row.get("part_time_timetable_until"),
        }
        for upn in (row.get("former_upn"), row.get("upn")):
            if upn:
                each[upn] = {"upn": upn, **facts}
    shape = {
        "upn": "VARCHAR",
        "starting_day": "DATE",
        "leaving_day": "DATE",
        "compulsory_from": "DATE",
        "compulsory_until": "DATE",
        "elsewhere": "VARCHAR",
        "mobile": "BOOLEAN",
        "part_time_until": "DATE",
    }
    load(con, "pupil", shape, list(each.values()))


def _load_calendar(con: duckdb.DuckDBPyConnection, calendar: Sequence[Row]) -> None:
    """The table `calendar`: one row a session of which the calendar speaks; a row for one session is nearer than one for both."""
    days: dict[tuple[str, str], dict[str, object]] = {}
    for row in sorted(calendar, key=lambda row: row.get("session") or ""):
        for session in (row.get("session"),) if row.get("session") else ("AM", "PM"):
            if (day := row.get("date")) and session:
                days[day, session] = {"date": day, "session": session, "is_open": row.get("open") == "yes"}
    load(con, "calendar", {"date": "DATE", "session": "VARCHAR", "is_open": "BOOLEAN"}, list(days.values()))


def _find(con: duckdb.DuckDBPyConnection, rows: str, known: Known, as_at: date, urn: str | None) -> None:
    """Make the tables that the checks ask, then run those whose extract is there."""
    con.execute(
        "CREATE TABLE in_context (upload VARCHAR, row BIGINT, field VARCHAR, code VARCHAR, value VARCHAR, detail VARCHAR)"
    )
    con.execute(f"CREATE TABLE known_code AS SELECT * FROM {codes_sql()}")
    _load_calendar(con, known.calendar or ())
    con.execute(_ENTRIES.format(rows=rows))
    con.execute(_SEVERAL)
    con.execute(_CURRENT)
    con.execute(_SESSIONS)
    checks = [_AMENDED, _CLOSURE_MIXED, _n_overdue(as_at, has_register=bool(known.registers))]
    if known.pupils is not None:
        _load_pupils(con, known.pupils)
        checks += [*_ON_ROLL, _held_by_few(as_at)]
        if urn is not None:
            checks.append(_DUAL_CONFLICT.format(urn=text_sql(urn)))
    if known.calendar is not None:
        checks.append(_DAY_CLOSED)
    for check in checks:
        con.execute("INSERT INTO in_context BY NAME " + check.format(rows=rows))


# Every entry of the sessions in hand: those of the rows themselves, and those of the register that they may change.
_ENTRIES: Final = """CREATE TABLE entry AS
SELECT upn, date, session, code, amendment_reason, coalesce(recorded_at, extracted_at) AS ranked_at,
    extracted_at, upload, row, true AS mine
FROM {rows}
UNION ALL
SELECT upn, date, session, code, amendment_reason, coalesce(recorded_at, extracted_at),
    extracted_at, upload, row, false
FROM earlier"""

_SEVERAL: Final = "CREATE TABLE several AS SELECT upn, date, session FROM entry GROUP BY ALL HAVING count(*) > 1"

_CURRENT: Final = """CREATE TABLE current AS
SELECT * FROM entry ANTI JOIN several USING (upn, date, session)
UNION ALL
SELECT * FROM (SELECT * FROM entry SEMI JOIN several USING (upn, date, session)
    QUALIFY row_number() OVER (PARTITION BY upn, date, session
        ORDER BY ranked_at DESC, extracted_at DESC, upload DESC, row DESC) = 1)"""

_SESSIONS: Final = f"""CREATE TABLE session_held AS
SELECT date, session,
    count(*) FILTER (shows_session_held) AS shown,
    count(*) FILTER (code = '#') AS closed,
    count(*) FILTER (code NOT IN ('#', 'Z')) AS otherwise,
    any_value(is_open) AS is_open,
    coalesce(any_value(is_open), count(*) FILTER (shows_session_held) > 0) AS is_held
FROM (SELECT * FROM current WHERE code <> '{NO_MARK}') JOIN known_code USING (code)
LEFT JOIN calendar USING (date, session) GROUP BY ALL"""

_AMENDED: Final = f"""SELECT upload, row, 'amendment_reason' AS field, 'AMENDED_WITHOUT_REASON' AS code, 'was ' || before AS detail
FROM (SELECT *, lag(code) OVER (PARTITION BY upn, date, session ORDER BY ranked_at, extracted_at, upload, row) AS before
    FROM entry SEMI JOIN several USING (upn, date, session))
WHERE mine AND amendment_reason IS NULL AND before <> code AND before <> '{NO_MARK}'"""

_CLOSURE_MIXED: Final = """SELECT upload, min(row) AS row, 'code' AS field, 'CLOSURE_MIXED' AS code, '#' AS value,
    any_value(closed) || ' with #, ' || any_value(otherwise) || ' with another' AS detail
FROM current JOIN session_held USING (date, session)
WHERE mine AND code = '#' AND otherwise > 0 GROUP BY upload, date, session"""

_DAY_CLOSED: Final = """SELECT upload, row, 'date' AS field, 'DAY_CLOSED' AS code, date::VARCHAR AS value
FROM {rows} r JOIN calendar USING (date, session) JOIN known_code USING (code)
WHERE NOT is_open AND shows_session_held"""

_DUAL_CONFLICT: Final = """SELECT upload, row, 'code' AS field, 'DUAL_CONFLICT' AS code, code AS value
FROM {{rows}} r JOIN pupil USING (upn) WHERE code = 'D' AND elsewhere = {urn}"""

_ON_ROLL: Final = (
    """SELECT upload, row, 'upn' AS field, 'PUPIL_UNKNOWN' AS code, upn AS value FROM {rows} r ANTI JOIN pupil USING (upn)""",
    """SELECT upload, row, 'date' AS field, 'NOT_ON_ROLL' AS code, date::VARCHAR AS value,
        CASE WHEN date < starting_day THEN 'the starting day is ' || starting_day
            ELSE 'the leaving day was ' || leaving_day END AS detail
    FROM {rows} r JOIN pupil USING (upn)
    WHERE code NOT IN ('#', 'Z', '-') AND (date < starting_day OR date > leaving_day)""",
    """SELECT upload, row, 'code' AS field, 'CODE_AGAINST_AGE' AS code, code AS value,
        CASE code WHEN 'X' THEN 'X is only for pupils not of compulsory school age, and this one was, that day'
            ELSE 'C2 is only for pupils of compulsory school age, and this one was not, that day' END AS detail
    FROM {rows} r JOIN pupil USING (upn)
    WHERE (code = 'X' AND date BETWEEN compulsory_from AND compulsory_until)
        OR (code = 'C2' AND date NOT BETWEEN compulsory_from AND compulsory_until)""",
    """SELECT upload, row, 'code' AS field, 'CODE_NEEDS_FLAG' AS code, code AS value,
        CASE code WHEN 'D' THEN 'dual_registered_urn, the other school of the pupil' WHEN 'T' THEN 'mobile_child = yes'
            WHEN 'C2' THEN 'part_time_timetable_until on or after the day'
            ELSE 'a starting day after the session, for it is for those not yet on the roll' END AS detail
    FROM {rows} r JOIN pupil USING (upn)
    WHERE (code = 'D' AND elsewhere IS NULL) OR (code = 'T' AND NOT mobile)
        OR (code = 'C2' AND coalesce(part_time_until < date, true)) OR (code = 'Z' AND date >= starting_day)""",
)


def _n_overdue(as_at: date, *, has_register: bool) -> str:
    """N in force with more school days after it, up to as-at, than there are to establish the reason."""
    in_register = (
        "UNION SELECT date FROM register JOIN known_code USING (code) WHERE in_force AND shows_session_held"
        if has_register
        else ""
    )
    days = N_DAYS.latest
    return f"""WITH school_day AS (
        (SELECT date FROM session_held WHERE is_held UNION SELECT date FROM calendar WHERE is_open {in_register})
        EXCEPT (SELECT date FROM calendar GROUP BY date HAVING count(*) = 2 AND NOT bool_or(is_open))
    ), numbered AS (SELECT date, row_number() OVER (ORDER BY date) AS n FROM school_day WHERE date <= {day_sql(as_at)})
    SELECT upload, row, 'code' AS field, 'N_OVERDUE' AS code, 'N' AS value, '{days}' AS detail
    FROM current WHERE mine AND code = 'N' AND date <= {day_sql(as_at)}
        AND (SELECT count(*) FROM numbered WHERE numbered.date > current.date) > {days}"""


def _held_by_few(as_at: date) -> str:
    """Where the calendar does not speak, a session of which fewer than one in so many of the roll have a mark that shows it."""
    one_in = FEW_SESSIONS.on(as_at)
    return f"""WITH few AS (
        SELECT date, session, shown, count(*) AS roll
        FROM session_held JOIN pupil ON coalesce(starting_day <= date, true) AND coalesce(leaving_day >= date, true)
        WHERE is_open IS NULL AND shown > 0 GROUP BY ALL HAVING shown * {one_in} < count(*))
    SELECT upload, min(row) AS row, 'session' AS field, 'SESSION_HELD_BY_FEW' AS code, session AS value,
        any_value(shown) || ' of ' || any_value(roll) AS detail
    FROM current JOIN known_code USING (code) JOIN few USING (date, session)
    WHERE mine AND shows_session_held GROUP BY upload, date, session"""
