"""All pupils of a school counted at once, as arrays, against each counted alone, slowly, mark by mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from builders import LA, URN, calendar_rows, marks_of, present, pupil_row, roll_of
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.ages import of_compulsory_age
from attendance.codes import ATTENDED, CODES, POSSIBLE, SHOWS_SESSION_HELD, UNAUTHORISED
from attendance.positions import Assessor, SchoolView, positions_line
from attendance.sessions import HALVES, Session
from attendance.standing import Position, Positions
from attendance.text import json_line

MONDAYS = [
    *(date(2024, 7, 1) + timedelta(weeks=n) for n in range(2)),
    *(date(2025, 6, 9) + timedelta(weeks=n) for n in range(6)),
    *(date(2025, 9, 1) + timedelta(weeks=n) for n in range(16)),
]
UPNS = [f"B8012000050{n:02}" for n in range(4)]
AS_AT = date(2025, 12, 12)
RUNS = st.lists(
    st.tuples(st.sampled_from(["/", "/", "/", "O", "U", "G", "N", "I", "X", "#", None, *CODES]), st.integers(1, 40)),
    min_size=1,
    max_size=30,
)
BORN = st.sampled_from([None, "2014-05-05", "2009-10-01", "2021-01-05"])


@dataclass(frozen=True)
class Child:
    """What one pupil's marks say, in order from the first session: a code so many times."""

    born: str | None
    runs: Sequence[tuple[str | None, int]]

    def marks(self) -> dict[Session, str]:
        sessions = iter(
            Session(week + timedelta(days=n), half) for week in MONDAYS for n in range(5) for half in HALVES
        )
        given = zip(sessions, (code for code, times in self.runs for _ in range(times)), strict=False)
        return {session: present(session) if code == "/" else code for session, code in [*given] if code is not None}


CHILDREN = st.lists(st.builds(Child, BORN, RUNS), min_size=1, max_size=4)


def held_by(every: Mapping[str, Mapping[Session, str]], shut: Sequence[Session]) -> list[Session]:
    """The sessions the school held up to as-at."""
    shown = {s for marks in every.values() for s, code in marks.items() if code in SHOWS_SESSION_HELD}
    return sorted(s for s in shown if s.day <= AS_AT and s not in shut)


def read_slowly(child: Child, held: Sequence[Session]) -> dict[str, object]:
    """The figures of a position, mark by mark."""
    marks = {s: code for s, code in sorted(child.marks().items()) if s.day <= AS_AT}
    year = {s: code for s, code in marks.items() if s.day >= date(2025, 8, 1)}
    born = date.fromisoformat(child.born) if child.born else None
    of_age = {s for s in marks if born is None or of_compulsory_age(born, s.day)}
    counted = [
        s for s in marks if marks[s] in UNAUTHORISED and s in held and s in of_age and s.day >= date(2024, 8, 19)
    ]
    weeks = sorted({monday(s.day) for s in held})

    def met_at(sessions: Sequence[Session]) -> Session | None:
        for s in sessions:
            window = [w for w in weeks if w <= monday(s.day)][-10:]
            if s.day >= date(2024, 8, 1) and sum(each <= s and monday(each.day) in window for each in sessions) >= 10:
                return s
        return None

    windows = [[w for w in weeks if w <= end][-10:] for end in weeks if end + timedelta(days=6) >= date(2024, 8, 1)]
    fullest = max([(sum(monday(s.day) in w for s in counted), w) for w in windows], default=(0, []))
    run = 0
    for code in year.values():
        run = run + 1 if code in UNAUTHORISED else 0 if code in POSSIBLE else run
    possible, attended, unauthorised = (
        sum(c in kind for c in year.values()) for kind in (POSSIBLE, ATTENDED, UNAUTHORISED)
    )
    absent = possible - attended
    first = met_at(counted)
    return {
        "count": sum(monday(s.day) in weeks[-10:] for s in counted), "best": fullest[0], "best_weeks": fullest[1],
        "met_at": first,
        "provisional": first is not None and met_at([s for s in counted if marks[s] != "N"]) is None,
        "possible": possible, "attended": attended, "unauthorised": unauthorised,
        "authorised": absent - unauthorised,
        "persistent": possible > 0 and 10 * absent >= possible, "severe": possible > 0 and 2 * absent >= possible,
        "illness_days": len({s.day for s, code in year.items() if code == "I" and s in of_age}),
        "continuous_unauthorised_sessions": run,
    }  # fmt: skip


def monday(day: date) -> date:
    return day - timedelta(days=day.isoweekday() - 1)


def figures(position: Position) -> dict[str, object]:
    """The same figures of a position."""
    said = position.model_dump()
    return {
        **{name: said[name] for name in read_slowly(Child(None, ()), ()) if name in said},
        "best": position.best.count, "best_weeks": [*position.best.weeks],
        "met_at": position.met_at and Session(position.met_at.date, position.met_at.session),
    }  # fmt: skip


@pytest.mark.parametrize("shut", ["", "2025-10-06..2025-10-10 no; 2025-11-10 no"])
@settings(max_examples=60)
@given(children=CHILDREN)
def test_a_school_counted_at_once_is_each_pupil_read_slowly(shut: str, children: list[Child]) -> None:
    marks = {upn: child.marks() for upn, child in zip(UPNS, children, strict=False)}
    calendar = calendar_rows(shut)
    closed = [Session(date.fromisoformat(row["date"] or ""), row["session"] or "") for row in calendar]
    pupils = [pupil_row(upn, date_of_birth=child.born) for upn, child in zip(UPNS, children, strict=False)]
    view = SchoolView(URN, LA, True, marks_of(marks), roll_of(pupils=pupils, calendar=calendar))

    assessor = Assessor(view, AS_AT)
    standings = {each.position.upn: each.position for each in assessor.standings()}

    whole = Positions(urn=URN, as_at=AS_AT, known_at=None, pupils=tuple(standings.values()))
    looked_at = {upn: assessor.standing(upn) for upn in assessor.may_have_met()}
    stored = positions_line(URN, AS_AT, None, assessor.stored(looked_at))
    assert stored == json_line(whole.model_dump(mode="json")), "who was not looked at is stored as if"

    held = held_by(marks, closed)
    assert {upn: figures(standings[upn]) for upn in standings} == {
        upn: read_slowly(child, held) for upn, child in zip(UPNS, children, strict=False)
    }
