"""When a notice counts as received, until when it can be paid, and how much is owed."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal

from attendance import law

type Post = Literal["first", "second", "hand"]
type PostedWhen = Literal["same_day", "next_working_day"]

_SATURDAY: Final = 5
_PENCE: Final = 100


@dataclass(frozen=True)
class Payment:
    """The days of a penalty notice; receipt is a presumption that can be rebutted."""

    posted_on: date
    presumed_received_on: date
    reduced_until: date
    """Last day of the reduced amount, for a notice that has one."""
    pay_by: date
    """Last day of the payment period."""


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England in a year, days given for others included."""
    import holidays  # knows many countries, and most of what happens asks for no working day

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday, and no bank holiday in England."""
    return day.weekday() < _SATURDAY and day not in bank_holidays(day.year)


def posted_on(issued_on: date, when: PostedWhen) -> date:
    """The day of posting: the day of issue or the next working day; one more with `next_working_day`."""
    day = issued_on if is_working_day(issued_on) else _working_day_after(issued_on)
    return _working_day_after(day) if when == "next_working_day" else day


def presumed_received(posted_on: date, post: Post) -> date:
    """The day of presumed receipt: the second working day after first-class posting, the fourth after second class."""
    return working_days_after(posted_on, law.POST_DAYS[post].on(posted_on))


def payment_dates(issued_on: date, post: Post, when: PostedWhen) -> Payment:
    """The days of a notice issued that day, the day of presumed receipt being the first of the 21 and of the 28."""
    posted = posted_on(issued_on, when)
    received = presumed_received(posted, post)
    return Payment(
        posted_on=posted,
        presumed_received_on=received,
        reduced_until=received + timedelta(days=law.REDUCED_DAYS.on(received) - 1),
        pay_by=received + timedelta(days=law.PAY_DAYS.on(received) - 1),
    )


def amounts(sequence: int, offence_from: date) -> tuple[int, int | None]:
    """Full and reduced amount in pence (None: no reduction) of the first or second notice to a parent for a child.

    The rate is that of the day of the absence: what began before the present scheme is at the old rate, which knew no
    second notice.
    """
    if sequence not in range(1, law.NOTICE_LIMIT.latest + 1):
        raise ValueError(f"there is no penalty notice number {sequence} within three years")
    if sequence > 1 and offence_from >= law.SCHEME_START:
        return law.PENALTY_SECOND.on(offence_from) * _PENCE, None
    return law.PENALTY_FULL.on(offence_from) * _PENCE, law.PENALTY_REDUCED.on(offence_from) * _PENCE


def working_days_after(day: date, count: int) -> date:
    """The so-manieth working day after a day; that day itself for none."""
    for _ in range(count):
        day = _working_day_after(day)
    return day


def _working_day_after(day: date) -> date:
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
