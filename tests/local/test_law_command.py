"""`attendance law`: every rule and figure in three forms, one of them with its cases, and a clear answer for what is neither."""

import argparse
import json
from pathlib import Path

import pytest

from attendance.law import FIGURES, PROVISIONS
from local import law
from local.formats import DOCS


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    law.add_parser(parser.add_subparsers())
    args = parser.parse_args(["law", *argv])
    code: int = args.run(args)
    return code


def test_the_list_has_every_rule_and_figure_with_source_place_and_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0

    printed = " ".join(capsys.readouterr().out.split())
    for key, each in (PROVISIONS | FIGURES).items():  # type: ignore[operator]
        assert f" {key} [{' '.join(each.labels)}] " in printed
        assert each.source in printed
        assert f"code: {', '.join(each.where) or 'not used yet'}" in printed
    assert "cases: limit: cases" not in printed
    assert f"cases: {', '.join(f'{t} {n}' for t, n in law.tables_of('limit', law.read_cases()).items())}" in printed


def test_a_rule_in_full_lists_its_cases_by_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("limit") == 0

    printed = capsys.readouterr().out
    assert "figures    NOTICE_LIMIT, LIMIT_YEARS" in printed
    assert "attendance.law.next_in_sequence" in printed
    assert "tests/cases/limit.csv" in printed
    for case in law.read_cases():
        assert (f"  {case.row:>4}  {case.because}" in printed) or case.provision != "limit"


def test_a_figure_in_full_leads_to_its_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("REGISTER_YEARS") == 0

    printed = capsys.readouterr().out
    assert "3 from 2006-09-01; 6 from 2024-08-19" in printed
    assert "register_entry: Every session is recorded" in printed


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--format", "json") == 0
    everything = json.loads(capsys.readouterr().out)
    assert run("limit", "--format", "json") == 0
    limit = json.loads(capsys.readouterr().out)
    assert run("PENALTY_FULL", "--format", "json") == 0
    full = json.loads(capsys.readouterr().out)

    assert [each["rule"] for each in everything["rules"]] == list(PROVISIONS)
    assert [each["figure"] for each in everything["figures"]] == list(FIGURES)
    assert limit["labels"] == ["V", "U"]
    assert sum(limit["tables"].values()) == len(limit["cases"])
    assert full["values"] == [{"from": "2013-09-01", "value": 120}, {"from": "2024-08-19", "value": 160}]
    assert full["rule"] == "amount"


def test_markdown_is_what_the_page_of_the_law_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--format", "markdown") == 0
    rules, figures = capsys.readouterr().out.split("\n\n")
    page = (DOCS / "law.md").read_text(encoding="utf-8")

    assert rules in page, "run: uv run python -m local.formats"
    assert figures.strip() in page, "run: uv run python -m local.formats"
    assert run("limit", "--format", "markdown") == 0
    assert "## limit\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "says"),
    [("limits", "did you mean limit?"), ("pay_days", "did you mean PAY_DAYS?"), ("§", "prints them all")],
)
def test_what_is_neither_is_answered_with_the_likely_one(
    written: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(written) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err


def test_where_there_are_no_tables_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(law, "TABLES", tmp_path / "none")
    assert run() == 0

    captured = capsys.readouterr()
    assert "no tests/cases" in captured.err
    assert "cases: not known, there is no tests/cases here" in captured.out
