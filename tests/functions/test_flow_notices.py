"""From a case to a document: reserved and written in two steps, once, on a named officer's word, into the authority's bucket."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from attendance.events import DecisionMade, NoticeIssued, ThresholdMet
from attendance.identifiers import reference_problem
from attendance.register import evidence
from aws.cases import Cases, Changed
from aws.documents import Documents
from aws.messages import Bus
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, settings, support, upn
from tests.pdf_gate import attachments
from tests.raised_system import System, listening, raised

CHILD = Child(upn(1), parents=("P1", "P2"))
HOLIDAY = away(date(2025, 9, 29), date(2025, 10, 3))
HOLIDAY_SESSIONS = [f"{day.isoformat()}/{half}" for day in HOLIDAY for half in ("AM", "PM")]
ROLL = (pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2026, 3, 27)))
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate"}
RECORD_FIELDS = {
    "reference", "kind", "la", "urn", "upn", "parent_id", "case", "issued_on", "as_at", "known_at", "sequence", "amount_pence",
    "reduced_amount_pence", "posted_on", "post", "presumed_received_on", "reduced_until", "pay_by", "prosecute_by", "sessions",
    "window", "ground", "main_reason", "authorised_by", "provisions", "evidence_sha256", "pdf_sha256", "settings_version",
    "software",
}  # fmt: skip
UNPRINTED = {"upn", "parent_id", "case"}


def after_a_holiday(system: System, code: str = "G") -> None:
    """A week away reported on the Friday after: ten sessions in ten weeks."""
    system.at("2025-10-10T18:00")
    absent = away(date(2025, 9, 29), date(2025, 10, 3), code)
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


def test_a_penalty_notice_is_a_document_a_record_and_an_event(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = listening(monkeypatch)
    [case] = system.cases(CHILD.upn)
    assert (case.state, case.proposal.route) == ("gathering", "penalty_notice")
    step = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)

    reference = step.reference
    assert (step.outcome, reference[:3], reference_problem(reference)) == ("done", "886", None)
    assert set(documents(system)) == {f"notices/{reference}.pdf", f"notices/{reference}.json"}
    pdf = documents(system)[f"notices/{reference}.pdf"]
    [record] = records(system)
    assert set(record) == RECORD_FIELDS
    assert record["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    expected = {
        "reference": reference, "kind": "penalty_notice", "la": "886", "urn": "900001", "upn": CHILD.upn, "parent_id": "P1",
        "case": case.id, "issued_on": "2025-10-10", "as_at": "2025-10-10", "known_at": "2025-10-10T17:00:00Z", "sequence": 1,
        "amount_pence": 16000, "reduced_amount_pence": 8000, "posted_on": "2025-10-10", "post": "first",
        "presumed_received_on": "2025-10-14", "reduced_until": "2025-11-03", "pay_by": "2025-11-10",
        "prosecute_by": "2026-03-29", "ground": "support_not_appropriate", "main_reason": "holiday",
        "authorised_by": {"id": "o1", "name": "Alex Madeup", "office": "Attendance officer"},
    }  # fmt: skip
    assert {name: record[name] for name in expected} == expected
    assert [f"{each['date']}/{each['session']}" for each in record["sessions"]] == HOLIDAY_SESSIONS
    assert record["window"] == ["2025-09-08", "2025-09-15", "2025-09-22", "2025-09-29"]
    registers = [body for key, body in system.objects("registers").items() if key.endswith(".parquet")]
    rested_on = evidence(registers, CHILD.upn, [(each["date"], each["session"]) for each in record["sessions"]])
    assert record["evidence_sha256"] == hashlib.sha256(rested_on.encode()).hexdigest()
    assert rested_on.count("\n") == 10

    issued = [event for event in heard if isinstance(event, NoticeIssued)]
    assert [(event.case, event.reference, event.kind) for event in issued] == [(case.id, reference, "penalty_notice")]
    told = "".join(event.model_dump_json() for event in heard)
    assert not [word for word in (*CHILD.words, "P1") if word in told]
    [settled] = system.cases(CHILD.upn)
    assert (settled.state, settled.settled_by) == ("settled", "penalty_notice")


def test_what_the_pdf_carries_inside_is_the_record_less_what_its_page_does_not_print(system: System) -> None:
    system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    [record] = records(system)
    [pdf] = [body for key, body in documents(system).items() if key.endswith(".pdf")]

    carried = json.loads(attachments(pdf)["notice.json"].content)
    assert not UNPRINTED & set(carried)
    printed = {name: value for name, value in record.items() if name not in {*UNPRINTED, "pdf_sha256"}}
    assert {name: carried[name] for name in printed} == printed


def test_a_case_that_opens_is_told_without_personal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = listening(monkeypatch)
    with raised() as system:
        after_a_holiday(system)
        [case] = system.cases(CHILD.upn)
    assert {event.case for event in heard if isinstance(event, ThresholdMet)} == {case.id}
    told = "".join(event.model_dump_json() for event in heard)
    assert not [word for word in CHILD.words if word in told]


def test_a_notice_to_improve_is_written_and_the_case_goes_on_gathering() -> None:
    with raised() as system:
        after_a_holiday(system, "O")
        system.send(support(CHILD, date(2025, 9, 15), "not_engaged"))
        step = system.decide(CHILD.upn, "issue_notice_to_improve", "P1")
        [record] = records(system)
        [case] = system.cases(CHILD.upn)

    assert (step.outcome, case.state) == ("done", "gathering")
    assert set(record) == RECORD_FIELDS | {"improvement_from", "improvement_until", "target"}
    assert (record["kind"], record["sequence"], record["amount_pence"], record["pay_by"]) == (
        "notice_to_improve",
        None,
        None,
        None,
    )
    assert (record["improvement_from"], record["improvement_until"]) == ("2025-10-15", "2025-11-25")
    assert record["target"] == "No further unauthorised absence"


def test_notices_to_both_parents_list_the_same_sessions_and_cost_the_same(system: System) -> None:
    for parent in ("P1", "P2"):
        assert system.decide(CHILD.upn, parent_id=parent, **AUTHORISE).outcome == "done"
    one, two = records(system)
    assert {one["parent_id"], two["parent_id"]} == {"P1", "P2"}
    assert one["reference"] != two["reference"]
    assert (one["sessions"], one["sequence"], one["amount_pence"]) == (two["sessions"], 1, two["amount_pence"])


def test_an_event_told_again_does_nothing_more(system: System) -> None:
    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    for told in ("first", "second", "third"):
        system.tell(event, told)
    before = system.everything()
    system.tell(event, "fourth")
    after = system.everything()

    assert len(system.notices(CHILD.upn)) == 1
    assert len(documents(system)) == 2
    assert without_school(after) == without_school(before)


def without_school(everything: dict[str, Any]) -> dict[str, Any]:
    """All but the school's own item, which says when it is next computed."""
    return everything | {"cases": [item for item in everything["cases"] if item["sk"]["S"] != "SCHOOL"]}


