"""`attendance load`: an authority's day adds up and says so, what is lost is named, and of what was sent nothing is kept."""

import gc
import json
import re
from collections import Counter
from typing import Any

import pytest

from local import load, loading
from local.accounting import Account, account
from local.command import main
from local.loading import Played
from local.pump import Pump
from local.reconciling import Stores
from local.world import World

pytestmark = pytest.mark.operations
UPN = re.compile(r"\b[A-Z]\d{12}\b")
OURS = (
    "attendance.",
    "aws.",
    "validate.",
    "thresholds.",
    "notices.",
    "local.madeup.authority_day",
    "local.madeup.people",
)
type Monkey = pytest.MonkeyPatch


def test_a_small_day_with_its_burst_is_balanced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["load", "--schools", "4", "--pupils", "20", "--burst", "--format", "json"]) == 0
    out = capsys.readouterr().out
    told = json.loads(out)

    assert told["zero"]
    assert not any(balance["left"] for balance in told["balances"])
    assert told["marks_of_the_day"] == 4 * 20 * 2
    assert told["files"] == {
        "sent": 4 * 4 + 3,
        "taken": 4 * (3 + 3) + 1,
        "refused": 1,
        "copies": 1,
    }  # a roll is three files
    for sums in (told["rows"], told["marks"]):
        assert sums["sent"] == sum(sums[name] for name in ("accepted", "in_error", "refused", "in_copies"))
    assert told["marks"]["in_error"] == 4
    assert told["marks"]["refused"] == told["marks"]["in_copies"] == 40
    for queue in told["queues"].values():
        assert queue["sent"] == queue["handled"] + queue["repeated"] > 0
        assert queue["dead"] == queue["waiting"] == queue["lost"] == 0

    assert told["thresholds_met"] >= 3 * 4
    assert told["decisions"] == {"done": 1}
    assert told["stored"]["notices (pdf)"] == told["stored"]["notices (json)"] == 1
    assert told["returns"]["attendance"] == told["returns"]["new_pupil"] == 4
    assert [stage["name"] for stage in told["stages"] if stage["files"]] == [
        "the roll",
        "the weeks before",
        "the day",
        "the burst",
    ]
    assert all(stage["slowest_file_seconds"] > 0 for stage in told["stages"] if stage["files"])
    assert told["memory"]["peak_mb"] > told["memory"]["stores_mb"] > 0
    assert not UPN.search(out), "nobody is named"


def test_of_twice_the_schools_nothing_more_is_kept_outside_the_stores(
    monkeypatch: Monkey, capsys: pytest.CaptureFixture[str]
) -> None:
    """No object of the functions' own types, nor of the made-up data, lives on after the files it was made for."""
    kept = []

    def counted(world: World, stores: Stores, played: Played) -> Account:
        kept.append(alive())
        assert len(world.log) <= loading.LOG_KEPT
        return account(world, stores, played)

    monkeypatch.setattr(load, "account", counted)
    for schools, said in ((1, "1 school"), (2, "2 schools")):
        assert main(["load", "--schools", str(schools), "--pupils", "10"]) == 0
        out = capsys.readouterr().out
        marks = schools * 10 * 2
        assert out.startswith(f"{said} of 10 pupils, everybody made up: {marks} marks of the day.\n")
        assert re.search(rf"^  validate  +{3 * schools + 3} +{3 * schools + 3} +0 +0 +0$", out, re.MULTILINE)
        assert out.endswith("All balances are zero.\n")
    assert kept[0] == kept[1]


def alive() -> Counter[str]:
    """How many objects there are of each type of ours."""
    gc.collect()
    types = (f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return Counter(name for name in types if name.startswith(OURS))


def a_part_goes(monkeypatch: Monkey) -> None:
    def lost(world: World, stores: Stores, played: Played) -> Account:
        [key, *_] = [key for key in stores.registers.parts.keys("") if "/year=" in key]
        world.s3.delete_object(Bucket=world.names["parts"], Key=key)
        return account(world, stores, played)

    monkeypatch.setattr(load, "account", lost)


def a_message_goes(monkeypatch: Monkey) -> None:
    drain = Pump.drain

    def lost(pump: Pump, *given: Any, **named: Any) -> int:
        if not pump.emptied["attendance-local-validate"].handled:
            [source] = [each for each in pump._sources if each.queue.name == "attendance-local-validate"]
            source.queue._messages.clear()
            source.handled += 1
        return drain(pump, *given, **named)

    monkeypatch.setattr(Pump, "drain", lost)


def every_decision_fails(monkeypatch: Monkey) -> None:
    call = loading.Function.call

    def fails(function: Any, event: Any) -> Any:
        if function.name.endswith("-notices"):
            raise RuntimeError("planted")
        return call(function, event)

    monkeypatch.setattr(loading.Function, "call", fails)


def test_what_is_lost_is_named(monkeypatch: Monkey, capsys: pytest.CaptureFixture[str]) -> None:
    for lose in (a_message_goes, a_part_goes, every_decision_fails):
        lose(monkeypatch)
    assert main(["load", "--schools", "1", "--pupils", "10", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["zero"]
    assert {balance["name"] for balance in told["balances"] if balance["left"]} >= {
        "rows sent and answered",
        "uploads answered",
        "marks accepted and in parts",
        "receipts and their parts",
        "messages sent and handled",
        "decisions with an outcome",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        ["--schools", "0"],
        ["--schools", "501"],
        ["--pupils", "9"],
        ["--pupils", "5001"],
        ["--schools", "many"],
        ["--format", "csv"],
    ],
)
def test_wrong_usage_is_refused_before_anything_is_raised(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["load", *wrong])
    except SystemExit as refused:
        code = int(str(refused.code))
    assert code == 2
    assert wrong[0] in capsys.readouterr().err
