"""The gate for every document: what PDF/UA-1 and PDF/A-3a promise and a program can see without veraPDF.

`faults(pdf)` names what is wrong with a document, in words; an empty list lets it pass. The attachments of a document are
`attachments(pdf)`. Not a certificate: the reading order and the sense of the words are for people to judge.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

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
        ]


def attachments(pdf: bytes) -> dict[str, Attachment]:
    """The files inside the document by name; each must be an associated file of the document."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        associated = {str(spec.UF): str(spec.AFRelationship).lstrip("/") for spec in document.Root.get("/AF", [])}
        files = {name: spec.get_file() for name, spec in document.attachments.items()}
        return {name: Attachment(file.read_bytes(), file.mime_type, associated[name]) for name, file in files.items()}


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
    if any(e.S == "/Table" and not any(inner.S == "/TH" for inner in _elements(e)) for e in elements):
        yield "a table has no header"


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
        depth = 0
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in {"BDC", "BMC"}:
                depth += 1
            elif operator == "EMC":
                depth -= 1
            elif operator in SHOWS and depth == 0:
                yield f"page {number} shows something that is neither tagged nor marked as decoration"
                break


def _elements(node: pikepdf.Object | None) -> Iterator[pikepdf.Dictionary]:
    """Every structure element at or below a node, in reading order."""
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from _elements(kid)
    elif isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield node
        yield from _elements(node.get("/K"))
