"""A school's whole way, in a real browser: a file with a bad row is sent, its report says what to do, and it is mended."""

import csv
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.asking import CHILDREN, LAST_DAY, OFFICE, OFFICER, OTHER_OFFICE
from tests.browser.browsing import NARROW, Reader
from tests.made_school import FIRST_DAY, Child, away, csv_of, marks, pupils, upn

pytestmark = pytest.mark.browser
HERE = "la=886&urn=900001"


@pytest.fixture
def office(reader: Reader) -> Reader:
    reader.signs_in(OFFICE)
    return reader


def week(*, wrong: bool, day: date = date(2025, 11, 24)) -> bytes:
    """Two marks of a morning and an afternoon; one of them with a date that is none."""
    when = day.isoformat()
    return csv_of(
        [
            {"upn": CHILDREN[7].upn, "date": when, "session": "AM", "code": "/"},
            {"upn": CHILDREN[7].upn, "date": f"{day:%d/%m/%Y}" if wrong else when, "session": "PM", "code": "\\"},
        ]
    )


def chooses(reader: Reader, body: bytes, name: str = "week 12.csv") -> None:
    reader.page.get_by_label("The file", exact=True).set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": body}
    )


def sends(reader: Reader, body: bytes, name: str = "week 12.csv") -> None:
    chooses(reader, body, name)
    reader.page.get_by_role("button", name="Send", exact=True).click()
    reader.page.wait_for_url("**/report.html**")
    reader.ready()


def test_from_a_bad_row_to_a_file_that_is_taken_whole(office: Reader) -> None:
    page = office.page
    office.heading("Your school")
    office.accessible()
    page.get_by_role("link", name="Send a file").last.click()
    office.ready()
    office.heading("Send a file")
    office.accessible()

    sends(office, week(wrong=True))
    office.heading("Report: taken in part")
    office.accessible()
    row = page.get_by_role("region", name="Rows that were not taken").get_by_role("row").nth(1)
    expect(row).to_contain_text("3date24/11/2025")
    expect(row).to_contain_text("2025-11-24")  # what to write
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download your file with what is wrong").click()
    assert fetched.value.suggested_filename == "report-week 12.csv"
    header, _, second = csv.reader(Path(fetched.value.path()).read_text(encoding="utf-8").splitlines())
    assert header[-2:] == ["problem", "what to do"]
    assert second[-2].startswith("DATE_FORMAT")

    page.get_by_role("link", name="Send the corrected file").click()
    office.ready()
    sends(office, week(wrong=False))
    office.heading("Report: taken whole")
    expect(page.locator("#filled")).to_contain_text("There is nothing to mend")
    office.accessible()

    page.get_by_role("link", name="Files sent").last.click()
    office.ready()
    office.heading("Files sent")
    office.accessible()
    sent = page.get_by_role("row").filter(
        has=page.get_by_role("link", name=re.compile("^week 12.csv ?, arrived .*: report$"))
    )
    expect(sent.filter(has_text="Taken in part")).to_have_count(1)
    sent.filter(has_text="Taken whole").get_by_role("link").click()
    office.ready()
    office.heading("Report: taken whole")
    assert not {word for child in CHILDREN for word in child.words if word in office.kept()}


def test_by_keyboard_alone_and_in_a_narrow_window(office: Reader) -> None:
    page = office.page
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    office.opens("/send.html")
    page.get_by_label("The file", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Choose a file")
    office.accessible((NARROW,))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("The file", exact=True)).to_be_focused()
    chooses(office, week(wrong=False, day=date(2025, 11, 20)))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/report.html**")
    office.ready()


def test_a_file_that_is_refused_says_why(office: Reader) -> None:
    office.opens(f"/send.html?{HERE}")
    sends(office, b"%PDF-1.7 no register", "register.pdf")
    office.heading("Report: not taken")
    expect(office.page.get_by_role("region", name="Why it was refused")).to_contain_text("Export the register as CSV")
    expect(office.page.locator("#filled")).to_contain_text("nothing that you sent before was changed")
    office.accessible()


def test_a_long_report_is_read_part_by_part(office: Reader) -> None:
    rows = [
        {"upn": CHILDREN[7].upn, "date": f"{n % 28 + 1:02}/10/2025", "session": "AM", "code": "/"} for n in range(120)
    ]
    office.opens(f"/send.html?{HERE}")
    sends(office, csv_of(rows), "long.csv")
    found = office.page.get_by_role("region", name="Rows that were not taken")
    expect(found.get_by_role("row")).to_have_count(51)
    expect(office.page.get_by_text("1 to 50 of 120")).to_be_visible()
    office.accessible()
    office.page.get_by_role("button", name=re.compile("^Next 50")).click()
    office.page.get_by_role("button", name=re.compile("^Next 20")).click()
    expect(found).to_be_focused()
    expect(found.get_by_role("row")).to_have_count(21)
    office.accessible()


