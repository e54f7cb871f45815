"""The application: its routes, and the answer to whatever goes wrong."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import OpenAPIRequestValidationMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from api import me, officer, places, pupils, school, uploads
from api.problems import ErrorOf, Problem, answer
from aws.environment import ForApi
from aws.observability import logger


class JsonOnly(OpenAPIRequestValidationMiddleware):
    """Reads the body of a route that describes one as JSON, and as nothing else: no form, no parts."""

    def _get_body(self, app: Any) -> Any:
        given = (app.current_event.headers.get("content-type") or JSON).partition(";")[0].strip().lower()
        if given != JSON:
            raise Problem("media-type")
        try:
            return app.current_event.json_body
        except (ValueError, RecursionError):  # no JSON, no UTF-8, no base64, or nested without end
            raise Problem("body-unreadable") from None


JSON: Final = "application/json"
app: Final = APIGatewayHttpResolver(enable_validation=True)
# Before any route: there is no other way to say how bodies are read.
app._request_validation_middleware = JsonOnly()  # type: ignore[no-untyped-call]
for each in (me, places, uploads, school, pupils, officer):
    app.include_router(each.router)


@app.get("/v1/openapi.json", include_in_schema=False)
def openapi() -> Response[Any]:
    """The description of this API, for everybody."""
    return Response(200, "application/json", _description(ForApi.read()), {"cache-control": "public, max-age=300"})


@cache
def _description(told: ForApi) -> str:
    from api.description import description  # a schema is made only where somebody asks for it

    return description(app, **told.tokens)


def problem(what: Problem) -> Response[Any]:
    """What a route found wrong."""
    return _answer(what)


def invalid(error: RequestValidationError) -> Response[Any]:
    """What is not as described, by its place; what was sent is not repeated."""
    errors = [ErrorOf(where=".".join(map(str, each["loc"])), what=str(each["msg"])) for each in error.errors()]
    return _answer(Problem("invalid", errors=errors))


def nothing(_error: NotFoundError) -> Response[Any]:
    """No route: of this path, or of this method."""
    path = app.current_event.path
    routes = [*app._static_routes, *app._dynamic_routes]
    if allowed := sorted({each.method for each in routes if each.rule.match(path)}):
        return _answer(Problem("method-not-allowed", headers={"allow": ", ".join(allowed)}))
    return _answer(Problem("not-found"))


def service_error(_error: ServiceError) -> Response[Any]:
    """Whatever Powertools itself refuses."""
    return _answer(Problem("invalid"))


def failed(error: Exception) -> Response[Any]:
    """A failure of ours: where it happened is logged, and no word of what was being handled."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("failed", error=type(error).__name__, frames=frames)
    return _answer(Problem("failed"))


HANDLERS: Final[Mapping[type[Exception], Callable[[Any], Response[Any]]]] = {
    Problem: problem, RequestValidationError: invalid,
    NotFoundError: nothing, ServiceError: service_error, Exception: failed,
}  # fmt: skip
for kind, handler in HANDLERS.items():
    app.exception_handler(kind)(handler)


def _answer(what: Problem) -> Response[Any]:
    return answer(what, app.lambda_context.aws_request_id)
