"""The pack of a Targeting Support Meeting: a school as it stands at the end of a term, and each pupil of concern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attendance import law
from attendance.cases import Case
from attendance.codes import ATTENDED, POSSIBLE, UNAUTHORISED
from attendance.directory import School
from attendance.law import academic_year_days
from attendance.marks import CODE_ORDER, at, session_of
from attendance.notice_record import SOFTWARE
from attendance.positions import Assessor
from attendance.roll import Pupil
from attendance.sessions import Session, monday
from attendance.settings import Settings
from attendance.standing import Position, Positions
from notices.kinds import page_of
from notices.papers import marks_of, school_days
from notices.typesetting import Page, day_in_words


def support_pack(
    positions: Positions, assessor: Assessor, cases: Mapping[str, Case], settings: Settings, la: str, school: School | None,
    shown: Callable[[str], str] = str,
) -> Page:  # fmt: skip
    """The pack of a school for the pupils on its roll that day; `shown` gives a text as it can be printed.

    Each pupil's figures are those of `positions`; weeks and codes are of the same pupils' marks.
    """
    roll, day = assessor.view.roll.pupils, positions.as_at
    pupils = [each for each in positions.pupils if each.upn not in roll or roll[each.upn].on_roll(day)]
    threshold = law.THRESHOLD_SESSIONS.on(day)

    def concerns(of: Callable[[Position], bool]) -> list[dict[str, Any]]:
        return [_concern(each, assessor, cases.get(each.upn), shown) for each in pupils if of(each)]

    marked = _marked(assessor, [each.upn for each in pupils])
    return page_of(
        {"kind": "support_pack"}, la=la, urn=positions.urn, authority=settings.name,
        school=shown(school.name) if school else f"School {positions.urn}", phase=shown(school.phase) if school else "",
        as_at=day, known_at=positions.known_at, pupils=len(pupils),
        attendance={
            "since": academic_year_days(assessor.year)[0], "until": day, **_sums(pupils),
            "authorised": sum(p.authorised for p in pupils), "unauthorised": sum(p.unauthorised for p in pupils),
        },
        weeks=list(_weeks(*marked)), codes=_codes(marked[1]),
        cohorts=[
            {
                "name": shown(name), "pupils": len(of), **_sums(of),
                "persistent": sum(p.persistent for p in of), "severe": sum(p.severe for p in of),
            }
            for name, of in _cohorts(pupils, roll)
        ],
        severe=concerns(lambda p: p.severe), persistent=concerns(lambda p: p.persistent and not p.severe),
        near=concerns(lambda p: 0 < threshold - p.count <= law.NEAR_SESSIONS.on(day)),
        settings_version=settings.version, software=SOFTWARE,
    )  # fmt: skip


def _sums(pupils: Sequence[Position]) -> dict[str, int]:
    return {"possible": sum(p.possible for p in pupils), "attended": sum(p.attended for p in pupils)}


def _cohorts(pupils: Sequence[Position], roll: Mapping[str, Pupil]) -> Iterator[tuple[str, list[Position]]]:
    """The groups that a meeting looks at, those without a pupil left out."""
    yield "All pupils", list(pupils)
    groups: dict[str, list[Position]] = {}
    for each in pupils:
        for name in groups_of(roll.get(each.upn)):
            groups.setdefault(name, []).append(each)
    yield from sorted(groups.items(), key=lambda group: _in_order(group[0]))


def groups_of(pupil: Pupil | None) -> list[str]:
    """The cohorts that a pupil belongs to, as the roll has it."""
    if pupil is None:
        return []
    flags = {
        "Looked after": pupil.looked_after, "Social worker": pupil.social_worker,
        "Youth offending worker": pupil.youth_offending_worker, "Special educational needs": bool(pupil.sen),
    }  # fmt: skip
    return [
        *([f"Year {pupil.year_group}"] if pupil.year_group else []),
        *(name for name, is_so in flags.items() if is_so),
    ]


def _in_order(name: str) -> tuple[bool, int, str]:
    """Years first, 2 before 10."""
    year = name.removeprefix("Year ")
    return not name.startswith("Year "), int(year) if year.isdigit() else -1, name


def _concern(each: Position, assessor: Assessor, case: Case | None, shown: Callable[[str], str]) -> dict[str, Any]:
    pupil = assessor.view.roll.pupils.get(each.upn)
    support = [step for step in assessor.view.roll.support.get(each.upn, ()) if step.day <= assessor.as_at]
    last = max(support, key=lambda step: step.day, default=None)
    since = academic_year_days(assessor.year)[0]
    return {
        "name": shown(pupil.name) if pupil and pupil.name else "Name not known", "upn": shown(each.upn),
        "year_group": shown(pupil.year_group or "") if pupil else "",
        "possible": each.possible, "attended": each.attended, "authorised": each.authorised, "unauthorised": each.unauthorised,
        "count": each.count, "cohorts": [name for name in groups_of(pupil) if not name.startswith("Year ")],
        "case": _standing(case) if case else "",
        "support": f"{last.kind} on {day_in_words(last.day)}: {last.outcome}".replace("_", " ") if last else "none on record",
        "year": school_days(marks_of(assessor, each.upn), assessor.held.sessions, since, assessor.as_at),
    }  # fmt: skip


def _standing(case: Case) -> str:
    if case.state == "gathering":
        return f"open since {day_in_words(case.opened_on)}, proposed: {case.proposal.route}".replace("_", " ")
    return f"settled by {case.settled_by or 'a decision'}".replace("_", " ")


def _marked(assessor: Assessor, upns: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """The sessions and codes of these pupils' marks of the academic year."""
    begin = at(Session(academic_year_days(assessor.year)[0], "AM"))
    every = [assessor.marks_of(upn) for upn in upns]
    moments = np.concatenate([marks.at for marks in every] or [np.array([], np.int32)])
    codes = np.concatenate([marks.code for marks in every] or [np.array([], np.int8)])
    return moments[moments >= begin], codes[moments >= begin]


def _weeks(moments: NDArray[np.int32], codes: NDArray[np.int8]) -> Iterator[dict[str, Any]]:
    """The sessions of each school week, by what became of them."""
    numbers, sessions = np.unique(moments, return_inverse=True)
    mondays = np.array([monday(session_of(int(number)).day).toordinal() for number in numbers], dtype=np.int32)[
        sessions
    ]
    for ordinal in np.unique(mondays):
        of_week = codes[mondays == ordinal]
        if (possible := _number(of_week, POSSIBLE)) > 0:
            yield {
                "monday": date.fromordinal(int(ordinal)), "possible": possible, "attended": _number(of_week, ATTENDED),
                "unauthorised": _number(of_week, UNAUTHORISED),
            }  # fmt: skip


def _number(codes: NDArray[np.int8], among: frozenset[str]) -> int:
    return int(np.isin(codes, [n for n, code in enumerate(CODE_ORDER) if code in among]).sum())


def _codes(codes: NDArray[np.int8]) -> list[tuple[str, int]]:
    """Sessions of absence by code, most first."""
    absent = POSSIBLE - ATTENDED
    counted = Counter(
        {CODE_ORDER[int(n)]: int(count) for n, count in zip(*np.unique(codes, return_counts=True), strict=True)}
    )
    return [
        (code, count) for code, count in sorted(counted.items(), key=lambda each: (-each[1], each[0])) if code in absent
    ]
