"""Clients of AWS, made by botocore itself: what boto3 adds to them is used by nothing here, and is loaded by every cold start."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import botocore.session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient


@cache
def session() -> botocore.session.Session:
    """The session of this process, from which every client is made."""
    return botocore.session.get_session()


@overload
def client(service: Literal["dynamodb"], **told: Any) -> DynamoDBClient: ...
@overload
def client(service: Literal["events"], **told: Any) -> EventBridgeClient: ...
@overload
def client(service: Literal["s3"], **told: Any) -> S3Client: ...
@overload
def client(service: Literal["secretsmanager"], **told: Any) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sqs"], **told: Any) -> SQSClient: ...
@overload
def client(service: Literal["sts"], **told: Any) -> STSClient: ...
def client(service: str, **told: Any) -> Any:
    """A client of a service, as `boto3.client` makes one; `told` is what botocore may be told beside (config, credentials)."""
    return session().create_client(service, **told)
