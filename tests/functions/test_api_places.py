"""Who somebody is, the schools that they may see, and the pupils whom a school must look at now, by name."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from attendance.directory import read_directory
from tests.asking import (
    CHILDREN,
    LAST_DAY,
    OFFICE,
    OFFICER,
    OTHER_OFFICE,
    OTHER_OFFICER,
    VENDOR,
    Asking,
    asking,
    is_problem,
)
from tests.made_school import FIRST_DAY, Child, away, csv_of, directory, marks, pupils, upn

NEAR, UNKNOWN = Child(upn(90), forename="Nearest"), Child(upn(91), forename="Unexplained")
"""Two of school 900003: eight unauthorised sessions in the last week, and two sessions left at N since October."""


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as found:
        week = away(date(2025, 11, 17), date(2025, 11, 20), "U")
        left = away(date(2025, 10, 6), date(2025, 10, 6), "N") | away(date(2025, 11, 20), date(2025, 11, 20), "N")
        rows = [*marks(NEAR, FIRST_DAY, LAST_DAY, week), *marks(UNKNOWN, FIRST_DAY, LAST_DAY, left)]
        for body in (pupils(NEAR, UNKNOWN), csv_of(rows)):
            found.send(body, urn="900003")
        yield found


def shown(api: Asking, query: str, who: str = "school-900003", school: str = "886/900003") -> list[dict[str, Any]]:
    """All pages of a school's pupils."""
    found, more = [], ""
    while True:
        answered = api.get(who, f"/v1/schools/{school}/pupils?{query}{more}")
        assert answered.status == 200, answered.body
        found += answered.json()["pupils"]
        if answered.json()["next"] is None:
            return found
        more = f"&cursor={answered.json()['next']}"


# ------------------------------------------------------------------ schools


def test_an_officer_sees_each_school_of_the_authority_with_how_it_stands(api: Asking) -> None:
    schools = api.get(OFFICER, "/v1/standings?la=886").json()["schools"]
    assert [each["urn"] for each in schools] == ["900001", "900003"]
    first, other = schools
    assert first["counts"] == {
        "pupils": 8,
        "met": 7,
        "near": 0,
        "persistent": first["counts"]["persistent"],
        "severe": 0,
    }
    assert other["counts"]["near"] == 1
    assert first["last_upload_at"].startswith("2025-11-24T18:00")
    assert first["as_at"] == "2025-11-24"


def test_schools_come_page_by_page(api: Asking) -> None:
    first = api.get(OFFICER, "/v1/standings?la=886&limit=1").json()
    second = api.get(OFFICER, f"/v1/standings?la=886&limit=1&cursor={first['next']}").json()
    assert [each["urn"] for page in (first, second) for each in page["schools"]] == ["900001", "900003"]
    assert second["next"] is None
    is_problem(api.get(OFFICER, "/v1/standings?la=886&limit=26"), 422, "invalid")


def test_a_school_sees_itself_and_nobody_an_authority_that_is_not_theirs(api: Asking) -> None:
    assert [each["urn"] for each in api.get(OFFICE, "/v1/standings?la=886").json()["schools"]] == ["900001"]
    for who, la in ((OFFICE, "301"), (OTHER_OFFICER, "886")):
        is_problem(api.get(who, f"/v1/standings?la={la}"), 404, "not-found")


def test_a_school_that_sent_nothing_is_in_the_list_and_has_no_counts(api: Asking) -> None:
    schools = {"900001": "886", "900002": "301", "900003": "886", "900009": "886"}
    api.system.publish(read_directory(directory(schools)))
    silent = api.get(OFFICER, "/v1/standings?la=886").json()["schools"][-1]
    assert (silent["urn"], silent["counts"], silent["as_at"], silent["last_upload_at"]) == ("900009", None, None, None)


# ------------------------------------------------------------------ pupils


def test_near_the_threshold_are_seven_to_nine_sessions_by_name_and_session(api: Asking) -> None:
    [near] = shown(api, "show=near")
    assert near["pupil"]["forename"] == "Nearest"
    assert (near["count"], near["to_go"], near["met"]) == (8, 2, False)
    assert near["sessions"][0] == {"date": "2025-11-17", "session": "AM", "code": "U"}
    assert len(near["sessions"]) == 8
    assert near["pupil"]["on_roll"] is True


def test_a_code_n_is_overdue_when_its_five_school_days_are_over(api: Asking) -> None:
    [unknown] = shown(api, "show=n_overdue")
    assert unknown["pupil"]["upn"] == UNKNOWN.upn
    assert [(each["date"], each["session"]) for each in unknown["n_overdue"]] == [
        ("2025-10-06", "AM"),
        ("2025-10-06", "PM"),
    ]
    assert unknown["n_overdue"][0]["overdue_since"] == "2025-10-14"


def test_met_and_every_come_page_by_page_each_pupil_once(api: Asking) -> None:
    met = shown(api, "show=met&limit=2", OFFICE, "886/900001")
    assert {each["pupil"]["upn"] for each in met} == {child.upn for child in CHILDREN[:7]}
    every = shown(api, "show=every&limit=3", OFFICE, "886/900001")
    assert len(every) == len({each["pupil"]["pupil"] for each in every}) == len(CHILDREN)


def test_the_officer_of_the_authority_sees_them_and_nobody_else_does(api: Asking) -> None:
    path = "/v1/schools/886/900003/pupils"
    assert api.get(OFFICER, path).status == 200
    for who in (OFFICE, OTHER_OFFICE, OTHER_OFFICER, VENDOR):
        is_problem(api.get(who, path), 404, "not-found")


@pytest.mark.privacy
def test_no_word_of_a_child_is_in_the_cursor_of_its_school(api: Asking) -> None:
    given = api.get(OFFICE, "/v1/schools/886/900001/pupils?show=met&limit=1").json()["next"]
    plain = urlsafe_b64decode(given + "=" * (-len(given) % 4))[16:]
    assert json.loads(plain) == {"first": "1"}
