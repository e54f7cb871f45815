"""People sign in at the local door as at any provider: a code, once, for the page that began; and what other pages may ask."""

import hashlib
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from local.door import Answer, Door, people_of
from tests.raised_system import System, raised

SCHOOLS = {"900001": "886", "900002": "301"}
URL = "http://127.0.0.1:8000"
BACK = f"{URL}/signed-in"
VERIFIER = "a-verifier-that-only-the-page-knows-0123456789"
ASKED = {
    "response_type": "code",
    "client_id": "attendance-pages",
    "redirect_uri": BACK,
    "scope": "openid cases:read",
    "state": "state of the page",
    "nonce": "nonce-of-the-page",
    "code_challenge": urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("="),
    "code_challenge_method": "S256",
}
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with raised(SCHOOLS) as found:
        yield found


@pytest.fixture
def door(system: System) -> Door:
    system.at("2025-11-24T18:00")
    return Door(system.world, URL, people_of(system.world, SCHOOLS))


def authorize(door: Door, **changed: str | None) -> Answer:
    asked = {name: value for name, value in {**ASKED, **changed}.items() if value is not None}
    return door.answer("GET", f"/oauth2/authorize?{urlencode(asked)}")


def choose(door: Door, person: str, **changed: str) -> Answer:
    """Choose a person on the sign-in page, by what its form would send."""
    page = authorize(door, **changed).body.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))
    return door.answer("POST", "/oauth2/authorize", {}, urlencode({**fields, "person": person}).encode())


def code(door: Door, person: str = "officer-886", **changed: str) -> str:
    return dict(parse_qsl(urlsplit(choose(door, person, **changed).headers["location"]).query))["code"]


def tokens(door: Door, given: str, **changed: str | None) -> Answer:
    form = {
        "grant_type": "authorization_code", "client_id": "attendance-pages", "redirect_uri": BACK, "code": given,
        "code_verifier": VERIFIER, **changed,
    }  # fmt: skip
    return door.answer("POST", "/oauth2/token", {}, urlencode({n: v for n, v in form.items() if v}).encode())


def test_the_provider_says_where_people_sign_in_and_out(door: Door) -> None:
    said = door.answer("GET", "/.well-known/openid-configuration").json()
    assert said["issuer"] == URL
    assert said["authorization_endpoint"] == f"{URL}/oauth2/authorize"
    assert said["end_session_endpoint"] == f"{URL}/logout"
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["response_types_supported"] == ["code"]
    assert set(said["grant_types_supported"]) == {"authorization_code", "client_credentials"}


def test_the_page_offers_the_people_and_no_program(door: Door) -> None:
    page = authorize(door)
    assert page.status == 200
    offered = re.findall(r'name="person" value="([^"]*)"', page.body.decode())
    assert offered == ["officer-301", "officer-886", "school-900001", "school-900002"]
    assert "made-up-vendor" not in page.body.decode()
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_whoever_is_chosen_goes_back_with_a_code_and_gets_tokens_of_their_own(door: Door) -> None:
    back = choose(door, "officer-886")
    assert back.status == 303
    at, _, query = back.headers["location"].partition("?")
    said = parse_qs(query)
    assert at == BACK
    assert said["state"] == ["state of the page"]
    given = tokens(door, said["code"][0]).json()
    assert given["scope"] == "openid cases:read"
    headers = {"authorization": f"Bearer {given['access_token']}"}
    assert door.answer("GET", "/v1/cases?la=886", headers).status == 200
    assert door.answer("GET", "/v1/cases?la=301", headers).status == 404
    refused = door.answer("GET", "/v1/packs?la=886", headers)
    assert refused.json()["type"] == "urn:attendance:problem:scope-missing"


def test_the_id_token_says_to_the_page_who_signed_in_and_opens_nothing(door: Door) -> None:
    given = tokens(door, code(door, "school-900001")).json()
    keys = KeySet.import_key_set(door.answer("GET", "/.well-known/jwks.json").json())
    said = jwt.decode(given["id_token"], keys, algorithms=["RS256"]).claims
    assert (said["iss"], said["aud"], said["nonce"]) == (URL, "attendance-pages", "nonce-of-the-page")
    assert (said["sub"], said["name"]) == ("school-900001", "The office of school 900001")
    refused = door.answer("GET", "/v1/uploads/886/900001", {"authorization": f"Bearer {given['id_token']}"})
    assert refused.status == 401


def test_the_scopes_of_the_user_pool_are_taken_as_they_are_written_there(door: Door) -> None:
    given = tokens(door, code(door, scope="attendance/cases:read")).json()
    assert "id_token" not in given  # openid was not asked for
    headers = {"authorization": f"Bearer {given['access_token']}"}
    assert door.answer("GET", "/v1/cases?la=886", headers).status == 200


def test_a_code_is_good_once(door: Door) -> None:
    given = code(door)
    assert tokens(door, given).status == 200
    assert (tokens(door, given).status, tokens(door, given).json()) == (400, {"error": "invalid_grant"})


