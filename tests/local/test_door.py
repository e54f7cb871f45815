"""The door of the local world: what API Gateway and S3 refuse is refused here too, which moto does not do."""

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.door import Answer, ByDoor, Door, people_of, server
from local.tokens import AUDIENCE, Issuer
from tests.raised_system import System, raised

SCHOOLS = {"900001": "886", "900002": "301"}
FILE = b"upn,date,session,code\r\n"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with raised(SCHOOLS) as found:
        yield found


@pytest.fixture
def door(system: System) -> Door:
    system.at("2025-11-24T18:00")
    return Door(system.world, "http://127.0.0.1:8000", people_of(system.world, SCHOOLS))


def as_(door: Door, who: str, *scopes: str, **claims: Any) -> dict[str, str]:
    token = door.issuer.token(who, scopes, **claims) if scopes else door.issuer.token(who, **claims)
    return {"authorization": f"Bearer {token}"}


def link(door: Door, key: str, body: bytes = FILE, **asked: Any) -> dict[str, Any]:
    """Where to send a file: `put` of a new upload."""
    given = {"la": "886", "urn": "900001", "name": "a.csv", "bytes": len(body)}
    given |= {"sha256": hashlib.sha256(body).hexdigest(), **asked}
    headers = {**as_(door, "made-up-vendor"), "content-type": "application/json", "idempotency-key": key}
    answered = door.answer("POST", "/v1/uploads", headers, json.dumps(given).encode())
    assert answered.status == 201, answered.body
    return dict(answered.json()["put"])


def put(door: Door, to: dict[str, Any], body: bytes = FILE, **changed: str | None) -> Answer:
    headers = {**to["headers"], **{name.replace("_", "-"): value for name, value in changed.items()}}
    at = urlsplit(to["url"])
    return door.answer("PUT", f"{at.path}?{at.query}", {n: v for n, v in headers.items() if v is not None}, body)


# ------------------------------------------------------------------ the gateway


@pytest.mark.parametrize(
    "path",
    [
        "/v1/uploads",
        "/v1/uploads/886/900001",
        "/v1/cases?la=886",
        "/v1/nothing/of/the/kind",
        "/v1/documents/886/notices/x",
    ],
)
def test_without_a_token_everything_is_401_in_the_words_of_the_gateway(door: Door, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answered = door.answer(method, path)
        assert (answered.status, answered.json()) == (401, {"message": "Unauthorized"})


def test_the_description_is_for_everybody(door: Door) -> None:
    assert door.answer("GET", "/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_the_description_says_that_the_door_gives_tokens(door: Door) -> None:
    (scheme,) = door.answer("GET", "/v1/openapi.json").json()["components"]["securitySchemes"].values()
    flow = scheme["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth2/token"
    given = {"grant_type": "client_credentials", "client_id": "made-up-vendor", "client_secret": "made-up"}
    assert door.issuer.client_credentials({**given, "scope": " ".join(flow["scopes"])}, None)[0] == 200
    assert door.issuer.client_credentials({**given, "scope": "attendance/nothing"}, None)[0] == 400


def test_what_is_outside_the_api_does_not_exist(door: Door) -> None:
    assert door.answer("GET", "/v2/cases", as_(door, "officer-886")).status == 404


def test_a_token_is_taken_only_of_this_issuer_for_this_audience_and_while_it_lasts(door: Door) -> None:
    path = "/v1/uploads/886/900001"
    assert door.answer("GET", path, as_(door, "made-up-vendor")).status == 200
    other = Issuer("http://127.0.0.1:9999")
    refused = [
        f"Bearer {other.token('made-up-vendor')}",
        f"Bearer {door.issuer.token('made-up-vendor', aud='another', client_id='another')}",
        f"Bearer {door.issuer.token('made-up-vendor', lasts=timedelta(seconds=-1))}",
        f"Bearer {door.issuer.token('made-up-vendor')}x",
        "Bearer a.b.c",
        "Bearer",
        f"Basic {door.issuer.token('made-up-vendor')}",
    ]
    for authorization in refused:
        assert door.answer("GET", path, {"authorization": authorization}).status == 401, authorization


def test_a_token_signed_by_nobody_is_not_taken(door: Door) -> None:
    from base64 import urlsafe_b64encode

    def part(said: dict[str, Any]) -> str:
        return urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")

    claims = {"iss": door.url, "sub": "officer-886", "aud": AUDIENCE, "scope": "cases:read", "exp": 9_999_999_999}
    for algorithm in ("none", "HS256"):
        token = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}."
        assert door.answer("GET", "/v1/cases?la=886", {"authorization": f"Bearer {token}"}).status == 401


def test_a_client_gets_a_token_for_its_secret_and_the_scopes_it_asks_for(door: Door) -> None:
    form = b"grant_type=client_credentials&client_id=made-up-vendor&client_secret=made-up&scope=reports:read"
    given = door.answer("POST", "/oauth2/token", {}, form).json()
    headers = {"authorization": f"Bearer {given['access_token']}"}
    assert given["scope"] == "reports:read"
    assert door.answer("GET", "/v1/uploads/886/900001", headers).status == 200
    refused = door.answer("GET", "/v1/schools/886/900001/positions", headers)
    assert (refused.status, refused.json()["type"]) == (403, "urn:attendance:problem:scope-missing")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (b"grant_type=client_credentials&client_id=made-up-vendor&client_secret=wrong", 401),
        (b"grant_type=client_credentials&client_id=nobody&client_secret=made-up", 401),
        (b"grant_type=password&client_id=made-up-vendor&client_secret=made-up", 400),
        (b"grant_type=client_credentials&client_id=made-up-vendor&client_secret=made-up&scope=everything", 400),
        (b"", 400),
    ],
)
def test_nobody_else_gets_one(door: Door, form: bytes, status: int) -> None:
    assert door.answer("POST", "/oauth2/token", {}, form).status == status


