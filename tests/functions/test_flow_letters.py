"""A school's early letters: from its register and its own words to a letter in its folder, once, and a list of what went."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from random import Random
from typing import Any

import pypdf
import pytest

from attendance.directory import read_directory
from attendance.due import LETTER_COLUMNS
from aws.buckets import Bucket
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, directory, letters, marks, parents, pupils, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1), parents=("P1", "P2"))
FOLDER = "886/900001/letters/"
MONDAY = date(2025, 9, 22)


@pytest.fixture
def system() -> Iterator[System]:
    with raised(wording={"900001": letters()}) as system:
        yield system


def a_week(system: System, first: date, absent: int, child: Child = CHILD, roll: bool = True) -> None:
    """The register up to the Friday of a week, the child away without authorisation on so many of its days, and the schedule."""
    friday = date.fromordinal(first.toordinal() + 4)
    days = away(first, date.fromordinal(first.toordinal() + absent - 1), "O") if absent else {}
    system.at(f"{friday}T18:00")
    if roll:
        system.send(pupils(child), parents(child), calendar(FIRST_DAY, date(2026, 3, 27)))
    system.send(csv_of(marks(child, FIRST_DAY if first == MONDAY else first, friday, days)))
    system.day_passes()


def written(system: System) -> dict[str, bytes]:
    """What lies in the school's folder of letters, by name."""
    return {k.removeprefix(FOLDER): body for k, body in system.objects("reports").items() if k.startswith(FOLDER)}


def pdfs(system: System) -> list[str]:
    return [name for name in written(system) if name.endswith(".pdf")]


def listed(system: System, day: str) -> list[dict[str, str]]:
    """The rows of the list of a day."""
    return list(csv.DictReader(io.StringIO(written(system)[f"early_letter-900001-{day}.csv"].decode())))


def test_a_letter_goes_to_each_parent_whom_the_child_lives_with_and_the_list_names_it(system: System) -> None:
    a_week(system, MONDAY, absent=2)

    rows = listed(system, "2025-09-26")
    assert sorted(pdfs(system)) == sorted(row["letter"] for row in rows)
    assert [(row["parent_id"], row["level"], row["missed"], row["because"]) for row in rows] == [
        ("P1", "4", "4", ""), ("P2", "4", "4", ""),
    ]  # fmt: skip
    assert rows[0]["sessions"] == "2025-09-22/AM O; 2025-09-22/PM O; 2025-09-23/AM O; 2025-09-23/PM O"
    assert tuple(rows[0]) == LETTER_COLUMNS
    assert not system.objects("authority-886"), "the letter comes from the school: the authority gets none of it"


def test_no_words_no_letter() -> None:
    with raised() as system:
        a_week(system, MONDAY, absent=2)
        assert written(system) == {}


def test_each_level_brings_its_letter_once(system: System) -> None:
    a_week(system, MONDAY, absent=2)
    first = written(system)
    a_week(system, date(2025, 9, 29), absent=2)
    a_week(system, date(2025, 10, 6), absent=0)

    assert {row["level"] for row in listed(system, "2025-10-03")} == {"7"}, "eight sessions"
    assert {name: written(system)[name] for name in first} == first, "what was written stands"
    assert len(pdfs(system)) == 4
    assert not [name for name in written(system) if "2025-10-10" in name], "a week without absence brings nothing"


def test_at_the_threshold_the_school_is_silent_and_the_authority_has_the_case(system: System) -> None:
    a_week(system, MONDAY, absent=5)

    [case] = system.cases(CHILD.upn)
    assert case.state == "gathering"
    assert written(system) == {}


def test_an_amendment_takes_no_letter_back_and_brings_none_again(system: System) -> None:
    a_week(system, MONDAY, absent=2)
    before = written(system)
    for day, code in (("2025-09-29", "C"), ("2025-09-30", "O")):
        system.at(f"{day}T18:00")
        amended = marks(CHILD, MONDAY, MONDAY, away(MONDAY, MONDAY, code), recorded_at=f"{day}T12:00", recorded_by="A",
                        amendment_reason="looked at again")  # fmt: skip
        system.send(csv_of(amended))
        system.day_passes()

    assert written(system) == before


