"""The rows of made-up extracts: marks as teachers take them, amendments, closures, and the mistakes that schools make."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from attendance.extracts import Kind
from attendance.rows import COLUMNS
from attendance.sessions import HALVES, Session
from local.madeup import terms
from local.madeup.marks import PRESENT
from local.madeup.people import Pupil, Row

_ONE_BAD_ROW_IN: Final = 2000
_TAKEN_AT: Final[Mapping[str, str]] = {"AM": "09:10:00", "PM": "13:20:00"}
_CHANGED_AT: Final = "16:00:00"
_TEACHER: Final = "R. Pretender, class teacher"
_ATTENDANCE_OFFICER: Final = "M. Placeholder, attendance officer"
_NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "B": ("Forest school", "Taster day at another school", "Music lesson off site"),
    "K": ("Tuition centre of the authority",),
}
_LATE: Final[Mapping[str, tuple[int, int]]] = {"L": (3, 25), "U": (35, 90)}


def dice(*names: object) -> random.Random:
    """Dice of their own for each thing drawn, so that no draw shifts another."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 - made-up data, no secret


def taken(pupil: Pupil, marks: Mapping[Session, str], day: date) -> Iterator[Row]:
    """The two marks of a pupil as the teacher enters them."""
    if not pupil.on_roll(day):
        return
    for half in HALVES:
        code = marks[Session(day, half)]
        row = {
            "upn": pupil.upn,
            "date": day.isoformat(),
            "session": half,
            "code": code,
            "recorded_at": f"{day.isoformat()}T{_TAKEN_AT[half]}",
            "recorded_by": _TEACHER,
        }
        if code in _NOTES:
            row["note"] = dice(pupil.upn, day, half).choice(_NOTES[code])
        if code in _LATE:
            row["minutes_late"] = str(dice(pupil.upn, day, half).randint(*_LATE[code]))
        yield row


def amendment(pupil: Pupil, day: date, half: str, code: str, on: date, reason: str) -> Row:
    """A mark of a day, changed on another by the school's attendance officer."""
    return {
        "upn": pupil.upn,
        "date": day.isoformat(),
        "session": half,
        "code": code,
        "recorded_at": f"{on.isoformat()}T{_CHANGED_AT}",
        "recorded_by": _ATTENDANCE_OFFICER,
        "amendment_reason": reason,
    }


def closed_on(pupil: Pupil, day: date) -> Iterator[Row]:
    """`#` for the weekdays since the school day before on which the school was closed."""
    for closed in terms.closed_before(day):
        if pupil.on_roll(closed):
            for half in HALVES:
                entered = {"recorded_at": f"{closed.isoformat()}T{_TAKEN_AT[half]}", "recorded_by": _ATTENDANCE_OFFICER}
                yield {"upn": pupil.upn, "date": closed.isoformat(), "session": half, "code": "#", **entered}


def spoilt(rng: random.Random, row: Row) -> Row | None:
    """Now and then, the row with a mistake that schools make; otherwise None."""
    return None if rng.randrange(_ONE_BAD_ROW_IN) else mistaken(rng, row)


def mistaken(rng: random.Random, row: Row) -> Row:
    """The row with a mistake that schools make, and for which it is left out."""
    day = date.fromisoformat(row["date"])
    mistakes: tuple[Row, ...] = (
        {"code": "H"},  # withdrawn in 2024
        {"code": "o"},
        {"code": "0"},
        {"code": ""},
        {"code": PRESENT["PM" if row["session"] == "AM" else "AM"]},
        {"date": f"{day:%d/%m/%Y}"},
        {"upn": ("B" if row["upn"][0] == "A" else "A") + row["upn"][1:]},
    )
    return {**row, **rng.choice(mistakes)}


def calendar_row(day: date, reason: str | None) -> Row:
    """A day on which the school is open, or closed for a reason."""
    return {"date": day.isoformat(), "session": "", "open": "no" if reason else "yes", "reason": reason or ""}


def columns_of(kind: Kind, rows: Sequence[Row]) -> tuple[str, ...]:
    """The columns of a kind that are required or that some row fills, in the order of the contract."""
    filled = {name for row in rows for name in row}
    return tuple(column.name for column in COLUMNS[kind] if column.required or column.name in filled)


def csv_of(rows: Sequence[Row], columns: Sequence[str] = ()) -> str:
    """The rows as an extract: these columns, or those of any row in the order in which they turn up, and a header."""
    text = io.StringIO(newline="")
    columns = columns or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
