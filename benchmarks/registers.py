"""Made-up registers of whole schools, for the benchmarks: marks from the national mix, folded as the system folds them.

`local/madeup/code-mix.csv` counts what was recorded nationally in 2025/26 by phase and code, with the number of schools and pupils
(Department for Education, "Pupil attendance in schools", Open Government Licence v3). Drawing a pupil's year takes half a
millisecond, so the pupils of a phase are drawn from some hundred years of marks made once.
"""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from attendance.marks import CODE_ORDER, EPOCH
from attendance.register import fold, part_name
from attendance.sessions import HALVES
from local.madeup import terms
from local.madeup.marks import draw
from local.madeup.schools import Phase

YEAR: Final = 2025
DAYS: Final = terms.school_days()[:183]
"""As many school days as the 2.45 billion marks of 6.7 million pupils are."""
_POOL: Final = 800
"""So many years of marks are drawn of each phase."""


@dataclass(frozen=True)
class Phases:
    """How many schools and pupils there are of a phase, nationally."""

    name: Phase
    schools: int
    pupils: int


@cache
def england() -> tuple[Phases, ...]:
    """The phases of England."""
    text = resources.files("local.madeup").joinpath("code-mix.csv").read_text(encoding="utf-8")
    rows = {row["phase"]: row for row in csv.DictReader(text.splitlines())}
    names: tuple[Phase, ...] = ("Primary", "Secondary", "Special")
    return tuple(Phases(name, int(rows[name]["schools"]), int(rows[name]["pupils"])) for name in names)


@cache
def _years(phase: Phase, days: int) -> NDArray[np.uint8]:
    rng = random.Random(f"benchmark {phase}")
    number = {code: n for n, code in enumerate(CODE_ORDER)}
    drawn = (draw(rng, phase, DAYS[:days]) for _ in range(_POOL))
    return np.array([[number[code] for _, code in sorted(marks.items())][: 2 * days] for marks in drawn], np.uint8)


def codes_of(phase: Phase, pupils: int, days: int, seed: int) -> NDArray[np.uint8]:
    """The marks of some pupils of a phase, a row a pupil, a column a session, as indexes into CODE_ORDER."""
    years = _years(phase, days)
    return years[np.random.default_rng(seed).integers(0, len(years), pupils)]


def register_of(codes: NDArray[np.uint8], seed: int = 0) -> bytes:
    """The register of a school with these marks, taken at five to twenty past the hour by one of twelve teachers."""
    pupils, sessions = codes.shape
    day = np.array([(each - EPOCH).days for each in DAYS[: sessions // len(HALVES)]], dtype=np.int32)
    given = {
        "pupil": np.repeat(np.arange(pupils, dtype=np.int32), sessions),
        "day": np.tile(np.repeat(day, len(HALVES)), pupils),
        "half": np.tile(np.arange(sessions, dtype=np.int32) % len(HALVES), pupils),
        "code": codes.ravel().astype(np.int32),
    }
    received = datetime(YEAR + 1, 7, 24, 18, tzinfo=UTC)
    upload = f"{seed:064x}"
    letters = ", ".join(f"({n}, '{code}')" for n, code in enumerate(CODE_ORDER))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as con:
        con.register("given", given)
        path = Path(folder, "part.parquet")
        con.execute(
            f"""COPY (
            SELECT printf('A%012d', {seed % 1_000_000} * 1000000 + pupil) AS upn, DATE '1970-01-01' + day AS date,
              CASE half WHEN 0 THEN 'AM' ELSE 'PM' END AS session, letters AS code,
              NULL::INT AS minutes_late, NULL::VARCHAR AS note,
              date + to_minutes(CASE half WHEN 0 THEN 545 ELSE 785 END) + to_seconds((hash(pupil, day) % 900)::INT) AS recorded_at,
              'Teacher ' || (pupil // 30 % 12) AS recorded_by, NULL::VARCHAR AS amendment_reason,
              TIMESTAMP '{received:%Y-%m-%d %H:%M:%S}' AS extracted_at, TIMESTAMP '{received:%Y-%m-%d %H:%M:%S}' AS received_at,
              '{upload}' AS upload, row_number() OVER (ORDER BY pupil, day, half) AS row
            FROM given JOIN (VALUES {letters}) AS c(n, letters) ON code = n
            ORDER BY upn, date, session) TO '{path}' (FORMAT parquet)"""
        )
        return fold([(part_name(upload, received), path.read_bytes())]).body


def place_of(folder: Path, n: int, year: int = YEAR) -> Path:
    """Where the register of the n-th school lies: as the system's bucket has it."""
    return folder / f"la=886/urn={900001 + n}/year={year}/register.parquet"


def last_day(days: Sequence[date] = DAYS) -> date:
    """The day as at which all of it is assessed."""
    return days[-1]
