"""A school's own words for its early letters: what can be sent holds, everything else is refused with its key."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from attendance import law
from attendance.settings import SettingsRefused
from attendance.wording import SchoolLetters, letters_on
from local.given import read_letters
from tests.made_school import letters

WORDS: dict[str, Any] = yaml.safe_load(letters())


def written(**changed: object) -> str:
    return yaml.safe_dump({key: value for key, value in (WORDS | changed).items() if value is not None})


def test_the_words_hold_as_written() -> None:
    [loaded] = read_letters(letters(), "886/900001-letters.yaml")

    assert loaded.contact.name == "Robin Madeup"
    assert loaded.support == ("Breakfast club is free from 7:45.", "Ask us about the bus for {child}.")
    assert tuple(loaded.levels) == law.EARLY_LETTER_SESSIONS.latest == (4, 7, 9)
    assert loaded.levels[7].opening == "We miss {child} (7)."
    assert loaded.post == "first"


DOCUMENTED = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
SECTION = DOCUMENTED.split("## A school's early letters")[1].split("\n## ")[0]


def test_the_example_of_the_docs_holds_and_every_key_is_documented() -> None:
    [loaded] = read_letters(SECTION.split("```yaml\n")[1].split("```")[0], "docs/settings.md")

    assert tuple(loaded.levels) == law.EARLY_LETTER_SESSIONS.latest
    assert [key for key in SchoolLetters.model_fields if f"`{key}`" not in SECTION] == []


def test_a_school_may_write_at_one_level_only() -> None:
    [loaded] = read_letters(written(letters={7: WORDS["letters"][7]}), "letters")

    assert list(loaded.levels) == [7]


WORDING = {"opening": "Dear family of {child}.", "closing": "Call us."}


@pytest.mark.parametrize(
    ("changed", "key", "says"),
    [
        pytest.param({"letters": {5: WORDING}}, "letters.5", "4, 7, 9 sessions and at no other", id="another number"),
        pytest.param({"letters": {"four": WORDING}}, "letters.four", "4, 7, 9", id="no number"),
        pytest.param({"letters": {}}, "letters", "at least 1", id="no letter"),
        pytest.param({"letters": None}, "letters", "Field required", id="letters left out"),
        pytest.param({"phone": None}, "phone", "Field required", id="no phone"),
        pytest.param({"phone": 1632960123}, "phone", "valid string", id="a phone number that YAML read as a number"),
        pytest.param({"support": []}, "support", "at least 1", id="no help to offer"),
        pytest.param({"headline": "x"}, "headline", "not permitted", id="an unknown key"),
        pytest.param({"contact": {"name": "x"}}, "contact.office", "required", id="whom to call, without the office"),
        pytest.param({"contact": {"name": "{child}", "office": "x"}}, "contact.name", "pattern", id="a child as contact"),
        pytest.param({"post": "pigeon"}, "post", "'first', 'second' or 'hand'", id="another post"),
        pytest.param({"letters": {4: {"opening": "x"}}}, "letters.4.closing", "required", id="no closing"),
        pytest.param({"letters": {4: WORDING | {"fine": "x"}}}, "letters.4.fine", "not permitted", id="an unknown part"),
        pytest.param(
            {"letters": {4: WORDING | {"opening": "Dear {parent}"}}}, "letters.4.opening", "only {child}", id="placeholder"
        ),
        pytest.param({"letters": {4: WORDING | {"closing": "{child"}}}, "letters.4.closing", "only {child}", id="brace"),
        pytest.param({"letters": {4: WORDING | {"closing": " "}}}, "letters.4.closing", "at least 1", id="blank"),
        pytest.param({"support": ["a\nb"]}, "support.0", "U+000A", id="a line break"),
        pytest.param({"support": ["a\u202eb"]}, "support.0", "U+202E", id="what turns letters around"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused(changed: dict[str, object], key: str, says: str) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read_letters(written(**changed), "886/900001-letters.yaml")

    problem, *_ = refusal.value.problems
    assert problem.key == key
    assert says in problem.why
    assert "886/900001-letters.yaml, document 1: " in str(refusal.value)
    assert "docs/settings.md" in problem.remedy


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there are no settings in it"),
        ("a: [1", "886/900001-letters.yaml: file"),
        (letters() + "phone: again\n", "phone is said twice"),
        (letters() + "---\n" + letters(), "two documents hold from 2025-08-01"),
        ("- a\n- b\n", "should be an object"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsRefused, match=says):
        read_letters(text, "886/900001-letters.yaml")


def test_the_words_of_a_day_are_those_begun_last() -> None:
    later = written(holds_from=date(2025, 11, 1), phone="01632 960999")
    loaded = read_letters(f"{later}---\n{letters()}", "letters")

    on = {
        day: letters_on(loaded, date.fromisoformat(day))
        for day in ("2025-07-31", "2025-08-01", "2025-10-31", "2025-11-01")
    }
    assert on["2025-07-31"] is None, "no words yet: no letter"
    assert [each.phone for each in on.values() if each] == ["01632 960123", "01632 960123", "01632 960999"]
