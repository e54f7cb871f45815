"""Programs measured side by side: each run in a process of its own, in turn, so that all meet the same neighbours."""

from __future__ import annotations

import multiprocessing
import re
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.table import Line

FAILED: Final = "failed"
"""How the reason begins of a program that ran and broke, and was not only not installed."""


@dataclass(frozen=True)
class Program:
    """What is measured. `work` gives how many it computed; `warm` does as much with little, and is not counted.

    Both are called in another process: functions of a module, or `functools.partial` of them. An ImportError in `warm` says
    that the program is not installed. `repeat`: so many calls a process, of which the median counts.
    """

    name: str
    work: Callable[[], int]
    warm: Callable[[], object]
    repeat: int = 1
    times: int | None = None
    """So many processes, where fewer than asked for are enough."""


@dataclass(frozen=True)
class _Run:
    seconds: float
    rows: int
    peak: int


def measure(programs: Sequence[Program], times: int) -> list[Line]:
    """A line for each program, in order: the median of its runs, the most memory of any."""
    runs: dict[str, list[_Run]] = {each.name: [] for each in programs}
    absent: dict[str, str] = {}
    for turn in range(times):
        for program in programs:
            if program.name in absent or turn >= (program.times or times):
                continue
            match _run(program):
                case str() as why:
                    absent[program.name] = why
                case run:
                    runs[program.name].append(run)
    return [
        Line(each.name, absent=absent[each.name]) if each.name in absent else _line(each.name, runs[each.name])
        for each in programs
    ]


def _line(name: str, runs: Sequence[_Run]) -> Line:
    return Line(name, statistics.median(run.seconds for run in runs), runs[-1].rows, max(run.peak for run in runs))


def _run(program: Program) -> _Run | str:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(program, theirs))
    process.start()
    theirs.close()
    try:
        told: _Run | str = ours.recv()
    except EOFError:
        told = f"{FAILED}: its process ended without a word"
    process.join()
    return told


def _work(program: Program, told: Any) -> None:
    try:
        program.warm()
        seconds, rows = [], 0
        for _ in range(program.repeat):
            start = time.process_time()
            rows = program.work()
            seconds.append(time.process_time() - start)
        told.send(_Run(statistics.median(seconds), rows, peak_megabytes()))
    except ImportError as problem:
        told.send(f"not installed: {problem}")
    except Exception as problem:
        told.send(f"{FAILED}: {problem!r}")


def peak_megabytes() -> int:
    """The most memory this process ever held, in MB; not of its parent, as `ru_maxrss` on Linux may say."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        return int(found[1]) // 1024 if found else 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20
