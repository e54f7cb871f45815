"""Every page in every state, wide and narrow: empty, filled, failing, signed out, expired, forbidden, and without scripts."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.asking import CHILDREN, OFFICE, OTHER_OFFICER
from tests.browser.browsing import Reader, Site, reading
from web.build import PAGES

pytestmark = pytest.mark.browser
PLACES = {
    "/cases.html": "Cases", "/cases.html?state=settled": "Cases", "/cases.html?school=900003": "Cases",
    "/schools.html": "Schools", "/school.html?la=886&urn=900001": "School", "/school.html?la=886&urn=900003": "School",
    "/school.html?la=886&urn=900099": "Page not found",
    "/packs.html": "Targeting Support Meetings",
    "/annual-return.html": "Annual return", "/annual-return.html?year=2024": "Annual return",
}  # fmt: skip


@pytest.mark.parametrize(("path", "heading"), PLACES.items())
def test_a_page_for_officers(officer: Reader, path: str, heading: str) -> None:
    officer.opens(path)
    officer.heading(heading)
    officer.accessible()


def test_a_case_with_everything_open(officer: Reader) -> None:
    officer.opens(f"/case.html?case={officer.site.api.case_of(CHILDREN[6])}")
    officer.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    officer.accessible()
    picture = officer.page.get_by_role("img", name=re.compile(r"10 school weeks from .*: 10 sessions counted"))
    assert picture.locator("rect[fill='#7a0c0c']").count() == 10


ACTIONS = (
    "refer", "no_action", "release_sessions", "record_elsewhere", "record_intervention", "prepare_document&ground=certificate",
    "issue_notice_to_improve&parent=0", "authorise_penalty_notice&ground=support_failed&parent=0",
    "authorise_penalty_notice&ground=below_threshold&parent=0", "withdraw&ground=ought_not&parent=0&notice=886AAAAAAAAA",
    "served&parent=0&notice=886AAAAAAAAA", "record_prosecution&ground=guilty&parent=0&notice=886AAAAAAAAA",
    "parent_different&parent=0", "prepare_document&ground=attendance_contract&parent=0", "end_improvement&ground=improved",
)  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_what_an_action_asks_for(officer: Reader, action: str) -> None:
    officer.opens(f"/decide.html?case={officer.site.api.case_of(CHILDREN[6])}&action={action}")
    officer.heading("Decide")
    officer.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    officer.accessible()


def test_the_queue_is_filtered_and_paged_by_its_address(officer: Reader) -> None:
    officer.page.get_by_label("State").select_option("lapsed")
    officer.page.get_by_label("School").select_option("900001")
    officer.page.get_by_role("button", name="Show").click()
    officer.page.wait_for_url("**school=900001**")
    officer.ready()
    expect(officer.page.locator("#filled")).to_contain_text("No case of this school is in this state")


def test_signed_out_there_is_one_thing_to_do(reader: Reader) -> None:
    reader.opens("/")
    reader.heading("Sign in")
    reader.accessible()
    reader.opens("/cases.html")
    reader.heading("Sign in")
    reader.accessible()
    reader.page.goto(f"{reader.site.url}/signed-in.html")
    reader.ready()
    reader.heading("You are not signed in")
    reader.accessible()


def test_signing_out_leaves_nothing(officer: Reader) -> None:
    officer.page.get_by_role("button", name="Sign out").click()
    officer.page.wait_for_url("**/signed-out.html")
    officer.accessible()
    assert officer.page.evaluate("Object.keys({...localStorage, ...sessionStorage})") == []


def test_an_hour_later_one_signs_in_again_and_is_back(officer: Reader) -> None:
    page = officer.page
    officer.opens("/packs.html")
    page.evaluate(
        "() => { for (const [name, text] of Object.entries({...sessionStorage})) { const user = JSON.parse(text);"
        " if (user.access_token) sessionStorage.setItem(name, JSON.stringify({...user, expires_at: 1})) } }"
    )
    page.reload()
    officer.ready()
    officer.heading("Your sign-in has ended")
    officer.accessible()
    page.get_by_role("button", name="Sign in again").click()
    officer.chooses("officer-886")
    assert page.url == f"{officer.site.url}/packs.html"


def test_a_token_that_the_gateway_refuses_ends_the_sign_in(officer: Reader) -> None:
    officer.page.route("**/v1/**", lambda route: route.fulfill(status=401, json={"message": "Unauthorized"}))
    officer.page.goto(f"{officer.site.url}/cases.html")
    officer.ready()
    officer.heading("Your sign-in has ended")


ANSWERS = {
    "Sorry, there is a problem with the service": (500, {"title": "We failed", "instance": "urn:uuid:1"}),
    "You have no access yet": (403, {"type": "urn:attendance:problem:no-grant", "title": "x"}),
    "You may not see this page": (
        403,
        {"type": "urn:attendance:problem:scope-missing", "title": "x", "detail": "A scope"},
    ),
    "Page not found": (404, {"type": "urn:attendance:problem:not-found", "title": "x"}),
}


@pytest.mark.parametrize(("heading", "answer"), ANSWERS.items())
def test_what_to_do_when_the_service_does_not_answer_as_hoped(
    officer: Reader, heading: str, answer: tuple[int, dict[str, Any]]
) -> None:
    status, body = answer
    officer.page.route(
        "**/v1/cases?**",
        lambda route: route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(body)),
    )
    officer.page.goto(f"{officer.site.url}/cases.html")
    officer.ready()
    officer.heading(heading)
    officer.accessible()
    officer.complaints[:] = [each for each in officer.complaints if "status of 403" not in each]


def test_without_a_connection_it_says_so(officer: Reader) -> None:
    officer.page.route("**/v1/cases?**", lambda route: route.abort())
    officer.page.goto(f"{officer.site.url}/cases.html")
    officer.ready()
    officer.heading("No connection")
    officer.accessible()
    officer.complaints[:] = [each for each in officer.complaints if "net::ERR_FAILED" not in each]


def test_while_it_loads_it_says_so(officer: Reader) -> None:
    waiting: list[Any] = []
    officer.page.route("**/v1/cases?**", lambda route: waiting.append(route))
    officer.page.goto(f"{officer.site.url}/cases.html")
    expect(officer.page.get_by_role("status")).to_have_text("Loading…")
    officer.accessible()
    officer.page.wait_for_timeout(100)
    for each in waiting:
        each.continue_()
    officer.ready()


@pytest.mark.parametrize("who", [OTHER_OFFICER, OFFICE])
def test_what_is_not_yours_is_not_found(reader: Reader, who: str) -> None:
    reader.signs_in(who)
    reader.opens(f"/decide.html?case={reader.site.api.case_of(CHILDREN[0])}&action=refer")
    reader.heading("Page not found")


def test_an_address_that_is_none(reader: Reader) -> None:
    answered = reader.page.goto(f"{reader.site.url}/no/such/page")
    assert answered is not None
    assert answered.status == 404
    reader.accessible()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_without_scripts_every_page_says_what_to_do(pages: Site, browser: Browser, name: str) -> None:
    with reading(pages, browser, java_script_enabled=False) as reader:
        reader.page.goto(f"{pages.url}/{name}.html")
        said = reader.page.locator("main noscript")
        expect(said).to_be_visible()
        assert "These pages need JavaScript" in said.inner_text()
