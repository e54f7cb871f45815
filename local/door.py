"""The door of the local world: HTTP on this machine becomes the events that API Gateway would make of it, and S3's signed links.

What needs a token, and how many requests are let through, the template says. Tokens are those of `local.tokens`.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from attendance.settings import SettingsRefused
from aws.grants import Grants
from aws.published import Published
from aws.settings import AuthoritySettings
from local import cors, presigned
from local.deployer import Stack
from local.template import REGION
from local.tokens import Issuer, Person, SignInRefused, give_grants, made_up_people
from local.world import World
from web.build import policy, sign_in_page

LOOPBACK: Final = "127.0.0.1"
_OF_THE_ISSUER: Final = ("/oauth2/", "/.well-known/", "/logout")
OURS: Final = ("/v1", *_OF_THE_ISSUER, "/s3/")
"""What the door answers; whatever else shares its server answers the rest."""
MOST_BODY: Final = 10 * 1024 * 1024
_MOST_EVENT: Final = 6 * 1024 * 1024
_TEXT: Final = re.compile(r"text/|application/(json|xml|javascript|x-www-form-urlencoded|[\w.-]+\+(json|xml))")
_SIGN_IN: Final = re.compile(rf"https://[a-z0-9-]+\.auth\.{REGION}\.amazoncognito\.com(?=/oauth2/)")
"""The template's user pool, in whose place the door gives tokens itself."""
_LINK: Final = re.compile(rf"https://([a-z0-9-]+)\.s3\.{REGION}\.amazonaws\.com/")


