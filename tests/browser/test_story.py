"""A day with it, from the first visit on, in one window."""

from playwright.sync_api import expect

from tests.browser.chromium import PersonsPage, fill, picture, press
from tests.browser.served_office import PASSWORD


def test_from_the_first_visit_to_the_overview(page_of: PersonsPage) -> None:
    page = page_of()
    page.goto("/")
    expect(page).to_have_title("初次使用 · 期限")
    person = {"登录名": "zhangsan", "姓名": "张三"}
    fill(page, {**person, "密码": PASSWORD, "再输入一次": PASSWORD})
    picture(page, "story-1-first-visit")
    press(page, "建立管理员并登录")
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
    picture(page, "story-2-overview")
    press(page, "退出")
    expect(page).to_have_title("登录 · 期限")
    fill(page, {"登录名": "zhangsan", "密码": PASSWORD})
    press(page, "登录")
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
