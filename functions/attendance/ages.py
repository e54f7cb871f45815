"""Compulsory school age: from when and until when a child must be educated (Education Act 1996 s.8) [V]."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from attendance import law

# Asked of every session, so read once: none of them has another value on any day.
_BEGINS_AT: Final = law.COMPULSORY_FROM_AGE.latest
_ENDS_AT: Final = law.COMPULSORY_UNTIL_AGE.latest
_PRESCRIBED: Final = law.PRESCRIBED_DAYS.latest
_MONTH, _WEEKDAY = law.LEAVING_DAY.latest
_BIRTHDAYS_END_IN: Final = law.BIRTHDAYS_END_IN.latest
_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=16384)
def compulsory_from(born: date) -> date:
    """First day of compulsory school age: the fifth birthday if prescribed, else the next prescribed day (s.8(2)).

    >>> compulsory_from(date(2020, 9, 1))
    datetime.date(2025, 12, 31)
    """
    year = born.year + _BEGINS_AT
    return next(date(year, *day) for day in _PRESCRIBED if day >= (born.month, born.day))


@lru_cache(maxsize=16384)
def compulsory_until(born: date) -> date:
    """Last day of compulsory school age: the last Friday in June of the school year of the sixteenth birthday (s.8(3)).

    >>> compulsory_until(date(2007, 9, 23))
    datetime.date(2024, 6, 28)
    """
    year = born.year + _ENDS_AT + (born.month > _BIRTHDAYS_END_IN)
    end_of_month = date(year, _MONTH + 1, 1) - _DAY
    return end_of_month - timedelta(days=(end_of_month.weekday() - _WEEKDAY) % 7)


def of_compulsory_age(born: date, day: date) -> bool:
    """Whether a child born on that day is of compulsory school age on the other, first and last day included."""
    return compulsory_from(born) <= day <= compulsory_until(born)


def of_full_age(born: date, day: date) -> bool:
    """Whether a person born on that day is 18 or older on the other (Family Law Reform Act 1969 s.1 [U]).

    >>> of_full_age(date(2007, 9, 8), date(2025, 9, 7)), of_full_age(date(2007, 9, 8), date(2025, 9, 8))
    (False, True)
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) >= law.FULL_AGE.latest
