"""The bank holidays of England and Wales, held against the list the government publishes; a wrong one moves every date for paying.

The list has working days only: a holiday at a weekend is published as the day that stands in for it.
"""

from datetime import UTC, date, datetime
from typing import Final

import pytest
from tables import read

from attendance.service import bank_holidays

PUBLISHED: Final = "https://www.gov.uk/bank-holidays"
TABLE: Final = frozenset(date.fromisoformat(row["date"]) for row in read("bank_holidays"))


@pytest.mark.parametrize("year", sorted({day.year for day in TABLE}))
def test_the_bank_holidays_of_a_year_are_those_published(year: int) -> None:
    on_working_days = {day for day in bank_holidays(year) if day.isoweekday() <= 5}

    assert on_working_days == {day for day in TABLE if day.year == year}, f"compare with {PUBLISHED}"


def test_the_table_reaches_the_year_after_this_one() -> None:
    next_year = datetime.now(UTC).year + 1

    assert next_year <= max(TABLE).year, (
        f"tests/cases/bank_holidays.csv ends with {max(TABLE).year}: add the bank holidays of England and Wales of {next_year}, "
        f"published on {PUBLISHED} (as data: {PUBLISHED}.json, `england-and-wales`)"
    )
