"""`attendance codes`: the table in three forms, one code, and a clear answer for what is none."""

import argparse
import csv
import json
from io import StringIO

import pytest

from attendance.codes import CODES
from local import codes


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    codes.add_parser(parser.add_subparsers())
    args = parser.parse_args(["codes", *argv])
    return args.run(args)


def test_the_table_as_text_names_every_code_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0

    printed = capsys.readouterr().out
    for code in CODES.values():
        assert f"{code.code:<4}{code.meaning}\n" in printed
        assert code.source in printed
    assert "until 2024-08-18" in printed


def test_the_table_as_csv_and_as_json_is_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--format", "csv") == 0
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert run("--format", "json") == 0
    objects = json.loads(capsys.readouterr().out)

    assert [row["code"] for row in rows] == [each["code"] for each in objects] == list(CODES)
    assert set(rows[0]) == set(objects[0])


@pytest.mark.parametrize("code", ["O", "\\", "#", "Y4", "H"])
def test_one_code_in_three_forms(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(code) == 0
    assert CODES[code].conditions in capsys.readouterr().out
    assert run(code, "--format", "csv") == 0
    (row,) = csv.DictReader(StringIO(capsys.readouterr().out))
    assert (row["code"], row["meaning"]) == (code, CODES[code].meaning)
    assert run(code, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["unauthorised"] is CODES[code].unauthorised


@pytest.mark.parametrize(
    ("written", "says"), [("o", "did you mean O?"), ("0", "did you mean O?"), ("AB", "prints them all")]
)
def test_what_is_no_code_is_answered_with_the_likely_one(
    written: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(written) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err
