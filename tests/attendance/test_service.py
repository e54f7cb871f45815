"""When a notice is received, until when it is paid, how much is owed (law.md section 5 and L1 to L1c)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from attendance.service import amounts, bank_holidays, is_working_day, payment_dates


def test_the_day_of_receipt_is_the_first_of_the_21_and_of_the_28_days() -> None:
    days = payment_dates(date(2025, 9, 8), "first", "same_day")

    received = days.presumed_received_on
    assert received + timedelta(days=20) == days.reduced_until, "day 21 is the last at the lower amount, day 22 is not"
    assert received + timedelta(days=27) == days.pay_by, "day 28 is the last for paying, day 29 is not"


@pytest.mark.parametrize(
    ("sequence", "offence_from", "expected"),
    [
        pytest.param(1, date(2024, 8, 19), (16000, 8000), id="the first notice of the present scheme"),
        pytest.param(1, date(2024, 8, 18), (12000, 6000), id="absence of the day before: the old rate"),
        pytest.param(2, date(2024, 8, 19), (16000, None), id="a second is flat"),
        pytest.param(2, date(2024, 8, 18), (12000, 6000), id="the old scheme knew no second notice"),
    ],
)
def test_amounts_follow_the_day_of_the_absence(
    sequence: int, offence_from: date, expected: tuple[int, int | None]
) -> None:
    assert amounts(sequence, offence_from) == expected


@pytest.mark.parametrize("sequence", [0, 3])
def test_there_is_no_amount_for_a_notice_that_cannot_be(sequence: int) -> None:
    with pytest.raises(ValueError, match=f"number {sequence}"):
        amounts(sequence, date(2025, 9, 8))


@pytest.mark.parametrize("ahead", [0, 1])
def test_the_kept_library_knows_this_year_and_the_next(ahead: int) -> None:
    """If this fails, take a newer `holidays`; the list itself: https://www.gov.uk/bank-holidays (England and Wales)."""
    year = datetime.now(UTC).year + ahead
    known = bank_holidays(year)

    assert date(year, 12, 25) in known
    assert date(year, 12, 26) in known
    on_working_weekdays = [day for day in known if day.weekday() < 5]
    assert len(on_working_weekdays) >= 8, "England has eight bank holidays a year, each on, or given for, a weekday"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2025, 9, 5), True, id="a Friday"),
        pytest.param(date(2025, 9, 6), False, id="a Saturday"),
        pytest.param(date(2025, 9, 7), False, id="a Sunday"),
        pytest.param(date(2025, 8, 25), False, id="the summer bank holiday of England"),
        pytest.param(date(2025, 8, 4), True, id="the summer bank holiday of Scotland is none in England"),
        pytest.param(date(2026, 3, 17), True, id="nor is Saint Patrick's Day"),
    ],
)
def test_working_days_are_englands(day: date, expected: bool) -> None:
    assert is_working_day(day) is expected
