"""How figures are written that are published or sent to the Department."""

from __future__ import annotations

from typing import Final

type Value = str | int | float

NOT_APPLICABLE: Final = "z"
"""What stands for a percent of nothing (the Department's open data standards) [V]."""


def percent(part: int, whole: int) -> Value:
    """So many of a hundred, to five places as the Department's files have them.

    >>> percent(333388, 7145070), percent(0, 0)
    (4.66599, 'z')
    """
    return round(100 * part / whole, 5) if whole else NOT_APPLICABLE


def time_period(year: int) -> str:
    """An academic year as open data writes it.

    >>> time_period(2025), time_period(1999)
    ('202526', '199900')
    """
    return f"{year}{(year + 1) % 100:02}"
