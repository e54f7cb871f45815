"""Positions per second: ours from a register, against row-by-row Python, and against only reading the same register.

uv run python -m benchmarks.positions --pupils 1000 --days 190
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
from pydantic import BaseModel

from attendance.codes import SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.engine import connect
from attendance.marks import read_marks
from attendance.positions import SchoolView, assess
from attendance.register import fold, part_name
from attendance.roll import Roll
from attendance.sessions import monday
from benchmarks.table import Line, table

YEAR_STARTS = date(2025, 9, 1)
WEEKS, NEEDED = 10, 10  # of the peer, written as plainly as the rule is


class Mark(BaseModel):
    """A mark as a row-by-row program would hold it."""

    upn: str
    date: date
    session: str
    code: str


def register_of(pupils: int, days: int) -> bytes:
    """A made-up register: about one mark in forty unauthorised, drawn by a hash so that every run has the same."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        path = Path(folder, "part.parquet")
        con.execute(
            f"""COPY (
            SELECT printf('A%012d', pupil) AS upn, day AS date, session,
              CASE WHEN hash(pupil, day, session) % 40 = 0 THEN 'O' WHEN session = 'AM' THEN '/' ELSE '\\' END AS code,
              NULL::INT AS minutes_late, NULL::VARCHAR AS note, NULL::TIMESTAMP AS recorded_at, NULL::VARCHAR AS recorded_by,
              NULL::VARCHAR AS amendment_reason, TIMESTAMP '2026-07-20' AS extracted_at, TIMESTAMP '2026-07-20' AS received_at,
              repeat('0', 64) AS upload, (row_number() OVER (ORDER BY pupil, day, session)) AS row
            FROM range({pupils}) p(pupil),
              (SELECT (DATE '{YEAR_STARTS}' + n::INT)::DATE AS day FROM range({days * 2}) d(n)
               WHERE dayofweek(DATE '{YEAR_STARTS}' + n::INT) BETWEEN 1 AND 5 LIMIT {days}),
              (VALUES ('AM'), ('PM')) s(session)
            ORDER BY upn, date, session) TO '{path}' (FORMAT parquet)"""
        )
        part = path.read_bytes()
    return fold([(part_name("0" * 64, datetime(2026, 7, 20, tzinfo=UTC)), part)]).body


def ours(register: bytes, as_at: date) -> int:
    """Every position, all fields, from the register's bytes."""
    view = SchoolView("100001", "886", in_framework=True, marks=read_marks([register]), roll=Roll())
    return sum(each.position.met for each in assess(view, as_at))


def rows_of(register: bytes) -> list[tuple[str, date, str, str]]:
    """The marks in force as rows."""
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        path = Path(folder, "register.parquet")
        path.write_bytes(register)
        return con.execute(f"SELECT upn, date, session, code FROM read_parquet('{path}') WHERE in_force").fetchall()


def row_by_row(register: bytes) -> int:
    """The threshold alone, as a program that holds a model a mark would do it: count back ten weeks from each session."""
    marks = [Mark(upn=upn, date=day, session=session, code=code) for upn, day, session, code in rows_of(register)]
    weeks = sorted({monday(mark.date) for mark in marks if mark.code in SHOWS_SESSION_HELD})
    nth = {week: n for n, week in enumerate(weeks)}
    pupils: dict[str, list[int]] = defaultdict(list)
    for mark in marks:
        if mark.code in UNAUTHORISED:
            pupils[mark.upn].append(nth[monday(mark.date)])
    return sum(any(sum(w - WEEKS < v <= w for v in found) >= NEEDED for w in found) for found in pupils.values())


def bare_read(register: bytes) -> int:
    """Only reading the register's columns."""
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        path = Path(folder, "register.parquet")
        path.write_bytes(register)
        arrays = con.execute(
            f"SELECT hash(upn), date, session = 'PM', hash(code) FROM read_parquet('{path}')"
        ).fetchnumpy()
        return len(next(iter(arrays.values())))


def measure(work: Callable[[], int], times: int) -> float:
    """The median of several runs, in seconds of processor time of this process."""
    took = []
    for _ in range(times):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return statistics.median(took)


def lines(pupils: int, days: int, times: int) -> Sequence[Line]:
    """The measurements, ours first."""
    register = register_of(pupils, days)
    as_at = YEAR_STARTS + timedelta(days=days * 2)
    met = ours(register, as_at)
    if met != row_by_row(register):
        raise RuntimeError("ours and the row-by-row program do not find the same pupils")
    measured = {
        "ours": measure(lambda: ours(register, as_at), times),
        "row-by-row pydantic (threshold only)": measure(lambda: row_by_row(register), 1),
        "bare read of the register": measure(lambda: bare_read(register), times),
    }
    return [Line(name, seconds, pupils, pupils * days * 2) for name, seconds in measured.items()]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=1000)
    parser.add_argument("--days", type=int, default=190)
    parser.add_argument("--times", type=int, default=3)
    args = parser.parse_args(argv)
    print(table("Positions", "positions", lines(args.pupils, args.days, args.times)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
