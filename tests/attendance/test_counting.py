"""What counting on arrays rests on: codes numbered by kind, and figures of the law that may change from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Literal

import numpy as np
import pytest
from builders import CLASSMATE, LA, PUPIL, URN, present
from builders import marks_of as marks_given
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
from attendance.positions import Assessor, SchoolView
from attendance.roll import Roll
from attendance.sessions import HALVES, Session, monday

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


@given(
    st.integers(1, 1100),
    st.sampled_from([(0,), (0, "I"), ("O",), (0, "I", "O", NO_MARK)]),
    st.randoms(use_true_random=False),
)
def test_a_row_of_any_length_is_summed_as_cell_by_cell(columns: int, some: Sequence[int | str], random: Random) -> None:
    codes = [each if isinstance(each, int) else CODE_ORDER.index(each) for each in some]
    rows = [[random.choice(codes) for _ in range(columns)], [0] * columns, [CODE_ORDER.index("I")] * columns]
    moments = sorted(random.sample(range(columns + columns // random.choice([1, 1000]) + 1), columns))
    marks = Marks(("a", "b", "c"), np.array(moments, dtype=np.int32), np.array(rows, dtype=np.uint8))
    found = sums(marks, Ages.of(len(rows), {}), MONDAYS[-1])

    assert found.attended.tolist() == [row.count(0) for row in rows]
    assert found.possible.tolist() == [columns - row.count(NO_MARK) for row in rows]
    assert found.illness_days.tolist() == [
        len({at // 2 for at, code in zip(moments, row, strict=True) if code == CODE_ORDER.index("I")}) for row in rows
    ]


WEEKS_HELD = st.sampled_from([0b1111111111] * 6 + [0, 0b1111, 0b111111111, 0b11_11_1111111111, 0b10_00_0000000000])
WEEKS_MISSED = st.sampled_from([0, 0, 0, 1, 0b11, 0b1000000000, 0b11_0000000000, 0b1111, 2**14 - 1])
AS_AT = date(2025, 12, 12)


@settings(max_examples=200)
@given(st.lists(st.tuples(WEEKS_HELD, WEEKS_MISSED, WEEKS_MISSED), min_size=30, max_size=30))
def test_three_readings_of_ten_weeks_are_as_read_slowly(weeks: Sequence[tuple[int, int, int]]) -> None:
    begins = [date(2025, 5, 26) + timedelta(weeks=n) for n in range(len(weeks))]
    held: list[Session] = []
    missed: dict[str, list[Session]] = {PUPIL: [], CLASSMATE: []}
    for begin, (open_, *by_each) in zip(begins, weeks, strict=True):
        of_week = [Session(begin + timedelta(days=n // 2), HALVES[n % 2]) for n in range(14) if open_ >> n & 1]
        of_week = [each for each in of_week if each.day <= AS_AT]
        held += of_week
        for sessions, mask in zip(missed.values(), by_each, strict=True):
            nth = {each: (each.day - begin).days * 2 + HALVES.index(each.half) for each in of_week}
            sessions += [each for each in of_week if mask >> nth[each] & 1]
    marks = {upn: {each: "O" if each in some else present(each) for each in held} for upn, some in missed.items()}
    marks["present"] = {each: present(each) for each in held}
    assessor = Assessor(SchoolView(URN, LA, True, marks_given(marks), Roll()), AS_AT)

    school_weeks = sorted({monday(each.day) for each in held})
    full = [
        week
        for week in school_weeks
        if week == monday(AS_AT) or sum(monday(each.day) == week and each.day.weekday() < 5 for each in held) == 10
    ]
    for upn, sessions in missed.items():
        tens = [(first.day, last.day) for first, last in zip(sessions, sessions[9:], strict=False)]
        in_weeks = any(sum(monday(first) <= week <= last for week in school_weeks) <= 10 for first, last in tens)
        in_days = any(len({s.day for s in held if first <= s.day <= last}) <= 50 for first, last in tens)
        in_full_weeks = any(sum(first < week <= last for week in full) < 10 for first, last in tens)
        standing = assessor.standing(upn)
        a_year = sum(each.day > AS_AT - timedelta(weeks=52) for each in sessions)
        assert standing.position.met == in_weeks
        assert ("WINDOW_READING_DIFFERS" in standing.position.flags) == (len({in_weeks, in_days, in_full_weeks}) > 1)
        assert ("REPEATED_BELOW_THRESHOLD" in standing.position.flags) == (not in_weeks and a_year >= 16)
        assert assessor.other_readings(assessor.own(upn), assessor.weeks) == {
            "school_days": in_days,
            "full_weeks": in_full_weeks,
        }


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
