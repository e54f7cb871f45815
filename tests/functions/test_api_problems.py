"""What goes wrong has its own type, always as problem details; who read what is recorded; no name is where it does not belong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cursors import cursor, position
from api.principals import SCOPES
from api.problems import KINDS, Problem
from aws.grants import Grant, Grants
from tests.asking import CHILDREN, OFFICE, OFFICER, VENDOR, Asking, asking, is_problem

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as found:
        yield found


# ------------------------------------------------------------------ problems


def test_the_page_lists_every_problem_with_its_status_and_what_to_do() -> None:
    rows = [
        line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `urn:attendance:problem:")
    ]
    written = {row[0].strip("`").rpartition(":")[2]: (int(row[1]), row[2], row[3]) for row in rows}
    assert written == {name: (kind.status, kind.title, kind.to_do) for name, kind in KINDS.items()}


def test_the_page_lists_every_scope() -> None:
    for scope, says in SCOPES.items():
        assert f"| `{scope}` | {says} |" in PAGE


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_route_wants_its_own_scope_and_no_other_will_do(api: Asking, scope: str) -> None:
    token = api.door.issuer.token(OFFICER, [each for each in SCOPES if each != scope])
    paths = {
        "uploads:write": ("POST", "/v1/uploads"),
        "reports:read": ("GET", "/v1/uploads/886/900001"),
        "positions:read": ("GET", "/v1/schools/886/900001/positions"),
        "returns:read": ("GET", "/v1/schools/886/900001/returns"),
        "cases:read": ("GET", "/v1/cases?la=886"),
        "cases:decide": ("POST", "/v1/decisions"),
        "documents:read": ("GET", "/v1/packs?la=886"),
    }
    method, path = paths[scope]
    body = {
        "uploads:write": {"la": "886", "urn": "900001", "name": "a", "bytes": 1, "sha256": "0" * 64},
        "cases:decide": {"case": api.case_of(CHILDREN[0]), "action": "refer"},
    }.get(scope)
    headers = {
        "authorization": f"Bearer {token}",
        "idempotency-key": "a-key-of-scope",
        "content-type": "application/json",
    }
    answered = api.door.answer(method, path, headers, json.dumps(body).encode() if body else b"")
    is_problem(answered, 403, "scope-missing")
    assert scope in answered.json()["detail"]


def test_scopes_may_come_under_the_name_of_our_resource_server(api: Asking) -> None:
    token = api.door.issuer.token(OFFICE, ["attendance/reports:read"])
    assert api.door.answer("GET", "/v1/uploads/886/900001", {"authorization": f"Bearer {token}"}).status == 200


def test_without_a_grant_or_after_its_end_nobody_acts_for_anybody(api: Asking) -> None:
    is_problem(api.get("nobody", "/v1/uploads/886/900001"), 403, "no-grant")
    grants = Grants(api.system.world.dynamodb, api.system.world.names["grants"])
    given = {"kind": "school", "schools": ("886/900001",), "until": "2025-11-24"}
    grants.give("until-today", Grant.model_validate(given))
    assert api.get("until-today", "/v1/uploads/886/900001").status == 200
    grants.give("until-yesterday", Grant.model_validate({**given, "until": "2025-11-23"}))
    is_problem(api.get("until-yesterday", "/v1/uploads/886/900001"), 403, "no-grant")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1/cases/../../etc/passwd", 404, "not-found"),
        ("DELETE", "/v1/uploads/886/900001", 405, "method-not-allowed"),
        ("PUT", "/v1/decisions", 405, "method-not-allowed"),
        ("GET", "/v1/uploads", 405, "method-not-allowed"),
        ("GET", "/v1/uploads/88/900001", 422, "invalid"),
        ("GET", "/v1/cases", 422, "invalid"),
        ("GET", "/v1/cases?la=886&state=all", 422, "invalid"),
        ("GET", "/v1/cases?la=886&limit=0", 422, "invalid"),
        ("GET", "/v1/cases?la=886&limit=101", 422, "invalid"),
        ("GET", "/v1/cases?la=886&cursor=AAAA", 400, "cursor-broken"),
        ("GET", "/v1/cases?la=886&cursor=%00%ff", 400, "cursor-broken"),
        ("GET", "/v1/cases?la=886&cursor=" + "A" * 1000, 400, "cursor-broken"),
        ("GET", "/v1/uploads/886/900001?cursor=x", 400, "cursor-broken"),
        ("GET", "/v1/packs?la=886&cursor=x", 400, "cursor-broken"),
    ],
)
def test_a_problem_has_its_type(api: Asking, method: str, path: str, status: int, kind: str) -> None:
    answered = api.ask(OFFICER, method, path, None, {})
    is_problem(answered, status, kind)
    if kind == "method-not-allowed":
        assert answered.headers["allow"] in {"GET", "POST"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "kind"),
    [
        (b"{", "application/json", 400, "body-unreadable"),
        (b"\xff", "application/json", 400, "body-unreadable"),
        (b"<a/>", "application/xml", 415, "media-type"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "media-type"),
        (b"[" * 100_000, "application/json", 400, "body-unreadable"),
        (b"{}", "application/jsonx", 415, "media-type"),
        (b"[]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (b"", "application/json", 422, "invalid"),
        (b"x", "multipart/form-data", 415, "media-type"),
        (b"x", "multipart/form-data; boundary=b", 415, "media-type"),
    ],
)
def test_a_body_that_is_none_has_its_type(api: Asking, body: bytes, content_type: str, status: int, kind: str) -> None:
    is_problem(api.ask(VENDOR, "POST", "/v1/uploads", body, {"content_type": content_type}), status, kind)


def test_every_post_wants_an_idempotency_key(api: Asking) -> None:
    headers = {"authorization": f"Bearer {api.door.issuer.token(OFFICER)}", "content-type": "application/json"}
    for path in ("/v1/uploads", "/v1/decisions", "/v1/checks?la=886&urn=900001"):
        answered = api.door.answer("POST", path, headers, b"{}")
        is_problem(answered, 422, "invalid")
        assert any("idempotency" in error["where"].lower() for error in answered.json()["errors"])


def test_a_failure_of_ours_says_where_it_is_found_and_nothing_else(
    api: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("Quillonby cannot be read")

    case = api.case_of(CHILDREN[0])
    monkeypatch.setattr("aws.cases.Cases.of_pupil", fail)
    answered = api.get(OFFICER, f"/v1/cases/{case}")
    is_problem(answered, 500, "failed")
    name = answered.json()["instance"].removeprefix("urn:uuid:")
    logged = [line for line in api.system.world.log if '"message":"failed"' in line]
    assert name in logged[-1]
    assert "of_pupil" in logged[-1] or "fail" in logged[-1]
    assert "Quillonby" not in "".join(logged) + answered.body.decode()


# ------------------------------------------------------------------ cursors


def test_a_cursor_is_good_for_its_own_query_only(api: Asking) -> None:
    given = api.get(OFFICER, "/v1/cases?la=886&limit=1").json()["next"]
    assert api.get(OFFICER, f"/v1/cases?la=886&limit=2&cursor={given}").status == 200
    for other in ("sort=-opened_on", "state=settled", "school=900001", "sort=prosecute_by"):
        is_problem(api.get(OFFICER, f"/v1/cases?la=886&{other}&cursor={given}"), 400, "cursor-broken")
    is_problem(api.get(OFFICER, f"/v1/packs?la=886&cursor={given}"), 400, "cursor-broken")


def test_a_cursor_changed_in_any_place_is_broken() -> None:
    whole = cursor({"after": "886/900001/x"}, "query", b"secret")
    assert position(whole, "query", b"secret") == {"after": "886/900001/x"}
    assert position(None, "query", b"secret") is None
    for n in range(len(whole)):
        changed = whole[:n] + ("A" if whole[n] != "A" else "B") + whole[n + 1 :]
        if changed.rstrip("=") != whole:
            try:
                found = position(changed, "query", b"secret")
            except Problem as problem:
                assert problem.kind == "cursor-broken"  # noqa: PT017 - not every last bit of base64 is one of the text
            else:
                assert n == len(whole) - 1
                assert found == {"after": "886/900001/x"}
    with pytest.raises(Problem):
        position(whole, "query", b"another secret")


# ------------------------------------------------------------------ the record of reads, and privacy


def audits(api: Asking) -> list[dict[str, str]]:
    return [said["audit"] for line in api.system.world.log if '"audit"' in line for said in [json.loads(line)]]


@pytest.mark.parametrize(
    ("who", "path", "what", "which"),
    [
        (OFFICER, "/v1/cases?la=886", "cases", {"la": "886", "school": "every"}),
        (OFFICER, "/v1/cases?la=886&school=900001", "cases", {"la": "886", "school": "900001"}),
        (OFFICER, "/v1/cases/{case}", "case", {"la": "886", "case": "{case}"}),
        (OFFICER, "/v1/documents?case={case}", "documents", {"la": "886", "case": "{case}"}),
        (OFFICE, "/v1/schools/886/900001/positions", "positions", {"la": "886", "urn": "900001"}),
        (OFFICE, "/v1/schools/886/900001/pupils", "pupils", {"la": "886", "urn": "900001", "show": "near"}),
        (
            VENDOR,
            "/v1/uploads/886/900001/{upload}/report",
            "report",
            {"la": "886", "urn": "900001", "upload": "{upload}"},
        ),
    ],
)
def test_every_read_of_personal_data_is_one_line(
    api: Asking, who: str, path: str, what: str, which: dict[str, str]
) -> None:
    case = api.case_of(CHILDREN[1])
    upload = api.get(OFFICE, "/v1/uploads/886/900001").json()["uploads"][0]["upload"]
    before = len(audits(api))
    assert api.get(who, path.format(case=case, upload=upload)).status == 200
    [line] = audits(api)[before:]
    kind = {OFFICER: "officer", OFFICE: "school", VENDOR: "vendor"}[who]
    assert line == {
        "subject": who, "kind": kind, "what": what,
        **{name: value.format(case=case, upload=upload) for name, value in which.items()},
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/v1/cases?la=886", "/v1/cases/{case}", "/v1/schools/886/900001/positions", "/v1/packs?la=886", "/v1/nothing"],
)
def test_nobody_between_us_and_the_reader_keeps_an_answer(api: Asking, path: str) -> None:
    answered = api.get(OFFICER, path.format(case=api.case_of(CHILDREN[1])))
    assert answered.headers["cache-control"] == "no-store"


def test_what_was_not_shown_was_not_read(api: Asking) -> None:
    before = len(audits(api))
    api.get("officer-301", f"/v1/cases/{api.case_of(CHILDREN[1])}")
    api.get("officer-301", "/v1/cases?la=886")
    assert len(audits(api)) == before


@pytest.mark.privacy
def test_no_word_of_a_child_is_in_a_log_an_address_or_a_key(api: Asking) -> None:
    words = frozenset[str]().union(*(child.words for child in CHILDREN)) - {"2014-05-05"}
    case = api.case_of(CHILDREN[2])
    tag = api.get(OFFICER, f"/v1/cases/{case}").headers["etag"]
    body = {"case": case, "action": "authorise_penalty_notice", "ground": "support_not_appropriate", "parent_id": "P1",
            "reason": "Perpetua3 Quillonby was in Spain"}  # fmt: skip
    recorded = api.post(OFFICER, "/v1/decisions", body, if_match=tag).json()
    shown = [
        api.get(OFFICER, path).json()
        for path in (recorded["decision_url"], f"/v1/documents?case={case}", "/v1/cases?la=886&limit=1")
    ]
    addresses = [recorded["decision_url"], *_addresses(shown)]
    grants = api.system.world.dynamodb.scan(TableName=api.system.world.names["grants"])["Items"]
    logged = "\n".join(api.system.world.log)
    for word in words:
        assert word not in logged
        assert not [address for address in addresses if word in address]
        assert word not in json.dumps(grants)


def _addresses(shown: Any) -> Iterator[str]:
    if isinstance(shown, dict):
        for name, value in shown.items():
            if isinstance(value, str) and (name.endswith("url") or name in {"next", "case", "decision", "etag"}):
                yield value
            yield from _addresses(value)
    elif isinstance(shown, list):
        for each in shown:
            yield from _addresses(each)
