"""An officer's whole way, in a real browser: sign in, the queue, a case, a decision, its outcome, and the document."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import expect

from tests.asking import CHILDREN, ELSEWHERE, LAST_DAY, OFFICER, OTHER_OFFICER
from tests.browser.browsing import NARROW, Reader, Site
from tests.made_school import FIRST_DAY, Child, away, csv_of, marks, parents, pupils, upn

pytestmark = pytest.mark.browser


def case_page(site: Site, n: int, la: str = "886") -> str:
    return f"/case.html?case={site.api.case_of(CHILDREN[n])}"


def confirms(reader: Reader) -> None:
    reader.page.get_by_role("checkbox", name=re.compile("I decide this as")).check()
    reader.page.get_by_role("button", name="Confirm and send").click()
    reader.page.wait_for_url("**/outcome.html**")
    reader.ready()


def decisions_of(site: Site, child: Child) -> list[Mapping[str, Any]]:
    case = site.api.case_of(child)
    return list(site.api.get(OFFICER, f"/v1/cases/{case}").json()["decisions"])


def test_from_signing_in_to_a_notice_that_opens(officer: Reader) -> None:
    page = officer.page
    officer.heading("Cases")
    page.get_by_role("link", name="Perpetua1 Quillonby").click()
    officer.ready()
    officer.heading("Case")
    page.get_by_role("link", name="Authorise a penalty notice: support is not appropriate").first.click()
    officer.ready()
    officer.heading("Decide")
    officer.accessible()
    page.get_by_role("button", name="Continue").click()
    officer.heading("Check before you confirm")
    officer.accessible()
    confirms(officer)
    officer.heading("Done")
    officer.accessible()
    page.get_by_role("link", name="Back to the case", exact=True).click()
    officer.ready()
    with page.expect_download() as fetched:
        page.get_by_role("button", name=re.compile(r"^Download .*\.pdf$")).first.click()
    notice = pypdf.PdfReader(Path(fetched.value.path()))
    assert "Perpetua1" in "".join(each.extract_text() for each in notice.pages)
    with page.expect_download() as every:
        page.get_by_role("button", name="Download all as a ZIP").click()
    with zipfile.ZipFile(io.BytesIO(Path(every.value.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        assert fetched.value.suggested_filename in {Path(name).name for name in archive.namelist()}
    officer.accessible()


def test_by_keyboard_alone_and_in_a_narrow_window(officer: Reader) -> None:
    """The skip link, the way to the decision, and its form are reached by keys; focus is where the reader must be."""
    page = officer.page
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(f"{officer.site.url}/404.html")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    officer.opens(case_page(officer.site, 1))
    target = page.get_by_role("link", name="Settle the case without a notice")
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            break
    expect(target).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/decide.html**")
    officer.ready()
    page.get_by_label("Reason").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Continue, with no reason given
    summary = page.locator(".govuk-error-summary")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    officer.accessible((NARROW,))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("The family has moved back and attends")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    officer.heading("Check before you confirm")


def test_pressed_twice_it_is_decided_once(officer: Reader) -> None:
    page = officer.page
    before = decisions_of(officer.site, CHILDREN[2])
    officer.opens(f"/decide.html?case={officer.site.api.case_of(CHILDREN[2])}&action=refer")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("checkbox", name=re.compile("I decide this as")).check()
    page.evaluate(
        "() => { const form = document.querySelectorAll('form')[0]; form.requestSubmit(); form.requestSubmit() }"
    )
    page.wait_for_url("**/outcome.html**")
    officer.ready()
    assert len(decisions_of(officer.site, CHILDREN[2])) == len(before) + 1


def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_key(officer: Reader) -> None:
    """The request arrives and its answer does not: confirmed again, it is still one decision."""
    page = officer.page
    before = decisions_of(officer.site, CHILDREN[3])
    officer.opens(f"/decide.html?case={officer.site.api.case_of(CHILDREN[3])}&action=refer")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("checkbox", name=re.compile("I decide this as")).check()

    def lose(route: Any) -> None:
        route.fetch()
        route.fulfill(status=500, content_type="application/problem+json", body='{"title": "We failed"}')

    page.route("**/v1/decisions", lose, times=1)
    page.get_by_role("button", name="Confirm and send").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("it is done once, however often you send it")
    page.get_by_role("button", name="Confirm and send").click()
    page.wait_for_url("**/outcome.html**")
    officer.ready()
    assert len(decisions_of(officer.site, CHILDREN[3])) == len(before) + 1


def test_somebody_else_decided_meanwhile(officer: Reader) -> None:
    page, site = officer.page, officer.site
    officer.opens(f"/decide.html?case={site.api.case_of(CHILDREN[4])}&action=no_action")
    page.get_by_label("Reason").fill("Enough was done")
    page.get_by_role("button", name="Continue").click()
    assert site.api.decide(CHILDREN[4], "refer").status == 202
    before = decisions_of(site, CHILDREN[4])
    page.get_by_role("checkbox", name=re.compile("I decide this as")).check()
    page.get_by_role("button", name="Confirm and send").click()
    officer.heading("The case has changed")
    officer.accessible()
    assert decisions_of(site, CHILDREN[4]) == before
    page.get_by_role("button", name="Look at the case again").click()
    page.wait_for_url("**/case.html**")


def test_what_the_law_refuses_is_refused_with_its_provision(officer: Reader) -> None:
    page = officer.page
    officer.opens(
        f"/decide.html?case={officer.site.api.case_of(CHILDREN[5])}"
        "&action=authorise_penalty_notice&ground=improvement_failed&parent=0"
    )
    expect(page.locator(".govuk-warning-text").first).to_contain_text("this will be refused")
    page.get_by_role("button", name="Continue").click()
    confirms(officer)
    officer.heading("Refused")
    officer.accessible()


def test_a_payment_is_recorded_and_seen(officer: Reader) -> None:
    page, site = officer.page, officer.site
    ground = {"parent_id": "P1", "ground": "support_not_appropriate"}
    assert site.api.decide(CHILDREN[5], "authorise_penalty_notice", **ground).status == 202
    officer.opens(case_page(site, 5))
    page.get_by_role("link", name="Record a payment").first.click()
    officer.ready()
    page.get_by_label("Amount").fill("eighty")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter an amount in pounds")
    expect(page.locator(".govuk-error-summary")).to_contain_text("day on which it was paid")
    officer.accessible()
    page.get_by_label("Amount").fill("80")
    for part, value in (("Day", "24"), ("Month", "11"), ("Year", "2025")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#filled")).to_contain_text("£80")
    confirms(officer)
    officer.heading("Done")
    officer.opens(case_page(site, 5))
    expect(page.locator("#filled")).to_contain_text(re.compile(r"Received\s*£80"))
    officer.accessible()


def test_an_officer_of_another_authority_finds_no_such_page(reader: Reader) -> None:
    reader.signs_in(OTHER_OFFICER)
    reader.opens(case_page(reader.site, 0))
    reader.heading("Page not found")
    reader.accessible()
    assert "Quillonby" not in reader.page.content()
    reader.opens(f"/case.html?case={reader.site.api.case_of(ELSEWHERE, '301')}")
    reader.heading("Case")


def test_no_name_of_a_child_is_kept_by_the_browser(officer: Reader) -> None:
    officer.opens(case_page(officer.site, 6))
    assert "Perpetua7" in officer.page.content()
    for word in CHILDREN[6].words:
        assert word not in officer.kept()


def arrives(site: Site, child: Child) -> str:
    """A child's rows arrive with a holiday of a week; the page of the case that they open."""
    away_days = away(date(2025, 11, 10), date(2025, 11, 14))
    for body in (pupils(child), parents(child), csv_of(marks(child, FIRST_DAY, LAST_DAY, away_days))):
        site.api.send(body)
    return f"/case.html?case={site.api.case_of(child)}"


