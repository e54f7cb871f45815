"""The attendance return: ten continuous school days, one return an episode, what breaks a run (law.md section 3, R1, R2, R7)."""

from datetime import date

import pytest

from attendance.codes import CODES, POSSIBLE, UNAUTHORISED
from attendance.positions import Assessor
from attendance.returns import Readings, returns_due
from tests.attendance.builders import PUPIL, marked, school_of
from tests.attendance.tables import cases


@pytest.mark.parametrize("case", cases("attendance_return"))
def test_when_continuous_absence_is_reported(case: dict[str, str]) -> None:
    as_at = date.fromisoformat(case["as_at"])
    assessor = Assessor(school_of(case).view(marked(case["marks"]), as_at), as_at)

    found = [due for due in returns_due(assessor, Readings()) if due.kind == "attendance" and due.upn == PUPIL]

    said = [f"{d.row['from']}..{d.row['until']} {d.row['sessions']} due={d.made_due_on}" for d in found]
    assert said == ([] if case["returns"] == "none" else case["returns"].split("; "))
    assert [due.since for due in found] == [due.row["from"] for due in found]


@pytest.mark.parametrize("code", CODES)
def test_which_code_breaks_a_run(code: str) -> None:
    """Twenty-one days of O, one session among them with the code: only a possible one that is not unauthorised breaks it."""
    as_at = date(2025, 10, 10)
    marks = marked("2025-09-26..2025-10-10 O") | dict.fromkeys(marked("2025-10-01/AM O"), code)
    assessor = Assessor(school_of({}).view(marks, as_at), as_at)

    found = [due for due in returns_due(assessor, Readings()) if due.kind == "attendance"]

    assert bool(found) == (code in UNAUTHORISED or code not in POSSIBLE)
