"""The letters and papers beside the notices: written once, from what was decided, and refused with a reason where none may be."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pypdf
import pytest

from attendance.verification import verified
from tests.documents.pdf_gate import faults
from tests.documents.reading import text_of
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, settings, support, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1), parents=("P1", "P2"))
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate"}
SETTINGS = settings(
    reminders="{before_reduced_ends: 5, before_payment_ends: 4}",
    payment='{url: "https://made-up.example/pay", instalments: false, reference_as: reference}',
)


@pytest.fixture
def system() -> Iterator[System]:
    """A week of holiday, a notice to one parent on 10 October: received on the 14th, £80 to 3 November, £160 to the 10th."""
    with raised(given={"886": SETTINGS}) as system:
        system.at("2025-10-10T18:00")
        absent = away(date(2025, 9, 29), date(2025, 10, 3))
        roll = (pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2026, 3, 27)))
        for body in (*roll, csv_of(marks(CHILD, FIRST_DAY, date(2025, 10, 10), absent))):
            system.upload(body)
        system.drain()
        assert system.decide(CHILD.upn, parent_id="P1", **AUTHORISE).outcome == "done"
        yield system


def found(system: System, folder: str) -> dict[str, bytes]:
    """What lies in a folder of the authority's bucket, by name."""
    objects = system.objects("authority-886")
    return {key.removeprefix(f"{folder}/"): body for key, body in objects.items() if key.startswith(f"{folder}/")}


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def day(system: System, on: str) -> None:
    system.at(f"{on}T18:30")
    system.day_passes()


def reference(system: System) -> str:
    [notice] = system.notices(CHILD.upn)
    return str(notice.reference)


# --- Withdrawal ----------------------------------------------------------------------------------------------------------


def test_a_withdrawal_is_a_letter_to_the_parent_and_its_record(system: System) -> None:
    system.at("2025-10-20T18:00")
    system.decide(CHILD.upn, "record_payment", "P1", amount_pence=8000, until=date(2025, 10, 20))
    assert system.decide(CHILD.upn, "withdraw", "P1", ground="ought_not", reason="leave was granted").outcome == "done"

    written = found(system, "withdrawals")
    letter, record = written[f"{reference(system)}.pdf"], json.loads(written[f"{reference(system)}.json"])
    assert faults(letter) == []
    text = text_of(letter)
    assert "We received £80. We will pay back £80." in text
    assert "The notice ought not to have been issued." in text
    assert "leave was granted" not in text, "the officer's own words are for the record"
    assert CHILD.upn not in text
    assert record["pdf_sha256"] == hashlib.sha256(letter).hexdigest()


# --- Reminders -----------------------------------------------------------------------------------------------------------


def test_a_parent_is_reminded_of_each_last_day_once(system: System) -> None:
    day(system, "2025-10-28")
    assert found(system, "reminders") == {}
    day(system, "2025-10-29")
    day(system, "2025-10-30")
    [(name, letter)] = found(system, "reminders").items()
    assert name == f"{reference(system)}-reduced-2025-10-29.pdf"
    assert "You can pay the lower amount until Monday 3 November 2025: £80." in text_of(letter)
    assert faults(letter) == []

    day(system, "2025-11-06")
    names = {f"{reference(system)}-reduced-2025-10-29.pdf", f"{reference(system)}-full-2025-11-06.pdf"}
    assert set(found(system, "reminders")) == names
    full = found(system, "reminders")[f"{reference(system)}-full-2025-11-06.pdf"]
    assert "Pay £160 by Monday 10 November 2025." in text_of(full)


def test_a_day_missed_brings_the_reminder_later_and_not_after_its_last_day(system: System) -> None:
    day(system, "2025-11-05")
    assert found(system, "reminders") == {}, "the lower amount is over: there is nothing to remind of"
    day(system, "2025-11-07")
    assert set(found(system, "reminders")) == {f"{reference(system)}-full-2025-11-06.pdf"}


def test_who_paid_is_not_reminded(system: System) -> None:
    system.at("2025-10-20T18:00")
    system.decide(CHILD.upn, "record_payment", "P1", amount_pence=8000, until=date(2025, 10, 20))
    day(system, "2025-10-29")
    day(system, "2025-11-07")
    assert found(system, "reminders") == {}


def test_a_part_paid_is_said_and_the_rest_asked_for(system: System) -> None:
    system.at("2025-10-20T18:00")
    system.decide(CHILD.upn, "record_payment", "P1", amount_pence=3000, until=date(2025, 10, 20))
    day(system, "2025-10-29")
    [letter] = found(system, "reminders").values()
    assert "we have received £30" in text_of(letter)
    assert "until Monday 3 November 2025: £50 more." in text_of(letter)


def test_where_receipt_moved_the_last_day_that_day_has_its_own_reminder(system: System) -> None:
    day(system, "2025-10-29")
    system.at("2025-10-31T18:00")
    system.decide(CHILD.upn, "served", "P1", until=date(2025, 10, 21))
    day(system, "2025-11-05")
    names = {f"{reference(system)}-reduced-{on}.pdf" for on in ("2025-10-29", "2025-11-05")}
    assert set(found(system, "reminders")) == names
    later = found(system, "reminders")[f"{reference(system)}-reduced-2025-11-05.pdf"]
    assert "until Monday 10 November 2025: £80." in text_of(later)


