"""What days do: a reservation that was not written, a period that ends, a second notice, returns on their schedule."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from attendance.events import DecisionMade
from attendance.facts import Decision
from attendance.register import evidence
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
    """Notices and returns: what lies in the bucket less the daily lists."""
    every = system.objects("authority-886")
    return {key: body for key, body in every.items() if not key.startswith(("told/", "decisions/"))}


def told(system: System, name: str) -> list[dict[str, str]]:
    """The rows of a daily list."""
    return list(csv.DictReader(io.StringIO(system.objects("authority-886")[f"told/{name}.csv"].decode())))


def lists(system: System) -> set[str]:
    """The officers' daily lists: "officer-{urn}-{date}"."""
    return {key[5:-4] for key in system.objects("authority-886") if key.startswith("told/officer-")}


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
        [recorded] = [body for key, body in system.objects("authority-886").items() if key.startswith("decisions/")]
        assert Decision.model_validate_json(recorded) == step.decision, "recorded, though refused"
        assert system.position(CHILD.upn)["blockers"] == ["SETTINGS_MISSING"]
        assert system.position(CHILD.upn)["request_ready"] is False


def reserve_only(system: System, monkeypatch: pytest.MonkeyPatch) -> DecisionMade:
    """A decision whose reservation stands and whose document could not be written, however often it was tried."""
    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "write", raising)
        system.doors.to_notices.send(event, told="decided")
        system.world.drain()
    assert "notices-dead.fifo" in system.world.dead_letters()
    assert documents(system) == {}
    assert f"decisions/{event.decision}.json" in system.objects("authority-886"), "before anything follows from it"
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
        written = documents(system)

    assert set(written) == {f"returns/attendance-900001-2025-09-30.{kind}" for kind in ("csv", "pdf")}
    body = written["returns/attendance-900001-2025-09-30.csv"]
    [row] = csv.DictReader(io.StringIO(body.decode()))
    assert (row["from"], row["until"], row["sessions"]) == ("2025-09-08", "2025-09-22", "22")


def test_time_limits_are_put_to_an_officer_once_whichever_day_is_missed(system: System) -> None:
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    [notice] = system.notices(CHILD.upn)
    assert (notice.reduced_until, notice.pay_by) == (date(2025, 11, 3), date(2025, 11, 10))
    system.at("2025-11-03T18:30")
    system.day_passes()
    before = lists(system)
    assert before == set(), "the last day of the reduced amount is not over, and the case that opened was decided"

    system.at("2025-11-13T18:30")  # nine days on which no schedule fired
    system.day_passes()
    assert lists(system) - before == {"officer-900001-2025-11-04", "officer-900001-2025-11-11"}
    [over] = told(system, "officer-900001-2025-11-04")
    [unpaid] = told(system, "officer-900001-2025-11-11")
    assert (over["what"], over["about"], over["surname"]) == ("REDUCED_AMOUNT_OVER", notice.reference, CHILD.surname)
    assert (unpaid["what"], unpaid["about"], unpaid["on"]) == ("UNPAID", notice.reference, "2025-11-11")
    assert unpaid["provision"] == "SI 2007/1867 reg 9"
    after = lists(system), documents(system)
    system.day_passes()
    system.at("2025-11-14T18:30")
    system.day_passes()
    assert (lists(system), documents(system)) == after, "a day twice and the day after bring nothing anew"


def test_a_notice_that_was_paid_is_put_to_nobody(system: System) -> None:
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    system.at("2025-10-20T18:30")
    paid = system.decide(CHILD.upn, "record_payment", "P1", amount_pence=8000, until=date(2025, 10, 20))
    assert paid.outcome == "done"
    system.at("2026-03-31T18:30")
    system.day_passes()
    assert lists(system) == set()


