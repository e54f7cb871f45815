"""What days do: a reservation that was not written, a period that ends, a second notice, returns on their schedule."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from attendance.events import DecisionMade
from aws.cases import Cases, Changed
from aws.documents import Documents
from notices import carry_out
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, settings, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1), parents=("P1", "P2"))
ROLL = (pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2026, 3, 27)))
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate"}


def after_a_holiday(system: System) -> None:
    """A week away reported on the Friday after: ten sessions in ten weeks."""
    system.at("2025-10-10T18:00")
    absent = away(date(2025, 9, 29), date(2025, 10, 3))
    for body in (*ROLL, csv_of(marks(CHILD, FIRST_DAY, date(2025, 10, 10), absent))):
        system.upload(body)
    system.drain()


@pytest.fixture
def system() -> Iterator[System]:
    with raised() as system:
        after_a_holiday(system)
        yield system


def documents(system: System) -> dict[str, bytes]:
    return system.objects("authority-886")


def records(system: System) -> list[dict[str, Any]]:
    return [json.loads(body) for key, body in sorted(documents(system).items()) if key.endswith(".json")]


class Crash(RuntimeError):
    """A function that dies in the middle."""


def raising(*_: Any, **__: Any) -> None:
    raise Crash


def test_without_settings_no_document_is_written_and_the_position_says_why() -> None:
    with raised(given={}) as system:
        after_a_holiday(system)
        step = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
        assert step.outcome == "refused"
        assert step.because.startswith("SETTINGS_MISSING")
        assert documents(system) == {}
        assert system.position(CHILD.upn)["blockers"] == ["SETTINGS_MISSING"]
        assert system.position(CHILD.upn)["request_ready"] is False


def reserve_only(system: System, monkeypatch: pytest.MonkeyPatch) -> DecisionMade:
    """A decision whose reservation stands and whose document could not be written, however often it was tried."""
    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "issue", raising)
        system.doors.to_notices.send(event, told="decided")
        system.world.drain()
    assert "notices-dead.fifo" in system.world.dead_letters()
    assert documents(system) == {}
    [notice] = system.notices(CHILD.upn)
    assert notice.standing == "reserved"
    return event


def test_a_reservation_is_written_by_the_next_delivery_from_what_was_reserved(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = reserve_only(system, monkeypatch)
    # Meanwhile the school corrects everything: the document is what was reserved, all the same.
    system.upload(
        csv_of(
            marks(CHILD, date(2025, 9, 29), date(2025, 10, 3), recorded_at="2025-10-10T17:59", amendment_reason="in")
        )
    )
    system.world.drain()
    system.doors.to_notices.send(event, told="again")
    system.world.drain()

    assert system.step(event).outcome == "done"
    [record] = records(system)
    assert len(record["sessions"]) == 10
    assert system.notices(CHILD.upn)[0].standing == "stands"


def test_the_daily_schedule_sends_again_for_a_decision_without_an_outcome(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = reserve_only(system, monkeypatch)
    system.world.day_passed()
    system.world.drain()
    assert system.step(event).outcome == "done"
    assert len(documents(system)) == 2


def test_a_reservation_not_written_on_its_day_expires_and_frees_what_it_took(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = reserve_only(system, monkeypatch)
    system.at("2025-10-11T18:30")
    system.world.day_passed()
    system.world.drain()

    step = system.step(event)
    assert step.outcome == "expired"
    assert "not written on the day" in step.because
    assert documents(system) == {}, "no document goes out with a date that has passed"
    [case] = system.cases(CHILD.upn)
    assert (case.state, case.documents, case.listed) == ("gathering", 0, ())
    system.at("2025-10-12T18:30")
    system.world.day_passed()
    system.world.drain()
    assert system.position(CHILD.upn)["count"] == 10

    again = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    system.doors.to_notices.send(again, told="decided")
    system.world.drain()
    [record] = records(system)
    assert (record["issued_on"], record["sequence"]) == ("2025-10-12", 1)
    assert record["reference"] != step.reference


def test_a_document_that_lies_in_the_bucket_does_not_expire_though_a_crash_hid_it(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    with monkeypatch.context() as patched:
        patched.setattr(Cases, "written", raising)
        system.doors.to_notices.send(event, told="decided")
        system.world.drain()
    assert len(documents(system)) == 2
    before = documents(system)

    system.at("2025-10-11T18:30")
    system.world.day_passed()
    system.world.drain()
    assert system.step(event).outcome == "done"
    assert documents(system) == before
    [notice] = system.notices(CHILD.upn)
    assert (notice.standing, notice.issued_on) == ("stands", date(2025, 10, 10))


def test_what_keeps_changing_is_left_to_the_queue_and_stores_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: Any) -> None:
        raise Changed

    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    with monkeypatch.context() as patched:
        patched.setattr(Cases, "settle", changed)
        patched.setattr(carry_out, "TRIES", 2)
        system.doors.to_notices.send(event, told="decided")
        system.world.drain()
    assert "notices-dead.fifo" in system.world.dead_letters()
    assert system.step(event).outcome is None
    assert not system.notices(CHILD.upn)


def test_two_notices_to_a_parent_are_the_most_in_three_years(system: System) -> None:
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    for n, (first, last) in enumerate([(date(2025, 11, 3), date(2025, 11, 7)), (date(2026, 1, 12), date(2026, 1, 16))]):
        system.at(f"{last}T18:00")
        system.send(csv_of(marks(CHILD, first, last, away(first, last))))
        system.at(("2025-11-10T10:00", "2026-01-19T10:00")[n])
        step = system.decide(
            CHILD.upn, parent_id="P1", reason="a holiday; the school was asked for the days not sent", **AUTHORISE
        )
        if n == 0:
            assert step.outcome == "done"

    assert (step.outcome, len(records(system))) == ("refused", 2)
    assert "two penalty notices" in step.because
    second = max(records(system), key=lambda record: record["issued_on"])
    assert (second["sequence"], second["amount_pence"], second["reduced_amount_pence"]) == (2, 16000, None)
    assert second["reduced_until"] is None


def test_returns_are_written_once_and_a_later_pupil_with_the_same_date_gets_a_further_file() -> None:
    late, third = Child(upn(2), "Laterly"), Child(upn(3), "=Formulary")
    ill = away(date(2025, 9, 8), date(2025, 9, 26), "I")
    with raised(given={}) as system:
        system.at("2025-09-26T18:00")
        system.send(pupils(CHILD, late, third), csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 26), ill)))
        system.day_passes()
        before = documents(system)
        system.at("2025-10-06T18:00")
        system.send(
            csv_of(marks(late, FIRST_DAY, date(2025, 9, 26), ill)),
            csv_of(marks(third, FIRST_DAY, date(2025, 9, 26), ill)),
        )
        system.day_passes()
        system.at("2025-10-07T18:00")
        system.day_passes()
        after = documents(system)

    assert list(before) == ["returns/sickness-900001-2025-09-26.csv"]
    assert set(after) - set(before) == {"returns/sickness-900001-2025-09-26-2.csv"}
    assert {key: after[key] for key in before} == before, "a file that was handed over never changes"
    assert before["returns/sickness-900001-2025-09-26.csv"].startswith(
        b"urn,upn,surname,forename,address_1,address_2,address_3,address_4,postcode,from,until,days,basis,evidence\r\n"
    )
    [row] = csv.DictReader(io.StringIO(before["returns/sickness-900001-2025-09-26.csv"].decode()))
    expected = {"urn": "900001", "upn": CHILD.upn, "surname": CHILD.surname, "forename": CHILD.forename,
                "address_1": CHILD.street, "postcode": CHILD.postcode, "from": "2025-09-08", "until": "2025-09-26",
                "days": "15", "basis": "counted", "evidence": ""}  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    later = list(csv.DictReader(io.StringIO(after["returns/sickness-900001-2025-09-26-2.csv"].decode())))
    assert [row["surname"] for row in later] in (["'=Formulary", "Laterly"], ["Laterly", "'=Formulary"])


def test_a_return_waits_for_the_authoritys_schedule_and_says_what_is_true_then() -> None:
    monthly = settings(
        returns="{attendance: monthly, sickness: at_once, new_pupil: at_once, deletion: at_once}", officers="[]"
    )
    away_days = away(date(2025, 9, 8), date(2025, 9, 19), "O")
    with raised(given={"886": monthly}) as system:
        system.at("2025-09-19T18:00")
        system.send(pupils(CHILD), csv_of(marks(CHILD, FIRST_DAY, date(2025, 9, 19), away_days)))
        system.day_passes()
        assert not documents(system)
        system.at("2025-09-26T18:00")
        system.send(
            csv_of(marks(CHILD, date(2025, 9, 22), date(2025, 9, 26), away(date(2025, 9, 22), date(2025, 9, 22), "O")))
        )
        system.at("2025-09-30T18:30")
        system.day_passes()
        [(name, body)] = documents(system).items()

    assert name == "returns/attendance-900001-2025-09-30.csv"
    [row] = csv.DictReader(io.StringIO(body.decode()))
    assert (row["from"], row["until"], row["sessions"]) == ("2025-09-08", "2025-09-22", "22")


def test_a_period_that_ends_is_put_to_an_officer_once_whichever_day_is_missed(system: System) -> None:
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    [notice] = system.notices(CHILD.upn)
    assert (notice.pay_by, notice.chased) == (date(2025, 11, 10), False)
    system.at("2025-11-10T18:30")
    system.day_passes()
    assert not system.notices(CHILD.upn)[0].chased, "its last day is not over"

    system.at("2025-11-13T18:30")  # two days on which no schedule fired
    system.day_passes()
    [chased] = system.notices(CHILD.upn)
    assert chased.chased
    system.day_passes()
    assert system.notices(CHILD.upn) == (chased,)
    assert sum("for an officer" in line for line in system.world.log) == 1


def test_used_sessions_leave_the_position_at_the_next_schedule(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    school_due, left = Cases.school_due, iter(range(1))

    def dying(self: Cases, *args: Any) -> None:
        if next(left, None) is not None:
            raise Crash
        school_due(self, *args)

    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    monkeypatch.setattr(Cases, "school_due", dying)
    system.tell(event)
    system.day_passes()

    assert next(left, None) is None
    position = system.position(CHILD.upn)
    assert (position["count"], position["met"], position["to_go"]) == (0, True, 10), "its sessions are used"
