"""A file of Apache Parquet of columns that are known by their different values, which is how Parquet keeps them too.

One row group; of each column its different values, once (the dictionary page), then the index of each row's own (the data page).
Indices take whole bytes, so that writing them is copying them: what that leaves is for Zstandard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from backports import zstd
from numpy.typing import NDArray

from attendance.pieces import MAGIC
from attendance.thrift import BINARY, FALSE, I32, I64, LIST, STRUCT, Struct, varint, write, zigzag

type Form = Literal["text", "day", "integer", "moment", "long"]
"""What a column holds: UTF-8; days since 1970; 32 bits; microseconds since 1970, without a zone; 64 bits."""


@dataclass(frozen=True)
class Column:
    """A column: its different values, and for each row the index of its own, -1 where it has none.

    Without indices each row has a value of its own, which is a number.
    """

    name: str
    form: Form
    values: Sequence[str] | Sequence[int] | NDArray[np.integer[Any]]
    which: NDArray[np.signedinteger[Any]] | None


# Numbers of the specification (parquet.thrift): Type, ConvertedType, Encoding, PageType, CompressionCodec.
_TYPE: Final[dict[Form, int]] = {"text": 6, "day": 1, "integer": 1, "moment": 2, "long": 2}
_CONVERTED: Final[dict[Form, int]] = {"text": 0, "day": 6, "integer": 17, "moment": 10, "long": 18}
_NUMBERS: Final = {1: "<i4", 2: "<i8"}
_PLAIN, _RLE, _DELTA, _RLE_DICTIONARY = 0, 3, 5, 8
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_ZSTD: Final = 6
_OPTIONAL: Final = 1
_LEVEL: Final = 1
"""Of compression: higher ones take longer for little."""
_MICROSECONDS: Final[Struct] = {8: (STRUCT, {1: (FALSE, None), 2: (STRUCT, {2: (STRUCT, {})})})}
"""The logical type of a moment: a timestamp not adjusted to UTC."""


def parquet(columns: Sequence[Column], rows: int) -> bytes:
    """The file; the same columns give the same bytes."""
    out = bytearray(MAGIC)
    chunks = [_write_chunk(out, column, rows) for column in columns]
    size = len(out) - len(MAGIC)
    group = {1: (LIST, (STRUCT, chunks)), 2: (I64, size), 3: (I64, rows), 5: (I64, len(MAGIC)), 6: (I64, size)}
    schema = [{4: (BINARY, b"schema"), 5: (I32, len(columns))}, *map(_described, columns)]
    footer = {1: (I32, 1), 2: (LIST, (STRUCT, schema)), 3: (I64, rows), 4: (LIST, (STRUCT, [group]))}
    begins = len(out)
    write(out, STRUCT, footer)
    out += (len(out) - begins).to_bytes(4, "little") + MAGIC
    return bytes(out)


def _described(column: Column) -> Struct:
    described: Struct = {
        1: (I32, _TYPE[column.form]), 3: (I32, _OPTIONAL), 4: (BINARY, column.name.encode()),
        6: (I32, _CONVERTED[column.form]),
    }  # fmt: skip
    return described | _MICROSECONDS if column.form == "moment" else described


def _write_chunk(out: bytearray, column: Column, rows: int) -> Struct:
    """Write the pages of a column; gives what the footer says of them."""
    begins = len(out)
    says: Struct = {}
    if column.which is None:
        encoding, said, size = _DELTA, np.ones(rows, np.bool_), 0
        body = _deltas(np.asarray(column.values, np.int64))
    else:
        encoding, said = _RLE_DICTIONARY, column.which >= 0
        which = column.which if said.all() else column.which[said]
        body = _indices(which, len(column.values))
        header = {1: (I32, len(column.values)), 2: (I32, _PLAIN)}
        size = _write_page(out, _DICTIONARY_PAGE, {7: (STRUCT, header)}, _plain(column))
        says = {11: (I64, begins)}
    data_at = len(out)
    header = {1: (I32, rows), 2: (I32, encoding), 3: (I32, _RLE), 4: (I32, _RLE)}
    size += _write_page(out, _DATA_PAGE, {5: (STRUCT, header)}, _levels(said) + body)
    chunk: Struct = {
        1: (I32, _TYPE[column.form]), 2: (LIST, (I32, [_PLAIN, _RLE, encoding])),
        3: (LIST, (BINARY, [column.name.encode()])), 4: (I32, _ZSTD), 5: (I64, rows), 6: (I64, size),
        7: (I64, len(out) - begins), 9: (I64, data_at), **says,
    }  # fmt: skip
    return {2: (I64, begins), 3: (STRUCT, chunk)}


def _write_page(out: bytearray, kind: int, header: Struct, body: bytes) -> int:
    """Write a page with its header; gives how long both would be uncompressed."""
    begins = len(out)
    packed = zstd.compress(body, _LEVEL)
    write(out, STRUCT, {1: (I32, kind), 2: (I32, len(body)), 3: (I32, len(packed)), **header})
    size = len(out) - begins + len(body)
    out += packed
    return size


def _plain(column: Column) -> bytes:
    """The different values, one after the other."""
    if column.form != "text":
        return np.asarray(column.values, _NUMBERS[_TYPE[column.form]]).tobytes()
    encoded = [str(value).encode() for value in column.values]
    return b"".join([part for each in encoded for part in (len(each).to_bytes(4, "little"), each)])


def _levels(said: NDArray[np.bool_]) -> bytes:
    """Which rows have a value, a bit each."""
    body = _run(len(said), b"\1") if said.all() else _bits(np.packbits(said, bitorder="little").tobytes())
    return len(body).to_bytes(4, "little") + body


def _indices(which: NDArray[np.signedinteger[Any]], different: int) -> bytes:
    """The width of an index in bits, then all of them."""
    size = _size(different - 1)
    width = bytes([8 * size])
    if different == 1:
        return width + _run(len(which), bytes(size))
    packed = which.astype(f"<u{size}").tobytes() + bytes(size * (-len(which) % 8))
    return width + _bits(packed, 8 * size)


def _deltas(values: NDArray[np.int64]) -> bytes:
    """The first value, then by how much each is more than the one before: all of them one block of one miniblock."""
    deltas = np.diff(values)
    least = int(deltas.min(initial=0))
    size = _size(int(deltas.max(initial=0)) - least)
    block = max(-(-len(deltas) // _BLOCK), 1) * _BLOCK
    head = b"".join(
        [varint(block), varint(1), varint(len(values)), zigzag(int(values[0])), zigzag(least), bytes([8 * size])]
    )
    deltas -= least
    return head + deltas.astype(f"<u{size}").tobytes() + bytes(size * (block - len(deltas)))


_BLOCK: Final = 128
"""A block is a multiple of this."""


def _size(greatest: int) -> int:
    """How many bytes a number from 0 takes: of those that are a type of NumPy."""
    return next(size for size in (1, 2, 4, 8) if greatest < 1 << 8 * size)


def _run(times: int, value: bytes) -> bytes:
    """A value so many times, as the hybrid of runs and packed bits has it."""
    return varint(times << 1) + value


def _bits(packed: bytes, width: int = 1) -> bytes:
    """Packed values of so many bits each, eight to a group, as the hybrid has them."""
    return varint(len(packed) // width << 1 | 1) + packed
