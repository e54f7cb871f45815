"""What is published of the formats is what is checked."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from attendance.findings import MEANING, SEVERITIES, finding
from attendance.rows import COLUMNS, KEYS
from local.formats import published

FORMATS = Path(__file__).parents[2] / "docs/formats"


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


@pytest.mark.parametrize("kind", COLUMNS)
def test_both_descriptions_of_a_file_are_valid_and_name_its_columns_in_order(kind: str) -> None:
    schema = json.loads((FORMATS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    assert validator_for(schema, default=None) is Draft202012Validator
    Draft202012Validator.check_schema(schema)
    names = [column.name for column in COLUMNS[kind]]  # type: ignore[index]
    csvw = json.loads((FORMATS / f"{kind}.csv-metadata.json").read_text(encoding="utf-8"))["tableSchema"]["columns"]
    assert [each["name"] for each in csvw] == names
    filled = {each["name"] for each in csvw if each["required"]}
    assert filled <= set(schema["required"]), "a column that may not be blank is there"
    assert set(schema["properties"]) == set(names)
