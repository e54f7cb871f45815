"""Continuous absence, days of illness, schedules and the twenty days of ground i, against slow oracles written from the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from builders import PUPIL, School, expected_rows, sessions
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.deletions import deletion_problems
from attendance.due import Return
from attendance.positions import Assessor
from attendance.returns import Readings, last_day, returns_due, write_on
from attendance.service import is_working_day
from attendance.sessions import HALVES, Session

FIRST, LAST = date(2025, 9, 1), date(2025, 12, 19)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
SESSIONS = [s for s in sessions("2025-09-01..2025-12-19") if not date(2025, 10, 27) <= s.day <= date(2025, 10, 31)]
HELD = {s.day for s in SESSIONS}
UNAUTHORISED, NOT_POSSIBLE = set("GNOU"), {"D", "Q", "X", "Y2", "Y7", "-"}


def stretches(codes: Sequence[str]) -> st.SearchStrategy[dict[Session, str]]:
    """Marks of a term in stretches of one code each; `-` is a session without a mark."""
    stretch = st.tuples(st.sampled_from(codes), st.sampled_from([1, 2, 3, 8, 19, 20, 29, 30, 31]))
    return st.lists(stretch, min_size=12, max_size=30).map(
        lambda made: dict(zip(SESSIONS, (code for code, length in made for _ in range(length)), strict=False))
    )


def assessor_of(school: School, marks: Mapping[Session, str], as_at: date) -> Assessor:
    return Assessor(school.view(marks, as_at), as_at)


def code_of(marks: Mapping[Session, str], session: Session, as_at: date) -> str:
    """The code as the school that the builders make has it: present where nothing else is said, nothing after as-at."""
    if session not in SESSION_SET or session.day > as_at:
        return "-"
    return marks.get(session, "/")


SESSION_SET = set(SESSIONS)


# ---------------------------------------------------------------- ten continuous school days


@settings(max_examples=60)
@given(stretches(["O", "O", "U", "G", "N", "/", "M", "I", "Y2", "D", "-"]), st.sampled_from(DAYS))
def test_continuous_absence_is_what_is_left_when_all_else_is_crossed_out(
    marks: dict[Session, str], as_at: date
) -> None:
    told = [(s, code_of(marks, s, as_at)) for s in SESSIONS]
    possible = [(s, code) for s, code in told if code not in NOT_POSSIBLE]
    written = "".join("u" if code in UNAUTHORISED else "x" for _, code in possible)
    episodes = [
        (possible[m.start()][0].day, possible[m.end() - 1][0].day, len(m[0]), possible[m.start() + 19][0].day)
        for m in re.finditer("u{20,}", written)
    ]
    assessor = assessor_of(School(), marks, as_at)

    found = [due for due in returns_due(assessor, Readings()) if due.kind == "attendance" and due.upn == PUPIL]

    assert episodes == [
        (*map(date.fromisoformat, (due.row["from"], due.row["until"])), int(due.row["sessions"]), due.made_due_on)
        for due in found
    ]
    still_open = len(written) - len(written.rstrip("u"))
    assert assessor.standing(PUPIL).position.continuous_unauthorised_sessions == still_open


# ---------------------------------------------------------------- fifteen days of illness

EVIDENCE = st.lists(
    st.tuples(st.sampled_from(DAYS), st.integers(0, 40), st.sampled_from(DAYS)),
    max_size=2,
    unique_by=lambda row: row[0],
)


def illness_read_slowly(
    marks: Mapping[Session, str], evidence: Sequence[tuple[date, int, date]], readings: Readings, as_at: date
) -> list[tuple[str, date]]:
    """Day by day: what is missed and what may be expected to be missed; the (`since`, day) of each return."""
    every = [Session(FIRST + timedelta(days=n), half) for n in range(170) for half in HALVES]

    def school_day(day: date) -> bool:
        return day in HELD if day <= as_at else is_working_day(day)

    def amount(missed: set[Session]) -> float:
        return len(missed) / 2 if readings.halves else len({s.day for s in missed})

    made: list[tuple[str, date]] = []
    told: set[Session] = set()
    for today in (day for day in DAYS if day <= as_at):
        missed, written = set(), ""
        for s in every:
            code = code_of(marks, s, as_at)
            named = any(known <= today and start <= s.day <= start + timedelta(days=n) for start, n, known in evidence)
            expected = named and school_day(s.day) and (s.day > today or code in {"-", "I"})
            if expected or (code == "I" and s.day <= today):
                missed.add(s)
                written += "i"
            elif s.day > today:
                written += "x" if school_day(s.day) else " "
            else:
                written += " " if code in NOT_POSSIBLE else "x"
        if not told:
            if amount(missed) >= 15:
                told = missed
                made.append(("2025", today))
            continue
        for period in re.finditer("i[i ]*", written if readings.each_illness else ""):
            of_period = {s for s, letter in zip(every[period.start() :], period[0], strict=False) if letter == "i"}
            if not of_period & told and amount(of_period) >= 15:
                told |= of_period
                made.append((min(of_period).day.isoformat(), today))
    return made


@settings(max_examples=30)
@given(
    stretches(["I", "I", "I", "/", "M", "O", "Y2", "-"]), EVIDENCE, st.booleans(), st.booleans(), st.sampled_from(DAYS[-40:])
)  # fmt: skip
def test_illness_is_reported_when_the_days_read_slowly_are_fifteen(
    marks: dict[Session, str],
    evidence: list[tuple[date, int, date]],
    halves: bool,
    each_illness: bool,
    as_at: date,
) -> None:
    rows = "; ".join(f"{first} {first + timedelta(days=n)} known={known} evidence=x" for first, n, known in evidence)
    assessor = assessor_of(replace(School(), expected=tuple(expected_rows(rows))), marks, as_at)
    readings = Readings(halves, each_illness)

    found = [due for due in returns_due(assessor, readings) if due.kind == "sickness" and due.upn == PUPIL]

    assert [(due.since, due.made_due_on) for due in found] == illness_read_slowly(marks, evidence, readings, as_at)
    assert all(due.row["from"] <= due.row["until"] for due in found)


# ---------------------------------------------------------------- schedules


@settings(max_examples=200)
@given(
    st.sampled_from(["at_once", "monthly", "half_termly", "termly"]),
    st.sampled_from(["attendance", "sickness", "new_pupil", "deletion"]),
    st.dates(date(2024, 9, 1), date(2032, 8, 31)),
    st.integers(-10, 10),
)
def test_a_return_is_never_written_before_it_is_found_nor_after_the_law_lets(
    schedule: str, kind: str, found_on: date, days: int
) -> None:
    due_by = found_on + timedelta(days=days) if kind in {"new_pupil", "deletion"} else None
    due = Return(kind=kind, urn="", upn="", since="", made_due_on=found_on, row={}, due_by=due_by)  # type: ignore[arg-type]

    written_on = write_on(schedule, found_on, last_day(due, found_on))

    assert written_on >= found_on
    if due_by:
        assert written_on <= due_by or written_on == found_on
    if kind == "attendance" or schedule == "monthly":
        assert (written_on.year, written_on.month) == (found_on.year, found_on.month)
    if schedule == "at_once":
        assert written_on == found_on
    months = (written_on.year - found_on.year) * 12 + written_on.month - found_on.month
    assert months <= {"half_termly": 2, "termly": 4}.get(schedule, 0)


# ---------------------------------------------------------------- ground i


@settings(max_examples=60)
@given(stretches(["O", "O", "O", "G", "N", "U", "/", "I", "Y2", "-"]), st.sampled_from(sorted(HELD)))
def test_ground_i_needs_twenty_whole_days_of_nothing_but_g_n_and_o(marks: dict[Session, str], left: date) -> None:
    days = 0
    for day in sorted((day for day in HELD if day <= left), reverse=True):
        if not all(code_of(marks, Session(day, half), left) in {"G", "N", "O"} for half in HALVES):
            break
        days += 1
    assessor = assessor_of(School(pupil={"leaving_day": left.isoformat(), "deletion_ground": "i"}), marks, left)
    pupil = assessor.view.roll.pupils[PUPIL]

    found = deletion_problems(assessor, PUPIL, pupil, "not_located", "1")

    assert [each.problem for each in found] == ([] if days >= 20 else ["ABSENCE_TOO_SHORT"])
    assert all(each.wrong.startswith(f"{days} school days") for each in found)
