"""The environment of each function: one model, no defaults, so that a missing variable stops the cold start."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """What a function is told by its environment variables, by the same names in lower case."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="ignore")

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables; pydantic's ValidationError names the one that is missing."""
        return cls.model_validate({name.lower(): value for name, value in environ.items()})


class ForValidate(Environment):
    """The environment of `validate`."""

    uploads_bucket: str
    receipts_bucket: str
    parts_bucket: str
    registers_bucket: str
    reports_bucket: str
    published_table: str


class ForThresholds(Environment):
    """The environment of `thresholds`."""

    parts_bucket: str
    registers_bucket: str
    positions_bucket: str
    published_table: str
    cases_table: str
    history_table: str
    thresholds_queue_url: str
    notices_queue_url: str
    event_bus: str
    pupil_secret_arn: str


class ForNotices(Environment):
    """The environment of `notices`."""

    parts_bucket: str
    registers_bucket: str
    positions_bucket: str
    published_table: str
    cases_table: str
    history_table: str
    authority_bucket_prefix: str
    reports_bucket: str
    event_bus: str
    pupil_secret_arn: str


class ForApi(Environment):
    """The environment of `api`."""

    uploads_bucket: str
    reports_bucket: str
    parts_bucket: str
    registers_bucket: str
    positions_bucket: str
    published_table: str
    cases_table: str
    history_table: str
    grants_table: str
    notices_queue_url: str
    authority_bucket_prefix: str
    officer_role_arn: str
    upload_role_arn: str
    pupil_secret_arn: str
    tokens_at: str
