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
            match _run([program]):
                case str() as why:
                    absent[program.name] = why
                case [run]:
                    runs[program.name].append(run)
    return [
        Line(each.name, absent=absent[each.name]) if each.name in absent else _line(each.name, runs[each.name])
        for each in programs
    ]


def measure_in_turn(programs: Sequence[Program], times: int) -> list[Line]:
    """The same for programs so short that what the processor does beside them decides: called in turn within each process.

    So each call has a neighbour of every other program, and finds memory and caches as those left them. Each is to repeat as often.
    """
    runs = [_run(programs) for _ in range(times)]
    why = next((each for each in runs if isinstance(each, str)), "")
    if why:
        return [Line(each.name, absent=why) for each in programs]
    return [_line(each.name, [run[n] for run in runs if not isinstance(run, str)]) for n, each in enumerate(programs)]


def _line(name: str, runs: Sequence[_Run]) -> Line:
    return Line(name, statistics.median(run.seconds for run in runs), runs[-1].rows, max(run.peak for run in runs))


def _run(programs: Sequence[Program]) -> list[_Run] | str:
    """One process, in which these programs are called in turn; or why not."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(programs, theirs))
    process.start()
    theirs.close()
    try:
        told: list[_Run] | str = ours.recv()
    except EOFError:
        told = f"{FAILED}: its process ended without a word"
    process.join()
    return told


def _work(programs: Sequence[Program], told: Any) -> None:
    try:
        for program in programs:
            program.warm()
        seconds, rows = [[0.0] * program.repeat for program in programs], [0] * len(programs)
        for turn in range(programs[0].repeat):
            for n, program in enumerate(programs):
                start = time.process_time()
                rows[n] = program.work()
                seconds[n][turn] = time.process_time() - start
        peak = peak_megabytes()
        told.send([_Run(statistics.median(took), number, peak) for took, number in zip(seconds, rows, strict=True)])
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
