"""The pages, found from the head and by the links, as people find them."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page

from api.navigation import ENTRIES
from api.permissions import OPERATIONS

# What is for programs, what signs itself, and what stands before signing in.
_NO_PAGES = re.compile(
    r"/(api|m|callbacks|static|docs|sign-in|first-visit|healthz|readyz|metrics)(/|$)"
    r"|/openapi\.json|/feeds/"
)


def _kinds() -> dict[str, re.Pattern[str]]:
    """The address of each page as its route writes it, and what fits it."""
    paths = [name.removeprefix("GET ") for name in OPERATIONS if name.startswith("GET /")]
    return {
        path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for path in paths
        if not _NO_PAGES.match(path)
    }


def walk(page: Page) -> Iterator[str]:
    """Opens one page of every kind that can be reached, and names its kind."""
    kinds = _kinds()
    heads = [entry.path for entry in ENTRIES if entry.path in kinds]
    waiting, seen = heads, set()
    while waiting:
        path = waiting.pop(0)
        kind = next((k for k in kinds if kinds[k].fullmatch(urlsplit(path).path)), None)
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        answer = page.request.get(path)
        if not answer.headers["content-type"].startswith("text/html"):
            continue  # a file to keep
        page.goto(path)
        yield kind
        links = page.locator("main a[href], header a[href]").evaluate_all(
            "links => links.map(link => link.getAttribute('href'))"
        )
        waiting += [urljoin(path, link) for link in links if not urlsplit(link).netloc]
    assert seen == set(kinds), f"no link leads to {set(kinds) - seen}"
