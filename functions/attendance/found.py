"""What is found of a file, kept by columns until it is counted and the first of it listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from attendance.columns import Coded
from attendance.findings import SEVERITY, Finding, message_of


_LONGEST_SHOWN: Final = 100
"""Of a value so many characters are shown."""


@dataclass(frozen=True)
class _Same:
    """Rows of which the same is found."""

    code: str
    field: str | None
    row: NDArray[np.int64]
    value: Coded | None
    detail: Coded | None


class Found:
    """Findings of rows; `fields`: the columns of the kind, in their order."""

    def __init__(self, fields: Sequence[str]) -> None:
        self._place = {field: place for place, field in enumerate(fields)}
        self._same: list[_Same] = []

    def add(
        self,
        code: str,
        field: str | None,
        row: NDArray[np.int64],
        value: Coded | None = None,
        detail: Coded | None = None,
    ) -> None:
        """The same is found of so many rows, each with its own value and detail."""
        if len(row):
            self._same.append(_Same(code, field, row, value, detail))

    def counts(self) -> Counter[str]:
        """How often each code was found."""
        counts = Counter[str]()
        for each in self._same:
            counts[each.code] += len(each.row)
        return counts

    def listed(self, most: int, detail_of: Callable[[str, str | None], str | None]) -> list[Finding]:
        """The findings of the lowest rows, each with its message; in a row by column, then by code."""
        if not self._same or most <= 0:
            return []
        rows = np.concatenate([each.row for each in self._same])
        first = np.arange(len(rows))
        if len(rows) > most:
            first = np.flatnonzero(rows <= np.partition(rows, most - 1)[most - 1])
        sizes = [len(each.row) for each in self._same]
        begins = np.concatenate(([0], np.cumsum(sizes)))
        of = np.repeat(np.arange(len(sizes)), sizes)[first]
        place = np.array([-1 if each.field is None else self._place[each.field] for each in self._same])[of]
        codes = sorted({each.code for each in self._same})
        code = np.array([codes.index(each.code) for each in self._same])[of]
        in_order = np.lexsort((code, place, rows[first]))[:most]
        each_of, each_at = of[in_order].tolist(), (first - begins[of])[in_order].tolist()
        detail_of, message_of_same = cache(detail_of), cache(message_of)
        listed = []
        for same, at in zip((self._same[n] for n in each_of), each_at, strict=True):
            value, detail = same.value and same.value.at(at), same.detail and same.detail.at(at)
            value = value and value[:_LONGEST_SHOWN]
            message = message_of_same(same.code, same.field, value, detail or detail_of(same.code, same.field))
            row = int(same.row[at])
            listed.append(
                Finding(
                    code=same.code,
                    severity=SEVERITY[same.code],
                    row=row,
                    field=same.field,
                    value=value,
                    message=message,
                )
            )
        return listed
