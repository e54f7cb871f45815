"""How every benchmark prints: one table, each line as a ratio to ours, measured side by side in one run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Line:
    """One measurement: who, processor seconds, how many things were computed, from how many marks."""

    name: str
    seconds: float
    things: int
    marks: int


def table(title: str, unit: str, lines: Sequence[Line]) -> str:
    """The lines as text; the first is ours, and `x ours` says how many times its time each takes."""
    ours = lines[0]
    head = f"{title} ({ours.things:,} {unit}, {ours.marks:,} marks; processor time)"
    rows = [f"  {'':<40}{'seconds':>9}{unit + '/s':>16}{'marks/s':>14}{'x ours':>9}"]
    rows += [
        f"  {line.name:<40}{line.seconds:>9.3f}{line.things / line.seconds:>16,.0f}{line.marks / line.seconds:>14,.0f}"
        f"{line.seconds / ours.seconds:>9.2f}"
        for line in lines
    ]
    return "\n".join([head, *rows])


def peak_megabytes() -> float:
    """The most memory that this process has held since its program began (Linux; what it was forked from does not count)."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1000 if found else float("nan")