@dataclass(frozen=True)
class Answer:
    """An answer of HTTP; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class _Bucket:
    """Requests let through: so many at once, and so many again each second."""

    rate: float
    burst: int
    left: float = 0
    since: float = 0

    def take(self) -> bool:
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.since) * self.rate) if self.since else self.burst
        self.since = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass
class Door:
    """The API of a raised world, by HTTP.

    `running`: the clock of the world goes on while the door is open; else it stands, as tests have it.
    """

    world: World
    url: str
    people: Sequence[Person] = ()
    running: bool = False
    throttled: bool = True
    """Whether the gateway's limit of requests holds."""
    drains: bool = True
    """Whether the world works off what a request left to do, after it was answered."""
    issuer: Issuer = field(init=False)

    def __post_init__(self) -> None:
        self.issuer = Issuer(self.url, {each.subject: each for each in self.people})
        give_grants(Grants(self.world.dynamodb, self.world.names["grants"]), self.people)
        self._gateway = _Gateway(self.world.stacks)
        self._lock = threading.Lock()
        self._opened = (datetime.now(UTC), time.monotonic())

    def answer(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Answer a request, then let the world do what it left to do. Header names in any case."""
        with self._lock:
            given = {name.lower(): value for name, value in (headers or {}).items()}
            answered = self._answer(method, target, given, body)
        self.work()
        return answered

    def answer_first(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, send: Callable[[Answer], None]
    ) -> None:
        """Answer a request at once; the world works before the next is heard."""
        with self._lock:
            send(self._answer(method, target, headers, body))
            self._drain()

    def work(self) -> None:
        """Let the world do what is left to do."""
        with self._lock:
            self._drain()

    def _drain(self) -> None:
        if self.drains:
            self.world.drain()

    def _answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.running:
            began, at = self._opened
            self.world.at(began + timedelta(seconds=time.monotonic() - at))
        parts = urlsplit(target)
        if parts.path.startswith("/s3/"):
            return self._store(method, unquote(parts.path).removeprefix("/s3/"), parts.query, headers, body)
        if parts.path.startswith(_OF_THE_ISSUER):
            return self._issue(method, parts.path, parts.query, headers, body)
        if cors.is_preflight(method, headers) and self._gateway.cors:
            return Answer(204, cors.of_api(self._gateway.cors, headers), b"")
        answered = self._serve(method, parts.path, parts.query, headers, body)
        allowed = cors.of_api(self._gateway.cors, headers) if self._gateway.cors else {}
        return Answer(answered.status, {**answered.headers, **allowed}, answered.body)

    def _store(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What S3 does with a request by a signed link, from whatever page it comes."""
        bucket, _, key = path.partition("/")
        allowed = cors.of_bucket(self.world.s3, bucket, method, headers)
        if cors.is_preflight(method, headers):
            return Answer(200, allowed, b"") if allowed else Answer(403, {}, b"CORSResponse: not allowed")
        given = presigned.answer(self.world.s3, method, bucket, key, query, headers, body)
        return Answer(given.status, {**given.headers, **allowed}, given.body)

    def _issue(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        match method, path:
            case "GET", "/oauth2/authorize":
                return self._sign_in(dict(parse_qsl(query)))
            case "POST", "/oauth2/authorize":
                return self._sign_in(dict(parse_qsl(body.decode("utf-8", "replace"))))
            case "GET", "/logout":
                return self._sign_out(dict(parse_qsl(query)))
            case "POST", "/oauth2/token":
                form = dict(parse_qsl(body.decode("utf-8", "replace")))
                if form.get("grant_type") == "authorization_code":
                    return _json(*self.issuer.authorization_code(form))
                return _json(*self.issuer.client_credentials(form, _basic(headers)))
            case "GET", "/.well-known/jwks.json":
                return _json(200, self.issuer.keys())
            case "GET", "/.well-known/openid-configuration":
                return _json(200, self.issuer.configuration())
        return _json(404, {"message": "Not Found"})

    def _sign_in(self, given: dict[str, str]) -> Answer:
        """The page on which somebody says who they are; the way back, with a code, when they did."""
        chosen = given.pop("person", None)
        try:
            asked = self.issuer.sign_in(given)
        except SignInRefused as refused:
            if refused.back:
                return _see(refused.back)
            return Answer(400, _HTML, f"<!doctype html><title>No sign-in</title><p>{refused.error}".encode())
        people = [each for each in self.people if each.grant.kind != "vendor"]  # a program has its own way
        if chosen in {each.subject for each in people}:
            return _see(asked.back(code=self.issuer.code(asked, chosen)))
        return Answer(200, {**_HTML, "content-security-policy": policy()}, sign_in_page(given, people))

    def _sign_out(self, given: Mapping[str, str]) -> Answer:
        """Back to the pages, which have let go of their tokens: nobody stays signed in here."""
        back = given.get("post_logout_redirect_uri") or given.get("logout_uri") or ""
        if not self.issuer.own(back):
            back = f"{self.url}/signed-out.html"
        state = f"{'&' if '?' in back else '?'}{urlencode({'state': given['state']})}" if "state" in given else ""
        return _see(back + state)

    def _serve(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What API Gateway does with a request, its own refusals included."""
        route = self._gateway.route(method, unquote(path))
        if route is None:
            return _json(404, {"message": "Not Found"})
        if self.throttled and not self._gateway.let_through():
            return _json(429, {"message": "Too Many Requests"})
        claims = self.issuer.claims(headers.get("authorization"))
        if route.needs_token and claims is None:
            said = 'Bearer error="invalid_token"' if "authorization" in headers else "Bearer"
            return Answer(
                401, {"content-type": "application/json", "www-authenticate": said}, b'{"message":"Unauthorized"}'
            )
        event = _event(route.key, method, path, query, headers, body, claims if route.needs_token else None)
        if len(body) > MOST_BODY or len(json.dumps(event)) > _MOST_EVENT:
            return _json(413, {"message": "Request Entity Too Large"})
        return self._answered(self._gateway.function(self.world).call(event))

    def _answered(self, given: Mapping[str, Any]) -> Answer:
        text = given.get("body") or ""
        body = b64decode(text) if given.get("isBase64Encoded") else text.encode()
        headers = {name.lower(): str(value) for name, value in (given.get("headers") or {}).items()}
        for name, values in (given.get("multiValueHeaders") or {}).items():
            headers[name.lower()] = ", ".join(map(str, values))
        if "location" in headers:
            headers["location"] = _LINK.sub(rf"{self.url}/s3/\1/", headers["location"])
        if headers.get("content-type", "").startswith("application/json") and "content-encoding" not in headers:
            body = _SIGN_IN.sub("", _LINK.sub(rf"{self.url}/s3/\1/", body.decode())).encode()
        return Answer(int(given["statusCode"]), headers, body)


@dataclass(frozen=True)
class _Route:
    key: str
    method: str
    path: re.Pattern[str]
    needs_token: bool


class _Gateway:
    """The API of the template: its routes, the most particular first, its throttle, and the function behind it."""

    def __init__(self, stacks: Sequence[Stack]) -> None:
        resources = [each for stack in stacks for each in stack.resources.values()]
        of = {
            kind: [each.properties for each in resources if each.type == f"AWS::ApiGatewayV2::{kind}"]
            for kind in ("Api", "Route", "Stage", "Integration")
        }
        self._routes = sorted(map(_route, of["Route"]), key=lambda each: "+}" in each.key)
        (api,), (integration,), (stage,) = of["Api"], of["Integration"], of["Stage"]
        self.cors: Mapping[str, Any] | None = api.get("CorsConfiguration")
        self._function = str(integration["IntegrationUri"]).rpartition(":")[2]
        limits = stage["DefaultRouteSettings"]
        self._bucket = _Bucket(limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"])

    def route(self, method: str, path: str) -> _Route | None:
        return next((r for r in self._routes if r.method == method and r.path.fullmatch(path)), None)

    def let_through(self) -> bool:
        return self._bucket.take()

    def function(self, world: World) -> Any:
        return world.pump.functions[self._function]


def _route(properties: Mapping[str, Any]) -> _Route:
    method, path = properties["RouteKey"].split(" ")
    parts = re.split(r"(\{\w+\+?\})", path)
    pattern = "".join((".+" if p.endswith("+}") else "[^/]+") if p.startswith("{") else re.escape(p) for p in parts)
    return _Route(
        properties["RouteKey"], method, re.compile(pattern, re.DOTALL), properties["AuthorizationType"] != "NONE"
    )


def _event(
    route: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes,
    claims: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    """The event of payload format 2.0."""
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    as_text = bool(_TEXT.match(headers.get("content-type", "")))
    if as_text:
        try:
            text = body.decode()
        except UnicodeDecodeError:
            as_text = False
    if not as_text:
        text = b64encode(body).decode()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": unquote(path),
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": LOOPBACK,
            "http": {
                "method": method, "path": unquote(path), "protocol": "HTTP/1.1", "sourceIp": LOOPBACK,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route,
            "stage": "$default",
            "time": f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(datetime.now(UTC).timestamp() * 1000),
        },
        "isBase64Encoded": not as_text,
    }  # fmt: skip
    if values:
        event["queryStringParameters"] = {name: ",".join(each) for name, each in values.items()}
    if body:
        event["body"] = text
    if claims is not None:
        event["requestContext"]["authorizer"] = {
            "jwt": {"claims": {name: str(value) for name, value in claims.items()}, "scopes": None}
        }
    return event


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = b64decode(given).decode().partition(":")
    except ValueError:
        return None
    return unquote(client), unquote(secret)


def _json(status: int, said: Mapping[str, Any]) -> Answer:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Answer(status, headers, json.dumps(said).encode())


def _see(address: str) -> Answer:
    return Answer(303, {"location": address, "cache-control": "no-store", "referrer-policy": "no-referrer"}, b"")


_HTML: Final = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}


# ------------------------------------------------------------------ people of a world


def people_of(world: World, schools: Mapping[str, str]) -> tuple[Person, ...]:
    """The made-up people of a world with these schools (URN: authority); officers are those whom the settings let do anything."""
    authorities = sorted(name.removeprefix("authority-") for name in world.names if name.startswith("authority-"))
    given = AuthoritySettings(Published(world.dynamodb, world.names["published"]))
    officers = {}
    for la in authorities:
        try:
            settings = given.on(la, datetime.now(UTC).date())
        except SettingsRefused:
            continue
        named = [each.id for each in settings.officers if "all" in each.may] if settings else []
        officers.update({la: named[0]} if named else {})
    return made_up_people(authorities, schools, officers)


# ------------------------------------------------------------------ HTTP


class ByDoor(BaseHTTPRequestHandler):
    """Answers what is the door's; a subclass may answer the rest."""

    protocol_version = "HTTP/1.1"
    door: Door

    def by_door(self) -> bool:
        """Answer the request if it is the door's."""
        if not self.path.startswith(OURS):
            return False
        length = self.headers.get("content-length", "0")
        body = self.rfile.read(int(length)) if length.isdecimal() else b""
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
        self.door.answer_first(self.command, self.path, headers, body, self._send)
        return True

    def _send(self, answered: Answer) -> None:
        self.send_response(answered.status)
        for name, value in answered.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answered.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answered.body)
        self.wfile.flush()

    def _any(self) -> None:
        if not self.by_door():
            self._send(_json(404, {"message": "Not Found"}))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = _any  # noqa: N815 - named so by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by http.server
        """Say nothing: a path may hold a pseudonym."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what failed, but not that a browser went on to another page before it had its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def server(port: int, handler: Callable[..., BaseHTTPRequestHandler] = ByDoor) -> ThreadingHTTPServer:
    """A server on this machine only."""
    return _Server((LOOPBACK, port), handler)