def test_a_report_that_no_answer_holds_is_read_by_its_link(office: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.routes.MOST_ANSWERED", 100)
    office.opens(f"/send.html?{HERE}")
    sends(office, week(wrong=True, day=date(2025, 11, 17)))
    office.heading("Report: taken in part")
    assert any("/s3/" in url and "reports" in url for url in office.asked)


def test_nothing_sent_yet(reader: Reader) -> None:
    """A school that begins: every list says so, and what to do first."""
    reader.signs_in("school-900003")
    expect(reader.page.locator("#filled")).to_contain_text("Nothing arrived from this school yet")
    reader.accessible()
    says_so = {
        "sent": "No file arrived from this school yet",
        "pupils": "Nothing that this school sent has given a position yet",
        "returns": "Nothing was written yet",
    }
    for name, says in says_so.items():
        reader.opens(f"/{name}.html")
        expect(reader.page.locator("#filled")).to_contain_text(says)
        reader.accessible()


def test_pupils_near_the_threshold_come_first_with_what_to_offer(office: Reader) -> None:
    """Eight sessions with code N since the first half of the month: near, and the code is overdue."""
    child = Child(upn(60), surname="Ottowaye", forename="Wilhelmina")
    office.site.api.send(pupils(*CHILDREN, child))
    away_with_n = away(date(2025, 11, 3), date(2025, 11, 6), "N")
    office.site.api.send(csv_of(marks(child, FIRST_DAY, LAST_DAY, away_with_n)))
    office.opens(f"/pupils.html?{HERE}")
    office.heading("Pupils to look at")
    near = office.page.get_by_role("region", name="Near the threshold")
    expect(near.get_by_role("row", name=re.compile("Wilhelmina Ottowaye"))).to_contain_text("3 Nov 2025 AM (N), PM (N)")
    overdue = office.page.get_by_role("region", name="Code N left too long")
    expect(overdue).to_contain_text("Wilhelmina Ottowaye")
    expect(office.page.get_by_role("region", name="Threshold met")).to_contain_text("Perpetua1")
    headings = office.page.get_by_role("heading", level=2).all_inner_texts()
    assert headings == ["Near the threshold: 7 to 9 sessions", "Code N left too long", "Threshold met"]
    expect(office.page.get_by_role("heading", name="What support to offer, and how to record it")).to_be_visible()
    office.accessible()
    assert not {word for word in child.words if word in office.kept()}


def test_returns_and_lists_are_downloaded(office: Reader) -> None:
    written = office.site.api.system.bucket("authority-886")
    written.put_once("returns/attendance-900001-2025-11-24.csv", b"urn\r\n", "text/csv")
    office.opens(f"/returns.html?{HERE}")
    office.heading("Returns, lists and letters")
    office.accessible()
    with office.page.expect_download() as fetched:
        office.page.get_by_role("button", name="Download attendance-900001-2025-11-24.csv").click()
    assert Path(fetched.value.path()).read_bytes() == b"urn\r\n"


def link_refused(status: int, body: dict[str, Any]) -> Callable[[Any], None]:
    return lambda route: route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(body))


