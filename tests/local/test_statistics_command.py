"""`attendance statistics` and `attendance annual-return`: what a small tree of two schools gives, and what cannot be asked."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from attendance.annual import VARIABLES
from attendance.statistics import COLUMNS
from local.command import main
from tests.made_school import (
    FIRST_DAY,
    Child,
    away,
    csv_of,
    decisions,
    directory,
    marks,
    parents,
    pupils,
    settings,
    upn,
)

CHILDREN = [Child(upn(n)) for n in range(1, 9)]
LAST = date(2025, 9, 26)
HOLIDAY = away(date(2025, 9, 15), date(2025, 9, 19))
DECIDED = {"la": "886", "urn": "900001", "upn": upn(1), "parent_id": "P1", "by": "o1"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three weeks of two schools: one pupil of eight away for a week, a notice paid at once, another recorded from elsewhere."""
    folder = tmp_path_factory.mktemp("input")
    here, there = CHILDREN[:6], CHILDREN[6:]
    absent = {here[0].upn: HOLIDAY, here[1].upn: {date(2025, 9, 8): "X"}}
    given = {child.upn: marks(child, FIRST_DAY, LAST, absent.get(child.upn)) for child in CHILDREN}
    files = {
        "schools.csv": directory({"900001": "886", "900002": "886"}),
        "886/settings.yaml": settings().encode(),
        "886/900001/2025-09-08-pupils.csv": pupils(*here),
        "886/900001/2025-09-08-parents.csv": parents(*here),
        "886/900001/2025-09-19-marks.csv": csv_of([row for child in here for row in given[child.upn]]),
        "886/900002/2025-09-19-marks.csv": csv_of([row for child in there for row in given[child.upn]]),
        "decisions.csv": decisions(
            [
                {**DECIDED, "on": "2025-09-22", "action": "authorise_penalty_notice", "ground": "support_not_appropriate",
                 "reason": "A holiday in term."},
                {**DECIDED, "on": "2025-09-26", "action": "record_payment", "until": "2025-09-25", "amount_pence": "8000"},
                {**DECIDED, "on": "2025-09-26", "action": "record_elsewhere", "until": "2025-09-01", "reason": "Police"},
            ]
        ),
    }  # fmt: skip
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    return folder


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_every_row_in_full_for_the_authority_itself(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "statistics", "--input", str(tree), "--unsuppressed")
    rows = {
        (row["geographic_level"], row["education_phase"], row["school_urn"]): row
        for row in csv.DictReader(io.StringIO(text))
    }

    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert {key: (row["num_schools"], row["enrolments"], row["sess_possible"]) for key, row in rows.items()} == {
        ("All", "Total", ""): ("2", "8", "238"),
        ("All", "Not known", ""): ("2", "8", "238"),
        ("Local authority", "Total", ""): ("2", "8", "238"),
        ("Local authority", "Not known", ""): ("2", "8", "238"),
        ("School", "Not known", "900001"): ("1", "6", "178"),
        ("School", "Not known", "900002"): ("1", "2", "60"),
    }
    assert rows["School", "Not known", "900001"]["sess_unauth_holiday"] == "10"
    assert {row["enrolments_pa_10_exact"] for row in rows.values()} == {"1", "0"}
    assert {row["as_at"] for row in rows.values()} == {"2025-09-26"}


def test_what_is_published_withholds_the_one_pupil(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "statistics", "--input", str(tree), "--level", "authority", "--format", "json")
    (row,) = json.loads(text)["rows"]

    assert (row["old_la_code"], row["new_la_code"], row["num_schools"]) == ("886", "E10000016", 2)
    assert (row["enrolments"], row["sess_authorised"]) == (8, 0)
    assert {row[name] for name in ("sess_unauth_holiday", "sess_overall", "sess_overall_percent")} == {"c"}
    assert row["enrolments_pa_10_exact"] == "c"


def test_up_to_a_day_and_of_another_year(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("statistics", "--input", str(tree), "--as-at", "2025-09-19", "--level", "all", "--unsuppressed")
    first, *_ = csv.DictReader(io.StringIO(printed(capsys, *asked)))
    other = printed(capsys, *asked, "--year", "2024")

    assert (first["as_at"], first["sess_possible"], first["sess_unauth_holiday"]) == ("2025-09-19", "158", "10")
    assert other.splitlines() == [",".join(COLUMNS)], "no school has a mark in that year"


def test_the_annual_return_counts_the_notice_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["annual-return", "--input", str(tree), "--year", "2025", "--la", "886"]) == 0
    out, err = capsys.readouterr()
    header, line = csv.reader(io.StringIO(out))
    row = dict(zip(header, line, strict=True))

    assert tuple(header) == VARIABLES
    assert {name: value for name, value in row.items() if value != "0"} == {
        "time_period": "202526", "old_la_code": "886", "new_la_code": "E10000016", "la_name": "Kent", "enrolments": "8",
        "pn_issued": "1", "pn_issued_rate": "12.5", "reason_pn_hols": "1", "pn_paid": "1", "pn_paid_21": "1",
    }  # fmt: skip
    assert "886: 1 recorded from other issuers are not in these figures" in err


def test_the_annual_return_of_a_year_without_notices(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = json.loads(printed(capsys, "annual-return", "--input", str(tree), "--year", "2024", "--format", "json"))[
        "rows"
    ]

    assert (row["time_period"], row["pn_issued"], row["enrolments"], row["pn_issued_rate"]) == ("202425", 0, "x", "x")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("statistics",), "There is no file of a school"),
        (("annual-return", "--year", "2025"), "There is no file of a school"),
        (("annual-return", "--year", "2025", "--la", "665"), "no local authority of England"),
    ],
)
def test_what_cannot_be_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main([*words, "--input", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_an_authority_of_which_nothing_was_sent(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["annual-return", "--input", str(tree), "--year", "2025", "--la", "926"]) == 2
    assert "no school of this authority is in INPUT, only of 886" in capsys.readouterr().err
