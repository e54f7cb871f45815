"""What the letters must say, in a parent's words (every particular, heading by heading: docs/documents.md)."""

from functools import cache

import pytest
from tables import cases

from local.madeup.documents import FIRST, IMPROVE, SECOND, notice
from local.node import ensure_assets
from notices.typesetting import render
from tests.documents.reading import plain, text_of

RECORDS = {"first": FIRST, "second": SECOND, "improve": IMPROVE}


@cache
def letter(which: str) -> str:
    """The text of a letter as its PDF gives it."""
    return text_of(render(notice(RECORDS[which]), ensure_assets()))


@pytest.mark.parametrize("case", cases("particulars"))
def test_a_letter_says(case: dict[str, str]) -> None:
    assert plain(case["says"]) in letter(case["letter"])
