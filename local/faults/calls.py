"""The calls to AWS that the functions make, and the ways in which each can go wrong.

Hooked into botocore's own events (`before-call`, `after-call`) of the session that the functions open their clients from: no
change in their code, and no retries of botocore below it: what fails here has failed for good. Calls of the pump, of moto and
of whoever plays officer or school are left alone: a function's call is one made while its environment is in force.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from local.synth import LOCAL_PREFIX

Kind = Literal["unreachable", "throttled", "failed", "timed_out", "killed", "lost", "killed_after", "conflict"]

MEANS: Final[Mapping[Kind, str]] = {
    "unreachable": "no connection: the call is not made",
    "throttled": "answered that there are too many calls; not carried out",
    "failed": "answered with a 5xx; not carried out",
    "timed_out": "no answer in time; not carried out",
    "killed": "the function dies before the call",
    "lost": "the call is carried out, and its answer lost",
    "killed_after": "the call is carried out, and the function dies before it learns so",
    "conflict": "a conditional write is answered 409, somebody else being at it; not carried out",
}
"""What can go wrong with one call."""

ALWAYS: Final[tuple[Kind, ...]] = tuple(kind for kind in MEANS if kind != "conflict")
"""What can go wrong with any call."""

_THROTTLED = {
    "s3": (503, "SlowDown"),
    "dynamodb": (400, "ProvisionedThroughputExceededException"),
    "sqs": (403, "RequestThrottled"),
}
_FAILED = {"s3": (500, "InternalError"), "dynamodb": (500, "InternalServerError")}
_FAULT = "attendance-fault"


class Killed(BaseException):
    """The function dies: no handler of exceptions in it may keep it alive."""


@dataclass(frozen=True)
class Call:
    """One call that a function is about to make."""

    function: str
    """`validate`, `thresholds`, `notices`."""
    service: str
    operation: str
    where: str
    """The bucket and key, table or queue; without personal data, as all keys are (design 4.6)."""
    conditional: bool
    """Whether it is a write under a condition, which others may win."""
    doors: frozenset[str]
    """The functions of `functions/aws` that it is made through: `cases.settle`."""

    def __str__(self) -> str:
        return f"{self.function}: {self.service}.{self.operation} {self.where}"


type Choose = Callable[[Call], Kind | None]


@contextmanager
def listening(choose: Choose, told: Callable[[str], None], sent: Callable[[], None]) -> Iterator[None]:
    """While it lasts, `choose` is asked before each call of a function what is to go wrong with it (None: nothing).

    `told` is given each event that the bus took, `sent` is called for each request that goes out. Clients that are open already
    are not listened to.
    """

    def before(model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> Any:
        function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        if function is None:
            return None
        call = _call(function, model, params)
        if call.service == "events":
            context["attendance-told"] = [each["Detail"] for each in json.loads(params["body"])["Entries"]]
        kind = context[_FAULT] = choose(call)
        return _instead(kind, call.service, str(params["url"]))

    def after(context: dict[str, Any], http_response: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            for each in context.get("attendance-told", ()):
                told(each)
        match context.get(_FAULT):
            case "lost":
                raise ConnectionClosedError(endpoint_url="the answer was lost")
            case "killed_after":
                raise Killed

    def out(**_: Any) -> None:
        if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            sent()

    events = boto3._get_default_session().events
    events.register_first("before-call", before)
    events.register_last("after-call", after)
    events.register("before-send", out)
    try:
        yield
    finally:
        events.unregister("before-call", before)
        events.unregister("after-call", after)
        events.unregister("before-send", out)


def _instead(kind: Kind | None, service: str, url: str) -> tuple[AWSResponse, dict[str, Any]] | None:
    """What happens in place of the call; None: it is made."""
    match kind:
        case None | "lost" | "killed_after":
            return None
        case "unreachable":
            raise EndpointConnectionError(endpoint_url=url)
        case "timed_out":
            raise ReadTimeoutError(endpoint_url=url)
        case "killed":
            raise Killed
        case "throttled":
            return _answer(*_THROTTLED.get(service, (400, "ThrottlingException")))
        case "failed":
            return _answer(*_FAILED.get(service, (500, "InternalFailure")))
        case "conflict" if service == "s3":
            return _answer(409, "ConditionalRequestConflict")
        case "conflict":
            return _answer(400, "TransactionConflictException")


def _answer(status: int, code: str) -> tuple[AWSResponse, dict[str, Any]]:
    said = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AWSResponse("", status, HTTPHeaders(), None), said


def _call(function: str, model: Any, params: Mapping[str, Any]) -> Call:
    service = str(model.service_model.service_name)
    conditional, where = False, ""
    if service == "s3":
        where = str(params["url_path"]).lstrip("/")
        bucket = params["context"].get("s3_redirect", {}).get("bucket") or ""
        where = f"{bucket.removeprefix(f'{LOCAL_PREFIX}-')}/{where}".rstrip("/")
        conditional = any(name.lower() in {"if-match", "if-none-match"} for name in params["headers"])
    elif service == "dynamodb":
        body = params["body"].decode() if isinstance(params["body"], bytes) else str(params["body"])
        where = str(json.loads(body).get("TableName", "")).removeprefix(f"{LOCAL_PREFIX}-")
        conditional = model.name == "TransactWriteItems" or '"ConditionExpression"' in body
    return Call(function.removeprefix(f"{LOCAL_PREFIX}-"), service, model.name, where, conditional, _doors())


def _doors() -> frozenset[str]:
    """The functions of `aws` on the way to this call: those that are public, by module."""
    found, frame = set(), sys._getframe()
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("aws.") and not frame.f_code.co_name.startswith(("_", "<")):
            found.add(f"{module.removeprefix('aws.')}.{frame.f_code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]
    return frozenset(found)
