"""How a pupil stands: the national threshold and every field of a position (law.md section 9; design 4.3, 4.4, 5.3)."""

from collections.abc import Mapping
from datetime import date

import pytest
from builders import facts, marked, said, school_of
from tables import cases

from attendance.positions import Assessor
from attendance.sessions import monday
from attendance.standing import Position


def shown(position: Position) -> dict[str, object]:
    """The fields of a position, the windows by their ends."""
    return {
        **dict(position),
        "best": position.best.count,
        "best_until": position.best.weeks[-1] if position.best.weeks else None,
        "window_from": position.window.weeks[0] if position.window.weeks else None,
        "window_until": position.window.weeks[-1] if position.window.weeks else None,
        "weeks": len(position.window.weeks),
    }


def position_of(case: Mapping[str, str]) -> Position:
    as_at = date.fromisoformat(case["as_at"])
    return Assessor(school_of(case).view(marked(case["marks"]), as_at), as_at).standing("B801200005001").position


@pytest.mark.parametrize("case", cases("threshold"))
def test_the_national_threshold(case: dict[str, str]) -> None:
    expected = facts(case["expected"])
    position = position_of(case)

    assert {name: said(shown(position)[name]) for name in expected} == expected
    assert position.met == (position.met_at is not None)
    assert position.count == len(position.window.sessions)
    assert position.best.count == len(position.best.sessions) >= position.count
    assert all(monday(each.date) in position.window.weeks for each in position.window.sessions)


@pytest.mark.parametrize("case", cases("positions"))
def test_what_a_position_says(case: dict[str, str]) -> None:
    expected = facts(case["expected"])
    position = position_of(case)

    assert {name: said(shown(position)[name]) for name in expected} == expected
    assert position.request_ready == (position.met and not position.blockers)
