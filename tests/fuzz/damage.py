"""What goes wrong with files: strategies that begin with a sound file and damage it as people, programs and attackers do."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

type Fuzz = Callable[[st.SearchStrategy[Any], Callable[[Any], None]], None]
"""Gives a check what a strategy draws, for as long as was asked."""

BAD_VALUES: Sequence[str] = (
    "=HYPERLINK(\"http://made-up.example\",\"x\")", "+1+1", "@SUM(A1)", "-2+3", "\t=1", "0001-01-01", "9999-12-31", "0000-00-00",
    "2025-02-30", "31/12/2025", "2025-10-13T25:61", "2025-10-13T09:00+99:99", "О", "Ο", "O\u200b", "\u202eO", "o", "Ｏ", "０", "𝟎",
    "Б801200005001", "В801200005001", "B80120000500l", "B8O1200005001", "B801200005001\u00a0", "", " ", "\ufeff", "\u0000",
    "\u2028", "\x85", "x" * 5000, "é", "🎓", "null", "None", "NaN", "inf", "1e999", "-0", "true", "[]", "{}", '"', '""', "'", ";",
    "|",
)  # fmt: skip
BAD_BYTES: Sequence[bytes] = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\r\n", b'"', b'""', b",", b",,,,", b"\x1a",
    b"\x81", b"\xc3", b"\xf0\x9f", b"\xed\xa0\x80", b"PK\x03\x04", b"\x1f\x8b", b"%PDF", b"{", b"}", b"[" * 2000, b'{"a":' * 2000,
    b"\\", b"\x85",
    b"--- !!python/object/apply:os.system [x]\n", b"&a [*a, *a]", b"<<: *x", b"!!binary", b"\t", b"#",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp037", "utf-7")


@st.composite
def cells(draw: st.DrawFn, text: str) -> str:
    """A table of which some values, columns or rows are other than they were."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(draw(st.integers(0, 4))):
        row = draw(st.integers(0, len(rows) - 1))
        column = draw(st.integers(0, max(len(rows[row]) - 1, 0)))
        match draw(st.sampled_from(["value", "text", "double column", "cut", "copy row", "swap"])):
            case "value" if rows[row]:
                rows[row][column] = draw(st.sampled_from(BAD_VALUES))
            case "text" if rows[row]:
                rows[row][column] = draw(st.text(max_size=30))
            case "double column" if rows[row]:
                rows = [[*each, each[column]] if column < len(each) else each for each in rows]
            case "cut":
                rows[row] = rows[row][:column]
            case "copy row":
                rows.insert(draw(st.integers(0, len(rows))), list(rows[row]))
            case _:
                rows[row].reverse()
    return draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"])).join(",".join(row) for row in rows)


@st.composite
def damaged(draw: st.DrawFn, body: bytes, times: int = 4) -> bytes:
    """Bytes of which some are gone, more, doubled or other than they were."""
    for _ in range(draw(st.integers(0, times))):
        at = draw(st.integers(0, len(body)))
        until = min(len(body), at + draw(st.integers(0, 40)))
        match draw(st.sampled_from(["insert", "random", "cut", "delete", "double", "flip"])):
            case "insert":
                body = body[:at] + draw(st.sampled_from(BAD_BYTES)) + body[at:]
            case "random":
                body = body[:at] + draw(st.binary(max_size=12)) + body[until:]
            case "cut":
                body = body[:at]
            case "delete":
                body = body[:at] + body[until:]
            case "double":
                body = body[:until] + body[at:]
            case _:
                body = body[:at] + bytes(each ^ 0x20 for each in body[at:until]) + body[until:]
    return body


@st.composite
def files(draw: st.DrawFn, extracts: Sequence[str]) -> bytes:
    """An extract as somebody might send it: damaged, in some encoding, packed in some way, the packing damaged too."""
    text = draw(st.sampled_from(extracts))
    text = draw(st.sampled_from([text]) | cells(text))
    if draw(st.booleans()):
        text = as_ndjson(text, draw(st.sampled_from(["", ",", "]", '{"a":' * 300, "\x00"])))
    encoded = text.encode(draw(st.sampled_from(ENCODINGS)) if draw(st.integers(0, 5)) == 0 else "utf-8", "replace")
    body = draw(damaged(encoded))
    match draw(st.sampled_from(["plain", "plain", "gzip", "zip", "nested"])):
        case "gzip":
            body = gzip.compress(body, mtime=0)
        case "zip":
            body = zipped({draw(st.sampled_from(NAMES)): body, draw(st.sampled_from(NAMES)): encoded})
        case "nested":
            body = zipped({"a.csv": gzip.compress(zipped({"b.csv": body}), mtime=0)})
        case _:
            return body
    return draw(st.sampled_from([body]) | damaged(body, 2))


NAMES = (
    "marks.csv", "a/b.csv", "../up.csv", "/etc/passwd", "C:\\x.csv", "..\\..\\x", "", ".", "CON", "x" * 300, "a\nb",
    "Zoë Madeup.csv", "\u202ecsv",
)  # fmt: skip


def as_ndjson(text: str, tail: str) -> str:
    """The rows of a table, an object a line, and something after them."""
    header, *rows = [line.split(",") for line in text.splitlines()] or [[]]
    return "\n".join([*(json.dumps(dict(zip(header, row, strict=False))) for row in rows), tail])


def zipped(members: dict[str, bytes]) -> bytes:
    """A ZIP of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name), body)
    return out.getvalue()