def test_sessions_amended_before_the_list_is_written_bring_no_letter(system: System) -> None:
    system.at("2025-09-26T18:00")
    system.send(pupils(CHILD), parents(CHILD))
    system.send(csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 26), away(MONDAY, date(2025, 9, 23), "O"))))
    system.send(
        csv_of(marks(CHILD, MONDAY, MONDAY, recorded_at="2025-09-26T18:30", recorded_by="A", amendment_reason="in"))
    )
    system.day_passes()

    assert written(system) == {}


def test_whom_only_an_officer_writes_to_stands_on_the_list_without_an_address() -> None:
    hidden = Child(upn(2), "Hiddenham", parent_row={"address_protected": "yes"})
    with raised(wording={"900001": letters()}) as system:
        a_week(system, MONDAY, absent=2, child=hidden)
        assert pdfs(system) == []
        [row] = listed(system, "2025-09-26")
        assert (row["letter"], row["because"]) == ("", "the parent's address is protected")
        assert row["what_to_do"].startswith("write or call yourselves")
        assert not {hidden.street, hidden.postcode} & set(row.values())

        system.at("2025-09-29T18:00")
        system.send(parents(Child(upn(2), "Hiddenham")))
        system.day_passes()
        assert len(pdfs(system)) == 1, "it was put right: the letter follows"


def test_a_letter_that_cannot_be_printed_is_said_so_and_the_others_go() -> None:
    unprintable = Child(upn(2), "Ⴀnknown", row={}, parent_row={"surname": "Ⴀnknown"})
    with raised(wording={"900001": letters()}) as system:
        system.at("2025-09-26T18:00")
        absent = away(MONDAY, date(2025, 9, 23), "O")
        for child in (CHILD, unprintable):
            system.upload(csv_of(marks(child, FIRST_DAY, date(2025, 9, 26), absent)))
        system.send(pupils(CHILD, unprintable), parents(CHILD, unprintable))
        system.day_passes()
        rows = {(row["upn"], row["parent_id"]): row for row in listed(system, "2025-09-26")}

    assert len(rows) == 3
    assert rows[unprintable.upn, "P1"]["letter"] == ""
    assert "letters that our fonts cannot show" in rows[unprintable.upn, "P1"]["because"]
    assert rows[unprintable.upn, "P1"]["what_to_do"] == "write or call yourselves"
    assert rows[CHILD.upn, "P1"]["letter"]


def test_a_school_in_no_directory_is_told_why_it_has_no_letters() -> None:
    with raised({"900009": "886"}, wording={"900001": letters()}) as system:
        system.world.dynamodb.delete_item(TableName=system.world.names["published"], Key={"pk": {"S": "directory"}})
        a_week(system, MONDAY, absent=2)
        because = {row["because"] for row in listed(system, "2025-09-26")}

    assert because == {"school is in no directory of schools: its name and address are not known"}


def test_a_letter_says_what_the_school_gave_and_no_upn_and_no_address_of_the_child(system: System) -> None:
    with_words = a_document(system)

    assert with_words["opening"] == "We miss Perpetua (4)."
    assert with_words["support"] == ["Breakfast club is free from 7:45.", "Ask us about the bus for Perpetua."]
    assert with_words["contact"] == "Robin Madeup, attendance lead"
    assert (with_words["school"]["name"], with_words["school"]["phone"]) == ("Made-up School 900001", "01632 960123")
    assert with_words["recipient"]["name"] == "Marmadukina Quillonby"
    assert (with_words["child"], with_words["missed"], with_words["since"]) == ("Perpetua Quillonby", 4, "2025-09-08")
    assert CHILD.upn not in json.dumps(with_words)