def test_the_same_notice_decided_twice_is_issued_once_and_refused_once(system: System) -> None:
    assert system.decide(CHILD.upn, parent_id="P1", **AUTHORISE).outcome == "done"
    again = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)

    assert again.outcome == "refused"
    assert "stands in this case already" in again.because
    assert again.provision
    assert len(documents(system)) == 2


def test_a_decision_by_someone_without_that_right_is_refused(system: System) -> None:
    step = system.decide(CHILD.upn, parent_id="P1", by="o2", **AUTHORISE)
    assert (step.outcome, documents(system)) == ("refused", {})
    assert "o2 may not authorise_penalty_notice" in step.because


def test_without_settings_no_document_is_written_and_the_position_says_why() -> None:
    with raised(given={}) as system:
        after_a_holiday(system)
        step = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
        assert step.outcome == "refused"
        assert step.because.startswith("SETTINGS_MISSING")
        assert documents(system) == {}
        assert system.position(CHILD.upn)["blockers"] == ["SETTINGS_MISSING"]
        assert system.position(CHILD.upn)["request_ready"] is False


class Crash(RuntimeError):
    """A function that dies in the middle."""


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


def raising(*_: Any, **__: Any) -> None:
    raise Crash


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


def test_a_crash_between_document_and_record_is_finished_with_the_same_document(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = []
    tell = Bus.tell

    def once(bus: Bus, *events: Any) -> None:
        if not failed:
            failed.append(dict(documents(system)))
            raise Crash
        tell(bus, *events)

    monkeypatch.setattr(Bus, "tell", once)
    step = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    assert step.outcome == "done"
    assert failed == [documents(system)], "written once, and the same"


def test_what_changes_between_reading_and_reserving_is_read_again(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, rivals = Cases.settle, []

    def with_a_rival(self: Cases, la: str, pupil: str, read: Any, *args: Any) -> None:
        if not rivals:
            rivals.append(self.of_pupil(la, pupil).cases[0])
            self.save_case(rivals[0].model_copy(update={"referred": True}))
        settle(self, la, pupil, read, *args)

    monkeypatch.setattr(Cases, "settle", with_a_rival)
    step = system.decide(CHILD.upn, parent_id="P1", **AUTHORISE)
    assert step.outcome == "done"
    [case] = system.cases(CHILD.upn)
    assert (case.referred, case.state, case.documents) == (True, "settled", 1), "neither change is lost"
    assert len(documents(system)) == 2


def test_of_two_decisions_at_the_same_moment_one_is_read_again_and_refused(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two officers, two functions side by side: both decide on the same facts, and one of them comes second."""
    first, second = (system.record(CHILD.upn, parent_id="P1", **AUTHORISE) for _ in range(2))
    settle, raced = Cases.settle, []

    def overtaken(self: Cases, la: str, pupil: str, read: Any, step: Any, outcome: Any) -> None:
        if step.decision.id == first.decision and not raced:
            raced.append(step)
            other = self.step(la, pupil, second.decision)
            assert other is not None
            self.settle(la, pupil, read, other, outcome)
        settle(self, la, pupil, read, step, outcome)

    monkeypatch.setattr(Cases, "settle", overtaken)
    system.tell(first)
    system.tell(second)

    assert raced
    assert {system.step(first).outcome, system.step(second).outcome} == {"done", "refused"}
    assert len(system.notices(CHILD.upn)) == 1
    assert len(documents(system)) == 2


def test_what_keeps_changing_is_left_to_the_queue_and_stores_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: Any) -> None:
        raise Changed

    event = system.record(CHILD.upn, parent_id="P1", **AUTHORISE)
    with monkeypatch.context() as patched:
        patched.setattr(Cases, "settle", changed)
        system.doors.to_notices.send(event, told="decided")
        system.world.drain()
    assert "notices-dead.fifo" in system.world.dead_letters()
    assert system.step(event).outcome is None
    assert not system.notices(CHILD.upn)


def test_a_settled_notice_leaves_the_position_at_the_next_schedule_also_after_a_crash(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
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
