"""What operators are told of a school: a file that does not come, a case that nobody decides, codes N that nobody replaces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attendance.cases import Case
from attendance.due import Return
from attendance.law import academic_year
from attendance.marks import session_of
from attendance.positions import Assessor
from attendance.requests import within
from attendance.sessions import Held
from attendance.settings import Settings
from attendance.told import N_OVERDUE


def late_on(assessor: Assessor) -> date | None:
    """The day on which the school's next file is late: the day after the first school day of which it has sent no mark.

    Only a calendar says that a day without marks is a school day: without one nobody can tell a late file from a holiday.
    """
    marks = assessor.view.marks.marked_sessions
    sent = marks[marks <= assessor.last_number]
    if len(sent):
        days = [day for day in assessor.school_days if day > session_of(int(sent.max())).day]
    else:
        days = [day for day in assessor.school_days if academic_year(day) == assessor.year]
    return min(days) + timedelta(days=1) if days else None


def undecided(cases: Iterable[Case], settings: Settings | None, held: Held, today: date) -> list[Case]:
    """The cases for which a notice is proposed and none was decided, for longer than the code of conduct gives a request.

    The time runs from the day on which the case opened. While support is proposed, or a notice is out, nothing waits for an
    authorisation.
    """
    if settings is None:
        return []
    waiting = [
        c for c in cases if c.state == "gathering" and c.met_at and not c.documents and c.proposal.route != "support"
    ]
    ends = {day: within(settings.asks_within, held, day) for day in {case.opened_on for case in waiting}}
    return [case for case in waiting if (end := ends[case.opened_on]) is not None and end < today]


def overdue(due: Iterable[Return], today: date) -> int:
    """How many codes N stand longer than they may, of what a school is told."""
    return sum(each.row.get("what") == N_OVERDUE and each.made_due_on <= today for each in due)
