"""Registers: the fold of the parts that are there, whoever folds first, in whatever order, however often."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from attendance.checking import Place, check_file
from attendance.marks import read_marks
from attendance.parts import ROLL
from attendance.register import folded_parts, part_name
from attendance.roll import carried
from aws.buckets import Bucket, Stored
from aws.keys import register_key, year_prefix
from aws.registers import TRIES, Contended, Registers
from local.world import World, raise_world
from tests.made_school import FIRST_DAY, Child, csv_of, marks, pupils, upn

CHILD = Child(upn(1))
RECEIVED = datetime(2025, 9, 12, 17, tzinfo=UTC)
WEEK = csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 12)))
AMENDED = csv_of(
    marks(
        CHILD,
        FIRST_DAY,
        FIRST_DAY,
        {FIRST_DAY: "O"},
        recorded_at="2025-09-12T15:00",
        amendment_reason="no reason given",
    )
)
NEXT_YEAR = csv_of(marks(CHILD, date(2026, 9, 7), date(2026, 9, 11)))
AGAIN = csv_of(
    marks(CHILD, FIRST_DAY, FIRST_DAY, {FIRST_DAY: "I"}, recorded_at="2025-09-12T16:00", amendment_reason="a note came")
)
numbers = count(900001)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with raise_world(["886"]) as raised:
        yield raised


@pytest.fixture
def registers(world: World) -> Registers:
    return Registers(Bucket(world.s3, world.names["parts"]), Bucket(world.s3, world.names["registers"]))


@pytest.fixture
def urn() -> str:
    """A school of its own for every test."""
    return str(next(numbers))


def put_part(registers: Registers, urn: str, body: bytes, folder: Path, received: datetime = RECEIVED) -> str:
    """What validate would keep of a file; the key of its part."""
    path = folder / "file.csv"
    path.write_bytes(body)
    [checked] = check_file(path, path.name, place=Place(), received_at=received, known=None, now_day=received.date())
    [(name, part)] = checked.parts.items()
    file = part_name(checked.upload, received)
    key = f"{year_prefix('886', urn, name)}{file}"
    if name == ROLL:
        key = f"la=886/urn={urn}/roll/{file.removesuffix('.parquet')}.{checked.kind}.parquet"
    registers.parts.put_once(key, part)
    return key


def same_bytes(registers: Registers, urn: str) -> bytes:
    """The register brought up to date, without the names of its parts, which hold the URN."""
    body = registers.brought_up("886", urn).registers[2025]
    return body.replace(urn.encode(), b"000000")


def test_parts_folded_in_any_order_give_the_same_register(registers: Registers, tmp_path: Path) -> None:
    seen = set()
    for order in ((WEEK, AMENDED, AGAIN), (AGAIN, AMENDED, WEEK), (AMENDED, WEEK, AGAIN)):
        urn = str(next(numbers))
        for body in order:
            put_part(registers, urn, body, tmp_path)
            registers.brought_up("886", urn)
        seen.add(same_bytes(registers, urn))
    at_once = str(next(numbers))
    for body in (AGAIN, WEEK, AMENDED):
        put_part(registers, at_once, body, tmp_path)
    assert seen == {same_bytes(registers, at_once)}


def test_a_register_that_was_deleted_is_folded_again_to_the_same_bytes(
    registers: Registers, urn: str, tmp_path: Path
) -> None:
    for body in (WEEK, AMENDED, pupils(CHILD)):
        put_part(registers, urn, body, tmp_path)
    before = registers.brought_up("886", urn)
    for key in list(registers.registers.keys(f"la=886/urn={urn}/")):
        registers.registers.s3.delete_object(Bucket=registers.registers.name, Key=key)
    assert registers.read("886", urn).registers == {}
    assert registers.brought_up("886", urn) == before
    assert registers.read("886", urn) == before


def test_registers_of_years_ago_are_not_opened_and_their_years_are_known(
    registers: Registers, urn: str, tmp_path: Path
) -> None:
    put_part(registers, urn, NEXT_YEAR, tmp_path, RECEIVED + timedelta(days=365))
    registers.brought_up("886", urn)
    part = put_part(registers, urn, WEEK, tmp_path)
    record = registers.brought_up("886", urn, since=2026)
    assert (list(record.registers), record.years) == ([2026], [2025, 2026])
    assert part in record.parts
    assert registers.registers.get(register_key("886", urn, 2025)) is None
    assert list(registers.brought_up("886", urn, since=2025).registers) == [2026, 2025]


def test_nothing_new_writes_nothing(registers: Registers, urn: str, tmp_path: Path) -> None:
    put_part(registers, urn, WEEK, tmp_path)
    registers.brought_up("886", urn)
    before = registers.registers.get(register_key("886", urn, 2025))
    registers.brought_up("886", urn)
    assert registers.registers.get(register_key("886", urn, 2025)) == before


def test_who_loses_the_race_reads_again_and_folds_what_the_other_folded(
    registers: Registers, urn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put_part(registers, urn, WEEK, tmp_path)
    replace, rivals = Bucket.replace, []

    def late(self: Bucket, key: str, body: bytes, read: Stored | None, *more: Any) -> bool:
        if not rivals:
            rivals.append(put_part(registers, urn, AMENDED, tmp_path))
            registers.brought_up("886", urn)
        return replace(self, key, body, read, *more)

    monkeypatch.setattr(Bucket, "replace", late)
    record = registers.brought_up("886", urn)
    assert set(folded_parts(record.registers[2025])) == {first, *rivals}
    stored = registers.registers.get(register_key("886", urn, 2025))
    assert stored is not None
    assert stored.body == record.registers[2025]


def test_who_always_loses_gives_up_and_the_message_comes_again(
    registers: Registers, urn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_part(registers, urn, WEEK, tmp_path)
    tried = []

    def lost(*args: Any) -> bool:
        tried.append(args)
        return False

    monkeypatch.setattr(Bucket, "replace", lost)
    with pytest.raises(Contended):
        registers.brought_up("886", urn)
    assert len(tried) == TRIES


def test_an_earlier_copy_that_turns_up_late_replaces_the_later_one(
    registers: Registers, urn: str, tmp_path: Path
) -> None:
    put_part(registers, urn, WEEK, tmp_path, RECEIVED + timedelta(hours=2))
    registers.brought_up("886", urn)
    early = put_part(registers, urn, WEEK, tmp_path, RECEIVED)
    record = registers.brought_up("886", urn)
    assert folded_parts(record.registers[2025]) == (early,)
    assert record.known_at == RECEIVED


def test_as_known_is_the_fold_of_what_was_received_by_then(registers: Registers, urn: str, tmp_path: Path) -> None:
    put_part(registers, urn, WEEK, tmp_path, RECEIVED)
    first = registers.brought_up("886", urn)
    put_part(registers, urn, AMENDED, tmp_path, RECEIVED + timedelta(days=3))
    put_part(registers, urn, pupils(CHILD), tmp_path, RECEIVED + timedelta(days=3))
    now = registers.brought_up("886", urn)

    then = registers.as_known("886", urn, RECEIVED + timedelta(days=2))
    assert (then.registers, then.roll, then.known_at) == (first.registers, first.roll, RECEIVED)
    assert registers.as_known("886", urn, RECEIVED + timedelta(days=3)) == now
    assert registers.as_known("886", urn, RECEIVED - timedelta(days=1)).registers == {}


def carrying(registers: Registers, urn: str) -> list[str]:
    """The keys of the registers that carry a roll."""
    stored = {key: registers.registers.get(key) for key in registers.registers.keys(f"la=886/urn={urn}/")}
    return [key for key, found in stored.items() if found and carried(found.body) is not None]


def test_the_register_of_the_latest_year_alone_carries_the_roll(registers: Registers, urn: str, tmp_path: Path) -> None:
    put_part(registers, urn, WEEK, tmp_path)
    put_part(registers, urn, pupils(CHILD), tmp_path)
    before = registers.brought_up("886", urn)
    assert carrying(registers, urn) == [register_key("886", urn, 2025)]
    put_part(registers, urn, NEXT_YEAR, tmp_path, RECEIVED + timedelta(days=365))
    now = registers.brought_up("886", urn, since=2026)
    assert carrying(registers, urn) == [register_key("886", urn, 2026)]
    assert now.roll == before.roll == registers.roll("886", urn)
    assert registers.read("886", urn) == registers.as_known("886", urn, RECEIVED + timedelta(days=366))


def test_a_roll_of_a_school_that_sent_no_marks_is_carried_by_a_register_without_rows(
    registers: Registers, urn: str, tmp_path: Path
) -> None:
    put_part(registers, urn, pupils(CHILD), tmp_path)
    record = registers.brought_up("886", urn)
    assert carrying(registers, urn) == [register_key("886", urn, 2025)]
    assert (list(record.roll.pupils), read_marks(record.bodies).upns, record.years) == ([CHILD.upn], (), [])
    assert registers.read("886", urn) == record
    marked = put_part(registers, urn, WEEK, tmp_path)
    assert folded_parts(registers.brought_up("886", urn).registers[2025]) == (marked,)
    assert registers.read("886", urn) == registers.as_known("886", urn, RECEIVED)


def test_who_dies_while_the_roll_goes_to_the_next_year_leaves_it_in_one_of_them(
    registers: Registers, urn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_part(registers, urn, WEEK, tmp_path)
    put_part(registers, urn, pupils(CHILD), tmp_path)
    registers.brought_up("886", urn)
    put_part(registers, urn, NEXT_YEAR, tmp_path, RECEIVED + timedelta(days=365))
    replace, written = Bucket.replace, []

    def dying(self: Bucket, key: str, *more: Any) -> bool:
        if written:
            raise TimeoutError
        written.append(key)
        return replace(self, key, *more)

    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "replace", dying)
        with pytest.raises(TimeoutError):
            registers.brought_up("886", urn)
    assert written == [register_key("886", urn, 2026)]
    assert list(registers.read("886", urn).roll.pupils) == [CHILD.upn]
    registers.brought_up("886", urn)
    assert registers.read("886", urn) == registers.as_known("886", urn, RECEIVED + timedelta(days=366))


def test_an_earlier_copy_of_a_roll_leaves_it_where_the_later_one_brought_it(
    registers: Registers, urn: str, tmp_path: Path
) -> None:
    last, first = datetime(2026, 7, 31, 22, 59, tzinfo=UTC), datetime(2026, 7, 31, 23, 0, tzinfo=UTC)
    put_part(registers, urn, pupils(CHILD), tmp_path, first)
    registers.brought_up("886", urn)
    early = put_part(registers, urn, pupils(CHILD), tmp_path, last)
    record = registers.brought_up("886", urn)
    assert (record.roll.parts, record.known_at) == ((early,), last)
    assert carrying(registers, urn) == [register_key("886", urn, 2026)]
    assert registers.read("886", urn) == record == registers.as_known("886", urn, first)


def test_the_register_of_a_year_in_which_only_a_roll_came_is_relieved_of_it_and_stays(
    registers: Registers, urn: str, tmp_path: Path
) -> None:
    put_part(registers, urn, pupils(CHILD), tmp_path, datetime(2026, 7, 10, 9, tzinfo=UTC))
    registers.brought_up("886", urn)
    put_part(registers, urn, NEXT_YEAR, tmp_path, RECEIVED + timedelta(days=365))
    record = registers.brought_up("886", urn)
    assert carrying(registers, urn) == [register_key("886", urn, 2026)]
    assert (sorted(record.registers), record.years) == ([2025, 2026], [2026])
    assert registers.read("886", urn) == record == registers.as_known("886", urn, RECEIVED + timedelta(days=366))


def test_who_reads_while_the_roll_goes_to_a_register_that_was_not_there_yet_finds_it(
    registers: Registers, urn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_part(registers, urn, WEEK, tmp_path)
    put_part(registers, urn, pupils(CHILD), tmp_path)
    registers.brought_up("886", urn)
    keys, moved = Bucket.keys, []

    def listed(self: Bucket, prefix: str) -> list[str]:
        found = list(keys(self, prefix))
        if self == registers.registers and not moved:
            moved.append(put_part(registers, urn, NEXT_YEAR, tmp_path, RECEIVED + timedelta(days=365)))
            registers.brought_up("886", urn)
        return found

    monkeypatch.setattr(Bucket, "keys", listed)
    assert list(registers.read("886", urn).roll.pupils) == [CHILD.upn]
    assert moved
