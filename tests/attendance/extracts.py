"""Extracts for the tests: one moment of receipt, one made-up roll and calendar, and short ways to check a body."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from attendance.checking import CheckedFile, Place, check_file
from attendance.context import Known
from attendance.register import fold, part_name
from attendance.roll import Roll
from attendance.table import Row, Table

RECEIVED = datetime(2025, 11, 3, 18, tzinfo=UTC)

_ON_ROLL = {"date_of_birth": "2014-05-05", "starting_day": "2020-09-01"}
_PUPILS: tuple[Row, ...] = (
    {"upn": "B801200005001", **_ON_ROLL},
    {"upn": "Q801200005002", **_ON_ROLL, "date_of_birth": "2021-03-01"},
    {"upn": "E801200005003", **_ON_ROLL, "dual_registered_urn": "100002"},
    {"upn": "U801200005004", **_ON_ROLL, "starting_day": "2025-10-06"},
    {"upn": "H801200005005", **_ON_ROLL, "leaving_day": "2025-09-30"},
    {"upn": "X801200005006", **_ON_ROLL, "mobile_child": "yes"},
    {"upn": "L801200005007", **_ON_ROLL, "part_time_timetable_until": "2025-10-10"},
    {"upn": "A801200005008", **_ON_ROLL, "date_of_birth": None, "former_upn": "A801200005010"},
    {"upn": "P801200005009", **_ON_ROLL, "dual_registered_urn": "100001"},
    {"upn": "P801200005011", **_ON_ROLL, "withdrawn_on": "2025-09-01"},
)
PUPILS = Roll((), {"pupils": Table.of(_PUPILS)}).live("pupils")

_HALF_TERM = [date(2025, 10, 27) + timedelta(days) for days in range(5)]
_OPEN = [day for n in range(21) if (day := date(2025, 10, 13) + timedelta(n)).weekday() < 5 and day not in _HALF_TERM]
_CALENDAR: tuple[Row, ...] = (
    *({"date": day.isoformat(), "session": None, "open": "no"} for day in _HALF_TERM),
    *({"date": day.isoformat(), "session": None, "open": "yes"} for day in [*_OPEN, date(2025, 11, 3)]),
    {"date": "2025-10-28", "session": "AM", "open": "yes"},
)
CALENDAR = Table.of(_CALENDAR)


def check_all(
    body: bytes,
    name: str = "extract.csv",
    *,
    known: Known | None = None,
    place: Place | None = None,
    received_at: datetime = RECEIVED,
    extracted_at: datetime | None = None,
) -> list[CheckedFile]:
    """Check a body as a file received at the moment of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(body)
        return check_file(
            path,
            name,
            place=place or Place(),
            received_at=received_at,
            extracted_at=extracted_at,
            known=known,
            now_day=received_at.date(),
        )


def check(body: bytes, name: str = "extract.csv", **asked: object) -> CheckedFile:
    """Check a body that is one file."""
    (checked,) = check_all(body, name, **asked)  # type: ignore[arg-type]
    return checked


def triples(checked: CheckedFile) -> set[tuple[int | None, str | None, str]]:
    """What is found, as (row, field, code); no finding twice."""
    found = [(each.row, each.field, each.code) for each in checked.findings]
    assert len(found) == len(set(found)) == sum(checked.counts.values())
    return set(found)


def register_of(extract: str) -> bytes:
    """The register after one attendance extract of the academic year, received a week before the tests' moment."""
    received = RECEIVED - timedelta(days=7)
    checked = check(extract.encode(), received_at=received)
    (part,) = checked.parts.values()
    return fold([(part_name(checked.upload, received), part)]).body
