"""Names as people write them are printed as they are; what would mislead, or cannot be shown, is refused and named."""

import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.madeup import documents as made
from notices.typesetting import NotPrintable, Page, render, unprintable
from tests.documents.conftest import Rendered
from tests.documents.pdf_gate import faults
from tests.documents.reading import plain, text_of
from tests.documents.variants import CHILD, DOCUMENTS, NAMES, SET, renamed

OF_EACH_SHAPE = {"penalty-notice-first": "child.name", "withdrawal": "child", "support-meeting-pack": "persistent.name"}
"""Documents of three shapes, and the field that names the child in each."""


@pytest.mark.parametrize(
    "name",
    [
        "Siân Llŷr Ŵyn",
        "Żółkiewska-Dvořáková",
        "Nguyễn Thị Ươm",
        "Ọláńrewájú Ṣàǹgó",
        "Gökçe İnönü Şık",
        "O'Brien-Smith",
        "Ni’ma D’Arcy",
        "Дмитро Παππάς",
        "*bold* _it_ `raw`",
        '#eval("1+1") #read("/etc/passwd")',
        "$x$ [a] <b> @c \\ // --",
        "e\u0301",
        "Null, None",
        "{child} %s \\u0041 &amp;",
        "= heading",
        "- list / + list",
        "A" * 60,
    ],
)
@pytest.mark.parametrize("kind", OF_EACH_SHAPE)
def test_a_name_is_printed_as_it_is(fonts: Path, kind: str, name: str) -> None:
    # pypdf reads a letter that is drawn as two shapes as the first shape and then the letter: "i ị" for "ị".
    pattern = r"\s*".join(
        re.escape(letter) if letter == base else f"(?:{base} ?)?{letter}"
        for letter in plain(name)
        for base in unicodedata.normalize("NFD", letter)[0]
    )
    assert re.search(pattern, text_of(render(renamed(SET[kind], name, "Jo Madeup"), fonts)))


@pytest.mark.parametrize("what", ["apostrophes", "one word", "accents"])
@pytest.mark.parametrize("kind", list(SET))
def test_a_document_names_whom_it_is_about(pdf: Rendered, kind: str, what: str) -> None:
    printed = text_of(pdf(f"{kind}, {what}"))
    assert plain(NAMES[what][0]) in printed
    assert CHILD not in printed


@pytest.mark.parametrize("kind", SET)
def test_an_arabic_name_keeps_its_letters(pdf: Rendered, kind: str) -> None:
    assert set("محمدعلي") <= set(text_of(pdf(f"{kind}, arabic")))


def test_an_arabic_name_keeps_its_place_in_a_line(pdf: Rendered) -> None:
    printed = text_of(pdf("penalty-notice-first, arabic"))
    assert re.search(r"This notice is given to Fatima \S+ under section 444A", printed)


@pytest.mark.parametrize(
    ("character", "why"),
    [
        ("\n", "a name on two lines"),
        ("\r", "a name on two lines"),
        ("\t", "no letter of a name"),
        ("\x07", "a bell"),
        ("\u2028", "a line break in disguise"),
        ("\u202e", "turns the letters after it around"),
        ("\u2066", "isolates a direction"),
        ("\u200b", "cannot be seen"),
        ("\u00ad", "cannot be seen"),
        ("\ue000", "private use"),
        ("\U0003fffe", "not a character"),
    ],
)
@pytest.mark.parametrize(("kind", "field"), OF_EACH_SHAPE.items())
def test_characters_that_would_mislead_are_refused(
    fonts: Path, kind: str, field: str, character: str, why: str
) -> None:
    with pytest.raises(NotPrintable) as refused:
        render(renamed(SET[kind], f"Sam{character}Madeup", "Jo Madeup"), fonts)
    assert refused.value.field == field
    assert "Sam" not in str(refused.value)


def test_the_joiner_that_persian_needs_is_taken(fonts: Path) -> None:
    assert faults(render(made.early_letter(child="علی\u200cرضا"), fonts)) == []


@pytest.mark.parametrize(("name", "letter"), [("Rahul রাহুল", "BENGALI"), ("王", "CJK"), ("Sam 😀", "GRINNING FACE")])
@pytest.mark.parametrize(("kind", "field"), OF_EACH_SHAPE.items())
def test_letters_that_the_fonts_lack_are_told_and_not_left_out(
    fonts: Path, kind: str, field: str, name: str, letter: str
) -> None:
    with pytest.raises(NotPrintable) as refused:
        render(renamed(SET[kind], name, "Jo Madeup"), fonts)
    assert refused.value.field == field
    assert letter in refused.value.reason
    assert name not in str(refused.value)


def test_a_name_can_be_tried_before_it_stands_in_a_list(fonts: Path) -> None:
    assert unprintable("Siân", fonts) is None
    assert "GRINNING FACE" in (unprintable("Sam 😀", fonts) or "")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"authority": {**made.AUTHORITY, "name": "A council of many words " * 9}}, "authority.name"),
        ({"authority": {**made.AUTHORITY, "address": ["Line"] * 20}}, "authority.address"),
        ({"recipient": {**made.RECIPIENT, "name": ""}}, "recipient.name"),
        ({"recipient": {**made.RECIPIENT, "address": []}}, "recipient.address"),
        ({"payment": {"url": "http://madeup.example/pay", "instalments": False}}, "payment.url"),
    ],
)
@pytest.mark.parametrize(
    "letter", [lambda **changed: made.notice(made.FIRST, **changed), made.reminder], ids=["notice", "reminder"]
)
def test_what_cannot_stand_on_the_page_is_refused_by_field(
    fonts: Path, letter: Callable[..., Page], changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(NotPrintable) as refused:
        render(letter(**changed), fonts)
    assert refused.value.field == field


def test_a_school_whose_name_is_too_long_for_the_head_of_its_letter_is_told_so(fonts: Path) -> None:
    school = {"name": "A school of many words " * 9, "address": ["Road"], "phone": "1", "email": "a@madeup.example"}
    with pytest.raises(NotPrintable) as refused:
        render(made.early_letter(school=school), fonts)
    assert refused.value.field == "school.name"


@pytest.mark.parametrize(
    "page",
    [
        lambda listed: made.notice({**made.FIRST, "sessions": listed}),
        lambda listed: made.early_letter(days=listed),
        lambda listed: made.case_bundle(sessions=listed, window=[]),
    ],
    ids=["notice", "early letter", "bundle"],
)
def test_a_code_that_is_none_is_refused(fonts: Path, page: Callable[..., Page]) -> None:
    with pytest.raises(NotPrintable, match=r"sessions\.code"):
        render(page([{"date": "2025-10-06", "session": "AM", "code": "?"}]), fonts)


def test_a_letter_too_long_for_the_post_is_refused(fonts: Path) -> None:
    support = json.loads(DOCUMENTS["notice to improve after much support"].model_dump_json())["support"]
    with pytest.raises(NotPrintable, match="more than 10 pages"):
        render(made.notice(made.IMPROVE, support=support * 10), fonts)
