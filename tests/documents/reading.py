"""How a document reads: the text of its PDF, line by line, under each heading, and on paper."""

import io
import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pypdf

from notices.typesetting import Page, compiler, sources

HALVES = {"AM": "Morning", "PM": "Afternoon"}
HEAD = "(head of the letter)"


def plain(text: str) -> str:
    """A text as it compares: one space between words, one spelling of each letter, no invisible place to break a word."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).replace("\u200b", "").replace("’", "'")).strip()


@cache
def lines_of(pdf: bytes) -> tuple[str, ...]:
    """The text of a document line by line, without the foot of each page."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    lines = (line for each in pages for line in each.extract_text().splitlines())
    return tuple(line for line in lines if not re.search(r" ?Page \d+ of \d+$", line))


@cache
def text_of(pdf: bytes) -> str:
    """The whole text, plain."""
    return plain(" ".join(lines_of(pdf)))


@cache
def sections_of(pdf: bytes) -> dict[str, str]:
    """The plain text under each heading; what stands before the first is the head."""
    headings = set(headings_of(pdf))
    under, found = HEAD, {HEAD: ""}
    for line in lines_of(pdf):
        if plain(line) in headings:
            under, found[plain(line)] = plain(line), ""  # the last of equals: a list of contents has the same lines
        else:
            found[under] += f" {line}"
    return {heading: plain(text) for heading, text in found.items()}


def headings_of(pdf: bytes) -> Iterator[str]:
    """Every heading down to the second level, by the document's outline."""
    outline = pypdf.PdfReader(io.BytesIO(pdf)).outline
    for entry in outline:
        for each in entry if isinstance(entry, list) else [entry]:
            if not isinstance(each, list):
                yield plain(str(each.title))


def page_count(pdf: bytes) -> int:
    """The number of its pages."""
    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)


def pictures(page: Page, fonts: Path, ppi: int) -> list[bytes]:
    """Every page of a document as a PNG."""
    drawn = compiler(fonts).compile(sources(page), format="png", ppi=ppi)  # type: ignore[type-var]
    return [each for each in (drawn if isinstance(drawn, list) else [drawn]) if each is not None]


def words_of(page: Page) -> dict[str, Any]:
    """The page in words, as its template reads it."""
    words: dict[str, Any] = json.loads(sources(page)["words.json"])
    return words


def values_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text and number of a page in words, with the name of its field."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from values_of(inner, f"{path}.{key}" if path else key)
        case list():
            for inner in value:
                yield from values_of(inner, path)
        case bool() | None:
            pass
        case int() | str():
            yield path, str(value)