def test_nobody_is_reminded_by_itself_to_whom_only_an_officer_writes(system: System) -> None:
    system.at("2025-10-20T18:00")
    gone = csv_of([{**row, "until": "2025-10-19"} for row in rows_of(parents(CHILD))])
    system.send(gone)
    day(system, "2025-10-29")
    assert found(system, "reminders") == {}
    [row] = rows_of(found(system, "told")["reminder-900001-2025-10-29.csv"])
    assert "only an officer writes to this parent" in row["what_to_do"]


# --- Returns -------------------------------------------------------------------------------------------------------------


def test_a_return_has_a_cover_that_names_its_file(system: System) -> None:
    system.at("2025-10-13T18:00")
    new = Child(upn(2))
    [row] = rows_of(pupils(new))
    system.send(csv_of([{**row, "starting_day": "2025-10-13", "surname": "Rahman 王"}]))
    day(system, "2025-10-13")
    written = found(system, "returns")
    [file] = [name for name in written if name.endswith(".csv") and upn(2) in written[name].decode()]
    cover = written[file.replace(".csv", ".pdf")]
    assert faults(cover) == []
    text = text_of(cover)
    assert upn(2) in text
    assert "cannot be printed here: see the file" in text, (
        "a name that the fonts lack is said to be so, and the return goes out"
    )
    assert hashlib.sha256(written[file]).hexdigest() in text.replace(" ", "")


# --- The notice itself ---------------------------------------------------------------------------------------------------


def test_the_code_to_scan_fills_in_the_reference_and_no_amount(system: System) -> None:
    notice = found(system, "notices")[f"{reference(system)}.pdf"]
    assert "opens the same page with the reference filled in" in text_of(notice)


def test_a_notice_is_locked_for_the_retention_of_its_settings(system: System) -> None:
    [notice] = system.notices(CHILD.upn)
    for kind in ("pdf", "json"):
        kept = system.world.s3.head_object(
            Bucket=system.world.names["authority-886"], Key=f"notices/{notice.reference}.{kind}"
        )
        assert kept["ObjectLockMode"] == "GOVERNANCE"
        until = kept["ObjectLockRetainUntilDate"].astimezone(UTC)
        assert until == datetime(2032, 10, 11, tzinfo=UTC), "to the end of 10 October 2032"


# --- Papers that an officer asks for -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "ground", "parent_id", "says"),
    [
        (
            "2025-10-13",
            "certificate",
            None,
            "I certify that the pupil named below was a registered pupil at this school",
        ),
        ("2025-10-13", "attendance_contract", "P2", "It is voluntary: nobody has to sign it."),
        ("2025-11-11", "case_bundle", "P1", "Proceedings must begin by Sunday 29 March 2026."),
    ],
)
def test_a_paper_is_prepared_once_with_its_record(
    system: System, on: str, ground: str, parent_id: str | None, says: str
) -> None:
    system.at(f"{on}T18:00")
    event = system.record(CHILD.upn, "prepare_document", parent_id, ground=ground)
    system.tell(event)
    system.tell(event, told="again")
    assert system.step(event).outcome == "done", system.step(event).because
    papers = found(system, "papers")
    assert set(papers) == {f"{ground}-{event.decision}.{kind}" for kind in ("pdf", "json")}
    paper = papers[f"{ground}-{event.decision}.pdf"]
    assert faults(paper) == []
    assert says in text_of(paper)
    record = json.loads(papers[f"{ground}-{event.decision}.json"])
    assert record["pdf_sha256"] == hashlib.sha256(paper).hexdigest()


def test_the_bundle_holds_the_notice_the_decision_and_every_entry(system: System) -> None:
    system.at("2025-11-11T18:00")
    system.decide(CHILD.upn, "prepare_document", "P1", ground="case_bundle")
    text = text_of(next(body for name, body in found(system, "papers").items() if name.endswith(".pdf")))
    issued = json.loads(found(system, "notices")[f"{reference(system)}.json"])
    assert reference(system) in text
    assert "unpaid" in text
    assert "Authorise penalty notice" in text
    assert issued["evidence_sha256"] in text
    assert issued["pdf_sha256"] in text.replace(" ", "")


@pytest.mark.parametrize(
    ("on", "given", "because"),
    [
        ("2025-11-10", {"ground": "case_bundle", "parent_id": "P1"}, "no proceedings before the last day for payment"),
        ("2025-10-13", {"ground": "attendance_contract"}, "give the parent_id"),
        (
            "2025-10-13",
            {"ground": "poem", "parent_id": "P1"},
            "give a ground: certificate, attendance_contract, case_bundle",
        ),
    ],
)
def test_a_paper_that_may_not_be_is_refused_with_its_reason(
    system: System, on: str, given: dict[str, Any], because: str
) -> None:
    system.at(f"{on}T18:00")
    step = system.decide(CHILD.upn, "prepare_document", **given)
    assert step.outcome == "refused"
    assert because in step.because
    assert found(system, "papers") == {}


