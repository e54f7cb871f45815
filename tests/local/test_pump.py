"""The pump does with messages what SQS and Lambda do, in the numbers that the template gives."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import sample_function
from sample_templates import core, function, mapping, queue, rule, told_to_event_bridge

from local import pump
from local.world import World, raise_templates

NOON = datetime(2025, 11, 3, 12, tzinfo=UTC)
STANDARD = core(queue("orders"), function("taker"), mapping("Orders", "Taker", batch_size=4))
ORDERED = core(queue("orders.fifo"), function("taker"), mapping("Orders", "Taker", batch_size=4))


@pytest.fixture(autouse=True)
def _nothing_handed() -> Iterator[None]:
    yield
    sample_function.HANDED.clear()
    sample_function.BATCHES.clear()
    sample_function.EVENTS.clear()


def send(world: World, name: str, **orders: Any) -> None:
    world.sqs.send_message(QueueUrl=url(world, "orders"), MessageBody=json.dumps({"name": name, **orders}))


def send_in(world: World, group: str, name: str, **orders: Any) -> None:
    world.sqs.send_message(
        QueueUrl=url(world, "orders.fifo"),
        MessageBody=json.dumps({"name": name, **orders}),
        MessageGroupId=group,
        MessageDeduplicationId=name,
    )


def url(world: World, queue_name: str) -> str:
    return world.sqs.get_queue_url(QueueName=world.names[queue_name])["QueueUrl"]


def drawn_from(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (an order, no secret)


def names_of(bodies: list[str]) -> list[str]:
    return [json.loads(body)["name"] for body in bodies]


def test_messages_come_in_batches_of_the_mappings_size_and_are_gone_when_the_function_succeeded() -> None:
    with raise_templates(STANDARD) as world:
        for name in "abcdef":
            send(world, name)
        assert world.drain() == 2
        assert sample_function.BATCHES == [["a", "b", "c", "d"], ["e", "f"]]
        assert world.drain() == 0
        assert world.dead_letters() == {}


def test_only_the_messages_that_the_function_names_are_handed_over_again() -> None:
    with raise_templates(STANDARD) as world:
        send(world, "good")
        send(world, "bad", fail=2)
        world.drain()
        assert Counter(sample_function.HANDED) == {"good": 1, "bad": 3}
        counts = [record["attributes"]["ApproximateReceiveCount"] for record in _records("bad")]
        assert counts == ["1", "2", "3"]
        assert world.dead_letters() == {}


def test_a_message_that_keeps_failing_is_a_dead_letter_after_as_many_tries_as_the_queue_allows() -> None:
    with raise_templates(STANDARD) as world:
        send(world, "hopeless", fail=1000)
        send(world, "good")
        world.drain()
        assert Counter(sample_function.HANDED) == {"hopeless": 3, "good": 1}
        assert {name: names_of(bodies) for name, bodies in world.dead_letters().items()} == {
            "orders-dead": ["hopeless"]
        }
        dead = world.sqs.receive_message(QueueUrl=url(world, "orders-dead"))["Messages"]
        assert names_of([message["Body"] for message in dead]) == ["hopeless"]


def test_a_function_that_raises_has_its_whole_batch_again_and_its_traceback_in_the_log() -> None:
    with raise_templates(STANDARD) as world:
        send(world, "innocent")
        send(world, "breaks", **{"raise": 1})
        world.drain()
        assert sample_function.BATCHES == [["innocent", "breaks"], ["innocent", "breaks"]]
        assert "RuntimeError: breaks stops the whole batch" in world.log  # a line of the traceback


def test_a_function_that_names_a_message_it_was_not_handed_has_its_whole_batch_again() -> None:
    forgetful = core(queue("orders"), function("taker", handler="forgetful"), mapping("Orders", "Taker"))
    with raise_templates(forgetful) as world:
        send(world, "a")
        send(world, "b")
        world.drain()
        assert sample_function.BATCHES == [["a", "b"]] * 3
        assert names_of(world.dead_letters()["orders-dead"]) == ["a", "b"]


def test_a_mapping_that_reports_no_partial_failures_ignores_what_the_function_names() -> None:
    silent = core(queue("orders"), function("taker"), mapping("Orders", "Taker", FunctionResponseTypes=[]))
    with raise_templates(silent) as world:
        send(world, "bad", fail=1)
        assert world.drain() == 1


def test_message_groups_mix_and_each_keeps_its_order() -> None:
    with raise_templates(ORDERED) as world:
        for number in range(9):
            for group in ("blue", "red"):
                send_in(world, group, f"{group} {number}")
        world.drain(drawn_from(7))
        blue, red = ([name for name in sample_function.HANDED if name.startswith(group)] for group in ("blue", "red"))
        assert (blue, red) == (sorted(blue), sorted(red))
        assert sample_function.HANDED not in (blue + red, red + blue)


def test_a_failed_message_blocks_its_own_group_only_until_it_is_a_dead_letter() -> None:
    one_at_a_time = core(queue("orders.fifo"), function("taker"), mapping("Orders", "Taker", batch_size=1))
    with raise_templates(one_at_a_time) as world:
        send_in(world, "blue", "blue 1", fail=1000)
        send_in(world, "blue", "blue 2")
        send_in(world, "red", "red 1")
        world.drain()
        assert sample_function.HANDED == ["blue 1", "red 1", "blue 1", "blue 1", "blue 2"]
        assert names_of(world.dead_letters()["orders-dead.fifo"]) == ["blue 1"]


def test_an_id_sent_again_within_five_minutes_is_dropped_even_after_its_message_is_gone() -> None:
    with raise_templates(ORDERED) as world:
        for minutes, handed in ((0, 1), (4, 1), (6, 2)):
            world.at(NOON + timedelta(minutes=minutes))
            send_in(world, "blue", "blue 1")
            world.drain()
            assert sample_function.HANDED.count("blue 1") == handed


def test_doubled_every_message_succeeds_twice() -> None:
    with raise_templates(STANDARD) as world:
        for name in "abcdef":
            send(world, name)
        send(world, "bad", fail=1)
        world.drain(double=True)
        assert Counter(sample_function.HANDED) == {**dict.fromkeys("abcdef", 2), "bad": 3}


def test_a_random_order_is_another_for_each_seed_the_same_for_the_same_and_loses_nothing() -> None:
    orders = {}
    for run, seed in enumerate((1, 1, 2)):
        with raise_templates(STANDARD) as world:
            for name in "abcdefghijkl":
                send(world, name)
            world.drain(drawn_from(seed))
        orders[run] = list(sample_function.HANDED)
        sample_function.HANDED.clear()
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert all(sorted(order) == list("abcdefghijkl") for order in orders.values())


def test_what_a_function_sends_is_handed_over_in_the_same_drain() -> None:
    chain = core(
        queue("orders"),
        queue("sequels"),
        function("taker", NEXT_QUEUE_URL={"Ref": "Sequels"}),
        function("reader"),
        mapping("Orders", "Taker"),
        mapping("Sequels", "Reader"),
    )
    with raise_templates(chain) as world:
        send(world, "first", send={"name": "second"})
        world.drain()
        assert sample_function.HANDED == ["first", "second"]
        assert [environment["FUNCTION"] for _, _, environment in sample_function.EVENTS] == ["taker", "reader"]


def test_a_function_starts_anew_in_each_world() -> None:
    for _ in range(2):
        with raise_templates(STANDARD) as world:
            send(world, "bad", fail=1)
            assert world.drain() == 2  # it remembers its failure within a world, and not beyond it


def test_functions_that_send_in_a_circle_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump, "MOST_CALLS", 20)
    bottomless = core(queue("orders", tries=1000), function("taker"), mapping("Orders", "Taker"))
    with raise_templates(bottomless) as world:
        send(world, "circle", fail=1000)
        with pytest.raises(pump.EndlessLoop, match="attendance-local-orders': 1"):
            world.drain()


def test_a_function_is_called_as_lambda_calls_it() -> None:
    with raise_templates(STANDARD) as world:
        world.at(NOON)
        world.sqs.send_message(
            QueueUrl=url(world, "orders"),
            MessageBody='{"name": "a"}',
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}},
        )
        world.drain()
        [(event, context, environment)] = sample_function.EVENTS
        [record] = event["Records"]
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"] == "arn:aws:sqs:eu-west-2:123456789012:attendance-local-orders"
        assert record["attributes"]["SentTimestamp"] == str(int(NOON.timestamp() * 1000))
        assert record["messageAttributes"]["kind"]["stringValue"] == "order"
        assert (context.function_name, context.memory_limit_in_mb) == ("attendance-local-taker", 512)
        assert context.get_remaining_time_in_millis() == 10_000
        assert environment["FUNCTION"] == "taker"
        assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "attendance-local-taker"


def test_a_call_takes_back_its_own_variables_and_leaves_what_others_set_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A door calls from a thread of its own while this process goes on; pytest itself sets a variable around each test.
    def another_sets_one(event: dict[str, Any], context: Any) -> dict[str, Any]:
        assert os.environ["FUNCTION"] == "taker"
        os.environ["SET_MEANWHILE"] = "by another"
        return {"batchItemFailures": []}

    monkeypatch.setattr(sample_function, "handler", another_sets_one)
    with raise_templates(STANDARD) as world:
        send(world, "a")
        world.drain()
        assert os.environ.get("SET_MEANWHILE") == "by another"
        assert "FUNCTION" not in os.environ


def test_what_a_function_logs_is_kept_with_the_world_and_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with raise_templates(STANDARD) as world:
        send(world, "a")
        world.drain()
        [line] = world.log
        assert json.loads(line)["message"] == "handed a"
    assert capfd.readouterr().out == ""


def test_a_new_object_reaches_the_queue_of_the_rule_that_names_its_bucket_once_and_whole() -> None:
    created = {"source": ["aws.s3"], "detail-type": ["Object Created"]}
    told = core(
        told_to_event_bridge("uploads"),
        told_to_event_bridge("others"),
        queue("orders"),
        rule("ToOrders", {**created, "detail": {"bucket": {"name": [{"Ref": "Uploads"}]}}}, "Orders"),
        {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "attendance-local-bus"}}},
        rule("OfAnotherBus", created, "Orders", EventBusName={"Ref": "Bus"}),
        function("taker"),
        mapping("Orders", "Taker"),
    )
    with raise_templates(told) as world:
        world.at(NOON)
        versions = [world.put_upload("886", "118001", f"St Mary+s {n}.csv", b"upn,date\n", {"x": "y"}) for n in (1, 2)]
        world.s3.put_object(Bucket=world.names["others"], Key="unheard", Body=b"")
        world.drain()
        events = [json.loads(record["body"]) for record in _records("?")]
        objects = [event["detail"]["object"] for event in events]
        assert [item["version-id"] for item in objects] == versions
        assert [item["key"] for item in objects] == ["886/118001/St Mary+s 1.csv", "886/118001/St Mary+s 2.csv"]
        assert objects[0]["size"] == len(b"upn,date\n")
        stored = world.s3.head_object(Bucket=world.names["uploads"], Key=objects[0]["key"])
        assert objects[0]["etag"] == stored["ETag"].strip('"')
        assert objects[0]["sequencer"] < objects[1]["sequencer"]
        assert events[0]["id"] != events[1]["id"]
        assert {event["time"] for event in events} == {"2025-11-03T12:00:00Z"}
        assert {event["detail"]["reason"] for event in events} == {"PutObject"}


def test_an_object_uploaded_in_parts_is_told_once() -> None:
    created = {"source": ["aws.s3"], "detail-type": ["Object Created"]}
    told = core(
        told_to_event_bridge("uploads"),
        queue("orders"),
        rule("ToOrders", created, "Orders"),
        function("taker"),
        mapping("Orders", "Taker"),
    )
    with raise_templates(told) as world:
        where = {"Bucket": world.names["uploads"], "Key": "886/118001/large"}
        upload = world.s3.create_multipart_upload(**where)["UploadId"]
        part = world.s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x")
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        world.s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)  # type: ignore[typeddict-item]
        world.drain()
        [record] = _records("?")
        assert json.loads(record["body"])["detail"]["reason"] == "CompleteMultipartUpload"


def test_the_schedule_sends_its_input_when_asked() -> None:
    daily = {
        "Daily": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Name": "attendance-local-daily",
                "ScheduleExpression": "cron(30 18 * * ? *)",
                "ScheduleExpressionTimezone": "Europe/London",
                "Target": {
                    "Arn": {"Fn::GetAtt": ["Orders", "Arn"]},
                    "Input": '{"name": "a day has passed"}',
                    "RoleArn": "arn:aws:iam::123456789012:role/any",
                },
            },
        }
    }
    with raise_templates(core(daily, queue("orders"), function("taker"), mapping("Orders", "Taker"))) as world:
        assert world.drain() == 0
        world.day_passed()
        world.drain()
        assert sample_function.HANDED == ["a day has passed"]


def _records(name: str) -> list[dict[str, Any]]:
    """The records of a message by its name, in the order in which they were handed over."""
    return [
        record
        for event, _, _ in sample_function.EVENTS
        for record in event["Records"]
        if json.loads(record["body"]).get("name", "?") == name
    ]
