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
from attendance.cases import Notice, Payment
from attendance.money import discharged, money
from attendance.service import payment_dates

HOLIDAYS = frozenset(date.fromisoformat(row["date"]) for row in read("bank_holidays"))
NOTICE = Notice(
    reference="886MADEUP", kind="penalty_notice", la="886", urn="900001", case="c", pupil="p", person="p1", parent_id="p1",
    attempt=0, issued_on=date(2025, 10, 10), amount_pence=16000, pay_by=date(2025, 11, 10),
)  # fmt: skip
DAYS = st.dates(date(2024, 8, 19), date(2034, 12, 31)) | st.sampled_from(
    [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2031, 2, 28), date(2031, 3, 1), date(2025, 2, 28)]
)


@given(st.lists(DAYS, max_size=6), DAYS)
@settings(max_examples=300)
def test_the_place_is_one_more_than_the_notices_of_three_years_in_any_order(issued: list[date], today: date) -> None:
    counted = sum(months_on(today, -36) < day <= today for day in issued)
    known = [day for day in issued if day <= today]

    assert law.next_in_sequence(known, today) == (None if counted >= 2 else counted + 1)
    assert law.next_in_sequence(sorted(known, reverse=True), today) == law.next_in_sequence(sorted(known), today)


@given(st.lists(DAYS, max_size=6), DAYS)
@settings(max_examples=300)
def test_the_other_reading_starts_afresh_three_years_after_the_first(issued: list[date], today: date) -> None:
    """Walked notice by notice: what the first of a run of three years takes with it is that run, and nothing of the next."""
    left = sorted(day for day in issued if day <= today)
    while left and months_on(left[0], 36) < today:
        run_ends = months_on(left[0], 36)
        left = [day for day in left if day > run_ends]
    place = len(left) + 1

    assert law.place_counted_from_first([day for day in issued if day <= today], today) == (
        place if place <= 2 else None
    )


AMOUNTS = st.sampled_from([1, 2000, 4000, 7999, 8000, 8001, 12000, 15999, 16000, 16001, 24000])


@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 40), AMOUNTS), max_size=4),
    st.integers(0, 45),
    st.sampled_from(["in the post", "withdrawn", "came back"]),
)
@settings(max_examples=500)
def test_money_is_what_a_ledger_kept_day_by_day_says(
    first: bool, paid: list[tuple[int, int]], today: int, what: str
) -> None:
    """Day 0 is that of receipt: £80 to day 20 where it is a first notice, £160 to day 27; who has paid enough once owes no more."""
    full, reduced = 16000, 8000 if first else None
    received_on = date(2025, 10, 14)
    payments = tuple(Payment(paid_on=received_on + timedelta(days=n), pence=pence) for n, pence in paid)
    notice = NOTICE.model_copy(
        update={
            "sequence": 1 if first else 2, "reduced_amount_pence": reduced, "payments": payments,
            "reduced_until": received_on + timedelta(days=20) if first else None,
            "standing": "withdrawn" if what == "withdrawn" else "stands",
            "returned_on": received_on if what == "came back" else None,
        }
    )  # fmt: skip
    limitless = what == "came back"
    owed = None
    for day in range(46):
        so_far = sum(pence for n, pence in paid if n <= day)
        if owed is None and reduced and so_far >= reduced and (day <= 20 or limitless):
            owed = reduced
        if owed is None and so_far >= full and (day <= 27 or limitless):
            owed = full
    received = sum(pence for _, pence in paid)

    found = money(notice, received_on + timedelta(days=today))
    assert found.received == received
    if what == "withdrawn":
        assert (found.due, found.refund) == (0, received)
        return
    assert discharged(notice) == (owed is not None)
    if owed is not None:
        assert (found.due, found.refund) == (0, received - owed)
        expected = "overpaid" if received > owed else "paid_early" if owed < full else "paid"
        assert found.state == expected
        return
    due = reduced if reduced and (today <= 20 or limitless) else full if today <= 27 or limitless else None
    assert (found.due, found.refund) == (due - received if due else 0, 0)


@given(st.dates(date(2025, 1, 1), date(2027, 12, 20)), st.sampled_from([("first", 2), ("second", 4)]))
@settings(max_examples=300)
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
@settings(max_examples=80)
def test_long_random_runs_stay_lawful(run: Sequence[str]) -> None:
    child = born()
    for action in run:
        step = take(child, action, WIDE)
        judge(step)
        child = step.after