def test_two_parents_who_may_be_one_are_named_and_told_apart(officer: Reader) -> None:
    page = officer.page
    child = Child(upn(61), forename="Perpetua61", parents=("P1", "P2"), parent_row={"forename": "Marmadukina"})
    at = arrives(officer.site, child)
    officer.opens(at)
    expect(
        page.get_by_role("heading", name="Marmadukina Quillonby (P1) and Marmadukina Quillonby (P2)")
    ).to_be_visible()
    expect(page.locator("#filled")).to_contain_text("Same full name")
    officer.accessible()
    page.get_by_role("link", name="Record that they are different persons").click()
    officer.ready()
    officer.heading("Decide")
    assert page.get_by_role("textbox").count() == 0  # who the other is, is known
    officer.accessible()
    page.get_by_role("button", name="Continue").click()
    confirms(officer)
    officer.heading("Done")
    made = decisions_of(officer.site, child)[-1]
    assert (made["action"], made["parent_id"], made["reason"]) == ("parent_different", "P1", "900001/P2")
    officer.opens(at)
    expect(page.locator("#filled")).to_contain_text("An officer said that they are different persons")
    officer.accessible()


def test_a_protected_address_is_printed_only_as_the_officer_says(officer: Reader) -> None:
    page = officer.page
    child = Child(upn(62), forename="Perpetua62", row={"address_protected": "yes"})
    officer.opens(arrives(officer.site, child))
    page.get_by_role("link", name="Authorise a penalty notice: support is not appropriate").first.click()
    officer.ready()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose what is printed as the child’s address")
    officer.accessible()
    page.get_by_label("The school’s").check()
    page.get_by_label("Reason").fill("The family lives in a refuge")
    page.get_by_role("button", name="Continue").click()
    confirms(officer)
    officer.heading("Done")


def test_the_queue_says_how_many_cases_there_are_in_every_state(officer: Reader) -> None:
    counts = officer.site.api.get(OFFICER, "/v1/cases/counts?la=886").json()
    officer.opens("/cases.html")
    said = officer.page.get_by_label("State").locator("option").all_inner_texts()
    assert said == [f"Open ({counts['gathering']})", f"Settled ({counts['settled']})", f"Lapsed ({counts['lapsed']})"]
    assert officer.page.locator("tbody tr").count() == counts["gathering"]
