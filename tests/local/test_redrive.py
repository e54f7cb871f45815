"""`attendance redrive`: what failed five times is carried out once its cause is mended, and nothing is done twice."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from aws.documents import Documents
from aws.registers import Registers
from local.command import main
from local.resources import client
from local.synth import LOCAL_PREFIX
from tests.made_school import FIRST_DAY, Child, away, calendar, csv_of, marks, parents, pupils, upn
from tests.raised_system import System, raised

CHILD = Child(upn(1))
LAST = date(2025, 10, 6)
GIVEN = {"ground": "support_not_appropriate", "reason": "a holiday"}
pytestmark = pytest.mark.operations


@pytest.fixture
def system() -> Iterator[System]:
    """A school with a holiday that meets the threshold."""
    with raised() as system:
        system.at("2025-10-06T18:00")
        rows = marks(CHILD, FIRST_DAY, LAST, away(date(2025, 9, 29), date(2025, 10, 3), "G"))
        system.send(pupils(CHILD), parents(CHILD), calendar(FIRST_DAY, date(2025, 10, 24)), csv_of(rows))
        yield system


def dying(*_: Any, **__: Any) -> None:
    raise RuntimeError("the machine fell over")


def failed(system: System, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A decision and an upload that fail five times, for a cause that is mended afterwards; the decision's event."""
    event = system.record(CHILD.upn, "authorise_penalty_notice", "P1", **GIVEN)
    with monkeypatch.context() as patched:
        patched.setattr(Documents, "write", dying)
        patched.setattr(Registers, "read_year", dying)
        system.doors.to_notices.send(event, told="decided")
        system.upload(csv_of(marks(CHILD, date(2025, 10, 7), date(2025, 10, 7))))
        system.world.drain()
    assert {queue: len(bodies) for queue, bodies in system.world.dead_letters().items()} == {
        "notices-dead.fifo": 1, "validate-dead": 1,
    }  # fmt: skip
    return event


def redriven(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, dict[str, tuple[int, int]]]:
    """What the command says of the raised world as of a deployed system: its exit code, sent and left by queue."""
    capsys.readouterr()
    code = main(["redrive", "--prefix", LOCAL_PREFIX, "--format", "json", *given])
    told = json.loads(capsys.readouterr().out)["queues"]
    return code, {each["queue"]: (each["moved"], each["left"]) for each in told}


def test_what_failed_is_carried_out_once_when_the_cause_is_mended(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed(system, monkeypatch)
    assert redriven(capsys) == (0, {"validate": (1, 0), "thresholds": (0, 0), "notices": (1, 0)})
    system.drain()
    assert system.step(event).outcome == "done"
    assert len([key for key in system.objects("authority-886") if key.startswith("notices/")]) == 2
    assert main(["reconcile", "--prefix", LOCAL_PREFIX]) == 0
    before = system.everything()
    assert redriven(capsys) == (0, {"validate": (0, 0), "thresholds": (0, 0), "notices": (0, 0)})
    system.drain()
    assert system.everything() == before


def test_what_fails_again_is_not_swallowed_when_it_is_sent_once_more(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clock stands: within the five minutes of SQS, in which a name that was sent is taken once."""
    event = failed(system, monkeypatch)
    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(Documents, "write", dying)
            assert redriven(capsys, "--queue", "notices") == (0, {"notices": (1, 0)})
            system.world.drain()
        assert list(system.world.dead_letters()) == ["notices-dead.fifo", "validate-dead"]
    assert main(["redrive", "--prefix", LOCAL_PREFIX]) == 0
    system.drain()
    assert system.step(event).outcome == "done"


def test_whoever_is_stopped_between_sending_and_deleting_does_no_harm(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed(system, monkeypatch)

    def stopped(**_: Any) -> None:
        raise KeyboardInterrupt

    sqs = client("sqs")
    with monkeypatch.context() as patched:
        patched.setattr(sqs, "delete_message", stopped)
        patched.setattr("local.redrive.boto3.client", lambda _name: sqs)
        for queue in ("validate", "notices"):
            with pytest.raises(KeyboardInterrupt):
                main(["redrive", "--prefix", LOCAL_PREFIX, "--queue", queue])
    assert redriven(capsys)[0] == 1, "they are hidden for a minute, and still there"
    system.at("2025-10-06T18:02")
    assert redriven(capsys) == (0, {"validate": (1, 0), "thresholds": (0, 0), "notices": (1, 0)})
    system.drain()
    assert system.step(event).outcome == "done"
    assert len(system.notices(CHILD.upn)) == 1
    assert main(["reconcile", "--prefix", LOCAL_PREFIX]) == 0


def test_nothing_is_said_of_what_a_message_holds(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed(system, monkeypatch)
    assert main(["redrive", "--prefix", LOCAL_PREFIX]) == 0
    told = capsys.readouterr()
    assert not any(word in told.out + told.err for word in (*CHILD.words, event.pupil, "900001"))
    assert "1 sent again, 0 left" in told.out


def test_a_deployment_that_is_not_there_is_told_with_what_to_do(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", "--prefix", "nowhere"]) == 2
    assert "Check --prefix nowhere" in capsys.readouterr().err
