"""How text is written: JSON that is the same everywhere, cells that run nothing, days by London's clock."""

from datetime import UTC, date, datetime

import pytest

from attendance.text import canonical_json, csv_safe, london, london_day, pretty_json


def test_json_of_files_is_sorted_indented_and_keeps_letters() -> None:
    assert pretty_json({"b": "Zoë", "a": ["\\"]}) == '{\n  "a": [\n    "\\\\"\n  ],\n  "b": "Zoë"\n}\n'


def test_json_for_hashes_is_one_line_without_spaces() -> None:
    assert canonical_json({"b": [1, None], "a": "Zoë"}) == '{"a":"Zoë","b":[1,null]}'


@pytest.mark.parametrize("write", [pretty_json, canonical_json])
def test_a_number_that_json_does_not_have_is_refused(write) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write(float("nan"))


@pytest.mark.parametrize("formula", ["=1+1", "+44", "-5", "@SUM", "\t=1", "\r=1", "\n=1", "＝1", "--"])
def test_what_a_spreadsheet_would_run_is_neutralised(formula: str) -> None:
    assert csv_safe(formula) == "'" + formula


@pytest.mark.parametrize("plain", ["-", "/", "\\", "#", "", "O'Brien", "a=b", "2025-09-08", "عمر"])
def test_marks_and_plain_values_stay_as_they_are(plain: str) -> None:
    assert csv_safe(plain) == plain


def test_the_day_is_londons_on_both_sides_of_summer_time() -> None:
    assert london_day(datetime(2025, 6, 30, 23, 30, tzinfo=UTC)) == date(2025, 7, 1)
    assert london_day(datetime(2025, 12, 31, 23, 30, tzinfo=UTC)) == date(2025, 12, 31)
    assert london(datetime(2025, 6, 30, 23, 30, tzinfo=UTC)).isoformat() == "2025-07-01T00:30:00+01:00"


def test_a_time_without_an_offset_is_never_guessed() -> None:
    with pytest.raises(ValueError, match="offset"):
        london_day(datetime(2025, 6, 30, 23, 30))  # noqa: DTZ001 - the fault under test
