"""What is published of the formats is what is checked."""

import json

import pytest

from attendance.findings import MEANING, SEVERITIES, finding
from attendance.rows import COLUMNS, KEYS
from local.formats import published


def test_published_formats_are_up_to_date() -> None:
    for path, text in published().items():
        assert path.read_text(encoding="utf-8") == text, "run: uv run python -m local.formats"


def test_every_finding_is_explained_and_says_what_to_do() -> None:
    assert [*dict.fromkeys(each.severity for each in MEANING.values())] == [*SEVERITIES], "the gravest first"
    for code in MEANING:
        said = finding(code, 2, "code", "H", "A detail.").message
        assert said.endswith(".")
        assert len(said.split(". ")) > 1 or "is not opened" in said, f"{code} says what is wrong and what to do"


@pytest.mark.parametrize("kind", COLUMNS)
def test_keys_are_columns(kind: str) -> None:
    names = [column.name for column in COLUMNS[kind]]  # type: ignore[index]
    assert set(KEYS[kind]) <= set(names)  # type: ignore[index]
    assert names[-1] == "extracted_at"


def test_schemas_are_json() -> None:
    for path, text in published().items():
        if path.suffix == ".json":
            assert json.loads(text)
