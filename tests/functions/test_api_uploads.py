"""Vendors and schools: a file sent and answered, listed page by page, its report to mend it by, a check that keeps nothing."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.asking import CHILDREN, OFFICE, OFFICER, OTHER_OFFICE, OTHER_OFFICER, VENDOR, Asking, asking, is_problem
from tests.fuzz.damage import zipped
from tests.made_school import csv_of

WRONG = csv_of(
    [
        {"upn": CHILDREN[0].upn, "date": "2025-11-24", "session": "AM", "code": "/", "note": "=1+1"},
        {"upn": CHILDREN[0].upn, "date": "24/11/2025", "session": "PM", "code": "/"},
    ]
)


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as found:
        yield found


def asked(body: bytes = WRONG, **changed: object) -> dict[str, object]:
    return {
        "la": "886", "urn": "900001", "name": "week 12.csv", "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(), **changed,
    }  # fmt: skip


def test_an_upload_waits_until_it_is_answered(api: Asking) -> None:
    created = api.post(VENDOR, "/v1/uploads", asked()).json()
    is_problem(api.get(VENDOR, created["status_url"]), 404, "not-found")  # nothing has arrived

    api.door.drains = False
    sent = api.send(WRONG + b"\r\n", "week 12.csv")
    seen = api.get(OFFICE, sent["status_url"]).json()
    assert (seen["name"], seen["status"], seen["taken"], seen["report_url"]) == ("week 12.csv", "waiting", None, None)
    is_problem(api.get(OFFICE, f"{sent['status_url']}/report"), 409, "report-not-ready")

    api.door.drains = True
    api.door.work()
    seen = api.get(OFFICE, sent["status_url"]).json()
    assert (seen["name"], seen["status"], seen["taken"]) == ("week 12.csv", "answered", "in_part")
    report = api.get(OFFICE, seen["report_url"]).json()
    assert report["files"][0]["file"] == "week 12.csv"
    assert report["files"][0]["counts"]["DATE_FORMAT"] == 1


RIGHT = WRONG.replace(b"24/11/2025,PM,/", b"2025-11-24,PM,\\")


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        pytest.param(RIGHT, "whole", id="every row"),
        pytest.param(WRONG + b"\r\n\r\n", "in_part", id="a row is wrong"),
        pytest.param(WRONG.replace(b"2025-11-24", b"24/11/2025"), "nothing", id="every row is wrong"),
        pytest.param(b"%PDF-1.7 no register", "nothing", id="refused"),
        pytest.param(zipped({"a.csv": RIGHT + b"\r\n", "b.csv": b""}), "in_part", id="one of two files is refused"),
    ],
)
def test_a_list_says_of_each_file_how_much_was_taken(api: Asking, body: bytes, taken: str) -> None:
    sent = api.send(body, "Härtelstraße 12.csv")
    [seen] = [
        each for each in api.get(OFFICE, "/v1/uploads/886/900001?sort=-created").json()["uploads"]
        if each["upload"] == sent["upload"]
    ]  # fmt: skip
    assert (seen["name"], seen["taken"]) == ("Härtelstraße 12.csv", taken)


def test_of_a_file_that_was_received_before_it_is_said_what_was_taken_then(api: Asking) -> None:
    body = WRONG + b"\r\n" * 9
    again = [api.get(OFFICE, api.send(body)["status_url"]).json() for _ in range(2)]
    assert [each["taken"] for each in again] == ["in_part", "in_part"]
    [file] = api.get(OFFICE, again[1]["report_url"]).json()["files"]
    assert [*file["counts"]] == ["ALREADY_RECEIVED"]
    assert (file["rows"], file["accepted"]) == (2, 1)


def test_the_longest_name_is_said_of_its_report_whatever_its_letters(api: Asking) -> None:
    sent = api.send(WRONG + b"\r\n" * 10, "\N{SNOWMAN}" * 75 + "\N{GRINNING FACE}" * 75)
    assert len(api.get(OFFICE, sent["status_url"]).json()["name"]) == 150


def test_the_history_of_a_school_begins_with_the_latest_where_that_is_asked_for(api: Asking) -> None:
    def listed(sort: str) -> list[dict[str, object]]:
        found, more = [], ""
        while True:
            page = api.get(OFFICE, f"/v1/uploads/886/900001?limit=2&sort={sort}{more}").json()
            found += page["uploads"]
            if page["next"] is None:
                return found
            more = f"&cursor={page['next']}"

    api.send(WRONG + b" ")
    oldest_first = listed("created")
    assert len(oldest_first) > 4
    assert listed("-created") == oldest_first[::-1]
    assert {each["status"] for each in oldest_first} == {"answered"}


def test_the_report_is_the_schools_own_file_with_two_more_columns(api: Asking) -> None:
    sent = api.send(WRONG.replace(b"=1+1", b"=1+2"))
    by_header = api.get(VENDOR, f"{sent['status_url']}/report", accept="text/csv")
    by_query = api.get(VENDOR, f"{sent['status_url']}/report?format=csv")
    assert by_header.headers["content-type"].startswith("text/csv")
    assert by_header.headers["x-report"] == "file"
    assert by_header.body == by_query.body
    header, first, second = csv.reader(io.StringIO(by_header.body.decode()))
    assert header[-2:] == ["problem", "what to do"]
    assert first[header.index("note")] == "'=1+2"
    assert second[-2].startswith("DATE_FORMAT")


def test_a_large_file_is_answered_by_its_findings(api: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.uploads.MOST_BACK", 10)
    sent = api.send(WRONG + b"\n\n")
    answered = api.get(VENDOR, f"{sent['status_url']}/report?format=csv")
    assert answered.headers["x-report"] == "findings"
    header, *rows = csv.reader(io.StringIO(answered.body.decode()))
    assert header == ["file", "row", "field", "value", "severity", "problem", "what to do"]
    assert ["file.csv", "3", "date"] in [row[:3] for row in rows]


def test_a_small_file_that_unpacks_to_much_is_answered_by_its_findings(
    api: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.checked.MOST_TEXT", 400)
    sent = api.send(gzip.compress(WRONG + b"\r\n" * 1000))
    answered = api.get(VENDOR, f"{sent['status_url']}/report?format=csv")
    assert answered.headers["x-report"] in {"findings", "some-findings"}
    assert len(answered.body) < 1000


def test_a_report_that_no_answer_holds_is_read_by_a_link(api: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = api.send(WRONG + b"\r\n" * 7)
    whole = api.get(VENDOR, f"{sent['status_url']}/report")
    monkeypatch.setattr("api.routes.MOST_ANSWERED", 100)
    answered = api.get(VENDOR, f"{sent['status_url']}/report")
    assert (answered.status, answered.body) == (303, b"")
    at = urlsplit(answered.headers["location"])
    got = api.door.answer("GET", f"{at.path}?{at.query}")
    assert got.headers["content-encoding"] == "gzip"
    assert gzip.decompress(got.body) == whole.body


def test_whoever_takes_gzip_gets_it(api: Asking) -> None:
    plain = api.get(OFFICE, "/v1/schools/886/900001/positions")
    packed = api.get(OFFICE, "/v1/schools/886/900001/positions", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) * 4 < len(plain.body)


def test_uploads_are_listed_page_by_page_once_each(api: Asking) -> None:
    path, seen = "/v1/uploads/886/900001?limit=2", []
    answered = api.get(OFFICE, path).json()
    while True:
        assert len(answered["uploads"]) <= 2
        seen += [each["upload"] for each in answered["uploads"]]
        if answered["next"] is None:
            break
        answered = api.get(OFFICE, f"{path}&cursor={answered['next']}").json()
    stored = [key.rpartition("/")[2] for key in api.system.bucket("uploads").keys("886/900001/")]
    assert seen == stored
    assert len(seen) > 4


@pytest.mark.parametrize("who", [VENDOR, OFFICE, OFFICER])
def test_a_school_its_vendor_and_its_authority_see_its_uploads(api: Asking, who: str) -> None:
    assert api.get(who, "/v1/uploads/886/900001").status == 200


@pytest.mark.parametrize("who", [OTHER_OFFICE, OTHER_OFFICER])
def test_for_everybody_else_they_do_not_exist(api: Asking, who: str) -> None:
    upload = api.get(OFFICE, "/v1/uploads/886/900001").json()["uploads"][0]["upload"]
    for path in ("", f"/{upload}", f"/{upload}/report"):
        is_problem(api.get(who, f"/v1/uploads/886/900001{path}"), 404, "not-found")
    is_problem(api.post(who, "/v1/uploads", asked()), 404, "not-found")


def test_an_officer_sends_nothing_in_a_schools_name(api: Asking) -> None:
    is_problem(api.post(OFFICER, "/v1/uploads", asked()), 404, "not-found")
    is_problem(
        api.ask(OFFICER, "POST", "/v1/checks?la=886&urn=900001", WRONG, {"content_type": "text/csv"}), 404, "not-found"
    )


def test_the_same_key_and_body_are_the_same_upload(api: Asking) -> None:
    first = api.post(VENDOR, "/v1/uploads", asked(), idempotency_key="the-same-key").json()
    api.system.at("2025-11-24T18:03")
    again = api.post(VENDOR, "/v1/uploads", asked(), idempotency_key="the-same-key").json()
    api.system.at("2025-11-24T18:00")
    assert again["upload"] == first["upload"]
    assert again["put"]["expires_at"] > first["put"]["expires_at"]


def test_the_same_key_with_another_body_is_refused_and_anothers_key_is_another(api: Asking) -> None:
    assert api.post(VENDOR, "/v1/uploads", asked(), idempotency_key="another-key").status == 201
    is_problem(api.post(VENDOR, "/v1/uploads", asked(name="b"), idempotency_key="another-key"), 422, "key-reused")
    assert api.post(OFFICE, "/v1/uploads", asked(name="b"), idempotency_key="another-key").status == 201


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"bytes": 0}, "body.bytes"),
        ({"bytes": 256 * 1024 * 1024 + 1}, "body.bytes"),
        ({"sha256": "A" * 64}, "body.sha256"),
        ({"urn": "1"}, "body.urn"),
        ({"name": "x" * 151}, "body.name"),
        ({"name": "\ud800"}, "body.name"),
        ({"more": 1}, "body.more"),
        ({"extracted_at": "2025-11-24T18:00:00"}, "body.extracted_at"),
    ],
)
def test_what_is_not_as_described_is_named_and_not_repeated(
    api: Asking, changed: dict[str, object], where: str
) -> None:
    answered = api.post(VENDOR, "/v1/uploads", asked(**changed))
    is_problem(answered, 422, "invalid")
    assert where in [error["where"] for error in answered.json()["errors"]]
    assert str(next(iter(changed.values()))) not in json.dumps(answered.json()["errors"]).replace("268435456", "")


def test_when_the_file_was_extracted_is_kept_with_it(api: Asking) -> None:
    given = api.post(VENDOR, "/v1/uploads", asked(extracted_at="2025-11-24T16:30:00Z")).json()["put"]["headers"]
    assert given["x-amz-meta-extracted-at"] == "2025-11-24T16:30:00+00:00"
    assert given["x-amz-meta-name"] == "week%2012.csv"


# ------------------------------------------------------------------ checks


def everything(api: Asking) -> dict[str, object]:
    return {name: found for name, found in api.system.everything().items() if name != "published"}


@pytest.mark.parametrize("compressed", [False, True])
def test_a_check_says_what_an_upload_would_and_keeps_nothing(api: Asking, compressed: bool) -> None:
    body = gzip.compress(WRONG) if compressed else WRONG
    before = everything(api)
    given = {"content_type": "application/gzip" if compressed else "text/csv"}
    checked = api.ask(OFFICE, "POST", "/v1/checks?la=886&urn=900001", body, given)
    assert checked.status == 200, checked.body
    assert everything(api) == before
    [said] = checked.json()["files"]
    sent = api.send(WRONG + b"\r\n" * (3 + compressed))
    [reported] = api.get(OFFICE, f"{sent['status_url']}/report").json()["files"]
    assert said["findings"] == reported["findings"]
    assert said["unchanged"] is not None  # it was compared with the register


def test_a_check_gives_the_file_back(api: Asking) -> None:
    answered = api.ask(OFFICE, "POST", "/v1/checks?la=886&urn=900001&format=csv", WRONG, {"content_type": "text/csv"})
    assert answered.body.decode().splitlines()[0].endswith("problem,what to do")


def test_a_check_of_too_much_is_refused(api: Asking) -> None:
    body = b"x" * (4 * 1024 * 1024 + 1)
    answered = api.ask(OFFICE, "POST", "/v1/checks?la=886&urn=900001", body, {"content_type": "text/csv"})
    is_problem(answered, 413, "too-large")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"PK\x03\x04 no archive", b"\x1f\x8b no gzip"])
def test_what_is_no_file_is_refused_by_a_finding(api: Asking, body: bytes) -> None:
    answered = api.ask(
        OFFICE, "POST", "/v1/checks?la=886&urn=900001", body, {"content_type": "application/octet-stream"}
    )
    assert answered.status == 200, answered.body
    assert answered.json()["files"][0]["totals"]["refused"] == 1
