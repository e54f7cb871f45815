"""Tokens for made-up people and programs: an issuer on this machine, its keys, and the check that the API's gateway makes.

The key is made anew in every process and never written. Everybody's secret is `made-up`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from api.principals import SCOPES
from aws.grants import Grant, Grants

AUDIENCE: Final = "attendance-local"
SECRET: Final = "made-up"  # noqa: S105 - of made-up people
LASTS: Final = timedelta(hours=1)
VENDOR: Final = "made-up-vendor"


@dataclass(frozen=True)
class Person:
    """A made-up person or program: its name in a token, what it is called, and for whom it acts."""

    subject: str
    called: str
    grant: Grant


def made_up_people(
    authorities: Sequence[str], schools: Mapping[str, str], officers: Mapping[str, str]
) -> tuple[Person, ...]:
    """A vendor for all schools; for each authority an officer; for each school (URN: authority) its office.

    `officers`: the id in each authority's settings that its officer decides as.
    """
    everywhere = tuple(f"{la}/*" for la in authorities)
    return (
        Person(VENDOR, "A vendor of schools' systems", Grant(kind="vendor", schools=everywhere)),
        *(
            Person(f"officer-{la}", f"An officer of {la}", Grant(kind="officer", officer={la: officers.get(la, "o1")}))
            for la in authorities
        ),
        *(
            Person(f"school-{urn}", f"The office of school {urn}", Grant(kind="school", schools=(f"{la}/{urn}",)))
            for urn, la in sorted(schools.items())
        ),
    )


def give_grants(grants: Grants, people: Sequence[Person]) -> None:
    """Store the grants of made-up people."""
    for each in people:
        grants.give(each.subject, each.grant)


@cache
def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@dataclass(frozen=True)
class _Code:
    """What a code of the code flow stands for."""

    person: str
    challenge: str
    back: str
    scope: str
    at: float


_CODE_LASTS: Final = 60


@dataclass
class Issuer:
    """Gives tokens to the people it knows, and takes those that it gave."""

    url: str
    people: Mapping[str, Person] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def token(
        self, subject: str, scopes: Sequence[str] = tuple(SCOPES), lasts: timedelta = LASTS, **claims: object
    ) -> str:
        """A token for a subject, known or not."""
        now = datetime.now(UTC)
        said: dict[str, Any] = {
            "iss": self.url, "sub": subject, "aud": AUDIENCE, "client_id": subject, "token_use": "access",
            "scope": " ".join(scopes), "iat": int(now.timestamp()), "exp": int((now + lasts).timestamp()), **claims,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": _key().kid}, said, _key())

    def claims(self, authorization: str | None) -> dict[str, Any] | None:
        """The claims of a token that the gateway's authoriser would take; None for any other, or none."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            claims = jwt.decode(token, _key(), algorithms=["RS256"]).claims
            now = datetime.now(UTC).timestamp()
            good = claims["iss"] == self.url and AUDIENCE in (claims.get("aud"), claims.get("client_id"))
            good = good and now < int(claims["exp"]) and int(claims.get("nbf", 0)) <= now
        except (JoseError, KeyError, TypeError, ValueError):
            return None
        return dict(claims) if good else None

    def client_credentials(self, given: Mapping[str, str], basic: tuple[str, str] | None) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint (RFC 6749, 4.4) to a form; the client in the form, or as `Authorization: Basic`."""
        client, secret = basic or (given.get("client_id", ""), given.get("client_secret", ""))
        if given.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if client not in self.people or not hmac.compare_digest(secret.encode(), SECRET.encode()):
            return 401, {"error": "invalid_client"}
        scopes = given.get("scope", "").split() or list(SCOPES)
        if set(scopes) - set(SCOPES):
            return 400, {"error": "invalid_scope"}
        token = self.token(client, scopes)
        lasts = int(LASTS.total_seconds())
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": lasts, "scope": " ".join(scopes)}

    def authorize(self, asked: Mapping[str, str]) -> str | None:
        """Where to send somebody who chose who they are (`person`) on the sign-in page; None to show them that page.

        The code flow with PKCE (RFC 7636, S256 alone), for the pages that this issuer's own server serves. Raises ValueError for
        a request that is none: the answer goes nowhere but to those pages.
        """
        back = asked.get("redirect_uri", "")
        good = asked.get("client_id") == AUDIENCE and back in (f"{self.url}/signed-in.html",)
        if not good or asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            raise ValueError("not a request of the pages")
        person = asked.get("person")
        if person is None:
            return None
        if person not in self.people:
            raise ValueError("nobody of that name")
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(person, asked["code_challenge"], back, asked.get("scope", ""), time.monotonic())
        return f"{back}?{urlencode({'code': code, 'state': asked.get('state', '')})}"

    def of_code(self, given: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint to a code: once, within a minute, to whoever knows its verifier."""
        found = self._codes.pop(given.get("code", ""), None)
        if found is None or time.monotonic() - found.at > _CODE_LASTS or given.get("redirect_uri") != found.back:
            return 400, {"error": "invalid_grant"}
        hashed = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if not hmac.compare_digest(base64.urlsafe_b64encode(hashed).rstrip(b"="), found.challenge.encode()):
            return 400, {"error": "invalid_grant"}
        scopes = [each for each in found.scope.split() if each in SCOPES]
        lasts = int(LASTS.total_seconds())
        token = self.token(found.person, scopes)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": lasts, "scope": " ".join(scopes)}

    def keys(self) -> dict[str, Any]:
        """The public keys (JWKS)."""
        return {"keys": [_key().as_dict(private=False)]}

    def configuration(self) -> dict[str, Any]:
        """What OpenID Connect Discovery says of the issuer."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth2/authorize",
            "token_endpoint": f"{self.url}/oauth2/token",
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials", "authorization_code"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "scopes_supported": list(SCOPES),
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