def test_a_code_is_good_for_a_minute(door: Door, system: System) -> None:
    kept, late = code(door), code(door)
    system.at("2025-11-24T18:00:59")
    assert tokens(door, kept).status == 200
    system.at("2025-11-24T18:01:00")
    assert tokens(door, late).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": VERIFIER + "x"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"redirect_uri": f"{URL}/another"}, "invalid_grant"),
        ({"code": "made-up"}, "invalid_grant"),
        ({"client_id": "made-up-vendor"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
    ],
)
def test_only_the_page_that_began_gets_tokens(door: Door, changed: dict[str, str | None], error: str) -> None:
    assert tokens(door, code(door), **changed).json() == {"error": error}


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"redirect_uri": f"{ELSEWHERE}/signed-in"},
        {"redirect_uri": f"{URL}.elsewhere.example/"},
        {"redirect_uri": f"{URL}@elsewhere.example/"},
        {"redirect_uri": None},
    ],
)
def test_nobody_is_sent_back_to_a_page_that_is_not_of_this_address(door: Door, changed: dict[str, str | None]) -> None:
    refused = authorize(door, **changed)
    assert refused.status == 400
    assert "location" not in refused.headers
    assert 'name="person"' not in refused.body.decode()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_what_cannot_be_given_is_said_to_the_page(door: Door, changed: dict[str, str | None], error: str) -> None:
    refused = authorize(door, **changed)
    said = parse_qs(urlsplit(refused.headers["location"]).query)
    assert (refused.status, said) == (303, {"error": [error], "state": ["state of the page"]})


@pytest.mark.parametrize("person", ["made-up-vendor", "nobody", ""])
def test_nobody_else_can_be_chosen(door: Door, person: str) -> None:
    assert "location" not in choose(door, person).headers


def test_what_a_page_sends_is_written_as_text(door: Door) -> None:
    page = authorize(door, state='"><script>alert(1)</script>').body.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_signing_out_goes_back_to_the_pages_and_nowhere_else(door: Door) -> None:
    to = urlencode({"post_logout_redirect_uri": f"{URL}/", "state": "s"})
    assert door.answer("GET", f"/logout?{to}").headers["location"] == f"{URL}/?state=s"
    away = door.answer("GET", f"/logout?{urlencode({'post_logout_redirect_uri': ELSEWHERE})}")
    assert away.headers["location"] == f"{URL}/signed-out.html"


# ------------------------------------------------------------------ pages of another address

PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,if-match"}


def test_a_page_that_the_template_names_may_ask_and_read_what_it_needs(door: Door) -> None:
    asked = door.answer("OPTIONS", "/v1/decisions", {"origin": "http://localhost:8000", **PREFLIGHT})
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == "http://localhost:8000"
    assert {"authorization", "if-match", "idempotency-key"} <= set(
        asked.headers["access-control-allow-headers"].split(",")
    )
    assert set(asked.headers["access-control-allow-methods"].split(",")) == {"GET", "POST"}
    answered = door.answer("GET", "/v1/openapi.json", {"origin": "http://localhost:8000"})
    assert answered.headers["access-control-allow-origin"] == "http://localhost:8000"
    assert "etag" in answered.headers["access-control-expose-headers"].split(",")
    unknown = door.answer("GET", "/v1/cases?la=886", {"origin": "http://localhost:8000"})
    assert (unknown.status, unknown.headers["access-control-allow-origin"]) == (401, "http://localhost:8000")


def test_any_other_page_is_told_nothing(door: Door) -> None:
    for method, more in (("OPTIONS", PREFLIGHT), ("GET", {})):
        answered = door.answer(method, "/v1/openapi.json", {"origin": ELSEWHERE, **more})
        assert not [name for name in answered.headers if name.startswith("access-control-")]


def link(door: Door, body: bytes) -> dict[str, Any]:
    given = {"la": "886", "urn": "900001", "name": "a.csv", "bytes": len(body)}
    given |= {"sha256": hashlib.sha256(body).hexdigest()}
    token = door.issuer.token("school-900001", lasts=timedelta(minutes=5))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "idempotency-key": "cors-link"}
    return dict(door.answer("POST", "/v1/uploads", headers, json.dumps(given).encode()).json()["put"])


def test_a_page_may_send_a_file_by_its_link_and_not_read_by_it(door: Door) -> None:
    body = b"upn,date,session,code\r\n"
    to = link(door, body)
    at = urlsplit(to["url"])
    target = f"{at.path}?{at.query}"
    origin = {"origin": "http://localhost:8000"}
    wanted = ",".join(name.lower() for name in to["headers"] if name.lower() != "content-length")
    asks = {"access-control-request-method": "PUT", "access-control-request-headers": wanted}
    asked = door.answer("OPTIONS", target, {**origin, **asks})
    assert (asked.status, asked.headers["access-control-allow-origin"]) == (200, "http://localhost:8000")
    refused = [
        {"origin": ELSEWHERE, **asks},
        {**origin, **asks, "access-control-request-method": "GET"},
        {**origin, **asks, "access-control-request-headers": "x-amz-acl"},
    ]
    for headers in refused:
        assert door.answer("OPTIONS", target, headers).status == 403
    sent = door.answer("PUT", target, {**origin, **to["headers"]}, body)
    assert (sent.status, sent.headers["access-control-allow-origin"]) == (200, "http://localhost:8000")


def test_who_saw_the_address_cannot_use_the_code(door: Door) -> None:
    assert tokens(door, code(door), code_verifier=ASKED["code_challenge"]).json() == {"error": "invalid_grant"}
