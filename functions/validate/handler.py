"""An upload in; a receipt, its parts and a report for the school out."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from attendance.events import ObjectCreated
from aws.buckets import Bucket
from aws.environment import ForValidate
from aws.messages import Bus
from aws.observability import logger
from aws.registers import Registers
from aws.schools import Schools
from validate.answer import Validate

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False, logger=logger)  # type: ignore[arg-type]  # its own Logger, as its documentation has it


@cache
def wired() -> Validate:
    """The function's doors, opened once a process."""
    told = ForValidate.read()
    s3 = boto3.client("s3")
    return Validate(
        uploads=Bucket(s3, told.uploads_bucket),
        receipts=Bucket(s3, told.receipts_bucket),
        parts=Bucket(s3, told.parts_bucket),
        reports=Bucket(s3, told.reports_bucket),
        registers=Registers(Bucket(s3, told.parts_bucket), Bucket(s3, told.registers_bucket)),
        schools=Schools(Bucket(s3, told.settings_bucket)),
        bus=Bus(boto3.client("events"), told.event_bus),
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of uploads; those that fail come back one by one."""
    return dict(process_partial_response(event, validate, processor, context))


def validate(record: SQSRecord) -> None:
    """Check one upload and answer it."""
    upload = ObjectCreated.model_validate_json(record.body)
    logger.set_correlation_id(upload.correlation_id)
    wired().answer(upload.detail.object.key, upload.detail.object.version_id, upload.correlation_id)
