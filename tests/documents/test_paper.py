"""Every page as paper: A4, ink in its zones, letters that a print service takes."""

import io
from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageDraw, ImageOps

from tests.documents.conftest import Rendered
from tests.documents.reading import page_count, pictures
from tests.documents.variants import DOCUMENTS, EDGES, LETTERS, SET

ZONES_MM = {
    "letterhead": (15, 5, 125, 30),
    "address": (24.6, 39.5, 120, 66.3),
    "sender": (125, 30, 195, 95),
    "body": (15, 95, 195, 292),
}
"""Where page one of a letter may have ink, from the top left (GOV.UK Notify)."""
MARGINS_MM = (15, 5, 195, 292)
"""Where every other page may, and every page of a sheet."""
PPI = 100
A4_POINTS = (595.276, 841.89)
ONE_PAGE = {"withdrawal", "reminder", "early_letter"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_ink_stays_where_it_may(fonts: Path, name: str) -> None:
    for number, picture in enumerate(pictures(DOCUMENTS[name], fonts, PPI), start=1):
        with Image.open(io.BytesIO(picture)) as opened:
            paper = ImageOps.invert(opened.convert("L"))
        assert paper.getbbox() is not None
        for zone in ZONES_MM.values() if name in LETTERS and number == 1 else [MARGINS_MM]:
            left, top, right, bottom = (edge * PPI / 25.4 for edge in zone)
            ImageDraw.Draw(paper).rectangle((int(left), int(top), right, bottom), fill=0)
        assert paper.getbbox() is None, f"ink outside the zones of page {number}: {paper.getbbox()}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_page_is_a4_and_stands_upright(pdf: Rendered, name: str) -> None:
    for page in pypdf.PdfReader(io.BytesIO(pdf(name))).pages:
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4_POINTS, abs=0.1)
        assert page.rotation == 0


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_can_be_posted(pdf: Rendered, name: str) -> None:
    assert page_count(pdf(name)) <= 10
    assert len(pdf(name)) < 2_000_000


@pytest.mark.parametrize("name", [name for name in (*SET, *EDGES) if DOCUMENTS[name].kind in ONE_PAGE])
def test_a_short_letter_is_one_sheet_of_paper_unless_it_offers_much_help(pdf: Rendered, name: str) -> None:
    assert page_count(pdf(name)) == (2 if "much help" in name else 1)


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_ends_with_an_afterthought_on_a_page_of_its_own(pdf: Rendered, name: str) -> None:
    last = pypdf.PdfReader(io.BytesIO(pdf(name))).pages[-1]
    assert len(last.extract_text().splitlines()) > 6
