"""A Parquet file put together from pieces, each of which can be replaced without writing the others again.

A piece is a row group. Its bytes are taken over as they are, and so is what the footer says of it (a struct of Thrift's compact
protocol: Apache Parquet, `parquet.thrift`), in which only positions are changed, and only if it now lies elsewhere in the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from attendance.thrift import (
    BINARY,
    I32,
    I64,
    LIST,
    STRUCT,
    Struct,
    read_list_head,
    read_struct,
    read_varint,
    write,
    written,
)

MAGIC: Final = b"PAR1"
"""What a file begins and ends with."""
_TAIL: Final = 8  # the footer's length in four bytes, and the magic once more
_KEY: Final = "row_groups"
"""Under this the footer says of each piece its name, its rows, its bytes, and the bytes of what the footer says of it."""

_VERSION, _SCHEMA, _ROWS, _GROUPS, _SAID = 1, 2, 3, 4, 5  # of FileMetaData
_COLUMNS, _GROUP_AT = 1, 5  # of RowGroup: columns, file_offset
_CHUNK_AT, _OF_COLUMN = 2, 3  # of ColumnChunk: file_offset, meta_data
_PAGES_AT: Final = (9, 11)  # of ColumnMetaData: first data page, dictionary page


@dataclass(frozen=True)
class Piece:
    """A row group: its bytes, and what a footer says of it in a file in which they begin at `at`."""

    body: bytes
    described: bytes
    rows: int
    at: int = len(MAGIC)

    def moved(self, at: int) -> Piece:
        """The same where its bytes begin elsewhere."""
        if at == self.at:
            return self
        by = at - self.at
        group, _ = read_struct(self.described, 0)
        columns = []
        for chunk in group[_COLUMNS][1][1]:
            of_column = _further(chunk[_OF_COLUMN][1], _PAGES_AT, by)
            columns.append(_further(chunk, (_CHUNK_AT,), by) | {_OF_COLUMN: (STRUCT, of_column)})
        described = written(_further(group, (_GROUP_AT,), by) | {_COLUMNS: (LIST, (STRUCT, columns))})
        return Piece(self.body, described, self.rows, at)


def file_of(pieces: Sequence[Piece], schema: Sequence[bytes], says: Mapping[str, str]) -> bytes:
    """A file of pieces of one schema, one after the other."""
    out = bytearray(MAGIC)
    groups = []
    for piece in pieces:
        groups.append(piece.moved(len(out)).described)
        out += piece.body
    footer: Struct = {
        _VERSION: (I32, 1), _SCHEMA: (LIST, (STRUCT, schema)), _ROWS: (I64, sum(piece.rows for piece in pieces)),
        _GROUPS: (LIST, (STRUCT, groups)),
    }  # fmt: skip
    if says:
        pairs = [{1: (BINARY, key.encode()), 2: (BINARY, value.encode())} for key, value in says.items()]
        footer[_SAID] = LIST, (STRUCT, pairs)
    at = len(out)
    write(out, STRUCT, footer)
    out += (len(out) - at).to_bytes(4, "little") + MAGIC
    return bytes(out)


def joined(pieces: Mapping[str, Piece], schema: Sequence[bytes], says: Mapping[str, str]) -> bytes:
    """A file of named pieces in the order of their names, from which `split` takes them again.

    The same pieces give the same bytes, whatever file each of them was taken from.
    """
    in_order = dict(sorted(pieces.items()))
    at, index = len(MAGIC), []
    for name, piece in in_order.items():
        in_order[name] = piece.moved(at)
        index.append([name, piece.rows, len(piece.body), len(in_order[name].described)])
        at += len(piece.body)
    return file_of([*in_order.values()], schema, {**says, _KEY: json.dumps(index)})


def split(file: bytes) -> dict[str, Piece] | None:
    """The pieces by name of a file that `joined` wrote; None of any other."""
    index = said(file, _KEY)
    if index is None:
        return None
    _, described_at = read_struct(file, _footer_at(file), before=_GROUPS)
    _, _, described_at = read_list_head(file, described_at)
    found: dict[str, Piece] = {}
    at = len(MAGIC)
    for name, rows, size, described in json.loads(index):
        found[name] = Piece(file[at : at + size], file[described_at : described_at + described], rows, at)
        at += size
        described_at += described
    return found


def footer_of(file: bytes) -> Struct:
    """The footer of a file."""
    footer, _ = read_struct(file, _footer_at(file))
    return footer


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


def _footer_at(file: bytes) -> int:
    if file[-len(MAGIC) :] != MAGIC:
        raise ValueError("not a Parquet file")
    return len(file) - _TAIL - int.from_bytes(file[-_TAIL : -len(MAGIC)], "little")


def _further(of: Struct, fields: tuple[int, ...], by: int) -> Struct:
    return of | {field: (of[field][0], of[field][1] + by) for field in fields if field in of}
