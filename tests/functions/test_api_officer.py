"""Officers: their queue, a case explained, decisions that two cannot take at once, documents by links; nothing of another's."""

import json
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest

from tests.asking import (
    CHILDREN,
    ELSEWHERE,
    LAST_DAY,
    OFFICE,
    OFFICER,
    OTHER_OFFICER,
    VENDOR,
    Asking,
    asking,
    is_problem,
)
from tests.made_school import FIRST_DAY, Child, away, csv_of, marks, parents, pupils, settings, upn

HOLIDAY = {"ground": "support_not_appropriate", "parent_id": "P1"}


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as found:
        yield found


# ------------------------------------------------------------------ the queue


def listed(api: Asking, query: str, who: str = OFFICER) -> list[dict[str, object]]:
    """All pages of a list of cases."""
    found, more = [], ""
    while True:
        answered = api.get(who, f"/v1/cases?la=886&{query}{more}")
        assert answered.status == 200, answered.body
        found += answered.json()["cases"]
        if answered.json()["next"] is None:
            return found
        more = f"&cursor={answered.json()['next']}"


@pytest.mark.parametrize("school", ["", "&school=900001"])
@pytest.mark.parametrize("sort", ["opened_on", "-opened_on", "prosecute_by", "-prosecute_by"])
def test_the_queue_is_sorted_and_comes_page_by_page_each_case_once(api: Asking, school: str, sort: str) -> None:
    cases = listed(api, f"sort={sort}&limit=2{school}")
    days = [each[sort.removeprefix("-")] for each in cases]
    assert days == sorted(days, reverse=sort.startswith("-"))
    assert len({each["case"] for each in cases}) == len(cases) == len(listed(api, "limit=100"))
    assert {each["la"] for each in cases} == {"886"}


def test_a_case_in_the_list_names_the_pupil_and_proposes_a_route(api: Asking) -> None:
    found = {each["case"]: each for each in listed(api, "state=gathering")}
    holiday, late = found[api.case_of(CHILDREN[5])], found[api.case_of(CHILDREN[6])]
    assert holiday["pupil"]["forename"] == CHILDREN[5].forename
    assert holiday["proposal"]["route"] == "penalty_notice"
    assert late["proposal"]["route"] == "notice_to_improve"
    assert CHILDREN[7].upn not in json.dumps(list(found.values()))


def test_other_states_and_schools_are_other_lists(api: Asking) -> None:
    assert listed(api, "state=lapsed") == []
    assert listed(api, "school=900003") == []
    assert listed(api, "school=900002") == []  # a school of another authority


def test_a_case_in_the_list_says_its_school_and_what_it_waits_for(api: Asking) -> None:
    found = {each["case"]: each for each in listed(api, "state=gathering")}
    holiday = found[api.case_of(CHILDREN[5])]
    [named] = api.get(OFFICE, "/v1/schools?la=886").json()["schools"]
    assert holiday["school_name"] == named["name"] != ""
    assert holiday["alerts"] == ["awaiting_authorisation"]


def test_the_queues_are_counted(api: Asking) -> None:
    counts = api.get(OFFICER, "/v1/cases/counts?la=886").json()
    assert counts == {state: len(listed(api, f"state={state}")) for state in ("gathering", "settled", "lapsed")}
    assert sum(counts.values()) == 7
    is_problem(api.get(OFFICER, "/v1/cases/counts?la=301"), 404, "not-found")


# ------------------------------------------------------------------ one case


def test_a_case_says_why_it_is_open_what_was_tried_and_what_may_be_done(api: Asking) -> None:
    case = api.get(OFFICER, f"/v1/cases/{api.case_of(CHILDREN[6])}").json()
    assert case["met"] is True
    assert len(case["weeks"]) == 10
    assert sum(week["counted"] for week in case["weeks"]) == 10
    assert [step["outcome"] for step in case["support"]] == ["not_engaged"]
    assert {rule["rule"] for rule in case["rules"]} >= {"threshold", "school_week", "support_first", "limit"}
    assert all(rule["citation"] for rule in case["rules"])
    assert case["blockers"] == []
    [parent] = case["parents"]
    assert (parent["parent_id"], parent["rung"]) == ("P1", "support_failed")
    said = {(each["action"], each["ground"]): each for each in parent["possible"]}
    assert said["issue_notice_to_improve", None]["allowed"] is True
    assert said["authorise_penalty_notice", "support_failed"]["allowed"] is True
    not_yet = said["authorise_penalty_notice", "improvement_failed"]
    assert not_yet["allowed"] is False
    assert "no improvement period" in not_yet["because"]
    assert not_yet["provision"]
    only_with_reason = said["authorise_penalty_notice", "support_not_appropriate"]
    assert (only_with_reason["allowed"], only_with_reason["needs"]) == (True, ["reason"])
    assert {"address_as", "sessions", "public_interest"} <= set(only_with_reason["may"])
    assert "reason" not in only_with_reason["may"]
    assert not_yet["may"] == []
    assert case["near_matches"] == []


