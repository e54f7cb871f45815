"""A child's or parent's data stands in no log line, key, message or event, whatever goes well or wrong (design 6)."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from aws.documents import Documents
from aws.registers import Registers
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, support, upn
from tests.raised_system import System, listening, raised

pytestmark = pytest.mark.privacy
CHILD = Child(upn(1), parents=("P1", "P2"))
OTHER = Child(upn(2), "Otherwhile", "Balthasarina", "2013-11-30", "4 Xanthippe Row", "ZZ99 4VV")
UNPRINTABLE = Child(
    upn(3),
    "Unprintable\N{SNOWMAN}\N{LINEAR B SYLLABLE B008 A}",
    "Wilhelmurga",
    "2012-02-29",
    "9 Yggdrasil Way",
    "ZZ99 9WW",
)
FAMILY = (CHILD, OTHER, UNPRINTABLE)
WORDS = frozenset().union(*(child.words for child in FAMILY)) | {"Snoring all day"}
HOLIDAY = away(date(2025, 9, 29), date(2025, 10, 3))
LAST = date(2025, 10, 10)
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate", "reason": "Snoring all day"}


@dataclass(frozen=True)
class Left:
    """What a day left behind it that people and machines without a right to the data may see."""

    log: list[str]
    keys: list[str]
    item_keys: list[str]
    dead: list[str]
    told: list[str]


def archive() -> bytes:
    """Children's names in the names of files, as schools send them, and rows that are wrong in every way."""
    wrong = [
        {"upn": CHILD.upn, "date": "29/09/2025", "session": "AM", "code": "g"},
        {"upn": CHILD.upn[:-1] + "9", "date": "2025-09-29", "session": "AM", "code": "O"},
        {"upn": CHILD.surname, "date": "2025-09-29", "session": "noon", "code": CHILD.forename},
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr(f"{CHILD.surname} {CHILD.forename}.csv", csv_of(wrong))
        zipped.writestr(f"{CHILD.upn}.txt", f"a letter about {CHILD.forename}")
        zipped.writestr("roll.csv", pupils(CHILD).replace(CHILD.born.encode(), b"Snoring all day"))
    return packed.getvalue()


def a_bad_day(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    system.at(f"{LAST}T18:00")
    rows = [row for child in FAMILY for row in marks(child, FIRST_DAY, LAST, HOLIDAY)]
    for body in (pupils(*FAMILY), parents(*FAMILY), csv_of(rows), calendar(FIRST_DAY, date(2026, 2, 27)),
                 support(OTHER, date(2025, 9, 15), "declined")):  # fmt: skip
        system.upload(body, metadata={"name": f"{CHILD.surname}%20{CHILD.forename}.csv"})
    system.upload(archive(), metadata={"name": f"{CHILD.upn}.zip"})
    system.world.drain()
    for child in FAMILY:
        event = system.record(child.upn, parent_id="P1", **AUTHORISE)
        system.doors.to_notices.send(event, told="decided")
    system.doors.to_notices.send(system.record(CHILD.upn, parent_id="P1", **AUTHORISE), told="again")
    system.doors.to_notices.send(system.record(CHILD.upn, "withdraw", "P9"), told="decided")
    system.world.drain()
    system.world.day_passed()
    system.world.drain()
    event = system.record(CHILD.upn, parent_id="P2", **AUTHORISE)
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "write", dying)
        system.doors.to_notices.send(event, told="dies")
        system.world.drain()
    with monkeypatch.context() as patched:
        patched.setattr(Registers, "brought_up", dying)
        patched.setattr(Registers, "read_year", dying)
        system.upload(csv_of(marks(CHILD, date(2025, 10, 13), date(2025, 10, 13))))
        system.world.drain()


def dying(*_: Any, **__: Any) -> None:
    raise RuntimeError("the machine fell over")


@pytest.fixture(scope="module")
def left() -> Iterator[Left]:
    with pytest.MonkeyPatch.context() as monkeypatch, raised() as system:
        heard = listening(monkeypatch)
        a_bad_day(system, monkeypatch)
        everything = system.everything()
        dead = [body for bodies in system.world.dead_letters().values() for body in bodies]
        items = [*everything.pop("cases"), *everything.pop("history")]
        names = {"pk", "sk", "la", "due_on", "school", "among", "version", "filed"}
        yield Left(
            list(system.world.log),
            [f"{bucket}/{key}" for bucket, objects in everything.items() for key in objects],
            [json.dumps({name: value for name, value in item.items() if name in names}) for item in items],
            dead,
            [event.model_dump_json() for event in heard],
        )


@pytest.mark.parametrize("where", ["log", "keys", "item_keys", "dead", "told"])
def test_no_word_of_a_child_or_parent_stands_in(where: str, left: Left) -> None:
    lines: list[str] = getattr(left, where)
    assert lines, "or there is nothing to find"
    found = [(word, line) for line in lines for word in WORDS if word.lower() in line.lower()]
    assert not found


def test_the_log_says_what_failed_all_the_same(left: Left) -> None:
    assert any("the machine fell over" in line for line in left.log)
    assert left.dead


def test_every_line_that_is_json_belongs_to_a_request(left: Left) -> None:
    lines = [json.loads(line) for line in left.log if line.startswith("{")]
    assert lines
    assert all(line["function_request_id"] for line in lines)
    answered = [line for line in lines if line["message"] == "answered"]
    assert answered
    assert all(line["correlation_id"] for line in answered)
