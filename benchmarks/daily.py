"""A daily file of a school, from its event to its positions, in functions that are warm: their processor time outside calls.

    uv run python -m benchmarks.daily [--pupils 1000] [--files 10] [--check]

The system is raised on this machine. Two schools, each with its roll, its parents, its calendar and half a year of marks, send
their files of a day in turn: a function meets many schools, so what it kept of one's pupils is of no use to the next. In what time
AWS answers is not measured: what a function spends inside a call of boto3 is taken out, whoever spends it.
"""

from __future__ import annotations

import argparse
import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from math import ceil
from statistics import median
from time import process_time
from typing import Any, Final
from unittest.mock import patch

from botocore.client import BaseClient

from attendance.text import LONDON
from benchmarks.measuring import peak_megabytes
from benchmarks.table import Benchmark, Line, Target, table
from local.functions import Function
from local.loading import published
from local.madeup import terms
from local.madeup.authority_day import LA, SchoolDay, school_days
from local.madeup.marks import draw
from local.madeup.rows import columns_of, csv_of, dice, taken
from local.node import ensure_assets
from local.publish import publish
from local.run import SCHEDULED_AT, Doors
from local.synth import LOCAL_PREFIX
from local.world import World, raise_world

TARGET_MS: Final = 100
"""All functions together, for a school of JUDGED_FROM pupils or more."""
JUDGED_FROM: Final = 1000
SCHOOLS: Final = 2
FUNCTIONS: Final = ("validate", "thresholds")
_BEFORE: Final = 95
"""So many school days of marks stand in the register before the first file that is measured."""


def measured(pupils: int, files: int) -> list[Mapping[str, float]]:
    """Of each daily file the processor seconds of each function, outside calls."""
    ensure_assets()
    days = terms.school_days()[: _BEFORE + 1 + ceil(files / SCHOOLS)]  # the files of one day warm the functions
    with _timed() as spent, raise_world((LA,)) as world:
        publish(Doors.of(world).published, published(SCHOOLS))
        schools = [_School(world, each, days) for each in school_days(SCHOOLS, pupils)]
        for school in schools:
            school.send(days[0], school.of.roll().body, time(8))
            school.send(days[_BEFORE - 1], school.marks(days[:_BEFORE]), time(16))
        _evening(world, days[_BEFORE - 1])
        gc.freeze()  # what moto holds is no function's to look through
        found = []
        for day in days[_BEFORE:]:
            for school in schools:
                body = school.marks([day])
                spent.clear()
                school.send(day, body, time(16))
                found.append(dict(spent))
            _evening(world, day)
        gc.unfreeze()
    return found[SCHOOLS:]


def _evening(world: World, day: date) -> None:
    """The schedule of a day fires: what it writes is due no more the day after."""
    world.at(datetime.combine(day, SCHEDULED_AT, LONDON))
    world.day_passed()
    world.drain()


class _School:
    def __init__(self, world: World, of: SchoolDay, days: Sequence[date]) -> None:
        self.world, self.of = world, of
        self.drawn = {
            pupil.upn: draw(dice(LA, of.school.urn, n, "daily"), of.school.kind.phase, days)
            for n, pupil in enumerate(of.pupils)
        }

    def marks(self, days: Sequence[date]) -> bytes:
        """The file of all marks of some days."""
        rows = [row for day in days for pupil in self.of.pupils for row in taken(pupil, self.drawn[pupil.upn], day)]
        return csv_of(rows, columns_of("attendance", rows)).encode()

    def send(self, day: date, body: bytes, hour: time) -> None:
        """Send a file and let the functions work until nothing waits."""
        self.world.at(datetime.combine(day, hour, LONDON))
        self.world.put_upload(LA, self.of.school.urn, f"{day}-{hour:%H%M}", body)
        self.world.drain()
        if self.world.dead_letters():
            raise RuntimeError("\n".join(self.world.log[-20:]))


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """While it lasts, the processor seconds of each function outside calls of boto3 are added up."""
    spent: dict[str, float] = defaultdict(float)
    function_call, api_call = Function.call, BaseClient._make_api_call
    in_calls = [0.0]

    def call(function: Function, event: Mapping[str, Any]) -> Any:
        in_calls[0], began = 0.0, process_time()
        try:
            return function_call(function, event)
        finally:
            spent[function.name.removeprefix(f"{LOCAL_PREFIX}-")] += process_time() - began - in_calls[0]

    def make_api_call(client: BaseClient, operation: str, given: Mapping[str, Any]) -> Any:
        began = process_time()
        try:
            return api_call(client, operation, given)
        finally:
            in_calls[0] += process_time() - began

    with patch.object(Function, "call", call), patch.object(BaseClient, "_make_api_call", make_api_call):
        yield spent


def benchmarks(pupils: int, files: int) -> list[Benchmark]:
    """All functions together, and each."""
    found = measured(pupils, files)
    peak = peak_megabytes()
    seconds = {name: median(each[name] for each in found) for name in FUNCTIONS}
    together = median(sum(each.values()) for each in found)
    why_not = "" if pupils >= JUDGED_FROM else f"fewer than {JUDGED_FROM:,} pupils"
    target = Target(
        f"at most {TARGET_MS} ms a file in all functions together",
        TARGET_MS,
        None if why_not else 1000 * together,
        at_most=True,
        why_not=why_not,
    )
    lines = [
        Line("all functions together", together, pupils, peak),
        *(Line(name, seconds[name], pupils) for name in FUNCTIONS),
    ]
    return [Benchmark("A daily file, from event to positions, warm", "pupils", lines, [target])]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; with --check, 1 if the target is missed by more than a fifth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pupils", type=int, default=JUDGED_FROM)
    parser.add_argument(
        "--files", type=int, default=10, help="measured, of which the median counts; default: %(default)s"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if the target is missed by more than a fifth")
    args = parser.parse_args(argv)
    made = benchmarks(args.pupils, args.files)
    print(table(made))
    return 1 if args.check and not all(each.kept for each in made) else 0


if __name__ == "__main__":
    raise SystemExit(main())
