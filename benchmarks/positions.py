"""Positions of one school: ours from its register, beside what others would write, on the same register.

    uv run --group bench python -m benchmarks.positions --pupils 1000 --days 183 [--check]

The peers find only who met the threshold (ten sessions of G, N, O or U within ten school weeks) and must find the same pupils
as ours, which computes every figure of a position. Each is written plainly, as its kind is usually written. Processor time of this
process, median of several runs; DuckDB has one thread, as ours has.

"Computing alone" is all of that from a school's marks as they lie decoded in memory, one byte a pupil and session, to every sum and
window as arrays: nothing of it is kept from one call to the next, and the school's sessions, weeks and ages are found anew. Beside
it, `numpy.cumsum` adds up the same bytes, where they lie, into room made once. The two are called in turn in one process, warm, so
that each finds the caches as the other left them and both meet the same neighbours on the machine; the medians are compared.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from attendance.codes import SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.marks import Marks, read_marks
from attendance.positions import Assessor, SchoolView, assess
from attendance.roll import Roll
from attendance.sessions import monday
from attendance.sql import texts_sql
from benchmarks.measuring import Program, measure, measure_in_turn
from benchmarks.registers import DAYS, codes_of, register_of
from benchmarks.table import Benchmark, at_least, at_most, table

WEEKS, NEEDED = 10, 10  # of the peers, written as plainly as the rule is
TARGETS: Final = {"DuckDB, a window a session": 10, "DuckDB, weekly": 4, "pandas": 50}
"""So many times ours a peer takes, at least."""
COMPUTING: Final = 4
"""So many times a bare cumulative sum computing takes, at most."""
ROUNDS: Final = 400
"""So often each is called in turn, in each process: some are disturbed by neighbours, the median is not."""
JUDGED_FROM: Final = 100_000
"""Pupils times days; fewer only show that the programs run."""
BARE: Final = "bare read of the rows"


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
    BARE: bare_read,
}
SLOW: Final = frozenset({"pandas", "row by row, pydantic"})


# ------------------------------------------------------------------ measuring


@cache
def _marks(path: Path) -> Marks:
    return read_marks([path.read_bytes()])


def _computing(path: Path) -> int:
    marks = _marks(path)
    assessor = Assessor(view_of(Marks(marks.upns, marks.sessions, marks.cells)), DAYS[-1])
    _ = assessor.sums, assessor.windows
    return int(marks.cells.size)


@cache
def _room(path: Path) -> NDArray[np.int64]:
    """Where the sum goes: made once, or a new process would mostly be given pages of memory, which is no summing."""
    return np.zeros(_marks(path).cells.size, dtype=np.int64)


def _cumsum(path: Path) -> int:
    return int(np.cumsum(_marks(path).cells, out=_room(path)).size)


def _run(name: str, path: Path, marks: int) -> int:
    PROGRAMS[name](path)
    return marks


def benchmarks(pupils: int, days: int, times: int) -> list[Benchmark]:
    """Ours beside the peers, and computing alone beside a bare cumulative sum; RuntimeError if a peer finds other pupils."""
    codes = codes_of("Secondary", pupils, min(days, len(DAYS)), 1)
    few = codes_of("Secondary", min(pupils, 20), min(days, len(DAYS)), 1)
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder, "register.parquet"), Path(folder, "few.parquet")
        path.write_bytes(register_of(codes, 1))
        small.write_bytes(register_of(few, 1))
        _see_that_all_find_the_same(path)
        lines = measure(
            [
                Program(name, partial(_run, name, path, codes.size), partial(_run, name, small, 0),
                        repeat=1 if name in SLOW else 5, times=1 if name in SLOW else None)
                for name in PROGRAMS
            ],
            times,
        )  # fmt: skip
        computing, cumsum = measure_in_turn(
            [
                Program("ours, computing alone", partial(_computing, path), partial(_computing, path), repeat=ROUNDS),
                Program("numpy.cumsum", partial(_cumsum, path), partial(_cumsum, path), repeat=ROUNDS),
            ],
            times,
        )
    by_name = {line.name: line for line in lines}
    why_not = "" if pupils * days >= JUDGED_FROM else f"fewer than {JUDGED_FROM:,} pupils times days"
    return [
        Benchmark(
            "Positions of a school, from its register",
            "marks",
            lines,
            [at_least(times_ours, lines[0], by_name[name], why_not) for name, times_ours in TARGETS.items()],
        ),
        Benchmark(
            "Positions of a school, after decoding",
            "marks",
            [computing, cumsum],
            [at_most(COMPUTING, computing, cumsum, why_not)],
        ),
    ]


def _see_that_all_find_the_same(path: Path) -> None:
    found = ours(path)
    for name, work in PROGRAMS.items():
        try:
            theirs = work(path)
        except ImportError:  # the table says so
            continue
        if name != BARE and theirs != found:
            raise RuntimeError(f"{name} does not find the pupils that ours finds")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; with --check, 1 if a target is missed by more than a fifth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=1000)
    parser.add_argument("--days", type=int, default=len(DAYS))
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="exit 1 if a target is missed by more than a fifth")
    args = parser.parse_args(argv)
    made = benchmarks(args.pupils, args.days, args.times)
    print(table(made))
    return 1 if args.check and not all(each.kept for each in made) else 0


if __name__ == "__main__":
    raise SystemExit(main())
