"""How every benchmark prints and is judged: one form of a measured line, of a target, and of the table they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEEWAY: Final = 0.2
"""A target may be missed by so much before a check fails: a machine that is shared says no more."""


@dataclass(frozen=True)
class Line:
    """One program: processor seconds for so many rows (or letters, positions, starts), and its peak of memory in MB.

    `peak` 0: not measured. `absent`: why it could not run; then the figures mean nothing.
    """

    name: str
    seconds: float = 0.0
    rows: int = 0
    peak: int = 0
    absent: str = ""

    @property
    def each(self) -> float:
        """Seconds a row."""
        return self.seconds / self.rows


@dataclass(frozen=True)
class Target:
    """What was promised of a figure, and the figure; None: not judged, and `why_not` says why."""

    promise: str
    bound: float
    figure: float | None
    at_most: bool = False
    why_not: str = ""

    @property
    def met(self) -> bool:
        """Whether the promise is kept, exactly."""
        return self._holds(self.bound)

    @property
    def kept(self) -> bool:
        """Whether it is not missed by more than LEEWAY; what is not judged is not missed."""
        return self._holds(self.bound * (1 + LEEWAY if self.at_most else 1 - LEEWAY))

    def _holds(self, bound: float) -> bool:
        return self.figure is None or (self.figure <= bound if self.at_most else self.figure >= bound)

    def said(self) -> str:
        """The promise, the figure, and how they compare."""
        if self.figure is None:
            return f"{self.promise}: not judged, {self.why_not}"
        verdict = "met" if self.met else "missed, within a fifth" if self.kept else "MISSED"
        return f"{self.promise}: {self.figure:.{2 if self.figure < 20 else 1}f}, {verdict}"


def at_least(times: float, ours: Line, peer: Line, why_not: str = "") -> Target:
    """Ours is at least so many times as fast as a peer; not judged if one is absent or there is a reason not to."""
    figure, why_not = _ratio(peer, ours, why_not)
    return Target(f"at least {times:g} x as fast as {peer.name}", times, figure, why_not=why_not)


def at_most(times: float, ours: Line, bare: Line, why_not: str = "") -> Target:
    """Ours takes at most so many times as long as the bare work; not judged if one is absent or there is a reason not to."""
    figure, why_not = _ratio(ours, bare, why_not)
    return Target(f"at most {times:g} x the time of {bare.name}", times, figure, at_most=True, why_not=why_not)


def _ratio(above: Line, below: Line, why_not: str) -> tuple[float | None, str]:
    why_not = why_not or next((f"{each.name} did not run" for each in (above, below) if each.absent), "")
    return (None, why_not) if why_not else (above.each / below.each, "")


@dataclass(frozen=True)
class Benchmark:
    """One thing measured: its lines, ours first, and what was promised of it."""

    title: str
    unit: str
    """What is counted: rows, positions, letters, starts."""
    lines: Sequence[Line]
    targets: Sequence[Target] = ()

    @property
    def kept(self) -> bool:
        """Whether ours ran and no target is missed by more than LEEWAY."""
        return not self.lines[0].absent and all(target.kept for target in self.targets)


def table(benchmarks: Sequence[Benchmark]) -> str:
    """All of them as one table; `x ours` says how many times the time of ours each takes for as much."""
    head = f"{'processor time, side by side':<46}{'seconds':>9}{'count':>10}{'a second':>12}{'x ours':>9}{'peak MB':>9}"
    return "\n".join([head, *(row for each in benchmarks for row in _rows(each))])


def _rows(of: Benchmark) -> list[str]:
    ours = of.lines[0]
    rows = [f"{of.title} ({of.unit})"]
    for line in of.lines:
        if line.absent:
            rows.append(f"  {line.name:<44}  {line.absent}")
            continue
        ratio = f"{line.each / ours.each:.2f}" if not ours.absent else ""
        rows.append(
            f"  {line.name:<44}{line.seconds:>9.3f}{line.rows:>10,}{1 / line.each:>12,.0f}{ratio:>9}{line.peak or '':>9}"
        )
    return [*rows, *(f"    {target.said()}" for target in of.targets)]
