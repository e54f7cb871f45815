"""What can go wrong, as every answer says it: problem details (RFC 9457) with a type that never changes its meaning."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from api.shapes import Shape

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:attendance:problem:"


@dataclass(frozen=True)
class Kind:
    """A type of problem: its status, what it is called, and what whoever gets it does."""

    status: int
    title: str
    to_do: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "body-unreadable": Kind(400, "The body is not JSON", "send one JSON object"),
        "cursor-broken": Kind(
            400, "The cursor is not one of ours, or of another query", "begin again without a cursor"
        ),
        "unauthenticated": Kind(401, "No valid token", "get a token, and send it as `Authorization: Bearer`"),
        "scope-missing": Kind(403, "The token has not the scope", "ask for a token with the scope that `detail` names"),
        "no-grant": Kind(403, "Nobody said for whom you act", "ask whoever runs the service for a grant"),
        "not-found": Kind(404, "There is no such thing, or it is not yours to see", "check the path and what it names"),
        "method-not-allowed": Kind(405, "This path has no such method", "use one of the methods in `Allow`"),
        "report-not-ready": Kind(409, "The upload is not answered yet", "ask again in a few seconds"),
        "changed": Kind(412, "The case changed since you saw it", "read it again, and decide on what it is now"),
        "too-large": Kind(413, "The body is larger than is taken here", "send it as an upload"),
        "media-type": Kind(415, "The body is of a type that is not taken here", "send `application/json`"),
        "invalid": Kind(422, "The request is not as described", "mend what `errors` names"),
        "key-reused": Kind(422, "The Idempotency-Key was used for something else", "take a new key for a new request"),
        "version-missing": Kind(428, "A decision about a case needs If-Match", "send the ETag of the case as If-Match"),
        "too-many": Kind(429, "Too many requests", "wait as long as `Retry-After` says, or some seconds"),
        "failed": Kind(
            500, "We failed", "try again later with the same Idempotency-Key; tell us `instance` if it lasts"
        ),
    }
)


class ErrorOf(Shape):
    """One thing that is wrong with a request: where, and what. The value itself is not repeated."""

    where: str = Field(examples=["body.sha256"])
    what: str = Field(examples=["String should match pattern '^[0-9a-f]{64}$'"])


class ProblemDetails(Shape):
    """A problem as RFC 9457 writes it."""

    type: str = Field(examples=["urn:attendance:problem:not-found"])
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: list[ErrorOf] | None = None


@dataclass(frozen=True)
class Problem(Exception):
    """Ends a request with a problem of this kind."""

    kind: str
    detail: str | None = None
    errors: Sequence[ErrorOf] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def type_of(kind: str) -> str:
    """The type of a kind of problem, as it is sent."""
    return f"{_TYPE}{kind}"


def answer(problem: Problem, instance: str | None = None) -> Response[Any]:
    """The answer that says what is wrong; `instance` names the request in our log."""
    kind = KINDS[problem.kind]
    details = ProblemDetails(
        type=type_of(problem.kind), title=kind.title, status=kind.status, detail=problem.detail,
        instance=f"urn:uuid:{instance}" if instance else None, errors=list(problem.errors) or None,
    )  # fmt: skip
    body = json.dumps(details.model_dump(exclude_none=True))
    headers: dict[str, str | list[str]] = {"cache-control": "no-store", **problem.headers}
    return Response(kind.status, MEDIA_TYPE, body, headers)


def declared(*kinds: str) -> dict[int, Any]:
    """These problems as the responses of a route in OpenAPI: one a status, with an example of each kind."""
    found: dict[int, Any] = {}
    for name in kinds:
        kind = KINDS[name]
        example = {"type": type_of(name), "title": kind.title, "status": kind.status}
        response = found.setdefault(
            kind.status,
            {"description": "", "content": {MEDIA_TYPE: {"model": ProblemDetails, "examples": {}}}},
        )
        said = f"{kind.title}: {kind.to_do}."
        response["description"] = f"{response['description']} {said}".strip()
        response["content"][MEDIA_TYPE]["examples"][name] = {"summary": kind.title, "value": example}
    return found
