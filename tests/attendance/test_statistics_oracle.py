"""Statistics against a slow count mark by mark, and what is withheld against everything that a reader could work out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.codes import CODES
from attendance.directory import School, read_directory
from attendance.sessions import HALVES, Session
from attendance.statistics import (
    MEASURES,
    PERCENTS,
    REASONS_AUTHORISED,
    REASONS_UNAUTHORISED,
    SUMS,
    UNPUBLISHED,
    SchoolYear,
    Table,
    table,
)
from tests.attendance.builders import marks_of, pupil_row, roll_of
from tests.made_school import upn

YEAR, LAST = 2025, date(2025, 9, 5)
DAYS = [date(2025, 9, 1) + timedelta(days=n) for n in range(6)]
SESSIONS = [Session(day, half) for day in [date(2025, 7, 31), *DAYS] for half in HALVES]
"""One day of the year before, five up to as-at, one after it."""

COMMON = st.sampled_from(["/", "/", "/", "O", "I", "L", "X"])
CODE = COMMON | st.sampled_from(sorted(CODES))
BORN = st.sampled_from(["2014-05-05", "2014-05-05", "2014-05-05", "2021-01-01", "2008-01-01", None])
KINDS = [
    ("886", "1", "Primary"), ("886", "28", "Secondary"), ("926", "7", "Not applicable"), ("886", "1", "Primary"),
    ("926", "1", "Primary"), ("926", "11", "Not applicable"), ("420", "1", "Primary"), ("926", "14", "Not applicable"),
]  # fmt: skip
"""Authority, type and phase of each school that may take part."""

type Child = tuple[dict[Session, str], str | None, bool]


def children(codes: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[Child]]:
    marks = st.dictionaries(st.sampled_from(SESSIONS), codes, max_size=len(SESSIONS))
    return st.lists(st.tuples(marks, BORN, st.sampled_from([False, False, False, True])), max_size=most)


def listed(urn: str, la: str, kind: str, phase: str) -> School:
    text = "URN,LA (code),TypeOfEstablishment (code),PhaseOfEducation (name)\n"
    return read_directory(f"{text}{urn},{la},{kind},{phase}\n".encode()).schools[urn]


def school_years(each: Sequence[list[Child]]) -> list[SchoolYear]:
    found = []
    for n, (pupils, (la, kind, phase)) in enumerate(zip(each, KINDS, strict=False)):
        urn = f"10000{n}"
        numbered = {upn(100 * n + k): child for k, child in enumerate(pupils)}
        rows = [
            {**pupil_row(number, date_of_birth=born), "boarder": "yes" if boards else None}
            for number, (_, born, boards) in numbered.items()
        ]
        marks = {number: marks for number, (marks, _, _) in numbered.items() if marks}
        if marks:
            found.append(SchoolYear(la, urn, marks_of(marks), roll_of(pupils=rows), listed(urn, la, kind, phase)))
    return found


# ---------------------------------------------------------------- the sums

GROUPS = {"1Primary": "State-funded primary", "28Secondary": "State-funded secondary", "7Not applicable": "Special",
          "11Not applicable": "Other school", "14Not applicable": "State-funded AP school"}  # fmt: skip


def slow(each: Sequence[list[Child]]) -> dict[tuple[str, str, str], dict[str, int]]:
    """Every row of the table, counted one mark after the other from the words of the definitions."""
    rows: dict[tuple[str, str, str], dict[str, int]] = {}
    for n, (pupils, (la, kind, phase)) in enumerate(zip(each, KINDS, strict=False)):
        group = GROUPS[kind + phase]
        counted = [sums for child in pupils if (sums := slow_pupil(child))]
        places = [(la, group, f"10000{n}"), (la, group, ""), ("", group, "")]
        if group not in {"Other school", "State-funded AP school"}:
            places += [(la, "", ""), ("", "", "")]
        for place in places if counted else []:
            row = rows.setdefault(place, dict.fromkeys((*MEASURES, "num_schools"), 0))
            row["num_schools"] += 1
            for sums in counted:
                for name, value in sums.items():
                    row[name] += value
    return rows


def slow_pupil(child: Child) -> dict[str, int] | None:
    """One pupil's sums; None for whom statistics do not cover."""
    marks, born, boards = child
    if boards or born in {"2021-01-01", "2008-01-01"}:
        return None
    row = dict.fromkeys(MEASURES, 0)
    for session, code in marks.items():
        if not date(2025, 8, 1) <= session.day <= LAST:
            continue
        match CODES[code].statistical_class:
            case "present":
                names = ["sess_possible", "overall_attendance", "present_sessions"]
                names += (
                    ["late_sessions", "reason_l_present_late_before_registers_closed"]
                    if code == "L"
                    else ["reason_present"]
                )
            case "approved educational activity":
                names = ["sess_possible", "overall_attendance", "approved_educational_activity"]
            case "authorised absence":
                names = ["sess_possible", "sess_overall", "sess_authorised"]
                names += [name for name, of in REASONS_AUTHORISED.items() if of == code]
            case "unauthorised absence":
                names = ["sess_possible", "sess_overall", "sess_unauthorised"]
                names += [name for name, of in REASONS_UNAUTHORISED.items() if of == code]
                names += ["late_sessions"] if code == "U" else []
            case _:
                names = []
        for name in names:
            row[name] += 1
    if not row["sess_possible"]:
        return None
    share = Fraction(row["sess_overall"], row["sess_possible"])
    row["enrolments"] = 1
    row["enrolments_pa_10_exact"], row["not_persistent"] = int(share >= Fraction(1, 10)), int(share < Fraction(1, 10))
    row["enrolments_pa_50_exact"] = int(share >= Fraction(1, 2))
    row["persistent_not_severe"] = int(Fraction(1, 10) <= share < Fraction(1, 2))
    return row


