"""The whole of England as at a day: registers on disk to the positions of every pupil, school by school, in two processes.

    uv run python -m benchmarks.england [--part 20] [--full] [--folder FOLDER]

Writes made-up registers for a 1/20 of England (or of another `--part`; `--full`: all of it, 2.45 billion marks) and computes from
each school's register every figure of every position: `sums` and `windows` of an `Assessor`, from which a pupil's page is made
when somebody opens it. Then the curve: processor time by marks and by number of schools.

Folding a register takes much longer than computing it, so `--shapes` registers are folded and each is stored under several schools:
every file is read and computed anew. The files lie in the page cache after they were written.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from attendance.grid import grid_in
from attendance.marks import marks_of, read_rows
from attendance.positions import Assessor, SchoolView
from attendance.roll import Roll
from benchmarks.measuring import peak_megabytes
from benchmarks.registers import DAYS, codes_of, england, place_of, register_of
from local.madeup.schools import Phase
from local.progress import Progress

PROCESSES: Final = 2
TARGET_SECONDS: Final = 60.0
JUDGED_TO: Final = 20
"""A smaller part of England only shows that it runs."""


@dataclass(frozen=True)
class Found:
    """What a pass over some schools found, and what it cost this process."""

    schools: int = 0
    pupils: int = 0
    marks: int = 0
    met: int = 0
    persistent: int = 0
    counted: int = 0
    seconds: float = 0
    megabytes: float = 0

    def __add__(self, other: Found) -> Found:
        summed = {name: value + vars(other)[name] for name, value in vars(self).items()}
        return Found(**summed | {"megabytes": max(self.megabytes, other.megabytes)})


# ------------------------------------------------------------------ the registers


@dataclass(frozen=True)
class Made:
    """A school to be made: its phase and its number of pupils."""

    phase: Phase
    pupils: int


def schools_of(part: int) -> list[Made]:
    """A part of England's schools, with as many pupils as its part of the pupils; sizes spread as widely as the average."""
    made = []
    for phase in england():
        rng = random.Random(f"sizes {phase.name}")
        sizes = [rng.gammavariate(4, 1) for _ in range(max(1, phase.schools // part))]
        scale = phase.pupils / part / sum(sizes)
        made += [Made(phase.name, max(1, round(size * scale))) for size in sizes]
    return made


def write(folder: Path, schools: Sequence[Made], shapes: int) -> list[Path]:
    """The registers of these schools, at most so many of them folded anew; gives where they lie.

    Schools of a phase with much the same number of pupils have the same register, that of the one in their middle.
    """
    in_order = sorted(schools, key=lambda school: (school.phase, school.pupils))
    alike = [[int(n) for n in some] for some in np.array_split(np.arange(len(schools)), min(shapes, len(schools)))]
    bodies = folder / "shapes"
    bodies.mkdir(parents=True)
    middle = [in_order[some[len(some) // 2]] for some in alike]
    with Progress("folding registers", len(alike), True) as progress, ProcessPoolExecutor(PROCESSES) as pool:
        for _ in pool.map(_fold, middle, range(len(alike)), [bodies] * len(alike)):
            progress.advance()
    paths = []
    for shape, some in enumerate(alike):
        for n in some:
            paths.append(place_of(folder, n))
            paths[-1].parent.mkdir(parents=True)
            shutil.copyfile(bodies / f"{shape}.parquet", paths[-1])
    shutil.rmtree(bodies)
    random.Random("order").shuffle(paths)
    return paths


def _fold(made: Made, n: int, folder: Path) -> None:
    (folder / f"{n}.parquet").write_bytes(register_of(codes_of(made.phase, made.pupils, len(DAYS), n), n))


# ------------------------------------------------------------------ the positions


def computed(paths: Sequence[Path]) -> Found:
    """Every position of these schools, one school in memory at a time."""
    begin = time.process_time()
    found = Found()
    for assessor in _each(paths):
        windows, sums = assessor.windows, assessor.sums
        found += Found(
            1,
            len(assessor.view.marks.upns),
            int(sums.possible.sum()),
            int((windows.met >= 0).sum()),
            int(sums.persistent.sum()),
            int(windows.count.sum()),
        )
    return replace(found, seconds=time.process_time() - begin, megabytes=peak_megabytes())


def _each(paths: Iterable[Path]) -> Iterator[Assessor]:
    for path in paths:
        grid = grid_in(_end(path))
        marks = marks_of([grid]) if grid else read_rows([path.read_bytes()])
        yield Assessor(SchoolView(path.parts[-3], "886", True, marks, Roll()), DAYS[-1])


def _end(path: Path) -> bytes:
    """The footer of a register, in which its grid stands: the rows need not be read."""
    with path.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        size = int.from_bytes(file.read(4), "little") + 8
        file.seek(-size, os.SEEK_END)
        return file.read()


def in_two_processes(paths: Sequence[Path]) -> tuple[Found, float]:
    """The same by two processes side by side, with the seconds by the clock; their start is not counted, the reading is."""
    with ProcessPoolExecutor(PROCESSES) as pool:
        list(pool.map(computed, [paths[:1]] * PROCESSES))  # each is up and has imported what it needs
        begin = time.perf_counter()
        each = list(pool.map(computed, [paths[n::PROCESSES] for n in range(PROCESSES)]))
        took = time.perf_counter() - begin
    return sum(each, Found()), took


# ------------------------------------------------------------------ the curve


def curve(folder: Path, pupils: int) -> list[tuple[str, int, Found]]:
    """The cost by marks (schools of one size, ever more of them) and by schools (the same pupils, in ever smaller schools)."""
    found = []
    for size in (2624, 1312, 656, 328, 164, 82):
        of_size = [Made("Primary", size)] * (pupils // size)
        paths = write(folder / f"size-{size}", of_size, 4)
        computed(paths[:2])
        if size == 328:
            found += [
                (f"{share}/8 of the marks", size, computed(paths[: len(paths) * share // 8])) for share in (1, 2, 4)
            ]
        found.append(("all of them", size, computed(paths)))
        shutil.rmtree(folder / f"size-{size}")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Print the seconds, the extrapolation and the curve; 1 if by 1/20 or more all England would take longer than the target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=int, default=20, help="a 1/PART of England; default: %(default)s")
    parser.add_argument("--full", action="store_true", help="all of it: tens of gigabytes on disk")
    parser.add_argument("--folder", type=Path, help="where to write the registers, kept; default: a temporary folder")
    parser.add_argument("--shapes", type=int, default=100, help="so many registers are folded; default: %(default)s")
    parser.add_argument("--times", type=int, default=3, help="passes, of which the median counts; default: %(default)s")
    parser.add_argument("--no-curve", action="store_true")
    args = parser.parse_args(argv)
    part = 1 if args.full else args.part
    schools = schools_of(part)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        paths = [*folder.glob("la=*/urn=*/year=*/register.parquet")] or write(folder, schools, args.shapes)
        size = sum(path.stat().st_size for path in paths)
        passes = sorted((in_two_processes(paths) for _ in range(args.times)), key=lambda each: each[1])
        print(_said(part, size, *passes[len(passes) // 2]))
        if not args.no_curve:
            print(_curve_said(curve(Path(temporary, "curve"), 20_992)))
    whole = sum(phase.pupils for phase in england()) / passes[0][0].pupils
    return 0 if part > JUDGED_TO or passes[len(passes) // 2][1] * whole <= TARGET_SECONDS else 1


def _said(part: int, size: int, found: Found, seconds: float) -> str:
    every = sum(phase.pupils for phase in england()) / found.pupils
    return "\n".join(
        [
            f"1/{part} of England: {found.schools:,} schools, {found.pupils:,} pupils, {found.marks:,} possible sessions, "
            f"{size / 1e6:,.0f} MB of registers, {PROCESSES} processes, {os.cpu_count()} processors",
            f"  by the clock           {seconds:>8.2f} s {found.marks / seconds / 1e6:>8.1f} million marks a second",
            f"  processor time         {found.seconds:>8.2f} s {found.seconds / found.marks * 1e9:>8.1f} ns a mark",
            f"  peak memory            {found.megabytes:>8.0f} MB a process",
            f"  met the threshold      {found.met:>8,} pupils; persistently absent {found.persistent:,}; "
            f"{found.counted:,} sessions count now",
            f"  all England            {seconds * every:>8.1f} s by the clock, {found.seconds * every:.1f} s of processor time "
            f"({found.seconds * every / PROCESSES:.1f} s with two idle processors; target {TARGET_SECONDS:.0f})",
        ]
    )


def _curve_said(found: Sequence[tuple[str, int, Found]]) -> str:
    rows = [
        f"  {what:<22}{size:>8,}{each.schools:>9,}{each.marks:>13,}{each.seconds * 1000:>10.0f}"
        f"{each.seconds / each.marks * 1e9:>10.1f}"
        for what, size, each in found
    ]
    marks, schools = (
        np.array([getattr(each, name) for _, _, each in found], dtype=float) for name in ("marks", "schools")
    )
    took = np.array([each.seconds for _, _, each in found])
    a_mark, a_school = np.linalg.lstsq(np.column_stack([marks, schools]), took, rcond=None)[0]
    return "\n".join(
        [
            "The curve, one process (processor time)",
            f"  {'':<22}{'pupils':>8}{'schools':>9}{'marks':>13}{'ms':>10}{'ns/mark':>10}",
            *rows,
            f"  fitted: {a_mark * 1e9:.1f} ns a mark and {a_school * 1000:.2f} ms a school",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
