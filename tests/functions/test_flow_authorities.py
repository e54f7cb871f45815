"""A school that comes to another authority in the middle of a window: what was sent and decided goes with it (field.md E54)."""

from collections.abc import Iterator
from datetime import date

import pytest

from attendance.directory import read_directory
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, directory, marks, parents, pupils, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1))
URN, BEFORE, AFTER = "900001", "886", "887"
LAST_UNDER, FIRST_UNDER, LAST = date(2025, 9, 26), date(2025, 9, 29), date(2025, 10, 10)
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate", "reason": "a holiday"}


def come_to(system: System, la: str, previous_la: str) -> None:
    """The directory says of every school of these tests that it belongs to an authority, and to which it belonged before."""
    system.publish(read_directory(directory({URN: la}, previous_la=previous_la)))


def send_before(system: System, away_from: date) -> None:
    """The register up to the change, with a holiday from a day on."""
    absence = away(away_from, LAST_UNDER)
    system.at(f"{LAST_UNDER}T18:00")
    roll = pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2026, 1, 30))
    system.send(*roll, csv_of(marks(CHILD, FIRST_DAY, LAST_UNDER, absence)))
    system.at("2025-09-27T10:00")


def send_after(system: System, away_until: date | None = None) -> None:
    """The register after it, under the new code, with a holiday from its first day on."""
    absence = away(FIRST_UNDER, away_until) if away_until else {}
    system.at(f"{LAST}T18:00")
    system.send(csv_of(marks(CHILD, FIRST_UNDER, LAST, absence)), la=AFTER)


def files(system: System, la: str, folder: str = "") -> set[str]:
    return {key for key in system.objects(f"authority-{la}") if key.startswith(folder)}


@pytest.fixture
def system() -> Iterator[System]:
    with raised({URN: BEFORE, "900009": AFTER}) as system:
        yield system


def test_the_window_reads_what_was_sent_under_both_codes(system: System) -> None:
    send_before(system, date(2025, 9, 24))
    come_to(system, AFTER, BEFORE)
    send_after(system, date(2025, 9, 30))

    position = system.position(CHILD.upn)
    assert (position["count"], position["met"], position["possible"]) == (10, True, 50)
    assert "PUPIL_UNKNOWN" not in position["blockers"], "the roll came under the old code"
    assert system.cases(CHILD.upn, BEFORE) == ()
    [case] = system.cases(CHILD.upn, AFTER)
    assert (case.la, case.n, case.state) == (AFTER, 1, "gathering")
    step = system.decide(CHILD.upn, parent_id="P1", la=AFTER, **AUTHORISE)
    assert step.outcome == "done"
    assert files(system, AFTER, "notices/") == {f"notices/{step.reference}.pdf", f"notices/{step.reference}.json"}
    assert not files(system, BEFORE, "notices/")


def test_a_case_that_gathers_is_the_new_authoritys_to_open(system: System) -> None:
    send_before(system, date(2025, 9, 22))
    [under_the_old] = system.cases(CHILD.upn, BEFORE)
    come_to(system, AFTER, BEFORE)
    refused = system.decide(CHILD.upn, parent_id="P1", la=BEFORE, **AUTHORISE)
    send_after(system)

    assert refused.outcome == "refused"
    assert refused.because == "school 900001 belongs to authority 887 now, and its officers decide"
    assert under_the_old.state == "gathering"
    assert [case.state for case in system.cases(CHILD.upn, BEFORE)] == ["lapsed"]
    [case] = system.cases(CHILD.upn, AFTER)
    assert (case.state, case.considered) == ("gathering", under_the_old.considered)


def test_sessions_that_the_old_authority_used_or_considered_are_so_for_the_new_one(system: System) -> None:
    send_before(system, date(2025, 9, 22))
    assert system.decide(CHILD.upn, parent_id="P1", la=BEFORE, **AUTHORISE).outcome == "done"
    come_to(system, AFTER, BEFORE)
    send_after(system, date(2025, 10, 2))

    position = system.position(CHILD.upn)
    assert (position["count"], position["to_go"]) == (8, 2)
    assert system.cases(CHILD.upn, AFTER) == ()
    [case] = system.cases(CHILD.upn, BEFORE)
    assert (case.state, case.amended_after_issue) == ("settled", False)


