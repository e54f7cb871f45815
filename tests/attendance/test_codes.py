"""The code table against the law: 34 codes and four withdrawn ones, how each counts and when."""

import csv
from datetime import date
from io import StringIO

import pytest

from attendance import codes
from attendance.codes import CODES, in_force, likely, table_csv

STATISTICS = {  # law.md section 1, exact on every row of the Department's published data for 2025/26
    "present": "/ \\ L",
    "approved educational activity": "K V P W B",
    "authorised absence": "C C1 C2 E I J1 M R S T",
    "unauthorised absence": "G N O U",
    "not a possible attendance": "D Q X Y1 Y2 Y3 Y4 Y5 Y6 Y7",
    "not collected": "Z #",
}
WITHDRAWN = {"H": "authorised absence", "J": "approved educational activity", "Y": "not a possible attendance"} | {
    "F": "authorised absence"
}
TODAY = date(2025, 9, 8)


def test_the_34_codes_in_force_are_counted_as_the_department_counts_them() -> None:
    expected = {code: statistical for statistical, names in STATISTICS.items() for code in names.split()}

    assert len(expected) == 34
    assert {code: CODES[code].statistical_class for code in CODES if in_force(code, TODAY)} == expected


def test_four_withdrawn_codes_are_kept_and_say_what_stands_for_them() -> None:
    withdrawn = {code: facts for code, facts in CODES.items() if not in_force(code, TODAY)}

    assert {code: facts.statistical_class for code, facts in withdrawn.items()} == WITHDRAWN
    replacements = {code: facts.confused_with.split()[0] for code, facts in withdrawn.items()}
    assert replacements == {"H": "C", "J": "J1", "Y": "Y1", "F": "C"}


@pytest.mark.parametrize("code", CODES)
def test_what_follows_from_the_class(code: str) -> None:
    facts = CODES[code]

    assert facts.possible == (facts.statistical_class not in {"not a possible attendance", "not collected"})
    assert facts.unauthorised == (facts.statistical_class == "unauthorised absence")
    assert facts.shows_session_held == (code not in {"#", "Y4", "Z"})
    assert facts.sessions == {"/": ("AM",), "\\": ("PM",)}.get(code, ("AM", "PM"))
    assert facts.meaning
    assert facts.confused_with
    assert facts.conditions
    assert facts.source.endswith("]"), "a source carries its label"


def test_the_sums_divide_the_possible_attendances() -> None:
    assert frozenset("GNOU") == codes.UNAUTHORISED
    assert {"/", "\\", "L", "K", "V", "P", "W", "B", "J"} == codes.ATTENDED
    assert {"C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T", "H", "F"} == codes.AUTHORISED
    assert codes.ATTENDED | codes.AUTHORISED | codes.UNAUTHORISED == codes.POSSIBLE
    assert {"#", "Y4", "Z"} == set(CODES) - codes.SHOWS_SESSION_HELD


@pytest.mark.parametrize("code", [code for code in CODES if in_force(code, TODAY)])
def test_a_code_in_force_is_what_it_says(code: str) -> None:
    assert likely(code) == likely(code.lower()) == code


def test_the_table_is_complete_csv() -> None:
    rows = list(csv.DictReader(StringIO(table_csv())))

    assert [row["code"] for row in rows] == list(CODES)
    assert {row["possible"] for row in rows} == {row["unauthorised"] for row in rows} == {"yes", "no"}
