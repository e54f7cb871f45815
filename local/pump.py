"""Plays what AWS does between the parts of a template: event source mappings, redrive to dead letters, schedules.

Messages lie in moto's queues until the pump takes them out; from then on it does for them what SQS would, since moto's
work grows with the square of what lies in a queue. Batch sizes, partial failures and retry counts are those of the
template. Time stands still while the pump works: a message that failed is handed over again at once, after all others
that wait.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.sqs.models import Message, Queue, sqs_backends

from local.deployer import Stack
from local.functions import EventSourceMapping, Function, LambdaFunction
from local.resources import client
from local.template import ACCOUNT, REGION

MOST_CALLS = 50_000
"""Calls of functions in one drain after which something must be sending messages in a circle."""

_DEDUPLICATION_MILLISECONDS = 300_000  # AWS remembers an id so long, also after the message is gone; moto does not


type Call = Callable[[Function, Mapping[str, Any]], Any]


class EndlessLoop(RuntimeError):
    """The queues do not become empty."""


@dataclass(eq=False)
class _Held:
    """A message taken out of its queue: how often it must still succeed, and how often it has failed."""

    message: Message
    successes_due: int
    failures: int = 0


@dataclass(eq=False)
class _Lane:
    """Messages that must be handed over in this order: a message group, or one message of a standard queue."""

    turn: int = 0  # since when it waits
    held: list[_Held] = field(default_factory=list)


@dataclass(frozen=True)
class Emptied:
    """What became of a queue's messages: handled by its function, not delivered since repeated, or waiting still."""

    handled: int
    repeated: int
    waiting: int


@dataclass
class _Source:
    """A queue and the function that empties it."""

    queue: Queue
    mapping: EventSourceMapping
    function: Function
    lanes: list[_Lane] = field(default_factory=list)  # those of which no message is with the function
    groups: dict[str, _Lane] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)  # deduplication id -> when sent (ms)
    handled: int = 0
    repeated: int = 0

    @property
    def emptied(self) -> Emptied:
        """What became of the messages so far."""
        waiting = len(self.queue._messages) + sum(len(lane.held) for lane in self.lanes)
        return Emptied(self.handled, self.repeated, waiting)

    def take(self, successes_due: int) -> list[_Lane]:
        """Take out what lies in the queue; returns the lanes that did not wait before."""
        messages, self.queue._messages = self.queue._messages, []
        begun = []
        for message in messages:
            if self._repeated(message):
                self.repeated += 1
                continue
            lane = self.groups.setdefault(str(message.group_id), _Lane()) if self.queue.fifo_queue else _Lane()
            if not lane.held:
                begun.append(lane)
            lane.held.append(_Held(message, successes_due))
        return begun

    def _repeated(self, message: Message) -> bool:
        """Was the same deduplication id sent within the last five minutes?"""
        if not self.queue.fifo_queue or message.deduplication_id is None:
            return False
        sent = int(message.sent_timestamp or 0)
        before = self.told.get(message.deduplication_id)
        if before is not None and sent - before < _DEDUPLICATION_MILLISECONDS:
            return True
        self.told[message.deduplication_id] = sent
        return False

    def bury(self, held: _Held) -> bool:
        """Move a message that failed often enough to the dead letters; False if it is to be tried again."""
        dead, redrive = self.queue.dead_letter_queue, self.queue.redrive_policy
        if dead is None or redrive is None or held.failures < redrive["maxReceiveCount"]:
            return False
        dead.add_message(held.message)
        return True