def test_what_the_old_authority_settled_without_a_notice_needs_a_new_threshold(system: System) -> None:
    send_before(system, date(2025, 9, 22))
    assert system.decide(CHILD.upn, "no_action", la=BEFORE, reason="a bereavement").outcome == "done"
    come_to(system, AFTER, BEFORE)
    send_after(system)
    assert system.cases(CHILD.upn, AFTER) == ()

    system.at("2025-10-17T18:00")
    absence = away(date(2025, 10, 13), date(2025, 10, 17))
    system.send(csv_of(marks(CHILD, date(2025, 10, 13), date(2025, 10, 17), absence)), la=AFTER)
    [case] = system.cases(CHILD.upn, AFTER)
    assert (case.state, str(case.met_at.date)) == ("gathering", "2025-10-13"), (
        "the first session after those considered"
    )


def test_both_notices_count_towards_the_limit_of_two(system: System) -> None:
    send_before(system, date(2025, 9, 22))
    assert system.decide(CHILD.upn, parent_id="P1", la=BEFORE, **AUTHORISE).outcome == "done"
    come_to(system, AFTER, BEFORE)
    send_after(system, date(2025, 10, 3))
    system.decide(CHILD.upn, parent_id="P1", la=AFTER, **AUTHORISE)

    [first], [second] = system.notices(CHILD.upn, BEFORE), system.notices(CHILD.upn, AFTER)
    assert (first.sequence, second.sequence, second.amount_pence) == (1, 2, 16000)
    assert not {s.at for s in first.sessions} & {s.at for s in second.sessions}


def test_a_file_under_the_old_code_still_counts_and_an_amendment_there_raises_its_alert(system: System) -> None:
    send_before(system, date(2025, 9, 22))
    step = system.decide(CHILD.upn, parent_id="P1", la=BEFORE, **AUTHORISE)
    come_to(system, AFTER, BEFORE)
    send_after(system)
    excused = away(date(2025, 9, 22), date(2025, 9, 23), "C")
    system.at("2025-10-13T18:00")
    amended = marks(CHILD, date(2025, 9, 22), date(2025, 9, 23), excused, recorded_at="2025-10-13T12:00",
                    amendment_reason="leave was granted", recorded_by="A")  # fmt: skip
    [report] = system.send(csv_of(amended), la=BEFORE)
    system.day_passes()

    assert report["files"][0]["accepted"] == 4, "the grant of the old code may outlive the change"
    [case] = system.cases(CHILD.upn, BEFORE)
    assert case.amended_after_issue
    alert = next(body for key, body in system.objects("authority-887").items() if key.startswith("told/officer-"))
    assert f"AMENDED_AFTER_ISSUE,{step.reference}".encode() in alert
    assert b"authority 886 issued it" in alert


def test_nothing_is_returned_or_told_twice(system: System) -> None:
    """An illness of fifteen days that ended under the old code is returned once: to whoever the authority is when it is written."""
    ill = away(date(2025, 9, 4), LAST_UNDER, "I")
    system.at(f"{LAST_UNDER}T18:00")
    roll = pupils(CHILD), parents(CHILD), calendar(date(2025, 9, 1), date(2026, 1, 30))
    system.send(*roll, csv_of(marks(CHILD, date(2025, 9, 1), LAST_UNDER, ill)))
    come_to(system, AFTER, BEFORE)
    system.day_passes()
    written = {la: files(system, la, "returns/") for la in (BEFORE, AFTER)}
    send_after(system)
    system.day_passes()
    assert {la: files(system, la, "returns/") for la in (BEFORE, AFTER)} == written
    assert written == {BEFORE: set(), AFTER: {f"returns/sickness-{URN}-2025-09-24.{kind}" for kind in ("csv", "pdf")}}


def test_time_limits_of_a_notice_stay_with_the_authority_that_issued_it(system: System) -> None:
    send_before(system, date(2025, 9, 22))
    assert system.decide(CHILD.upn, parent_id="P1", la=BEFORE, **AUTHORISE).outcome == "done"
    [notice] = system.notices(CHILD.upn, BEFORE)
    come_to(system, AFTER, BEFORE)
    send_after(system)
    system.at("2025-12-01T18:30")
    system.day_passes()
    unpaid = f"UNPAID,{notice.reference}".encode()
    assert [unpaid in b"".join(system.objects(f"authority-{la}").values()) for la in (BEFORE, AFTER)] == [True, False]
    paid = system.decide(CHILD.upn, "withdraw", "P1", la=BEFORE, ground="not_prosecuting", reason="time")
    assert paid.outcome == "done"


def test_the_pack_of_a_term_in_which_all_was_sent_under_the_old_code_lies_with_the_new_authority(
    system: System,
) -> None:
    send_before(system, date(2025, 9, 22))
    come_to(system, AFTER, BEFORE)
    system.at("2025-12-31T18:30")
    system.day_passes()

    [pack] = files(system, AFTER, "packs/")
    assert pack == f"packs/support_pack-{URN}-2025-12-31.pdf"
    assert not files(system, BEFORE, "packs/")
