"""Attendance and absence of an academic year by school, phase and authority, as the Department for Education defines them.

Everything is counted from the marks in force, by the class that `codes.csv` gives each code; a session with a code that is not
possible or not collected (X, D, Q, Y1 to Y7, Z, #) counts nowhere. *Late* is L and U together: L is present, U an unauthorised
absence, and both count there as well. Enrolments are of schools: a pupil of two schools counts at each.

The columns are the Department's wherever it has one. Where they were seen:

- "Pupil absence in schools in England", data guidance and public readers of its files: `time_period, time_identifier,
  geographic_level, old_la_code, new_la_code, la_name, education_phase, num_schools, enrolments`, every `sess_` column,
  `enrolments_pa_10_exact`, `enrolments_pa_50_exact` and their percents; `school_urn` in its school files.
- "Pupil attendance in schools", data guidance and preview: `overall_attendance, attendance_perc, present_sessions,
  reason_present, reason_l_present_late_before_registers_closed, approved_educational_activity, late_sessions`. Its
  published rows bear out the sums: present is `reason_present` and L; attendance is that and approved activity.
- Ours: `as_at, school_name, present_sessions_percent, approved_educational_activity_percent, late_sessions_percent`, the level
  All and the phases Other school and Not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attendance import law
from attendance.authorities import AUTHORITIES, GSS_CODES
from attendance.codes import ATTENDED, AUTHORISED, CODES, POSSIBLE, UNAUTHORISED
from attendance.counting import missed
from attendance.directory import School
from attendance.law import academic_year_days
from attendance.marks import CODE_ORDER, Marks, at
from attendance.published import Value, percent, time_period
from attendance.roll import Pupil, Roll
from attendance.sessions import Session
from attendance.suppression import Line, Published

type Counts = NDArray[np.int64]

LEVELS: Final = ("school", "phase", "authority", "all")
Level = Literal["school", "phase", "authority", "all"]

CONFIDENTIAL: Final = "c"
"""What stands for a figure that is withheld (the Department's open data standards) [V]."""

# ------------------------------------------------------------------ what is counted


def _of_class(name: str) -> frozenset[str]:
    return frozenset(code.code for code in CODES.values() if code.statistical_class == name)


PRESENT: Final = _of_class("present")
LATE: Final = frozenset({"L", "U"})
REASONS_AUTHORISED: Final[Mapping[str, str]] = {
    "sess_auth_illness": "I",
    "sess_auth_appointments": "M",
    "sess_auth_religious": "R",
    "sess_auth_study": "S",
    "sess_auth_traveller": "T",
    "sess_auth_holiday": "H",
    "sess_auth_ext_holiday": "F",
    "sess_auth_excluded": "E",
    "sess_auth_interview": "J1",
    "sess_auth_reg_performance": "C1",
    "sess_auth_temp_reduced_timetable": "C2",
    "sess_auth_other": "C",
}
REASONS_UNAUTHORISED: Final[Mapping[str, str]] = {
    "sess_unauth_holiday": "G",
    "sess_unauth_late": "U",
    "sess_unauth_other": "O",
    "sess_unauth_noyet": "N",
}
SESSIONS: Final[Mapping[str, frozenset[str]]] = {
    "sess_possible": POSSIBLE,
    "overall_attendance": ATTENDED,
    "present_sessions": PRESENT,
    "reason_present": PRESENT - LATE,
    "reason_l_present_late_before_registers_closed": PRESENT & LATE,
    "approved_educational_activity": ATTENDED - PRESENT,
    "late_sessions": LATE,
    "sess_overall": POSSIBLE - ATTENDED,
    "sess_authorised": AUTHORISED,
    "sess_unauthorised": UNAUTHORISED,
    **{name: frozenset({code}) for name, code in {**REASONS_AUTHORISED, **REASONS_UNAUTHORISED}.items()},
}
"""The codes whose sessions each column counts."""

UNPUBLISHED: Final = ("not_persistent", "persistent_not_severe")
"""What nobody prints and anybody can work out: counted, so that it is guarded too."""
MEASURES: Final = (*SESSIONS, "enrolments", "enrolments_pa_10_exact", "enrolments_pa_50_exact", *UNPUBLISHED)

SUMS: Final = {
    "sess_possible": ("overall_attendance", "sess_overall"),
    "overall_attendance": ("present_sessions", "approved_educational_activity"),
    "present_sessions": ("reason_present", "reason_l_present_late_before_registers_closed"),
    "late_sessions": ("reason_l_present_late_before_registers_closed", "sess_unauth_late"),
    "sess_overall": ("sess_authorised", "sess_unauthorised"),
    "sess_authorised": tuple(REASONS_AUTHORISED),
    "sess_unauthorised": tuple(REASONS_UNAUTHORISED),
    "enrolments": ("enrolments_pa_10_exact", "not_persistent"),
    "enrolments_pa_10_exact": ("enrolments_pa_50_exact", "persistent_not_severe"),
}
"""What the columns of a row add up to; a pupil may miss sessions for several reasons, but is persistent or not."""

PERCENTS: Final = {
    "attendance_perc": ("overall_attendance", "sess_possible"),
    "present_sessions_percent": ("present_sessions", "sess_possible"),
    "approved_educational_activity_percent": ("approved_educational_activity", "sess_possible"),
    "late_sessions_percent": ("late_sessions", "sess_possible"),
    "sess_overall_percent": ("sess_overall", "sess_possible"),
    "sess_authorised_percent": ("sess_authorised", "sess_possible"),
    "sess_unauthorised_percent": ("sess_unauthorised", "sess_possible"),
    "enrolments_pa_10_exact_percent": ("enrolments_pa_10_exact", "enrolments"),
    "enrolments_pa_50_exact_percent": ("enrolments_pa_50_exact", "enrolments"),
}

_KEYS: Final = (
    "time_period", "time_identifier", "as_at", "geographic_level", "old_la_code", "new_la_code", "la_name", "school_urn",
    "school_name", "education_phase", "num_schools",
)  # fmt: skip
_FIGURES: Final = (
    "enrolments", "sess_possible", "overall_attendance", "attendance_perc", "present_sessions", "present_sessions_percent",
    "reason_present", "reason_l_present_late_before_registers_closed", "approved_educational_activity",
    "approved_educational_activity_percent", "late_sessions", "late_sessions_percent", "sess_overall", "sess_authorised",
    "sess_unauthorised", "sess_overall_percent", "sess_authorised_percent", "sess_unauthorised_percent",
    *REASONS_AUTHORISED, *REASONS_UNAUTHORISED,
    "enrolments_pa_10_exact", "enrolments_pa_10_exact_percent", "enrolments_pa_50_exact", "enrolments_pa_50_exact_percent",
)  # fmt: skip
COLUMNS: Final = (*_KEYS, *_FIGURES)

_PLACE_OF: Final = {name: n for n, name in enumerate(MEASURES)}
_COUNTED_BY: Final = np.array([[code in codes for codes in SESSIONS.values()] for code in CODE_ORDER], dtype=np.int64)
_COLUMN_LINES: Final = tuple(
    Line(_PLACE_OF[total], tuple(_PLACE_OF[part] for part in parts), disjoint=total.startswith("enrolments"))
    for total, parts in SUMS.items()
)

# ------------------------------------------------------------------ phases

PRIMARY, SECONDARY, SPECIAL = "State-funded primary", "State-funded secondary", "Special"
ALTERNATIVE, OTHER, UNKNOWN, TOTAL = "State-funded AP school", "Other school", "Not known", "Total"
IN_TOTAL: Final = frozenset({PRIMARY, SECONDARY, SPECIAL, UNKNOWN})
"""The Department's totals are of state-funded primary, secondary and special schools [V]; a school of which no directory says
what it is, is taken for one (ours)."""
_PHASES: Final[Mapping[str, str]] = {
    "Primary": PRIMARY,
    "Middle deemed primary": PRIMARY,
    "Secondary": SECONDARY,
    "Middle deemed secondary": SECONDARY,
    "All-through": SECONDARY,  # as the Department groups them [U]
}


def education_phase(school: School | None) -> str:
    """The Department's group of a school, by its type and phase in the directory."""
    if school is None:
        return UNKNOWN
    if school.type_code in law.SPECIAL_TYPES.latest:
        return SPECIAL
    if school.type_code in law.ALTERNATIVE_TYPES.latest:
        return ALTERNATIVE
    if school.type_code and not school.in_framework:
        return OTHER
    return _PHASES.get(school.phase, UNKNOWN)


# ------------------------------------------------------------------ one school


@dataclass(frozen=True)
class SchoolYear:
    """What the figures of one school are made of: its own marks in force, its roll, its entry in the directory."""

    la: str
    urn: str
    marks: Marks
    roll: Roll
    school: School | None


def covered(pupil: Pupil | None, year: int) -> bool:
    """Whether statistics of an academic year cover the pupil; whoever is not known is taken as covered."""
    if pupil is None or pupil.date_of_birth is None:
        return pupil is None or not pupil.boarder
    day, born = date(year, *law.STATISTICS_AGES_ON.latest), pupil.date_of_birth
    youngest, oldest = law.STATISTICS_AGES.on(day)
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return not pupil.boarder and youngest <= age <= oldest


def by_pupil(of: SchoolYear, year: int, as_at: date) -> Counts:
    """Every measure of every enrolment of a school (enrolments by MEASURES), up to the end of as-at."""
    first, last = academic_year_days(year)
    last = min(last, as_at)
    marks = of.marks
    inside = (marks.at >= at(Session(first, "AM"))) & (marks.at <= at(Session(last, "PM")))
    cells = marks.pupil[inside].astype(np.int64) * len(CODE_ORDER) + marks.code[inside]
    counts = np.bincount(cells, minlength=len(marks.upns) * len(CODE_ORDER)).reshape(-1, len(CODE_ORDER))
    cohort = np.array([covered(of.roll.pupils.get(upn), year) for upn in marks.upns], dtype=bool)
    sessions = counts[cohort].astype(np.int64) @ _COUNTED_BY
    sessions = sessions[sessions[:, _PLACE_OF["sess_possible"]] > 0]
    possible, absent = sessions[:, _PLACE_OF["sess_possible"]], sessions[:, _PLACE_OF["sess_overall"]]
    persistent = missed(law.PERSISTENT_TENTHS, absent, possible, last)
    severe = missed(law.SEVERE_TENTHS, absent, possible, last)
    enrolments = np.column_stack([possible > 0, persistent, severe, ~persistent, persistent & ~severe])
    return np.hstack([sessions, enrolments.astype(np.int64)])


# ------------------------------------------------------------------ the table


class Place(NamedTuple):
    """What a row is about: None is all of them."""

    la: str | None
    phase: str | None
    urn: str | None

    @property
    def level(self) -> Level:
        """The level at which the row is printed."""
        if self.urn:
            return "school"
        return "phase" if self.phase else "authority" if self.la else "all"


@dataclass(frozen=True)
class Table:
    """The figures of a year: a row a place, a column a measure, and about how many pupils each is."""

    year: int
    as_at: date
    places: tuple[Place, ...]
    schools: Counts
    values: Counts
    pupils: Counts
    lines: tuple[Line, ...]
    names: Mapping[str, str]
    """Names of authorities and schools, by code and URN."""

    def value(self, place: Place, measure: str) -> int:
        """One figure; nought for a place without a row."""
        return int(self.values[self.places.index(place), _PLACE_OF[measure]]) if place in self.places else 0

    def hidden(self) -> NDArray[np.bool_]:
        """What is withheld when the table is published: found over every row, so that no two prints together give more away."""
        last = min(self.as_at, academic_year_days(self.year)[1])
        schools = {place.la: int(n) for place, n in zip(self.places, self.schools, strict=True) if not place.phase}
        fewest = law.PUBLISHED_SCHOOLS.on(last)
        lonely = np.array(
            [place.la is not None and schools.get(place.la, 0) < fewest for place in self.places], dtype=bool
        )
        return Published(self.pupils, self.lines, _COLUMN_LINES).withheld(law.PUBLISHED_PUPILS.on(last), lonely)

    def rows(self, level: Level, *, unsuppressed: bool = False) -> Iterator[dict[str, Value]]:
        """The rows of a level (`all`: of every level) by column name, what is withheld as CONFIDENTIAL."""
        hidden = np.zeros(self.values.shape, dtype=bool) if unsuppressed else self.hidden()
        for n, place in enumerate(self.places):
            if level in {place.level, "all"}:
                figures = dict(zip(MEASURES, map(int, self.values[n]), strict=True))
                gone = {name for name, is_gone in zip(MEASURES, hidden[n], strict=True) if is_gone}
                yield {**self._key(n, place), **{name: _figure(name, figures, gone) for name in _FIGURES}}

    def _key(self, n: int, place: Place) -> dict[str, Value]:
        level = "School" if place.urn else "Local authority" if place.la else "All"
        return {
            "time_period": time_period(self.year),
            "time_identifier": "Academic year",
            "as_at": self.as_at.isoformat(),
            "geographic_level": level,
            "old_la_code": place.la or "",
            "new_la_code": GSS_CODES.get(place.la or "", ""),
            "la_name": self.names.get(place.la or "", ""),
            "school_urn": place.urn or "",
            "school_name": self.names.get(place.urn or "", ""),
            "education_phase": place.phase or TOTAL,
            "num_schools": int(self.schools[n]),
        }


def _figure(name: str, figures: Mapping[str, int], gone: set[str]) -> Value:
    part, whole = PERCENTS.get(name, (name, name))
    if part in gone or whole in gone:
        return CONFIDENTIAL
    return percent(figures[part], figures[whole]) if name in PERCENTS else figures[name]


def table(schools: Iterable[SchoolYear], year: int, as_at: date) -> Table:
    """The figures of every school that has an enrolment in the year, of each authority's phases, of each authority, of all."""
    names: dict[str, str] = {}
    found: dict[Place, tuple[Counts, Counts]] = {}
    for of in schools:
        each = by_pupil(of, year, as_at)
        if len(each):
            found[Place(of.la, education_phase(of.school), of.urn)] = each.sum(axis=0), (each > 0).sum(axis=0)
            names.setdefault(of.la, (of.school and of.school.la_name) or AUTHORITIES.get(of.la, ""))
            names[of.urn] = of.school.name if of.school else ""
    sums = _sums(found)
    places = tuple(sorted({*found, *sums}, key=lambda place: tuple(each or "" for each in place)))
    at_row = {place: n for n, place in enumerate(places)}
    lines = tuple(Line(at_row[total], tuple(at_row[part] for part in parts)) for total, parts in sums.items())
    count = np.zeros((len(places), 1 + 2 * len(MEASURES)), dtype=np.int64)
    for place, (values, pupils) in found.items():
        count[at_row[place]] = [1, *values, *pupils]
    for line in lines:
        count[line.total] = count[list(line.parts)].sum(axis=0)
    values, pupils = np.split(count[:, 1:], 2, axis=1)
    return Table(year, as_at, places, count[:, 0], values, pupils, _every(lines, at_row), names)


def _sums(schools: Iterable[Place]) -> dict[Place, list[Place]]:
    """What each row is the sum of: a phase of its schools, a total of its phases; those summed first come first."""
    sums: dict[Place, list[Place]] = {}
    for school in schools:
        sums.setdefault(Place(school.la, school.phase, None), []).append(school)
    phases = list(sums)
    for phase in phases:
        sums.setdefault(Place(None, phase.phase, None), []).append(phase)
    for phase in phases:
        if phase.phase in IN_TOTAL:
            sums.setdefault(Place(phase.la, None, None), []).append(phase)
    for place in [place for place in sums if place.la and not place.phase]:
        sums.setdefault(Place(None, None, None), []).append(place)
    return sums


def _every(lines: tuple[Line, ...], at_row: Mapping[Place, int]) -> tuple[Line, ...]:
    """The lines, and the one by which the row of all is the sum of the phases of all too."""
    of_all = tuple(n for place, n in at_row.items() if not place.la and place.phase in IN_TOTAL)
    return (*lines, Line(at_row[Place(None, None, None)], of_all)) if of_all else lines


def funded_enrolments(found: Table, la: str) -> int:
    """The enrolments of an authority's state-funded schools, alternative provision among them."""
    phases = [place for place in found.places if place.la == la and place.level == "phase" and place.phase != OTHER]
    return sum(found.value(place, "enrolments") for place in phases)