def test_a_flood_is_answered_429(door: Door) -> None:
    bucket = door._gateway._bucket
    assert (bucket.rate, bucket.burst) == (50, 100)
    bucket.rate = 0  # however long the requests take here
    statuses = [door.answer("GET", "/v1/cases?la=886").status for _ in range(102)]
    assert statuses == [401] * 100 + [429] * 2


def test_more_than_ten_megabytes_are_refused(door: Door) -> None:
    headers = {**as_(door, "made-up-vendor"), "content-type": "text/csv", "idempotency-key": "too-large"}
    assert door.answer("POST", "/v1/checks?la=886&urn=900001", headers, b"x" * 10_500_000).status == 413


# ------------------------------------------------------------------ links


def test_a_file_is_sent_once_and_answered(door: Door, system: System) -> None:
    to = link(door, "link-once")
    assert put(door, to).status == 200
    again = put(door, to)
    assert (again.status, b"PreconditionFailed" in again.body) == (412, True)
    upload = urlsplit(to["url"]).path.removeprefix("/s3/attendance-local-uploads/")
    assert system.report(upload)["files"][0]["file"] == "a.csv"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"content_length": "999"}, 403, "SignatureDoesNotMatch"),
        ({"x_amz_checksum_sha256": "AAAA"}, 403, "SignatureDoesNotMatch"),
        ({"if_none_match": None}, 403, "SignatureDoesNotMatch"),
        ({"if_none_match": "etag"}, 403, "SignatureDoesNotMatch"),
        ({"x_amz_meta_name": "b.csv"}, 403, "SignatureDoesNotMatch"),
        ({"x_amz_meta_extracted_at": "2020-01-01"}, 403, "AccessDenied"),
        ({"x_amz_server_side_encryption": "AES256"}, 403, "AccessDenied"),
    ],
)
def test_what_was_signed_must_be_sent_and_nothing_else_of_amazons(
    door: Door, changed: dict[str, str | None], status: int, code: str
) -> None:
    answered = put(door, link(door, "link-headers"), **changed)
    assert (answered.status, code in answered.body.decode()) == (status, True)


def test_other_bytes_than_those_of_the_hash_or_of_the_length_are_refused(door: Door) -> None:
    to = link(door, "link-bytes")
    other = put(door, to, FILE.replace(b"upn", b"UPN"))
    assert (other.status, b"BadDigest" in other.body) == (400, True)
    longer = put(door, to, FILE + b"x")
    assert (longer.status, b"IncompleteBody" in longer.body) == (400, True)


def test_a_link_ends_after_fifteen_minutes(door: Door, system: System) -> None:
    to = link(door, "link-late")
    system.at("2025-11-24T18:15:01")
    late = put(door, to)
    assert (late.status, b"Request has expired" in late.body) == (403, True)
    system.at("2025-11-24T18:14:59")
    assert put(door, to).status == 200


@pytest.mark.parametrize(
    ("was", "becomes"), [("886/900001", "886/900002"), ("Expires=900", "Expires=9000"), ("uploads", "reports")]
)
def test_a_link_cannot_be_bent_to_another_place_or_time(door: Door, was: str, becomes: str) -> None:
    to = link(door, "link-bent")
    bent = {**to, "url": to["url"].replace(was, becomes)}
    assert bent != to
    assert put(door, bent).status == 403


def test_a_link_to_send_reads_nothing(door: Door) -> None:
    at = urlsplit(link(door, "link-read")["url"])
    assert door.answer("GET", f"{at.path}?{at.query}").status == 403


def test_without_a_signature_the_bucket_is_closed(door: Door) -> None:
    assert door.answer("GET", "/s3/attendance-local-uploads/886/900001/x").status == 403
    assert door.answer("PUT", "/s3/attendance-local-uploads/886/900001/x", {}, b"x").status == 403


# ------------------------------------------------------------------ HTTP


def test_over_http_the_door_answers_what_is_its_own(door: Door) -> None:
    handler = type("Handler", (ByDoor,), {"door": door})
    with server(0, handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        connection = HTTPConnection("127.0.0.1", listening.server_port, timeout=60)
        try:
            connection.request("GET", "/v1/openapi.json")
            first = connection.getresponse()
            assert (first.status, first.getheader("content-type")) == (200, "application/json")
            assert json.loads(first.read())["info"]["title"]
            connection.request("GET", "/v1/cases?la=886")
            assert connection.getresponse().read() == b'{"message":"Unauthorized"}'
            connection.request("GET", "/elsewhere")
            assert connection.getresponse().status == 404
        finally:
            connection.close()
            listening.shutdown()
