"""From a case to a document: reserved and written in two steps, once, on a named officer's word, into the authority's bucket."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest

from attendance.events import Event, NoticeIssued, ThresholdMet
from attendance.identifiers import reference_problem
from attendance.register import evidence
from aws.cases import Cases
from aws.messages import Bus
from tests.documents.pdf_gate import attachments
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, support, upn
from tests.raised_system import System, listening, raised

LAST = date(2025, 10, 10)
FIRST_AWAY, LAST_AWAY = date(2025, 9, 29), date(2025, 10, 3)
HOLIDAY_SESSIONS = [f"{day.isoformat()}/{half}" for day in away(FIRST_AWAY, LAST_AWAY) for half in ("AM", "PM")]
HOLIDAYMAKERS = [Child(upn(n), f"Quillonby-{n}", parents=("P1", "P2")) for n in range(1, 14)]
STRUGGLING = Child(upn(20), "Strugglethwaite")
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate"}
RECORD_FIELDS = {
    "reference", "kind", "la", "urn", "upn", "parent_id", "case", "issued_on", "as_at", "known_at", "sequence", "amount_pence",
    "reduced_amount_pence", "posted_on", "post", "presumed_received_on", "reduced_until", "pay_by", "prosecute_by", "sessions",
    "window", "ground", "main_reason", "authorised_by", "provisions", "support", "evidence_sha256", "register_sha256",
    "pdf_sha256", "settings_version", "software",
}  # fmt: skip
UNPRINTED = {"upn", "parent_id", "case"}

one_more = count()


@pytest.fixture(scope="module")
def school() -> Iterator[tuple[System, list[Event]]]:
    """A school on the Friday after a week in which many children were away; and what its system told the bus."""
    everyone = [*HOLIDAYMAKERS, STRUGGLING]
    rows = [row for child in HOLIDAYMAKERS for row in marks(child, FIRST_DAY, LAST, away(FIRST_AWAY, LAST_AWAY))]
    rows += marks(STRUGGLING, FIRST_DAY, LAST, away(FIRST_AWAY, LAST_AWAY, "O"))
    with pytest.MonkeyPatch.context() as monkeypatch, raised() as system:
        heard = listening(monkeypatch)
        system.at(f"{LAST}T18:00")
        for body in (pupils(*everyone), parents(*everyone), calendar(FIRST_DAY, date(2026, 3, 27)),
                     support(STRUGGLING, date(2025, 9, 15), "not_engaged"), csv_of(rows)):  # fmt: skip
            system.upload(body)
        system.drain()
        yield system, heard


@pytest.fixture
def system(school: tuple[System, list[Event]]) -> System:
    return school[0]


@pytest.fixture
def heard(school: tuple[System, list[Event]]) -> list[Event]:
    return school[1]


@pytest.fixture
def child() -> Child:
    """A child of its own for every test."""
    return HOLIDAYMAKERS[next(one_more)]


def documents(system: System, child: Child) -> dict[str, bytes]:
    """What lies in the authority's bucket about a child."""
    references = {notice.reference for notice in system.notices(child.upn)}
    return {key: body for key, body in system.objects("authority-886").items() if references & {key[8:20]}}


def records(system: System, child: Child) -> list[dict[str, Any]]:
    return [json.loads(body) for key, body in sorted(documents(system, child).items()) if key.endswith(".json")]


class Crash(RuntimeError):
    """A function that dies in the middle."""


