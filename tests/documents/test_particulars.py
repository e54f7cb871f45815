"""What each document must say stands under its heading: every row of the tables in docs/documents.md."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notices.typesetting import Page
from tests.documents.conftest import Rendered
from tests.documents.reading import HALVES, plain, sections_of, words_of
from tests.documents.variants import DOCUMENTS, SET

DOCS = Path(__file__).parents[2] / "docs" / "documents.md"
TABLES: Mapping[str, Mapping[str, str]] = {
    "Penalty Notice": {"first": "penalty-notice-first", "second": "penalty-notice-second"},
    "Notice to Improve": {"": "notice-to-improve"},
    "Schedule": {"": "schedule-to-a-notice"},
    "Withdrawal letter": {"": "withdrawal"},
    "Reminder": {"lower amount": "reminder-lower-amount", "last day": "reminder-last-day"},
    "Early letter": {"": "early-letter-4"},
    "Return cover": {
        "sickness": "sickness-return-cover",
        "attendance": "attendance-return-cover",
        "new pupil": "new pupil return",
        "deletion": "deletion return",
    },
    "Certificate of attendance": {"": "certificate-of-attendance"},
    "Case bundle": {"": "case-bundle"},
    "Attendance contract": {"": "attendance-contract"},
    "Targeting Support Meeting pack": {"": "support-meeting-pack"},
}
"""The tables of the page, and the document of each `Which`."""
EACH_OF = {
    "session": "sessions", "missed_session": "days", "step": "support", "help": "support", "pupil": "pupils", "day": "days",
    "code": "codes", "notice": "notices", "decision": "steps", "entry": "entries", "exhibit": "exhibits", "cohort": "cohorts",
    "concern": "persistent", "near_pupil": "near",
}  # fmt: skip
"""Names in a row that stand for each of several: the row is looked for once for each."""


def documented(table: str) -> list[dict[str, str]]:
    """The rows of a table in docs/documents.md."""
    section = DOCS.read_text(encoding="utf-8").split(f"\n## {table}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    head = ["item", *cells[0][1:]]
    return [dict(zip(head, row, strict=True)) for row in cells[2:]]


def particulars() -> Iterator[Any]:
    for table, documents in TABLES.items():
        for row in documented(table):
            for which, name in documents.items():
                if row.get("Which", "all") in {"all", "both", which}:
                    about = row["Particular" if "Particular" in row else "Item"]
                    yield pytest.param(name, row, id=f"{name}: {row['item']} {about}")


def expected(page: Page, printed: str) -> list[str]:
    """What a row promises for this document: one text, or one for each of several."""
    words = words_of(page)
    values = {key: namespace(value) for key, value in words.items()}
    each = next((name for name in re.findall(r"\{(\w+)", printed) if name in EACH_OF and name not in words), None)
    if each is None:
        return [printed.format(**values)]
    several = words[EACH_OF[each]]
    assert several, f"nothing to look for: {printed}"
    return [printed.format(**values, **{each: namespace(one)}) for one in several]


def namespace(value: Any) -> Any:
    match value:
        case {"session": str(session)}:
            return SimpleNamespace(**{key: namespace(inner) for key, inner in value.items()}, half=HALVES[session])
        case dict():
            return SimpleNamespace(**{key: namespace(inner) for key, inner in value.items()})
        case list():
            return ", ".join(map(str, value))
        case _:
            return value


@pytest.mark.parametrize(("name", "row"), particulars())
def test_every_documented_particular_stands_under_its_heading(pdf: Rendered, name: str, row: dict[str, str]) -> None:
    page = DOCUMENTS[name]
    (under,) = expected(page, row["Under"])
    section = sections_of(pdf(name))[plain(under)]
    for printed in expected(page, row["Printed"]):
        assert plain(printed) in section


@pytest.mark.parametrize("table", TABLES)
def test_every_row_says_how_sure_its_provision_is(table: str) -> None:
    for row in documented(table):
        assert re.search(r"\[[VCU]\]$|^our own: .|^guidance practice$", row["Provision"]), row


def test_every_document_of_the_set_has_its_particulars() -> None:
    assert set(SET) <= {name for documents in TABLES.values() for name in documents.values()}


def test_every_particular_and_item_of_the_law_is_documented() -> None:
    assert set("abcdefghijkl") <= {row["item"] for row in documented("Penalty Notice")}
    assert {row["item"] for row in documented("Notice to Improve")} == set("12345678")
