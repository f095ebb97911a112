"""Without a mouse."""

from playwright.sync_api import Page, expect

from engine.accounts import Role
from tests.browser.chromium import PersonsPage
from tests.browser.served_office import PASSWORD, ServedOffice


def test_signing_in_by_keyboard_alone(page_of: PersonsPage, office: ServedOffice) -> None:
    office.has_password(Role.OFFICE)
    page = page_of()
    page.goto("/")
    expect(page.get_by_label("登录名")).to_be_focused()  # the browser gives it in its own time
    page.keyboard.type("zhangsan")
    page.keyboard.press("Tab")
    expect(page.get_by_label("密码", exact=True)).to_be_focused()
    page.keyboard.type(PASSWORD)
    with page.expect_event("load"):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")


def test_the_first_tab_leads_past_the_head(page_of: PersonsPage) -> None:
    page = page_of(Role.OFFICE)
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("/#main")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_whatever_has_the_focus_shows_it(page_of: PersonsPage) -> None:
    page = page_of(Role.OFFICE)
    page.goto("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert outline(page) != "none", page.evaluate("document.activeElement.outerHTML")


def outline(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
