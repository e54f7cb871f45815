"""Where a child is mentioned in what is stored, and the same without: by the UPN, which each row and record about a child has.

Nothing here knows a bucket: bytes in, an answer or other bytes out. What is put in place of a mention says only that something was.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pypdf
from pypdf.errors import PyPdfError

from attendance.engine import connect
from attendance.roll import Roll, carried
from attendance.sql import text_sql
from attendance.text import json_line, pretty_json
from attendance.unpacking import MOST_BYTES

ERASED: Final = "(erased)"
_DEPTH: Final = 3
"""How deep archives are opened; what lies deeper was refused when it came."""
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Child:
    """Who is looked for. The names are used only inside what is about the child already: others may bear them."""

    upn: str
    names: frozenset[str] = frozenset()

    def named_in(self, text: str) -> bool:
        """Whether the UPN stands in a text, in letters of either size."""
        return self.upn.casefold() in text.casefold()

    def without(self, text: str) -> str:
        """A text with the UPN taken out."""
        return re.sub(re.escape(self.upn), ERASED, text, flags=re.IGNORECASE)

    def words_in(self, text: str) -> bool:
        """Whether the UPN or a name stands in a text, of which it is known that it is about the child among others."""
        return self.named_in(text) or any(name.casefold() in text.casefold() for name in self.names)


class Unsearchable(ValueError):
    """A file, or a part of one, that cannot be opened, and in what was seen of it the child is not mentioned."""


def mentioned(key: str, body: bytes, child: Child) -> bool:
    """Whether an object that we made mentions the child: its name says what it is."""
    if key.endswith(".parquet"):
        if _count(body, child.upn):
            return True
        roll = carried(body)  # a register may carry one
        return roll is not None and child.named_in(Roll.unpacked(roll).dump().decode())
    if key.endswith(".pdf"):
        return child.named_in(_printed(body)) or child.named_in(body.decode("latin-1"))
    return child.named_in(body.decode(errors="replace"))


def _printed(pdf: bytes) -> str:
    """The words of a PDF, and of what is attached to it."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        words = [page.extract_text() for page in reader.pages]
        attached = [body.decode(errors="replace") for bodies in reader.attachments.values() for body in bodies]
    except PyPdfError:  # not one of ours: its bytes are looked at all the same
        return ""
    return "\n".join([*words, *attached])


# --- What schools sent ---------------------------------------------------------------------------------------------------


def sent_about(body: bytes, name: str, child: Child) -> set[int] | None:
    """The numbers of the rows that mention the child in a file as it was sent; None if nothing does.

    Rows are numbered as reports number them; of several files in an archive all numbers together. The name may mention the
    child, too. Unsearchable if part of it cannot be opened and nothing else mentions the child.
    """
    rows: set[int] = set()
    found, closed = child.named_in(name), False
    for plain in _plain(body, _DEPTH):
        if plain is None:
            closed = True
        elif any(child.upn.encode(coding).lower() in plain.lower() for coding in ("ascii", "utf-16-le", "utf-16-be")):
            found = True
            rows |= _rows(plain, child)
    if closed and not found:
        raise Unsearchable
    return rows if found else None


def _plain(body: bytes, depth: int) -> Iterator[bytes | None]:
    """The plain files in a file, as far as they can be had; None for what cannot."""
    if not depth:
        yield None
    elif body.startswith(b"\x1f\x8b"):
        yield from _gunzipped(body, depth)
    elif body.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for info in archive.infolist():
                    yield info.filename.encode()
                    try:
                        with archive.open(info) as member:
                            unpacked = member.read(MOST_BYTES)
                    except _DAMAGED:
                        yield None
                    else:
                        yield from _plain(unpacked, depth - 1)
        except _DAMAGED:
            yield None
    else:
        yield body


def _gunzipped(body: bytes, depth: int) -> Iterator[bytes | None]:
    out = bytearray()
    whole = True
    try:
        with gzip.open(io.BytesIO(body)) as packed:
            while len(out) < MOST_BYTES and (chunk := packed.read(1 << 16)):
                out += chunk
    except _DAMAGED:
        whole = False
    yield from _plain(bytes(out), depth - 1)
    if not whole:
        yield None


