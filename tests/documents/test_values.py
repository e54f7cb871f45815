"""A document prints all that its data holds, and its data holds nothing that it does not print."""

import json
import re
from typing import Any

import pytest

from local.madeup import documents as made
from notices.letters import Letter
from notices.typesetting import NotPrintable, page_json
from tests.documents.conftest import Rendered
from tests.documents.pdf_gate import descriptions
from tests.documents.reading import HALVES, plain, text_of, values_of, words_of
from tests.documents.variants import DOCUMENTS, EDGES, LETTERS, SET, renamed

CHILD_HOME = ("9 Other Street", "MU3 1ZZ")
SAID_AS_SENTENCES = {
    "kind", "post", "main_reason", "ground", "head_field", "last", "returned", "of",  # test_choices.py
    "sequence",  # first or second
}  # fmt: skip
DRAWN = re.compile(r"((severe|persistent|near)\.)?year\b|weeks\b|codes\b|payment\.(qr|link)$|.*\.strip\.")
"""What stands in a picture: the next test."""
UNPRINTED = {"upn", "parent_id", "case", "pdf_sha256"}
"""What a notice record holds for the system alone."""


def joined_up(text: str) -> str:
    """A text without its spaces: a long word may stand on two lines."""
    return plain(text).casefold().replace(" ", "")


@pytest.mark.parametrize("name", [*SET, *EDGES])
def test_a_document_prints_every_value_that_it_carries(pdf: Rendered, name: str) -> None:
    data = json.loads(page_json(DOCUMENTS[name]))
    words = {key: value for key, value in words_of(DOCUMENTS[name]).items() if key in data}
    if data.get("schedule"):  # these are printed there, which is a document of this set, too
        del words["schedule"], words["sessions"], words["support"]
    text = joined_up(text_of(pdf(name)))
    spoken = {"AM": HALVES["AM"], "PM": HALVES["PM"], "": ""}

    missing = [
        (field, value)
        for field, value in values_of(words)
        if field.rsplit(".", 1)[-1] not in SAID_AS_SENTENCES and not DRAWN.match(field)
        if joined_up(spoken.get(value, value)) not in text
    ]

    assert missing == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "case-bundle",
            "108 sessions from 1 September 2025 to 13 November 2025: 84 attended, 2 authorised absence, 12 ",
        ),
        ("case-bundle", "Week of 6 October 2025: 10 (Mon AM G, Mon PM G"),
        ("support-meeting-pack", "attended: 1 Sep 94.8, 8 Sep 94.2"),
        ("support-meeting-pack", "unauthorised: 1 Sep 1.4, 8 Sep 1.7"),
        ("support-meeting-pack", "I: Ill, in body or mind 620; O: Absent in other or unknown circumstances 310"),
        ("support-meeting-pack", "90 attended, 0 authorised absence, 8 unauthorised absence"),
        ("penalty-notice-first", "opens the payment page, https://madeup.example/pay"),
        ("reminder after a payment in part, by link", "https://madeup.example/pay?reference=886K7Q2M9XDT"),
    ],
)
def test_what_is_drawn_is_told_in_the_description_of_its_picture(pdf: Rendered, name: str, said: str) -> None:
    assert any(said in each for each in descriptions(pdf(name)))


@pytest.mark.parametrize("name", LETTERS)
def test_no_upn_reaches_a_letter(pdf: Rendered, name: str) -> None:
    assert made.UPN not in text_of(pdf(name))
    assert made.UPN not in page_json(DOCUMENTS[name])
    assert '"upn"' not in page_json(DOCUMENTS[name])


@pytest.mark.parametrize(
    "name", [name for name in LETTERS if DOCUMENTS[name].kind in {"withdrawal", "reminder", "early_letter"}]
)
def test_the_home_of_a_child_is_in_no_letter_that_need_not_name_it(pdf: Rendered, name: str) -> None:
    for line in CHILD_HOME:
        assert line not in text_of(pdf(name))
        assert line not in page_json(DOCUMENTS[name])
    assert isinstance(json.loads(page_json(DOCUMENTS[name]))["child"], str)


@pytest.mark.parametrize(
    "name", ["certificate of 380 sessions, of a protected child", "bundle of a case with nothing but its absence"]
)
def test_a_protected_address_is_told_as_such(pdf: Rendered, name: str) -> None:
    assert "not given: protected" in text_of(pdf(name))
    for line in CHILD_HOME:
        assert line not in text_of(pdf(name))


@pytest.mark.parametrize("record", [made.FIRST, made.SECOND, made.IMPROVE], ids=["first", "second", "improve"])
def test_a_notice_holds_its_record_less_what_the_page_does_not_print(record: dict[str, Any]) -> None:
    data = json.loads(page_json(made.notice(record)))
    kept = {key: value for key, value in record.items() if key not in UNPRINTED}
    assert {key: data.get(key, "missing") for key in kept} == kept
    assert set(data) == set(kept) | set(made.PRINTED) | set(made.ALSO_PRINTED[record["kind"]])


@pytest.mark.parametrize("name", SET)
def test_what_a_page_does_not_print_cannot_be_slipped_in(name: str) -> None:
    with pytest.raises(ValueError, match="slipped_in"):
        type(DOCUMENTS[name]).model_validate_json(page_json(DOCUMENTS[name]).replace("{", '{"slipped_in": "",', 1))


def test_what_a_child_of_a_notice_does_not_print_is_refused_by_field() -> None:
    with pytest.raises(NotPrintable) as refused:
        made.notice(made.FIRST, child={**made.PRINTED["child"], "date_of_birth": "2015-01-01"})
    assert refused.value.field == "child.date_of_birth"


def test_what_no_code_of_conduct_gives_is_not_in_the_data() -> None:
    data = json.loads(page_json(SET["penalty-notice-first"]))
    assert not {"called", "sender"} & set(data)
    assert set(data["payment"]) == {"url", "instalments"}


def test_other_names_change_names_alone() -> None:
    """The variants of this folder are the documents of the set about other people."""
    for page in SET.values():
        assert renamed(renamed(page, "Other Child", "Other Parent"), "x", "y") != page
        assert page_json(renamed(page, "Sam Madeup", "Mrs Jo Madeup")) == page_json(page)


@pytest.mark.parametrize("name", SET)
def test_every_letter_is_known_as_one(name: str) -> None:
    assert isinstance(SET[name], Letter) == (
        SET[name].kind in {"penalty_notice", "notice_to_improve", "withdrawal", "reminder", "early_letter"}
    )
