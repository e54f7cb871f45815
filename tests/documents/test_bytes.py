"""The same page is the same bytes, whoever renders it, where and when; and what the file holds is the page."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from notices.typesetting import compiler, page_json, render
from tests.documents.conftest import Rendered
from tests.documents.pdf_gate import attachments
from tests.documents.variants import DOCUMENTS, EDGES, SET

PROGRAM = """
import hashlib, json, sys
from pathlib import Path
from notices.kinds import page_type
from notices.typesetting import render
for data in json.load(sys.stdin):
    page = page_type(data["kind"]).model_validate_json(json.dumps(data))
    print(hashlib.sha256(render(page, Path(sys.argv[1]))).hexdigest())
"""
ELSEWHERE = {
    "TZ": "Pacific/Kiritimati", "LANG": "ar_EG.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "4711", "HOME": "/nonexistent",
}  # fmt: skip


@pytest.mark.parametrize("name", [*SET, *EDGES])
def test_the_same_page_is_the_same_bytes(pdf: Rendered, fonts: Path, name: str) -> None:
    before = pdf(name)
    compiler.cache_clear()
    assert render(DOCUMENTS[name], fonts) == before


def elsewhere(names: list[str], fonts: Path, folder: Path) -> list[str]:
    """SHA-256 (hex) of documents as a process of its own renders them, one after the other."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM, str(fonts)],
        input=f"[{','.join(page_json(DOCUMENTS[name]) for name in names)}]".encode(),
        capture_output=True,
        check=True,
        cwd=folder,
        env=ELSEWHERE,
    )
    return done.stdout.decode().split()


def test_another_process_at_another_place_makes_the_same_bytes(pdf: Rendered, fonts: Path, tmp_path: Path) -> None:
    """In another folder, time zone and locale, with another hash seed, no home, and in another order."""
    names = [*SET, "case-bundle, arabic", "pack of 60 pupils", "second notice of 240 sessions in a long hand"][::-1]

    assert elsewhere(names, fonts, tmp_path) == [hashlib.sha256(pdf(name)).hexdigest() for name in names]
    assert list(tmp_path.iterdir()) == []


def test_what_was_rendered_before_leaves_no_trace(fonts: Path, tmp_path: Path) -> None:
    """Letters of one kind share most of what was set for the one before; each is what a process gives that renders it alone."""
    kind = "penalty-notice-first"
    people = [kind, f"{kind}, arabic", f"{kind}, one word", f"{kind}, sixty letters"]
    alone = {name: elsewhere([name], fonts, tmp_path)[0] for name in people}

    for name in [*people, *people[::-1], people[2], people[0]]:
        assert hashlib.sha256(render(DOCUMENTS[name], fonts)).hexdigest() == alone[name], name


def test_fonts_at_another_place_make_the_same_bytes(pdf: Rendered, fonts: Path, tmp_path: Path) -> None:
    deep = tmp_path / "deep"
    deep.mkdir()
    for font in fonts.glob("*.ttf"):
        (deep / font.name).write_bytes(font.read_bytes())
    assert render(DOCUMENTS["withdrawal"], tmp_path) == pdf("withdrawal")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_data_inside_is_the_page_and_nothing_else(pdf: Rendered, name: str) -> None:
    page = DOCUMENTS[name]
    notice = page.kind in {"penalty_notice", "notice_to_improve"}

    ((file, inside),) = attachments(pdf(name)).items()

    assert file == page.attachment == ("notice.json" if notice else "document.json")
    assert inside.content.decode() == page_json(page)
    assert (inside.mime, inside.relationship) == ("application/json", "Source")
    assert type(page).model_validate_json(inside.content) == page
