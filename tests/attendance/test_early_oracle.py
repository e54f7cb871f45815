"""Early letters over a term, Friday by Friday and with amendments, against a slow oracle written from the promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from builders import PUPIL, URN, School, parent_row, sessions
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.early import KnownOfFamily, Written, early_letters
from attendance.facts import people_known
from attendance.positions import Assessor
from attendance.sessions import Session, monday
from local.given import read_letters
from tests.made_school import letters

[WORDS] = read_letters(letters(), "letters")
WEEKS = [date(2025, 9, 1) + timedelta(weeks=n) for n in range(16) if n != 8]
HALF_TERM = {date(2025, 10, 27) + timedelta(days=n) for n in range(5)}
TERM = [s for s in sessions("2025-09-01..2025-12-19") if s.day not in HALF_TERM]
PARENTS = ("p1", "p2")

type Letters = list[tuple[date, str, int]]

absences = st.lists(st.tuples(st.sampled_from(TERM), st.sampled_from("GOUNI")), max_size=26).map(dict)
amendments = st.lists(st.tuples(st.sampled_from(TERM), st.sampled_from("/OC"), st.sampled_from(WEEKS)), max_size=8)
arrives = st.sampled_from(WEEKS)


def known_by(
    first: Mapping[Session, str], later: Sequence[tuple[Session, str, date]], friday: date
) -> dict[Session, str]:
    """The codes as the school has them on a Friday."""
    found = {s: code for s, code in first.items() if s.day <= friday}
    return found | {s: code for s, code, week in later if s.day <= friday and monday(s.day) <= week <= friday}


def read_slowly(
    first: Mapping[Session, str], later: Sequence[tuple[Session, str, date]], second_parent_from: date
) -> Letters:
    """On each Friday, to each parent: the highest of 4, 7 and 9 reached, unless it or a higher one went in the ten weeks."""
    sent: Letters = []
    for friday in (week + timedelta(days=4) for week in WEEKS):
        ten = [week for week in WEEKS if week <= friday][-10:]
        inside = [code for s, code in known_by(first, later, friday).items() if monday(s.day) in ten]
        told, all_of_them = (sum(code in codes for code in inside) for codes in ("GOU", "GOUN"))
        if all_of_them >= 10:
            continue
        for parent in PARENTS if second_parent_from <= friday else PARENTS[:1]:
            for level in (9, 7, 4):
                if told >= level:
                    if not [1 for on, to, at in sent if to == parent and at >= level and monday(on) in ten]:
                        sent.append((friday, parent, level))
                    break
    return sent


def as_found(
    first: Mapping[Session, str], later: Sequence[tuple[Session, str, date]], second_parent_from: date
) -> Letters:
    written: list[Written] = []
    for friday in (week + timedelta(days=4) for week in WEEKS):
        parents = tuple(parent_row(p) for p in (PARENTS if second_parent_from <= friday else PARENTS[:1]))
        school = School(parents=parents)
        view = school.view(known_by(first, later, friday), friday)
        assessor = Assessor(view, friday)
        people = people_known("p", URN, view.roll.parents.get(PUPIL, ()), (), b"")
        due = list(
            early_letters(assessor, assessor.standing(PUPIL), WORDS, KnownOfFamily(people, written=tuple(written)))
        )
        assert len({each.since for each in due}) == len(due), "each has its own key"
        written += [Written(each, friday) for each in due]
    return [(each.dated, each.due.row["parent_id"], int(each.due.row["level"])) for each in written]


@settings(max_examples=60)
@given(absences, amendments, arrives)
def test_each_level_goes_once_in_ten_school_weeks_whatever_is_amended(
    first: dict[Session, str], later: list[tuple[Session, str, date]], second_parent_from: date
) -> None:
    assert sorted(as_found(first, later, second_parent_from)) == sorted(read_slowly(first, later, second_parent_from))
