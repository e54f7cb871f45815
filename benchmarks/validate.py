"""An extract checked: ours with every rule and the whole report, beside other validators and beside only reading the file.

    uv run --group bench python -m benchmarks.validate [--check]

A year of a school (1,000 pupils, 380 sessions) and one day of it. Ours also does what the peers cannot (`validate_peers.py` says
what): the roll and the calendar, rows repeated or in conflict, the report as JSON, the part as Parquet. Before anything is
measured, each peer must find the same wrong rows as ours. Each runs in processes of its own, in turn; processor time. Codes are
drawn from the national mix (`local/madeup/code-mix.csv`, Department for Education, Open Government Licence v3).
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Final

from attendance.checking import CheckedFile, Place, check_file
from attendance.codes import in_force
from attendance.context import Known
from attendance.engine import connect
from attendance.identifiers import upn_check_letter
from attendance.table import Row, Table
from benchmarks import validate_peers
from benchmarks.measuring import Program, measure
from benchmarks.table import Benchmark, Line, Target, at_least, at_most, table
from benchmarks.validate_peers import COLUMNS, RECEIVED, RULES

FIRST_DAY: Final = date(2025, 9, 1)
PEERS: Final[Mapping[str, tuple[Callable[[Path], list[int]], float]]] = {
    "row by row, pydantic": (validate_peers.pydantic, 20),
    "pandera (pandas)": (validate_peers.pandera, 10),
    "frictionless": (validate_peers.frictionless, 50),
}
"""Each peer, and how many times as fast ours is to be."""
OF_READING: Final = 3
MOST_MEMORY: Final = 256
LARGE: Final = 50_000_000
JUDGED_FROM: Final = 100_000
"""So many rows of a year; fewer only show that all of it runs."""
_MISTAKES: Final = (
    ("code", "0"), ("code", "Q1"), ("upn", "A80120000000"), ("date", "31/12/2025"), ("date", "2020-01-06"), ("session", "am"),
    ("minutes_late", "-5"), ("recorded_at", "2025-09-01T25:00:00"), ("recorded_at", "2099-01-01T09:00:00"), ("code", ""),
)  # fmt: skip


def write_extract(path: Path, pupils: int, days: int, bad_in: int = 1000) -> int:
    """Days of one school, about one row in so many with a mistake; gives the number of rows."""
    draw = random.Random(7)
    codes, weights = _mix()
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        out.writeheader()
        for day in _school_days(days):
            for session, hour, other in (("AM", "09", "\\"), ("PM", "13", "/")):
                for upn, drawn in zip(_upns(pupils), draw.choices(codes, weights, k=pupils), strict=True):
                    code = {"\\": "/", "/": "\\"}[other] if drawn in "/\\" else drawn
                    row = {"upn": upn, "date": str(day), "session": session, "code": code, "recorded_by": "T1"}
                    row["recorded_at"] = f"{day}T{hour}:05:{draw.randrange(60):02}"
                    row["note"] = "museum" if code in {"B", "K", "Y7"} else ""
                    out.writerow(row | dict([draw.choice(_MISTAKES)]) if draw.random() * bad_in < 1 else row)
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


@cache
def _upns(pupils: int) -> list[str]:
    return [upn_check_letter(digits) + digits[1:] for n in range(pupils) for digits in [f"A8012{n:08d}"]]


def _school_days(days: int) -> Iterator[date]:
    day = FIRST_DAY
    while days:
        if day.weekday() < 5:
            yield day
            days -= 1
        day += timedelta(days=1)


@cache
def known(pupils: int) -> Known:
    """The roll of the school, and its calendar."""
    roll = [{"upn": upn, "date_of_birth": "2012-05-05", "starting_day": "2023-09-01"} for upn in _upns(pupils)]
    days: list[Row] = [{"date": str(day), "session": None, "open": "yes"} for day in _school_days(190)]
    return Known(pupils=Table.of(roll), calendar=Table.of(days))


def checked(path: Path, pupils: int) -> CheckedFile:
    """The file as the function checks it, with the roll and the calendar."""
    place, now_day = Place(la="886", urn="100001"), RECEIVED.date()
    (report,) = check_file(path, path.name, place=place, received_at=RECEIVED, known=known(pupils), now_day=now_day)
    return report


def ours(path: Path, pupils: int) -> int:
    """Every rule, the report as JSON, the part as Parquet."""
    report = checked(path, pupils)
    report.model_dump_json()
    return report.rows


def warm_ours(path: Path, pupils: int) -> None:
    """As in a function's package, in which pandas is not: DuckDB loads it where it is installed."""
    sys.modules["pandas"] = None  # type: ignore[assignment]
    ours(path, pupils)


def peer(name: str, path: Path, rows: int) -> int:
    """All that a peer does with the file."""
    PEERS[name][0](path)
    return rows