def test_what_it_calls_possible_is_what_is_then_done(api: Asking) -> None:
    child = CHILDREN[0]
    case = api.get(OFFICER, f"/v1/cases/{api.case_of(child)}").json()
    [parent] = case["parents"]
    said = {(each["action"], each["ground"]): each for each in parent["possible"]}
    refused = said["authorise_penalty_notice", "support_failed"]
    assert refused["allowed"] is False

    answered = api.decide(child, "authorise_penalty_notice", ground="support_failed", parent_id="P1")
    outcome = api.get(OFFICER, answered.json()["decision_url"]).json()
    assert (outcome["outcome"], outcome["because"], outcome["provision"]) == (
        "refused",
        refused["because"],
        refused["provision"],
    )

    assert said["authorise_penalty_notice", "support_not_appropriate"]["allowed"] is True
    answered = api.decide(child, "authorise_penalty_notice", **HOLIDAY)
    assert answered.status == 202
    outcome = api.get(OFFICER, answered.json()["decision_url"]).json()
    assert (outcome["outcome"], outcome["by"]) == ("done", "o1")
    after = api.get(OFFICER, f"/v1/cases/{api.case_of(child)}").json()
    assert after["state"] == "settled"
    assert [notice["reference"] for notice in after["notices"]] == [outcome["reference"]]
    possible = {each["action"] for each in after["parents"][0]["possible"] if each["notice"]}
    assert {"served", "record_payment", "withdraw"} <= possible
    assert len(after["decisions"]) == 2


# ------------------------------------------------------------------ another authority


def test_for_an_officer_of_another_authority_nothing_of_it_exists(api: Asking) -> None:
    case = api.case_of(CHILDREN[1])
    pupil, _, _ = case.partition("-")
    for path in (
        f"/v1/cases/{case}",
        "/v1/cases?la=886",
        f"/v1/documents?case={case}",
        "/v1/documents/886/notices/x.pdf",
        "/v1/packs?la=886",
        "/v1/annual-return?la=886",
        f"/v1/decisions/{pupil}-886-aaaaaaaaaaaaaaaaaaaaaaaa",
        "/v1/schools/886/900001/positions",
    ):
        is_problem(api.get(OTHER_OFFICER, path), 404, "not-found")
    body = {"case": case, "action": "no_action", "reason": "x"}
    is_problem(api.post(OTHER_OFFICER, "/v1/decisions", body, if_match='"1.0"'), 404, "not-found")
    body = {"la": "886", "urn": "900001", "upn": CHILDREN[1].upn, "action": "refer"}
    is_problem(api.post(OTHER_OFFICER, "/v1/decisions", body), 404, "not-found")
    assert not api.system.doors.cases.steps("886", pupil)


def test_what_is_answered_is_the_same_whether_it_exists_or_not(api: Asking) -> None:
    there, nowhere = api.case_of(CHILDREN[1]), "A" * 26 + "-886-1"
    answers = [api.get(OTHER_OFFICER, f"/v1/cases/{name}").json() for name in (there, nowhere)]
    assert [{**each, "instance": ""} for each in answers] == [{**answers[0], "instance": ""}] * 2


@pytest.mark.parametrize("who", [VENDOR, OFFICE])
def test_programs_and_schools_see_no_case(api: Asking, who: str) -> None:
    is_problem(api.get(who, f"/v1/cases/{api.case_of(CHILDREN[1])}"), 404, "not-found")
    is_problem(api.get(who, "/v1/cases?la=886"), 404, "not-found")


def test_each_officer_sees_their_own(api: Asking) -> None:
    own = api.get(OTHER_OFFICER, f"/v1/cases/{api.case_of(ELSEWHERE, '301')}").json()
    assert own["pupil"]["surname"] == "Ostrander"


# ------------------------------------------------------------------ two at once


