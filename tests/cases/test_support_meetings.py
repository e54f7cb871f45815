"""For which term the pack of a Targeting Support Meeting is due, and on which day (WTISA; the ends of terms are ours [U])."""

from dataclasses import replace
from datetime import date

import pytest
from builders import marked, school_of
from tables import cases

from attendance.positions import Assessor
from attendance.told import from_terms


@pytest.mark.parametrize("case", cases("support_meetings"))
def test_the_pack_of_a_term_is_due(case: dict[str, str]) -> None:
    as_at = date.fromisoformat(case["as_at"])
    school = replace(school_of({}), open=case["open"], closed="")
    rows = list(from_terms(Assessor(school.view(marked(""), as_at), as_at), []))

    assert [row.made_due_on.isoformat() for row in rows] == ([] if case["due"] == "none" else [case["due"]])
    assert [(row.kind, row.upn, row.row["on"]) for row in rows] == [("support_pack", "", row.row["on"]) for row in rows]


def test_what_is_recorded_and_not_written_stays_due() -> None:
    """The school did not meet since, and nobody wrote the pack of the term before on its day."""
    school = replace(school_of({}), open="2025-09-01..2025-12-19", closed="")
    recorded = list(from_terms(Assessor(school.view(marked(""), date(2025, 12, 31)), date(2025, 12, 31)), []))
    later = Assessor(school.view(marked(""), date(2026, 1, 2)), date(2026, 1, 2))
    assert list(from_terms(later, recorded)) == recorded
