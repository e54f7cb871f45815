"""The letters: what they must say, what they must not hold, and what is refused rather than printed wrong."""

import doctest
import io
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdf
import pytest
import typst
from PIL import Image, ImageDraw, ImageOps

from local.node import ensure_assets
from notices import typesetting
from notices.typesetting import NotPrintable, Page, compiler, inputs, page_json, render
from tests.made_letters import ALSO_PRINTED, FIRST, IMPROVE, PRINTED, SECOND, UPN, lines_of, page, plain, text_of
from tests.pdf_gate import attachments, faults

DOCUMENTS = Path(__file__).parents[2] / "docs" / "documents.md"
UNPRINTED = {"upn", "parent_id", "case", "pdf_sha256"}
HALVES = {"AM": "Morning", "PM": "Afternoon"}


def with_child(name: str) -> dict[str, Any]:
    return {"child": PRINTED["child"] | {"name": name}}


def with_recipient(name: str, address: list[str] | None = None) -> dict[str, Any]:
    return {"recipient": {"name": name, "address": address or PRINTED["recipient"]["address"]}}


@pytest.fixture(scope="session")
def fonts() -> Path:
    return ensure_assets()


LETTERS = {
    "first": page(FIRST),
    "second": page(SECOND),
    "improve": page(IMPROVE),
    "bare": page(FIRST | {"window": [], "provisions": [], "ground": "below_threshold"}, support=[]),
    "arabic": page(FIRST, **with_child("محمد علي"), **with_recipient("Fatima محمد")),
    "long": page(
        SECOND
        | {
            "sessions": [
                {"date": (date(2025, 5, 5) + timedelta(days=day)).isoformat(), "session": session, "code": "O"}
                for day in range(120)
                for session in ("AM", "PM")
            ]
        },
        **with_child("Wolfeschlegelsteinhausenbergerdorff-" + "W" * 24),
        **with_recipient("W" * 60, [*(f"Line {number} gÅ" for number in range(4)), "MU2 7QX"]),
        payment={"url": "https://madeup.example/" + "a" * 120, "instalments": True},
    ),
}


@pytest.fixture(scope="session")
def rendered(fonts: Path) -> dict[str, bytes]:
    return {name: render(letter, fonts) for name, letter in LETTERS.items()}


def sections_of(pdf: bytes, headings: set[str]) -> dict[str, str]:
    """The text under each heading."""
    found = {"(head of the letter)": ""}
    for line in lines_of(pdf):
        if plain(line) in headings:
            found[plain(line)] = ""
        else:
            found[list(found)[-1]] += f" {line}"
    return {heading: plain(text) for heading, text in found.items()}


# --- What must be said ------------------------------------------------------------------------------------------------


