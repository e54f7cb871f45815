"""The one clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

from attendance.text import london_day


def now() -> datetime:
    """This moment, with its offset."""
    return datetime.now(UTC)


def today() -> date:
    """Today in London: the day on which a notice is issued and as at which a school stands."""
    return london_day(now())
