"""The environment of each function: one model, no defaults, so that a missing variable stops the cold start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator


class Environment(BaseModel):
    """What a function is told by its environment variables, by the same names in lower case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

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
    settings_bucket: str
    event_bus: str


class ForThresholds(Environment):
    """The environment of `thresholds`."""

    parts_bucket: str
    registers_bucket: str
    positions_bucket: str
    settings_bucket: str
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
    settings_bucket: str
    cases_table: str
    history_table: str
    authority_bucket_prefix: str
    reports_bucket: str
    event_bus: str
    pupil_secret_arn: str


class ForApi(Environment):
    """The environment of `api`. Its description names where tokens come from: a user pool's two addresses, else the
    configuration that another OpenID provider publishes.
    """

    uploads_bucket: str
    reports_bucket: str
    parts_bucket: str
    registers_bucket: str
    positions_bucket: str
    settings_bucket: str
    cases_table: str
    history_table: str
    grants_table: str
    notices_queue_url: str
    authority_bucket_prefix: str
    officer_role_arn: str
    upload_role_arn: str
    pupil_secret_arn: str
    token_url: str | None = None
    sign_in_url: str | None = None
    openid_url: str | None = None

    @property
    def tokens(self) -> dict[str, str]:
        """Where tokens come from: the addresses that are told, by name."""
        told = {"token_url": self.token_url, "sign_in_url": self.sign_in_url, "openid_url": self.openid_url}
        return {name: address for name, address in told.items() if address}

    @model_validator(mode="after")
    def _tokens_come_from_somewhere(self) -> Self:
        if self.tokens.keys() not in ({"openid_url"}, {"token_url", "sign_in_url"}):
            raise ValueError("TOKEN_URL and SIGN_IN_URL, or OPENID_URL alone")
        return self
