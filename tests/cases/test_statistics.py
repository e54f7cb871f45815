"""Statistics by the Department's definitions (law.md sections 1 and 7, PA1) and what is withheld of them (field.md E58).

A table's row: `A=886 Primary; B=886 type=7` are schools, `9x A /*9 O*1 boarder=yes` are nine pupils of school A with nine marks
present, then one O, session after session from 1 September 2025.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from attendance.annual import VARIABLES
from attendance.codes import AUTHORISED, UNAUTHORISED
from attendance.directory import School, read_directory
from attendance.sessions import HALVES, Session
from attendance.statistics import (
    COLUMNS,
    REASONS_AUTHORISED,
    REASONS_UNAUTHORISED,
    SchoolYear,
    Value,
    education_phase,
    table,
)
from tests.attendance.builders import marks_of, present, pupil_row, roll_of
from tests.attendance.tables import cases
from tests.made_school import upn

YEAR, FIRST = 2025, date(2025, 9, 1)
BORN: Final = "2014-05-05"


def school_sessions() -> Iterator[Session]:
    """Every session of every Monday to Friday from the first day on."""
    days = (FIRST + timedelta(days=n) for n in range(300))
    return (Session(day, half) for day in days if day.weekday() < 5 for half in HALVES)


def marked(tokens: list[str]) -> dict[Session, str]:
    """`/*9 O*1` as marks, one after the other; / stands for the afternoon's mark too."""
    found: dict[Session, str] = {}
    session = school_sessions()
    for token in tokens:
        code, _, times = token.rpartition("*")
        for at in (next(session) for _ in range(int(times))):
            found[at] = present(at) if code == "/" else code
    return found


def listed(urn: str, la: str, facts: list[str]) -> School | None:
    """The directory's entry of a school: `Primary`, `type=7` or `unlisted`."""
    if "unlisted" in facts:
        return None
    kinds = [fact.removeprefix("type=") for fact in facts if fact.startswith("type=")]
    phase = " ".join(fact for fact in facts if not fact.startswith("type=")) or "Not applicable"
    text = "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),PhaseOfEducation (name)\n"
    return read_directory(f"{text}{urn},{la},School {urn},{(kinds or ['1'])[0]},{phase}\n".encode()).schools[urn]


def schools_of(case: dict[str, str]) -> list[SchoolYear]:
    """The schools of a row with their marks and rolls."""
    pupils: dict[str, dict[str, list[str]]] = {}
    for piece in case["pupils"].split(";"):
        tokens = piece.split()
        times = int(tokens.pop(0).removesuffix("x")) if tokens[0].endswith("x") else 1
        name = tokens.pop(0)
        for _ in range(times):
            number = 99999 if "sam" in tokens else sum(map(len, pupils.values())) + 1
            pupils.setdefault(name, {})[upn(number)] = [token for token in tokens if token != "sam"]
    found = []
    for piece in (case["schools"] or "A=886 Primary").split(";"):
        name, _, said = piece.strip().partition("=")
        la, *facts = said.split()
        urn = f"10000{'ABCDEFGHI'.index(name)}"
        given = pupils[name]
        rows = [row for number, tokens in given.items() if (row := roll_row(number, tokens))]
        marks = marks_of({number: marked([t for t in tokens if "*" in t]) for number, tokens in given.items()})
        found.append(SchoolYear(la, urn, marks, roll_of(pupils=rows), listed(urn, la, facts)))
    return found


def roll_row(number: str, tokens: list[str]) -> dict[str, str | None] | None:
    """The pupil's row on the roll."""
    said = dict(token.split("=") for token in tokens if "=" in token)
    if said.get("roll") == "unknown":
        return None
    born = said.get("born", BORN)
    return {**pupil_row(number, date_of_birth=None if born == "unknown" else born), "boarder": said.get("boarder")}


def row_of(case: dict[str, str]) -> dict[str, Value] | None:
    """The row of the table that a case looks at."""
    as_at = date.fromisoformat(case["as_at"] or "2026-07-31")
    rows = list(table(schools_of(case), YEAR, as_at).rows("all", unsuppressed=case["shown"] == "all"))
    place, _, phase = case["row"].partition(" ")
    if len(place) == 1:
        wanted = {"school_urn": f"10000{'ABCDEFGHI'.index(place)}"}
    else:
        la = "" if place == "all" else place
        wanted = {"school_urn": "", "old_la_code": la, "education_phase": phase or "Total"}
    return next((row for row in rows if wanted.items() <= row.items()), None)


@pytest.mark.parametrize("case", cases("statistics"))
def test_statistics(case: dict[str, str]) -> None:
    row = row_of(case)
    if case["gives"] == "none":
        assert row is None
        return
    assert row is not None
    expected = dict(pair.split("=") for pair in case["gives"].split())
    assert {name: str(row[name]) for name in expected} == expected


def test_every_absence_has_a_column_of_its_own() -> None:
    assert sorted(REASONS_AUTHORISED.values()) == sorted(AUTHORISED)
    assert sorted(REASONS_UNAUTHORISED.values()) == sorted(UNAUTHORISED)


def test_the_keys_are_those_of_open_data() -> None:
    case = {"schools": "A=886 Primary", "pupils": "A /*10", "as_at": "", "row": "A", "shown": "all"}
    row = row_of(case)

    assert row is not None
    assert tuple(row) == COLUMNS
    assert [row[name] for name in ("time_period", "geographic_level", "old_la_code", "new_la_code", "la_name")] == [
        "202526", "School", "886", "E10000016", "Kent",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "phase", "group"),
    [
        ("1", "Middle deemed primary", "State-funded primary"),
        ("28", "Middle deemed secondary", "State-funded secondary"),
        ("34", "All-through", "State-funded secondary"),
        ("8", "Not applicable", "Special"),
        ("10", "Not applicable", "Other school"),
        ("15", "Nursery", "Other school"),
        ("42", "Not applicable", "State-funded AP school"),
        ("1", "Not applicable", "Not known"),
    ],
)
def test_the_phase_of_a_school(kind: str, phase: str, group: str) -> None:
    assert education_phase(listed("100001", "886", [f"type={kind}", phase])) == group


def test_the_page_names_every_column_and_variable() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "statistics.md").read_text(encoding="utf-8")
    assert set(COLUMNS) | set(VARIABLES) <= set(re.findall(r"`(\w+)`", page))
