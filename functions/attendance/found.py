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
        last = np.partition(rows, most - 1)[most - 1] if len(rows) > most else None
        first = []
        for n, each in enumerate(self._same):
            place = -1 if each.field is None else self._place[each.field]
            these = np.arange(len(each.row)) if last is None else (each.row <= last).nonzero()[0]
            in_rows = zip(each.row[these].tolist(), these.tolist(), strict=True)
            first += [(row, place, each.code, n, at) for row, at in in_rows]
        detail_of, message_of_same = cache(detail_of), cache(message_of)
        listed = []
        for row, _, _, n, at in sorted(first)[:most]:
            same = self._same[n]
            value, detail = same.value and same.value.at(at), same.detail and same.detail.at(at)
            value = value and value[:_LONGEST_SHOWN]
            message = message_of_same(same.code, same.field, value, detail or detail_of(same.code, same.field))
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