@given(st.lists(children(CODE, 4), min_size=1, max_size=len(KINDS)))
@settings(max_examples=40)
def test_the_table_is_what_a_slow_count_finds(each: list[list[Child]]) -> None:
    found = table(school_years(each), YEAR, LAST)
    rows = {
        (place.la or "", place.phase or "", place.urn or ""): {
            **dict(zip(MEASURES, map(int, found.values[n]), strict=True)),
            "num_schools": int(found.schools[n]),
        }
        for n, place in enumerate(found.places)
    }
    assert rows == slow(each)


# ---------------------------------------------------------------- what is withheld


def told(found: Table) -> set[tuple[int, str]]:
    """The figures that a reader of everything published, who adds up rows and columns, can work out exactly."""
    hidden = found.hidden() | np.array([name in UNPUBLISHED for name in MEASURES])
    unknown = {(int(r), int(c)): n for n, (r, c) in enumerate(np.argwhere(hidden))}
    place = {name: n for n, name in enumerate(MEASURES)}
    equations = [
        [(line.total, c, 1), *((part, c, -1) for part in line.parts)]
        for line in found.lines
        for c in range(len(MEASURES))
    ] + [
        [(r, place[total], 1), *((r, place[part], -1) for part in parts)]
        for r in range(len(found.places))
        for total, parts in SUMS.items()
    ]
    system = np.zeros((len(equations), len(unknown)))
    for n, equation in enumerate(equations):
        for r, c, sign in equation:
            if (r, c) in unknown:
                system[n, unknown[r, c]] = sign
    # What the equations leave free: a cell that no free direction moves is known.
    sizes, directions = np.linalg.eigh(system.T @ system)
    fixed = np.abs(directions[:, sizes < 1e-9]).max(axis=1, initial=0) < 1e-6
    return {(r, MEASURES[c]) for (r, c), n in unknown.items() if fixed[n]}


def in_classes() -> st.SearchStrategy[list[list[Child]]]:
    """Schools of groups of pupils alike, so that figures are about one, four, five or twenty of them."""
    ten = SESSIONS[2:12]
    shapes = st.sampled_from(
        ["//////////", "/////////O", "////////OI", "/////////I", "///////LLU", "OOOOOOIIII", "/////MMMMM", "//////VVGG"]
    )
    group = st.tuples(st.sampled_from([1, 2, 4, 5, 8, 20]), shapes)
    school = st.lists(group, max_size=3).map(
        lambda groups: [
            (dict(zip(ten, shape, strict=True)), "2014-05-05", False) for times, shape in groups for _ in range(times)
        ]
    )
    return st.lists(school, min_size=1, max_size=5)


@given(in_classes())
@settings(max_examples=25)
def test_nobody_can_work_out_a_figure_about_few(each: list[list[Child]]) -> None:
    found = table(school_years(each), YEAR, LAST)
    small = {
        (n, name) for n in range(len(found.places)) for c, name in enumerate(MEASURES) if 0 < found.pupils[n, c] < 5
    }
    assert not small & told(found)


@given(in_classes())
@settings(max_examples=25)
def test_no_percent_is_printed_of_a_figure_withheld(each: list[list[Child]]) -> None:
    for row in table(school_years(each), YEAR, LAST).rows("all"):
        for name, of in PERCENTS.items():
            assert (row[name] == "c") == any(row[each_] == "c" for each_ in of)