STEPS: dict[str, tuple[str, Callable[[Any], None], str]] = {
    "no link": ("**/v1/uploads", link_refused(500, {"title": "We failed", "instance": "urn:uuid:1"}), "urn:uuid:1"),
    "not for this school": ("**/v1/uploads", link_refused(404, {"title": "x"}), "may not send files for this school"),
    "signed out": ("**/v1/uploads", link_refused(401, {"message": "Unauthorized"}), "Your sign-in has ended"),
    "no connection": ("**/v1/uploads", lambda route: route.abort(), "The connection broke"),
    "broken off": ("**/s3/**", lambda route: route.abort(), "The connection broke"),
    "link ended": ("**/s3/**", lambda route: route.fulfill(status=403), "The link on which to send had ended"),
    "changed on the way": ("**/s3/**", lambda route: route.fulfill(status=400), "Choose it again"),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_says_what_to_do_and_again_it_succeeds(office: Reader, step: str) -> None:
    where, how, says = STEPS[step]
    office.opens(f"/send.html?{HERE}")
    office.page.route(where, how, times=1)
    chooses(office, week(wrong=False, day=date(2025, 11, 21)))
    office.page.get_by_role("button", name="Send", exact=True).click()
    summary = office.page.locator(".govuk-error-summary")
    expect(summary).to_contain_text(says)
    expect(summary).to_be_focused()
    office.accessible()
    office.page.get_by_role("button", name="Send", exact=True).click()
    office.page.wait_for_url("**/report.html**")
    office.ready()
    office.complaints[:] = [each for each in office.complaints if not re.search(r"ERR_FAILED|status of 40[03]", each)]


def test_an_answer_that_was_lost_does_not_send_the_file_twice(office: Reader) -> None:
    """The bytes arrive and the answer does not: sent again it is the same upload."""
    before = len(uploads(office))
    office.opens(f"/send.html?{HERE}")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    office.page.route("**/s3/**", lose, times=1)
    chooses(office, week(wrong=False, day=date(2025, 11, 19)))
    office.page.get_by_role("button", name="Send", exact=True).click()
    expect(office.page.locator(".govuk-error-summary")).to_contain_text("taken once")
    office.page.get_by_role("button", name="Send", exact=True).click()
    office.page.wait_for_url("**/report.html**")
    office.ready()
    assert len(uploads(office)) == before + 1
    office.complaints[:] = [each for each in office.complaints if "net::ERR_FAILED" not in each]


def uploads(reader: Reader) -> list[Any]:
    return list(reader.site.api.get(OFFICE, "/v1/uploads/886/900001?limit=100").json()["uploads"])


def test_while_it_is_sent_it_says_how_far(office: Reader) -> None:
    waiting: list[Any] = []
    office.opens(f"/send.html?{HERE}")
    office.page.route("**/s3/**", lambda route: waiting.append(route))
    chooses(office, week(wrong=False, day=date(2025, 11, 18)))
    office.page.get_by_role("button", name="Send", exact=True).click()
    expect(office.page.get_by_role("progressbar", name="How much of the file is sent")).to_be_visible()
    office.accessible()
    waiting[0].continue_()
    office.page.wait_for_url("**/report.html**")
    office.ready()


def test_files_sent_are_shown_page_by_page_the_latest_first(office: Reader) -> None:
    page, reports = office.page, re.compile(": report$")
    page.route(
        "**/v1/uploads/**limit=25*", lambda asked: asked.continue_(url=asked.request.url.replace("limit=25", "limit=1"))
    )
    office.opens(f"/sent.html?{HERE}")
    page.get_by_role("link", name=reports).click()
    office.ready()
    latest = page.url
    office.opens(f"/sent.html?{HERE}")
    page.get_by_role("link", name="Older files").click()
    office.ready()
    office.accessible()
    page.get_by_role("link", name=reports).click()
    office.ready()
    assert page.url < latest, "the name of an upload begins with its time"
    page.go_back()
    office.ready()
    page.get_by_role("link", name="Back to the latest").click()
    office.ready()
    expect(page.get_by_role("link", name="Older files")).to_be_visible()


def test_the_office_of_one_school_is_named_at_the_head(office: Reader) -> None:
    office.opens("/your-school.html")
    named = office.page.locator("main strong").first.inner_text()
    assert named
    expect(office.page.locator("#who")).to_contain_text(named)


def test_an_hour_later_one_signs_in_again_and_is_back(office: Reader) -> None:
    page = office.page
    office.opens(f"/sent.html?{HERE}")
    page.evaluate(
        "() => { for (const [name, text] of Object.entries({...sessionStorage})) { const user = JSON.parse(text);"
        " if (user.access_token) sessionStorage.setItem(name, JSON.stringify({...user, expires_at: 1})) } }"
    )
    page.reload()
    office.ready()
    office.heading("Your sign-in has ended")
    page.get_by_role("button", name="Sign in again").click()
    office.chooses(OFFICE)
    assert page.url == f"{office.site.url}/sent.html?{HERE}"


@pytest.mark.parametrize("who", [OTHER_OFFICE, OFFICER])
@pytest.mark.parametrize("name", ["your-school", "send", "sent", "report", "pupils", "returns"])
def test_another_schools_page_is_not_found(reader: Reader, who: str, name: str) -> None:
    reader.signs_in(who)
    reader.opens(f"/{name}.html?{HERE}&upload=x")
    reader.heading("Page not found")


@pytest.mark.parametrize("name", ["your-school", "sent", "report", "pupils", "returns"])
def test_a_service_that_fails_is_told(office: Reader, name: str) -> None:
    office.page.route("**/v1/uploads/**", link_refused(500, {"title": "We failed", "instance": "urn:uuid:1"}))
    office.page.route("**/pupils?**", link_refused(500, {"title": "We failed", "instance": "urn:uuid:1"}))
    office.page.route("**/returns", link_refused(500, {"title": "We failed", "instance": "urn:uuid:1"}))
    office.opens(f"/{name}.html?{HERE}&upload=x")
    office.heading("Sorry, there is a problem with the service")
    office.accessible()
