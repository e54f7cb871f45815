"""The figures of the law with their dates, the months and years they are counted in, the provisions."""

import re
from datetime import date, timedelta

import pytest

from attendance import law
from attendance.law import FIGURES, Figure

LABEL = re.compile(r"\[[VCU]\]$")
DAY = timedelta(days=1)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_names_its_unit_and_its_source_with_a_label(name: str) -> None:
    assert FIGURES[name].unit
    assert LABEL.search(FIGURES[name].source)


@pytest.mark.parametrize("name", law.PROVISIONS)
def test_every_provision_is_cited_with_a_label_and_says_one_thing(name: str) -> None:
    provision = law.PROVISIONS[name]

    assert LABEL.search(provision.source)
    assert provision.citation
    assert "[" not in provision.citation
    assert re.fullmatch(r"[A-Z][^.]*\.", provision.says), "one sentence"
    assert str(provision) == f"{provision.says} ({provision.citation})"


@pytest.mark.parametrize(
    ("figure", "before", "since"),
    [
        ("PENALTY_FULL", 120, 160),
        ("PENALTY_REDUCED", 60, 80),
        ("REGISTER_YEARS", 3, 6),
        ("REDUCED_DAYS", 21, 21),
        ("PAY_DAYS", 28, 28),
        ("CONTINUOUS_DAYS", 10, 10),
        ("PERSISTENT_TENTHS", 1, 1),
        ("SEVERE_TENTHS", 5, 5),
        ("PROSECUTION_MONTHS", 6, 6),
    ],
)
def test_what_was_law_on_both_sides_of_19_august_2024(figure: str, before: int, since: int) -> None:
    assert FIGURES[figure].on(law.SCHEME_START - DAY) == before
    assert FIGURES[figure].on(law.SCHEME_START) == since


@pytest.mark.parametrize(
    ("figure", "since"),
    [
        ("THRESHOLD_SESSIONS", 10),
        ("THRESHOLD_WEEKS", 10),
        ("SESSIONS_FLOAT", 50),
        ("PENALTY_SECOND", 160),
        ("NOTICE_LIMIT", 2),
        ("LIMIT_YEARS", 3),
        ("IMPROVEMENT_DAYS_LEAST", 15),
        ("IMPROVEMENT_DAYS_MOST", 30),
        ("N_DAYS", 5),
        ("SICKNESS_DAYS", 15),
        ("NEW_PUPIL_DAYS", 5),
        ("DELETION_ABSENCE_DAYS", 20),
        ("LEAVE_RETURN_DAYS", 10),
    ],
)
def test_what_began_on_19_august_2024(figure: str, since: int) -> None:
    assert FIGURES[figure].on(law.SCHEME_START) == since
    with pytest.raises(law.NotInForce, match="2024-08-18"):
        FIGURES[figure].on(law.SCHEME_START - DAY)


def test_a_figure_is_what_began_last_before_the_day() -> None:
    figure = Figure("pounds", "made up [U]", {date(2030, 1, 1): 3, date(2020, 1, 1): 1, date(2025, 1, 1): 2})

    assert [figure.on(date(year, 12, 31)) for year in (2024, 2025, 2029, 2030)] == [1, 2, 2, 3]
    assert figure.latest == 3


@pytest.mark.parametrize(
    ("first", "last"),
    [
        pytest.param(date(2025, 9, 8), date(2026, 3, 8), id="the same day of the month"),
        pytest.param(date(2025, 8, 31), date(2026, 2, 28), id="or that month's last"),
        pytest.param(date(2027, 8, 31), date(2028, 2, 29), id="or that month's last, in a leap year"),
        pytest.param(date(2025, 12, 31), date(2026, 6, 30), id="across a year"),
        pytest.param(
            date(2026, 2, 28), date(2026, 8, 28), id="the last of a month is not carried to the last of another"
        ),
    ],
)
def test_six_months_for_proceedings(first: date, last: date) -> None:
    assert law.prosecute_by(first) == last


def test_the_academic_year_begins_on_1_august() -> None:
    assert law.academic_year(date(2025, 7, 31)) == 2024
    assert law.academic_year(date(2025, 8, 1)) == law.academic_year(date(2026, 7, 31)) == 2025
    assert law.academic_year_days(2025) == (date(2025, 8, 1), date(2026, 7, 31))


@pytest.mark.parametrize("outside", ["8", "10", "11", "15", "18", "30", "32", "39", "45", "46", ""])
def test_schools_outside_the_framework(outside: str) -> None:
    assert outside not in law.FRAMEWORK_TYPES.latest


@pytest.mark.parametrize("inside", ["1", "14", "28", "33", "34", "35", "38", "40", "42", "44"])
def test_schools_in_the_framework(inside: str) -> None:
    assert inside in law.FRAMEWORK_TYPES.latest
