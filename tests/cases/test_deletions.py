"""The fifteen grounds of regulation 9(1): what register and roll say against a deletion (law.md section 2, R7, R8)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from attendance.deletions import GROUNDS, DeletionProblem, Enquiries, deletion_problems, unseen
from attendance.positions import Assessor
from attendance.roll import Pupil
from tests.attendance.builders import PUPIL, expected_rows, marked, pupil_row, school_of
from tests.attendance.tables import cases


def problems_of(case: Mapping[str, str]) -> tuple[DeletionProblem, ...]:
    as_at = date.fromisoformat(case["as_at"])
    school = replace(school_of(case), expected=tuple(expected_rows(case["expected_absences"])))
    assessor = Assessor(school.view(marked(case["marks"]), as_at), as_at)
    enquiries: Enquiries | None = case["enquiries"] or None  # type: ignore[assignment]
    pupil = assessor.view.roll.pupils[PUPIL]
    return deletion_problems(assessor, PUPIL, pupil, enquiries, case["school_type"] or None)


@pytest.mark.parametrize("case", cases("deletions"))
def test_what_speaks_against_a_deletion(case: dict[str, str]) -> None:
    found = problems_of(case)

    assert [each.problem for each in found] == ([] if case["problems"] == "none" else case["problems"].split())
    for part in filter(None, case["says"].split("; ")):
        assert part in found[0].wrong


@pytest.mark.parametrize("case", [case for case in cases("deletions") if case.values[0]["problems"] != "none"])  # type: ignore[attr-defined]
def test_a_problem_says_what_is_wrong_what_to_do_and_where_that_stands(case: dict[str, str]) -> None:
    for each in problems_of(case):
        assert each.wrong
        assert each.to_do.endswith(".")
        assert each.provision.startswith(("SI 2024/208 reg 9", "WTISA"))
        assert (each.ground in GROUNDS and each.words == GROUNDS[each.ground].words) or each.ground == each.words == ""


def test_the_list_is_closed_and_every_ground_names_its_provision_and_how_sure_it_is() -> None:
    assert "".join(GROUNDS) == "abcdefghijklmno"
    for letter, ground in GROUNDS.items():
        assert ground.provision == f"SI 2024/208 reg 9(1)({letter})"
        assert ground.label in {"[V]", "[U]"}


@pytest.mark.parametrize(
    ("ground", "born", "part"),
    [
        ("f", "2014-05-05", "Not checked here: the parent's notice."),
        ("i", "2014-05-05", "no reasonable ground to believe that sickness"),
        ("k", "2014-05-05", ""),
        ("p", "2014-05-05", ""),
        ("i", "2021-05-05", "regulation 9(3)"),
    ],
)
def test_what_the_school_alone_can_know_is_said(ground: str, born: str, part: str) -> None:
    pupil = Pupil.of(pupil_row(leaving_day="2025-10-10", deletion_ground=ground, date_of_birth=born))

    assert part in unseen(pupil)
    assert bool(part) == bool(unseen(pupil))
