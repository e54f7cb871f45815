"""What spares work with a daily file, each shortcut against the obvious way that it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from builders import CLASSMATE, LA, PUPIL, URN, School, marks_of, parent_row, present, pupil_row, roll_of, sessions
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.ages import compulsory_from, compulsory_until
from attendance.cases import Notice, Recipient, follow, met_for
from attendance.early import KnownOfFamily, Written, early_letters, everyone_had, level_of, missed
from attendance.facts import Persons, Verdict, people_known, some_unclear
from attendance.identifiers import person_id
from attendance.law import academic_year_days
from attendance.positions import Assessor, SchoolView
from attendance.returns import every_mark_this_year, this_year
from attendance.roll import Parent, Pupil
from attendance.service import is_working_day
from attendance.sessions import Session, monday
from attendance.told import n_overdue_on
from local.given import read_letters
from tests.made_school import letters

TERM = sessions("2025-09-01..2025-12-19")
DAYS = st.sampled_from([date(2025, 9, 1) + timedelta(days=n) for n in range(130)])
ABSENCES = st.lists(st.tuples(st.sampled_from(TERM), st.sampled_from("GOUNI")), max_size=40).map(dict)


@settings(max_examples=80)
@given(ABSENCES, ABSENCES, DAYS, DAYS)
def test_a_case_that_sees_every_session_sees_what_the_position_says(
    before: Mapping[Session, str], after: Mapping[Session, str], first: date, then: date
) -> None:
    """The case is opened by some marks and followed by others; the long way asks the threshold of its sessions anew."""
    where = {"la": LA, "urn": URN, "pupil": "p"}
    cases = follow((), (), Assessor(School().view(before, first), first).standing(PUPIL), (), **where, today=first)
    standing = Assessor(School().view(after, then), then).standing(PUPIL)
    the_long_way = replace(standing, threshold=None)
    for case in (None, *cases):
        assert met_for(case, cases, (), standing, then) == met_for(case, cases, (), the_long_way, then)
    assert follow(cases, (), standing, (), **where, today=then) == follow(
        cases, (), the_long_way, (), **where, today=then
    )


@settings(max_examples=60)
@given(ABSENCES, ABSENCES, DAYS, st.sampled_from([None, "2009-10-01", "2021-01-05", "2020-11-05"]))
def test_the_marks_of_every_pupil_at_once_are_those_of_each(
    one: Mapping[Session, str], other: Mapping[Session, str], as_at: date, born: str | None
) -> None:
    codes = frozenset("NO")
    marks = marks_of({PUPIL: {s: one.get(s, present(s)) for s in TERM}, CLASSMATE: dict(other) or {TERM[0]: "/"}})
    roll = roll_of(pupils=[pupil_row(date_of_birth=born), pupil_row(CLASSMATE)])
    assessor = Assessor(SchoolView(URN, LA, True, marks, roll), as_at)
    found = every_mark_this_year(assessor, codes)
    for upn in (PUPIL, CLASSMATE):
        assert found.get(upn, []) == [s for s, _ in this_year(assessor, upn, roll.pupils[upn], *codes)]


@settings(max_examples=60)
@given(
    st.sampled_from(["", "2026-01-05..2026-01-09 yes", "2025-12-15..2026-01-09 no; 2026-01-12 yes"]),
    DAYS,
    st.sampled_from([date(2025, 9, 1) + timedelta(days=n) for n in range(200)]),
)
def test_a_code_n_is_overdue_after_five_school_days_counted_one_by_one(
    calendar: str, as_at: date, marked: date
) -> None:
    assessor = Assessor(School(calendar=calendar).view({}, as_at), as_at)
    day, left = marked, 5
    while left:
        day += timedelta(days=1)
        left -= day in assessor.school_days or (day > assessor.known_until and is_working_day(day))
    assert n_overdue_on(assessor, marked) == day + timedelta(days=1)


SOME_DAY = st.none() | st.dates(date(2025, 8, 1), date(2026, 9, 1)).map(date.isoformat)
YES = st.sampled_from([None, "yes", "no", "Y"])
BORN = st.none() | st.dates(date(2008, 9, 1), date(2021, 8, 31)).map(date.isoformat)


@settings(max_examples=80)
@given(st.lists(st.tuples(BORN, SOME_DAY, SOME_DAY, st.booleans()), min_size=1, max_size=5), DAYS)
def test_the_next_change_is_the_first_day_that_any_pupil_brings(
    children: Sequence[tuple[str | None, str | None, str | None, bool]], as_at: date
) -> None:
    """With marks or without: they are given only up to as-at, and no calendar, so no session lies ahead."""
    rows = [
        pupil_row(f"B8012000051{n:02}", date_of_birth=born, starting_day=came, leaving_day=left)
        for n, (born, came, left, _) in enumerate(children)
    ]
    upns = [f"B8012000051{n:02}" for n, (*_, marked) in enumerate(children) if marked]
    held = [s for s in TERM if s.day <= as_at]
    roll = roll_of(pupils=rows)
    assessor = Assessor(
        SchoolView(URN, LA, True, marks_of({upn: dict.fromkeys(held, "/") for upn in upns}), roll), as_at
    )
    days = [academic_year_days(2025)[1] + timedelta(days=1)]
    for pupil in roll.pupils.values():
        days += [pupil.starting_day] if pupil.starting_day else []
        days += [pupil.leaving_day + timedelta(days=1)] if pupil.leaving_day else []
        if born := pupil.date_of_birth:
            days += [compulsory_from(born), compulsory_until(born) + timedelta(days=1)]
    assert assessor.next_change() == min(day for day in days if day > as_at)


@settings(max_examples=80)
@given(st.lists(st.tuples(BORN, SOME_DAY, SOME_DAY, YES, st.booleans()), min_size=1, max_size=6), DAYS)
def test_what_is_asked_of_a_roll_by_columns_is_what_its_pupils_say(
    children: Sequence[tuple[str | None, str | None, str | None, str | None, bool]], as_at: date
) -> None:
    rows = [
        pupil_row(f"B8012000051{n:02}", date_of_birth=born, starting_day=came, leaving_day=left, boarder=said,
                  withdrawn_on="2025-09-01" if withdrawn else None)
        for n, (born, came, left, said, withdrawn) in enumerate(children)
    ]  # fmt: skip
    roll = roll_of(pupils=rows)
    assert [*roll.pupils.values()] == [Pupil.of(row) for row in rows if not row["withdrawn_on"]]
    for column in ("date_of_birth", "starting_day", "leaving_day"):
        said = {upn: getattr(pupil, column) for upn, pupil in roll.pupils.items()}
        assert roll.days(column) == {upn: day for upn, day in said.items() if day}
    assert roll.flagged("boarder") == {upn for upn, pupil in roll.pupils.items() if pupil.boarder}

    held = [s for s in TERM if s.day <= as_at]
    marks = {row["upn"] or "": dict.fromkeys(held[n:], "/") for n, row in enumerate(rows[1:])}
    assessor = Assessor(SchoolView(URN, LA, True, marks_of(marks), roll), as_at)
    assert {*assessor.with_gaps()} == {upn for upn in assessor.upns if len(assessor.unmarked(upn))}


@settings(max_examples=80)
@given(ABSENCES, ABSENCES, DAYS, DAYS)
def test_a_case_that_stays_itself_is_the_case_made_anew(
    before: Mapping[Session, str], after: Mapping[Session, str], first: date, then: date
) -> None:
    where = {"la": LA, "urn": URN, "pupil": "p"}
    cases = follow((), (), Assessor(School().view(before, first), first).standing(PUPIL), (), **where, today=first)
    for marks, day in ((before, first), (after, then)):
        standing = Assessor(School().view(marks, day), day).standing(PUPIL)
        for case in cases:
            other = case.model_copy(update={"considered": (), "weeks": (), "provisional": not case.provisional})
            anew = follow((other,), (), standing, (), **where, today=day)
            if anew and anew[0].state == "gathering":
                assert (follow((case,), (), standing, (), **where, today=day) or (case,)) == anew


NAMES = st.sampled_from(["Anna", "Ann", "Änna", "Bob"])
PARENTS = st.lists(st.tuples(st.sampled_from(["p1", "p2", "p3"]), NAMES), max_size=3).map(dict)
ELSEWHERE = st.lists(st.tuples(st.sampled_from(["100001", "100009"]), st.sampled_from(["p1", "7"]), NAMES), max_size=3)


@settings(max_examples=80)
@given(PARENTS, ELSEWHERE, st.booleans())
def test_whether_anybody_is_unclear_is_the_same_before_names_are_made(
    parents: Mapping[str, str], elsewhere: Sequence[tuple[str, str, str]], said: bool
) -> None:
    rows = [Parent.of(parent_row(name, forename=forename)) for name, forename in parents.items()]
    notices = [
        Notice(
            reference=f"r{n}", kind="penalty_notice", la=LA, urn=urn, case=None, pupil=PUPIL, person="x", parent_id=name,
            attempt=0, issued_on=date(2025, 9, 1),
            recipient=Recipient(
                surname=rows[0].surname if rows else "X", forename=forename, date_of_birth=None, postcode="ZZ1 1AA", email=""
            ),
        )
        for n, (urn, name, forename) in enumerate(elsewhere)
    ]  # fmt: skip
    one, other = (person_id(PUPIL, URN, name, b"s") for name in ("p1", "p2"))
    persons = Persons((Verdict(one, other, same=True),) if said else ())
    expected = bool(persons.unclear(people_known(PUPIL, URN, rows, notices, b"s")))
    assert some_unclear(PUPIL, URN, rows, notices, persons, b"s") is expected


[WORDS] = read_letters(letters(), "letters")
ROWS = st.lists(
    st.tuples(st.sampled_from(["p1", "p2", ""]), st.sampled_from([4, 7, 9]), DAYS, st.booleans()), max_size=4
)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(TERM), max_size=9, unique=True), ROWS, DAYS, st.integers(1, 2))
def test_where_everyone_had_the_letter_none_is_due(
    absent: Sequence[Session], rows: Sequence[tuple[str, int, date, bool]], as_at: date, number: int
) -> None:
    school = School(parents=tuple(parent_row(f"p{n + 1}") for n in range(number)))
    view = school.view(dict.fromkeys(absent, "O"), as_at)
    assessor = Assessor(view, as_at)
    standing, parents = assessor.standing(PUPIL), view.roll.parents[PUPIL]
    people = people_known("p", URN, parents, (), b"")
    [*made] = early_letters(Assessor(FULL, FULL_DAY), Assessor(FULL, FULL_DAY).standing(PUPIL), WORDS, KNOWN)
    written = [
        Written(
            made[0].model_copy(
                update={
                    "since": f"{level} {FULL_DAY} x{' held' if held else ''}",
                    "row": {**made[0].row, "parent_id": name, "level": str(level)},
                }
            ),
            dated,
        )
        for name, level, dated, held in rows
    ]
    level = level_of(len(missed(standing, URN)), WORDS)
    if level is not None and everyone_had(parents, written, level, standing.window_begins, as_at):
        assert not [*early_letters(assessor, standing, WORDS, KnownOfFamily(people, written=written))]


FULL_DAY = date(2025, 9, 12)
FULL = School(parents=(parent_row("p1"),)).view(dict.fromkeys(TERM[:5], "O"), FULL_DAY)
KNOWN = KnownOfFamily(people_known("p", URN, FULL.roll.parents[PUPIL], (), b""))


@settings(max_examples=60)
@given(ABSENCES, DAYS)
def test_what_is_stored_says_what_the_position_says(absent: Mapping[Session, str], as_at: date) -> None:
    standing = Assessor(School().view(absent, as_at), as_at).standing(PUPIL)
    position = standing.position
    assert (standing.upn, standing.met, standing.count) == (position.upn, position.met, position.count)
    assert standing.in_window == {each.at for each in position.window.sessions}
    assert (
        standing.window_begins
        == position.window.weeks[0]
        == min({monday(s.day) for s in TERM} & {*position.window.weeks})
    )