def test_a_withdrawal_has_its_own_record_and_the_refund(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    step = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    before = documents(system)
    system.at("2025-10-20T18:30")
    system.decide(CHILD.upn, "record_payment", "P1", amount_pence=8000, until=date(2025, 10, 20))
    event = system.record(CHILD.upn, "withdraw", "P1", ground="ought_not", reason="leave was granted")
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "write", raising)
        system.doors.to_notices.send(event, told="decided")
        system.world.drain()
    assert system.step(event).outcome is None, "until its record lies in the bucket the step is not done"
    [notice] = system.notices(CHILD.upn)
    assert notice.standing == "withdrawn"
    system.at("2025-10-21T18:30")
    system.world.day_passed()
    system.world.drain()

    assert system.step(event).outcome == "done"
    key = f"withdrawals/{step.reference}.json"
    assert set(documents(system)) - set(before) == {key, f"withdrawals/{step.reference}.pdf"}
    assert {name: documents(system)[name] for name in before} == before, "the document stays as it was issued"
    record = json.loads(documents(system)[key])
    assert (record["received_pence"], record["refund_pence"], record["withdrawn_on"]) == (8000, 8000, "2025-10-20")
    assert (record["ground"], record["reason"]) == ("ought_not", "leave was granted")
    assert record["withdrawn_by"]["name"]


def test_every_step_says_when_on_what_and_under_which_provision(system: System) -> None:
    step = system.decide(CHILD.upn, parent_id="P1", equality_act="no disability is known to us", **AUTHORISE)
    assert step.made
    assert step.made.on == date(2025, 10, 10)
    assert step.made.known_at.date() == date(2025, 10, 10)
    assert [(move.was, move.became) for move in step.made.moves] == [("threshold_met", "authorised")]
    [record] = records(system)
    assert step.made.evidence_sha256 == record["evidence_sha256"]
    assert step.made.authorisation
    said = {c.question: (c.answer, c.said_by) for c in step.made.authorisation.considered}
    assert len(said) == 5
    assert said["Were the duties under the Equality Act 2010 considered?"] == (
        "no disability is known to us",
        "officer",
    )
    assert said["Why this parent?"][1] == "record"


def test_an_amendment_after_issue_tells_an_officer_what_to_do_and_changes_no_document(system: System) -> None:
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    system.decide(CHILD.upn, parent_id="P2", **AUTHORISE)
    system.at("2025-10-20T18:00")
    system.decide(CHILD.upn, "record_payment", "P1", amount_pence=8000, until=date(2025, 10, 20))
    before = documents(system)
    amended = marks(
        CHILD, date(2025, 9, 29), date(2025, 9, 29), recorded_at="2025-10-20T12:00", recorded_by="A Clerk",
        amendment_reason="was there",
    )  # fmt: skip
    system.send(csv_of(amended))
    system.day_passes()
    assert documents(system) == before
    rows = told(system, "officer-900001-2025-10-20")
    assert {row["what"] for row in rows} == {"AMENDED_AFTER_ISSUE"}
    assert sorted(row["what_to_do"] for row in rows) == [
        "withdraw on the ground ought_not", "withdraw on the ground ought_not, and pay back £80.00",
    ]  # fmt: skip


def test_a_notice_can_be_recomputed_as_it_was_known_when_it_was_issued(system: System) -> None:
    """As-known T is the fold of the parts received by T: the evidence of a notice holds whatever is amended later."""
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    [record] = records(system)
    system.at("2025-10-20T18:00")
    system.send(csv_of(marks(CHILD, date(2025, 9, 29), date(2025, 10, 3), recorded_at="2025-10-20T12:00",
                             recorded_by="A Clerk", amendment_reason="was there")))  # fmt: skip
    listed = [(each["date"], each["session"]) for each in record["sessions"]]
    known = system.doors.registers.as_known("886", "900001", datetime.fromisoformat(record["known_at"]))
    now = system.doors.registers.read("886", "900001")

    def digest(registers: dict[int, bytes]) -> str:
        return hashlib.sha256(evidence(list(registers.values()), CHILD.upn, listed).encode()).hexdigest()

    assert digest(known.registers) == record["evidence_sha256"]
    assert digest(now.registers) != record["evidence_sha256"], "the amendment is in the register as it is now"


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
