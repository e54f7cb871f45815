"""Marks validated per second: ours from the file, against row-by-row pydantic with the same rules, and only reading the file.

    uv run python -m benchmarks.validate --pupils 1000 --days 190

Ours includes what the others leave out: findings with row numbers, duplicates told from amendments, the part as Parquet.
Codes are drawn from the national mix (`local/madeup/code-mix.csv`, Department for Education, Open Government Licence v3).
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError, field_validator, model_validator

from attendance.checking import Place, check_file
from attendance.codes import CODES, in_force
from attendance.engine import connect
from attendance.identifiers import upn_check_letter, upn_problem
from attendance.text import LONDON
from benchmarks.table import Line, table

FIRST_DAY = date(2025, 9, 1)
RECEIVED = datetime(2026, 7, 31, 18, tzinfo=UTC)
COLUMNS = ("upn", "date", "session", "code", "note", "minutes_late", "recorded_at", "recorded_by", "amendment_reason")


def write_extract(path: Path, pupils: int, days: int, bad_in: int = 1000) -> int:
    """A year of one school, about one row in so many with an error; gives the number of rows."""
    draw = random.Random(7)
    codes, weights = _mix()
    upns = [_upn(n) for n in range(pupils)]
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for day in _school_days(days):
            for session, hour, wrong in (("AM", "09", "\\"), ("PM", "13", "/")):
                for upn, code in zip(upns, draw.choices(codes, weights, k=pupils), strict=True):
                    mark = {"\\": "/", "/": "\\"}[wrong] if code in "/\\" else code
                    mark = "0" if draw.random() * bad_in < 1 else mark
                    note = "museum" if mark in {"B", "K", "Y7"} else ""
                    out.writerow(
                        (upn, day, session, mark, note, "", f"{day}T{hour}:05:{draw.randrange(60):02}", "T1", "")
                    )
                    rows += 1
    return rows


def _mix() -> tuple[list[str], list[int]]:
    text = resources.files("local.madeup").joinpath("code-mix.csv").read_text(encoding="utf-8")
    rows = [
        row
        for row in csv.DictReader(text.splitlines())
        if row["phase"] == "Secondary" and in_force(row["code"], FIRST_DAY)
    ]
    return [row["code"] for row in rows], [int(row["sessions"]) for row in rows]


def _upn(n: int) -> str:
    digits = f"A8012{n:08d}"
    return upn_check_letter(digits) + digits[1:]


def _school_days(days: int) -> Iterator[date]:
    day = FIRST_DAY
    while days:
        if day.weekday() < 5:
            yield day
            days -= 1
        day += timedelta(days=1)


class Row(BaseModel):
    """A row as a careful row-by-row program would hold and check it."""

    upn: str
    date: date
    session: Literal["AM", "PM"]
    code: str
    note: str | None
    minutes_late: int | None
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
        moment = value and (value if value.tzinfo else value.replace(tzinfo=LONDON)).astimezone(UTC)
        if moment and moment > RECEIVED + timedelta(hours=1):
            raise ValueError("TIME_AHEAD")
        return moment

    @model_validator(mode="after")
    def _code(self) -> Row:
        if not in_force(self.code, self.date):
            raise ValueError("CODE_UNKNOWN")
        if self.session not in CODES[self.code].sessions:
            raise ValueError("CODE_WRONG_SESSION")
        if not date(2023, 8, 1) <= self.date <= date(2027, 7, 31):
            raise ValueError("DATE_OUT_OF_RANGE")
        return self


def row_by_row(path: Path) -> int:
    """How many rows a row-by-row reader accepts: each parsed, validated, and looked up among those before it."""
    seen: dict[tuple[str, date, str], Row] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for values in csv.DictReader(file):
            try:
                row = Row.model_validate(values)
            except ValidationError:
                continue
            seen[row.upn, row.date, row.session] = row
    return len(seen)


def ours(path: Path) -> int:
    """How many rows `check` accepts."""
    (checked,) = check_file(path, path.name, place=Place(), received_at=RECEIVED, known=None, now_day=RECEIVED.date())
    return checked.accepted


def bare_read(path: Path) -> int:
    """How many rows DuckDB reads, every value as text, nothing checked."""
    with connect() as con:
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
        scan = f"read_csv('{path}', columns={{{columns}}}, auto_detect=false, header=true, delim=',', quote='\"')"
        found = con.execute(f"SELECT count(*), count(COLUMNS(*)) FROM {scan}").fetchone()
    return int(found[0]) if found else 0


def measured(work: Callable[[], int], times: int) -> tuple[float, int]:
    """The median of the processor seconds of so many runs, and what the work gave."""
    seconds, result = [], 0
    for _ in range(times):
        start = time.process_time()
        result = work()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), result


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Marks validated per second, side by side.")
    parser.add_argument("--pupils", type=int, default=1000)
    parser.add_argument("--days", type=int, default=190)
    parser.add_argument("--times", type=int, default=3)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "marks.csv")
        rows = write_extract(path, args.pupils, args.days)
        lines, accepted = [], {}
        for name, work in (
            ("ours: check, findings, part", ours),
            ("row by row, pydantic", row_by_row),
            ("DuckDB, only reading", bare_read),
        ):
            seconds, accepted[name] = measured(partial(work, path), args.times)
            lines.append(Line(name, seconds, rows, rows))
    print(table("Validating an extract", "rows", lines))
    print(f"  accepted: {', '.join(f'{name.partition(chr(58))[0]} {n:,}' for name, n in accepted.items())}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
