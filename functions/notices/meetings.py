"""What a meeting needs on paper: the attendance contract, and the pack of a Targeting Support Meeting."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import AwareDatetime

from attendance import law
from attendance.codes import CODES
from attendance.pictures import Picture, bars, heat_strip, legend, lines
from notices.court import Day, drawn, marks_of
from notices.letters import AttendanceRecord, SupportStep
from notices.typesetting import Count, Page, Printed, Text, issued, percent


class AttendanceContractPage(Page):
    """Everything the form of an attendance contract prints before the meeting: who, how attendance stands, what is agreed."""

    kind: Literal["attendance_contract"] = "attendance_contract"
    la: Text
    urn: Text
    authority: Text
    school: Text
    child: Text
    parent: Text
    written_on: dt.date
    review_on: dt.date | None
    attendance: AttendanceRecord
    support: tuple[SupportStep, ...]
    means: Text
    """What improvement means by the code of conduct."""
    software: Text

    def words(self) -> dict[str, Any]:
        """The contract in words."""
        words = super().words()
        words["attendance"]["percent"] = percent(self.attendance.attended, self.attendance.possible)
        return words | {"issued": issued(self.written_on)}


class Concern(Printed):
    """A pupil of whom the meeting speaks: how they stand, who they are, what was done, and their year."""

    name: Text
    upn: Text
    year_group: str
    possible: Count
    attended: Count
    authorised: Count
    unauthorised: Count
    count: Count
    """Countable sessions in the last ten school weeks."""
    cohorts: tuple[Text, ...]
    case: str
    support: str
    """The latest step and what came of it."""
    year: tuple[Day, ...]


class Cohort(Printed):
    """A group of pupils: how many, and how they stand."""

    name: Text
    pupils: Count
    possible: Count
    attended: Count
    persistent: Count
    severe: Count


class Week(Printed):
    """The sessions of one school week over the whole roll."""

    monday: dt.date
    possible: Count
    attended: Count
    unauthorised: Count


class SupportPackPage(Page):
    """Everything the pack of a termly Targeting Support Meeting prints for one school."""

    kind: Literal["support_pack"] = "support_pack"
    la: Text
    urn: Text
    authority: Text
    school: Text
    phase: str
    as_at: dt.date
    known_at: AwareDatetime
    pupils: Count
    attendance: AttendanceRecord
    weeks: tuple[Week, ...]
    cohorts: tuple[Cohort, ...]
    codes: tuple[tuple[Text, Count], ...]
    """Sessions of absence by code, most first."""
    severe: tuple[Concern, ...]
    persistent: tuple[Concern, ...]
    """Persistent and not severe."""
    near: tuple[Concern, ...]
    """A few countable sessions short of the threshold: support comes first."""
    settings_version: Text
    software: Text

    def words(self) -> dict[str, Any]:
        """The pack in words, with its chart and each pupil's year drawn."""
        words = super().words()
        words["attendance"]["percent"] = percent(self.attendance.attended, self.attendance.possible)
        for group in ("severe", "persistent", "near"):
            for concern, spoken in zip(getattr(self, group), words[group], strict=True):
                spoken["percent"] = percent(concern.attended, concern.possible)
                spoken["strip"] = drawn(heat_strip([each for day in concern.year for each in marks_of(day)]))
        for cohort, spoken in zip(self.cohorts, words["cohorts"], strict=True):
            spoken["percent"] = percent(cohort.attended, cohort.possible)
        return words | {
            "chart": drawn(_by_week(self.weeks)) if self.weeks else None,
            "by_code": drawn(_by_code(self.codes)) if self.codes else None,
            "legend": drawn(legend()),
            "issued": issued(self.as_at),
            "law": {
                "persistent": f"{10 * law.PERSISTENT_TENTHS.on(self.as_at)}%",
                "severe": f"{10 * law.SEVERE_TENTHS.on(self.as_at)}%",
            },
        }


def _by_code(codes: Sequence[tuple[str, int]]) -> Picture:
    named = [(f"{code}: {CODES[code].meaning}", count) for code, count in codes]
    return bars("Sessions of absence by code", named, "sessions")


def _by_week(weeks: Sequence[Week]) -> Picture:
    def share(part: str) -> list[float | None]:
        return [round(100 * getattr(week, part) / week.possible, 1) if week.possible else None for week in weeks]

    names = [f"{week.monday.day} {week.monday:%b}" for week in weeks]
    # In this order a colour means here what it means in the pupils' strips.
    shares = {"unauthorised": share("unauthorised"), "attended": share("attended")}
    return lines("Attendance by school week", names, shares, "%")
