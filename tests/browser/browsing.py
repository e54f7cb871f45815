"""A browser on the pages of a raised system: who is signed in, what axe says, and that nothing leaves this machine."""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from local.door import Door, people_of
from local.node import MODULES, ensure_assets
from local.pages import local_pages, serving
from tests.asking import OFFICER, SCHOOLS, Asking, asking

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOLD_BY_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (401|404|412|500)")
"""What Chromium says of every answer that is a refusal; a test that expects none of these sees it on the page."""


@dataclass(frozen=True)
class Site:
    """The pages, beside the API of a raised system."""

    api: Asking
    url: str
    door: Door


@contextmanager
def site() -> Iterator[Site]:
    """Raise a system whose schools sent a term, and serve its pages."""
    ensure_assets()
    with asking() as api, tempfile.TemporaryDirectory() as folder:
        listening, served = serving(0)
        url = f"http://127.0.0.1:{listening.server_port}"
        door = Door(api.system.world, url, people_of(api.system.world, SCHOOLS))
        door.throttled = False
        served.door, served.pages = door, local_pages(Path(folder, "pages"), url)
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield Site(api, url, door)
        listening.shutdown()
        listening.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, that asks nothing of its maker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody in front of a browser; what it complained of, and every address that it asked."""

    site: Site
    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not TOLD_BY_STATUS.match(message.text):
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def signs_in(self, who: str = OFFICER) -> None:
        """Sign in by the door's own page, as somebody made up."""
        self.page.goto(f"{self.site.url}/")
        self.ready()
        self.page.get_by_role("button", name="Sign in").click()
        self.chooses(who)

    def chooses(self, who: str) -> None:
        """Choose somebody on the page of the issuer, and come back."""
        self.page.wait_for_url("**/oauth2/authorize**")
        self.page.locator(f"[value='{who}']").first.click()
        self.page.wait_for_url(lambda url: "/oauth2/" not in url and "signed-in" not in url)
        self.ready()

    def opens(self, path: str) -> None:
        """Open a page of the site, and wait until it is filled."""
        self.page.goto(f"{self.site.url}{path}")
        self.ready()

    def ready(self) -> None:
        """Wait until the page is filled."""
        self.page.wait_for_selector("body[data-ready]", timeout=20_000)

    def heading(self, says: str) -> None:
        """The page's one heading says this, and the reader is at it."""
        heading = self.page.get_by_role("heading", level=1)
        expect(heading).to_have_text(says)
        expect(heading).to_be_focused()

    def accessible(self, widths: tuple[dict[str, int], ...] = (WIDE, NARROW)) -> None:
        """Axe finds nothing, wide and narrow, and nothing sticks out of a narrow window."""
        twice = (
            "() => [...document.querySelectorAll('[id]')].map(e => e.id).filter((id, n, all) => all.indexOf(id) !== n)"
        )
        assert self.page.evaluate(twice) == []  # axe looks only at those that something refers to
        for width in widths:
            self.page.set_viewport_size(width)  # type: ignore[arg-type]
            found = self._axe()
            assert found == [], found
            assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
                width,
                self.page.url,
            )
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    def _axe(self) -> list[Any]:
        if not self.page.evaluate("typeof axe !== 'undefined'"):
            self.page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        ran = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS
        )
        return [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in ran["violations"]]

    def kept(self) -> str:
        """Everything that the browser keeps: both storages, cookies, the address and the title."""
        stored = self.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        return f"{stored} {self.page.context.cookies()} {self.page.url} {self.page.title()} {self.asked}"


@contextmanager
def reading(site: Site, browser: Browser, **options: Any) -> Iterator[Reader]:
    """A new window; at the end, it complained of nothing and asked nobody but this machine."""
    context = browser.new_context(viewport=WIDE, accept_downloads=True, **options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    reader = Reader(site, context.new_page())
    yield reader
    context.close()
    assert reader.complaints == []
    assert [url for url in reader.asked if not url.startswith((f"{site.url}/", f"blob:{site.url}/"))] == []
