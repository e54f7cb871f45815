"""The returns of regulation 13: who is reported, since when, and on which day it fell due (law.md section 3, R1 to R7)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from builders import PUPIL, expected_rows, facts, marked, school_of
from tables import cases

from attendance.due import COLUMNS, Return
from attendance.positions import Assessor
from attendance.returns import Readings, returns_due


def returns_of(case: Mapping[str, str]) -> list[Return]:
    as_at = date.fromisoformat(case["as_at"])
    school = replace(school_of(case), expected=tuple(expected_rows(case["expected_absences"])))
    assessor = Assessor(school.view(marked(case["marks"]), as_at), as_at)
    return [each for each in returns_due(assessor, Readings(halves=case["halves"] == "yes")) if each.upn == PUPIL]


@pytest.mark.parametrize("case", cases("returns"))
def test_who_is_reported(case: dict[str, str]) -> None:
    wanted = [] if case["returns"] == "none" else [each.split(maxsplit=1) for each in case["returns"].split("; ")]

    found = returns_of(case)

    assert [each.kind for each in found] == [kind for kind, *_ in wanted]
    for each, (_, *said) in zip(found, wanted, strict=True):
        expected = facts(said[0] if said else "")
        shown = {**each.row, "since": each.since, "made_due_on": each.made_due_on.isoformat()}
        assert {name: shown[name].replace(" ", "_") for name in expected} == expected
        assert set(each.row) == set(COLUMNS[each.kind])
