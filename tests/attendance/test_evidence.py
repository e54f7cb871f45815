"""The entries of a pupil over all their registers: one total order, one entry of a session in force, one text to be hashed."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from builders import CLASSMATE, PUPIL
from extracts import check
from hypothesis import given, settings
from hypothesis import strategies as st

from attendance.engine import connect
from attendance.register import entries_of, evidence, fold, part_name

MONDAY = [("2025-10-13", "AM"), ("2025-10-13", "PM")]


def register(*files: tuple[str, str], extracted_at: datetime | None = None) -> bytes:
    """A register folded from files, each its time of receipt and its rows."""
    parts = []
    for received, rows in files:
        at = datetime.fromisoformat(received).replace(tzinfo=UTC)
        head = "upn,date,session,code,recorded_at,recorded_by,amendment_reason"
        checked = check("\n".join([head, *rows.split(), ""]).encode(), received_at=at, extracted_at=extracted_at)
        parts += [(part_name(checked.upload, at), part) for part in checked.parts.values()]
    return fold(parts).body


ONE = register(
    ("2025-10-13T18:00", f"{PUPIL},2025-10-13,AM,O,,, {PUPIL},2025-10-13,PM,O,,, {CLASSMATE},2025-10-13,AM,/,,,"),
    ("2025-10-15T18:00", f"{PUPIL},2025-10-13,AM,I,2025-10-14T09:00,Clerk,letter {PUPIL},2025-10-14,AM,O,,,"),
)
NEXT = register(
    ("2025-10-16T18:00", f"{PUPIL},2025-10-13,AM,O,2025-10-13T09:10,Teacher, {PUPIL},2025-10-13,PM,L,,,"),
)


def test_the_text_of_one_register_is_as_it_was_when_the_first_notices_were_issued() -> None:
    """Its hash stands in records that never change."""
    digest = hashlib.sha256(evidence([ONE], PUPIL, MONDAY).encode()).hexdigest()
    assert digest == "4858d65e419b2fb94ad1a14ded0464bb2d15a01f1c0ce5c4b1fa873cea4c0772"


@pytest.mark.parametrize("registers", list(permutations([ONE, NEXT])), ids=["in-order", "the-other-way"])
def test_the_entries_of_two_registers_stand_in_one_order_with_one_of_each_session_in_force(
    registers: tuple[bytes, ...],
) -> None:
    found = entries_of(registers, PUPIL)
    assert [(each.session, each.code, each.recorded_by, each.in_force) for each in found if each.date.day == 13] == [
        ("AM", "O", "Teacher", False),  # entered that morning, and sent last
        ("AM", "O", None, False),
        ("AM", "I", "Clerk", True),
        ("PM", "O", None, False),
        ("PM", "L", None, True),
    ]
    assert [(each.date, each.in_force) for each in found if each.date.day != 13] == [(date(2025, 10, 14), True)]
    lines = [json.loads(line) for line in evidence(registers, PUPIL, MONDAY).splitlines()]
    assert [(line[2], line[3], line[7]) for line in lines] == [
        (each.session, each.code, each.recorded_by) for each in found if each.date.day == 13
    ]


def test_what_two_authorities_received_of_one_school_has_one_text_in_either_order() -> None:
    rows, taken = f"{PUPIL},2025-10-13,AM,O,2025-10-13T09:10,Teacher,", datetime(2025, 10, 13, 17, tzinfo=UTC)
    under_both = [register((f"2025-10-{day}T18:00", rows), extracted_at=taken) for day in (13, 14)]
    assert evidence(under_both, PUPIL, MONDAY) == evidence(under_both[::-1], PUPIL, MONDAY)
    assert [each.in_force for each in entries_of(under_both, PUPIL)] == [False, True]


def test_without_a_register_there_is_no_entry() -> None:
    assert (entries_of([], PUPIL), evidence([], PUPIL, MONDAY)) == ([], "")


def in_order_by_sql(registers: Sequence[bytes], folder: Path) -> list[tuple[Any, ...]]:
    """The entries of the pupil as SQL reads them of all the registers at once."""
    for n, body in enumerate(registers):
        (folder / f"register-{n}.parquet").write_bytes(body)
    order = "coalesce(recorded_at, extracted_at), extracted_at, upload, row, received_at"
    shown = "date, session, code, recorded_at, recorded_by, amendment_reason, first_received_at, first_upload"
    last = f"lead(upn) OVER (PARTITION BY date, session ORDER BY {order}) IS NULL"
    with connect() as con:
        return con.execute(
            f"""SELECT {shown}, {last} FROM read_parquet('{folder}/register-*.parquet')
            WHERE upn = ? ORDER BY date, session, {order}""",
            [PUPIL],
        ).fetchall()


def a_day(n: int) -> str:
    return (date(2025, 10, 13) + timedelta(n)).isoformat()


ROW = st.builds(
    lambda upn, day, half, code, recorded, by: (
        f"{upn},{a_day(day)},{half},{code},{f'{a_day(day + recorded)}T09:00' if recorded else ''},{by}"
    ),
    st.sampled_from([PUPIL, CLASSMATE]), st.sampled_from([0, 1, 4, 7, 8, 14, 15]), st.sampled_from(["AM", "PM"]),
    st.sampled_from(["L", "O", "I", "G"]), st.sampled_from([0, 1, 2]), st.sampled_from([",", "Clerk,late"]),
)  # fmt: skip
FILES = st.lists(
    st.tuples(st.integers(1, 20), st.lists(ROW, min_size=1, max_size=12, unique_by=lambda row: row.rsplit(",", 4)[0])),
    min_size=1,
    max_size=4,
)


@given(st.lists(FILES, min_size=1, max_size=2), st.booleans())
@settings(max_examples=40)
def test_entries_are_read_as_by_sql_whatever_was_sent_when(
    sent: list[list[tuple[int, list[str]]]], earlier: bool
) -> None:
    """Also of registers that are not made of weeks, as they all were."""
    of_each = [
        register(*((f"2025-11-{day:02}T{18 + n}:00", " ".join(rows)) for day, rows in files))
        for n, files in enumerate(sent)
    ]
    with TemporaryDirectory() as name:
        folder = Path(name)
        if earlier:
            of_each = [by_another(body, folder) for body in of_each]
        found = entries_of(of_each, PUPIL)
        aware = [[v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for v in row]
                 for row in in_order_by_sql(of_each, folder)]  # fmt: skip
    assert [[*vars(entry).values()] for entry in found] == aware
    days = {entry.date for entry in found if entry.date.day != 14}
    listed = [(day.isoformat(), half) for day in days for half in ("AM", "PM")]
    lines = [json.loads(line) for line in evidence(of_each, PUPIL, listed).splitlines()]
    assert [(line[1], line[2], line[3]) for line in lines] == [
        (each.date.isoformat(), each.session, each.code) for each in found if each.date in days
    ]


def by_another(body: bytes, folder: Path) -> bytes:
    """A register as another program writes the same rows."""
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    ours.write_bytes(body)
    with connect() as con:
        con.execute(f"COPY (FROM read_parquet('{ours}')) TO '{theirs}' (FORMAT parquet)")
    return theirs.read_bytes()
