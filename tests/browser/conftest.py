"""One raised system and one browser for the tests of a worker; a new window for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.browsing import Reader, Site, chromium, reading, site


@pytest.fixture(scope="session")
def pages() -> Iterator[Site]:
    with site() as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def reader(pages: Site, browser: Browser) -> Iterator[Reader]:
    with reading(pages, browser) as found:
        yield found


@pytest.fixture
def officer(reader: Reader) -> Reader:
    reader.signs_in()
    return reader
