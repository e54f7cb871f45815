"""The figures of a support meeting's pack against a slow count mark by mark: who is named, in which group, in which week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from attendance.codes import ATTENDED, CODES
from attendance.law import PERSISTENT_TENTHS, SEVERE_TENTHS
from attendance.positions import Assessor, SchoolView
from attendance.sessions import HALVES, Session, monday
from attendance.settings import Settings
from attendance.standing import Positions
from local.given import read_conduct
from notices.packs import support_pack
from tests.attendance.builders import LA, URN, marks_of, pupil_row, roll_of
from tests.made_school import settings, upn

AS_AT = date(2025, 10, 31)
DAYS = [date(2025, 9, 8) + timedelta(days=7 * week + day) for week in range(4) for day in range(2)]
SESSIONS = [Session(day, half) for day in DAYS for half in HALVES]
BEFORE = Session(date(2025, 7, 21), "AM")
"""A session of the school year before, which no figure of this one may count."""
CODE = st.sampled_from(["/", "/", "/", "O", "O", "G", "I", "C", "X", "B"]) | st.sampled_from(
    sorted(set(CODES) - {"\\"})
)
FLAGS = st.fixed_dictionaries(
    {
        "year_group": st.sampled_from(["R", "2", "10"]),
        "looked_after": st.sampled_from(["yes", "no"]),
        "sen": st.sampled_from(["", "EHC plan"]),
        "leaving_day": st.sampled_from([None, None, "2025-10-30", "2025-10-31"]),
    }
)
CHILD = st.tuples(st.dictionaries(st.sampled_from([BEFORE, *SESSIONS]), CODE, max_size=len(SESSIONS)), FLAGS)


def settings_in_force() -> Settings:
    [found] = read_conduct(settings(), "made up")
    return found


def pack(children: Mapping[str, tuple[dict[Session, str], dict[str, Any]]]) -> Any:
    rows = [pupil_row(name, **flags) for name, (_, flags) in children.items()]
    marks = marks_of({name: of for name, (of, _) in children.items()})
    view = SchoolView(
        urn=URN,
        la=LA,
        in_framework=True,
        marks=marks,
        roll=roll_of(pupils=rows),
        has_settings=True,
        history={},
        carried={},
    )
    assessor = Assessor(view, AS_AT)
    standings = assessor.standings()
    positions = Positions(
        urn=URN,
        as_at=AS_AT,
        known_at=datetime(2025, 10, 31, 18, tzinfo=UTC),
        pupils=tuple(s.position for s in standings),
    )
    return support_pack(positions, assessor, {}, settings_in_force(), LA, None)


@hypothesis_settings(max_examples=150)
@given(st.lists(CHILD, min_size=1, max_size=6))
def test_the_pack_says_what_counting_every_mark_says(
    given_children: list[tuple[dict[Session, str], dict[str, Any]]],
) -> None:
    children = {upn(n): child for n, child in enumerate(given_children, start=1)}

    page = pack(children)

    here = {name: child for name, child in children.items() if child[1]["leaving_day"] != "2025-10-30"}
    marks = {name: [(s, code) for s, code in of.items() if s != BEFORE] for name, (of, _) in here.items()}
    possible = {name: [(s, code) for s, code in of if CODES[code].possible] for name, of in marks.items()}
    absent = {name: [code for _, code in of if code not in ATTENDED] for name, of in possible.items()}
    severe = {n for n in here if possible[n] and 10 * len(absent[n]) >= SEVERE_TENTHS.on(AS_AT) * len(possible[n])}
    persistent = {
        n for n in here if possible[n] and 10 * len(absent[n]) >= PERSISTENT_TENTHS.on(AS_AT) * len(possible[n])
    }
    # Every session with a mark that shows it held counts for all; the codes that count towards the threshold show it.
    countable = {n: sum(CODES[code].unauthorised for _, code in marks[n]) + in_last_july(children[n][0]) for n in here}

    assert page.pupils == len(here)
    assert {each.upn for each in page.severe} == severe
    assert {each.upn for each in page.persistent} == persistent - severe
    assert {each.upn for each in page.near} == {n for n in here if 7 <= countable[n] <= 9}
    assert page.attendance.possible == sum(map(len, possible.values()))
    assert (
        page.attendance.possible == page.attendance.attended + page.attendance.authorised + page.attendance.unauthorised
    )
    assert dict(page.codes) == Counter(code for codes in absent.values() for code in codes)
    assert [count for _, count in page.codes] == sorted((count for _, count in page.codes), reverse=True)
    by_week = Counter(monday(s.day) for of in possible.values() for s, _ in of)
    assert {week.monday: week.possible for week in page.weeks} == by_week
    cohorts = {cohort.name: cohort for cohort in page.cohorts}
    assert next(iter(cohorts)) == "All pupils"
    assert [name for name in cohorts if name.startswith("Year")] == sorted(
        {f"Year {here[n][1]['year_group']}" for n in here}, key=["Year R", "Year 2", "Year 10"].index
    )
    for name, is_in in {
        "Looked after": lambda flags: flags["looked_after"] == "yes",
        "Special educational needs": lambda flags: flags["sen"] != "",
        "Year 10": lambda flags: flags["year_group"] == "10",
    }.items():
        of = {n for n in here if is_in(here[n][1])}
        assert (name in cohorts) == bool(of)
        if of:
            assert (cohorts[name].pupils, cohorts[name].persistent) == (len(of), len(of & persistent))
            assert (cohorts[name].severe, cohorts[name].possible) == (
                len(of & severe),
                sum(len(possible[n]) for n in of),
            )


def in_last_july(of: dict[Session, str]) -> int:
    """The week of July is among the last ten school weeks, as only four were held since."""
    return int(BEFORE in of and CODES[of[BEFORE]].unauthorised)


def test_a_pupil_is_shown_with_every_school_day_of_the_year() -> None:
    children = {upn(1): (dict.fromkeys(SESSIONS[:8], "O"), {}), upn(2): (dict.fromkeys(SESSIONS, "/"), {})}
    [concern] = pack(children).severe
    assert concern.upn == upn(1)
    assert [day.date for day in concern.year] == DAYS
    assert [(day.am, day.pm) for day in concern.year] == [("O", "O")] * 4 + [(None, None)] * 4
    assert concern.support == "none on record"
