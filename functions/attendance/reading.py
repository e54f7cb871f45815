"""From the bytes of a plain file to a table: encoding, header, records, each record with its row number (design 5.1, 5.2).

A record is blank (passed over), malformed (set aside with its row number) or sound (one more of each column). Memory stays
bounded whatever arrives: files are read in chunks, a line may have a million bytes, and a file so many rows and different values.
"""

from __future__ import annotations

import codecs
import csv
import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance.columns import (
    COMMA,
    PADDING,
    Bytes,
    Coded,
    Collected,
    CollectedOften,
    Heads,
    Marked,
    Values,
    any_of,
    text_of,
)
from attendance.findings import RefusedError, refused
from attendance.rows import COLUMNS

_CHUNK: Final = 1 << 21  # what a chunk is made into stays in the processor's cache
_LONGEST_LINE: Final = 1_000_000
MOST_ROWS: Final = 10_000_000
"""A file may have so many rows, blank ones too: more fit into its bytes only where they are no rows of a register."""
MOST_VALUES: Final = 2_000_000
"""Its columns may have so many different values together: a register has more only where each row has a time of its own."""
_MOST_COLUMNS: Final = 500
_UNSEEN: Final = " \t\r\n"
_BLANKS: Final = _UNSEEN + "\u00a0\ufeff"
_KNOWN: Final = tuple(sorted({column.name for columns in COLUMNS.values() for column in columns}))
_TIMES: Final = frozenset(column.name for columns in COLUMNS.values() for column in columns if column.reading == "time")

# --- Encoding ----------------------------------------------------------------------------------------------------------

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_CP1252: Final = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_IS_CONTROL: Final = any_of(bytes(set(range(ord(" "))) - set(b"\t\n\r\f\v")))
_KNOWN_BINARY: Final = {
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an Excel workbook (XLS)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"PAR1": "a Parquet file",
}
_SPREADSHEET_HINT: Final = "This is {}, not text."


@dataclass(frozen=True)
class Text:
    """How a file is to be read as text."""

    encoding: str
    start: int
    """Bytes of a byte order mark before the text."""
    quotes: bool
    lone_returns: bool
    """A carriage return without a newline ends a line, or stands in a value."""
    carriage_returns: bool
    ends: bool
    """The last line has its end."""
    is_json: bool
    """The first character opens a JSON object."""


def survey(path: Path) -> Text:
    """Find out how a plain file is to be read; RefusedError if it is empty, binary, or in an encoding that is not taken."""
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_cp1252, quotes, blank = True, True, False, True
    returns = return_newlines = 0
    last, first_chunk, first_character = b"", True, b""
    start = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if first_chunk:
                _refuse_binary(chunk)
                start = len(codecs.BOM_UTF8) if chunk.startswith(codecs.BOM_UTF8) else 0
                first_chunk = False
                text = chunk[start:]
            else:
                text = chunk
            if 0 in chunk:
                raise refused(
                    "FILE_UNREADABLE", "The file holds characters that no text has (NUL): it is not text, or damaged."
                )
            if blank and (visible := text.lstrip(b" \t\r\n")):
                blank, first_character = False, visible[:1]
            quotes = quotes or b'"' in chunk
            if b"\r" in chunk:
                returns += chunk.count(b"\r")
                return_newlines += chunk.count(b"\r\n")
            return_newlines += last == b"\r" and chunk.startswith(b"\n")
            if not chunk.isascii() or utf8.getstate()[0]:
                is_cp1252 = is_cp1252 and not any(byte in chunk for byte in _NOT_CP1252)
                is_utf8 = is_utf8 and _decodes(utf8, chunk)
            last = chunk[-1:]
    if blank:
        raise refused("FILE_EMPTY")
    if is_utf8 and utf8.getstate()[0]:
        raise refused("FILE_TRUNCATED", "it stops in the middle of a letter")
    if not is_utf8 and not is_cp1252:
        raise refused("ENCODING_UNKNOWN", "The file is neither UTF-8 nor Windows-1252.")
    return Text(
        encoding="utf-8" if is_utf8 else "cp1252",
        start=start if is_utf8 else 0,
        quotes=quotes,
        lone_returns=returns != return_newlines,
        carriage_returns=returns > 0,
        ends=last in (b"\n", b"\r"),
        is_json=first_character == b"{",
    )


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        decoder.reset()
        return False
    return True


