"""A file of Apache Parquet of columns that are known by their different values, which is how Parquet keeps them too.

Of each column its different values, once (the dictionary page), then the index of each row's own (the data page). Indices take
whole bytes, so that they are written and read by copying: what that leaves is for Zstandard. Only what was written here is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from backports import zstd
from numpy.typing import NDArray

from attendance.pieces import MAGIC, Piece, file_of, footer_of
from attendance.thrift import (
    BINARY,
    FALSE,
    I32,
    I64,
    LIST,
    OPEN,
    STRUCT,
    Blank,
    Struct,
    read_struct,
    read_varint,
    read_zigzag,
    varint,
    written,
    zigzag,
)

type Form = Literal["text", "day", "integer", "moment", "long", "flag"]
"""What a column holds: UTF-8; days since 1970; 32 bits; microseconds since 1970, without a zone; 64 bits; whether."""


@dataclass(frozen=True)
class Column:
    """A column: its different values, and for each row the index of its own, -1 where it has none.

    Without indices each row has a value of its own, which is a number or whether something is so.
    """

    name: str
    form: Form
    values: Sequence[Any] | NDArray[Any]
    which: NDArray[np.integer[Any]] | None
    bounded: bool = False
    """Whether the footer says the least and the greatest value, so that a reader may pass over the row group."""

    def each(self, of_values: NDArray[Any], of_none: int) -> NDArray[Any]:
        """For each row what is known of its value, or of none."""
        return of_values if self.which is None else np.append(of_values, of_values.dtype.type(of_none))[self.which]


# Numbers of the specification (parquet.thrift): Type, ConvertedType, Encoding, PageType, CompressionCodec.
_TYPE: Final[dict[Form, int]] = {"flag": 0, "text": 6, "day": 1, "integer": 1, "moment": 2, "long": 2}
_CONVERTED: Final[dict[Form, int]] = {"text": 0, "day": 6, "integer": 17, "moment": 10, "long": 18}
_FORM: Final = {(_TYPE[form], _CONVERTED.get(form)): form for form in _TYPE}
_NUMBERS: Final = {1: "<i4", 2: "<i8"}
_PLAIN, _RLE, _DELTA, _RLE_DICTIONARY = 0, 3, 5, 8
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_OF_DATA, _OF_DICTIONARY = 5, 7  # of PageHeader
_SCHEMA, _CREATED_BY = 2, 6  # of FileMetaData
_ZSTD: Final = 6
_OPTIONAL: Final = 1
_PACK: Final = zstd.ZstdCompressor(1)
"""One for all pages, of one caller at a time: a new one takes longer than most pages. Higher levels take longer for little."""
_MICROSECONDS: Final[Struct] = {2: (STRUCT, {})}
_TIMESTAMP: Final[Struct] = {1: (FALSE, None), 2: (STRUCT, _MICROSECONDS)}
_MOMENT: Final[Struct] = {10: (STRUCT, {8: (STRUCT, _TIMESTAMP)})}
"""The logical type of a moment: a timestamp not adjusted to UTC."""


def parquet(columns: Sequence[Column], rows: int) -> bytes:
    """The file, of one row group; the same columns give the same bytes."""
    return file_of([piece_of(columns, rows)], schema({column.name: column.form for column in columns}), {})


def piece_of(columns: Sequence[Column], rows: int) -> Piece:
    """The row group alone."""
    out = bytearray()
    chunks = [_write_chunk(out, column, rows) for column in columns]
    group = {
        1: (LIST, (STRUCT, chunks)), 2: (I64, len(out)), 3: (I64, rows), 5: (I64, len(MAGIC)), 6: (I64, len(out)),
    }  # fmt: skip
    return Piece(bytes(out), written(group), rows)


def schema(forms: Mapping[str, Form]) -> Sequence[bytes]:
    """What a footer says of columns with these names and forms, each as it is written."""
    return _schema(tuple(forms.items()))


@lru_cache  # there are as many as kinds of rows
def _schema(forms: tuple[tuple[str, Form], ...]) -> Sequence[bytes]:
    says: list[Struct] = [
        {4: (BINARY, b"schema"), 5: (I32, len(forms))},
        *(_described(name, form) for name, form in forms),
    ]
    return tuple(written(each) for each in says)


def _described(name: str, form: Form) -> Struct:
    described: Struct = {1: (I32, _TYPE[form]), 3: (I32, _OPTIONAL), 4: (BINARY, name.encode())}
    if form in _CONVERTED:
        described[6] = I32, _CONVERTED[form]
    return described | _MOMENT if form == "moment" else described


def _write_chunk(out: bytearray, column: Column, rows: int) -> bytes:
    """Write the pages of a column; gives what the footer says of them."""
    begins = len(MAGIC) + len(out)
    said, size = None, 0
    says: tuple[int | bytes, ...] = ()
    if column.which is None:
        if column.form == "flag":
            encoding, body = _PLAIN, np.packbits(np.asarray(column.values), bitorder="little").tobytes()
        else:
            encoding, body = _DELTA, _deltas(np.asarray(column.values, np.int64))
    else:
        encoding, which = _RLE_DICTIONARY, column.which
        if which.dtype.kind == "i" and int(which.min(initial=0)) < 0:
            said = which >= 0
            which = which[said]
        body = _indices(which, len(column.values))
        values = _plain(column.form, column.values)
        size = _write_page(out, _DICTIONARY_HEAD, values, len(column.values))
        says = (begins,)
        if column.bounded:
            says += tuple(_plain(column.form, [bound(column.values)]) for bound in (max, min))
    data_at = len(MAGIC) + len(out)
    size += _write_page(out, _DATA_HEAD, _levels(said, rows) + body, rows, encoding)
    blank = _chunk(column.name, column.form, encoding, column.bounded)
    return blank.filled(begins, rows, size, len(MAGIC) + len(out) - begins, data_at, *says)


@lru_cache  # there are as many as columns of kinds of rows
def _chunk(name: str, form: Form, encoding: int, bounded: bool) -> Blank:
    """What a footer says of a column: open are where it begins, its rows, its size uncompressed and compressed, where its data are.

    Of one with a dictionary where this begins, and of one that is bounded its greatest and its least value.
    """
    chunk: Struct = {
        1: (I32, _TYPE[form]), 2: (LIST, (I32, [_PLAIN, _RLE, encoding])), 3: (LIST, (BINARY, [name.encode()])),
        4: (I32, _ZSTD), 5: (I64, OPEN), 6: (I64, OPEN), 7: (I64, OPEN), 9: (I64, OPEN),
    }  # fmt: skip
    if encoding == _RLE_DICTIONARY:
        chunk[11] = I64, OPEN
        if bounded:
            chunk[12] = STRUCT, {5: (BINARY, OPEN), 6: (BINARY, OPEN)}
    return Blank({2: (I64, OPEN), 3: (STRUCT, chunk)})


# Open are the sizes of the page, uncompressed and compressed, then how many values it has, and of rows how they are encoded.
_DICTIONARY_HEAD: Final = Blank(
    {
        1: (I32, _DICTIONARY_PAGE), 2: (I32, OPEN), 3: (I32, OPEN),
        _OF_DICTIONARY: (STRUCT, {1: (I32, OPEN), 2: (I32, _PLAIN)}),
    }
)  # fmt: skip
_DATA_HEAD: Final = Blank(
    {
        1: (I32, _DATA_PAGE), 2: (I32, OPEN), 3: (I32, OPEN),
        _OF_DATA: (STRUCT, {1: (I32, OPEN), 2: (I32, OPEN), 3: (I32, _RLE), 4: (I32, _RLE)}),
    }
)  # fmt: skip


def _write_page(out: bytearray, head: Blank, body: bytes, *says: int) -> int:
    """Write a page with its head, in which this is said; gives how long both would be uncompressed."""
    packed = _PACK.compress(body, _PACK.FLUSH_FRAME)
    begin = head.filled(len(body), len(packed), *says)
    out += begin
    out += packed
    return len(begin) + len(body)


def _plain(form: Form, values: Sequence[Any] | NDArray[Any]) -> bytes:
    """Values, one after the other."""
    if form != "text":
        return np.asarray(values, _NUMBERS[_TYPE[form]]).tobytes()
    if len(sizes := {*map(len, values)}) == 1 and (size := sizes.pop()) < 128:  # as of UPNs
        head = size.to_bytes(4, "little").decode("ascii")
        if (joined := head + head.join(values)).isascii():
            return joined.encode()
    encoded = [value.encode() for value in values]
    return b"".join([part for each in encoded for part in (len(each).to_bytes(4, "little"), each)])


def _levels(said: NDArray[np.bool_] | None, rows: int) -> bytes:
    """Which rows have a value, a bit each; None: all."""
    body = _run(rows, b"\1") if said is None else _bits(np.packbits(said, bitorder="little").tobytes())
    return len(body).to_bytes(4, "little") + body


def _indices(which: NDArray[np.integer[Any]], different: int) -> bytes:
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
    return 1 if greatest < 1 << 8 else 2 if greatest < 1 << 16 else 4 if greatest < 1 << 32 else 8


def _run(times: int, value: bytes) -> bytes:
    """A value so many times, as the hybrid of runs and packed bits has it."""
    return varint(times << 1) + value


def _bits(packed: bytes, width: int = 1) -> bytes:
    """Packed values of so many bits each, eight to a group, as the hybrid has them."""
    return varint(len(packed) // width << 1 | 1) + packed


# --- What was written, read ------------------------------------------------------------------------------------------------


class Damaged(ValueError):
    """A file whose bytes are no longer those that were written."""


def read(file: bytes) -> list[Column] | None:
    """The columns of a file that `parquet` wrote; None for the file of another writer, who says in the footer who it is.

    Damaged is raised for what is no such file (any more).
    """
    try:
        footer = footer_of(file)
        if _CREATED_BY in footer:
            return None
        _, *described = footer[_SCHEMA][1][1]
        return columns_in(file[len(MAGIC) :], {each[4][1].decode(): _form_of(each) for each in described})
    except (AttributeError, LookupError, TypeError, ValueError, zstd.ZstdError) as broken:
        raise Damaged("not a file of Parquet as it was written") from broken


def _form_of(described: Struct) -> Form:
    return _FORM[described[1][1], described[6][1] if 6 in described else None]


def columns_in(body: bytes, forms: Mapping[str, Form]) -> list[Column]:
    """The columns of a row group, whose names and forms are known: the pages follow each other."""
    found, at = [], 0
    for name, form in forms.items():
        header, page, at = _read_page(body, at)
        values: Any = None
        if _OF_DICTIONARY in header:
            values = _read_plain(form, page, header[_OF_DICTIONARY][1][1][1])
            header, page, at = _read_page(body, at)
        rows = header[_OF_DATA][1][1][1]
        size = int.from_bytes(page[:4], "little")
        said, data = _read_levels(page[4 : 4 + size], rows), page[4 + size :]
        which = None
        if values is None:
            values = _read_bits(data, rows) if form == "flag" else _read_deltas(data)
        elif said.all():
            which = _read_indices(data, rows)
        else:
            which = np.full(rows, -1, np.int32)
            which[said] = _read_indices(data, int(np.count_nonzero(said)))
        found.append(Column(name, form, values, which))
    return found


def _read_page(body: bytes, at: int) -> tuple[Struct, bytes, int]:
    """The header of a page, the page, and where the next one begins."""
    header, at = read_struct(body, at)
    size = header[3][1]
    return header, zstd.decompress(body[at : at + size]), at + size


def _read_plain(form: Form, page: bytes, many: int) -> list[str] | NDArray[np.integer[Any]]:
    if form != "text":
        return np.frombuffer(page, _NUMBERS[_TYPE[form]])
    values, at = [], 0
    for _ in range(many):
        begin = at + 4
        at = begin + int.from_bytes(page[at:begin], "little")
        values.append(page[begin:at].decode())
    return values


def _read_levels(levels: bytes, rows: int) -> NDArray[np.bool_]:
    head, at = read_varint(levels, 0)
    return _read_bits(levels[at:], rows) if head & 1 else np.broadcast_to(np.bool_(levels[at]), rows)


def _read_bits(packed: bytes, rows: int) -> NDArray[np.bool_]:
    return np.unpackbits(np.frombuffer(packed, np.uint8), count=rows, bitorder="little").view(np.bool_)


def _read_indices(data: bytes, rows: int) -> NDArray[np.signedinteger[Any]]:
    head, at = read_varint(data, 1)
    if not head & 1:
        return np.broadcast_to(np.int32(0), rows)
    return np.frombuffer(data, f"<u{data[0] // 8}", rows, at).astype(np.int32)


def _read_deltas(data: bytes) -> NDArray[np.int64]:
    _, at = read_varint(data, 0)
    _, at = read_varint(data, at)
    rows, at = read_varint(data, at)
    first, at = read_zigzag(data, at)
    least, at = read_zigzag(data, at)
    values = np.full(rows, first, np.int64)
    deltas = np.frombuffer(data, f"<u{data[at] // 8}", rows - 1, at + 1)
    np.cumsum(deltas.astype(np.int64) + least, out=values[1:])
    values[1:] += first
    return values
