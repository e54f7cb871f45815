"""More schools than one: a pupil who moves, a school that takes over from another, an authority that sees only its own."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest

from attendance.identifiers import pupil_id
from attendance.register import evidence, parts_sha256
from aws.registers import SchoolRecord
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1))
STAYS = Child(upn(2), "Remainham")
OLD, NEW = "900001", "900002"
LEFT, STARTED = date(2025, 9, 26), date(2025, 9, 29)
AUTHORISE = {"action": "authorise_penalty_notice", "ground": "support_not_appropriate", "reason": "a holiday"}


def documents(system: System, la: str) -> set[str]:
    """What lies in an authority's bucket, less the daily lists."""
    return {key for key in system.objects(f"authority-{la}") if not key.startswith(("told/", "decisions/"))}


def leaver(child: Child) -> Child:
    return replace(child, row={"leaving_day": LEFT.isoformat(), "deletion_ground": "f"})


def starter(child: Child) -> Child:
    return replace(child, row={"starting_day": STARTED.isoformat()})


def send_move(system: System, last: date = date(2025, 10, 10), la_new: str = "886") -> None:
    """Six sessions of holiday in the last week at the old school, four in the first at the new one."""
    there = away(date(2025, 9, 24), date(2025, 9, 26))
    here = away(date(2025, 9, 29), date(2025, 9, 30))
    system.at(f"{LEFT}T18:00")
    school_days = calendar(FIRST_DAY, date(2026, 1, 30))
    rows = marks(CHILD, FIRST_DAY, LEFT, there) + marks(STAYS, FIRST_DAY, LEFT)
    for body in (pupils(leaver(CHILD), STAYS), parents(CHILD), school_days, csv_of(rows)):
        system.upload(body)
    system.drain()
    system.at(f"{last}T18:00")
    for body in (pupils(starter(CHILD)), parents(CHILD), school_days, csv_of(marks(CHILD, STARTED, last, here))):
        system.upload(body, NEW, la_new)
    system.drain()


def test_what_a_school_counted_goes_with_the_pupil_to_the_next() -> None:
    with raised({OLD: "886", NEW: "886"}) as system:
        send_move(system)
        position = system.position(CHILD.upn, NEW)
        [case] = system.cases(CHILD.upn)
        step = system.decide(CHILD.upn, parent_id="P1", urn=NEW, **AUTHORISE)
        documents = system.objects("authority-886")

    assert (position["count"], position["met"]) == (10, True)
    assert position["met_at"] == {"date": "2025-09-30", "session": "PM"}
    assert (case.urn, case.state) == (NEW, "gathering"), "of the school where the threshold was met"
    assert step.outcome == "done"
    record = json.loads(documents[f"notices/{step.reference}.json"])
    assert (len(record["sessions"]), record["sessions"][0]["date"]) == (10, "2025-09-24"), "of both schools"


def test_the_parts_received_by_the_moment_of_a_notice_give_its_evidence_again() -> None:
    """Also where the last of them was another school's than the notice's own, and whatever comes after it."""
    with raised({OLD: "886", NEW: "886"}) as system:
        send_move(system)
        system.at("2025-10-13T10:00")
        system.send(csv_of(marks(CHILD, LEFT, LEFT, away(LEFT, LEFT), recorded_at="2025-10-13T09:00",
                                 amendment_reason="checked", recorded_by="A")))  # fmt: skip
        step = system.decide(CHILD.upn, parent_id="P1", urn=NEW, **AUTHORISE)
        system.at("2025-10-14T10:00")
        system.send(csv_of(marks(CHILD, LEFT, LEFT, recorded_at="2025-10-14T09:00", amendment_reason="was there",
                                 recorded_by="A")))  # fmt: skip
        record = json.loads(system.objects("authority-886")[f"notices/{step.reference}.json"])
        known_at = datetime.fromisoformat(record["known_at"])
        then = [system.doors.registers.as_known("886", urn, known_at) for urn in (OLD, NEW)]
        now = [system.doors.registers.read("886", urn) for urn in (OLD, NEW)]

    def digest(schools: list[SchoolRecord]) -> str:
        listed = [(each["date"], each["session"]) for each in record["sessions"]]
        text = evidence([body for school in schools for body in school.bodies], CHILD.upn, listed)
        return hashlib.sha256(text.encode()).hexdigest()

    assert record["known_at"] == "2025-10-13T09:00:00Z", "received by the old school"
    assert record["register_sha256"] == parts_sha256(name for school in then for name in school.parts)
    assert digest(then) == record["evidence_sha256"] != digest(now)


