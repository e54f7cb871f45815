"""The description of the API in OpenAPI 3.1: made from its routes, so that it says what they do."""

from __future__ import annotations

import json
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import (
    License,
    OAuth2,
    OAuthFlowAuthorizationCode,
    OAuthFlowClientCredentials,
    OAuthFlows,
    OpenIdConnect,
    Tag,
)

from api.principals import SCOPES
from api.problems import MEDIA_TYPE
from api.routes import SECURITY

TITLE: Final = "School attendance"
VERSION: Final = "1.0.0"
_ABOUT: Final = (
    "From register uploads to notices, for vendors of schools' systems, schools and officers of local authorities. "
    "Every problem is `application/problem+json` with a stable `type` (docs/api.md). What is not yours to see is answered 404. "
    "Before a request reaches this description, the gateway may answer 401 (no valid token), 404 (no such path), 413 or 429 "
    "with a short JSON `message` of its own."
)
TAGS: Final = {
    "me": "Who is asking",
    "uploads": "Files of registers: send, ask, check",
    "school": "What a school sees of itself",
    "cases": "Cases of an authority",
    "decisions": "What officers decide",
    "documents": "Documents, packs and the annual return",
}


def description(
    app: APIGatewayHttpResolver,
    token_url: str = "/oauth2/token",  # noqa: S107 - an address
    sign_in_url: str = "/oauth2/authorize",
    openid_url: str | None = None,
) -> str:
    """The description as JSON, keys in order, so that two of the same code are the same bytes.

    Tokens come from `token_url` and `sign_in_url`, by default those of a system on this machine; where another provider
    gives them, from what its configuration at `openid_url` says.
    """
    made = app.get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        description=_ABOUT,
        license_info=License(name="MIT License", identifier="MIT"),
        tags=[Tag(name=name, description=says) for name, says in TAGS.items()],
        security_schemes={
            SECURITY: OpenIdConnect(openIdConnectUrl=openid_url) if openid_url else _flows(token_url, sign_in_url)
        },
    )
    return json.dumps(_told_once(json.loads(made)), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _flows(token_url: str, sign_in_url: str) -> OAuth2:
    """Programs by their secret, people by the code flow."""
    scopes = dict(SCOPES)
    return OAuth2(
        flows=OAuthFlows(
            clientCredentials=OAuthFlowClientCredentials(tokenUrl=token_url, scopes=scopes),
            authorizationCode=OAuthFlowAuthorizationCode(
                authorizationUrl=sign_in_url, tokenUrl=token_url, scopes=scopes
            ),
        )
    )


def _told_once(found: dict[str, Any]) -> dict[str, Any]:
    """Every problem described once and referred to; operations by the names of their functions; nothing that nobody refers to."""
    problems: dict[str, Any] = {}
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["operationId"] = operation["operationId"].partition("_v1_")[0]
            for status, response in operation["responses"].items():
                if problem := response["content"].get(MEDIA_TYPE):
                    if status in _OF_THE_GATEWAY:
                        response["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/Message"}}
                    name = "-or-".join(problem["examples"])
                    problems[name] = response
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    schemas = found["components"]["schemas"]
    schemas["Message"] = _MESSAGE
    found["components"]["responses"] = problems
    while unused := [name for name in schemas if f'"#/components/schemas/{name}"' not in json.dumps(found)]:
        for name in unused:
            del schemas[name]
    return found


_OF_THE_GATEWAY: Final = ("401", "413", "429")
_MESSAGE: Final = {
    "title": "Message",
    "description": "What the gateway says in its own words, before the request reaches us",
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}
