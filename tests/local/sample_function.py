"""A function for the tests of the pump: it keeps what it was handed, and fails as its messages tell it to."""

import json
import os
from collections import Counter
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger(service="sample")

HANDED: list[str] = []
"""The names of the messages in the order in which they were handed over, over all batches."""
BATCHES: list[list[str]] = []
"""The same, by batch."""
EVENTS: list[tuple[dict[str, Any], Any, dict[str, str]]] = []
"""Event, context and environment of every call."""


@cache
def wired() -> Counter[str]:
    """How often each message failed so far in this world."""
    return Counter()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Fail a message `{"name", "fail": n, "raise": n, "send": {...}}` n times, alone or with its batch; then send."""
    EVENTS.append((event, context, dict(os.environ)))
    messages = [(record["messageId"], json.loads(record["body"])) for record in event["Records"]]
    BATCHES.append([message.get("name", "?") for _, message in messages])
    HANDED.extend(BATCHES[-1])
    logger.info("handed %s", " ".join(BATCHES[-1]))
    failed = []
    for message_id, message in messages:
        name = message.get("name", "?")
        if wired()[name] < message.get("raise", 0):
            wired()[name] += 1
            raise RuntimeError(f"{name} stops the whole batch")
        if wired()[name] < message.get("fail", 0):
            wired()[name] += 1
            failed.append({"itemIdentifier": message_id})
        elif "send" in message:
            queue = os.environ["NEXT_QUEUE_URL"]
            boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(message["send"]))
    return {"batchItemFailures": failed}


def forgetful(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Name a message that was not handed over: Lambda takes that for the failure of the whole batch."""
    handler(event, context)
    return {"batchItemFailures": [{"itemIdentifier": "no such message"}]}
