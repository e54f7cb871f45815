"""One request of the HTTP API in, one answer out."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from api.app import app
from api.doors import wired
from aws.observability import logger

__all__ = ["handler", "wired"]


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request that API Gateway let through."""
    logger.set_correlation_id(event["requestContext"]["requestId"])
    return app.resolve(event, context)