def _rows(plain: bytes, child: Child) -> set[int]:
    """The numbers of the rows that mention the child: records of a CSV, the header being 1; lines of NDJSON."""
    text = plain.decode("utf-8-sig", errors="replace")
    lines = text.splitlines()
    if text.lstrip().startswith("{"):
        return {n for n, line in enumerate(lines, 1) if child.named_in(line)}
    csv.field_size_limit(MOST_BYTES)
    try:
        records = [",".join(record) for record in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error:
        records = lines
    return {n for n, record in enumerate(records, 1) if child.named_in(record)}


# --- The same without ----------------------------------------------------------------------------------------------------


def part_without(body: bytes, child: Child) -> bytes:
    """A part without the child's rows; where another's row mentions the child, without the mention."""
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        old, new = Path(folder, "old.parquet"), Path(folder, "new.parquet")
        old.write_bytes(body)
        columns = _texts(con, old)
        upn = text_sql(child.upn)
        texts = [name for name in columns if name not in {"upn", "former_upn"}]
        taken_out = [f'replace("{name}", {upn}, {text_sql(ERASED)}) AS "{name}"' for name in texts]
        if "former_upn" in columns:
            taken_out.append(f"nullif(former_upn, {upn}) AS former_upn")
        shown = f"* REPLACE ({', '.join(taken_out)})" if taken_out else "*"
        own = f"WHERE upn <> {upn}" if "upn" in columns else ""
        con.execute(
            f"COPY (SELECT {shown} FROM read_parquet('{old}') {own}) TO '{new}' (FORMAT parquet, COMPRESSION zstd)"
        )
        return new.read_bytes()


def names_in(body: bytes, upn: str) -> set[str]:
    """The child's names in a part of the roll: surname, forename, middle names."""
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        path = Path(folder, "part.parquet")
        path.write_bytes(body)
        columns = [name for name in ("surname", "forename", "middle_names") if name in _texts(con, path)]
        if not columns:
            return set()
        found = con.execute(f"SELECT {', '.join(columns)} FROM read_parquet('{path}') WHERE upn = ?", [upn]).fetchall()
    return {str(name) for row in found for name in row if name}


def _count(body: bytes, upn: str) -> int:
    with tempfile.TemporaryDirectory() as folder, connect() as con:
        path = Path(folder, "part.parquet")
        path.write_bytes(body)
        anywhere = " OR ".join(f'contains("{name}", $upn)' for name in _texts(con, path)) or "false"
        found = con.execute(f"SELECT count(*) FROM read_parquet('{path}') WHERE {anywhere}", {"upn": upn}).fetchone()
    return int(found[0]) if found else 0


def _texts(con: Any, path: Path) -> list[str]:
    """The columns of a Parquet file that hold text."""
    described = con.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
    return [name for name, kind, *_ in described if kind == "VARCHAR"]


def list_without(body: bytes, child: Child) -> bytes | None:
    """A return or daily list without the child's rows, and without the mention in others'; None if no row is left."""
    header, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
    upn = header.index("upn")
    kept = [[child.without(value) for value in row] for row in rows if row[upn] != child.upn]
    if not kept:
        return None
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([header, *kept])
    return text.getvalue().encode()


def report_without(body: bytes, child: Child, rows: set[int]) -> bytes:
    """A report of which nothing is said any more of the rows that mention the child; its counts stay, and so it balances."""
    report = json.loads(body)
    for file in report["files"]:
        if child.words_in(file["file"]):
            file["file"] = ERASED
        for found in file["findings"]:
            said = f"{found['value'] or ''} {found['message']}"
            if found["row"] in rows or child.named_in(said):
                found["value"], found["message"] = None, ERASED
    return child.without(pretty_json(report)).encode()


def positions_without(body: bytes, child: Child) -> bytes:
    """The positions of a school without the child's; they are computed anew as soon as the school is."""
    positions = json.loads(body)
    positions["pupils"] = [each for each in positions["pupils"] if each["upn"] != child.upn]
    return child.without(json_line(positions).decode()).encode()


def about(record: Any, child: Child) -> bool:
    """Whether a record is one about the child: it says so itself, at whatever depth."""
    if isinstance(record, dict):
        return record.get("upn") == child.upn or any(about(each, child) for each in record.values())
    return isinstance(record, list) and any(about(each, child) for each in record)
