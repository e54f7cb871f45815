"""What was reported and the register no longer bears out: for an officer to correct, never taken back by itself (E61)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from attendance.due import Return
from attendance.positions import Assessor
from attendance.returns import Readings, corrections, returns_due
from tests.attendance.builders import PUPIL, expected_rows, marked, school_of
from tests.attendance.tables import cases


def returned(case: Mapping[str, str], when: str) -> tuple[list[Return], date]:
    as_at = date.fromisoformat(case[f"as_at_{when}"])
    school = replace(
        school_of({"school": case[f"school_{when}"]}), expected=tuple(expected_rows(case[f"expected_{when}"]))
    )
    assessor = Assessor(school.view(marked(case[f"marks_{when}"]), as_at), as_at)
    return [due for due in returns_due(assessor, Readings()) if due.upn == PUPIL], as_at


@pytest.mark.parametrize("case", cases("returns_corrections"))
def test_what_an_officer_is_told_to_correct(case: dict[str, str]) -> None:
    written, _ = returned(case, "then")
    due_now, as_at = returned(case, "now")

    found = list(corrections(written, due_now, as_at))

    if case["corrections"] == "none":
        assert not found
    else:
        (one,) = found
        assert f"{one.kind} {one.since}: {one.says}".startswith(case["corrections"])
        assert (one.urn, one.upn) == (written[0].urn, PUPIL)
