"""Whatever reaches the doors of the API, the answer is one of its own: never a 5xx, never a traceback, never long.

`pytest -m contract` asks what the description speaks of, well and wrongly; here bodies, headers, paths and queries began sound and
were damaged (`damage.py`), and the worst are asked by name.
"""

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import strategies as st

from local.door import Answer
from tests.asking import CHILDREN, OFFICER, VENDOR, Asking, asking
from tests.fuzz.damage import BAD_VALUES, Fuzz, damaged, files
from tests.fuzz.test_parsers import EXTRACTS

pytestmark = pytest.mark.fuzz

LONGEST = 10
"""Seconds that one request may take here, with other jobs beside it."""
UPLOAD: dict[str, Any] = {"la": "886", "urn": "900001", "name": "a.csv", "bytes": 3, "sha256": "0" * 64}
BOMBS = {
    "100,000 arrays in each other": b"[" * 100_000,
    "100,000 objects in each other, ended": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a number of 100,000 digits": b'{"bytes":' + b"9" * 100_000 + b"}",
    "a number past every float": b'{"bytes":1e999999}',
    "not a number": b'{"bytes":NaN}',
    "half of a surrogate pair": b'{"name":"\\ud800"}',
    "NUL": b'{"name":"\\u0000"}',
    "a name a million letters long": b'{"name":"' + b"a" * 1_000_000 + b'"}',
    "100,000 names": b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}",
    "one name twice": b'{"la":"886","la":"301"}',
    "not UTF-8": b'{"name":"\xff\xfe"}',
    "UTF-16": '{"la":"886"}'.encode("utf-16"),
    "nothing": b"",
    "null": b"null",
    "a text": b'"886"',
}
DOORS = ("/v1/uploads", "/v1/checks?la=886&urn=900001", "/v1/decisions")


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as raised:
        yield raised


def asked(api: Asking, who: str, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
    """The answer, which must come soon and be one that the description has."""
    began = time.monotonic()
    answer = api.ask(who, method, path, body, headers)
    assert time.monotonic() - began < LONGEST
    assert answer.status < 500, answer.body
    assert b"Traceback" not in answer.body
    if answer.status >= 400:
        assert {"type", "title", "status"} <= answer.json().keys() or answer.json().keys() == {"message"}
    return answer


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("name", BOMBS)
def test_the_worst_bodies_are_refused(api: Asking, path: str, name: str) -> None:
    if path.startswith("/v1/checks"):
        answer = asked(api, VENDOR, "POST", path, BOMBS[name], {"content_type": "application/x-ndjson"})
        if answer.status == 200:
            [told] = answer.json()["files"]
            assert told["accepted"] == 0
            assert told["totals"]["error"] + told["totals"]["refused"] > 0
        return
    who = OFFICER if path == "/v1/decisions" else VENDOR
    answer = asked(api, who, "POST", path, BOMBS[name], {"content_type": "application/json", "if_match": '"x"'})
    assert 400 <= answer.status < 500


def test_damaged_json(api: Asking, fuzz: Fuzz) -> None:
    decision = {"case": api.case_of(CHILDREN[0]), "action": "no_action", "reason": "a reason", "on": "2025-11-24"}
    sound = {"/v1/uploads": (VENDOR, UPLOAD), "/v1/decisions": (OFFICER, decision)}

    def values(path: str) -> st.SearchStrategy[bytes]:
        body = sound[path][1]
        other = st.fixed_dictionaries({name: st.sampled_from([value, *BAD_VALUES]) for name, value in body.items()})
        return st.one_of(damaged(json.dumps(body).encode()), other.map(lambda given: json.dumps(given).encode()))

    def answered(drawn: tuple[str, bytes, str]) -> None:
        path, body, key = drawn
        headers = {"content_type": "application/json", "if_match": '"0"', "idempotency_key": key}
        asked(api, sound[path][0], "POST", path, body, headers)

    keys = st.sampled_from([each for each in BAD_VALUES if each.isprintable() and each.isascii()])
    fuzz(st.sampled_from(sorted(sound)).flatmap(lambda path: st.tuples(st.just(path), values(path), keys)), answered)


def test_damaged_files_to_check(api: Asking, fuzz: Fuzz) -> None:
    def answered(body: bytes) -> None:
        asked(api, VENDOR, "POST", "/v1/checks?la=886&urn=900001", body, {"content_type": "text/csv"})

    fuzz(files(EXTRACTS), answered)


def test_damaged_addresses(api: Asking, fuzz: Fuzz) -> None:
    case, upload = api.case_of(CHILDREN[0]), "20251124T180000Z-" + "0" * 32 + "-00000000"
    sound = (
        "/v1/cases?la=886&state=gathering&cursor=eyJhIjoxfQ", f"/v1/cases/{case}", f"/v1/documents?case={case}",
        "/v1/documents/886/notices/x.pdf", "/v1/uploads/886/900001?limit=5&sort=-created", f"/v1/uploads/886/900001/{upload}",
        f"/v1/uploads/886/900001/{upload}/report?format=csv", "/v1/schools/886/900001/positions",
        "/v1/schools/886/900001/pupils?show=near", "/v1/schools/886/900001/returns/told/x.csv", "/v1/standings?la=886",
        "/v1/packs?la=886", "/v1/annual-return?la=886&year=2025",
    )  # fmt: skip

    @st.composite
    def damaged_address(draw: st.DrawFn) -> str:
        path, _, query = draw(st.sampled_from(sound)).partition("?")
        parts = path.split("/")
        pairs = [pair.split("=") for pair in query.split("&") if pair]
        for _ in range(draw(st.integers(1, 2))):
            bad = quote(draw(st.sampled_from(BAD_VALUES) | st.text(max_size=20)), safe="")
            if pairs and draw(st.booleans()):
                draw(st.sampled_from(pairs))[draw(st.integers(0, 1))] = bad
            else:
                parts[draw(st.integers(2, len(parts) - 1))] = bad
        return "/".join(parts) + ("?" + "&".join("=".join(pair) for pair in pairs) if pairs else "")

    def answered(address: str) -> None:
        asked(api, OFFICER, "GET", address, None, {})

    fuzz(damaged_address(), answered)
