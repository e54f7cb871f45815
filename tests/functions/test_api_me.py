"""Who is asking: the grant as the service has it, the officer by name, and the schools that are theirs to see."""

from collections.abc import Iterator

import pytest

from tests.asking import OFFICE, OFFICER, OTHER_OFFICER, VENDOR, Asking, asking, is_problem


@pytest.fixture(scope="module")
def api() -> Iterator[Asking]:
    with asking() as found:
        yield found


def test_an_officer_is_named_as_the_settings_name_them(api: Asking) -> None:
    me = api.get(OFFICER, "/v1/me").json()
    assert {"authorise_penalty_notice", "refer"} <= set(me["officer"]["886"].pop("may"))
    assert me == {
        "kind": "officer",
        "officer": {"886": {"id": "o1", "name": "Alex Madeup", "office": "Attendance officer"}},
        "schools": [],
        "until": None,
        "today": "2025-11-24",
    }


def test_a_school_and_a_program_act_for_schools(api: Asking) -> None:
    assert api.get(OFFICE, "/v1/me").json()["schools"] == ["886/900001"]
    assert api.get(VENDOR, "/v1/me").json()["schools"] == ["301/*", "886/*"]


def test_it_wants_a_token_of_somebody_known_and_no_scope(api: Asking) -> None:
    bare = f"Bearer {api.door.issuer.token(OFFICER, ())}"
    assert api.get(OFFICER, "/v1/me", authorization=bare).status == 200
    stranger = f"Bearer {api.door.issuer.token('nobody-we-know')}"
    is_problem(api.get(OFFICER, "/v1/me", authorization=stranger), 403, "no-grant")
    assert api.get(OFFICER, "/v1/me", authorization="Bearer x").status == 401


@pytest.mark.parametrize(
    ("who", "la", "seen"),
    [
        (OFFICER, "886", ["900001", "900003"]), (OFFICER, "301", []),
        (OTHER_OFFICER, "301", ["900002"]), (OTHER_OFFICER, "886", []),
        (OFFICE, "886", ["900001"]), (OFFICE, "301", []), (VENDOR, "886", ["900001", "900003"]), (VENDOR, "301", ["900002"]),
    ],
)  # fmt: skip
def test_the_schools_of_the_directory_are_named_to_who_may_see_them(
    api: Asking, who: str, la: str, seen: list[str]
) -> None:
    assert api.get(who, f"/v1/schools?la={la}").json() == {
        "schools": [{"la": la, "urn": urn, "name": f"Made-up School {urn}"} for urn in seen]
    }