def test_a_correction_at_the_old_school_reaches_the_new_one() -> None:
    with raised({OLD: "886", NEW: "886"}) as system:
        send_move(system)
        excused = away(date(2025, 9, 24), LEFT, "C")
        system.at("2025-10-13T18:00")
        system.send(
            csv_of(marks(CHILD, date(2025, 9, 24), LEFT, excused, recorded_at="2025-10-13T12:00",
                         amendment_reason="leave was granted", recorded_by="A"))
        )  # fmt: skip
        position = system.position(CHILD.upn, NEW)
        [case] = system.cases(CHILD.upn)
    assert (position["count"], position["met"], case.state) == (4, False, "lapsed")


def test_a_threshold_met_across_schools_stays_met_as_weeks_go_by() -> None:
    """Ten school weeks after the move the case is what it was: what was met is met, and no amendment is imagined."""
    with raised({OLD: "886", NEW: "886"}) as system:
        send_move(system)
        before = system.cases(CHILD.upn)
        last = date(2025, 12, 19)
        system.at(f"{last}T18:00")
        system.send(csv_of(marks(STAYS, date(2025, 9, 29), last)))
        system.send(csv_of(marks(CHILD, date(2025, 10, 13), last)), urn=NEW)
        system.at("2026-01-16T18:00")
        system.send(csv_of(marks(STAYS, date(2026, 1, 5), date(2026, 1, 16))))
        system.send(csv_of(marks(CHILD, date(2026, 1, 5), date(2026, 1, 16))), urn=NEW)
        position = system.position(CHILD.upn, NEW)
        assert (position["met"], position["count"], position["flags"]) == (True, 0, [])
        assert [(case.state, case.considered) for case in system.cases(CHILD.upn)] == [
            ("gathering", before[0].considered)
        ]


@pytest.fixture
def two_authorities() -> Iterator[System]:
    with raised({OLD: "886", NEW: "887"}) as system:
        send_move(system, la_new="887")
        yield system


def test_only_the_authority_of_the_school_where_it_was_met_has_a_case(two_authorities: System) -> None:
    assert [case.urn for case in two_authorities.cases(CHILD.upn, "887")] == [NEW]
    assert two_authorities.cases(CHILD.upn, "886") == ()
    keys = {item["pk"]["S"] for item in two_authorities.items("history")}
    assert keys == {pupil_id(CHILD.upn, two_authorities.doors.secret)}, "one name at every school"


def test_documents_lie_only_with_the_authority_of_the_school(two_authorities: System) -> None:
    refused = two_authorities.decide(CHILD.upn, parent_id="P1", la="886", urn=OLD, **AUTHORISE)
    assert (refused.outcome, refused.because) == ("refused", "no case is open: the threshold is not met")
    stranger = two_authorities.decide(CHILD.upn, parent_id="P1", la="886", urn=NEW, **AUTHORISE)
    assert stranger.outcome == "refused", "an authority decides nothing of another's school"
    done = two_authorities.decide(CHILD.upn, parent_id="P1", la="887", urn=NEW, **AUTHORISE)
    assert done.outcome == "done"
    assert not documents(two_authorities, "886")
    assert documents(two_authorities, "887") == {
        f"notices/{done.reference}.pdf",
        f"notices/{done.reference}.json",
    }
    theirs = [item for item in two_authorities.items("cases") if item["pk"]["S"].startswith("886#")]
    assert not [item for item in theirs if done.reference in json.dumps(item)]


