"""The whole deployment raised in this process: moto for AWS, the functions called by the pump, a clock that stands."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import time_machine
from moto import mock_aws
from moto.core.models import MockAWS
from moto.sqs.models import sqs_backends

from local import bucket_events, moto_instances, moto_tables, moto_urls
from local.deployer import Stack, deploy
from local.pump import Pump
from local.resources import client
from local.synth import LOCAL_PREFIX, Templates, templates
from local.template import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_NAMED_BY = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
}


class World:
    """Core and the stacks of some authorities, as they stand. Nothing happens in it by itself: `drain` lets it work."""

    def __init__(self, stacks: Sequence[Stack]) -> None:
        self.log: list[str] = []
        """What the functions wrote to standard output: one line each, oldest first."""
        self.stacks = stacks
        self.pump = Pump(stacks, self.log)
        self.pump.forget()
        self._clock: time_machine.travel | None = None
        self._now: time_machine.Traveller | None = None

    @property
    def s3(self) -> S3Client:
        client_: S3Client = client("s3")
        return client_

    @property
    def sqs(self) -> SQSClient:
        client_: SQSClient = client("sqs")
        return client_

    @property
    def dynamodb(self) -> DynamoDBClient:
        client_: DynamoDBClient = client("dynamodb")
        return client_

    @property
    def secrets(self) -> SecretsManagerClient:
        client_: SecretsManagerClient = client("secretsmanager")
        return client_

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Full names of buckets, queues, tables, bus and secret, by `uploads`, `notices.fifo`, `authority-886` ..."""
        named = (
            str(resource.properties[_NAMED_BY[resource.type]])
            for stack in self.stacks
            for resource in stack.resources.values()
            if resource.type in _NAMED_BY
        )
        return {name.removeprefix(f"{LOCAL_PREFIX}-"): name for name in named}

    def environment(self, function: str) -> Mapping[str, str]:
        """The environment variables of a function: `validate`, `thresholds`, `notices`, `api`."""
        return self.pump.functions[f"{LOCAL_PREFIX}-{function}"].environment

    def at(self, moment: datetime) -> None:
        """Set the clock, which does not run from then on: for our code, for moto, for this whole process."""
        moment = moment.astimezone(UTC)  # of any other zone, time_machine would also set the process's own
        if self._now is None:
            self._clock = time_machine.travel(moment, tick=False)
            self._now = self._clock.start()
        else:
            self._now.move_to(moment)

    def put_upload(
        self, la: str, urn: str, upload_id: str, body: bytes, metadata: Mapping[str, str] | None = None
    ) -> str:
        """Send a file as a school would (once for each upload id); returns the version of the object."""
        return self.s3.put_object(
            Bucket=self.names["uploads"],
            Key=f"{la}/{urn}/{upload_id}",
            Body=body,
            Metadata=metadata or {},
            IfNoneMatch="*",
        )["VersionId"]

    def drain(self, order: random.Random | None = None, *, double: bool = False) -> int:
        """Let the functions work until every queue is empty; see `Pump.drain`."""
        return self.pump.drain(order, double=double)

    def day_passed(self) -> None:
        """Let the daily schedule fire; set the clock and drain as for anything else."""
        self.pump.fire_schedules()

    def dead_letters(self) -> dict[str, list[str]]:
        """The bodies of the messages that failed too often, by queue (`validate-dead`); queues without any left out."""
        queues = sqs_backends[ACCOUNT][REGION].queues.values()
        dead = {queue.dead_letter_queue.name: queue.dead_letter_queue for queue in queues if queue.dead_letter_queue}
        return {
            name.removeprefix(f"{LOCAL_PREFIX}-"): [message.body for message in queue.messages]
            for name, queue in sorted(dead.items())
            if queue.messages
        }

    def close(self) -> None:
        """Let the clock run again and the functions forget this world."""
        if self._clock is not None:
            self._clock.stop()
        self.pump.forget()


@contextmanager
def raise_world(authorities: Sequence[str]) -> Iterator[World]:
    """The deployment with these authorities (3-digit codes), raised from its templates; gone at the end."""
    with raise_templates(templates(authorities)) as world:
        yield world


@contextmanager
def raise_templates(given: Templates) -> Iterator[World]:
    """A world of these templates. One at a time in a process: they share its environment, its clock and moto."""
    if MockAWS._mocks_active:
        raise RuntimeError("one world at a time: moto is active in this process already")
    with (
        patch.dict(os.environ, _environment(), clear=True),
        mock_aws(),
        moto_urls.worked_out_once(),
        moto_tables.looked_at_in_part(),
        moto_instances.not_kept(),
        bucket_events.delivered_as_on_aws(),
    ):
        core = deploy(f"{LOCAL_PREFIX}-core", given.core, {})
        others = [
            deploy(f"{LOCAL_PREFIX}-authority-{la}", template, core.exports)
            for la, template in given.authorities.items()
        ]
        world = World([core, *others])
        try:
            yield world
        finally:
            world.close()


def _environment() -> dict[str, Any]:
    """This process's environment without any AWS setting of its owner: no real account is ever asked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}
