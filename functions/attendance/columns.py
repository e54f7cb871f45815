"""Columns of text as their different values and, of each record, which of them it has: a year of marks has few.

What is asked of a value is asked once of each different one, and of rows by numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

type Which = NDArray[np.integer[Any]]
type Bytes = bytes | memoryview


@dataclass(frozen=True)
class Coded:
    """A column: its different values, and for each record the index of its own."""

    values: Sequence[str | None]
    which: Which

    @staticmethod
    def same(value: str | None, records: int) -> Coded:
        """A column in which every record has this value."""
        return Coded((value,), same_of_each(np.uint8(0), records))

    def at(self, n: int) -> str | None:
        """The value of the n-th record."""
        return self.values[int(self.which[n])]

    def of(self, records: NDArray[np.intp] | NDArray[np.bool_]) -> Coded:
        """The column of some of the records."""
        return Coded(self.values, self.which[records])


def same_of_each[Known: np.generic](value: Known, many: int) -> NDArray[Known]:
    """One value for each of so many, of which there is one in memory; not to be written to.

    As `np.broadcast_to` has it, which takes several times as long: of a daily file some thirty columns are such.
    """
    return np.ndarray((many,), value.dtype, value, strides=(0,))


def spread[Known: np.generic](of_values: NDArray[Known], which: Which) -> NDArray[Known]:
    """What is known of each different value, for each record; not to be written to."""
    if len(of_values) == 1:
        return same_of_each(of_values[0], len(which))
    if len(which) <= _AT_ONCE:
        return of_values.take(which)
    if (of_values == of_values[0]).all():
        return same_of_each(of_values[0], len(which))
    known = np.empty(len(which), of_values.dtype)
    for begin in range(
        0, len(which), _AT_ONCE
    ):  # NumPy makes eight bytes of each index first, which then stay in the cache
        these = slice(begin, begin + _AT_ONCE)
        of_values.take(which[these], out=known[these], mode="clip")
    return known


_AT_ONCE: Final = 1 << 15


def different[Number: np.integer[Any]](*numbers: NDArray[Number]) -> NDArray[Number]:
    """The different ones of all these numbers, sorted.

    As `np.unique` has it; asked for no index, NumPy loads its masked arrays, and a new process starts 25 ms later.
    """
    return np.unique(np.concatenate(numbers), return_index=True)[0]


def among[Number: np.integer[Any] | np.bytes_](numbers: NDArray[Number], others: NDArray[Number]) -> NDArray[np.bool_]:
    """Which numbers are among the others, which are sorted."""
    if not len(others):
        return np.zeros(len(numbers), dtype=np.bool_)
    return np.asarray(others[np.minimum(others.searchsorted(numbers), len(others) - 1)] == numbers)


def any_of(these: bytes) -> NDArray[np.bool_]:
    """For each byte whether it is one of these."""
    table = np.zeros(256, np.bool_)
    table[[*these]] = True
    return table


def combined(numbers: Sequence[NDArray[np.integer[Any]]]) -> NDArray[np.int64]:
    """One number a row that is equal where all these numbers are, and sorts as they do, the first first."""
    together = np.zeros(0, np.int64)
    most = 1
    for each in numbers:
        each_most = int(each.max(initial=0)) + 1
        if most * each_most >= 1 << 62:  # as few numbers as there are rows
            ranked, together = np.unique(together, return_inverse=True)
            most = len(ranked)
        together = together * each_most + each if len(together) else each.astype(np.int64)
        most *= each_most
    return together


def stand_again(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the numbers, from 0, stand there more than once."""
    if _are_dense(numbers):
        times = np.bincount(numbers)
        if times.max(initial=0) < 2:
            return np.zeros(len(numbers), np.bool_)
        again: NDArray[np.bool_] = (times > 1)[numbers]
        return again
    in_order = np.sort(numbers)
    return among(numbers, in_order[1:][in_order[1:] == in_order[:-1]])


def in_order(numbers: NDArray[np.int64]) -> NDArray[np.intp]:
    """The places of the numbers, from 0, in their order; of equal ones as they stand."""
    places = np.arange(len(numbers))
    if _are_dense(numbers):  # as of a register, in which nearly each pupil has nearly each session
        place = np.full(int(numbers.max(initial=0)) + 1, -1, np.int32)
        place[numbers] = places
        order = place[place >= 0]
        if len(order) == len(numbers):
            return order.astype(np.intp)
    return np.sort(combined([numbers, places])) % len(numbers)


