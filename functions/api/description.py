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

from api.principals import SCOPES, SERVICE
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


def description(app: APIGatewayHttpResolver, tokens_at: str = "") -> str:
    """The description as JSON, keys in order, so that two of the same code are the same bytes.

    `tokens_at`: the address below which Cognito, or a local deployment, gives tokens, for scopes by their full names
    (`attendance/reports:read`); or the OpenID configuration of another provider, which names its own.
    """
    made = app.get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        description=_ABOUT,
        license_info=License(name="MIT License", identifier="MIT"),
        tags=[Tag(name=name, description=says) for name, says in TAGS.items()],
        security_schemes={SECURITY: _tokens(tokens_at)},
    )
    found = _told_once(json.loads(made))
    if not tokens_at.endswith(_CONFIGURATION):
        _name_scopes_in_full(found)
    return json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _tokens(at: str) -> OAuth2 | OpenIdConnect:
    if at.endswith(_CONFIGURATION):
        return OpenIdConnect(openIdConnectUrl=at)
    token, scopes = f"{at}/oauth2/token", {_in_full(name): says for name, says in SCOPES.items()}
    return OAuth2(
        flows=OAuthFlows(
            clientCredentials=OAuthFlowClientCredentials(tokenUrl=token, scopes=scopes),
            authorizationCode=OAuthFlowAuthorizationCode(
                authorizationUrl=f"{at}/oauth2/authorize", tokenUrl=token, scopes=scopes
            ),
        )
    )


_CONFIGURATION: Final = "/.well-known/openid-configuration"


def _in_full(scope: str) -> str:
    return f"{SERVICE}/{scope}"


def _name_scopes_in_full(found: dict[str, Any]) -> None:
    """In every operation: a client that asks Cognito for a scope by its short name is refused."""
    for operations in found["paths"].values():
        for operation in operations.values():
            operation["security"] = [
                {scheme: [_in_full(name) for name in asked] for scheme, asked in each.items()}
                for each in operation.get("security", ())
            ]


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
