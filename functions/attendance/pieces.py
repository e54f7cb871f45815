"""A Parquet file put together from pieces, each of which can be replaced without writing the others again.

DuckDB writes a piece as a file of its own. Its row groups are taken over byte for byte, and a new footer says where they now lie:
a struct of Thrift's compact protocol (Apache Parquet, `parquet.thrift`), of which only the positions in the file are changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8  # the footer's length in four bytes, and the magic once more
_KEY: Final = "pieces"
"""Under this the footer says of each piece its name, its bytes and its row groups."""

# --- Thrift's compact protocol: only what a footer has in it -------------------------------------------------------------

_TRUE, _FALSE, _BYTE, _I64, _DOUBLE, _BINARY, _LIST, _STRUCT, _LONG_LIST = 1, 2, 3, 6, 7, 8, 9, 12, 15
_INTEGERS: Final = frozenset({4, 5, _I64})

type Struct = dict[int, tuple[int, Any]]
"""Type and value of each field by its number, in the order of their numbers."""


def _varint(of: bytes, at: int) -> tuple[int, int]:
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


def _value(of: bytes, at: int, kind: int) -> tuple[Any, int]:
    """A value of a type, and where the next one begins."""
    if kind in _INTEGERS:
        number, at = _varint(of, at)
        return number >> 1 ^ -(number & 1), at
    if kind == _BINARY:
        size, at = _varint(of, at)
        return of[at : at + size], at + size
    if kind == _STRUCT:
        return _struct(of, at)
    if kind == _LIST:
        size, kind = of[at] >> 4, of[at] & 15
        at += 1
        if size == _LONG_LIST:
            size, at = _varint(of, at)
        values = []
        for _ in range(size):
            value, at = _value(of, at, kind)
            values.append(value)
        return (kind, values), at
    if kind in (_TRUE, _FALSE, _BYTE):  # in a list, booleans are bytes
        return of[at], at + 1
    if kind == _DOUBLE:
        return of[at : at + 8], at + 8
    raise ValueError(f"a footer has a field of type {kind}, which is not known here")


def _struct(of: bytes, at: int) -> tuple[Struct, int]:
    found: Struct = {}
    number = 0
    while head := of[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            zigzag, at = _varint(of, at)
            number = zigzag >> 1 ^ -(zigzag & 1)
        kind = head & 15
        if kind in (_TRUE, _FALSE):  # as a field, a boolean is its type
            found[number] = kind, None
        else:
            value, at = _value(of, at, kind)
            found[number] = kind, value
    return found, at + 1


def _write_varint(out: bytearray, number: int) -> None:
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)


def _write(out: bytearray, kind: int, value: Any) -> None:
    if kind in _INTEGERS:
        _write_varint(out, value << 1 ^ value >> 63)
    elif kind == _BINARY:
        _write_varint(out, len(value))
        out += value
    elif kind == _STRUCT:
        before = 0
        for number, (of, each) in value.items():
            if 0 < number - before < 16:
                out.append(number - before << 4 | of)
            else:
                out.append(of)
                _write_varint(out, number << 1)
            before = number
            if of not in (_TRUE, _FALSE):
                _write(out, of, each)
        out.append(0)
    elif kind == _LIST:
        of, values = value
        out.append(min(len(values), _LONG_LIST) << 4 | of)
        if len(values) >= _LONG_LIST:
            _write_varint(out, len(values))
        for each in values:
            _write(out, of, each)
    elif kind == _DOUBLE:
        out += value
    else:
        out.append(value)


# --- Files of pieces -----------------------------------------------------------------------------------------------------

_ROWS, _GROUPS, _SAID = 3, 4, 5  # of FileMetaData: num_rows, row_groups, key_value_metadata
_COLUMNS, _GROUP_ROWS, _GROUP_AT = 1, 3, 5  # of RowGroup: columns, num_rows, file_offset
_OF_COLUMN, _CHUNK_AT = 3, (2, 4, 6)  # of ColumnChunk: meta_data; file_offset, offset_index_offset, column_index_offset
_COLUMN_AT: Final = (9, 10, 11, 14)  # of ColumnMetaData: first data page, index page, dictionary page, Bloom filter


@dataclass(frozen=True)
class Piece:
    """Row groups with the bytes that they lie in, which began at `at` when their positions were written down."""

    body: bytes
    groups: tuple[Struct, ...]
    at: int

    @staticmethod
    def of(file: bytes) -> Piece:
        """A whole file, as DuckDB wrote it, as a piece."""
        footer, end = _footer(file)
        return Piece(file[len(_MAGIC) : end], tuple(footer[_GROUPS][1][1]), len(_MAGIC))


def split(file: bytes) -> tuple[dict[str, Piece], dict[str, str]]:
    """The pieces by name of a file that `joined` wrote (of any other none), and what else its footer says."""
    footer, _ = _footer(file)
    groups, says = iter(footer[_GROUPS][1][1]), _said(footer)
    found: dict[str, Piece] = {}
    at = len(_MAGIC)
    for name, size, number in json.loads(says.pop(_KEY, "[]")):
        found[name] = Piece(file[at : at + size], tuple(next(groups) for _ in range(number)), at)
        at += size
    return found, says


def joined(pieces: Mapping[str, Piece], says: Mapping[str, str], like: bytes) -> bytes:
    """One file of pieces of one schema, in the order of their names; `like`: any file of that schema.

    The same pieces give the same bytes, whatever file each of them was taken from.
    """
    footer, _ = _footer(like)
    in_order = sorted(pieces.items())
    out = bytearray(_MAGIC)
    groups = []
    for _, piece in in_order:
        groups += [_moved(group, len(out) - piece.at) for group in piece.groups]
        out += piece.body
    index = json.dumps([[name, len(piece.body), len(piece.groups)] for name, piece in in_order])
    pairs = [{1: (_BINARY, key.encode()), 2: (_BINARY, value.encode())} for key, value in {**says, _KEY: index}.items()]
    footer[_ROWS] = _I64, sum(group[_GROUP_ROWS][1] for group in groups)
    footer[_GROUPS] = _LIST, (_STRUCT, groups)
    footer[_SAID] = _LIST, (_STRUCT, pairs)
    at = len(out)
    _write(out, _STRUCT, dict(sorted(footer.items())))
    out += (len(out) - at).to_bytes(4, "little") + _MAGIC
    return bytes(out)


def said_in(file: bytes) -> dict[str, str]:
    """What the footer of a file says beside the rows, by key."""
    return _said(_footer(file)[0])


def said(file: bytes, key: str) -> bytes | None:
    """What the footer of a file, of which its end is enough, says under one short key; None if nothing.

    Taking the footer of a year apart takes a hundred times as long as looking for the pair: two texts, fields 1 and 2. The pairs
    follow all that is said of columns, so whatever stands in a value, the last such bytes are the pair.
    """
    pair = bytes([1 << 4 | _BINARY, len(key)]) + key.encode() + bytes([1 << 4 | _BINARY])
    at = file.rfind(pair, max(0, _footer_at(file)))
    if at < 0:
        return None
    size, at = _varint(file, at + len(pair))
    return file[at : at + size]


def _said(footer: Struct) -> dict[str, str]:
    pairs = footer[_SAID][1][1] if _SAID in footer else ()
    return {pair[1][1].decode(): pair[2][1].decode() for pair in pairs}


def _footer(file: bytes) -> tuple[Struct, int]:
    """The footer of a file, and where it begins."""
    if file[:4] != _MAGIC or file[-4:] != _MAGIC:
        raise ValueError("not a Parquet file")
    begins = _footer_at(file)
    footer, _ = _struct(file, begins)
    return footer, begins


def _footer_at(file: bytes) -> int:
    return len(file) - _TAIL - int.from_bytes(file[-_TAIL:-4], "little")


def _moved(group: Struct, by: int) -> Struct:
    """A row group as the footer says of it after its bytes were moved."""
    columns = []
    for chunk in group[_COLUMNS][1][1]:
        of_column = _further(chunk[_OF_COLUMN][1], _COLUMN_AT, by)
        columns.append(_further(chunk, _CHUNK_AT, by) | {_OF_COLUMN: (_STRUCT, of_column)})
    return _further(group, (_GROUP_AT,), by) | {_COLUMNS: (_LIST, (_STRUCT, columns))}


def _further(of: Struct, fields: tuple[int, ...], by: int) -> Struct:
    return of | {field: (of[field][0], of[field][1] + by) for field in fields if field in of and of[field][1]}
