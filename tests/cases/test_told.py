"""Who else is told, and on which day (WTISA para 52; SI 2024/208 reg 10(7) to (9))."""

from datetime import date

import pytest
from builders import PUPIL, marked, school_of
from tables import cases

from attendance.positions import Assessor
from attendance.told import from_register


@pytest.mark.parametrize("case", cases("told"))
def test_who_is_told(case: dict[str, str]) -> None:
    as_at = date.fromisoformat(case["as_at"])
    assessor = Assessor(school_of(case).view(marked(case["marks"]), as_at), as_at)

    rows = [row for row in from_register(assessor) if row.upn in {PUPIL, ""}]

    assert "; ".join(sorted(f"{row.kind} {row.made_due_on}" for row in rows)) == "; ".join(
        sorted(filter(None, case["told"].replace("none", "").split("; ")))
    )
    for row in rows:
        assert row.row["on"] == row.made_due_on.isoformat()
        assert row.row["what_to_do"]
        assert row.row["provision"]
