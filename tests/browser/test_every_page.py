"""Every page, wide and narrow."""

import re

from engine.accounts import Role
from tests.browser.chromium import (
    NARROW,
    WIDE,
    PersonsPage,
    picture,
    scrolls_sideways,
    serious_faults,
)
from tests.browser.walking import walk


def test_no_page_keeps_anybody_out(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    faults = []
    for kind in walk(page):
        name = re.sub(r"\W+", "-", kind).strip("-") or "overview"
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            faults += serious_faults(page)
            picture(page, f"{name}-{size['width']}")
        if scrolls_sideways(page):
            faults.append(f"{page.url} scrolls sideways at 360 px")
        page.set_viewport_size(WIDE)
    assert faults == []


def test_the_pictures_of_the_readme(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    page.goto("/")
    picture(page, "overview", whole=False)
    page.goto("/obligations?unit=cyberspace")
    with page.expect_event("load"):
        page.locator("table.obligations tbody .matter a").first.click()
    picture(page, "obligation", whole=False)
    page.goto("/documents/work-2026")
    picture(page, "document", whole=False)
