"""The harness itself: it sees every door, does what it says to a call, and finds a fault that is planted."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from aws.buckets import Bucket
from local.faults.__main__ import main
from local.faults.calls import ALWAYS, MEANS, Call, Killed, Kind, listening
from local.faults.points import kinds_of
from local.faults.scenario import AUTHORITIES, Hands, steps
from local.faults.worker import going_wrong
from local.run import Doors
from local.world import World, raise_world

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with raise_world(AUTHORITIES) as raised:
        raised.at(steps()[0].at)
        yield raised


@pytest.mark.parametrize(
    ("kind", "raised", "made"),
    [
        ("unreachable", EndpointConnectionError, False),
        ("throttled", ClientError, False),
        ("failed", ClientError, False),
        ("timed_out", ReadTimeoutError, False),
        ("killed", Killed, False),
        ("lost", ConnectionClosedError, True),
        ("killed_after", Killed, True),
        ("conflict", ClientError, False),
    ],
)
def test_a_call_goes_wrong_as_it_is_said_to(
    kind: Kind, raised: type[BaseException], made: bool, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    asked: list[Call] = []

    def choose(call: Call) -> Kind:
        asked.append(call)
        return kind

    key = f"2025/{kind}"
    with listening(choose, lambda _: None, lambda: None):
        bucket = Bucket(boto3.client("s3"), world.names["receipts"])
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "attendance-local-validate")
        with pytest.raises(raised):
            bucket.put_once(key, b"x")
        monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
        assert (bucket.get(key) is not None) == made, "who is no function is left alone"
    [call] = asked
    assert (call.function, call.operation, call.conditional) == ("validate", "PutObject", True)
    assert call.where.endswith(kind)
    assert "buckets.put_once" in call.doors
    assert kind in kinds_of(call)


def test_every_kind_is_tried_on_a_write_and_every_one_that_differs_on_a_read() -> None:
    read = Call("validate", "s3", "GetObject", "parts/x", conditional=False, doors=frozenset())
    write = Call("validate", "s3", "PutObject", "parts/x", conditional=True, doors=frozenset())
    assert set(kinds_of(write)) == set(MEANS)
    assert set(kinds_of(read)) == set(ALWAYS) - {"lost", "killed_after"}


def test_a_function_that_is_killed_is_called_again_as_a_new_one(world: World) -> None:
    """And what it writes in the end is what it would have written."""
    hands = Hands(Doors.of(world))
    hands.ready()
    killed: list[Call] = []

    def once(call: Call) -> Kind | None:
        if call.operation == "PutObject" and not killed:
            killed.append(call)
            return "killed_after"
        return None

    with going_wrong(world, once):
        steps()[0].do(hands)
        world.drain()
    assert len(killed) == 1
    assert not world.dead_letters()
    assert len(list(Bucket(world.s3, world.names["reports"]).keys(""))) == 1


@pytest.mark.parametrize("wrong", [["--points", "3"], ["--seeds", "-1"], ["--every", "-1"]])
def test_the_command_used_wrongly_says_so_at_once(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(wrong)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert capsys.readouterr().err


def test_the_help_says_all_that_can_go_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert not [means for means in MEANS.values() if means not in told]
    assert "docs/reliability.md" in told
