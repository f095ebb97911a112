"""A browser for each file of tests, an office for each test, and nothing that goes unseen.

The browser ends with its file: its driver keeps an event loop in the thread of the tests.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from engine.accounts import Role
from tests.api.office import Office
from tests.browser.chromium import WIDE, PersonsPage, Watch, chromium
from tests.browser.served_office import ServedOffice, like, lived_in, served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def past() -> Office:
    """An office that has worked for a while."""
    return lived_in()


@pytest.fixture
def office(past: Office, tmp_path: Path) -> Iterator[ServedOffice]:
    with served(like(past, tmp_path / "qixian.db")) as opened:
        yield opened


@pytest.fixture
def watch(office: ServedOffice) -> Iterator[Watch]:
    """Every test fails on an error or a warning in the console (of the Content-Security-Policy
    too), on a script that ran, on a request to another host, and on a refusal not asked for."""
    seen = Watch(office.url)
    yield seen
    assert seen.faults == []


@pytest.fixture
def page_of(browser: Browser, office: ServedOffice, watch: Watch) -> Iterator[PersonsPage]:
    """Opens a window of its own: of nobody, or of a person who has signed in."""
    with ExitStack() as opened:

        def open_page(role: Role | None = None, unit: str = "", name: str = "zhangsan") -> Page:
            context = browser.new_context(
                base_url=office.url, viewport=WIDE, locale="zh-CN", timezone_id="Asia/Shanghai"
            )
            context.set_default_timeout(10_000)
            opened.callback(context.close)
            watch.over(context)
            if role:
                cookie = {"name": "qixian", "value": office.session_of(role, unit, name)}
                context.add_cookies([{**cookie, "url": office.url}])
            return context.new_page()

        yield open_page