def test_there_is_no_bundle_of_a_notice_that_was_paid(system: System) -> None:
    system.at("2025-10-20T18:00")
    system.decide(CHILD.upn, "record_payment", "P1", amount_pence=8000, until=date(2025, 10, 20))
    system.at("2025-11-11T18:00")
    step = system.decide(CHILD.upn, "prepare_document", "P1", ground="case_bundle")
    assert (step.outcome, step.because) == ("refused", "the notice was paid in time: liability is discharged")


# --- A notice too long for the post ----------------------------------------------------------------------------------------


def test_a_notice_too_long_for_the_post_comes_with_a_schedule() -> None:
    """A term missed, and more than a year in which support was offered every day."""
    with raised(given={"886": SETTINGS}) as system:
        system.at("2025-12-19T18:00")
        absent = away(FIRST_DAY, date(2025, 12, 19), "O")
        steps = [support(CHILD, FIRST_DAY - timedelta(days=n), "not_engaged") for n in range(400)]
        chronology = steps[0] + b"".join(step.partition(b"\n")[2] for step in steps[1:])
        for body in (pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2025, 12, 19)), chronology):
            system.upload(body)
        system.upload(csv_of(marks(CHILD, FIRST_DAY, date(2025, 12, 19), absent)))
        system.drain()
        step = system.decide(
            CHILD.upn, "authorise_penalty_notice", "P1", ground="support_failed", reason="support failed"
        )
        assert step.outcome == "done"
        [(name, letter)] = [(n, body) for n, body in found(system, "notices").items() if n.endswith(".pdf")]
        [(beside, schedule)] = found(system, "schedules").items()
        record = json.loads(found(system, "notices")[name.replace(".pdf", ".json")])

    assert beside == name
    assert record["schedule_sha256"] == hashlib.sha256(schedule).hexdigest()
    assert record["pdf_sha256"] == hashlib.sha256(letter).hexdigest()
    assert faults(letter) == faults(schedule) == []
    assert f"the {len(record['sessions'])} sessions in the schedule that comes with this notice" in text_of(letter)
    assert len(record["support"]) == 400
    assert text_of(schedule).count("Afternoon O") == len(record["sessions"]) // 2
    assert verified(record, letter, attached(letter), None, None, schedule).holds
    assert not verified(record, letter, attached(letter), None, None, letter).holds


def attached(pdf: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(pypdf.PdfReader(io.BytesIO(pdf)).attachments["notice.json"][0])
    return data


# --- The pack of the termly meeting ---------------------------------------------------------------------------------------


def test_the_pack_of_the_meeting_is_written_on_the_last_day_of_term(system: System) -> None:
    day(system, "2025-12-30")
    assert found(system, "packs") == {}
    day(system, "2025-12-31")
    day(system, "2026-01-05")
    [(name, pack)] = found(system, "packs").items()
    assert name == "support_pack-900001-2025-12-31.pdf"
    assert faults(pack) == []
    text = text_of(pack)
    assert "As at the end of Wednesday 31 December 2025." in text
    assert "Of 1 pupils, 0 are severely absent" in text
    assert "1 more is persistently absent" in text
    assert f"UPN {CHILD.upn}. Attended 40 of 50 possible sessions (80.0%)." in text
    assert "settled by penalty notice" in text
    [row] = rows_of(found(system, "told")["support_pack-900001-2025-12-31.csv"])
    assert (row["what"], row["upn"]) == ("SUPPORT_MEETING", "")


def test_a_pack_whose_day_was_missed_is_written_with_the_next(system: System) -> None:
    day(system, "2025-12-30")
    day(system, "2026-01-07")
    [(name, pack)] = found(system, "packs").items()
    assert name == "support_pack-900001-2025-12-31.pdf"
    assert "As at the end of Wednesday 7 January 2026." in text_of(pack)


def test_a_term_without_a_session_has_no_meeting(system: System) -> None:
    day(system, "2026-07-31")
    assert set(found(system, "packs")) == {"support_pack-900001-2025-12-31.pdf"}


def test_a_name_that_cannot_be_printed_is_said_to_be_so_in_a_pack(system: System) -> None:
    """The pack of all others goes out; the name stands in the school's own register."""
    system.at("2025-12-01T18:00")
    system.send(pupils(replace(CHILD, surname="\U00013000")))
    day(system, "2025-12-31")
    [pack] = found(system, "packs").values()
    assert "cannot be printed here: see the file" in text_of(pack)
    assert faults(pack) == []


def test_an_authority_without_settings_gets_no_pack() -> None:
    with raised(given={}) as system:
        system.at("2025-10-10T18:00")
        system.send(pupils(CHILD), csv_of(marks(CHILD, FIRST_DAY, date(2025, 10, 10), {})))
        day(system, "2025-12-31")
        assert found(system, "packs") == {}