def test_two_officers_who_decide_on_the_same_state_at_once_the_second_looks_again(api: Asking) -> None:
    child = CHILDREN[2]
    path = f"/v1/cases/{api.case_of(child)}"
    seen_by_one, seen_by_other = (api.get(OFFICER, path).headers["etag"] for _ in range(2))
    body = {"case": api.case_of(child), "action": "authorise_penalty_notice", **HOLIDAY}
    api.door.drains = False  # neither is carried out yet: it is the record that keeps them apart
    first = api.post(OFFICER, "/v1/decisions", body, if_match=seen_by_one)
    second = api.post(OFFICER, "/v1/decisions", {**body, "action": "no_action"}, if_match=seen_by_other)
    api.door.drains = True
    api.door.work()
    assert first.status == 202
    is_problem(second, 412, "changed")
    assert second.headers["etag"] == api_tag(seen_by_one, decided=1)
    assert len(api.get(OFFICER, path).json()["decisions"]) == 1
    is_problem(api.post(OFFICER, "/v1/decisions", body, if_match=seen_by_one), 412, "changed")


def api_tag(tag: str, decided: int) -> str:
    version = tag.strip('"').partition(".")[0]
    return f'"{version}.{decided}"'


def test_a_case_that_the_register_changed_meanwhile_is_looked_at_again(api: Asking) -> None:
    child = CHILDREN[3]
    tag = api.get(OFFICER, f"/v1/cases/{api.case_of(child)}").headers["etag"]
    found = api.system.cases(child.upn)[0]
    api.system.doors.cases.save_case(found.model_copy(update={"referred": True}))
    body = {"case": found.id, "action": "authorise_penalty_notice", **HOLIDAY}
    is_problem(api.post(OFFICER, "/v1/decisions", body, if_match=tag), 412, "changed")


def test_a_decision_about_a_case_says_what_it_saw(api: Asking) -> None:
    body = {"case": api.case_of(CHILDREN[4]), "action": "no_action", "reason": "x"}
    is_problem(api.post(OFFICER, "/v1/decisions", body), 428, "version-missing")


def test_the_same_key_decides_once(api: Asking) -> None:
    child, key = CHILDREN[4], "decide-once"
    case = api.case_of(child)
    tag = api.get(OFFICER, f"/v1/cases/{case}").headers["etag"]
    body = {"case": case, "action": "authorise_penalty_notice", **HOLIDAY}
    answers = [api.post(OFFICER, "/v1/decisions", body, if_match=tag, idempotency_key=key) for _ in range(3)]
    api.system.at("2025-11-26T09:00")  # and days later
    answers.append(api.post(OFFICER, "/v1/decisions", body, if_match=tag, idempotency_key=key))
    api.system.at("2025-11-24T18:00")
    assert [answered.status for answered in answers] == [202] * 4
    assert len({answered.body for answered in answers}) == 1
    assert len(api.get(OFFICER, f"/v1/cases/{case}").json()["notices"]) == 1
    other = api.post(OFFICER, "/v1/decisions", {**body, "reason": "b"}, if_match=tag, idempotency_key=key)
    is_problem(other, 422, "key-reused")


def test_a_key_that_was_forgotten_meanwhile_still_decides_nothing_else(api: Asking) -> None:
    """Keys are remembered for a week, decisions for ever: the name of a decision comes from its key."""
    body = {"la": "886", "urn": "900001", "upn": CHILDREN[7].upn, "action": "record_elsewhere", "parent_id": "P1",
            "reason": "The police", "until": "2025-11-04"}  # fmt: skip
    first = api.post(OFFICER, "/v1/decisions", body, idempotency_key="key-of-old")
    table = api.system.world.names["grants"]
    for item in api.system.world.dynamodb.scan(TableName=table)["Items"]:
        if item["pk"]["S"].startswith("KEY#"):
            api.system.world.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    assert api.post(OFFICER, "/v1/decisions", body, idempotency_key="key-of-old").body == first.body
    is_problem(
        api.post(OFFICER, "/v1/decisions", {**body, "reason": "b"}, idempotency_key="key-of-old"), 422, "key-reused"
    )


