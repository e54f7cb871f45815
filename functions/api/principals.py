"""Who asks: the subject of the token, its scopes, and the grant that says for whom it acts; and the record of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.problems import Problem
from aws.grants import Grant, Grants
from aws.observability import logger

SCOPES: Final[Mapping[str, str]] = {
    "uploads:write": "create uploads, and check files without sending them",
    "reports:read": "list uploads and read reports",
    "positions:read": "read how the pupils of a school stand",
    "returns:read": "read the returns of a school",
    "cases:read": "read cases and their explanation",
    "cases:decide": "record decisions",
    "documents:read": "read documents, packs and the annual return",
}
"""What a token can be for, and what each scope allows within the grant of its subject."""
SERVICE: Final = "attendance"
"""Amazon Cognito writes a scope as `{resource server}/{scope}`: this is the name of ours."""


@dataclass(frozen=True)
class Principal:
    """Somebody whose token was accepted, and for whom they act."""

    subject: str
    scopes: frozenset[str]
    grant: Grant

    def read(self, what: str, **which: str) -> None:
        """Write the audit line of a read of personal data: who, of what kind, what; never a name or a UPN."""
        of = {"subject": self.subject, "kind": self.grant.kind, "what": what, **which}
        logger.info("read", audit=of)

    def school(self, la: str, urn: str) -> None:
        """Nothing if this school is theirs to see, else a Problem as if there were none."""
        if not self.grant.sees(la, urn):
            raise Problem("not-found")

    def own_school(self, la: str, urn: str) -> None:
        """Nothing if they act for this school, else a Problem as if there were none."""
        if not self.grant.acts_for(la, urn):
            raise Problem("not-found")

    def authority(self, la: str) -> None:
        """Nothing if they act for this authority or a school of it, else a Problem as if there were none."""
        if la not in self.grant.authorities:
            raise Problem("not-found")

    def officer(self, la: str) -> str:
        """Their id as an officer of this authority; a Problem, as if there were no such authority, if they are none."""
        if la not in self.grant.officer:
            raise Problem("not-found")
        return self.grant.officer[la]


def principal(event: Mapping[str, Any], scope: str | None, grants: Grants, today: date) -> Principal:
    """Who asks, if their token is for this scope (None: for any): API Gateway has verified it, and passes on what it claims."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    subject = claims.get("sub")
    if not subject:
        raise Problem("unauthenticated")
    scopes = frozenset(each.removeprefix(f"{SERVICE}/") for each in str(claims.get("scope", "")).split())
    if scope is not None and scope not in scopes:
        raise Problem("scope-missing", detail=f"the scope {scope} is needed")
    grant = grants.of(str(subject))
    if grant is None or (grant.until is not None and grant.until < today):
        raise Problem("no-grant")
    return Principal(str(subject), scopes, grant)
