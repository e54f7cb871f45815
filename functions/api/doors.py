"""The doors of the API, opened once a process.

Most requests open no register: what reads one, with NumPy, is imported by the first that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3

from aws.buckets import Bucket
from aws.cases import Cases
from aws.environment import ForApi
from aws.grants import Grants
from aws.links import SIGNED, Links
from aws.messages import NoticesQueue
from aws.schools import Schools
from aws.secret import pupil_secret
from aws.settings import AuthoritySettings

if TYPE_CHECKING:
    from aws.pupils import Pupils
    from aws.registers import Registers


@dataclass(frozen=True)
class Doors:
    """All that the API reads and writes."""

    uploads: Bucket
    reports: Bucket
    positions: Bucket
    parts: Bucket
    snapshots: Bucket
    schools: Schools
    settings: AuthoritySettings
    cases: Cases
    grants: Grants
    links: Links
    to_notices: NoticesQueue
    secret: bytes
    tokens_at: str

    @cached_property
    def registers(self) -> Registers:
        """What schools sent, folded."""
        from aws.registers import Registers

        return Registers(self.parts, self.snapshots)

    @property
    def pupils(self) -> Pupils:
        """The doors that tell all of a pupil."""
        from aws.pupils import Pupils

        return Pupils(self.registers, self.schools, self.settings, self.cases, self.secret)


@cache
def wired() -> Doors:
    """The function's doors."""
    told = ForApi.read()
    s3, dynamodb = boto3.client("s3", config=SIGNED), boto3.client("dynamodb")
    settings = Bucket(s3, told.settings_bucket)
    return Doors(
        uploads=Bucket(s3, told.uploads_bucket),
        reports=Bucket(s3, told.reports_bucket),
        positions=Bucket(s3, told.positions_bucket),
        parts=Bucket(s3, told.parts_bucket),
        snapshots=Bucket(s3, told.registers_bucket),
        schools=Schools(settings),
        settings=AuthoritySettings(settings),
        cases=Cases(dynamodb, told.cases_table, told.history_table),
        grants=Grants(dynamodb, told.grants_table),
        links=Links(
            boto3.client("sts"), told.officer_role_arn, told.upload_role_arn, told.uploads_bucket,
            told.authority_bucket_prefix,
        ),
        to_notices=NoticesQueue(boto3.client("sqs"), told.notices_queue_url),
        secret=pupil_secret(boto3.client("secretsmanager"), told.pupil_secret_arn),
        tokens_at=told.tokens_at,
    )  # fmt: skip
