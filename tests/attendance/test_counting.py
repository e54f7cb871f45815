"""What counting on arrays rests on: codes numbered by kind, and figures of the law that may change from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance import law
from attendance.codes import ATTENDED, AUTHORISED, CODES, POSSIBLE, SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.counting import Ages, Countable, met, sums
from attendance.grid import Grid
from attendance.marks import (
    CODE_ORDER,
    FIRST_ABSENCE,
    FIRST_NOT_HELD,
    FIRST_NOT_POSSIBLE,
    FIRST_UNAUTHORISED,
    NO_MARK,
    Marks,
    marks_of,
    number_of,
)

MONDAYS = [date(2025, 1, 6) + timedelta(weeks=n) for n in range(30)]
NEEDED = {law.SCHEME_START: 10, date(2025, 4, 2): 4, date(2025, 6, 2): 7}
WEEKS = {law.SCHEME_START: 10, date(2025, 3, 5): 3}


@pytest.mark.parametrize(
    ("kind", "begin", "end"),
    [
        (ATTENDED, 0, FIRST_ABSENCE),
        (AUTHORISED, FIRST_ABSENCE, FIRST_UNAUTHORISED),
        (UNAUTHORISED, FIRST_UNAUTHORISED, FIRST_NOT_POSSIBLE),
        (SHOWS_SESSION_HELD - POSSIBLE, FIRST_NOT_POSSIBLE, FIRST_NOT_HELD),
        (CODES.keys() - SHOWS_SESSION_HELD, FIRST_NOT_HELD, NO_MARK),
    ],
)
def test_the_codes_of_a_kind_stand_together(kind: set[str], begin: int, end: int) -> None:
    assert sorted(CODE_ORDER[begin:end]) == sorted(kind)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 299)), max_size=150, unique=True).map(sorted))
def test_a_threshold_that_changed_is_met_by_the_figures_of_the_day(given: Sequence[tuple[int, int]]) -> None:
    pupil = np.array([n for n, _ in given], dtype=np.intp)
    days = [MONDAYS[nth // 10] + timedelta(days=nth % 10 // 2) for _, nth in given]
    at = np.array([2 * number_of(day) + nth % 2 for day, (_, nth) in zip(days, given, strict=True)], dtype=np.int32)
    mondays = np.array([number_of(monday) for monday in MONDAYS], dtype=np.int32)
    code = np.full(len(given), CODE_ORDER.index("O"), dtype=np.uint8)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(law, "THRESHOLD_SESSIONS", sessions := replace(law.THRESHOLD_SESSIONS, values=NEEDED))
        patch.setattr(law, "THRESHOLD_WEEKS", weeks := replace(law.THRESHOLD_WEEKS, values=WEEKS))
        found = met(Countable.of(pupil, at, code, mondays, mondays))

    for n, ((who, nth), day) in enumerate(zip(given, days, strict=True)):
        begins = nth // 10 - weeks.on(MONDAYS[nth // 10])
        last = sum(other == who and begins < each // 10 and each <= nth for other, each in given)
        assert found[n] == (last >= sessions.on(day))


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 30), st.randoms(use_true_random=False))
def test_how_the_cells_lie_in_memory_changes_no_sum(pupils: int, columns: int, random: Random) -> None:
    some = [0, CODE_ORDER.index("I"), CODE_ORDER.index("O"), NO_MARK]
    codes = [[random.choice(some) for _ in range(columns)] for _ in range(pupils)]
    sessions = np.array(sorted(random.sample(range(40), columns)), dtype=np.int32) + 2 * number_of(MONDAYS[0])
    upns = tuple(map(str, range(pupils)))
    orders: tuple[Literal["C", "F"], ...] = ("C", "F")
    by_row, by_column = (
        sums(Marks(upns, sessions, np.array(codes, dtype=np.uint8, order=order)), Ages.of(pupils, {}), MONDAYS[-1])
        for order in orders
    )

    ill = [{at // 2 for at, code in zip(sessions, row, strict=True) if code == CODE_ORDER.index("I")} for row in codes]
    assert by_row.illness_days.tolist() == [len(days) for days in ill]
    assert by_row.unauthorised.tolist() == [row.count(CODE_ORDER.index("O")) for row in codes]
    assert {name: values.tolist() for name, values in vars(by_row).items()} == {
        name: values.tolist() for name, values in vars(by_column).items()
    }


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=20), st.permutations(range(3)), st.randoms(use_true_random=False)
)
def test_grids_side_by_side_are_one(part_of: Sequence[int], order: Sequence[int], random: Random) -> None:
    upns, codes = ("p0", "p1", "p2"), ("/", "I", "O")
    cells = np.array([[random.randint(0, len(codes)) for _ in part_of] for _ in upns], dtype=np.uint8)
    sessions = np.arange(len(part_of), dtype=np.int32)
    parts = [np.array(part_of) == n for n in order]

    one = marks_of([Grid(upns, sessions, codes, cells)])
    of_parts = marks_of([Grid(upns, sessions[part], codes, cells[:, part]) for part in parts])

    assert of_parts.upns == one.upns
    assert of_parts.sessions.tolist() == one.sessions.tolist()
    assert of_parts.cells.tolist() == one.cells.tolist()