def bare_read(path: Path) -> int:
    """Only reading every value of the file as text, by DuckDB."""
    with connect() as con:
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
        scan = f"read_csv('{path}', columns={{{columns}}}, auto_detect=false, header=true, delim=',', quote='\"')"
        found = con.execute(f"SELECT count(*), count(COLUMNS(*)) FROM {scan}").fetchone()
    return int(found[0]) if found else 0


def differences(path: Path, pupils: int) -> list[str]:
    """The peers that find other rows wrong than ours does by the rules they have; who is not installed is not asked."""
    wrong = {each.row for each in checked(path, pupils).findings if each.code in {*RULES, "CODE_BLANK"}}
    differ = []
    for name, (work, _) in PEERS.items():
        try:
            found = set(work(path))
        except ImportError:
            continue
        if found != wrong:
            differ.append(f"{name} differs from ours in rows {sorted(map(str, found ^ wrong))[:10]}")
    return differ


def benchmarks(pupils: int, days: int, times: int) -> list[Benchmark]:
    """The year's extract, the daily one, and the memory of a large one; RuntimeError if a peer finds other rows wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        little, day, year, large = (folder / f"{each}.csv" for each in ("little", "day", "year", "large"))
        write_extract(little, 100, 20, bad_in=10)
        if differ := differences(little, 100):
            raise RuntimeError("; ".join(differ))
        write_extract(little, 10, 2)
        of_day, of_year = write_extract(day, pupils, 1), write_extract(year, pupils, days)
        why_not = "" if of_year >= JUDGED_FROM else f"a year of fewer than {JUDGED_FROM:,} rows"
        made = [
            _beside(
                f"A year's extract, {year.stat().st_size / 1e6:.1f} MB", year, of_year, pupils, little, times, why_not
            ),
            _beside(f"A daily extract, {day.stat().st_size / 1e6:.2f} MB", day, of_day, pupils, little, times, why_not),
        ]
        if not why_not:
            wanted = round(2360 * LARGE / 50_244_164)
            rows = write_extract(large, wanted, 190)
            (line,) = measure(
                [Program("ours, memory of the process", partial(ours, large, wanted), partial(warm_ours, little, 10))],
                1,
            )
            target = Target(f"at most {MOST_MEMORY} MB", MOST_MEMORY, None if line.absent else line.peak, at_most=True)
            made.append(
                Benchmark(
                    f"A large extract, {large.stat().st_size / 1e6:.1f} MB, {rows:,} rows", "rows", [line], [target]
                )
            )
    return made


def _beside(title: str, path: Path, rows: int, pupils: int, little: Path, times: int, why_not: str) -> Benchmark:
    is_short = rows < JUDGED_FROM
    repeat = 20 if is_short else 3
    bare = "DuckDB, only reading"
    programs = [
        Program("ours: all rules, report, part", partial(ours, path, pupils), partial(warm_ours, little, 10), repeat)
    ]
    programs += [
        Program(
            name,
            partial(peer, name, path, rows),
            partial(peer, name, little, 0),
            3 if is_short else 1,
            None if is_short else 1,
        )
        for name in PEERS
    ]
    programs.append(Program(bare, partial(bare_read, path), partial(bare_read, little), repeat))
    lines = measure(programs, times)
    by_name: dict[str, Line] = {line.name: line for line in lines}
    targets = [
        at_least(least, lines[0], by_name[name], why_not or beyond_reading(least, by_name[name], by_name[bare]))
        for name, (_, least) in PEERS.items()
    ]
    return Benchmark(title, "rows", lines, [*targets, at_most(OF_READING, lines[0], by_name[bare], why_not)])


def beyond_reading(times: float, peer: Line, bare: Line) -> str:
    """Why nobody can be so many times as fast as a peer: only reading the file takes longer than that; else nothing."""
    if peer.absent or bare.absent or bare.each * times <= peer.each:
        return ""
    return f"for {bare.name} alone is {peer.each / bare.each:.1f} x as fast"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; with --check, 1 if a target is missed by more than a fifth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=1000, help="pupils of the school; default: %(default)s")
    parser.add_argument("--days", type=int, default=190, help="school days of the year; default: %(default)s")
    parser.add_argument(
        "--times", type=int, default=3, help="processes of each; the median counts; default: %(default)s"
    )
    parser.add_argument("--check", action="store_true", help="fail where a target is missed by more than a fifth")
    args = parser.parse_args(argv)
    made = benchmarks(args.pupils, args.days, args.times)
    print(table(made))
    ran = not any(each.lines[0].absent for each in made)
    return 0 if ran and (not args.check or all(each.kept for each in made)) else 1


if __name__ == "__main__":
    sys.exit(main())
