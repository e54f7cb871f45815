"""The gate for every document: what PDF/UA-1 and PDF/A-3a promise and a program can see without veraPDF.

`faults(pdf)` names what is wrong with a document, in words; an empty list lets it pass. The attachments of a document are
`attachments(pdf)`. Not a certificate: the reading order and the sense of the words are for people to judge.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pikepdf

SHOWS = {"Tj", "TJ", "'", '"', "Do", "f", "f*", "F", "S", "s", "B", "B*", "b", "b*", "sh", "INLINE IMAGE"}


@dataclass(frozen=True)
class Attachment:
    """A file inside a document: its bytes, media type and what it is to the document (AFRelationship)."""

    content: bytes
    mime: str
    relationship: str


def faults(pdf: bytes) -> list[str]:
    """Everything wrong with the document as far as this gate looks."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        elements = list(_elements(document.Root.get("/StructTreeRoot")))
        return [
            *_catalog(document),
            *_metadata(document),
            *_headings(elements),
            *_alternatives(elements),
            *_tables(elements),
            *_fonts(document),
            *_untagged(document),
            *_empty(document),
        ]


def attachments(pdf: bytes) -> dict[str, Attachment]:
    """The files inside the document by name; each must be an associated file of the document."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        associated = {str(spec.UF): str(spec.AFRelationship).lstrip("/") for spec in document.Root.get("/AF", [])}
        files = {name: spec.get_file() for name, spec in document.attachments.items()}
        return {name: Attachment(file.read_bytes(), file.mime_type, associated[name]) for name, file in files.items()}


def descriptions(pdf: bytes) -> list[str]:
    """What is said of each picture of the document, in reading order."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        elements = _elements(document.Root.get("/StructTreeRoot"))
        return [str(element.Alt) for element in elements if element.S == "/Figure"]


def _catalog(document: pikepdf.Pdf) -> Iterator[str]:
    root = document.Root
    if not str(root.get("/Lang", "")).startswith("en"):
        yield "the language is not given"
    if not root.get("/MarkInfo", pikepdf.Dictionary()).get("/Marked", False) or "/StructTreeRoot" not in root:
        yield "the document is not tagged"
    if not root.get("/ViewerPreferences", pikepdf.Dictionary()).get("/DisplayDocTitle", False):
        yield "the title is not shown"
    if "/OutputIntents" not in root:
        yield "no output intent says what the colours mean"


def _metadata(document: pikepdf.Pdf) -> Iterator[str]:
    with document.open_metadata() as metadata:
        if not metadata.get("dc:title"):
            yield "no title"
        if metadata.get("pdfuaid:part") != "1":
            yield "not marked as PDF/UA-1"
        if (metadata.get("pdfaid:part"), metadata.get("pdfaid:conformance")) != ("3", "A"):
            yield "not marked as PDF/A-3a"


def _headings(elements: list[pikepdf.Dictionary]) -> Iterator[str]:
    levels = [int(str(e.S)[2:]) for e in elements if str(e.S)[:2] == "/H" and str(e.S)[2:].isdigit()]
    if levels.count(1) != 1 or levels[0] != 1:
        yield "there is not exactly one first heading, first"
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield "a level of heading is left out"


def _alternatives(elements: list[pikepdf.Dictionary]) -> Iterator[str]:
    if any(e.S == "/Figure" and not str(e.get("/Alt", "")).strip() for e in elements):
        yield "a picture has no text that says what it shows"


def _tables(elements: list[pikepdf.Dictionary]) -> Iterator[str]:
    for table in (element for element in elements if element.S == "/Table"):
        cells = list(_elements(table))
        headers = [cell for cell in cells if cell.S == "/TH"]
        if not headers:
            yield "a table has no header"
        if any(str(_table_attribute(header, "/Scope")) not in {"/Column", "/Row", "/Both"} for header in headers):
            yield "a header does not say whether it is of a column or a row"
        ids = {str(header.get("/ID", "")) for header in headers}
        named = [[str(name) for name in _table_attribute(cell, "/Headers") or ()] for cell in cells if cell.S == "/TD"]
        if not all(names and ids.issuperset(names) for names in named):
            yield "a cell does not name its header"


def _table_attribute(cell: pikepdf.Dictionary, name: str) -> Any:
    """An attribute of a cell as a part of its table, None where it has none."""
    owned = cell.get("/A", pikepdf.Array())
    attributes = owned if isinstance(owned, pikepdf.Array) else [owned]
    return next((each[name] for each in attributes if each.get("/O") == "/Table" and name in each), None)


def _fonts(document: pikepdf.Pdf) -> Iterator[str]:
    descriptors = [
        o for o in document.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/FontDescriptor"
    ]
    if not descriptors:
        yield "no font: a page without text"
    if any(not {"/FontFile", "/FontFile2", "/FontFile3"} & set(d.keys()) for d in descriptors):
        yield "a font is not embedded"


def _untagged(document: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(document.pages, start=1):
        if any(not marks for marks in _shown(page)):
            yield f"page {number} shows something that is neither tagged nor marked as decoration"


def _empty(document: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(document.pages, start=1):
        if not any(marks and "/Artifact" not in marks for marks in _shown(page)):
            yield f"page {number} is empty but for its foot"


def _shown(page: pikepdf.Page) -> Iterator[tuple[str, ...]]:
    """For everything a page shows, the marks that it stands under, outermost first."""
    marks: list[str] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in {"BDC", "BMC"}:
            marks.append(str(instruction.operands[0]))
        elif operator == "EMC":
            marks.pop()
        elif operator in SHOWS:
            yield tuple(marks)


def _elements(node: pikepdf.Object | None) -> Iterator[pikepdf.Dictionary]:
    """Every structure element at or below a node, in reading order."""
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from _elements(kid)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        yield from _elements(node.get("/K"))
