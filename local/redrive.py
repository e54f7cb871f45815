"""`attendance redrive`: dead letters go back to the queue they failed in, once their cause is mended."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3

from attendance.text import pretty_json
from local.source import exit_code

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

ENDINGS: Final = {"validate": "", "thresholds": "", "notices": ".fifo"}
"""The queues by their stage, and how their names end."""
_EMPTY_IN_A_ROW: Final = 5
"""Answers without a message after which there is none: SQS asks some of its servers, and one answer may miss a message."""
_HIDDEN: Final = 60
"""Seconds until a message that was sent and not deleted can be received again."""


@dataclass(frozen=True)
class Moved:
    """What became of the dead letters of one queue."""

    queue: str
    moved: int
    left: int


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `redrive` to the command."""
    parser = commands.add_parser(
        "redrive",
        help="send dead letters again, once their cause is mended",
        description="Move every message that failed five times from the dead letters back to its queue: sent first, deleted when "
        "the queue has taken it. Whoever is stopped in between sends one twice, which does no harm: whatever was done is found "
        "done. Read one first, and mend the cause: docs/operations.md, Dead letters.",
        epilog="Counts are printed, and nothing of what a message says. Exit code: 0 all were sent, or there were none; 1 some are "
        "left (another reads them at this moment: run it again in a minute); 2 it cannot be done.",
    )
    parser.add_argument(
        "--prefix", required=True, metavar="PREFIX", help="of a deployed system, with your AWS credentials"
    )
    parser.add_argument(
        "--queue", action="append", choices=list(ENDINGS), help="only the dead letters of this stage; may be repeated"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is printed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""

    def work() -> int:
        found = redrive(args.prefix, args.queue or ENDINGS)
        if args.format == "json":
            print(pretty_json({"queues": [vars(each) for each in found]}), end="")
        else:
            for each in found:
                print(f"{each.queue + ':':<12}{each.moved:>6,} sent again, {each.left:,} left")
        return 1 if any(each.left for each in found) else 0

    return exit_code(work, args.prefix)


def redrive(prefix: str, stages: Iterable[str]) -> list[Moved]:
    """Send the dead letters of these stages again; what was moved and what is left, by stage."""
    sqs = boto3.client("sqs")
    urls = {
        stage: tuple(
            sqs.get_queue_url(QueueName=f"{prefix}-{stage}{dead}{ENDINGS[stage]}")["QueueUrl"] for dead in ("-dead", "")
        )
        for stage in dict.fromkeys(stages)
    }  # all of them before the first is touched: a prefix that is wrong moves nothing
    return [Moved(stage, _move(sqs, dead, queue), _waiting(sqs, dead)) for stage, (dead, queue) in urls.items()]


def _move(sqs: SQSClient, dead: str, queue: str) -> int:
    """Move what lies in one queue to another, oldest first; how many."""
    moved = empty = 0
    while empty < _EMPTY_IN_A_ROW:
        messages = sqs.receive_message(
            QueueUrl=dead, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN,
            MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"],
        ).get("Messages", [])  # fmt: skip
        empty = 0 if messages else empty + 1
        for message in messages:
            sqs.send_message(QueueUrl=queue, **_again(message))
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _again(message: MessageTypeDef) -> Mapping[str, Any]:
    """A message as it is sent once more.

    In a FIFO queue it is named after the dead letter: the name it had before may have been taken within these five minutes, and
    would be swallowed; the same dead letter sent twice is taken once.
    """
    given: dict[str, Any] = {"MessageBody": message["Body"]}
    if attributes := message.get("MessageAttributes"):
        kept = ("StringValue", "BinaryValue", "DataType")
        given["MessageAttributes"] = {
            name: {key: value for key, value in each.items() if key in kept} for name, each in attributes.items()
        }
    if group := message.get("Attributes", {}).get("MessageGroupId"):
        given |= {"MessageGroupId": group, "MessageDeduplicationId": f"redrive-{message['MessageId']}"}
    return given


def _waiting(sqs: SQSClient, queue: str) -> int:
    """How many messages lie in a queue, those that somebody is reading included."""
    told = sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])