def test_a_decision_recorded_whose_message_was_lost_is_carried_out_when_it_is_sent_again(
    api: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aws.messages import NoticesQueue

    body = {"la": "886", "urn": "900001", "upn": CHILDREN[7].upn, "action": "record_elsewhere", "parent_id": "P1",
            "reason": "Another authority", "until": "2025-11-03"}  # fmt: skip
    with monkeypatch.context() as lost:
        lost.setattr(NoticesQueue, "send", lambda *_, **__: (_ for _ in ()).throw(OSError("gone")))
        is_problem(api.post(OFFICER, "/v1/decisions", body, idempotency_key="lost-message"), 500, "failed")
    answered = api.post(OFFICER, "/v1/decisions", body, idempotency_key="lost-message")
    assert api.get(OFFICER, answered.json()["decision_url"]).json()["outcome"] == "done"


@pytest.mark.parametrize(
    "body",
    [
        {"action": "refer"},
        {"case": "A" * 26 + "-886-1", "la": "886", "urn": "900001", "upn": "X", "action": "refer"},
        {"la": "886", "urn": "900001", "action": "refer"},
        {"la": "886", "urn": "900001", "upn": "A801200005001", "action": "refer"},  # the check letter is wrong
        {"case": "A" * 26 + "-886-1", "action": "fine_everybody"},
        {"case": "A" * 26 + "-886-1", "action": "refer", "by": "o1"},  # who decides is not for the request to say
        {"case": "A" * 26 + "-886-1", "action": "record_payment", "amount_pence": 0},
        {"case": "A" * 26 + "-886-1", "action": "refer", "sessions": ["yesterday"]},
    ],
)
def test_what_is_no_decision_is_refused_without_repeating_it(api: Asking, body: dict[str, object]) -> None:
    answered = api.post(OFFICER, "/v1/decisions", body, if_match='"1.0"')
    is_problem(answered, 422, "invalid")
    assert "A801200005001" not in answered.body.decode()


def test_whoever_has_not_the_right_in_the_settings_is_refused_by_the_ladder(api: Asking) -> None:
    from aws.grants import Grant, Grants

    Grants(api.system.world.dynamodb, api.system.world.names["grants"]).give(
        "income-officer", Grant(kind="officer", officer={"886": "o2"})
    )
    answered = api.decide(CHILDREN[5], "authorise_penalty_notice", "income-officer", **HOLIDAY)
    said = api.get("income-officer", answered.json()["decision_url"]).json()
    assert said["outcome"] == "refused"
    assert "may not authorise_penalty_notice" in said["because"]


# ------------------------------------------------------------------ documents


def test_a_document_is_read_by_a_link_of_five_minutes_to_its_version(api: Asking) -> None:
    child = CHILDREN[5]
    assert api.decide(child, "authorise_penalty_notice", **HOLIDAY).status == 202
    found = api.get(OFFICER, f"/v1/documents?case={api.case_of(child)}").json()["documents"]
    assert {each["name"].rpartition(".")[2] for each in found} == {"pdf", "json"}
    pdf = next(each for each in found if each["name"].endswith(".pdf"))
    given = api.get(OFFICER, pdf["link_url"]).json()
    assert given["content_type"] == "application/pdf"
    assert given["bytes"] == pdf["bytes"]
    at = urlsplit(given["url"])
    assert f"versionId={given['version']}" in at.query
    got = api.door.answer("GET", f"{at.path}?{at.query}")
    assert got.body.startswith(b"%PDF")
    assert got.headers["content-disposition"].startswith("attachment")
    api.system.at("2025-11-24T18:05:01")
    assert api.door.answer("GET", f"{at.path}?{at.query}").status == 403
    api.system.at("2025-11-24T18:00")
    assert api.door.answer("PUT", f"{at.path}?{at.query}", {"content-length": "0"}).status == 403


@pytest.mark.parametrize("path", ["notices/nothing.pdf", "secrets/x.pdf", "notices/..%2Fx.pdf"])
def test_there_is_no_link_to_nothing(api: Asking, path: str) -> None:
    assert api.get(OFFICER, f"/v1/documents/886/{path}").status in {404, 422}


def test_the_annual_return_counts_what_was_issued(api: Asking) -> None:
    figures = api.get(OFFICER, "/v1/annual-return?la=886").json()
    issued = sum(bool(api.system.notices(child.upn)) for child in CHILDREN[:7])
    assert figures["year"] == 2025
    assert figures["figures"]["pn_issued"] == issued > 0
    assert figures["recorded_elsewhere"] >= 0
    assert api.get(OFFICER, "/v1/annual-return?la=886&year=2024").json()["figures"]["pn_issued"] == 0


def test_packs_are_listed_once_a_term_has_ended(api: Asking) -> None:
    """Of what lies in the bucket: that a pack is written at the end of a term is tests/functions/test_support_pack.py."""
    assert api.get(OFFICER, "/v1/packs?la=886").json() == {"next": None, "documents": []}
    bucket = api.system.bucket("authority-886")
    for term in ("2025-07-31", "2025-12-31"):
        bucket.put_once(f"packs/support_pack-900001-{term}.pdf", b"%PDF", "application/pdf")
    first = api.get(OFFICER, "/v1/packs?la=886&limit=1").json()
    second = api.get(OFFICER, f"/v1/packs?la=886&limit=1&cursor={first['next']}").json()
    assert [each["documents"][0]["name"][-14:-4] for each in (first, second)] == ["2025-07-31", "2025-12-31"]
    assert second["next"] is None
    assert api.get(OFFICER, first["documents"][0]["link_url"]).status == 200


# ------------------------------------------------------------------ a school


def test_a_school_sees_how_its_pupils_stand(api: Asking) -> None:
    for who in (OFFICE, VENDOR, OFFICER):
        found = api.get(who, "/v1/schools/886/900001/positions").json()
        assert {each["upn"] for each in found["pupils"]} == {child.upn for child in CHILDREN}
    is_problem(api.get(OFFICE, "/v1/schools/301/900002/positions"), 404, "not-found")
    is_problem(api.get(VENDOR, "/v1/schools/886/900003/positions"), 404, "not-found")  # it sent nothing yet


def test_a_school_reads_its_lists_and_no_other_schools(api: Asking) -> None:
    reports = api.system.bucket("reports")
    reports.put_once("886/900001/told/school-900001-2025-11-24.csv", b"urn\r\n900001\r\n", "text/csv")
    api.system.bucket("authority-886").put_once("returns/attendance-900001-2025-11-24.csv", b"urn\r\n", "text/csv")
    api.system.bucket("authority-886").put_once("returns/attendance-900003-2025-11-24.csv", b"urn\r\n", "text/csv")
    files = api.get(OFFICE, "/v1/schools/886/900001/returns").json()["files"]
    assert {(each["folder"], each["name"]) for each in files} >= {
        ("returns", "attendance-900001-2025-11-24.csv"),
        ("told", "school-900001-2025-11-24.csv"),
    }
    assert not [each for each in files if "900003" in each["name"]]
    for each in files:
        given = api.get(OFFICE, each["link_url"]).json()
        at = urlsplit(given["url"])
        assert api.door.answer("GET", f"{at.path}?{at.query}").body.startswith(b"urn\r\n")
    other = "/v1/schools/886/900001/returns/returns/attendance-900003-2025-11-24.csv"
    is_problem(api.get(OFFICE, other), 404, "not-found")


# ------------------------------------------------------------------ what an action asks for


def on_holiday(api: Asking, child: Child) -> Child:
    """One more child of the school, with a case by a week's holiday."""
    absent = away(date(2025, 11, 10), date(2025, 11, 14))
    for body in (pupils(child), parents(child), csv_of(marks(child, FIRST_DAY, LAST_DAY, absent))):
        api.send(body)
    return child


@pytest.fixture
def words_wanted(api: Asking) -> Iterator[None]:
    """The code of conduct asks for the officer's own words, while a test lasts."""
    api.system.publish(settings={"886": settings("886", considerations="required")})
    yield
    api.system.publish(settings={"886": settings("886")})


@pytest.mark.usefixtures("words_wanted")
def test_where_the_code_of_conduct_wants_the_officers_own_words_they_are_named(api: Asking) -> None:
    child = on_holiday(api, Child(upn(60)))
    case = api.get(OFFICER, f"/v1/cases/{api.case_of(child)}").json()
    [holiday] = [
        each
        for each in case["parents"][0]["possible"]
        if (each["action"], each["ground"]) == ("authorise_penalty_notice", "support_not_appropriate")
    ]
    words = {"why_parent", "support_sufficient", "best_tool", "equality_act", "public_interest"}
    assert holiday["allowed"] is True
    assert set(holiday["needs"]) == words
    answered = api.decide(child, "authorise_penalty_notice", **HOLIDAY, **dict.fromkeys(words, "As recorded"))
    assert api.get(OFFICER, answered.json()["decision_url"]).json()["outcome"] == "done"


def test_two_parents_who_may_be_one_person_are_shown_until_an_officer_says(api: Asking) -> None:
    child = on_holiday(api, Child(upn(61), parents=("P1", "P2"), parent_row={"forename": "Marmadukina"}))
    path = f"/v1/cases/{api.case_of(child)}"
    [near] = api.get(OFFICER, path).json()["near_matches"]
    assert (near["one"], near["other"], near["same"]) == ("900001/P1", "900001/P2", None)
    assert near["because"]
    decided = api.decide(child, "parent_different", parent_id="P1", reason="900001/P2")
    assert api.get(OFFICER, decided.json()["decision_url"]).json()["outcome"] == "done"
    [near] = api.get(OFFICER, path).json()["near_matches"]
    assert near["same"] is False
