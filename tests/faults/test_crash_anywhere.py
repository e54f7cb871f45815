"""Crash anywhere: bounded here, long on demand (`uv run attendance-faults --seeds 200`)."""

import json

import pytest

from local.faults.__main__ import every_nth, main
from local.faults.calls import Call, Kind
from local.faults.campaign import ground
from local.faults.points import Points, kinds_of
from local.faults.scenario import steps

pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")]


def test_a_fault_at_any_call_leaves_the_same() -> None:
    found = Points(lambda _: True, lambda: None, kinds=every_nth(31)).run()
    assert found.tried.total() > 250
    assert found.differences == []


def test_what_is_the_same_after_the_step_is_the_same_in_the_end() -> None:
    """The claim by which the enumeration stops at the step: a sample is played on to the end of the term."""

    def one(point: int, call: Call) -> tuple[Kind, ...]:
        every = kinds_of(call)
        return (every[point // 230 % len(every)],)

    found = Points(lambda point: point % 230 == 7, lambda: None, kinds=one, to_the_end=True).run()
    assert found.tried.total() > 5
    assert found.differences == []


def test_random_campaigns_leave_what_must_hold() -> None:
    with ground() as here:
        assert here.wrong == ()
        played = list(here.campaigns(range(4)))
    assert {each.seed: each.wrong for each in played} == dict.fromkeys(range(4), ())
    assert sum(each.happened.get("another worker", 0) for each in played) > 0


def test_a_seed_plays_the_same_again() -> None:
    with ground() as here:
        one, two = here.campaigns([3, 3])
    assert one.happened == two.happened


def test_the_command_tells_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "1", "--points", "0:40", "--every", "9", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["points"]["fault_points"] == told["points"]["calls"] > len(steps())
    assert told["points"]["tried_at"] == 40
    assert [each["seed"] for each in told["campaigns"]] == [0]
