"""Columns of text as their different values and, of each record, which of them it has: a year of marks has few.

What is asked of a value is asked once of each different one, and of rows by numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Which = NDArray[np.int32]


@dataclass(frozen=True)
class Coded:
    """A column: its different values, and for each record the index of its own."""

    values: Sequence[str | None]
    which: Which

    @staticmethod
    def same(value: str | None, records: int) -> Coded:
        """A column in which every record has this value."""
        return Coded((value,), np.zeros(records, np.int32))

    def at(self, n: int) -> str | None:
        """The value of the n-th record."""
        return self.values[int(self.which[n])]

    def of(self, records: NDArray[np.intp] | NDArray[np.bool_]) -> Coded:
        """The column of some of the records."""
        return Coded(self.values, self.which[records])


@dataclass
class Collected:
    """A column being read, from single values and from whole chunks."""

    _index: dict[str, int] = field(default_factory=dict)
    _whole: list[Which] = field(default_factory=list)
    _single: array[int] = field(default_factory=lambda: array("i"))

    @property
    def different(self) -> int:
        """How many different values there are so far."""
        return len(self._index)

    def add(self, value: str) -> None:
        """One record."""
        self._single.append(self._index.setdefault(value, len(self._index)))

    def add_chunk(self, values: Iterable[str], which: NDArray[np.intp]) -> None:
        """Many records: different values, and for each record the index of its own."""
        index = np.array([self._index.setdefault(value, len(self._index)) for value in values], np.int32)
        self._end_single()
        self._whole.append(index[which])

    def coded(self) -> Coded:
        """The column as read."""
        self._end_single()
        return Coded(tuple(self._index), np.concatenate([np.zeros(0, np.int32), *self._whole]))

    def _end_single(self) -> None:
        if self._single:
            self._whole.append(np.frombuffer(self._single.tobytes(), np.int32))
            del self._single[:]


# --- A chunk of bytes ----------------------------------------------------------------------------------------------------

_WORD: Final = 8
_LONGEST: Final = 8 * _WORD
"""So many bytes of a value are compared as numbers; what is longer, which is seldom, as text."""
PADDING: Final = bytes(_LONGEST)
"""What has to lie behind the bytes in which values stand."""
_MASKS: Final = np.array([(1 << 8 * n) - 1 for n in range(_WORD)] + [(1 << 64) - 1], np.uint64)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio (Knuth): spreads what is alike
_SLOTS: Final = 15  # bits


def different_values(
    body: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[list[str], NDArray[np.intp]]:
    """The different values that stand in UTF-8 bytes (with PADDING behind them), and which each record has."""
    longest = int(lengths.max(initial=0))
    if longest == 0:
        return [""], np.zeros(len(starts), np.intp)
    if longest > _LONGEST:
        return _by_text(body, starts, lengths)
    words = np.ndarray((len(body) - _WORD + 1,), "<u8", body, strides=(1,))  # those that begin at each byte
    read = [_word(words, starts + at, lengths - at) for at in range(0, longest, _WORD)]
    alike = _first_alike(read)
    is_first = np.zeros(len(starts), np.bool_)
    is_first[alike] = True
    firsts = np.flatnonzero(is_first)
    values = [
        body[begin : begin + length].decode() for begin, length in zip(starts[firsts], lengths[firsts], strict=True)
    ]
    return values, (np.cumsum(is_first) - 1)[alike]


def _word(words: NDArray[np.uint64], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Eight bytes from each start as a number, zero beyond the value's length."""
    taken: NDArray[np.uint64] = words[starts]
    taken &= _MASKS[np.clip(lengths, 0, _WORD)]
    return taken


def _first_alike(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.intp]:
    """For each record one record with the same words, the same for all of them."""
    alike, same = _met(words, _MIX)
    left = np.flatnonzero(~same)
    mix = _MIX
    while len(left):  # another slot for those who met another value in theirs
        mix ^= mix >> np.uint64(7)
        met, same = _met([word[left] for word in words], mix)
        alike[left] = left[met]
        left = left[~same]
    return alike


def _met(words: Sequence[NDArray[np.uint64]], mix: np.uint64) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each record one that its words lead to, and whether that has the same words."""
    slot = words[0] * mix
    for word in words[1:]:
        slot ^= slot >> np.uint64(29)
        slot ^= word
        slot *= mix
    slot ^= slot >> np.uint64(32)
    slot *= mix
    slot >>= np.uint64(64 - _SLOTS)
    records = len(slot)
    holder = np.empty(1 << _SLOTS, np.int32)
    holder[slot] = np.arange(records, dtype=np.int32)  # of those with one slot any one
    met = holder[slot].astype(np.intp)
    same = words[0][met] == words[0]
    for word in words[1:]:
        same &= word[met] == word
    return met, same


def _by_text(body: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> tuple[list[str], NDArray[np.intp]]:
    index: dict[str, int] = {}
    which = [
        index.setdefault(body[begin : begin + length].decode(), len(index))
        for begin, length in zip(starts.tolist(), lengths.tolist(), strict=True)
    ]
    return list(index), np.array(which, np.intp)
