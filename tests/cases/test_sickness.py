"""The sickness return: fifteen days counted or expected, and which illness needs its own (law.md section 3, R3 to R5, E59-E63)."""

from dataclasses import replace
from datetime import date

import pytest

from attendance.due import Return
from attendance.positions import Assessor
from attendance.returns import Readings, returns_due, same_episode
from tests.attendance.builders import PUPIL, expected_rows, facts, marked, school_of
from tests.attendance.tables import cases


@pytest.mark.parametrize("case", cases("sickness"))
def test_when_illness_is_reported(case: dict[str, str]) -> None:
    as_at = date.fromisoformat(case["as_at"])
    school = replace(school_of(case), expected=tuple(expected_rows(case["expected_absences"])))
    assessor = Assessor(school.view(marked(case["marks"]), as_at), as_at)
    readings = Readings(halves=case["halves"] == "yes", each_illness=case["each_illness"] == "yes")
    wanted = [] if case["returns"] == "none" else [facts(each) for each in case["returns"].split("; ")]

    found = [due for due in returns_due(assessor, readings) if due.kind == "sickness" and due.upn == PUPIL]

    assert len(found) == len(wanted)
    for due, expected in zip(found, wanted, strict=True):
        shown = {**due.row, "since": due.since, "made_due_on": due.made_due_on.isoformat()}
        assert {name: shown[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("since", "first", "last", "same", "because"),
    [
        (
            "2025-10-07",
            "2025-10-07",
            "2025-10-27",
            True,
            "its first day was amended away: the illness that was reported",
        ),
        ("2025-11-17", "2025-11-17", "2025-12-05", False, "well in between: another illness"),
        ("2025", "2025-09-08", "2025-12-05", False, "the return of the year is known by its year"),
    ],
)
def test_an_amended_first_day_does_not_make_another_illness(
    since: str, first: str, last: str, same: bool, because: str
) -> None:
    def told(since: str, first: str, last: str) -> Return:
        row = {"from": first, "until": last}
        return Return(kind="sickness", urn="100001", upn=PUPIL, since=since, made_due_on=date(2025, 10, 24), row=row)

    assert same_episode(told(since, first, last), told("2025-10-06", "2025-10-06", "2025-10-24")) is same, because
