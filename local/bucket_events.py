"""The events of buckets as EventBridge delivers them, in place of moto's.

moto 5.2.5 gives every event the same id and sequencer, writes `eTag` for `etag`, asks the rules of every bus, tells of
a multipart upload twice, tells of tags where no tags were set, and swallows what goes wrong. All of that is mended by
replacing the one function of moto that delivers them (moto is pinned). Only "Object Created" is delivered.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest.mock import patch

from moto.core.utils import unix_time
from moto.events.models import events_backends
from moto.events.utils import EventMessageType
from moto.s3 import notifications
from moto.s3.notifications import S3NotificationEvent

_REASONS = {
    S3NotificationEvent.OBJECT_CREATED_PUT_EVENT: "PutObject",
    S3NotificationEvent.OBJECT_CREATED_POST_EVENT: "POST Object",
    S3NotificationEvent.OBJECT_CREATED_COPY_EVENT: "CopyObject",
}


@contextmanager
def delivered_as_on_aws() -> Iterator[None]:
    """While it lasts, each new object version is told once to the rules of the default bus that match it."""
    sequence = count(1)
    told: set[str] = set()

    def deliver(account: str, bucket: Any, event_name: S3NotificationEvent, key: Any) -> None:
        reason = _REASONS.get(event_name)
        if reason is None or key.version_id in told:
            return
        told.add(key.version_id)
        event: EventMessageType = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": account,
            "time": unix_time(),  # moto writes it as text when it sends the message
            "region": bucket.region_name,
            "resources": [bucket.arn],
            "detail": {
                "version": "0",
                "bucket": {"name": bucket.name},
                "object": {
                    "key": key.name,
                    "size": key.size,
                    "etag": key.etag.strip('"'),
                    "version-id": key.version_id,
                    "sequencer": f"{next(sequence):016X}",
                },
                "request-id": uuid.uuid4().hex[:16].upper(),
                "requester": account,
                "source-ip-address": "127.0.0.1",
                # moto first tells of a completed upload as of a put
                "reason": "CompleteMultipartUpload" if key.multipart else reason,
            },
        }
        for rule in events_backends[account][bucket.region_name].event_buses["default"].rules.values():
            rule.send_to_targets(event, transform_input=False)

    with patch.object(notifications, "_send_event_bridge_message", deliver):
        yield
