"""Signing in at the door, by the code flow with PKCE: a code works once, for who began, and leads nowhere but to the pages."""

import base64
import hashlib
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from local.door import Answer, Door, people_of
from local.tokens import AUDIENCE
from tests.raised_system import raised

SCHOOLS = {"900001": "886"}
URL = "http://127.0.0.1:8000"
VERIFIER = "a" * 43
ASKED = {
    "client_id": AUDIENCE, "redirect_uri": f"{URL}/signed-in.html", "response_type": "code", "scope": "cases:read openid",
    "state": "s1", "code_challenge_method": "S256",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode(),
}  # fmt: skip


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with raised(SCHOOLS) as system:
        yield Door(system.world, URL, people_of(system.world, SCHOOLS))


def asks(door: Door, **changed: str | None) -> Answer:
    given = {name: value for name, value in {**ASKED, **changed}.items() if value is not None}
    return door.answer("GET", f"/oauth2/authorize?{urlencode(given)}")


def exchanges(door: Door, code: str, **changed: str) -> Answer:
    given = {
        "grant_type": "authorization_code", "code": code, "client_id": AUDIENCE, "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER, **changed,
    }  # fmt: skip
    form = {"content-type": "application/x-www-form-urlencoded"}
    return door.answer("POST", "/oauth2/token", form, urlencode(given).encode())


def code_of(door: Door, person: str = "officer-886") -> str:
    back = asks(door, person=person).headers["location"]
    assert back.startswith(f"{URL}/signed-in.html?")
    said = dict(parse_qsl(urlsplit(back).query))
    assert said["state"] == "s1"
    return said["code"]


def test_everybody_made_up_can_be_chosen(door: Door) -> None:
    answered = asks(door)
    assert answered.status == 200
    assert re.findall(r'name="person" value="([^"]+)"', answered.body.decode()) == [p.subject for p in door.people]
    assert "default-src 'none'" in answered.headers["content-security-policy"]


def test_a_code_gives_a_token_of_who_was_chosen_with_the_scopes_there_are(door: Door) -> None:
    given = exchanges(door, code_of(door)).json()
    assert given["scope"] == "cases:read"
    assert (
        door.answer("GET", "/v1/me", {"authorization": f"Bearer {given['access_token']}"}).json()["kind"] == "officer"
    )


def test_a_code_works_once(door: Door) -> None:
    code = code_of(door)
    assert exchanges(door, code).status == 200
    assert (exchanges(door, code).status, exchanges(door, code).json()) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize("changed", [{"code_verifier": "b" * 43}, {"redirect_uri": f"{URL}/"}, {"code": "made-up"}])
def test_a_code_is_nothing_to_who_did_not_begin(door: Door, changed: dict[str, str]) -> None:
    given = {"code": code_of(door), **changed}
    assert exchanges(door, given.pop("code"), **given).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://elsewhere.example/"}, {"client_id": "somebody"}, {"response_type": "token"},
        {"code_challenge_method": "plain"}, {"code_challenge_method": None}, {"code_challenge": None}, {"person": "nobody"},
    ],
)  # fmt: skip
def test_what_is_no_request_of_the_pages_leads_nowhere(door: Door, changed: dict[str, str | None]) -> None:
    answered = asks(door, **{"person": "officer-886", **changed})
    assert answered.status == 400
    assert "location" not in answered.headers


def test_what_is_asked_is_shown_as_text(door: Door) -> None:
    assert b"<script>alert" not in asks(door, state='"><script>alert(1)</script>').body