def test_notices_of_another_authority_count_towards_the_limit(two_authorities: System) -> None:
    """Parent P1 of the old school is recorded to be parent P1 of the new one: both histories count."""
    system = two_authorities
    assert system.decide(CHILD.upn, "parent_same", "P1", la="887", urn=NEW, reason=f"{OLD}/P1").outcome == "done"
    for day in ("2024-11-04", "2025-05-06"):
        step = system.decide(
            CHILD.upn,
            "record_elsewhere",
            "P1",
            la="886",
            urn=OLD,
            reason="Elsewhere Council",
            until=date.fromisoformat(day),
        )
        assert step.outcome == "done"
    refused = system.decide(CHILD.upn, parent_id="P1", la="887", urn=NEW, **AUTHORISE)
    assert refused.outcome == "refused"
    assert "two penalty notices" in refused.because


def test_a_successor_reads_its_predecessors_register_as_its_own() -> None:
    """The old school closes with six sessions and a notice is later met by four more under the new name."""
    there, here = away(date(2025, 9, 24), LEFT), away(STARTED, date(2025, 9, 30))
    with raised({OLD: "886", NEW: "886"}, successions=((OLD, NEW),)) as system:
        system.at(f"{LEFT}T18:00")
        system.send(pupils(CHILD), parents(CHILD), csv_of(marks(CHILD, FIRST_DAY, LEFT, there)))
        system.at("2025-10-10T18:00")
        system.send(csv_of(marks(CHILD, STARTED, date(2025, 10, 10), here)), urn=NEW)
        position = system.position(CHILD.upn, NEW)
        [case] = system.cases(CHILD.upn)
        assert (position["count"], position["met"], position["possible"]) == (10, True, 50)
        assert case.urn == NEW
        assert "PUPIL_UNKNOWN" not in position["blockers"], "the roll, too"
        assert system.decide(CHILD.upn, parent_id="P1", urn=NEW, **AUTHORISE).outcome == "done"


def test_sessions_used_at_the_predecessor_are_used_at_the_successor() -> None:
    holiday = away(date(2025, 9, 22), LEFT)
    with raised({OLD: "886", NEW: "886"}, successions=((OLD, NEW),)) as system:
        system.at(f"{LEFT}T18:00")
        system.send(pupils(CHILD), parents(CHILD), csv_of(marks(CHILD, FIRST_DAY, LEFT, holiday)))
        system.at("2025-09-27T10:00")
        assert system.decide(CHILD.upn, parent_id="P1", **AUTHORISE).outcome == "done"
        system.at("2025-10-10T18:00")
        system.send(csv_of(marks(CHILD, STARTED, date(2025, 10, 10))), urn=NEW)
        position = system.position(CHILD.upn, NEW)
        cases = system.cases(CHILD.upn)
    assert (position["count"], position["to_go"]) == (0, 10)
    assert [case.urn for case in cases] == [OLD]


def test_what_the_predecessor_returned_is_not_returned_again() -> None:
    ill = away(FIRST_DAY, LEFT, "I")
    with raised({OLD: "886", NEW: "886"}, successions=((OLD, NEW),), given={}) as system:
        system.at(f"{LEFT}T18:00")
        system.send(pupils(CHILD), csv_of(marks(CHILD, FIRST_DAY, LEFT, ill)))
        system.day_passes()
        system.at("2025-10-10T18:00")
        system.send(csv_of(marks(CHILD, STARTED, date(2025, 10, 10))), urn=NEW)
        system.day_passes()
        assert documents(system, "886") == {f"returns/sickness-{OLD}-2025-09-26.csv"}
