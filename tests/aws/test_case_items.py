"""Cases, notices and decisions: written under the condition that nobody else wrote since they were read; all or nothing."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any

import boto3
import pytest

from attendance.cases import Case, Notice, Proposal
from attendance.due import Return
from attendance.facts import Decision, Outcome, Refusal, Reservation, Verdict
from attendance.identifiers import case_id, pupil_id
from attendance.sessions import Session
from attendance.standing import Carried, Counted, MarkedSession, MetAt
from aws.cases import Cases, Changed, ReturnItem
from aws.items import together
from local.world import World, raise_world

DAY = date(2025, 11, 3)
pupils = count(1)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with raise_world(["886"]) as raised:
        raised.at(datetime.combine(DAY, time(18), UTC))
        yield raised


@pytest.fixture
def cases(world: World) -> Cases:
    told = world.environment("thresholds")
    return Cases(world.dynamodb, told["CASES_TABLE"], told["HISTORY_TABLE"])


@pytest.fixture
def pupil() -> str:
    """A pupil of its own for every test."""
    return pupil_id(str(next(pupils)), b"secret")


def a_case(pupil: str, n: int = 1, **changed: Any) -> Case:
    return Case(
        id=case_id(pupil, "886", n), la="886", urn="900001", pupil=pupil, upn="X801200000001", n=n, state="gathering",
        opened_on=DAY, met_at=MetAt(date=DAY, session="AM"), provisional=False, weeks=(DAY,),
        considered=(MarkedSession(date=DAY, session="AM", code="G"),),
        proposal=Proposal(route="support", ground=None, reason=""),
    ).model_copy(update=changed)  # fmt: skip


def a_notice(pupil: str, reference: str = "8869F3HP428T", **changed: Any) -> Notice:
    return Notice(
        reference=reference, kind="penalty_notice", la="886", urn="900001", case=case_id(pupil, "886", 1), pupil=pupil,
        person="PERSON", parent_id="P1", attempt=0, issued_on=DAY, sequence=1, amount_pence=16000, pay_by=date(2025, 12, 2),
    ).model_copy(update=changed)  # fmt: skip


def a_decision(decision: str = "d1", **changed: Any) -> Decision:
    return Decision(
        id=decision, row=2, on=DAY, la="886", urn="900001", upn="X801200000001", parent_id="P1",
        action="authorise_penalty_notice", by="o1",
    ).model_copy(update=changed)  # fmt: skip


def a_reservation(notice: Notice, case: Case) -> Outcome:
    return Outcome(cases=(case,), reservation=Reservation(notice, {"reference": notice.reference}, {"page": 1}))


def test_a_case_comes_back_as_it_was_stored_one_version_on(cases: Cases, pupil: str) -> None:
    cases.save_case(a_case(pupil))
    assert cases.of_pupil("886", pupil).cases == (a_case(pupil, version=1),)
    assert cases.of_pupil("887", pupil).cases == (), "another authority has none"


def test_of_two_who_open_the_same_case_one_is_told_so(cases: Cases, pupil: str) -> None:
    cases.save_case(a_case(pupil))
    with pytest.raises(Changed):
        cases.save_case(a_case(pupil))


def test_a_case_stored_since_it_was_read_is_not_overwritten(cases: Cases, pupil: str) -> None:
    cases.save_case(a_case(pupil))
    [read] = cases.of_pupil("886", pupil).cases
    cases.save_case(read.model_copy(update={"referred": True}))
    with pytest.raises(Changed):
        cases.save_case(read.model_copy(update={"state": "lapsed"}))
    [stands] = cases.of_pupil("886", pupil).cases
    assert (stands.referred, stands.state, stands.version) == (True, "gathering", 2)


def test_a_decision_is_recorded_once_and_due_until_it_has_an_outcome(cases: Cases, pupil: str) -> None:
    assert cases.decide(pupil, a_decision())
    assert not cases.decide(pupil, a_decision())
    key = (f"886#{pupil}", "STEP#d1")
    assert key in cases.due("886", DAY)
    assert key not in cases.due("886", date(2025, 11, 2))

    step = cases.step("886", pupil, "d1")
    assert step is not None
    cases.settle("886", pupil, cases.of_pupil("886", pupil), step, Refusal("not yet", "WTISA"))
    assert key not in cases.due("886", date(2030, 1, 1))
    done = cases.step("886", pupil, "d1")
    assert done is not None
    assert (done.outcome, done.because, done.provision) == ("refused", "not yet", "WTISA")


def test_a_reservation_is_all_or_nothing(cases: Cases, pupil: str) -> None:
    cases.save_case(a_case(pupil))
    cases.decide(pupil, a_decision())
    read = cases.of_pupil("886", pupil)
    [case] = read.cases
    cases.save_case(case.model_copy(update={"referred": True}))  # somebody else, after it was read
    step = cases.step("886", pupil, "d1")
    assert step is not None

    with pytest.raises(Changed):
        cases.settle("886", pupil, read, step, a_reservation(a_notice(pupil), case))
    after = cases.of_pupil("886", pupil)
    assert (after.notices, after.elsewhere, after.head) == ((), (), 0)
    assert cases.step("886", pupil, "d1") == step


def test_the_head_of_the_history_keeps_two_authorities_from_reserving_at_once(cases: Cases, pupil: str) -> None:
    """Each of them saw one notice fewer than there is when it comes to write."""
    for la in ("886", "887"):
        cases.save_case(a_case(pupil, la=la, id=case_id(pupil, la, 1)))
        cases.decide(pupil, a_decision(f"d-{la}", la=la))
    reads = {la: cases.of_pupil(la, pupil) for la in ("886", "887")}
    for la, reference in (("886", "8869F3HP428T"), ("887", "8879F3HP428V")):
        step = cases.step(la, pupil, f"d-{la}")
        assert step is not None
        outcome = a_reservation(a_notice(pupil, reference, la=la), reads[la].cases[0])
        if la == "886":
            cases.settle(la, pupil, reads[la], step, outcome)
        else:
            with pytest.raises(Changed):
                cases.settle(la, pupil, reads[la], step, outcome)
    assert [notice.la for notice in cases.of_pupil("887", pupil).elsewhere] == ["886"]
    assert cases.of_pupil("887", pupil).notices == ()


def test_a_reference_is_used_once(cases: Cases, pupil: str) -> None:
    cases.save_case(a_case(pupil))
    for n, decision in enumerate(("d1", "d2")):
        cases.decide(pupil, a_decision(decision))
        step = cases.step("886", pupil, decision)
        assert step is not None
        read = cases.of_pupil("886", pupil)
        outcome = a_reservation(a_notice(pupil), read.cases[0])
        if n == 0:
            cases.settle("886", pupil, read, step, outcome)
        else:
            with pytest.raises(Changed):
                cases.settle("886", pupil, read, step, outcome)


def test_an_officers_word_on_two_persons_is_kept_for_every_school(cases: Cases, pupil: str) -> None:
    cases.decide(pupil, a_decision(action="parent_same"))
    step = cases.step("886", pupil, "d1")
    assert step is not None
    said = Verdict("A", "B", same=True)
    cases.settle("886", pupil, cases.of_pupil("886", pupil), step, Outcome(verdicts=(said,)))
    assert cases.of_pupil("887", pupil).persons.verdicts == (said,)


def test_a_return_follows_what_is_known_until_it_has_its_file(cases: Cases, pupil: str) -> None:
    due = Return(kind="sickness", urn="900001", upn="X801200000001", since="2025", made_due_on=DAY, row={"days": "15"})
    item = ReturnItem(due=due, found_on=DAY, write_on=DAY, dated=DAY)
    later = item.model_copy(update={"due": due.model_copy(update={"row": {"days": "16"}})})
    filed = later.model_copy(update={"file": "sickness-900001-2025-11-03.csv", "written": True})

    def stored() -> ReturnItem:
        return next(found for of, found in cases.returns_of("886", "900001", "sickness") if of == pupil)

    cases.record_return("886", pupil, item)
    cases.record_return("886", pupil, later)
    assert stored() == later
    cases.change_returns("886", [(pupil, filed)])
    cases.record_return("886", pupil, item)
    assert stored() == filed
    assert (f"886#{pupil}", "RETURN#sickness#900001#2025") not in cases.due("886", date(2030, 1, 1))


def test_what_was_written_before_the_last_academic_year_is_not_read_again_and_stays_as_it_is(
    world: World, cases: Cases, pupil: str
) -> None:
    """Else what a day costs would grow with every year that a school is known."""
    old, last = date(2024, 7, 31), date(2024, 8, 1)
    due = Return(kind="early_letter", urn="933333", upn="X801200000001", since="4", made_due_on=old, row={})
    waits = ReturnItem(due=due, found_on=old, write_on=old, dated=old)

    def since(name: str, day: date, **changed: Any) -> ReturnItem:
        about = due.model_copy(update={"since": name, "made_due_on": day})
        return waits.model_copy(update={"due": about, "found_on": day, "write_on": day, "dated": day, **changed})

    written = {"file": "early_letter-933333.csv", "written": True}
    named = since("named", old, file="early_letter-933333.csv")
    rows = [since("old", old, **written), since("last", last, **written), since("this", DAY, **written), named]
    cases.change_returns("886", [(pupil, row) for row in rows])
    cases.record_return("886", pupil, since("waits", old))
    read = {"last", "this", "named", "waits"}
    assert {item.due.since for item in cases.of_school("886", "933333").returns.values()} == read
    assert {item.due.since for _, item in cases.returns_of("886", "933333", "early_letter")} == read

    cases.record_return("886", pupil, since("old", old))  # found again as if it were new
    assert "old" not in {item.due.since for item in cases.of_school("886", "933333").returns.values()}
    stands = cases.of_pupil("886", pupil).lists["RETURN#early_letter#933333#old"]
    assert stands == rows[0]


def test_rows_get_their_file_together_or_not_at_all(world: World) -> None:
    """A list whose naming a crash tore would go on as two files."""
    told, dynamodb = world.environment("thresholds"), boto3.client("dynamodb")
    cases = Cases(dynamodb, told["CASES_TABLE"], told["HISTORY_TABLE"])
    due = Return(kind="new_pupil", urn="900001", upn="X801200000001", since="2025-11-03", made_due_on=DAY, row={})
    item = ReturnItem(due=due, found_on=DAY, write_on=DAY, dated=DAY, file="new_pupil-900001-2025-11-03.csv")
    calls = count(1)

    def lost(**_: Any) -> None:
        if next(calls) == 2:
            raise ConnectionError

    dynamodb.meta.events.register("before-call", lost)
    with suppress(ConnectionError):
        cases.change_returns("886", [(pupil_id(name, b"secret"), item) for name in ("one", "other")])
    dynamodb.meta.events.unregister("before-call", lost)
    assert len(cases.returns_of("886", "900001", "new_pupil")) in {0, 2}


def test_a_return_that_lapsed_is_not_due(cases: Cases, pupil: str) -> None:
    due = Return(kind="sickness", urn="900001", upn="X801200000001", since="2025", made_due_on=DAY, row={})
    item = ReturnItem(due=due, found_on=DAY, write_on=DAY, dated=DAY)
    key = (f"886#{pupil}", "RETURN#sickness#900001#2025")
    cases.record_return("886", pupil, item)
    assert key in cases.due("886", DAY)
    cases.record_return("886", pupil, item.model_copy(update={"lapsed": True}))
    assert key not in cases.due("886", DAY)


def test_what_is_carried_over_comes_back(cases: Cases, pupil: str) -> None:
    carried = Carried("900001", "886", (DAY,), (Counted(Session(DAY, "AM"), "G", "900001"),))
    cases.carry(pupil, carried)
    cases.told(pupil, carried)
    assert cases.of_pupil("887", pupil).carried == (carried,)
    assert cases.of_school("886", "900001").carried[pupil] == carried
    assert cases.of_pupil("886", pupil).cases == ()


def test_a_school_has_its_own_items_and_no_others(cases: Cases, pupil: str) -> None:
    cases.save_case(a_case(pupil, urn="911111"))
    assert cases.of_school("886", "911111").cases == {pupil: (a_case(pupil, urn="911111", version=1),)}
    assert pupil not in cases.of_school("886", "911112").cases


def test_a_school_is_due_on_its_day_and_its_authority_is_known(cases: Cases) -> None:
    cases.school_due("886", "922222", DAY)
    assert ("886#922222", "SCHOOL") in cases.due("886", DAY)
    assert "886" in cases.authorities()
    cases.school_due("886", "922222", None)
    assert ("886#922222", "SCHOOL") not in cases.due("886", date(2030, 1, 1))


def test_a_school_that_was_computed_says_when_its_next_file_is_late_and_a_decision_changes_nothing_of_it(
    cases: Cases,
) -> None:
    cases.school_computed("886", "922223", None, DAY, positions="2025/a", before=None)
    assert [sk for pk, sk in cases.due("886", DAY) if pk == "886#922223"] == ["FILES"]
    cases.school_due("886", "922223", DAY)
    assert {sk for pk, sk in cases.due("886", DAY) if pk == "886#922223"} == {"FILES", "SCHOOL"}
    cases.school_computed("886", "922223", DAY, None, positions="2025/b", before=None)
    assert [sk for pk, sk in cases.due("886", DAY) if pk == "886#922223"] == ["SCHOOL"]
    cases.school_gone("886", "922223")
    assert not [sk for pk, sk in cases.due("886", DAY) if pk == "886#922223"]


def test_a_school_is_stored_as_computed_only_by_who_knew_of_the_computation_before(cases: Cases) -> None:
    urn = "922224"
    cases.school_computed("886", urn, DAY, None, positions="2025/a", before=None)
    for outdated in (None, "2025/other"):
        with pytest.raises(Changed):
            cases.school_computed("886", urn, None, None, positions="2025/late", before=outdated)
    cases.school_computed("886", urn, DAY, None, positions="2025/b", before="2025/a")
    found = list(together(cases.dynamodb, [cases.school_at("886", urn)]))
    assert cases.positions_in(found) == "2025/b"
    cases.school_due("886", urn, DAY)
    assert cases.positions_in(together(cases.dynamodb, [cases.school_at("886", urn)])) is None
    with pytest.raises(Changed):  # who knew nothing of the decision that made it due
        cases.school_computed("886", urn, None, None, positions="2025/late", before="2025/b")
    assert ("886#922224", "SCHOOL") in cases.due("886", DAY)
    cases.school_computed("886", urn, DAY, None, positions="2025/c", before=None)