def test_a_penalty_notice_is_a_document_a_record_and_an_event(system: System, child: Child, heard: list[Event]) -> None:
    [case] = system.cases(child.upn)
    assert (case.state, case.proposal.route) == ("gathering", "penalty_notice")
    step = system.decide(child.upn, parent_id="P1", **AUTHORISE)

    reference = step.reference
    assert (step.outcome, reference[:3], reference_problem(reference)) == ("done", "886", None)
    assert set(documents(system, child)) == {f"notices/{reference}.pdf", f"notices/{reference}.json"}
    pdf = documents(system, child)[f"notices/{reference}.pdf"]
    [record] = records(system, child)
    assert set(record) == RECORD_FIELDS
    assert record["pdf_sha256"] == hashlib.sha256(pdf).hexdigest()
    expected = {
        "reference": reference, "kind": "penalty_notice", "la": "886", "urn": "900001", "upn": child.upn, "parent_id": "P1",
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
    rested_on = evidence(registers, child.upn, [(each["date"], each["session"]) for each in record["sessions"]])
    assert record["evidence_sha256"] == hashlib.sha256(rested_on.encode()).hexdigest()
    assert rested_on.count("\n") == 10
    names = sorted(system.objects("parts"))
    assert record["register_sha256"] == hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()

    issued = [event for event in heard if isinstance(event, NoticeIssued) and event.case == case.id]
    assert [(event.reference, event.kind) for event in issued] == [(reference, "penalty_notice")]
    assert not [word for word in (*child.words, "P1") if word in issued[0].model_dump_json()]
    [settled] = system.cases(child.upn)
    assert (settled.state, settled.settled_by) == ("settled", "penalty_notice")


def test_a_decision_is_carried_out_without_a_database(
    system: System, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new process is spared what loading DuckDB takes (benchmarks.cold_start)."""

    def opened() -> None:
        raise AssertionError("a database was opened")

    monkeypatch.setattr("attendance.engine._engine", opened)
    assert system.decide(child.upn, parent_id="P1", **AUTHORISE).outcome == "done"


def test_what_the_pdf_carries_inside_is_the_record_less_what_its_page_does_not_print(
    system: System, child: Child
) -> None:
    system.decide(child.upn, parent_id="P1", **AUTHORISE)
    [record] = records(system, child)
    [pdf] = [body for key, body in documents(system, child).items() if key.endswith(".pdf")]

    carried = json.loads(attachments(pdf)["notice.json"].content)
    assert not UNPRINTED & set(carried)
    printed = {name: value for name, value in record.items() if name not in {*UNPRINTED, "pdf_sha256"}}
    assert {name: carried[name] for name in printed} == printed


def test_a_case_that_opens_is_told_without_personal_data(system: System, child: Child, heard: list[Event]) -> None:
    [case] = system.cases(child.upn)
    assert case.id in {event.case for event in heard if isinstance(event, ThresholdMet)}
    told = "".join(event.model_dump_json() for event in heard)
    assert not [word for each in (*HOLIDAYMAKERS, STRUGGLING) for word in each.words if word in told]


def test_a_notice_to_improve_is_written_and_the_case_goes_on_gathering(system: System) -> None:
    step = system.decide(STRUGGLING.upn, "issue_notice_to_improve", "P1")
    [record] = records(system, STRUGGLING)
    [case] = system.cases(STRUGGLING.upn)

    assert (step.outcome, case.state) == ("done", "gathering")
    assert set(record) == RECORD_FIELDS | {"improvement_from", "improvement_until", "target"}
    expected = {
        "kind": "notice_to_improve", "sequence": None, "amount_pence": None, "pay_by": None, "reduced_until": None, "ground": None,
        "improvement_from": "2025-10-15", "improvement_until": "2025-11-25", "target": "No further unauthorised absence",
        "support": [{"date": "2025-09-15", "what": "Meeting: What would help", "outcome": "not engaged"}],
        "main_reason": "other",
    }  # fmt: skip
    assert {name: record[name] for name in expected} == expected


def test_notices_to_both_parents_list_the_same_sessions_and_cost_the_same(system: System, child: Child) -> None:
    for parent in ("P1", "P2"):
        assert system.decide(child.upn, parent_id=parent, **AUTHORISE).outcome == "done"
    one, two = records(system, child)
    assert {one["parent_id"], two["parent_id"]} == {"P1", "P2"}
    assert one["reference"] != two["reference"]
    assert (one["sessions"], one["sequence"], one["amount_pence"]) == (two["sessions"], 1, two["amount_pence"])


def test_an_event_told_again_does_nothing_more(system: System, child: Child) -> None:
    event = system.record(child.upn, parent_id="P1", **AUTHORISE)
    for told in ("first", "second", "third"):
        system.tell(event, told)
    before = system.everything()
    system.tell(event, "fourth")
    after = system.everything()

    assert len(system.notices(child.upn)) == 1
    assert len(documents(system, child)) == 2
    assert without_school(after) == without_school(before)


def without_school(everything: dict[str, Any]) -> dict[str, Any]:
    """All but the school's own item, which says when it is next computed."""
    return everything | {"cases": [item for item in everything["cases"] if item["sk"]["S"] != "SCHOOL"]}


def test_the_same_notice_decided_twice_is_issued_once_and_refused_once(system: System, child: Child) -> None:
    assert system.decide(child.upn, parent_id="P1", **AUTHORISE).outcome == "done"
    again = system.decide(child.upn, parent_id="P1", **AUTHORISE)

    assert again.outcome == "refused"
    assert "stands in this case already" in again.because
    assert again.provision
    assert len(documents(system, child)) == 2


def test_a_decision_by_someone_without_that_right_is_refused(system: System, child: Child) -> None:
    step = system.decide(child.upn, parent_id="P1", by="o2", **AUTHORISE)
    assert (step.outcome, documents(system, child)) == ("refused", {})
    assert "o2 may not authorise_penalty_notice" in step.because


def test_after_a_crash_the_same_document_is_finished(
    system: System, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = []
    tell = Bus.tell

    def once(bus: Bus, *events: Any) -> None:
        if not failed:
            failed.append(dict(documents(system, child)))
            raise Crash
        tell(bus, *events)

    monkeypatch.setattr(Bus, "tell", once)
    step = system.decide(child.upn, parent_id="P1", **AUTHORISE)
    assert step.outcome == "done"
    assert failed == [documents(system, child)], "written once, and the same"


def test_what_changed_since_it_was_read_is_read_again(
    system: System, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, rivals = Cases.settle, []

    def with_a_rival(self: Cases, la: str, pupil: str, read: Any, *args: Any) -> None:
        if not rivals:
            rivals.append(self.of_pupil(la, pupil).cases[0])
            self.save_case(rivals[0].model_copy(update={"referred": True}))
        settle(self, la, pupil, read, *args)

    monkeypatch.setattr(Cases, "settle", with_a_rival)
    step = system.decide(child.upn, parent_id="P1", **AUTHORISE)
    assert step.outcome == "done"
    [case] = system.cases(child.upn)
    assert (case.referred, case.state, case.documents) == (True, "settled", 1), "neither change is lost"
    assert len(documents(system, child)) == 2


def test_of_two_decisions_at_once_one_is_refused(system: System, child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two officers, two functions side by side: both decide on the same facts, and one of them comes second."""
    first, second = (system.record(child.upn, parent_id="P1", **AUTHORISE) for _ in range(2))
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
    assert len(system.notices(child.upn)) == 1
    assert len(documents(system, child)) == 2
