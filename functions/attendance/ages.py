"""Compulsory school age: from when and until when a child must be educated (Education Act 1996 s.8) [V]."""

from datetime import date, timedelta
from typing import Final

_BEGINS_AT: Final = 5
_ENDS_AT: Final = 16
_PRESCRIBED: Final = ((3, 31), (8, 31), (12, 31))  # s.8(4): 31 March, 31 August, 31 December
_LAST_MONTH_OF_SCHOOL_YEAR: Final = 8  # a sixteenth birthday up to 31 August belongs to the year that ends [C]
_FRIDAY: Final = 4
_FULL_AGE: Final = (
    18  # Family Law Reform Act 1969 s.1 [U]: to a parent under it nothing goes without an officer (field.md E47)
)


def compulsory_from(born: date) -> date:
    """First day of compulsory school age: the fifth birthday if prescribed, else the next prescribed day (s.8(2)).

    >>> compulsory_from(date(2020, 9, 1))
    datetime.date(2025, 12, 31)
    """
    year = born.year + _BEGINS_AT
    return next(date(year, *day) for day in _PRESCRIBED if day >= (born.month, born.day))


def compulsory_until(born: date) -> date:
    """Last day of compulsory school age: the last Friday in June of the school year of the sixteenth birthday (s.8(3)).

    >>> compulsory_until(date(2007, 9, 23))
    datetime.date(2024, 6, 28)
    """
    year = born.year + _ENDS_AT + (born.month > _LAST_MONTH_OF_SCHOOL_YEAR)
    end_of_june = date(year, 6, 30)
    return end_of_june - timedelta(days=(end_of_june.weekday() - _FRIDAY) % 7)


def of_compulsory_age(born: date, day: date) -> bool:
    """Whether a child born on that day is of compulsory school age on the other, first and last day included."""
    return compulsory_from(born) <= day <= compulsory_until(born)


def of_full_age(born: date, day: date) -> bool:
    """Whether a person born on that day is 18 or older on the other (Family Law Reform Act 1969 s.1 [U]).

    >>> of_full_age(date(2007, 9, 8), date(2025, 9, 7)), of_full_age(date(2007, 9, 8), date(2025, 9, 8))
    (False, True)
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day)) >= _FULL_AGE
