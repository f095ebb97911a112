"""Debian's Chromium, driven by Playwright, and watched: what a page must never do is a fault."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    sync_playwright,
)

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
OUTPUT = Path(__file__).parents[2] / "test-output" / "browser"
PersonsPage = Callable[..., Page]  # opens a window: of nobody, or of a role, a unit, a name
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--lang=zh-CN",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser with an empty profile; where there is none the tests fail, they are not skipped."""
    assert CHROMIUM.is_file(), f"没有浏览器 {CHROMIUM}，请运行 make browser，它会安装"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


class Watch:
    """Sees what happens in the pages of a context."""

    def __init__(self, url: str) -> None:
        self._own = urlsplit(url).netloc
        self.faults: list[str] = []
        self.refusals: set[int] = set()  # the 4xx that the test asks for

    def over(self, context: BrowserContext) -> None:
        """Begin to watch."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # Of an answer that is no good one Chromium tells here too; it is judged by its status.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.faults.append(f"console {message.type}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self._own:
            self.faults.append(f"another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.refusals:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")


def fill(page: Page, fields: Mapping[str, str]) -> None:
    """Type into the inputs with these labels."""
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)


def press(page: Page, button: str) -> None:
    """Press a button, and wait for the page that it leads to."""
    with page.expect_event("load"):
        page.get_by_role("button", name=button, exact=True).click()


def picture(page: Page, name: str, whole: bool = True) -> None:
    """The page as a PNG in the output of the tests, whole or as far as the window shows it."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=OUTPUT / f"{name}.png", full_page=whole)


def serious_faults(page: Page) -> list[str]:
    """What axe-core finds on the page that keeps people from using it."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url} {fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def scrolls_sideways(page: Page) -> bool:
    """Is the page wider than the screen?"""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))