class Pump:
    """Calls the functions of raised stacks with what lies in their queues."""

    def __init__(self, stacks: Iterable[Stack], log: list[str]) -> None:
        self._functions: dict[str, Function] = {}
        self._sources: list[_Source] = []
        self._schedules: list[Mapping[str, Any]] = []
        queues = {queue.queue_arn: queue for queue in sqs_backends[ACCOUNT][REGION].queues.values()}
        for stack in stacks:
            for resource in stack.of_type("AWS::Lambda::Function"):
                function = Function(LambdaFunction.model_validate(resource.properties), log)
                self._functions[function.name] = function
            for resource in stack.of_type("AWS::Lambda::EventSourceMapping"):
                mapping = EventSourceMapping.model_validate(resource.properties)
                function = self._functions[mapping.function_name]
                self._sources.append(_Source(queues[mapping.event_source_arn], mapping, function))
            self._schedules += [schedule.properties for schedule in stack.of_type("AWS::Scheduler::Schedule")]
        self._turn = 0
        self.call: Call = Function.call
        """How a function is called with a batch; whoever wants something to go wrong puts another in its place."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions by name."""
        return self._functions

    @property
    def emptied(self) -> Mapping[str, Emptied]:
        """What became of the messages of each queue that a function empties, by the queue's name."""
        return {source.queue.name: source.emptied for source in self._sources}

    def fire_schedules(self) -> None:
        """Send what every schedule of the template sends, once; the hour is the caller's."""
        for schedule in self._schedules:
            target = schedule["Target"]
            queue = client("sqs").get_queue_url(QueueName=target["Arn"].rpartition(":")[2])["QueueUrl"]
            client("sqs").send_message(QueueUrl=queue, MessageBody=target["Input"], **target.get("SqsParameters", {}))

    def drain(self, order: random.Random | None = None, *, double: bool = False) -> int:
        """Hand messages over until every queue is empty; returns the number of calls made.

        Without `order`, who waits longest is next. With it, the next message is drawn from all that wait (of a message
        group only its first), and so is the number of others that come with it. `double`: every message is handed over
        until it has succeeded twice, as a queue that delivers at least once may do.
        """
        for calls in range(MOST_CALLS):
            if not self.work(order, double=double):
                return calls
        left = {source.queue.name: sum(len(lane.held) for lane in source.lanes) for source in self._sources}
        raise EndlessLoop(f"after {MOST_CALLS} calls the queues are not empty: {left}")

    def work(self, order: random.Random | None = None, *, double: bool = False) -> bool:
        """Hand over one batch, as `drain` does; False if nothing waits. It may be called while a function is being called."""
        for source in self._sources:
            for lane in source.take(2 if double else 1):
                self._wait(source, lane)
        waiting = [source for source in self._sources if source.lanes]
        if waiting:
            self._hand_over(_next(waiting, order), order)
        return bool(waiting)

    def forget(self) -> None:
        """Start the functions anew: nothing that they keep between calls lives on."""
        for function in self._functions.values():
            function.forget()

    def _wait(self, source: _Source, lane: _Lane) -> None:
        self._turn += 1
        lane.turn = self._turn
        source.lanes.append(lane)

    def _hand_over(self, source: _Source, order: random.Random | None) -> None:
        size = source.mapping.batch_size if order is None else order.randint(1, source.mapping.batch_size)
        batch: list[tuple[_Lane, _Held]] = []
        lanes = []
        while source.lanes and len(batch) < size:
            lane = source.lanes.pop(0 if order is None else order.randrange(len(source.lanes)))
            lanes.append(lane)
            batch += [(lane, held) for held in lane.held[: size - len(batch)]]
        failed = self._failed(source, [held for _, held in batch])
        for lane, held in batch:
            if held.message.id in failed:
                held.failures += 1
                gone = source.bury(held)
            else:
                held.successes_due -= 1
                gone = held.successes_due == 0
                source.handled += gone
            if gone:
                lane.held.remove(held)
        for lane in lanes:
            if lane.held:
                self._wait(source, lane)

    def _failed(self, source: _Source, batch: Sequence[_Held]) -> set[str]:
        """Hand a batch over; the ids of the messages that Lambda would leave in the queue."""
        everything = {held.message.id for held in batch}
        event = {"Records": [_record(source.queue, held.message) for held in batch]}
        try:
            answer = self.call(source.function, event)
        except Exception:  # whatever a handler raises, Lambda tries the batch again
            return everything
        if not source.mapping.function_response_types or not answer:
            return set()
        named = {failure.get("itemIdentifier") for failure in answer.get("batchItemFailures") or []}
        # AWS: an answer that names no message, or one that was not handed over, fails the whole batch.
        return named if named <= everything else everything


def _next(waiting: Sequence[_Source], order: random.Random | None) -> _Source:
    if order is None:
        return min(waiting, key=lambda source: source.lanes[0].turn)
    return order.choices(waiting, weights=[len(source.lanes) for source in waiting])[0]


def _record(queue: Queue, message: Message) -> dict[str, Any]:
    """The message, received once more, as Lambda gives it to a handler."""
    message.mark_received()
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    if queue.fifo_queue:
        attributes |= {
            "MessageGroupId": str(message.group_id),
            "MessageDeduplicationId": str(message.deduplication_id),
            "SequenceNumber": str(message.sequence_number),
        }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {
            name: {
                "stringValue": value.get("StringValue"),
                "binaryValue": value.get("BinaryValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": value["DataType"],
            }
            for name, value in message.message_attributes.items()
        },
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.queue_arn,
        "awsRegion": REGION,
    }
