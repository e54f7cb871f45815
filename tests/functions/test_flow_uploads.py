"""What becomes of an upload: receipt, part, report, register, position; whatever comes twice, late, broken or not at all."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from attendance.directory import read_directory
from attendance.register import folded_parts
from aws.buckets import Bucket
from tests.made_school import FIRST_DAY, Child, csv_of, directory, marks, pupils, upn
from tests.raised_system import System, raised
from validate.answer import Validate

CHILD = Child(upn(1))
FRIDAY = date(2025, 9, 12)
WEEK = csv_of(marks(CHILD, FIRST_DAY, FRIDAY, {date(2025, 9, 10): "G"}))
UPLOAD = sha256(WEEK).hexdigest()


@pytest.fixture
def system() -> Iterator[System]:
    with raised() as system:
        system.at("2025-09-12T18:00")
        yield system


def part_keys(system: System) -> list[str]:
    return sorted(system.objects("parts"))


def test_a_part_of_years_ago_whose_message_comes_late_is_in_its_register(system: System) -> None:
    """Registers of years that nothing looks at any more are not opened with every file, but for what is named."""
    system.at("2020-09-11T18:00")
    system.upload(csv_of(marks(CHILD, date(2020, 9, 7), date(2020, 9, 11))))
    system.at("2025-09-12T18:00")
    system.drain()
    [part] = part_keys(system)
    register = system.objects("registers")["la=886/urn=900001/year=2020/register.parquet"]
    assert folded_parts(register) == (part,)


def test_an_upload_leaves_a_receipt_a_part_a_register_a_position_and_its_answer(system: System) -> None:
    key = system.upload(WEEK, metadata={"name": "Week%20one%20%E2%80%93%20final.csv"})
    system.drain()

    receipt = json.loads(system.objects("receipts")[f"886/900001/{UPLOAD}"])
    assert (receipt["kind"], receipt["received_at"]) == ("attendance", "2025-09-12T17:00:00+00:00")
    place = "la=886/urn=900001/year=2025"
    part = f"{place}/20250912T170000Z-{UPLOAD}.parquet"
    assert part_keys(system) == [part]
    assert folded_parts(system.objects("registers")[f"{place}/register.parquet"]) == (part,)
    report = system.report(key)
    assert {name: report[name] for name in ("la", "urn", "upload", "received_at")} == {
        "la": "886",
        "urn": "900001",
        "upload": UPLOAD,
        "received_at": "2025-09-12T17:00:00Z",
    }
    [file] = report["files"]
    assert (file["file"], file["kind"]) == ("Week one – final.csv", "attendance")
    assert (file["rows"], file["accepted"], file["amended"], file["unchanged"]) == (10, 10, 0, 0)
    positions = json.loads(system.objects("positions")[f"{place}/positions.json"])
    assert (positions["urn"], positions["as_at"]) == ("900001", "2025-09-12")
    assert positions["known_at"] == "2025-09-12T17:00:00Z"
    assert [(each["upn"], each["count"]) for each in positions["pupils"]] == [(CHILD.upn, 2)]


def test_the_same_bytes_again_are_answered_and_change_nothing(system: System) -> None:
    system.send(WEEK)
    system.at("2025-09-13T09:00")
    system.send(
        csv_of(marks(CHILD, date(2025, 9, 10), date(2025, 9, 10), amendment_reason="note found", recorded_by="A"))
    )
    before = {name: system.objects(name) for name in ("receipts", "parts", "registers", "positions")}

    system.at("2025-09-15T09:00")
    [again] = system.send(WEEK)

    [file] = again["files"]
    assert file["counts"] == {"ALREADY_RECEIVED": 1}
    assert "2 of its rows are no longer in force" in file["findings"][0]["message"]
    assert {name: system.objects(name) for name in before} == before


def test_a_copy_received_first_and_checked_last_gives_the_time_of_receipt(system: System) -> None:
    system.at("2025-09-12T18:00")
    system.send(WEEK)
    system.at("2025-09-12T09:00")
    system.send(WEEK)

    names = [key.rpartition("/")[2] for key in part_keys(system)]
    assert names == [f"20250912T080000Z-{UPLOAD}.parquet", f"20250912T170000Z-{UPLOAD}.parquet"]
    [register] = system.objects("registers").values()
    assert [part.rpartition("/")[2] for part in folded_parts(register)] == names[:1]
    [positions] = system.objects("positions").values()
    assert json.loads(positions)["known_at"] == "2025-09-12T08:00:00Z"


def test_a_refused_upload_leaves_no_receipt_and_is_checked_again(system: System) -> None:
    [refused] = system.send(WEEK, urn="900002")
    assert refused["files"][0]["counts"] == {"SCHOOL_UNKNOWN": 1}
    assert not system.objects("receipts")
    assert not part_keys(system)

    system.publish(read_directory(directory({"900002": "886"})))
    [again] = system.send(WEEK, urn="900002")
    assert (again["files"][0]["accepted"], again["files"][0]["totals"]["refused"]) == (10, 0)
    assert len(part_keys(system)) == 1


def test_a_school_of_another_authority_is_refused_and_nothing_of_it_is_kept(system: System) -> None:
    system.publish(read_directory(directory({"900002": "887"})))
    [report] = system.send(WEEK, urn="900002", la="886")
    assert report["files"][0]["counts"] == {"SCHOOL_WRONG": 1}
    assert not part_keys(system)


def test_of_an_archive_each_good_member_is_kept_and_each_bad_one_refused(system: System) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("marks.csv", WEEK)
        archive.writestr("roll.csv", pupils(CHILD))
        archive.writestr("menu.csv", b"day,lunch\r\nMonday,soup\r\n")
    [report] = system.send(packed.getvalue())

    counts = {
        file["file"].rpartition("/")[2]: (file["accepted"], file["totals"]["refused"]) for file in report["files"]
    }
    assert counts == {"marks.csv": (10, 0), "menu.csv": (0, 1), "roll.csv": (1, 0)}
    assert report["upload"] == sha256(packed.getvalue()).hexdigest()
    uploads = {sha256(body).hexdigest() for body in (WEEK, pupils(CHILD))}
    assert {key.rpartition("/")[2] for key in system.objects("receipts")} == uploads
    assert len(part_keys(system)) == 2

    [alone] = system.send(WEEK)
    assert alone["files"][0]["counts"] == {"ALREADY_RECEIVED": 1}, "a member is the same upload as the file on its own"


def test_time_of_extraction_in_the_metadata_without_offset_is_londons(system: System) -> None:
    system.upload(WEEK, metadata={"extracted-at": "2025-09-12T17:30:00"})
    system.drain()
    [receipt] = system.objects("receipts").values()
    assert json.loads(receipt)["extracted_at"] == "2025-09-12T17:30:00+01:00"


class Crash(RuntimeError):
    """A function that dies in the middle."""


def crashing(monkeypatch: pytest.MonkeyPatch, bucket: str, times: int) -> None:
    """Let so many writes to a bucket die before they are made."""
    left = iter(range(times))
    put_once = Bucket.put_once

    def put(self: Bucket, *args: Any, **more: Any) -> bool:
        if self.name.endswith(f"-{bucket}") and next(left, None) is not None:
            raise Crash
        return put_once(self, *args, **more)

    monkeypatch.setattr(Bucket, "put_once", put)


@pytest.mark.parametrize("bucket", ["receipts", "parts", "reports"])
def test_a_crash_before_any_of_the_three_writes_is_finished_by_the_next_delivery(
    system: System, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    crashing(monkeypatch, bucket, times=1)
    [report] = system.send(WEEK)

    assert (report["files"][0]["accepted"], "ALREADY_RECEIVED" in report["files"][0]["counts"]) == (10, False)
    assert len(part_keys(system)) == len(system.objects("receipts")) == 1
    assert system.position(CHILD.upn)["count"] == 2


def test_a_receipt_without_a_part_is_finished_by_a_copy_with_the_first_time_of_receipt(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        crashing(patched, "parts", times=1000)
        system.upload(WEEK)
        system.world.drain()
    assert "validate-dead" in system.world.dead_letters()
    assert len(system.objects("receipts")) == 1
    assert not part_keys(system)

    system.at("2025-09-13T09:00")
    key = system.upload(WEEK)
    system.world.drain()
    assert "ALREADY_RECEIVED" not in system.report(key)["files"][0]["counts"]
    assert [each.rpartition("/")[2][:16] for each in part_keys(system)] == ["20250912T170000Z"]


def test_a_message_that_always_fails_is_buried_after_as_many_tries_as_its_queue_allows(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, tried = Validate.answer, []

    def poisoned(self: Validate, key: str, version: str) -> None:
        if key == bad:
            tried.append(key)
            raise Crash
        answer(self, key, version)

    monkeypatch.setattr(Validate, "answer", poisoned)
    bad = system.upload(b"poison")
    good = system.upload(WEEK)
    system.world.drain()

    queue = system.world.sqs.get_queue_url(QueueName=system.world.names["validate"])["QueueUrl"]
    attributes = system.world.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    assert len(tried) == int(json.loads(attributes["RedrivePolicy"])["maxReceiveCount"]) > 1
    [dead] = system.world.dead_letters()["validate-dead"]
    assert json.loads(dead)["detail"]["object"]["key"] == bad
    assert system.report(good)["files"][0]["accepted"] == 10, "what came with it is not held up"


def test_positions_written_meanwhile_by_another_are_computed_again(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, lost = Bucket.replace, []

    def overtaken(self: Bucket, key: str, body: bytes, *args: Any) -> bool:
        if key.endswith("positions.json") and not lost:
            lost.append(key)
            replace(self, key, b"{}", *args)
        return replace(self, key, body, *args)

    monkeypatch.setattr(Bucket, "replace", overtaken)
    system.send(WEEK)
    assert lost
    assert system.position(CHILD.upn)["count"] == 2
