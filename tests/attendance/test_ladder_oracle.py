"""The limit, the days for paying, money and long random runs, each against a slow and obvious reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from ladder_model import WIDE, born, take
from ladder_oracle import judge, months_on
from tables import read

from attendance import law
from attendance.service import payment_dates

HOLIDAYS = frozenset(date.fromisoformat(row["date"]) for row in read("bank_holidays"))
DAYS = st.dates(date(2024, 8, 19), date(2034, 12, 31)) | st.sampled_from(
    [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2031, 2, 28), date(2031, 3, 1), date(2025, 2, 28)]
)


@given(st.lists(DAYS, max_size=6), DAYS)
@settings(max_examples=300, deadline=None)
def test_the_place_is_one_more_than_the_notices_of_three_years_in_any_order(issued: list[date], today: date) -> None:
    counted = sum(months_on(today, -36) < day <= today for day in issued)
    known = [day for day in issued if day <= today]

    assert law.next_in_sequence(known, today) == (None if counted >= 2 else counted + 1)
    assert law.next_in_sequence(sorted(known, reverse=True), today) == law.next_in_sequence(sorted(known), today)
    other = law.place_counted_from_first(known, today)
    assert other == law.place_counted_from_first(sorted(known, reverse=True), today)


@given(st.dates(date(2025, 1, 1), date(2027, 12, 20)), st.sampled_from([("first", 2), ("second", 4)]))
@settings(max_examples=300, deadline=None)
def test_the_days_for_paying_are_found_by_walking(issued_on: date, post: tuple[str, int]) -> None:
    def works(day: date) -> bool:
        return day.isoweekday() <= 5 and day not in HOLIDAYS

    posted = issued_on
    while not works(posted):
        posted += timedelta(days=1)
    day, left = posted, post[1]
    while left:
        day += timedelta(days=1)
        left -= works(day)

    found = payment_dates(issued_on, post[0], "same_day")
    assert (found.posted_on, found.presumed_received_on) == (posted, day)
    assert (found.reduced_until, found.pay_by) == (day + timedelta(days=20), day + timedelta(days=27))


ACTIONS = [*WIDE.clock, *WIDE.happens, *WIDE.decides]


@given(st.lists(st.sampled_from(ACTIONS), max_size=30))
@settings(max_examples=80, deadline=None)
def test_long_random_runs_stay_lawful(run: Sequence[str]) -> None:
    child = born()
    for action in run:
        step = take(child, action, WIDE)
        judge(step)
        child = step.after