def documented(kind: str) -> list[dict[str, str]]:
    """The rows of the table in docs/documents.md under a heading."""
    table = DOCUMENTS.read_text(encoding="utf-8").split(f"## {kind}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    head = ["item", *cells[0][1:]]
    return [dict(zip(head, row, strict=True)) for row in cells[2:]]


def expected(letter: Page, printed: str) -> list[str]:
    """What a row of docs/documents.md promises for this letter: one text, or one for each session or step of support."""
    words = json.loads(inputs(letter)["words"])
    sessions = [session | {"half": HALVES[session["session"]]} for session in words["sessions"]]
    each: dict[str, list[dict[str, Any]]] = {"session": sessions, "step": words["support"]}
    loop = next((name for name in each if f"{{{name}." in printed), None)
    values = {key: namespace(value) for key, value in words.items()}
    if loop is None:
        return [printed.format(**values)]
    return [printed.format(**(values | {loop: namespace(item)})) for item in each[loop]]


def namespace(value: Any) -> Any:
    match value:
        case dict():
            return SimpleNamespace(**{key: namespace(inner) for key, inner in value.items()})
        case list():
            return ", ".join(map(str, value))
        case _:
            return value


@pytest.mark.parametrize(
    ("name", "row"),
    [
        (name, row)
        for row in documented("Penalty Notice")
        for name in ("first", "second")
        if row["Notice"] in (name, "both")
    ]
    + [("improve", row) for row in documented("Notice to Improve")],
    ids=lambda value: (
        value
        if isinstance(value, str)
        else f"{value['item']}-{value['Particular' if 'Particular' in value else 'Item']}"
    ),
)
def test_every_documented_particular_stands_under_its_heading(
    rendered: dict[str, bytes], name: str, row: dict[str, str]
) -> None:
    headings = {r["Under"] for kind in ("Penalty Notice", "Notice to Improve") for r in documented(kind)} | {
        "Notice to improve school attendance",
        "Contact us",
        "Record of the decision",
    }
    section = sections_of(rendered[name], headings)[row["Under"]]
    for printed in expected(LETTERS[name], row["Printed"]):
        assert plain(printed) in section


def test_every_particular_and_item_of_the_law_is_documented() -> None:
    assert set("abcdefghijkl") <= {row["item"] for row in documented("Penalty Notice")}
    assert {row["item"] for row in documented("Notice to Improve")} == set("12345678")


def values_of(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from values_of(inner)
        case list():
            for inner in value:
                yield from values_of(inner)
        case str() if not value.startswith("<svg"):
            yield value


@pytest.mark.parametrize("name", ["first", "second", "improve"])
def test_the_letter_prints_every_value_it_carries(rendered: dict[str, bytes], name: str) -> None:
    choices = {"kind", "post", "main_reason", "ground", "head_field"}  # printed as sentences: the next tests
    words = {key: value for key, value in json.loads(inputs(LETTERS[name])["words"]).items() if key not in choices}
    words["sessions"] = [session | {"session": HALVES[session["session"]]} for session in words["sessions"]]
    text = text_of(rendered[name])
    assert [value for value in values_of(words) if plain(value) not in text] == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"post": "first"}, "This notice is posted by first class post on Friday 14 November 2025."),
        ({"post": "second"}, "This notice is posted by second class post on Friday 14 November 2025."),
        ({"post": "hand"}, "This notice is delivered by hand on Friday 14 November 2025."),
        ({"main_reason": "holiday"}, "Main reason for the absence: holiday in term time"),
        ({"main_reason": "late"}, "Main reason for the absence: arriving late"),
        ({"main_reason": "other"}, "Main reason for the absence: other unauthorised absence"),
        ({"ground": "support_not_appropriate"}, "decided that it was not appropriate for this absence."),
        ({"ground": "support_failed"}, "It was not taken up, or attendance did not improve enough."),
        ({"ground": "improvement_failed"}, "Attendance did not improve enough by the end of its period."),
        ({"ground": "ended_early"}, "We ended its period early because it was clear"),
        ({"ground": "below_threshold"}, "also where the national threshold is not the reason."),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_every_choice_has_its_sentence(fonts: Path, changed: dict[str, str], sentence: str) -> None:
    assert sentence in text_of(render(page(FIRST | changed), fonts))


@pytest.mark.parametrize(
    ("instalments", "sentence"),
    [(True, "You may ask to pay in instalments."), (False, "we do not take instalments.")],
)
def test_the_letter_says_whether_instalments_are_taken(fonts: Path, instalments: bool, sentence: str) -> None:
    payment = {"url": "https://madeup.example/pay", "instalments": instalments}
    assert sentence in text_of(render(page(FIRST, payment=payment), fonts))


def test_what_the_code_of_conduct_calls_the_document_and_how_it_takes_payment_is_printed(fonts: Path) -> None:
    payment = {"url": "https://madeup.example/pay", "instalments": False, "phone": "01632 960001"}
    letter = page(FIRST, payment=payment, called="Fixed Penalty Notice", sender="Made-up School")

    printed = text_of(render(letter, fonts))

    assert "Fixed Penalty Notice for unauthorised absence from school" in printed
    assert "You can also pay by phone on 01632 960001." in printed
    assert "authorised officer of Made-up School" in printed
    assert {"called", "sender"} <= set(json.loads(page_json(letter)))


def test_a_school_is_the_sender_of_its_own_notice_to_improve(rendered: dict[str, bytes], fonts: Path) -> None:
    sent = "of Made-up School, which sends it under the code of conduct of Made-up County Council"
    assert sent in text_of(render(page(IMPROVE, sender="Made-up School"), fonts))
    assert sent not in text_of(rendered["improve"])


def test_what_no_code_of_conduct_gives_is_not_in_the_data_of_the_letter() -> None:
    data = json.loads(page_json(LETTERS["first"]))
    assert not {"called", "sender"} & set(data)
    assert set(data["payment"]) == {"url", "instalments"}


def test_below_the_threshold_the_letter_does_not_say_that_it_was_met(rendered: dict[str, bytes]) -> None:
    assert "The national threshold was met" in text_of(rendered["first"])
    assert "The national threshold was met" not in text_of(rendered["bare"])


def test_a_second_notice_names_no_lower_amount(rendered: dict[str, bytes]) -> None:
    assert "£80" in text_of(rendered["first"])
    assert "£80" not in text_of(rendered["second"])


