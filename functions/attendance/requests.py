"""A school's request for a notice: until when it is made, what its certificate covers, and when the authority answers.

These are terms of the code of conduct, not of the law: a request that is late is shown as late and stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attendance.law import academic_year, academic_year_days
from attendance.service import working_days_after
from attendance.sessions import Held, Session
from attendance.settings import Request, Settings


def returned_on(held: Held, last_absence: Session) -> date | None:
    """The day of return: that of the first session held, or on the calendar, after the last absence; None if none is known."""
    return min((s.day for s in _known(held) if s > last_absence), default=None)


def request_deadline(settings: Settings, held: Held, last_absence: Session, known_on: date) -> date | None:
    """The last day on which a school asks for a notice in time; None while the return, or the calendar so far ahead, is unknown.

    The day on which the time begins to run is not counted: the return or, by the settings, the day on which the absence was
    known where that is later (a holiday first recorded as illness).
    """
    back, asked = returned_on(held, last_absence), settings.asks_within
    if back is None:
        return None
    return within(asked, held, max(back, known_on) if asked.from_ == "detection" else back)


def within(asked: Request, held: Held, begins: date) -> date | None:
    """The last day of the time for a request that begins to run on a day, that day not counted; None beyond the calendar."""
    match asked.unit:
        case "school_days":
            days = sorted({s.day for s in _known(held) if s.day > begins})
            return days[asked.within - 1] if len(days) >= asked.within else None
        case "working_days":
            return working_days_after(begins, asked.within)
        case "weeks":
            return begins + timedelta(weeks=asked.within)


def late(deadline: date | None, asked_on: date) -> str | None:
    """Why a request of that day is late, in words; None if it is in time or nobody can say.

    >>> late(date(2025, 10, 24), date(2025, 10, 27))
    'asked for on 2025-10-27, 3 days after the last day for it, 2025-10-24'
    """
    if deadline is None or asked_on <= deadline:
        return None
    over = (asked_on - deadline).days
    days = "1 day" if over == 1 else f"{over} days"
    return f"asked for on {asked_on.isoformat()}, {days} after the last day for it, {deadline.isoformat()}"


def answer_by(settings: Settings, asked_on: date) -> date:
    """The day by which the authority answers a request of that day."""
    return working_days_after(asked_on, settings.response_working_days)


def certificate_from(settings: Settings, held: Held, last: date) -> Session | None:
    """The first session that a certificate up to the end of a day covers; None if the school held none by then.

    So many sessions held, or the school years that end with the one of that day: two are the present and the previous.
    """
    span = settings.certificate
    sessions = [s for s in held.sessions if s.day <= last]
    if span.unit == "school_years":
        first = academic_year_days(academic_year(last) - span.last + 1)[0]
        sessions = [s for s in sessions if s.day >= first]
    else:
        sessions = sessions[-span.last :]
    return min(sessions, default=None)


def _known(held: Held) -> Iterable[Session]:
    return (*held.sessions, *held.open_ahead)
