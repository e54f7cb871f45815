"""The made-up school year: on which days of 2025/26 every made-up school is open, and why it is closed on the others.

Of the year before there are the last two weeks of its summer term, which a school sends of pupils who left then.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

FIRST: Final = date(2025, 9, 1)
LAST: Final = date(2026, 7, 31)

# First day, last day, reason; bank holidays inside a holiday need no line of their own.
_CLOSED: Final = (
    (date(2025, 9, 1), date(2025, 9, 2), "INSET day"),
    (date(2025, 10, 27), date(2025, 10, 31), "Half-term"),
    (date(2025, 12, 22), date(2026, 1, 2), "Christmas holiday"),
    (date(2026, 1, 5), date(2026, 1, 5), "INSET day"),
    (date(2026, 2, 16), date(2026, 2, 20), "Half-term"),
    (date(2026, 3, 30), date(2026, 4, 10), "Easter holiday"),
    (date(2026, 5, 4), date(2026, 5, 4), "Bank holiday"),
    (date(2026, 5, 25), date(2026, 5, 29), "Half-term"),
    (date(2026, 6, 1), date(2026, 6, 1), "INSET day"),
    (date(2026, 7, 20), date(2026, 7, 31), "Summer holiday"),
)
_SATURDAY: Final = 5

BEFORE: Final = date(2025, 7, 7)
"""The first day of which anything of the year before is sent."""
SUMMER_BEFORE: Final = date(2025, 7, 21)
"""The first day of the summer holiday before."""


@cache
def weekdays() -> tuple[tuple[date, str | None], ...]:
    """Every Monday to Friday of the year, with the reason for which the schools are closed (None: open)."""
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    return tuple((day, _reason(day)) for day in days if day.weekday() < _SATURDAY)


@cache
def school_days() -> tuple[date, ...]:
    """The 190 days on which the schools are open, oldest first.

    >>> len(school_days()), school_days()[72]
    (190, datetime.date(2025, 12, 19))
    """
    return tuple(day for day, reason in weekdays() if reason is None)


@cache
def weekdays_before() -> tuple[tuple[date, str | None], ...]:
    """Every Monday to Friday from `BEFORE` to the first day of the year, with the reason for which the schools are closed."""
    days = (BEFORE + timedelta(days=n) for n in range((FIRST - BEFORE).days))
    return tuple((day, "Summer holiday" if day >= SUMMER_BEFORE else None) for day in days if day.weekday() < _SATURDAY)


@cache
def days_before() -> tuple[date, ...]:
    """The school days of the summer term before, so far as they are sent.

    >>> days_before()[0], days_before()[-1], len(days_before())
    (datetime.date(2025, 7, 7), datetime.date(2025, 7, 18), 10)
    """
    return tuple(day for day, reason in weekdays_before() if reason is None)


@cache
def closed_before(day: date) -> tuple[date, ...]:
    """The weekdays on which the schools were closed since the last school day before this one, oldest first.

    >>> closed_before(date(2025, 9, 3))
    (datetime.date(2025, 9, 1), datetime.date(2025, 9, 2))
    """
    opened = max((each for each in school_days() if each < day), default=date.min)
    return tuple(each for each, _ in weekdays() if opened < each < day)


def _reason(day: date) -> str | None:
    return next((reason for first, last, reason in _CLOSED if first <= day <= last), None)
