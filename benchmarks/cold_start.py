"""How long each function takes to be ready in a new process, beside one that only imports boto3 and makes a client.

The packages as they are built (`infra/packages.py`), for this machine: a clean interpreter sees the standard library and that
alone. Ready is when the handler is imported and one client made (the others are opened by the first message); no call is made.
What the first message loads beside that is not measured: models as they are first used, `holidays` (10 ms) where a working day
is asked for, Typst and the pages of a document (8 ms) where one is set; no DuckDB for a daily file or a decision
(`test_counted_calls.py` and `test_flow_notices.py` of tests/functions hold it), and YAML is in no package. The bare client reads
botocore's data as it comes; our packages have it shortened. The cold start of Lambda also fetches the package and boots, which
is not measured: only ratios are.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import botocore

from benchmarks.table import Benchmark, Line, at_most
from infra import packages
from local.node import ensure_assets

TARGET: Final = 1.6
"""So many times the bare client, at most."""
BARE: Final = "only boto3 and a client"
_ENVIRONMENT: Final = {
    **packages.ENVIRONMENT,
    "AWS_DEFAULT_REGION": "eu-west-2",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "cold",
    "POWERTOOLS_METRICS_NAMESPACE": "cold",
}
_BARE: Final = "import boto3; boto3.client('s3')"
_AS_IT_COMES: Final = f"import os; os.environ['AWS_DATA_PATH'] = {str(Path(botocore.__file__).parent / 'data')!r}"
_READY: Final = "import os; os._exit(0)"
"""Nothing of a process that ends is a start."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a function is slower than the target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument(
        "--times", type=int, default=9, help="runs of each, of which the median counts; default: %(default)s"
    )
    args = parser.parse_args(argv)
    seconds, folders = measured(args.times)
    print(_table(seconds, folders))
    return 0 if all(seconds[name] <= TARGET * seconds[BARE] for name in folders) else 1


def benchmarks(times: int) -> list[Benchmark]:
    """One start of each function; the bare client last."""
    seconds, folders = measured(times)
    lines = [Line(f"{name}, until ready", seconds[name], 1) for name in folders]
    bare = Line(BARE, seconds[BARE], 1)
    return [Benchmark("A new process", "starts", [*lines, bare], [at_most(TARGET, line, bare) for line in lines])]


def measured(times: int) -> tuple[dict[str, float], dict[str, Path]]:
    """Seconds of each function and of the bare client, medians; and the folders of the packages."""
    ensure_assets()
    folders = {name: packages.build(name, packages.HERE) for name in packages.CONTENTS}
    programs = {BARE: (folders["validate"], f"{_AS_IT_COMES}; {_BARE}")}
    programs |= {name: (folder, f"import {name}.handler; {_BARE}") for name, folder in folders.items()}
    took: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(times + 1):  # in turn, so that all meet the same neighbours; the first round warms the disk
        for name, (folder, program) in programs.items():
            took[name].append(_seconds(folder, program))
    return {name: median(each[1:]) for name, each in took.items()}, folders


def _seconds(folder: Path, program: str) -> float:
    """Processor seconds of a whole process, less those of one that imports nothing."""
    return _run(f"import sys; sys.path.insert(0, {str(folder)!r}); {program}; {_READY}") - _run(_READY)


def _run(program: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-S", "-c", program], env=_ENVIRONMENT, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _table(seconds: Mapping[str, float], folders: Mapping[str, Path]) -> str:
    bare = seconds[BARE]
    rows = [f"  {'':<28}{'ms':>8}{'x bare':>9}{'package MB':>13}"]
    for name, took in seconds.items():
        size = f"{_megabytes(folders[name]):>13.1f}" if name in folders else ""
        rows.append(f"  {name:<28}{1000 * took:>8.0f}{took / bare:>9.2f}{size}")
    return "\n".join(
        [f"A new process until it is ready (processor time, median; target {TARGET} times the bare client)", *rows]
    )


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


if __name__ == "__main__":
    sys.exit(main())
