"""Positions of one school: ours from its register, beside what others would write, on the same register.

    uv run --group bench python -m benchmarks.positions --pupils 1000 --days 183 [--check]

The peers find only who met the threshold (ten sessions of G, N, O or U within ten school weeks) and must find the same pupils
as ours, which computes every figure of a position. Each is written plainly, as its kind is usually written. Processor time of this
process, median of several runs; DuckDB has one thread, as ours has.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
from pydantic import BaseModel

from attendance.codes import SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.marks import Marks, read_marks
from attendance.positions import Assessor, SchoolView, assess
from attendance.roll import Roll
from attendance.sessions import monday
from attendance.sql import texts_sql
from benchmarks.registers import DAYS, codes_of, register_of
from benchmarks.table import peak_megabytes

WEEKS, NEEDED = 10, 10  # of the peers, written as plainly as the rule is
TARGETS: Final = {"DuckDB, a window a session": 10, "DuckDB, weekly": 4, "pandas": 50}
"""So many times ours a peer takes, at least."""
COMPUTING: Final = 4
"""So many times a bare cumulative sum computing takes, at most."""
LENIENCE: Final = 0.2


@dataclass(frozen=True)
class Line:
    """One measurement: processor seconds, the most memory the program held in a process of its own, what it found."""

    name: str
    seconds: float
    megabytes: float
    met: int


# ------------------------------------------------------------------ ours


def view_of(marks: Marks) -> SchoolView:
    """A school of which only the register is known."""
    return SchoolView("100001", "886", in_framework=True, marks=marks, roll=Roll())


def ours(path: Path) -> set[str]:
    """Every figure of every position, as arrays."""
    assessor = Assessor(view_of(read_marks([path.read_bytes()])), DAYS[-1])
    _ = assessor.sums
    return {assessor.view.marks.upns[n] for n in np.flatnonzero(assessor.windows.met >= 0)}


def in_full(path: Path) -> set[str]:
    """The same with an object for each pupil: sessions, blockers and flags as an officer reads them."""
    return {
        each.position.upn for each in assess(view_of(read_marks([path.read_bytes()])), DAYS[-1]) if each.position.met
    }


# ------------------------------------------------------------------ peers


_MARKS: Final = f"""
  WITH mark AS (
    SELECT upn, date, session, date_trunc('week', date) AS week, code IN {texts_sql(sorted(UNAUTHORISED))} AS missed,
      code IN {texts_sql(sorted(SHOWS_SESSION_HELD))} AS held
    FROM read_parquet('%s') WHERE in_force
  ), weeks AS (
    SELECT week, row_number() OVER (ORDER BY week) AS n FROM (SELECT DISTINCT week FROM mark WHERE held)
  )"""


def by_session(path: Path) -> set[str]:
    """A window over every mark."""
    return _found(
        path,
        f"""SELECT DISTINCT upn FROM (
          SELECT upn, count(*) FILTER (missed) OVER (
            PARTITION BY upn ORDER BY n RANGE BETWEEN {WEEKS - 1} PRECEDING AND CURRENT ROW) AS in_window
          FROM mark JOIN weeks USING (week)
        ) WHERE in_window >= {NEEDED}""",
    )


def by_week(path: Path) -> set[str]:
    """The marks summed by week, and a window over the weeks."""
    return _found(
        path,
        f"""SELECT DISTINCT upn FROM (
          SELECT upn, sum(missed) OVER (
            PARTITION BY upn ORDER BY n RANGE BETWEEN {WEEKS - 1} PRECEDING AND CURRENT ROW) AS in_window
          FROM (SELECT upn, n, count(*) FILTER (missed) AS missed FROM mark JOIN weeks USING (week) GROUP BY upn, n)
        ) WHERE in_window >= {NEEDED}""",
    )


def _found(path: Path, query: str) -> set[str]:
    with duckdb.connect(config={"threads": "1"}) as con:
        return {row[0] for row in con.execute(_MARKS % path + query).fetchall()}


def by_pandas(path: Path) -> set[str]:
    """A frame of the marks; by pupil, a rolling sum over the school weeks."""
    import pandas as pd

    frame = pd.read_parquet(path, columns=["upn", "date", "session", "code", "in_force"])
    frame = frame[frame["in_force"]]
    frame["week"] = pd.to_datetime(frame["date"]).dt.to_period("W")
    frame["missed"] = frame["code"].isin(UNAUTHORISED)
    weeks = pd.Index(sorted(frame.loc[frame["code"].isin(SHOWS_SESSION_HELD), "week"].unique()))
    found = set()
    for upn, of_pupil in frame.groupby("upn"):
        by_week = of_pupil.groupby("week")["missed"].sum().reindex(weeks, fill_value=0)
        if (by_week.rolling(WEEKS, min_periods=1).sum() >= NEEDED).any():
            found.add(str(upn))
    return found


def by_pandas_pivot(path: Path) -> set[str]:
    """The same for all pupils together: a table of pupils and weeks."""
    import pandas as pd

    frame = pd.read_parquet(path, columns=["upn", "date", "session", "code", "in_force"])
    frame = frame[frame["in_force"]]
    day = pd.to_datetime(frame["date"])
    frame["week"] = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    frame["missed"] = frame["code"].isin(UNAUTHORISED)
    weeks = sorted(frame.loc[frame["code"].isin(SHOWS_SESSION_HELD), "week"].unique())
    table = frame.pivot_table(index="week", columns="upn", values="missed", aggfunc="sum", fill_value=0).reindex(weeks)
    most = table.rolling(WEEKS, min_periods=1).sum().max()
    return {str(upn) for upn in most[most >= NEEDED].index}


class Mark(BaseModel):
    """A mark as a row-by-row program would hold it."""

    upn: str
    date: date
    session: str
    code: str


def row_by_row(path: Path) -> set[str]:
    """A program that holds a model a mark: count back ten weeks from each session."""
    with duckdb.connect(config={"threads": "1"}) as con:
        rows = con.execute(f"SELECT upn, date, session, code FROM read_parquet('{path}') WHERE in_force").fetchall()
    marks = [Mark(upn=upn, date=day, session=session, code=code) for upn, day, session, code in rows]
    weeks = sorted({monday(mark.date) for mark in marks if mark.code in SHOWS_SESSION_HELD})
    nth = {week: n for n, week in enumerate(weeks)}
    pupils: dict[str, list[int]] = defaultdict(list)
    for mark in marks:
        if mark.code in UNAUTHORISED:
            pupils[mark.upn].append(nth[monday(mark.date)])
    return {
        upn for upn, found in pupils.items() if any(sum(w - WEEKS < v <= w for v in found) >= NEEDED for w in found)
    }


def bare_read(path: Path) -> set[str]:
    """Only reading the four columns of the marks in force, as numbers; nobody is found."""
    with duckdb.connect(config={"threads": "1"}) as con:
        con.execute(
            f"SELECT hash(upn), date, session = 'PM', hash(code) FROM read_parquet('{path}') WHERE in_force"
        ).fetchnumpy()
    return set()


PROGRAMS: Final[dict[str, Callable[[Path], set[str]]]] = {
    "ours": ours,
    "ours, an object for each pupil": in_full,
    "DuckDB, a window a session": by_session,
    "DuckDB, weekly": by_week,
    "pandas": by_pandas,
    "pandas, one table": by_pandas_pivot,
    "row by row, pydantic": row_by_row,
    "bare read of the rows": bare_read,
}
SLOW: Final = frozenset({"pandas", "row by row, pydantic"})


# ------------------------------------------------------------------ measuring


def measure(work: Callable[[], object], times: int) -> float:
    """The median of several runs, in seconds of processor time."""
    took = []
    for _ in range(times):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return statistics.median(took)


def computing(path: Path, times: int) -> tuple[float, float]:
    """Processor seconds of computing alone, after decoding, and of a bare cumulative sum over the same marks."""
    marks = read_marks([path.read_bytes()])

    def compute() -> None:
        assessor = Assessor(view_of(Marks(marks.upns, marks.sessions, marks.cells)), DAYS[-1])
        _ = assessor.sums, assessor.windows

    many = 10 * times
    compute()
    return measure(compute, many), measure(lambda: np.cumsum(marks.cells), many)


def memory(name: str, path: Path) -> float:
    """The most memory that a new process held which ran one of the programs, in MB."""
    program = [sys.executable, "-m", "benchmarks.positions", "--alone", name, "--register", str(path)]
    return float(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


def absent() -> frozenset[str]:
    """The peers that are not installed: they come with the group `bench`."""
    return frozenset() if find_spec("pandas") else frozenset({"pandas", "pandas, one table"})


def lines(path: Path, times: int) -> Sequence[Line]:
    """The measurements, ours first; RuntimeError if a peer finds other pupils."""
    programs = {name: work for name, work in PROGRAMS.items() if name not in absent()}
    met = {name: work(path) for name, work in programs.items()}
    for name, found in met.items():
        if name != "bare read of the rows" and found != met["ours"]:
            raise RuntimeError(f"{name} does not find the pupils that ours finds")
    took: dict[str, list[float]] = {name: [] for name in programs}
    for n in range(times):  # in turn, so that all meet the same neighbours
        for name, work in programs.items():
            if n == 0 or name not in SLOW:
                took[name].append(measure(lambda work=work: work(path), 1))  # type: ignore[misc]
    return [Line(name, statistics.median(took[name]), memory(name, path), len(met[name])) for name in programs]


def table(found: Sequence[Line], pupils: int, marks: int, size: int, alone: tuple[float, float]) -> str:
    """The lines as text."""
    first = found[0].seconds
    rows = [
        f"  {line.name:<32}{line.seconds * 1000:>10.1f}{line.seconds / marks * 1e9:>10.1f}{line.seconds / first:>9.1f}"
        f"{TARGETS.get(line.name, ''):>9}{line.megabytes:>9.0f}{line.met:>7}"
        for line in found
    ]
    compute, cumsum = alone
    return "\n".join(
        [
            f"Positions of a school: {pupils:,} pupils, {marks:,} marks, a register of {size / 1e6:.1f} MB (processor time)",
            f"  {'':<32}{'ms':>10}{'ns/mark':>10}{'x ours':>9}{'target':>9}{'MB':>9}{'met':>7}",
            *rows,
            *(f"  {name}: not installed (uv run --group bench)" for name in PROGRAMS if name in absent()),
            f"  computing alone {compute * 1000:.2f} ms ({compute / marks * 1e9:.1f} ns a mark), numpy.cumsum over the same marks "
            f"{cumsum * 1000:.2f} ms: {compute / cumsum:.1f} times (target: at most {COMPUTING})",
        ]
    )


def missed(found: Sequence[Line], alone: tuple[float, float]) -> list[str]:
    """The targets that are missed by more than a fifth."""
    first = found[0].seconds
    short = [
        name
        for name, target in TARGETS.items()
        if name in absent()
        or next(line.seconds for line in found if line.name == name) / first < target * (1 - LENIENCE)
    ]
    return [*short, *(["computing alone"] if alone[0] / alone[1] > COMPUTING * (1 + LENIENCE) else [])]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; with --check, 1 if a target is missed by more than a fifth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=1000)
    parser.add_argument("--days", type=int, default=len(DAYS))
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="exit 1 if a target is missed by more than a fifth")
    parser.add_argument("--alone", choices=PROGRAMS, help="only run this program once and print its memory in MB")
    parser.add_argument("--register", type=Path, help="the register for --alone")
    args = parser.parse_args(argv)
    if args.alone:
        PROGRAMS[args.alone](args.register)
        print(peak_megabytes())
        return 0
    codes = codes_of("Secondary", args.pupils, min(args.days, len(DAYS)), 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "register.parquet")
        path.write_bytes(register_of(codes, 1))
        found, alone = lines(path, args.times), computing(path, args.times)
        print(table(found, len(codes), codes.size, path.stat().st_size, alone))
    short = missed(found, alone) if args.check else []
    for name in short:
        print(f"  missed: {name}", file=sys.stderr)
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main())
