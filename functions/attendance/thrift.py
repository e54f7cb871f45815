"""Thrift's compact protocol: only what a file of Parquet has in it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

TRUE, FALSE, _BYTE, I32, I64, _DOUBLE, BINARY, LIST, STRUCT, _LONG_LIST = 1, 2, 3, 5, 6, 7, 8, 9, 12, 15
_INTEGERS: Final = frozenset({4, I32, I64})

type Struct = dict[int, tuple[int, Any]]
"""Type and value of each field by its number, in the order of their numbers."""


def read_varint(of: bytes, at: int) -> tuple[int, int]:
    """A number, seven bits a byte, and where what follows it begins."""
    byte = of[at]
    if byte < 128:
        return byte, at + 1
    number, shift = byte & 127, 7
    while True:
        at += 1
        byte = of[at]
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at + 1
        shift += 7


def read_zigzag(of: bytes, at: int) -> tuple[int, int]:
    """The same of a number that may be negative."""
    number, at = read_varint(of, at)
    return number >> 1 ^ -(number & 1), at


def _value(of: bytes, at: int, kind: int) -> tuple[Any, int]:
    """A value of a type, and where the next one begins."""
    if kind in _INTEGERS:
        return read_zigzag(of, at)
    if kind == BINARY:
        size, at = read_varint(of, at)
        return of[at : at + size], at + size
    if kind == STRUCT:
        return read_struct(of, at)
    if kind == LIST:
        size, kind, at = read_list_head(of, at)
        values = []
        for _ in range(size):
            value, at = _value(of, at, kind)
            values.append(value)
        return (kind, values), at
    if kind in (TRUE, FALSE, _BYTE):  # in a list, booleans are bytes
        return of[at], at + 1
    if kind == _DOUBLE:
        return of[at : at + 8], at + 8
    raise ValueError(f"a footer has a field of type {kind}, which is not known here")


def read_list_head(of: bytes, at: int) -> tuple[int, int, int]:
    """How many values the list has that begins there, their type, and where the first begins."""
    size, kind = of[at] >> 4, of[at] & 15
    if size < _LONG_LIST:
        return size, kind, at + 1
    size, at = read_varint(of, at + 1)
    return size, kind, at


def read_struct(of: bytes, at: int, before: int | None = None) -> tuple[Struct, int]:
    """The struct that begins there, and where what follows begins; or its fields before one, and where that one's value begins."""
    found: Struct = {}
    number = 0
    while head := of[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = read_zigzag(of, at)
        if number == before:
            return found, at
        kind = head & 15
        if kind in (TRUE, FALSE):  # as a field, a boolean is its type
            found[number] = kind, None
        else:
            value, at = _value(of, at, kind)
            found[number] = kind, value
    return found, at + 1


def varint(number: int) -> bytes:
    """A number from 0 in as few bytes as it needs, the lowest seven bits first."""
    if number < 128:
        return _BYTES[number]
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


_BYTES: Final = [bytes([number]) for number in range(128)]


@lru_cache(1 << 12)  # most are small, and of each page the same again
def zigzag(number: int) -> bytes:
    """A number of at most 64 bits, which may be negative, in as few bytes as it needs."""
    return varint(number << 1 ^ number >> 63)


def written(struct: Struct) -> bytes:
    """A struct alone."""
    out = bytearray()
    write(out, STRUCT, struct)
    return bytes(out)


class Blank:
    """A struct in which some values, numbers or bytes, are OPEN: what stands between them is worked out once."""

    def __init__(self, struct: Struct) -> None:
        self._begin, *self._behind = written(struct).split(OPEN)

    def filled(self, *values: int | bytes) -> bytes:
        """The struct with these values, in the order in which they are open."""
        out = [self._begin]
        for value, behind in zip(values, self._behind, strict=True):
            out += (zigzag(value), behind) if isinstance(value, int) else (varint(len(value)), value, behind)
        return b"".join(out)


OPEN: Final = b"<open>"
"""Stands in a Blank for a value that is written in later."""


def write(out: bytearray, kind: int, value: Any) -> None:
    """Add a value of a type: a number, bytes, a Struct (or its bytes), or of a list the type of its values and these."""
    if value is OPEN:
        out += OPEN
    elif kind in _INTEGERS:
        out += zigzag(value)
    elif kind == BINARY:
        out += varint(len(value))
        out += value
    elif kind == STRUCT and isinstance(value, bytes):
        out += value
    elif kind == STRUCT:
        before = 0
        for number, (of, each) in value.items():
            if 0 < number - before < 16:
                out.append(number - before << 4 | of)
            else:
                out.append(of)
                out += zigzag(number)
            before = number
            if of in _INTEGERS and each is not OPEN and -64 <= each < 64:  # most are: without a call of a function
                out.append(each << 1 ^ each >> 63)
            elif of not in (TRUE, FALSE):
                write(out, of, each)
        out.append(0)
    elif kind == LIST:
        of, values = value
        out.append(min(len(values), _LONG_LIST) << 4 | of)
        if len(values) >= _LONG_LIST:
            out += varint(len(values))
        for each in values:
            write(out, of, each)
    elif kind == _DOUBLE:
        out += value
    else:
        out.append(value)
