"""Decisions in, documents out: the ladder, the reservation, the PDF and its record; returns as CSV, and a school's letters."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from attendance.events import TO_NOTICES, DecisionMade
from aws.buckets import Bucket
from aws.cases import Cases
from aws.documents import Documents
from aws.environment import ForNotices
from aws.messages import Bus
from aws.observability import logger
from aws.registers import Registers
from aws.schools import Schools
from aws.secret import pupil_secret
from aws.settings import AuthoritySettings, SchoolWording
from notices.carry_out import Notices
from notices.fonts import fonts

processor = SqsFifoPartialProcessor(skip_group_on_error=True, logger=logger)  # type: ignore[arg-type]  # its own Logger, as its documentation has it


@cache
def wired() -> Notices:
    """The function's doors, opened once a process."""
    told = ForNotices.read()
    s3 = boto3.client("s3")
    return Notices(
        registers=Registers(Bucket(s3, told.parts_bucket), Bucket(s3, told.registers_bucket)),
        schools=Schools(Bucket(s3, told.settings_bucket)),
        settings=AuthoritySettings(Bucket(s3, told.settings_bucket)),
        wording=SchoolWording(Bucket(s3, told.settings_bucket)),
        cases=Cases(boto3.client("dynamodb"), told.cases_table, told.history_table),
        positions=Bucket(s3, told.positions_bucket),
        documents=Documents(s3, told.authority_bucket_prefix),
        reports=Bucket(s3, told.reports_bucket),
        bus=Bus(boto3.client("events"), told.event_bus),
        secret=pupil_secret(boto3.client("secretsmanager"), told.pupil_secret_arn),
        fonts=fonts(Path(__file__).parents[1]),
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of messages; from the first of a group that fails on, they come back."""
    return dict(process_partial_response(event, carry_out, processor, context))


def carry_out(record: SQSRecord) -> None:
    """Handle one message: a decision made, or rows of a list or return due."""
    message = TO_NOTICES.validate_json(record.body)
    logger.set_correlation_id(message.correlation_id)
    match message:
        case DecisionMade():
            wired().decision_made(message)
        case _:
            wired().returns_due(message)
