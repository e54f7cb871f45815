"""Attendance marks drawn from the national mix of codes, clumped as absence is.

`code-mix.csv` counts the sessions recorded nationally in 2025/26 by phase and code (Department for Education, "Pupil attendance
in schools", year-to-date table, Open Government Licence v3). Over many pupils the marks have that mix; of one pupil an illness
lasts days, a holiday a week, and those who are often absent are absent much more often than others.
"""

from __future__ import annotations

import csv
import random
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from itertools import accumulate
from statistics import mean
from types import MappingProxyType
from typing import Final

from attendance.sessions import HALVES, Session
from local.madeup.schools import Phase

PRESENT: Final[Mapping[str, str]] = MappingProxyType({"AM": "/", "PM": "\\"})

# How many sessions one spell of a code may last; each is as likely. Even numbers alone: the spell begins in the morning.
SPELLS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "L": (1,),
        "I": (2, 2, 2, 4, 4, 6, 10),
        "M": (1,),
        "R": (2,),
        "T": (10, 20),
        "E": (2, 4, 6, 10),
        "C": (1, 2),
        "C1": (2,),
        "J1": (1,),
        "C2": (10, 20),
        "B": (1, 2),
        "P": (1, 2),
        "V": (2,),
        "W": (10,),
        "K": (10, 20),
        "G": (4, 6, 8, 10, 10),
        "U": (1,),
        "O": (1, 1, 2, 2, 2, 4),
        "N": (1, 2),
    }
)
LEFT_OUT: Final = frozenset({"/", "\\", "H", "J", "S"})
"""Codes of the mix that no spell has: present is what is left, H and J are withdrawn, S is for the examinations of summer."""

# The smaller, the more the absences of a kind are those of a few pupils.
_SPREAD: Final = ((1.0, ("I", "M")), (0.35, ("L", "U", "O", "N", "E")))
_OFTEN_AT_MOST: Final = 0.8
"""So likely, at most, a pupil's next session begins a spell of any absence."""


@dataclass(frozen=True)
class _Starts:
    """How likely a spell of each code begins at a session that is free for it."""

    codes: tuple[str, ...]
    morning: tuple[float, ...]
    afternoon: tuple[float, ...]


@cache
def _starts(phase: Phase) -> _Starts:
    counts = {row["code"]: int(row["sessions"]) for row in _mix() if row["phase"] == phase}
    present = counts["/"] + counts["\\"]
    codes = tuple(code for code in SPELLS if counts.get(code))
    likely = [counts[code] / present / mean(SPELLS[code]) for code in codes]
    whole = [all(length % 2 == 0 for length in SPELLS[code]) for code in codes]
    return _Starts(
        codes,
        tuple(2 * p if days else p for p, days in zip(likely, whole, strict=True)),
        tuple(0.0 if days else p for p, days in zip(likely, whole, strict=True)),
    )


def _mix() -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath("code-mix.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def draw(
    rng: random.Random, phase: Phase, days: Sequence[date], without: frozenset[str] = frozenset()
) -> dict[Session, str]:
    """The marks of one pupil for both sessions of these days; `without` names codes that this pupil cannot have."""
    starts = _starts(phase)
    prone = dict.fromkeys(starts.codes, 1.0)
    for shape, codes in _SPREAD:
        prone |= dict.fromkeys(codes, rng.gammavariate(shape, 1 / shape))
    prone |= dict.fromkeys(without, 0.0)
    steps = {"AM": _steps(starts.codes, starts.morning, prone), "PM": _steps(starts.codes, starts.afternoon, prone)}
    sessions = [Session(day, half) for day in days for half in HALVES]
    marks: dict[Session, str] = {}
    while len(marks) < len(sessions):
        half = sessions[len(marks)].half
        n = bisect(steps[half], rng.random())
        code, length = PRESENT[half], 1
        if n < len(starts.codes):
            code = starts.codes[n]
            length = rng.choice(SPELLS[code])
        marks |= dict.fromkeys(sessions[len(marks) : len(marks) + length], code)
    return marks


def _steps(codes: Sequence[str], likely: Sequence[float], prone: Mapping[str, float]) -> list[float]:
    """The running totals of how likely each code's spell begins, for this pupil."""
    weights = [p * prone[code] for code, p in zip(codes, likely, strict=True)]
    total = sum(weights)
    scale = min(1.0, _OFTEN_AT_MOST / total) if total else 1.0
    return list(accumulate(weight * scale for weight in weights))