@pytest.mark.parametrize(
    "changed",
    [
        {"sequence": 2},
        {"reduced_amount_pence": None},
        {"reduced_until": None},
        {"reduced_amount_pence": None, "reduced_until": None},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_a_first_notice_has_a_lower_amount_with_its_day_and_a_second_has_not(changed: dict[str, Any]) -> None:
    with pytest.raises(NotPrintable):
        page(FIRST | changed)


def test_the_code_to_scan_holds_the_payment_page_alone_and_no_amount() -> None:
    quick = json.loads(inputs(LETTERS["first"])["words"])["payment"]["qr"]
    other = json.loads(inputs(page(FIRST, payment={"url": "https://madeup.example/x", "instalments": False}))["words"])
    assert quick.startswith("<svg")
    assert quick != other["payment"]["qr"]
    assert quick == json.loads(inputs(LETTERS["second"])["words"])["payment"]["qr"]


# --- What the file is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_passes_the_gate(rendered: dict[str, bytes], name: str) -> None:
    assert faults(rendered[name]) == []


@pytest.mark.parametrize(
    ("source", "standards", "fault"),
    [
        (b"#set document(title: [T])\n= A\n#table([a], [b])", ["a-3a", "ua-1"], "a table has no header"),
        (b"= A\n== B", [], "not marked as PDF/UA-1"),
        (b"= A\n== B", ["a-3a"], "not marked as PDF/UA-1"),
        (b"#set document(title: [T])\n= A", ["ua-1"], "not marked as PDF/A-3a"),
        (b"= A\n=== C", [], "a level of heading is left out"),
        (b"= A\n= B", [], "there is not exactly one first heading, first"),
        (
            b"= A\n#image(bytes(\"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>\"))",
            [],
            "a picture has no",
        ),
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


@pytest.mark.parametrize("name", LETTERS)
def test_the_same_page_is_the_same_bytes(rendered: dict[str, bytes], fonts: Path, name: str) -> None:
    compiler.cache_clear()
    assert render(LETTERS[name], fonts) == rendered[name]


def test_another_process_at_another_place_makes_the_same_bytes(
    rendered: dict[str, bytes], fonts: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path; from notices.letters import PenaltyNoticePage;"
        "from notices.typesetting import render;"
        "page = PenaltyNoticePage.model_validate_json(sys.stdin.buffer.read());"
        "sys.stdout.buffer.write(render(page, Path(sys.argv[1])))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program, str(fonts)],
        input=page_json(LETTERS["first"]).encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "LANG": "C"},
    )
    assert done.stdout == rendered["first"]


@pytest.mark.parametrize("name", LETTERS)
def test_the_data_inside_is_the_page_and_nothing_else(rendered: dict[str, bytes], name: str) -> None:
    inside = attachments(rendered[name])
    assert set(inside) == {"notice.json"}
    assert inside["notice.json"].content.decode() == page_json(LETTERS[name])
    assert (inside["notice.json"].mime, inside["notice.json"].relationship) == ("application/json", "Source")


@pytest.mark.parametrize("record", [FIRST, SECOND, IMPROVE], ids=["first", "second", "improve"])
def test_the_data_inside_is_the_record_less_what_the_page_does_not_print(record: dict[str, Any]) -> None:
    data = json.loads(page_json(page(record)))
    assert {key: data.get(key, "missing") for key in record if key not in UNPRINTED} == {
        key: value for key, value in record.items() if key not in UNPRINTED
    }
    assert set(data) == set(record) - UNPRINTED | set(PRINTED) | set(ALSO_PRINTED[record["kind"]])


def test_no_upn_reaches_the_letter(rendered: dict[str, bytes]) -> None:
    for pdf in rendered.values():
        assert UPN not in text_of(pdf)
        assert UPN not in attachments(pdf)["notice.json"].content.decode()


def test_what_the_page_does_not_print_cannot_be_slipped_in() -> None:
    with pytest.raises(NotPrintable) as refused:
        page(FIRST, child=PRINTED["child"] | {"date_of_birth": "2015-01-01"})
    assert refused.value.field == "child.date_of_birth"


# --- The page as paper ------------------------------------------------------------------------------------------------

ZONES_MM = {
    "letterhead": (15, 5, 125, 30),
    "address": (24.6, 39.5, 120, 66.3),
    "sender": (125, 30, 195, 95),
    "body": (15, 95, 195, 292),
}
NEXT_PAGES_MM = (15, 5, 195, 292)


@pytest.mark.parametrize("name", LETTERS)
def test_ink_stays_in_the_zones_of_a_posted_letter(fonts: Path, name: str) -> None:
    ppi = 100
    letter = LETTERS[name]
    pictures = compiler(letter.kind, fonts).compile(format="png", ppi=ppi, sys_inputs=inputs(letter))
    assert isinstance(pictures, list)
    for number, picture in enumerate(pictures):
        with Image.open(io.BytesIO(picture)) as opened:
            paper = ImageOps.invert(opened.convert("L"))
        assert paper.getbbox() is not None
        for zone in [NEXT_PAGES_MM] if number else ZONES_MM.values():
            left, top, right, bottom = (edge * ppi / 25.4 for edge in zone)
            ImageDraw.Draw(paper).rectangle((int(left), int(top), right, bottom), fill=0)
        assert paper.getbbox() is None, f"ink outside the zones of page {number + 1}: {paper.getbbox()}"


def test_half_a_year_of_absence_can_still_be_posted(rendered: dict[str, bytes]) -> None:
    assert len(pypdf.PdfReader(io.BytesIO(rendered["long"])).pages) <= 10
    assert len(rendered["long"]) < 2_000_000


def test_an_address_has_seven_lines_and_no_more(fonts: Path) -> None:
    render(page(FIRST, **with_recipient("Jo", [*(f"Line {number}" for number in range(5)), "MU2 7QX"])), fonts)
    with pytest.raises(NotPrintable) as refused:
        render(page(FIRST, **with_recipient("Jo", [*(f"Line {number}" for number in range(6)), "MU2 7QX"])), fonts)
    assert refused.value.field == "recipient.address"


# --- Names as people write them ---------------------------------------------------------------------------------------


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
        "A" * 60,
    ],
)
def test_a_name_is_printed_as_it_is(fonts: Path, name: str) -> None:
    # pypdf reads a letter that is drawn as two shapes as the first shape and then the letter: "i ị" for "ị".
    pattern = "".join(
        re.escape(letter) if letter == base else f"(?:{base} ?)?{letter}"
        for letter in plain(name)
        for base in unicodedata.normalize("NFD", letter)[0]
    )
    assert re.search(pattern, text_of(render(page(FIRST, **with_child(name)), fonts)))


def test_an_arabic_name_keeps_its_letters_and_its_place(rendered: dict[str, bytes]) -> None:
    text = text_of(rendered["arabic"])
    assert set("محمدعلي") <= set(text)
    assert re.search(r"This notice is given to Fatima \S+ under section 444A", text)


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
def test_characters_that_would_mislead_are_refused(fonts: Path, character: str, why: str) -> None:
    with pytest.raises(NotPrintable) as refused:
        render(page(FIRST, **with_child(f"Sam{character}Madeup")), fonts)
    assert refused.value.field == "child.name"
    assert "Sam" not in str(refused.value)


def test_the_joiner_that_persian_needs_is_taken(fonts: Path) -> None:
    assert faults(render(page(FIRST, **with_child("علی\u200cرضا")), fonts)) == []


@pytest.mark.parametrize(("name", "letter"), [("Rahul রাহুল", "BENGALI"), ("王", "CJK"), ("Sam 😀", "GRINNING FACE")])
def test_letters_that_the_fonts_lack_are_told_and_not_left_out(fonts: Path, name: str, letter: str) -> None:
    with pytest.raises(NotPrintable) as refused:
        render(page(FIRST, **with_child(name)), fonts)
    assert refused.value.field == "child.name"
    assert letter in refused.value.reason
    assert name not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"authority": PRINTED["authority"] | {"name": "A council of many words " * 9}}, "authority.name"),
        ({"authority": PRINTED["authority"] | {"address": ["Line"] * 20}}, "authority.address"),
        ({"recipient": PRINTED["recipient"] | {"name": ""}}, "recipient.name"),
        ({"recipient": PRINTED["recipient"] | {"address": []}}, "recipient.address"),
        ({"payment": {"url": "http://madeup.example/pay", "instalments": False}}, "payment.url"),
    ],
)
def test_what_cannot_stand_on_the_page_is_refused_by_field(fonts: Path, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(NotPrintable) as refused:
        render(page(FIRST, **changed), fonts)
    assert refused.value.field == field


def test_a_code_that_is_none_is_refused(fonts: Path) -> None:
    with pytest.raises(NotPrintable, match=r"sessions\.code"):
        render(page(FIRST | {"sessions": [{"date": "2025-10-06", "session": "AM", "code": "?"}]}), fonts)


# --- Our own failures -------------------------------------------------------------------------------------------------


def test_without_its_fonts_no_letter_is_made(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="fonts missing: Noto Sans 400"):
        render(LETTERS["first"], tmp_path)


def test_a_warning_of_the_typesetter_is_an_error(monkeypatch: pytest.MonkeyPatch, fonts: Path) -> None:
    class Warned:
        def compile_with_warnings(self, **_: Any) -> tuple[bytes, list[Any]]:
            return b"%PDF", [SimpleNamespace(message="unknown font family")]

    monkeypatch.setattr(typesetting, "compiler", lambda *_: Warned())
    with pytest.raises(RuntimeError, match="unknown font family"):
        render(LETTERS["first"], fonts)


def test_the_examples_in_the_module_hold() -> None:
    assert doctest.testmod(typesetting).failed == 0
