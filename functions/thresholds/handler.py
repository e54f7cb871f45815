"""Parts in, positions out: registers folded, cases followed, returns found; and what a day brings by itself."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from attendance.events import TO_THRESHOLDS, DayPassed, ObjectCreated
from aws.buckets import Bucket
from aws.cases import Cases
from aws.environment import ForThresholds
from aws.messages import Bus, NoticesQueue, ThresholdsQueue
from aws.observability import logger
from aws.registers import Registers
from aws.schools import Schools
from aws.secret import pupil_secret
from aws.settings import AuthoritySettings, SchoolWording
from thresholds.assess import Thresholds

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)  # type: ignore[arg-type]  # its own Logger, as its documentation has it


@cache
def wired() -> Thresholds:
    """The function's doors, opened once a process."""
    told = ForThresholds.read()
    s3, sqs = boto3.client("s3"), boto3.client("sqs")
    return Thresholds(
        registers=Registers(Bucket(s3, told.parts_bucket), Bucket(s3, told.registers_bucket)),
        positions=Bucket(s3, told.positions_bucket),
        schools=Schools(Bucket(s3, told.settings_bucket)),
        settings=AuthoritySettings(Bucket(s3, told.settings_bucket)),
        wording=SchoolWording(Bucket(s3, told.settings_bucket)),
        cases=Cases(boto3.client("dynamodb"), told.cases_table, told.history_table),
        to_thresholds=ThresholdsQueue(sqs, told.thresholds_queue_url),
        to_notices=NoticesQueue(sqs, told.notices_queue_url),
        bus=Bus(boto3.client("events"), told.event_bus),
        secret=pupil_secret(boto3.client("secretsmanager"), told.pupil_secret_arn),
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of messages; those that fail come back one by one."""
    return dict(process_partial_response(event, assess, processor, context))


def assess(record: SQSRecord) -> None:
    """Handle one message: a part stored, a school due, or a day passed."""
    if "detail-type" in json.loads(record.body):
        part = ObjectCreated.model_validate_json(record.body)
        logger.set_correlation_id(part.correlation_id)
        wired().part_stored(part.detail.object.key, part.correlation_id)
        return
    message = TO_THRESHOLDS.validate_json(record.body)
    if isinstance(message, DayPassed):
        wired().day_passed(record.message_id)
    else:
        logger.set_correlation_id(message.correlation_id)
        wired().school_due(message.la, message.urn, message.correlation_id)
        if message.day:
            wired().lists_due(message.la, message.urn, message.day, record.message_id)
