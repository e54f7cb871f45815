"""A Parquet file put together from pieces, each of which can be replaced without writing the others again.

DuckDB writes a piece as a file of its own. Its row groups are taken over byte for byte, and a new footer says where they now lie:
a struct of Thrift's compact protocol (Apache Parquet, `parquet.thrift`), of which only the positions in the file are changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from attendance.thrift import BINARY, I64, LIST, STRUCT, Struct, read_struct, read_varint, write

MAGIC: Final = b"PAR1"
"""What a file begins and ends with."""
_TAIL: Final = 8  # the footer's length in four bytes, and the magic once more
_KEY: Final = "pieces"
"""Under this the footer says of each piece its name, its bytes and its row groups."""

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
        return Piece(file[len(MAGIC) : end], tuple(footer[_GROUPS][1][1]), len(MAGIC))


def split(file: bytes) -> tuple[dict[str, Piece], dict[str, str]]:
    """The pieces by name of a file that `joined` wrote (of any other none), and what else its footer says."""
    footer, _ = _footer(file)
    groups, says = iter(footer[_GROUPS][1][1]), _said(footer)
    found: dict[str, Piece] = {}
    at = len(MAGIC)
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
    out = bytearray(MAGIC)
    groups = []
    for _, piece in in_order:
        groups += [_moved(group, len(out) - piece.at) for group in piece.groups]
        out += piece.body
    index = json.dumps([[name, len(piece.body), len(piece.groups)] for name, piece in in_order])
    pairs = [{1: (BINARY, key.encode()), 2: (BINARY, value.encode())} for key, value in {**says, _KEY: index}.items()]
    footer[_ROWS] = I64, sum(group[_GROUP_ROWS][1] for group in groups)
    footer[_GROUPS] = LIST, (STRUCT, groups)
    footer[_SAID] = LIST, (STRUCT, pairs)
    at = len(out)
    write(out, STRUCT, dict(sorted(footer.items())))
    out += (len(out) - at).to_bytes(4, "little") + MAGIC
    return bytes(out)


def said(file: bytes, key: str) -> bytes | None:
    """What the footer of a file, of which its end is enough, says under one short key; None if nothing.

    Taking the footer of a year apart takes a hundred times as long as looking for the pair: two texts, fields 1 and 2. The pairs
    follow all that is said of columns, so whatever stands in a value, the last such bytes are the pair.
    """
    pair = bytes([1 << 4 | BINARY, len(key)]) + key.encode() + bytes([1 << 4 | BINARY])
    at = file.rfind(pair, max(0, _footer_at(file)))
    if at < 0:
        return None
    size, at = read_varint(file, at + len(pair))
    return file[at : at + size]


def _said(footer: Struct) -> dict[str, str]:
    pairs = footer[_SAID][1][1] if _SAID in footer else ()
    return {pair[1][1].decode(): pair[2][1].decode() for pair in pairs}


def _footer(file: bytes) -> tuple[Struct, int]:
    """The footer of a file, and where it begins."""
    if file[:4] != MAGIC or file[-4:] != MAGIC:
        raise ValueError("not a Parquet file")
    begins = _footer_at(file)
    footer, _ = read_struct(file, begins)
    return footer, begins


def _footer_at(file: bytes) -> int:
    return len(file) - _TAIL - int.from_bytes(file[-_TAIL:-4], "little")


def _moved(group: Struct, by: int) -> Struct:
    """A row group as the footer says of it after its bytes were moved."""
    columns = []
    for chunk in group[_COLUMNS][1][1]:
        of_column = _further(chunk[_OF_COLUMN][1], _COLUMN_AT, by)
        columns.append(_further(chunk, _CHUNK_AT, by) | {_OF_COLUMN: (STRUCT, of_column)})
    return _further(group, (_GROUP_AT,), by) | {_COLUMNS: (LIST, (STRUCT, columns))}


def _further(of: Struct, fields: tuple[int, ...], by: int) -> Struct:
    return of | {field: (of[field][0], of[field][1] + by) for field in fields if field in of and of[field][1]}
