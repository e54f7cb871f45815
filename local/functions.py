"""A Lambda function as its template describes it, and the call that Lambda would make of its handler."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from local.template import ACCOUNT, REGION


class _Properties(BaseModel):
    """Properties of a template under our names; an unknown one, at any depth, is refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_pascal, extra="forbid", frozen=True)


class _Environment(_Properties):
    variables: dict[str, str]


class _Code(_Properties):
    s3_bucket: str
    s3_key: str


class _Scratch(_Properties):
    size: int


class _Logging(_Properties):
    log_group: str
    log_format: str | None = None


class LambdaFunction(_Properties):
    """`AWS::Lambda::Function`: memory in MB, timeout in seconds."""

    architectures: list[str]
    code: _Code
    description: str = ""
    environment: _Environment
    ephemeral_storage: _Scratch = _Scratch(Size=512)
    function_name: str
    handler: str
    logging_config: _Logging
    memory_size: int
    reserved_concurrent_executions: int | None = None
    role: str
    runtime: Literal["python3.13"]
    timeout: int


class _Scaling(_Properties):
    maximum_concurrency: int


class EventSourceMapping(_Properties):
    """`AWS::Lambda::EventSourceMapping` from a queue to a function."""

    batch_size: int = 10
    enabled: Literal[True] = True
    event_source_arn: str = Field(pattern="^arn:aws:sqs:")
    function_name: str
    function_response_types: list[Literal["ReportBatchItemFailures"]] = []
    maximum_batching_window_in_seconds: int = 0
    scaling_config: _Scaling | None = None


@dataclass(frozen=True)
class Context:
    """What a handler may ask Lambda. No clock runs: the whole timeout always remains."""

    function_name: str
    memory_limit_in_mb: int
    log_group_name: str
    timeout: int
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return self.timeout * 1000


class _Output(io.TextIOBase):
    """Standard output while a function runs: one for all worlds, since loggers keep the stream they have."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._begun = ""

    def write(self, text: str) -> int:
        *whole, self._begun = (self._begun + text).split("\n")
        self.lines.extend(whole)
        return len(text)


_OUTPUT = _Output()


def _redirect_loggers() -> None:
    """Let Powertools' loggers write to the log also if they were made before any world, with the real output in hand."""
    for logger in logging.Logger.manager.loggerDict.values():
        for handler in logger.handlers if isinstance(logger, logging.Logger) else ():
            if isinstance(handler, logging.StreamHandler) and isinstance(handler.formatter, LambdaPowertoolsFormatter):
                handler.stream = _OUTPUT  # not setStream, which would flush the old one: it may be closed


@contextmanager
def _told(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables of the environment, and as before afterwards.

    All others stay as they are throughout: a door calls from a thread of its own, while others read and set theirs.
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True)
class Function:
    """A function that can be called: its code in this process, its environment for the time of the call."""

    properties: LambdaFunction
    log: list[str]  # one line each, as its log group would hold them

    @property
    def name(self) -> str:
        return self.properties.function_name

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables of the template and those that Lambda itself sets."""
        return {
            **self.properties.environment.variables,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.properties.memory_size),
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": self.properties.logging_config.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_REGION": REGION,
        }

    @cached_property
    def _handler(self) -> Callable[[Mapping[str, Any], Context], Any]:
        module, _, name = self.properties.handler.rpartition(".")
        handler: Callable[[Mapping[str, Any], Context], Any] = getattr(importlib.import_module(module), name)
        _redirect_loggers()
        return handler

    def call(self, event: Mapping[str, Any]) -> Any:
        """The handler's answer to an event. What it raises is raised, after its traceback went to the log."""
        context = Context(
            self.name, self.properties.memory_size, self.properties.logging_config.log_group, self.properties.timeout
        )
        _OUTPUT.lines = self.log
        with _told(self.environment), redirect_stdout(_OUTPUT):
            try:
                return self._handler(event, context)
            except Exception:
                self.log.extend(traceback.format_exc().splitlines())
                raise

    def forget(self) -> None:
        """Drop what the function keeps between calls, as a new Lambda instance would."""
        if module := sys.modules.get(self.properties.handler.rpartition(".")[0]):
            module.wired.cache_clear()
