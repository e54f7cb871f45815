"""What a school says besides marks: which row stands when several speak of the same (design 4.2, 5.1)."""

from collections.abc import Sequence
from datetime import date, datetime

import pytest
from builders import PUPIL, parquet

from attendance.extracts import Kind
from attendance.roll import Roll
from attendance.sessions import Session

PROVENANCE = {"extracted_at": "TIMESTAMP", "received_at": "TIMESTAMP", "upload": "VARCHAR", "row": "BIGINT"}
CALENDAR = {"date": "VARCHAR", "session": "VARCHAR", "open": "VARCHAR", **PROVENANCE}


def part(columns: Sequence[str], *rows: Sequence[str | None], file: int = 1) -> bytes:
    """A part of a file extracted at that hour, with these rows."""
    taken = datetime(2025, 9, 1, file)  # noqa: DTZ001 - TIMESTAMP columns are naive, and UTC
    types = dict.fromkeys(columns, "VARCHAR") | PROVENANCE
    return parquet(types, ([*row, taken, taken, f"{file:064}", place] for place, row in enumerate(rows, 2)))


def folded(kind: Kind, *parts: bytes) -> Roll:
    """The roll of those parts, which is the same from whichever end they are folded."""
    named: list[tuple[str, Kind, bytes]] = [(f"{kind}-{n}", kind, body) for n, body in enumerate(parts)]
    roll = Roll().folded(named)
    assert Roll().folded(reversed(named)).dump() == roll.dump() == Roll.load(roll.dump()).dump()
    return roll


DAY = ("date", "session", "open")
AM, PM = Session(date(2025, 9, 8), "AM"), Session(date(2025, 9, 8), "PM")


@pytest.mark.parametrize(
    ("files", "am", "pm", "because"),
    [
        ([[("2025-09-08", None, "yes")]], True, True, "a blank session is both"),
        ([[("2025-09-08", "PM", "no"), ("2025-09-08", None, "yes")]], True, False, "one session is nearer than both"),
        ([[("2025-09-08", None, "yes"), ("2025-09-08", "PM", "no")]], True, False, "in whatever order they stand"),
        ([[("2025-09-08", "PM", "no")], [("2025-09-08", None, "yes")]], True, True, "a later file replaces an earlier"),
        ([[("2025-09-08", None, "no")], [("2025-09-08", "AM", "yes")]], True, False, "for what it speaks of"),
    ],
)
def test_the_calendar(files: list[list[tuple[str, str | None, str]]], am: bool, pm: bool, because: str) -> None:
    roll = folded("calendar", *(part(DAY, *rows, file=n) for n, rows in enumerate(files, 1)))

    assert roll.calendar == {AM: am, PM: pm}, because


def test_a_row_absent_from_a_later_file_stands_and_a_withdrawn_one_does_not() -> None:
    columns = ("upn", "parent_id", "surname", "withdrawn_on", "withdrawn_reason")
    first = part(columns, (PUPIL, "p1", "First", None, None), (PUPIL, "p2", "Second", None, None), file=1)
    later = part(columns, (PUPIL, "p2", "Second", "2025-09-02", "entered by mistake"), file=2)

    roll = folded("parents", first, later)

    assert [parent.surname for parent in roll.parents[PUPIL]] == ["First"]


def test_support_on_one_day_of_one_kind_for_two_parents_is_two_steps() -> None:
    columns = ("upn", "date", "kind", "description", "outcome", "parent_id")
    rows = [
        (PUPIL, "2025-09-08", "meeting", "", "declined", "p1"),
        (PUPIL, "2025-09-08", "meeting", "", "engaged", "p2"),
    ]

    roll = folded("support", part(columns, *rows))

    assert [(step.outcome, step.parent_id) for step in roll.support[PUPIL]] == [("declined", "p1"), ("engaged", "p2")]


def test_an_expected_absence_is_known_from_the_day_in_london_on_which_it_was_received() -> None:
    columns = {"upn": "VARCHAR", "from": "VARCHAR", "until": "VARCHAR", "evidence": "VARCHAR", **PROVENANCE}
    late = datetime(2025, 6, 30, 23, 30)  # noqa: DTZ001 - 00:30 on 1 July in London
    body = parquet(columns, [[PUPIL, "2025-07-01", "2025-07-18", "letter", late, late, "0" * 64, 2]])

    (expected,) = folded("absences_expected", body).expected[PUPIL]

    assert expected.known_on == date(2025, 7, 1)
