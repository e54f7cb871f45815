"""What goes wrong with us and not with a page is an error, never a document."""

import doctest
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notices import typesetting
from notices.kinds import KINDS, page_type
from notices.typesetting import TEMPLATES, render
from tests.documents.variants import SET

SHARED = {"frame", "letter", "probe"}
"""The templates that are no document's own."""


def test_without_its_fonts_no_document_is_made(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="fonts missing: Noto Sans 400"):
        render(SET["withdrawal"], tmp_path)


def test_a_warning_of_the_typesetter_is_an_error(monkeypatch: pytest.MonkeyPatch, fonts: Path) -> None:
    class Warned:
        def compile_with_warnings(self, *_: Any, **__: Any) -> tuple[bytes, list[Any]]:
            return b"%PDF", [SimpleNamespace(message="unknown font family")]

    monkeypatch.setattr(typesetting, "compiler", lambda *_: Warned())
    with pytest.raises(RuntimeError, match="unknown font family"):
        render(SET["withdrawal"], fonts)


def test_every_kind_has_a_template_and_a_made_up_page() -> None:
    assert {page.kind for page in SET.values()} == set(KINDS)
    assert {type(page) for page in SET.values()} == {page_type(kind) for kind in KINDS}
    assert {path.stem for path in TEMPLATES.glob("*.typ")} == set(KINDS) | SHARED


def test_the_examples_in_the_module_hold() -> None:
    assert doctest.testmod(typesetting).failed == 0