def _are_dense(numbers: NDArray[np.int64]) -> bool:
    return int(numbers.max(initial=0)) < 4 * len(numbers)


class Marked:
    """Places of which something is so, a bit each: 64 of them are one number."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._words = words

    @staticmethod
    def of(is_so: NDArray[np.bool_]) -> Marked:
        """The places where it is so."""
        packed = np.packbits(is_so, bitorder="little")
        words = np.zeros(len(is_so) // _BITS_OF_WORD + 3, "<u8")  # a number from any place on, and one behind it
        words.view(np.uint8)[: len(packed)] = packed
        return Marked(words)

    def __or__(self, other: Marked) -> Marked:
        return Marked(self._words | other._words)

    @cached_property
    def _before(self) -> NDArray[np.int64]:
        """How many are marked before each number, and before the end."""
        before = np.zeros(len(self._words) + 1, np.int64)
        np.cumsum(np.bitwise_count(self._words), out=before[1:])
        return before

    def before(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many are before each of these places."""
        word, bit = _word_and_bit(places)
        found = self._before.take(word)
        found += np.bitwise_count(self._words.take(word) & ((_ONE << bit) - _ONE))
        return found

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """All of them, in order: the first of each number, then the second of those that have more."""
        found = np.empty(self._before[-1], np.int64)
        word = (self._words != 0).nonzero()[0]
        left, at = self._words.take(word), self._before.take(word)
        while len(word):
            less = left - _ONE
            found[at] = _BITS_OF_WORD * word + np.bitwise_count(~left & less)
            left &= less
            more = (left != 0).nonzero()[0]
            word, left, at = word.take(more), left.take(more), at.take(more) + 1
        return found

    def behind_next(self, places: NDArray[np.int64], times: int) -> Iterator[NDArray[np.int64]]:
        """For each place that behind the first from it on, then behind the one after it: so many times, and so many there are."""
        begin, ahead = places, self._ahead(places)
        for _ in range(times):
            less = ahead - _ONE
            by = np.bitwise_count(ahead ^ less)
            if by.max() < _BITS_OF_WORD:
                places = begin + by
            else:  # for some there is none in the number, or the last
                begin, ahead = places, self._ahead(places)
                less = ahead - _ONE
                by = np.bitwise_count(ahead ^ less)
                places = begin + by
                far = (by == _BITS_OF_WORD).nonzero()[0]
                places[far] = self.places[self.before(begin[far])] + 1
            ahead &= less
            yield places

    def _ahead(self, places: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Of the 64 places from each on the bits."""
        word, bit = _word_and_bit(places)
        ahead = self._words.take(word) >> bit
        ahead |= self._words.take(word + 1) << _ONE << (np.uint64(_BITS_OF_WORD - 1) - bit)
        return ahead


_BITS_OF_WORD: Final = 64
_ONE: Final = np.uint64(1)


def _word_and_bit(places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    return places >> 6, (places & (_BITS_OF_WORD - 1)).view(np.uint64)


@dataclass(frozen=True)
class Written(Sequence[str]):
    """Values, of which some were read as texts and the others stand in bytes of UTF-8 until they are asked for."""

    texts: Mapping[int, str]
    encoded: NDArray[np.bytes_]
    """All others, zero-padded."""

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, n: Any) -> Any:
        if n >= len(self):
            raise IndexError(n)
        return self.texts[n] if n in self.texts else text_of(self.encoded[n])

    def of_size(self, size: int) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """Which of those in bytes have so many, and these, a value a line."""
        width = self.encoded.itemsize
        if width < size:
            return np.zeros(0, np.intp), np.zeros((0, size), np.uint8)
        letters = self.encoded.view(np.uint8).reshape(-1, width)
        which = ((letters[:, size - 1] != 0) & ((letters[:, size] == 0) if size < width else True)).nonzero()[0]
        return which, letters[which, :size]


@dataclass(frozen=True)
class Heads:
    """The first _LONGEST bytes from the place where each line begins, eight of them a number."""

    words: NDArray[np.uint64]

    @staticmethod
    def of(body: Bytes, begins: NDArray[np.int64]) -> Heads:
        """Of these lines."""
        return Heads(_from_each(body, begins, _LONGEST).reshape(len(begins), -1))

    def at(self, offset: int, many: int) -> list[NDArray[np.uint64]]:
        """So many numbers of each line from a byte on."""
        first, bits = offset // _WORD, np.uint64(offset % _WORD * 8)
        taken = [self.words[:, n] >> bits for n in range(first, first + many)]
        if bits:
            for n, word in enumerate(taken[: self.words.shape[1] - first - 1], first + 1):
                word |= self.words[:, n] << np.uint64(64) - bits
        return taken


@dataclass(frozen=True)
class Values:
    """Where the value of each of some records stands in UTF-8 bytes, which have as many as PADDING behind them."""

    body: Bytes
    """COMMA stands for a comma in a value."""
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    heads: Heads | None = None
    """Of the lines of the records, if in each of them the value begins at the same byte."""
    offset: int = 0

    def words(self, longest: int) -> _Words:
        """The values, of which the longest has so many bytes."""
        many = -(-longest // _WORD)
        taken: Iterable[NDArray[np.uint64]]
        if self.heads is not None and self.offset + longest <= _LONGEST:
            taken = self.heads.at(self.offset, many)
        else:
            taken = _from_each(self.body, self.starts, many * _WORD).reshape(-1, many).T
        size_of = longest if int(self.lengths.min()) == longest else self.lengths  # mostly all are of one length
        return [word & mask[size_of] for word, mask in zip(taken, _MASKS, strict=False)]

    def by_text(self) -> tuple[list[str], NDArray[np.intp]]:
        """The different values, and of each record which it has."""
        index: dict[str, int] = {}
        which = [
            index.setdefault(text_of(bytes(self.body[begin : begin + length])), len(index))
            for begin, length in zip(self.starts.tolist(), self.lengths.tolist(), strict=True)
        ]
        return list(index), np.array(which, np.intp)


def _from_each(body: Bytes, places: NDArray[np.int64], size: int) -> NDArray[np.uint64]:
    """So many bytes from each place on."""
    at_each_byte = np.ndarray((len(body) - size + 1,), f"V{size}", body, strides=(1,))
    return at_each_byte[places].view("<u8")


class Collected:
    """A column being read, from single values and from whole chunks."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._first: list[str] = []
        """Values that came all at once, and come into the index when another is looked up: of a small file never."""
        self._whole: list[Which] = []
        self._single = array("i")
        self._met = _Met()

    @property
    def many(self) -> int:
        """How many values there are so far."""
        return len(self._index) + len(self._first)

    @property
    def different(self) -> int:
        """How many different values there are so far."""
        return self.many

    def add(self, value: str) -> None:
        """One record."""
        self._single.append(self._place(value))

    def add_chunk(self, values: Iterable[str], which: NDArray[np.intp]) -> None:
        """Many records: different values, and for each record the index of its own."""
        self._add(np.array([self._place(value) for value in values], np.int32)[which])

    def add_bytes(self, values: Values) -> None:
        """Many records."""
        lengths = values.lengths
        longest = int(lengths.max(initial=0))
        if longest > _LONGEST:
            self.add_chunk(*values.by_text())
        elif not longest:
            self._add(same_of_each(np.int32(self._place("")), len(lengths)))
        elif not lengths[0] and 2 * len(said := (lengths != 0).nonzero()[0]) < len(lengths):
            blank = self._place("")
            which = np.full(len(lengths), blank, np.int32)  # as of notes: nearly all are blank, the first too
            which[said] = self._which(Values(values.body, values.starts[said], lengths[said]).words(longest))
            self._add(which)
        else:
            words = values.words(longest)
            runs = _differ_from_before(words).nonzero()[0]
            if 2 * len(runs) < len(lengths):  # as of days, or of who wrote it
                of_runs = self._which([word[runs] for word in words])
                self._add(np.repeat(small(of_runs, self.many), np.append(runs[1:], len(lengths)) - runs))
            else:
                self._add(self._which(words))

    def _which(self, words: _Words) -> Which:
        if len(words[0]) <= _FEW:
            return np.array([self._place(text) for text in _texts(words)], np.int32)
        if not self._met:
            return self._new(words)
        which = self._met.which(words)
        new = (which < 0).nonzero()[0]
        if len(new):
            which[new] = self._new([word[new] for word in words])
        return which

    def _new(self, words: _Words) -> Which:
        """The places of values that are not known by their bytes."""
        first, of = _first_alike(words)
        words = [word[first] for word in words]
        texts = _texts(words)
        if self.many:
            placed = np.array([self._place(text) for text in texts], np.int32)
        else:
            self._first = texts
            placed = np.arange(len(texts), dtype=np.int32)
        self._met.remember(words, placed)
        return placed[of]

    def coded(self) -> Coded:
        """The column as read, which is then forgotten here: a large file's takes much room."""
        self._end_single()
        values = self._values()
        records = sum(map(len, self._whole))
        if len(values) == 1:
            coded = Coded.same(values[0], records)
        elif len(self._whole) == 1:
            coded = Coded(values, small(self._whole[0], len(values)))
        else:
            none = small(np.zeros(0, np.int32), len(values))
            coded = Coded(values, np.concatenate([none, *self._whole], dtype=none.dtype, casting="unsafe"))
        self._whole.clear()
        return coded

    def _values(self) -> Sequence[str]:
        return tuple(self._first or self._index)

    def _place(self, value: str) -> int:
        if self._first:
            self._index, self._first = {text: place for place, text in enumerate(self._first)}, []
        return self._index.setdefault(value, self.many)

    def _add(self, which: Which) -> None:
        self._end_single()
        self._whole.append(small(which, self.many))

    def _end_single(self) -> None:
        if self._single:
            self._whole.append(np.frombuffer(self._single.tobytes(), np.int32))
            del self._single[:]


class CollectedOften(Collected):
    """A column in which a value may stand in several places of `values`, and none is made text before it is asked for.

    As of times: they are many, and are compared as numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self._encoded: list[tuple[int, NDArray[np.bytes_]]] = []
        """Values in their bytes, and the place of the first."""
        self._in_bytes = 0

    @property
    def many(self) -> int:
        return len(self._index) + self._in_bytes

    @property
    def different(self) -> int:
        if not self._encoded:
            return self.many
        self._end_single()
        place = np.zeros(self.many, np.int32)
        different, of = np.unique(np.concatenate([each for _, each in self._encoded]), return_inverse=True)
        begin = 0
        for first, each in self._encoded:
            place[first : first + len(each)] = of[begin : begin + len(each)]
            begin += len(each)
        place[[*self._index.values()]] = np.arange(len(self._index)) + len(different)
        self._index = {text: len(different) + n for n, text in enumerate(self._index)}
        self._whole = [place[which] for which in self._whole]
        self._encoded, self._in_bytes = [(0, different)], len(different)
        texts = [text.encode().replace(b",", COMMA) for text in self._index]
        again = among(np.array([text for text in texts if len(text) <= _LONGEST], f"S{_LONGEST}"), different)
        return self.many - int(np.count_nonzero(again))

    def _which(self, words: _Words) -> Which:
        first, of = _first_alike(words)
        encoded = _encoded([word[first] for word in words])
        self._encoded.append((self.many, encoded))
        which = (of + self.many).astype(np.int32)
        self._in_bytes += len(encoded)
        return which

    def _values(self) -> Sequence[str]:
        if not self._encoded:
            return super()._values()
        encoded = np.zeros(self.many, max(each.dtype for _, each in self._encoded))
        for first, each in self._encoded:
            encoded[first : first + len(each)] = each
        return Written({n: text for text, n in self._index.items()}, encoded)


def small(numbers: NDArray[np.integer[Any]], many: int) -> Which:
    """Numbers below so many in as few bytes as there is a type for: what is read once a row costs by its bytes."""
    return numbers.astype(np.uint8 if many <= 1 << 8 else np.uint16 if many <= 1 << 16 else np.int32, copy=False)


# --- Values as numbers -----------------------------------------------------------------------------------------------------

type _Words = Sequence[NDArray[np.uint64]]
"""Values of at most _LONGEST bytes, eight bytes of each a number, zero beyond its end."""

_WORD: Final = 8
_LONGEST: Final = 8 * _WORD
"""So many bytes of a value are compared as numbers; what is longer, which is seldom, as text."""
PADDING: Final = bytes(_LONGEST)
"""What has to lie behind the bytes in which values stand."""
COMMA: Final = b"\xff"
"""What stands for a comma within a value: no byte of UTF-8."""
_MASKS: Final = np.array(
    [
        [(1 << 8 * min(max(size - begin, 0), _WORD)) - 1 for size in range(_LONGEST + 1)]
        for begin in range(0, _LONGEST, _WORD)
    ],
    np.uint64,
)
"""What of each word counts of a value of so many bytes."""
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio (Knuth): spreads what is alike
_FEW: Final = 32
"""So many values are sooner made texts than compared as numbers."""
_BITS: Final = 14  # so that what is met stays in the processor's cache


class _Met:
    """The values of a column met so far: of those that share a slot the last."""

    def __init__(self) -> None:
        self._words: list[NDArray[np.uint64]] = []
        self._place = np.zeros(0, np.int32)
        self._waiting: list[tuple[_Words, Which]] = []

    def __bool__(self) -> bool:
        return bool(self._words or self._waiting)

    def which(self, words: _Words) -> Which:
        """The place of each value in the column, -1 of one that is not remembered; some are."""
        for each in self._waiting:
            self._remember(*each)
        self._waiting.clear()
        slot = _slots(words, _MIX)
        which = self._place[slot]
        same = which >= 0
        for met, word in zip_longest(self._words, words):
            same &= (0 if met is None else met[slot]) == (0 if word is None else word)
        which[~same] = -1
        return which

    def remember(self, words: _Words, places: Which) -> None:
        """These values stand in these places; put into slots only when more are asked for, which in a small file is never."""
        self._waiting.append((words, places))

    def _remember(self, words: _Words, places: Which) -> None:
        if not self._words:
            self._place = np.full(1 << _BITS, -1, np.int32)
        slot = _slots(words, _MIX)
        self._place[slot] = places
        self._words += [np.zeros(1 << _BITS, np.uint64) for _ in words[len(self._words) :]]
        for met, word in zip_longest(self._words, words):
            met[slot] = 0 if word is None else word


def _texts(words: _Words) -> list[str]:
    """The values as text; none of them has a NUL, which no reader lets in."""
    encoded = _encoded(words)
    width = encoded.itemsize
    letters = encoded.view(np.uint8).reshape(-1, width)
    size = len(encoded[0])
    if size < width and letters[:, size - 1].all() and not letters[:, size].any():  # as of UPNs: all are of one length
        return text_of(letters[:, : size + 1].tobytes()[:-1]).split("\0")
    return text_of(b"\0".join(encoded.tolist())).split("\0")


def _encoded(words: _Words) -> NDArray[np.bytes_]:
    together = np.stack(words, axis=1) if len(words) > 1 else words[0]
    return together.view(f"S{_WORD * len(words)}").ravel()


def text_of(value: bytes) -> str:
    """A value as text, with the commas in it."""
    return value.replace(COMMA, b",").decode()


def _differ_from_before(words: _Words) -> NDArray[np.bool_]:
    """Which values are others than the one before; the first is."""
    differ = np.zeros(len(words[0]), np.bool_)
    differ[0] = True
    for word in words:
        differ[1:] |= word[1:] != word[:-1]
    return differ


def _slots(words: _Words, mix: np.uint64) -> NDArray[np.int64]:
    slot = words[0] * mix
    for word in words[1:]:
        slot ^= slot >> np.uint64(29)
        slot ^= word
        slot *= mix
    slot ^= slot >> np.uint64(32)
    slot *= mix
    slot >>= np.uint64(64 - _BITS)
    return slot.view(np.int64)


def _first_alike(words: _Words) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of each different value a record that has it, in the order of these; and of each record which value it has."""
    if len(words[0]) == 1:
        return np.zeros(1, np.intp), np.zeros(1, np.intp)
    alike, same = _one_alike(words, _MIX)
    left = (~same).nonzero()[0]
    mix = _MIX
    while len(left):  # another slot for those who met another value in theirs
        mix ^= mix >> np.uint64(7)
        met, same = _one_alike([word[left] for word in words], mix)
        alike[left] = left[met]
        left = left[~same]
    is_first = np.zeros(len(alike), np.bool_)
    is_first[alike] = True
    return is_first.nonzero()[0], (is_first.cumsum() - 1)[alike]


def _one_alike(words: _Words, mix: np.uint64) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """For each record one that its words lead to, the same for all that are alike, and whether that has the same words."""
    slot = _slots(words, mix)
    holder = np.empty(1 << _BITS, np.intp)
    holder[slot] = np.arange(len(slot))  # of those with one slot any one
    met = holder[slot]
    same = words[0][met] == words[0]
    for word in words[1:]:
        same &= word[met] == word
    return met, same
