"""Until when a school asks for a notice, what its certificate covers, when the authority answers (field.md 3.4, E20)."""

from datetime import date, timedelta

import pytest
from builders import sessions
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import conduct
from tables import cases

from attendance.requests import answer_by, certificate_from, late, request_deadline, returned_on
from attendance.service import is_working_day
from attendance.sessions import HALVES, Held, Session
from attendance.settings import Certificate, Request, Settings

HALF_TERM = "2025-10-27..2025-10-31"
CODE = conduct()


def asking(within: int, unit: str, from_: str) -> Settings:
    asked = Request.model_validate({"within": within, "unit": unit, "from": from_})
    return CODE.model_copy(update={"request": asked})


def held(until: str, closed: str = "", ahead: str = "") -> Held:
    """A school open every weekday of the autumn up to a day, but for half-term and what else is closed."""
    shut = {*sessions(HALF_TERM), *sessions(closed)}
    days = sessions(f"2025-09-01..{until}")
    return Held(tuple(s for s in days if s not in shut), frozenset(), sessions(ahead))


@pytest.mark.parametrize("case", cases("request_deadline"))
def test_until_when_a_school_asks(case: dict[str, str]) -> None:
    school = held(case["as_at"], case["closed"], case["open_ahead"])
    code = asking(int(case["within"]), case["unit"], case["from"])

    last = request_deadline(code, school, Session.parse(case["last_absence"]), date.fromisoformat(case["known_on"]))

    assert (last.isoformat() if last else "") == case["deadline"]
    assert (late(last, date.fromisoformat(case["asked_on"])) is not None) == (case["late"] == "yes")


def test_the_older_key_means_school_days_from_the_return() -> None:
    school, absence = held("2025-10-24"), Session(date(2025, 9, 12), "PM")
    old = conduct(request_deadline_school_days=10)

    assert request_deadline(old, school, absence, date(2025, 10, 20)) == date(2025, 9, 29)


DAYS = st.dates(date(2025, 9, 1), date(2026, 1, 9))


@given(
    open_days=st.sets(DAYS, max_size=60),
    known=st.integers(0, 60),
    absent=st.tuples(DAYS, st.sampled_from(HALVES)),
    known_on=DAYS,
    within=st.integers(1, 12),
    unit=st.sampled_from(["school_days", "working_days", "weeks"]),
    from_=st.sampled_from(["return_to_school", "detection"]),
)
@settings(max_examples=200)
def test_against_a_calendar_walked_day_by_day(
    open_days: set[date], known: int, absent: tuple[date, str], known_on: date, within: int, unit: str, from_: str
) -> None:
    every = [Session(day, half) for day in sorted(open_days) for half in HALVES]
    school = Held(tuple(every[:known]), frozenset(), tuple(every[known:]))

    found = request_deadline(asking(within, unit, from_), school, Session(*absent), known_on)

    later = [s for s in every if s.day > absent[0] or (s.day == absent[0] and absent[1] == "AM" and s.half == "PM")]
    assert returned_on(school, Session(*absent)) == (later[0].day if later else None)
    if not later:
        assert found is None
        return
    day = later[0].day
    if from_ == "detection" and known_on > day:
        day = known_on
    left = within * 7 if unit == "weeks" else within
    while left:
        day += timedelta(days=1)
        if unit == "school_days" and day > date(2026, 1, 9):
            assert found is None
            return
        counts = {"weeks": True, "working_days": is_working_day(day), "school_days": day in open_days}
        left -= counts[unit]
    assert found == day


@pytest.mark.parametrize(
    ("asked_on", "days", "answered_by"),
    [
        pytest.param(date(2025, 10, 13), 10, date(2025, 10, 27), id="ten working days: two weeks"),
        pytest.param(date(2025, 10, 11), 1, date(2025, 10, 13), id="asked on a Saturday, answered on the Monday"),
        pytest.param(date(2025, 12, 22), 3, date(2025, 12, 29), id="over Christmas Day, Boxing Day and a weekend"),
    ],
)
def test_when_the_authority_answers(asked_on: date, days: int, answered_by: date) -> None:
    assert answer_by(conduct(response_working_days=days), asked_on) == answered_by


@pytest.mark.parametrize(
    ("last", "unit", "day", "first"),
    [
        pytest.param(
            60, "sessions", date(2025, 10, 10), "2025-09-01/AM", id="sixty held since term began: all of them"
        ),
        pytest.param(58, "sessions", date(2025, 10, 10), "2025-09-02/AM", id="fifty-eight: without the first day"),
        pytest.param(10, "sessions", date(2025, 11, 3), "2025-10-21/AM", id="half-term holds none"),
        pytest.param(10, "sessions", date(2025, 10, 29), "2025-10-20/AM", id="up to a day on which none was held"),
        pytest.param(1, "school_years", date(2025, 11, 3), "2025-09-01/AM", id="this school year"),
        pytest.param(2, "school_years", date(2026, 9, 2), "2025-09-01/AM", id="this one and the one before"),
        pytest.param(1, "school_years", date(2026, 9, 2), None, id="a school year in which none was held yet"),
    ],
)
def test_what_the_certificate_covers(last: int, unit: str, day: date, first: str | None) -> None:
    code = conduct(certificate=Certificate.model_validate({"last": last, "unit": unit}))
    found = certificate_from(code, held("2025-12-19"), day)
    assert (str(found) if found else None) == first
