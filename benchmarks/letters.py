"""First Penalty Notices per second on two cores: ours, against WeasyPrint and ReportLab printing the same letter.

    uv run --group bench python -m benchmarks.letters --letters 200

Ours makes PDF/UA-1 and PDF/A-3a with the data attached, WeasyPrint PDF/UA-1 with the data attached (one standard a file is
all it can), ReportLab a plain PDF. Two processes, each its own engine, warmed; every letter has its own reference, names,
addresses, sessions and link to pay at, so its own code to scan (`--one-code`: the same page to pay at and code for all, as
where an authority's page takes no reference). Only what letters share can be remembered.

Time is processor time, so that a busy machine tells no lies; `by the clock` is what the two processes gave together. WeasyPrint
needs Pango from the system and is slow without HarfBuzz's subsetter (Debian: libpango-1.0-0, libpangoft2-1.0-0,
libharfbuzz-subset0). An engine that cannot be loaded says so in its row.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf

from benchmarks import letter_peers
from benchmarks.measuring import peak_megabytes
from benchmarks.table import Benchmark, Line, Target, at_least
from local.madeup.documents import FIRST, PAYMENT, notice
from local.node import ensure_assets
from local.progress import Progress
from notices.typesetting import Page, render

WORKERS = 2
WARM_UP = 12  # Typst forgets what ten letters did not need: after so many, each costs the same
JUDGED_FROM = 50  # letters; fewer only show that the engines run
SECOND, OF_WEASYPRINT = 80, 8  # letters a second on two cores at least, and as many times those of WeasyPrint
LEEWAY = 0.8
WAIT = 300
FAILED = "failed"  # and not only absent

ENGINES: Mapping[str, Callable[[Path], letter_peers.Engine]] = {
    "ours (Typst)": lambda fonts: partial(render, fonts=fonts),
    "WeasyPrint": letter_peers.weasyprint,
    "ReportLab": letter_peers.reportlab,
}
OURS, WEASYPRINT = list(ENGINES)[:2]


@dataclass(frozen=True)
class Run:
    """What one process did: letters, processor seconds, seconds by the clock, and its peak of memory in MB."""

    letters: int
    seconds: float
    clock: float
    peak: int


@dataclass(frozen=True)
class Measured:
    """One engine: medians over its runs, or why it could not run."""

    name: str
    seconds: float = 0.0
    """Processor seconds a letter."""
    clock: float = 0.0
    """Letters a second of both processes together, by the clock."""
    peak: int = 0
    absent: str = ""

    @property
    def rate(self) -> float:
        """Letters a second on two cores."""
        return WORKERS / self.seconds


def page_of_number(n: int, one_code: bool = False) -> Page:
    """The n-th letter: no two share reference, names, addresses, hashes or, unless all have one code, the link to pay at."""
    name, mark = _name(n), sha256(str(n).encode()).hexdigest()
    monday = date(2025, 9, 8) + timedelta(weeks=n % 9)
    issued = monday + timedelta(days=11)
    reference = f"886{mark[:9].upper()}"
    changed = {
        "reference": reference,
        "urn": f"{118000 + n % 400}",
        "issued_on": issued,
        "as_at": issued - timedelta(days=1),
        "known_at": f"{issued - timedelta(days=1)}T18:00:00Z",
        "posted_on": issued,
        "presumed_received_on": issued + timedelta(days=4),
        "sessions": [
            {"date": monday + timedelta(days=day), "session": half, "code": "GOUN"[(n + day) % 4]}
            for day in range(5)
            for half in ("AM", "PM")
        ],
        "window": [monday - timedelta(weeks=week) for week in reversed(range(10))],
        "evidence_sha256": mark,
        "register_sha256": mark[::-1],
        "reduced_until": issued + timedelta(days=24),
        "pay_by": issued + timedelta(days=31),
        "prosecute_by": issued + timedelta(days=143),
    }
    return notice(
        {**FIRST, **changed},
        recipient={"name": f"Mrs Jo {name}", "address": [f"Flat {n % 90 + 1}", f"{n} Long Road", "Madeup", "MU2 7QX"]},
        child={"name": f"Sam {name}", "address": [f"{n} Other Street", "Madeup", "MU3 1ZZ"]},
        school=f"St {_name(n % 400)}’s Primary School",
        support=[
            {"date": monday - timedelta(days=14), "what": "Letter about attendance", "outcome": "No answer"},
            {"date": issued - timedelta(days=4), "what": "Meeting", "outcome": "Attendance did not improve"},
        ],
        payment=PAYMENT if one_code else {**PAYMENT, "link": f"{PAYMENT['url']}?reference={reference}"},
    )


def _name(n: int) -> str:
    """A made-up name for every number below 20 to the power of 4."""
    return "".join("bcdfghjklmnprstvwxyz"[n // 20**at % 20] + "aeiou"[at] for at in range(4)).capitalize()


def check_same(engine: letter_peers.Engine, page: Page, fonts: Path) -> None:
    """Refuse to compare what is not the same letter: each must say exactly the words of ours."""
    ours, theirs = (_words(made) for made in (render(page, fonts), engine(page)))
    if ours != theirs:
        raise RuntimeError(f"not the same letter: {sorted(ours ^ theirs)}")


def _words(pdf: bytes) -> set[str]:
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return set(re.findall(r"\w+", unicodedata.normalize("NFKC", text)))


def run(name: str, letters: int, one_code: bool, checked: bool, tick: Callable[[], None]) -> list[Run] | str:
    """Two processes, each with its share of the letters, or why the engine cannot be loaded."""
    context = multiprocessing.get_context("spawn")  # Typst hangs in a forked process
    gate, told = context.Barrier(WORKERS), context.Queue()
    processes = [
        context.Process(
            target=_work, args=(name, worker, letters // WORKERS, one_code, checked, gate, told), daemon=True
        )
        for worker in range(WORKERS)
    ]
    for process in processes:
        process.start()
    ended: list[Any] = []
    while len(ended) < WORKERS:
        message = told.get(timeout=WAIT)
        if message is None:
            tick()
        else:
            ended.append(message)
    for process in processes:
        process.join()
    return next((end for end in ended if isinstance(end, str)), ended)


def _work(name: str, worker: int, letters: int, one_code: bool, checked: bool, gate: Any, told: Any) -> None:
    """One process: load and warm the engine, wait for the other, print its letters."""
    try:
        fonts = ensure_assets()
        engine = ENGINES[name](fonts)
    except (ImportError, OSError) as problem:  # not installed, or without a library of the system
        told.put(f"cannot be loaded: {str(problem).strip().splitlines()[0]}")
        return
    try:
        if checked and worker == 0:
            check_same(engine, page_of_number(0, one_code), fonts)
        first = (worker + 1) * 10_000
        for n in range(first - WARM_UP, first):
            engine(page_of_number(n, one_code))
        gate.wait(WAIT)
        seconds, began = 0.0, time.perf_counter()
        for page in [page_of_number(n, one_code) for n in range(first, first + letters)]:
            start = time.process_time()
            engine(page)
            seconds += time.process_time() - start
            told.put(None)
        told.put(Run(letters, seconds, time.perf_counter() - began, peak_megabytes()))
    except Exception as problem:
        gate.abort()
        told.put(f"{FAILED}: {problem!r}")


def measure(letters: int, times: int, one_code: bool = False) -> list[Measured]:
    """Every engine in turn, so many times: a machine that slows down slows all of them."""
    runs: dict[str, list[list[Run]]] = {name: [] for name in ENGINES}
    absent: dict[str, str] = {}
    with Progress("Letters", letters // WORKERS * WORKERS * times * len(ENGINES), shown=True) as progress:
        for turn in range(times):
            for name in [name for name in ENGINES if name not in absent]:
                match run(name, letters, one_code, turn == 0 and name != OURS, progress.advance):
                    case str() as why:
                        absent[name] = why
                    case done:
                        runs[name].append(done)
    return [
        _median(name, done) if name not in absent else Measured(name, absent=absent[name])
        for name, done in runs.items()
    ]


def _median(name: str, runs: list[list[Run]]) -> Measured:
    return Measured(
        name,
        statistics.median(sum(each.seconds for each in run) / sum(each.letters for each in run) for run in runs),
        statistics.median(sum(each.letters for each in run) / max(each.clock for each in run) for run in runs),
        max(each.peak for run in runs for each in run),
    )


def table(letters: int, measured: Sequence[Measured]) -> str:
    """The rows, ours first; `x ours` says how many times its time each takes."""
    ours = measured[0]
    rows = [
        f"First Penalty Notices ({letters:,} letters on {WORKERS} processes; processor time)",
        f"  {'':<16}{'ms/letter':>10}{'letters/s':>11}{'by the clock':>14}{'peak MB each':>14}{'x ours':>8}",
    ]
    for each in measured:
        if each.absent:
            rows.append(f"  {each.name:<16}  {each.absent}")
            continue
        ratio = "" if ours.absent else f"{each.seconds / ours.seconds:8.2f}"
        rows.append(
            f"  {each.name:<16}{each.seconds * 1000:>10.1f}{each.rate:>11.1f}{each.clock:>14.1f}{each.peak:>14}{ratio}"
        )
    return "\n".join(rows)


def targets(letters: int, measured: Sequence[Measured]) -> tuple[list[str], bool]:
    """What was promised and what came of it, and whether all was measured and nothing is missed by more than a fifth."""
    by_name = {each.name: each for each in measured}
    ours, peer = by_name[OURS], by_name[WEASYPRINT]
    if letters < JUDGED_FROM:
        return [f"targets are judged from {JUDGED_FROM} letters"], False
    if ours.absent or peer.absent:
        return ["targets are judged beside WeasyPrint"], False
    asked = [
        (f"letters a second, at least {SECOND}", ours.rate, SECOND),
        (f"times WeasyPrint, at least {OF_WEASYPRINT}", peer.seconds / ours.seconds, OF_WEASYPRINT),
    ]
    said = [f"{what}: {value:.1f}{'' if value >= least else ', MISSED'}" for what, value, least in asked]
    return said, all(value >= LEEWAY * least for _, value, least in asked)


def benchmarks(letters: int, times: int) -> list[Benchmark]:
    """The letters in the form of the other benchmarks."""
    ensure_assets()
    each = {one.name: one for one in measure(letters, times)}
    lines = {name: Line(name, one.seconds * letters, letters, one.peak, one.absent) for name, one in each.items()}
    why_not = each[OURS].absent or ("" if letters >= JUDGED_FROM else f"fewer than {JUDGED_FROM} letters")
    rate = None if why_not else each[OURS].rate
    targets = [
        Target(f"at least {SECOND} letters a second on {WORKERS} cores", SECOND, rate, why_not=why_not),
        at_least(OF_WEASYPRINT, lines[OURS], lines[WEASYPRINT], why_not),
    ]
    return [Benchmark("First Penalty Notices", "letters", list(lines.values()), targets)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table and the targets; fail if ours could not run or, when asked to check, a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--letters", type=int, default=200, help="letters of each run, of both processes; default: %(default)s"
    )
    parser.add_argument(
        "--times", type=int, default=3, help="runs of each, of which the median counts; default: %(default)s"
    )
    parser.add_argument("--one-code", action="store_true", help="one page to pay at and code to scan for all letters")
    parser.add_argument("--check", action="store_true", help="fail where a target is missed by more than a fifth")
    args = parser.parse_args(argv)
    ensure_assets()  # once, before two processes ask
    measured = measure(args.letters, args.times, args.one_code)
    print(table(args.letters, measured))
    said, kept = targets(args.letters, measured)
    print("".join(f"  {line}\n" for line in said), end="")
    failed = measured[0].absent or any(each.absent.startswith(FAILED) for each in measured)
    return 1 if failed or (args.check and not kept) else 0


if __name__ == "__main__":
    sys.exit(main())
