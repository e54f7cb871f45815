"""What all routes share: the scope that they ask for, the problems that they declare, the headers and words of their parameters."""

import inspect
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel, Field

from api.doors import wired
from api.principals import Principal, principal
from api.problems import Problem, declared
from api.shapes import Shape
from aws.buckets import Bucket
from aws.clock import now, today
from aws.grants import Asked, KeyReused
from aws.links import Readable, readable

SECURITY: Final = "oauth"
PAGE, MOST = 50, 100

La = Annotated[str, Path(pattern=r"^[0-9]{3}$", description="An authority, three digits", examples=["886"])]
Urn = Annotated[str, Path(pattern=r"^[0-9]{6}$", description="A school, six digits", examples=["900001"])]
LaAsked = Annotated[str, Query(pattern=r"^[0-9]{3}$", description="An authority, three digits", examples=["886"])]
UrnAsked = Annotated[str, Query(pattern=r"^[0-9]{6}$", description="A school, six digits", examples=["900001"])]
FileName = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]{1,200}$", description="The name of a file")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="So many on a page at most")]
CursorAsked = Annotated[
    str | None, Query(max_length=2000, description="`next` of the page before: where this one begins")
]
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key", min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="Names this request: sent again with the same key and body it is answered as before, and done once",
        examples=["5b0f7d0e-2f1c-4a34-9d0a-5f6f0f6c8a11"],
    ),
]  # fmt: skip


class Page(Shape):
    """A part of a list; `next` is the cursor of the part after it, null at the end."""

    next: str | None = None


def new_router() -> APIGatewayHttpRouter:
    """Where a module's routes are declared."""
    return APIGatewayHttpRouter()  # type: ignore[no-untyped-call]  # as Powertools has it


class LinkGiven(Shape):
    """A link to one version of a file, good for five minutes."""

    url: str
    expires_at: datetime
    version: str = Field(description="The version of the object: a document never has another")
    bytes: int
    content_type: str


def link_given(found: Readable | None) -> LinkGiven:
    """The answer that is a link; a Problem where there is nothing to link to."""
    if found is None:
        raise Problem("not-found")
    return LinkGiven(
        url=found.url, expires_at=found.expires_at, version=found.version, bytes=found.bytes,
        content_type=found.content_type,
    )  # fmt: skip


MOST_ANSWERED: Final = 5 * 1024 * 1024
"""Lambda answers with 6 MB at most, headers and all."""
ELSEWHERE: Final[Mapping[int, Any]] = {
    303: {
        "description": "It is larger than 5 MB: get it at `Location`, without a token, within five minutes; "
        "a report comes packed (`Content-Encoding: gzip`)",
        "content": {},
        "headers": {"Location": {"description": "A link", "schema": {"type": "string"}}},
    }
}


def as_stored(bucket: Bucket, key: str, body: bytes) -> Response[Any]:
    """An object of JSON as it is stored; a link to it if it is larger than an answer may be."""
    if len(body) <= MOST_ANSWERED:
        return Response(200, "application/json", body.decode())
    found = readable(bucket.s3, bucket.name, key, now())
    return Response(303, headers={"location": link_given(found).url})


def route(
    router: APIGatewayHttpRouter,
    method: str,
    path: str,
    *,
    scope: str | None,
    tag: str,
    gives: type[BaseModel] | None = None,
    status: int = 200,
    says: str = "Done",
    also: Mapping[str, Any] | None = None,
    problems: tuple[str, ...] = (),
    extensions: Mapping[str, Any] | None = None,
    headers: Mapping[str, Any] | None = None,
    larger: Mapping[int, Any] | None = None,
    **more: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a route: the scope that is asked for (None: any token will do), what it gives, which problems it may answer.

    Its function's docstring is what the description of the API says of it.
    """

    def needs(app: Any, next_middleware: Callable[[Any], Response[Any]]) -> Response[Any]:
        who = principal(app.current_event.raw_event, scope, wired().grants, today())
        app.append_context(who=who)
        answered = next_middleware(app)
        answered.headers.setdefault("cache-control", "no-store")  # of a child or parent, or a link: nobody keeps it
        return answered

    content: dict[str, Any] = {"application/json": {"model": gives}} if gives else {}
    writes = method == "POST"
    usual = (
        "unauthenticated",
        *(("scope-missing",) if scope else ()),
        "no-grant",
        "not-found",
        "invalid",
        "too-many",
        "failed",
    )
    every = dict.fromkeys((*usual, *(("key-reused",) if writes else ()), *problems))
    success: dict[str, Any] = {"description": says, "content": {**content, **(also or {})}}
    if headers:
        success["headers"] = dict(headers)

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        registered: Callable[..., Any] = router.route(
            path,
            method=method,
            description=inspect.getdoc(function),
            responses={status: success, **(larger or {}), **declared(*every)},  # type: ignore[dict-item]
            status_code=status,
            security=[{SECURITY: [scope] if scope else []}],
            tags=[tag],
            middlewares=[needs],
            openapi_extensions=dict(extensions) if extensions else None,
            **more,
        )(function)
        return registered

    return register


def who(router: APIGatewayHttpRouter) -> Principal:
    """Who asks."""
    found: Principal = router.context["who"]
    return found


def asked_once(router: APIGatewayHttpRouter, key: str, what: object) -> Asked:
    """What is asked under an idempotency key; a Problem if something else was asked under it before."""
    event = router.current_event
    try:
        return wired().grants.asked(who(router).subject, key, [event.http_method, event.path, what], now())
    except KeyReused:
        raise Problem("key-reused") from None