def _refuse_binary(chunk: bytes) -> None:
    head = chunk[:65536]
    for magic, what in _KNOWN_BINARY.items():
        if head.startswith(magic):
            raise refused("FILE_UNREADABLE", _SPREADSHEET_HINT.format(what))
    sample = head[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if head.startswith(_UTF16) or (max(even, odd) > len(sample) // 5 and min(even, odd) * 10 <= max(even, odd)):
        raise refused("ENCODING_UNKNOWN", "The file is UTF-16 (Excel calls it Unicode text).")
    each, most = np.frombuffer(head, np.uint8), len(head) // 50
    below = each < ord(" ")  # ends of lines too: mostly they are as few as control characters may be
    if np.count_nonzero(below) > most and np.count_nonzero(_IS_CONTROL[each[below]]) > most:
        raise refused("FILE_UNREADABLE", _SPREADSHEET_HINT.format("a binary file"))


# --- The table ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """A file's records, column by column."""

    text: Text
    header: tuple[str, ...]
    """Names of the columns, trimmed and in lower case; of NDJSON every key that occurs, sorted."""
    columns: Mapping[str, Coded]
    """The sound records: the text of each column that a kind of extract declares and the file has."""
    row: NDArray[np.int64]
    """Of each sound record, its number as the school counts."""
    malformed_row: NDArray[np.int64]
    malformed: Coded
    """Of each record set aside, what is wrong with it."""
    rows: int
    """Records not blank, the malformed too."""


def read_table(path: Path) -> Table:
    """Read a plain file into a table; RefusedError if it cannot be read as one."""
    text = survey(path)
    out = _Output()
    if text.is_json:
        header = _read_json(path, text, out)
    elif text.lone_returns:
        header = _read_quoted(path, text, out)
    else:
        try:
            header = _read_lines(path, text, out)
        except _QuotesMeanSomething:
            out = _Output()
            header = _read_quoted(path, text, out)
    return out.table(text, header)


class _Output:
    """The records as they are read; counts what goes where."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: dict[str, Collected] = {}
        self._places: dict[int, Collected] = {}
        self._row = _Numbers()
        self._malformed_row, self._malformed = _Numbers(), Collected()
        self._all = 0
        self._looked_at = 0

    def begin(self, header: Sequence[str]) -> None:
        """These are the columns of what comes; of a name that stands twice the last column counts."""
        places = {name: place for place, name in enumerate(header) if name in _KNOWN}
        self._columns = {name: CollectedOften() if name in _TIMES else Collected() for name in places}
        self._places = {place: self._columns[name] for name, place in places.items()}

    def record(self, row: int, values: Sequence[str]) -> None:
        """One sound record."""
        if sum(map(len, values)) > _LONGEST_LINE:
            raise _too_long()
        for place, column in self._places.items():
            value = values[place]
            column.add(value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value)
        self._row.add(row)
        self.rows += 1
        self._count(1)

    def chunk(self, rows: NDArray[np.int64], columns: Iterable[Values]) -> None:
        """Sound records, column by column."""
        if not len(rows):
            return
        for place, values in enumerate(columns):
            if place in self._places:
                self._places[place].add_bytes(values)
        self._row.extend(rows)
        self.rows += len(rows)
        self._count(len(rows))

    def blank(self, records: int = 1) -> None:
        """Records that say nothing, which still count as rows."""
        self._count(records)

    def set_aside(self, row: int, detail: str) -> None:
        """A record that cannot be split into values."""
        self._malformed_row.add(row)
        self._malformed.add(detail)
        self.rows += 1
        self._count(1)

    def set_aside_all(self, rows: NDArray[np.int64], details: Sequence[str], which: NDArray[np.intp]) -> None:
        """Records that cannot be split into values."""
        self._malformed_row.extend(rows)
        self._malformed.add_chunk(details, which)
        self.rows += len(rows)
        self._count(len(rows))

    def table(self, text: Text, header: tuple[str, ...]) -> Table:
        """All that was read."""
        columns = {name: column.coded() for name, column in self._columns.items() if name in header}
        return Table(
            text, header, columns, self._row.all(), self._malformed_row.all(), self._malformed.coded(), self.rows
        )

    def _count(self, records: int) -> None:
        self._all += records
        if self._all > MOST_ROWS:
            raise refused("FILE_TOO_LARGE", f"{MOST_ROWS:,} rows")
        if self._all - self._looked_at >= _LOOK_EVERY:
            self._looked_at = self._all
            columns = self._columns.values()
            if sum(column.many for column in columns) > MOST_VALUES < sum(column.different for column in columns):
                raise refused("FILE_TOO_LARGE", f"{MOST_VALUES:,} different values")


_LOOK_EVERY: Final = 10_000


class _Numbers:
    """Numbers of rows, one by one and many at once."""

    def __init__(self) -> None:
        self._whole: list[NDArray[np.int64]] = []
        self._single = array("q")

    def add(self, number: int) -> None:
        self._single.append(number)

    def extend(self, numbers: NDArray[np.int64]) -> None:
        self._end_single()
        self._whole.append(numbers)

    def all(self) -> NDArray[np.int64]:
        self._end_single()
        return np.concatenate([np.zeros(0, np.int64), *self._whole])

    def _end_single(self) -> None:
        if self._single:
            self._whole.append(np.frombuffer(self._single.tobytes(), np.int64))
            del self._single[:]


def _header(values: Sequence[str]) -> tuple[str, ...]:
    names = tuple(value.strip(_BLANKS).lower() for value in values)
    if len(names) > _MOST_COLUMNS:
        raise refused("FILE_UNREADABLE", f"The file has more than {_MOST_COLUMNS} columns.")
    return names


def repeated(header: Sequence[str]) -> list[str]:
    """The names that more than one column has; a blank name is no name."""
    return [name for name, times in Counter(header).items() if name and times > 1]


def _too_long() -> RefusedError:
    return refused("FILE_UNREADABLE", f"A line is longer than {_LONGEST_LINE} bytes: this is not a register.")


def _count_of_values(found: int, expected: int) -> str:
    return f"it has {found} values, the header has {expected}"


_NO_END: Final = "the last line has no end and fewer values than the header"

# --- CSV whose quotes say nothing, or without any: a record is a line -----------------------------------------------------


class _QuotesMeanSomething(Exception):
    """A value has a newline or a quote in it, or a quote stands where none can stand."""


def _without_quotes(body: Bytes) -> bytes:
    """Whole lines without the quotes around whole values, COMMA for a comma between them; else _QuotesMeanSomething.

    Many systems put every value in quotes, and those that say more are few and in few files.
    """
    plain = bytearray(body[: -len(PADDING)])
    each = np.frombuffer(plain, np.uint8)
    is_quote, is_comma, is_newline = (each == byte for byte in b'",\n')
    within = np.bitwise_xor.accumulate(is_quote.view(np.uint8)).view(
        np.bool_
    )  # from the quote that opens to before that which closes
    is_end = is_comma | is_newline
    is_wrong = is_newline & within
    is_wrong[1:] |= is_quote[1:] & within[1:] & ~is_end[:-1]  # it opens where no value begins
    is_wrong[:-1] |= is_quote[:-1] & ~within[:-1] & ~is_end[1:]  # it closes where no value ends
    if not (within[-1] or is_wrong.any()):
        each[is_comma & within] = COMMA[0]
        return bytes(plain.replace(b'"', b"")) + PADDING
    raise _QuotesMeanSomething


def _read_lines(path: Path, text: Text, out: _Output) -> tuple[str, ...]:
    """Find every comma of a chunk at once; set aside the lines that have another number of them, pass over the blank ones.

    _QuotesMeanSomething if they do.
    """
    header: tuple[str, ...] = ()
    row = 2  # of the next line after the header
    cut_short = False
    for body in _whole_lines(path, text):
        lines = _Lines(_without_quotes(body) if text.quotes else body)
        first = 0
        if not header:
            if not lines.visible.any():
                continue
            first = int(np.argmax(lines.visible)) + 1
            header = _header([text_of(value) for value in lines.line(first - 1).split(b",")])
            out.begin(header)
        _sort_out(lines, first, row, len(header), out)
        row += lines.count - first
        cut_short = first < lines.count and bool(lines.visible[-1] and lines.commas[-1] + 1 < len(header))
    if cut_short and not text.ends:
        raise refused("FILE_TRUNCATED", _NO_END)
    return header


_BEGINS_BLANK: Final = any_of(b" \t,")
_BLANK_IN_LINE: Final = any_of(b" \t,\n")


class _Lines:
    """A chunk of whole lines (PADDING behind them): where each begins, how many commas it has, whether it shows more."""

    def __init__(self, body: Bytes) -> None:
        self.body = body
        size = len(body) - len(PADDING)
        each = np.frombuffer(body, np.uint8, size)
        newlines = Marked.of(each == ord("\n"))
        self._ends = newlines | Marked.of(each == ord(","))
        self.bounds = np.concatenate(([0], newlines.places + 1))
        self.count = len(self.bounds) - 1
        ends_before = self._ends.before(self.bounds)
        self.commas = ends_before[1:] - ends_before[:-1] - 1
        lengths = self.bounds[1:] - self.bounds[:-1]
        if lengths.max() > _LONGEST_LINE:
            raise _too_long()
        self.visible = lengths - 1 > self.commas
        if (self.visible & _BEGINS_BLANK[each[self.bounds[:-1]]]).any():  # no other line can be blank
            self.visible &= ~np.logical_and.reduceat(_BLANK_IN_LINE[each], self.bounds[:-1])

    def line(self, n: int) -> bytes:
        return bytes(self.body[self.bounds[n] : self.bounds[n + 1] - 1])

    def values(self, lines: NDArray[np.bool_], columns: int) -> Iterator[Values]:
        """Column by column the values of some lines, which have so many each."""
        begins = self.bounds[:-1] if lines.all() else self.bounds[:-1][lines]
        heads, offset = Heads.of(self.body, begins) if len(begins) else None, 0
        for behind in self._ends.behind_next(begins, columns):
            lengths = behind - begins
            lengths -= 1
            yield Values(self.body, begins, lengths, heads, offset)
            begins = behind
            if heads and (lengths == lengths[0]).all():
                offset += int(lengths[0]) + 1
            else:
                heads = None


def _sort_out(lines: _Lines, first: int, row: int, columns: int, out: _Output) -> None:
    """Pass on the lines from the first on, the number of which is `row`."""
    after_header = np.arange(lines.count) >= first
    sound = lines.visible & (lines.commas == columns - 1) & after_header
    out.chunk(sound.nonzero()[0] - first + row, lines.values(sound, columns))
    aside = (lines.visible & ~sound & after_header).nonzero()[0]
    if len(aside):
        commas, which = np.unique(lines.commas[aside], return_inverse=True)
        details = [_count_of_values(n + 1, columns) for n in commas.tolist()]
        out.set_aside_all(aside - first + row, details, which)
    if blanks := int((~lines.visible & after_header).sum()):
        out.blank(blanks)


def _whole_lines(path: Path, text: Text) -> Iterator[Bytes]:
    """The file in chunks of whole lines, as UTF-8 with newlines only, len(PADDING) bytes behind each; the last line gets an end.

    A chunk is gone when the next is asked for: all are read into one place, for fresh memory costs as much as reading.
    """
    space = bytearray(min(_LONGEST_LINE + _CHUNK, path.stat().st_size + 1) + len(PADDING))
    view = memoryview(space)
    size = 0  # of what was read of the next line
    with path.open("rb", buffering=0) as file:
        file.seek(text.start)
        while read := file.readinto(view[size : size + _CHUNK]):
            whole = space.rfind(b"\n", size, size + read) + 1
            size += read
            if whole:
                yield _plain(view[: whole + len(PADDING)], text)
                view[: size - whole] = view[whole:size]
                size -= whole
            if size > _LONGEST_LINE:
                raise _too_long()
    if size:
        space[size] = ord("\n")
        yield _plain(view[: size + 1 + len(PADDING)], text)


def _plain(body: memoryview, text: Text) -> Bytes:
    if text.encoding == "utf-8" and not text.carriage_returns:
        return body
    plain = bytes(body[: -len(PADDING)]).replace(b"\r\n", b"\n")
    return (plain if text.encoding == "utf-8" else plain.decode(text.encoding).encode()) + PADDING


# --- CSV with quotes -----------------------------------------------------------------------------------------------------


def _read_quoted(path: Path, text: Text, out: _Output) -> tuple[str, ...]:
    """Let Python's csv split the records; a stray quote costs its own record, one that never closes the file."""
    header: tuple[str, ...] | None = None
    cut_short = False
    for record in records(path, text):
        cut_short = False
        if header is None:
            header = _header(record.values)
            out.begin(header)
        elif record.problem:
            out.set_aside(record.row, record.problem)
        elif not any(value.strip(_UNSEEN) for value in record.values):
            out.blank()
        elif len(record.values) != len(header):
            out.set_aside(record.row, _count_of_values(len(record.values), len(header)))
            cut_short = len(record.values) < len(header)
        else:
            out.record(record.row, record.values)
    if cut_short and not text.ends:
        raise refused("FILE_TRUNCATED", _NO_END)
    return header or ()


@dataclass(frozen=True)
class Record:
    """A record as it stands in a CSV file; the header is row 1. `problem`: why it cannot be split, or nothing."""

    row: int
    values: tuple[str, ...]
    problem: str = ""


def records(path: Path, text: Text) -> Iterator[Record]:
    """Every record of a CSV file, the header first; RefusedError if a line is too long or a quoted value never ends."""
    with path.open("rb") as raw:
        raw.seek(text.start)
        lines = _BoundedLines(TextIOWrapper(raw, text.encoding, newline=""))
        reader = csv.reader(lines, strict=True)
        row = 0
        while True:
            lines.begin_record()
            try:
                record = Record(row + 1, tuple(next(reader)))
            except StopIteration:
                return
            except csv.Error:
                if lines.never_ends():
                    raise refused("FILE_TRUNCATED", f"a quoted value that begins in row {row + 1} never ends") from None
                record = Record(
                    row + 1, (lines.taken(),), "a quote stands where none can stand, or a value is too long"
                )
            if row or record.problem or any(value.strip(_UNSEEN) for value in record.values):
                row += 1  # blank lines before the header are not counted
                yield record


class _BoundedLines:
    """The lines of a text file for csv, none too long; knows how much went into the record being read."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file
        self._taken: list[str] = []
        self._exhausted = False

    def begin_record(self) -> None:
        self._taken.clear()

    def taken(self) -> str:
        """The record being read as it stands in the file."""
        return "".join(self._taken).rstrip("\r\n")

    def never_ends(self) -> bool:
        """Whether the record swallowed the rest of the file, or more lines than any value can have."""
        return self._exhausted or (len(self._taken) > 1 and sum(map(len, self._taken)) > csv.field_size_limit())

    def __iter__(self) -> _BoundedLines:
        return self

    def __next__(self) -> str:
        line = self._file.readline(_LONGEST_LINE + 1)
        if not line:
            self._exhausted = True
            raise StopIteration
        if len(line) > _LONGEST_LINE:
            raise _too_long()
        self._taken.append(line)
        return line


# --- NDJSON: an object is a line -----------------------------------------------------------------------------------------


def _read_json(path: Path, text: Text, out: _Output) -> tuple[str, ...]:
    """Put the values of each object under the known names; what is not one flat object with text in it is set aside."""
    names: set[str] = set()
    whole = True
    out.begin(_KNOWN)
    for row, line, values in _objects(path, text):
        whole = values is not None
        if values is None and line.strip():
            out.set_aside(row, "it is not one JSON object that holds text only")
        elif values is None or not any(value.strip(_UNSEEN) for value in values.values()):
            out.blank()
        else:
            names |= values.keys()
            out.record(row, [values.get(name, "") for name in _KNOWN])
        if len(names) > _MOST_COLUMNS:
            raise refused("FILE_UNREADABLE", f"The file has more than {_MOST_COLUMNS} columns.")
    if not whole and not text.ends:
        raise refused("FILE_TRUNCATED", "the last line has no end and is not a whole JSON object")
    return tuple(sorted(names))


def _objects(path: Path, text: Text) -> Iterator[tuple[int, str, dict[str, str] | None]]:
    """Every line with its number, from 1, and its object; None if it is not one."""
    with path.open("rb") as raw:
        raw.seek(text.start)
        row = 0
        while line := raw.readline(_LONGEST_LINE + 1):
            row += 1
            if len(line) > _LONGEST_LINE:
                raise _too_long()
            written = line.decode(text.encoding)
            try:
                yield row, written, _flat(written)
            except (ValueError, RecursionError):
                yield row, written, None


def _flat(line: str) -> dict[str, str]:
    """The object of a line as text by name; ValueError for anything that a CSV row could not say."""
    value = json.loads(line, object_pairs_hook=_pairs)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, str]:
    values = {name.strip(_BLANKS).lower(): _as_text(value) for name, value in pairs}
    if len(values) < len(pairs):
        raise ValueError("a name twice")
    return values


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return str(value)
        case str() if "\0" not in value:
            value.encode()  # half of a surrogate pair is a ValueError too
            return value
        case _:
            raise ValueError("not text")


# --- The file as it was sent ---------------------------------------------------------------------------------------------


def original_records(path: Path) -> tuple[Record, Iterator[Record]]:
    """The header of a file that can be read, and its records as they stand, blank ones too, with their row numbers.

    Of NDJSON the header (row 0) has every name that occurs, sorted; a line that is no flat object is one value.
    """
    text = survey(path)
    if text.is_json:
        names = sorted({name for _, _, values in _objects(path, text) for name in values or ()})
        return Record(0, tuple(names)), (
            Record(row, (line.rstrip("\r\n"),) if values is None else tuple(values.get(name, "") for name in names))
            for row, line, values in _objects(path, text)
        )
    every = records(path, text)
    return next(every), every
