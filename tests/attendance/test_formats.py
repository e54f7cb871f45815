"""What is published of the formats is what is checked."""

import json
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest
from csvw import CSVW
from extracts import check

from attendance.events import TOLD, Event
from attendance.extracts import KEYS, Kind
from attendance.findings import MEANING, SEVERITIES, finding
from attendance.rows import COLUMNS, FLAG_NO, FLAG_YES, Column
from local.formats import published
from local.node import ROOT
from tests.attendance.test_events import ONE_OF_EACH


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


# --- The schemas are schemas, and say what is taken and written ----------------------------------------------------------

FORMATS = ROOT / "docs" / "formats"
SCHEMAS = sorted(FORMATS.glob("*.schema.json"))
# For each way of reading a value: one that is taken, and one that is not.
VALUES = {
    "upn": ("B801200005001", "B80120000500"),
    "date": ("2025-10-13", "13/10/2025"),
    "session": ("AM", "am"),
    "time": ("2025-10-13T09:05:00", "yesterday"),
    "minutes": ("5", "five"),
    "flag": ("yes", "perhaps"),
    "choice": (None, "none of these"),
    "urn": ("100001", "1"),
    "la": ("886", "8"),
    "text": ("made up", None),
    "code": ("L", None),
}
WRONG = [
    pytest.param(kind, column, id=f"{kind}.{column.name}")
    for kind, columns in COLUMNS.items()
    for column in columns
    if VALUES[column.reading][1] is not None
]


def good(kind: Kind) -> dict[str, str]:
    """A row of a kind with every column, each as it should be."""
    return {each.name: VALUES[each.reading][0] or each.choices[0] for each in COLUMNS[kind]}


def as_csv(row: Mapping[str, str]) -> bytes:
    return f"{','.join(row)}\n{','.join(row.values())}\n".encode()


def fits_csvw(kind: Kind, row: Mapping[str, str], folder: Path) -> bool:
    """Whether a file of this row is as its CSVW metadata says, as another's reader has it."""
    (folder / f"{kind}.csv").write_bytes(as_csv(row))
    metadata = folder / f"{kind}.csv-metadata.json"
    shutil.copy(FORMATS / metadata.name, metadata)
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # what does not fit it says by warnings, and counts those
        return bool(CSVW(str(metadata), validate=True).is_valid)


def fits_schema(kind: Kind, row: Mapping[str, str]) -> bool:
    schema = json.loads((FORMATS / f"{kind}.schema.json").read_bytes())
    return jsonschema.Draft202012Validator(schema).is_valid(dict(row))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_is_valid_under_the_draft_that_it_names(path: Path) -> None:
    schema = json.loads(path.read_bytes())
    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)


def test_everything_sent_or_written_has_its_schema() -> None:
    names = {path.name.removesuffix(".schema.json") for path in SCHEMAS}
    told = {str(each.model_fields["type"].default) for each in TOLD}
    assert names == {*COLUMNS, "report", "positions", *told}
    assert {path.name.removesuffix(".csv-metadata.json") for path in FORMATS.glob("*-metadata.json")} == set(COLUMNS)


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_row_as_it_should_be_is_so_for_all_three(kind: Kind, tmp_path: Path) -> None:
    row = good(kind)
    assert not [each for each in check(as_csv(row)).findings if each.severity in {"refused", "error"}]
    assert fits_schema(kind, row)
    assert fits_csvw(kind, row, tmp_path)


@pytest.mark.parametrize(("kind", "column"), WRONG)
def test_a_value_that_is_not_taken_is_so_for_all_three(kind: Kind, column: Column, tmp_path: Path) -> None:
    row = good(kind) | {column.name: str(VALUES[column.reading][1])}
    assert column.name in {each.field for each in check(as_csv(row)).findings if each.severity == "error"}
    assert not fits_schema(kind, row)
    assert not fits_csvw(kind, row, tmp_path)


@pytest.mark.parametrize(
    "written", ["2025-10-13", "2025-10-13T09:05", "2025-10-13 09:05:00.5Z", "2025-10-13T09:05+0100"]
)
def test_less_than_a_whole_time_is_taken_as_the_schema_says(written: str) -> None:
    row = good("attendance") | {"recorded_at": written}
    assert not [each for each in check(as_csv(row)).findings if each.severity == "error"]
    assert fits_schema("attendance", row)


@pytest.mark.parametrize("written", [*FLAG_YES, *FLAG_NO, "Yes", "FALSE"])
def test_yes_and_no_are_taken_as_the_schema_says(written: str) -> None:
    row = good("calendar") | {"open": written}
    assert not check(as_csv(row)).findings
    assert fits_schema("calendar", row)


@pytest.mark.parametrize("event", [each for each in ONE_OF_EACH if isinstance(each, TOLD)], ids=lambda each: each.type)
def test_an_event_is_as_its_schema_says(event: Event) -> None:
    validator = jsonschema.Draft202012Validator(json.loads((FORMATS / f"{event.type}.schema.json").read_bytes()))  # type: ignore[attr-defined]
    said = json.loads(event.model_dump_json())
    validator.validate(said)
    validator.validate(said | {"added_later": 1})
    for name in said:
        assert not validator.is_valid({key: value for key, value in said.items() if key != name}), name
    assert not validator.is_valid(said | {"type": "another.v1"})
