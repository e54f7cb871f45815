"""Which figures of a published table are withheld: those about few pupils, and those that would give them away (field.md E58).

A table has rows (places) and columns (measures). What its reader can add up is named by lines: a total and its parts, rows of
one column or columns of one row.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Mask = NDArray[np.bool_]
type Counts = NDArray[np.int64]
type Cell = tuple[int, int]

_NONE_LEFT = np.iinfo(np.int64).max
_PRIME = 2**31 - 1  # sums are solved exactly, modulo a prime


@dataclass(frozen=True)
class Line:
    """A total and its parts, by their places along one axis.

    `disjoint`: no pupil is in two parts, so that small parts are together about as many pupils as their sum.
    """

    total: int
    parts: tuple[int, ...]
    disjoint: bool = True

    @property
    def cells(self) -> list[int]:
        """The total, then the parts."""
        return [self.total, *self.parts]


@dataclass(frozen=True)
class Published:
    """A table as its reader sees it: about how many pupils each figure is (rows by columns), and what adds up to what."""

    pupils: Counts
    rows: Sequence[Line]
    columns: Sequence[Line]

    def withheld(self, least: int, whole_rows: Mask) -> Mask:
        """The figures to withhold so that none about fewer than `least` pupils, and none of `whole_rows`, can be worked out.

        A nought is about nobody and stands. What is not withheld for itself is withheld because a total less its other parts,
        or any sum of such sums, would tell one that is.
        """
        few = (self.pupils > 0) & (self.pupils < least)
        hidden = self._guarded(few | whole_rows[:, None], least)
        kept = (few | whole_rows[:, None]) & (self.pupils > 0)
        while told := [cell for cell in self._told(hidden) if kept[cell]]:
            for cell in told:
                hidden[self._nearest(cell, hidden)] = True
            hidden = self._guarded(hidden, least)
        return hidden

    def _guarded(self, hidden: Mask, least: int) -> Mask:
        """With one more figure withheld of each line that gives one away, until there is no such line."""
        hidden = hidden.copy()
        while True:
            before = int(hidden.sum())
            for line in self.columns:
                across = self.pupils[:, line.cells].T, hidden[:, line.cells].T
                hidden[:, line.cells] = _one_more(*across, least, line.disjoint).T
            for line in self.rows:
                hidden[line.cells] = _one_more(self.pupils[line.cells], hidden[line.cells], least, line.disjoint)
            if int(hidden.sum()) == before:
                return hidden

    def _sums(self) -> Iterator[list[Cell]]:
        """Every sum of the table, its total first."""
        for line in self.rows:
            for column in range(self.pupils.shape[1]):
                yield [(row, column) for row in line.cells]
        for line in self.columns:
            for row in range(self.pupils.shape[0]):
                yield [(row, column) for column in line.cells]

    def _told(self, hidden: Mask) -> set[Cell]:
        """The figures withheld that all sums together determine: alone in a row of the reduced system of equations."""
        solved: dict[Cell, dict[Cell, int]] = {}
        for cells in self._sums():
            equation = {cell: 1 if n else _PRIME - 1 for n, cell in enumerate(cells) if hidden[cell]}
            _reduce(equation, solved)
            if equation:
                pivot = next(iter(equation))
                inverse = pow(equation.pop(pivot), -1, _PRIME)
                solved[pivot] = {cell: factor * inverse % _PRIME for cell, factor in equation.items()}
        for pivot in reversed(solved):
            _reduce(solved[pivot], solved)
        return {pivot for pivot, others in solved.items() if not others}

    def _nearest(self, start: Cell, hidden: Mask) -> Cell:
        """The figure to withhold for one that is told: the nearest along the lines that stands, of those the one about fewest."""
        seen, waiting = {start}, deque([start])
        while waiting:
            row, column = waiting.popleft()
            beside = [(each, column) for line in self.rows if row in line.cells for each in line.cells]
            beside += [(row, each) for line in self.columns if column in line.cells for each in line.cells]
            standing = [cell for cell in beside if not hidden[cell] and self.pupils[cell]]
            if standing:
                return min(standing, key=lambda cell: (self.pupils[cell], cell))
            waiting += [cell for cell in dict.fromkeys(beside) if cell not in seen and hidden[cell]]
            seen |= set(beside)
        return start  # nothing that stands is joined to it by any sum, so nothing can tell it


def _reduce(equation: dict[Cell, int], solved: dict[Cell, dict[Cell, int]]) -> None:
    """Put into an equation what is known of its cells, until it holds only cells of which nothing is."""
    while known := [cell for cell in equation if cell in solved]:
        for cell in known:
            factor = equation.pop(cell, 0)
            for other, times in solved[cell].items():
                left = (equation.get(other, 0) - factor * times) % _PRIME
                if left:
                    equation[other] = left
                else:
                    equation.pop(other, None)


def _one_more(pupils: Counts, hidden: Mask, least: int, disjoint: bool) -> Mask:
    """Lines of one shape side by side, the total first: with one more figure withheld in each that gives one away.

    A line does if a single figure of it is withheld, or if its total stands and the parts withheld are together about too few.
    The part about fewest pupils is taken, a nought never; the total where no part is left.
    """
    hidden = hidden.copy()
    parts, inside = pupils[1:], hidden[1:]
    small = np.where(inside, parts, 0)
    about = small.sum(axis=0) if disjoint else small.max(axis=0)
    told = (hidden.sum(axis=0) == 1) | (~hidden[0] & inside.any(axis=0) & (about < least))
    left = np.where(inside | (parts == 0), _NONE_LEFT, parts)
    some_left = left.min(axis=0) < _NONE_LEFT
    hidden[1 + left.argmin(axis=0), np.arange(pupils.shape[1])] |= told & some_left
    hidden[0] |= told & ~some_left
    return hidden
