"""The deployment's secret, which alone links a pseudonym to a UPN (design 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def pupil_secret(secrets: SecretsManagerClient, arn: str) -> bytes:
    """The secret's bytes."""
    return secrets.get_secret_value(SecretId=arn)["SecretString"].encode()
