"""Tokens for made-up people and programs: an issuer on this machine, its keys, and the check that the API's gateway makes.

Programs get theirs by client credentials; people choose who they are and get theirs by the code flow with PKCE. The key is
made anew in every process and never written. Everybody's secret is `made-up`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from api.principals import SCOPES, SERVICE
from aws.grants import Grant, Grants

AUDIENCE: Final = "attendance-local"
SECRET: Final = "made-up"  # noqa: S105 - of made-up people
LASTS: Final = timedelta(hours=1)
CODE_LASTS: Final = timedelta(minutes=1)
VENDOR: Final = "made-up-vendor"
PAGES: Final = "attendance-pages"
"""The client that the pages are: a browser keeps no secret, so it has none."""
_OPENID: Final = "openid"
_CHALLENGE: Final = re.compile(r"[\w-]{43}", re.ASCII)
_VERIFIER: Final = re.compile(r"[\w.~-]{43,128}", re.ASCII)


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


@dataclass(frozen=True)
class SignIn:
    """What a page asks for when it sends somebody to sign in."""

    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    state: str | None
    nonce: str | None

    def back(self, **said: str) -> str:
        """The address that the browser goes back to, with what it is told."""
        told = {**said, **({"state": self.state} if self.state is not None else {})}
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(told)}"


class SignInRefused(Exception):
    """Nobody can sign in so; `back` is where the browser goes to be told, None where that cannot be trusted."""

    def __init__(self, error: str, back: str | None = None) -> None:
        super().__init__(error)
        self.error, self.back = error, back


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


def _short(scopes: Sequence[str]) -> set[str]:
    """Scopes by their names here: they may also be asked for as Cognito has them, under the name of the resource server."""
    return {each.removeprefix(f"{SERVICE}/") for each in scopes}


@dataclass
class Issuer:
    """Gives tokens to the people it knows, and takes those that it gave."""

    url: str
    people: Mapping[str, Person] = field(default_factory=dict)
    _codes: dict[str, tuple[SignIn, str, datetime]] = field(default_factory=dict, init=False)
    """Codes that nobody used yet: for what, for whom, and since when."""

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
        if _short(scopes) - set(SCOPES):
            return 400, {"error": "invalid_scope"}
        token = self.token(client, scopes)
        lasts = int(LASTS.total_seconds())
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": lasts, "scope": " ".join(scopes)}

    def sign_in(self, given: Mapping[str, str]) -> SignIn:
        """What an authorisation request (RFC 6749, 4.1.1, with PKCE: RFC 7636) asks for; SignInRefused if it may not."""
        back = given.get("redirect_uri", "")
        if given.get("client_id") != PAGES:
            raise SignInRefused("unauthorized_client")
        if not self.own(back):
            raise SignInRefused("invalid_request")
        scopes = tuple(given.get("scope", "").split())
        asked = SignIn(back, scopes, given.get("code_challenge", ""), given.get("state"), given.get("nonce"))
        problem = None
        if given.get("response_type") != "code":
            problem = "unsupported_response_type"
        elif given.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(asked.challenge):
            problem = "invalid_request"
        elif not scopes or _short(scopes) - {_OPENID, *SCOPES}:
            problem = "invalid_scope"
        elif given.get("prompt") == "none":  # nobody stays signed in here, so somebody must choose
            problem = "login_required"
        if problem:
            raise SignInRefused(problem, asked.back(error=problem))
        return asked

    def own(self, address: str) -> bool:
        """Whether an address is of the door itself."""
        return address.startswith(f"{self.url}/") and "#" not in address

    def code(self, asked: SignIn, subject: str) -> str:
        """A code with which the page gets the tokens of this person, once and within a minute."""
        given = secrets.token_urlsafe(32)
        self._codes[given] = asked, subject, datetime.now(UTC)
        return given

    def authorization_code(self, given: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint (RFC 6749, 4.1.3) to a page that brings a code and what it was asked for with."""
        if given.get("client_id") != PAGES:
            return 401, {"error": "invalid_client"}
        asked, subject, since = self._codes.pop(given.get("code", ""), (None, "", None))
        verifier = given.get("code_verifier", "")
        if asked is None or since is None or datetime.now(UTC) >= since + CODE_LASTS:
            return 400, {"error": "invalid_grant"}
        if given.get("redirect_uri") != asked.redirect_uri or not _VERIFIER.fullmatch(verifier):
            return 400, {"error": "invalid_grant"}
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if not hmac.compare_digest(challenge, asked.challenge):
            return 400, {"error": "invalid_grant"}
        answer: dict[str, Any] = {
            "access_token": self.token(subject, asked.scopes, client_id=PAGES),
            "token_type": "Bearer",
            "expires_in": int(LASTS.total_seconds()),
            "scope": " ".join(asked.scopes),
        }
        if _OPENID in asked.scopes:
            answer["id_token"] = self._id_token(asked, subject, since)
        return 200, answer

    def _id_token(self, asked: SignIn, subject: str, since: datetime) -> str:
        now = datetime.now(UTC)
        said = {
            "iss": self.url, "sub": subject, "aud": PAGES, "token_use": "id", "name": self.people[subject].called,
            "iat": int(now.timestamp()), "exp": int((now + LASTS).timestamp()), "auth_time": int(since.timestamp()),
            **({"nonce": asked.nonce} if asked.nonce is not None else {}),
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": _key().kid}, said, _key())

    def keys(self) -> dict[str, Any]:
        """The public keys (JWKS)."""
        return {"keys": [_key().as_dict(private=False)]}

    def configuration(self) -> dict[str, Any]:
        """What OpenID Connect Discovery says of the issuer."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth2/authorize",
            "token_endpoint": f"{self.url}/oauth2/token",
            "end_session_endpoint": f"{self.url}/logout",
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "scopes_supported": [_OPENID, *SCOPES],
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["public"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "claims_supported": ["sub", "name"],
        }