def a_document(system: System) -> dict[str, Any]:
    """The data inside the letter to P1."""
    a_week(system, MONDAY, absent=2)
    [row] = [row for row in listed(system, "2025-09-26") if row["parent_id"] == "P1"]
    pdf = pypdf.PdfReader(io.BytesIO(written(system)[row["letter"]]))
    found: dict[str, Any] = json.loads(pdf.attachments["document.json"][0])
    return found


class Crash(RuntimeError):
    """A function that dies in the middle."""


def test_who_dies_before_the_list_is_written_finds_the_same_letters_and_no_other(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_ours = Bucket.put_ours

    def dying(self: Bucket, key: str, *args: Any, **kwargs: Any) -> None:
        if "/letters/" in key:
            raise Crash
        put_ours(self, key, *args, **kwargs)

    put_once, once = Bucket.put_once, iter(range(1))

    def dying_once(self: Bucket, key: str, *args: Any, **kwargs: Any) -> bool:
        if key.endswith(".pdf") and next(once, None) is not None:
            raise Crash
        return put_once(self, key, *args, **kwargs)

    system.at("2025-09-26T18:00")
    system.send(pupils(CHILD), parents(CHILD))
    system.send(csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 26), away(MONDAY, date(2025, 9, 23), "O"))))
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, "put_ours", dying)
        patched.setattr(Bucket, "put_once", dying_once)
        system.world.day_passed()
        system.world.drain()
    assert "notices-dead.fifo" in system.world.dead_letters()
    before = written(system)
    assert next(once, None) is None
    assert len(before) == 2, "both letters, and no list yet"

    system.at("2025-09-27T18:30")
    system.world.day_passed()
    system.world.drain()
    lists = [body.decode() for name, body in written(system).items() if name.endswith(".csv")]
    rows = [row for each in lists for row in csv.DictReader(io.StringIO(each))]
    assert sorted(row["letter"] for row in rows) == sorted(before)
    assert {name: written(system)[name] for name in before} == before


DAY = (
    pupils(CHILD),
    parents(CHILD),
    csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 26), away(MONDAY, date(2025, 9, 25), "O"))),
    csv_of(
        marks(CHILD, MONDAY, date(2025, 9, 23), away(MONDAY, MONDAY, "U"), recorded_at="2025-09-26T12:00", recorded_by="A",
              amendment_reason="late, not away, on Monday; in on Tuesday")
    ),
)  # fmt: skip


@cache
def left(seed: int | None = None, double: bool = False) -> dict[str, bytes]:
    with raised(wording={"900001": letters()}) as system:
        order = Random(seed) if seed is not None else None  # noqa: S311  an order
        system.at("2025-09-26T18:00")
        system.receive(DAY, order, double=double)
        system.world.day_passed()
        system.drain(order, double=double)
        return written(system)


def test_order_and_repetition_change_no_letter() -> None:
    plain = left()

    assert len([name for name in plain if name.endswith(".pdf")]) == 2
    assert [left(seed, double=True) == plain for seed in (3, 8)] == [True, True]


def test_a_school_that_comes_to_another_authority_repeats_no_letter() -> None:
    with raised({"900001": "886", "900009": "887"}, wording={"900001": letters()}) as system:
        a_week(system, MONDAY, absent=2)
        system.publish(read_directory(directory({"900001": "887"}, previous_la="886")))
        monday = date(2025, 9, 29)
        system.at("2025-10-03T18:00")
        system.send(csv_of(marks(CHILD, monday, date(2025, 10, 3), away(monday, monday, "O"))), la="887")
        system.day_passes()
        before = [key for key in system.objects("reports") if "/letters/" in key]
        system.at("2025-10-06T18:00")
        next_week = date(2025, 10, 6)
        system.send(csv_of(marks(CHILD, next_week, next_week, away(next_week, next_week, "O"))), la="887")
        system.day_passes()
        after = [key for key in system.objects("reports") if "/letters/" in key]

    assert all(key.startswith("886/") for key in before), "six sessions: the first letter went under the old code"
    assert {key.rpartition("/")[0] for key in set(after) - set(before)} == {"887/900001/letters"}, "eight: the second"
