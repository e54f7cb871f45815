"""Every document is PDF/UA-1 and PDF/A-3a as far as a program sees without veraPDF; and the gate sees a lesser one."""

from pathlib import Path
from typing import Any

import pytest
import typst

from tests.documents.conftest import Rendered
from tests.documents.pdf_gate import faults
from tests.documents.variants import DOCUMENTS

SVG = b"bytes(\"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>\")"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_passes_the_gate(pdf: Rendered, name: str) -> None:
    assert faults(pdf(name)) == []


@pytest.mark.parametrize(
    ("source", "standards", "fault"),
    [
        (b"#set document(title: [T])\n= A\n#table([a], [b])", ["a-3a", "ua-1"], "a table has no header"),
        (b"#set document(title: [T])\n= A\n#table([a], [b])", ["a-3a", "ua-1"], "a cell does not name its header"),
        (b"= A\n== B", [], "not marked as PDF/UA-1"),
        (b"= A\n== B", ["a-3a"], "not marked as PDF/UA-1"),
        (b"= A\n== B", [], "no title"),
        (b"#set document(title: [T])\n= A", ["ua-1"], "not marked as PDF/A-3a"),
        (b"= A\n=== C", [], "a level of heading is left out"),
        (b"= A\n= B", [], "there is not exactly one first heading, first"),
        (b"= A\n#image(" + SVG + b")", [], "a picture has no"),
        (b'#set page(footer: [foot])\n= A\n#pagebreak(to: "odd")\nB', [], "page 2 is empty but for its foot"),
    ],
)
def test_the_gate_refuses_a_lesser_document(fonts: Path, source: bytes, standards: list[Any], fault: str) -> None:
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    pdf = typst.Compiler(font_paths=found).compile(source, format="pdf", pdf_standards=standards)
    assert isinstance(pdf, bytes)
    assert any(message.startswith(fault) for message in faults(pdf))


def test_an_untagged_document_fails_the_gate(fonts: Path) -> None:
    pdf = typst.Compiler(font_paths=[fonts]).compile(b"= A", format="pdf", pdf_tags=False)
    assert isinstance(pdf, bytes)
    assert {"the document is not tagged", "page 1 shows something that is neither tagged nor marked as decoration"} <= {
        *faults(pdf)
    }
