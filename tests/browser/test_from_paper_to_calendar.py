"""The way of a requirement: out of a document, by way of a unit, into people's calendars."""

from pathlib import Path
from urllib.parse import urlsplit

import icalendar
from playwright.sync_api import Locator, Page, expect

from engine.accounts import Role
from tests.browser.chromium import PersonsPage, fill, picture, press, serious_faults
from tests.browser.served_office import PASSWORD, ServedOffice

PAPER = "某市2026年政务公开工作计划\n市财政局定期公布办事指南。\n各单位及时回应社会关切。\n"
MATTER = "市财政局定期公布办事指南"


def test_from_a_paper_to_the_calendars_of_people(
    page_of: PersonsPage, office: ServedOffice, tmp_path: Path
) -> None:
    office.has_password(Role.OFFICE)
    page = page_of()
    page.goto("/")
    fill(page, {"登录名": "zhangsan", "密码": PASSWORD})
    press(page, "登录")
    load(page, tmp_path)
    accept(page)
    decide_its_reading(page)
    give_to_finance(page)
    see_it_in_calendar_and_list(page)
    feed = subscribe(page)
    before = entry(page, feed)
    assert "办结" not in f"{before['SUMMARY']}"
    office.office.at("2026-09-28 10:20")
    complete(page)
    after = entry(page, feed)
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert "已办结" in f"{after['SUMMARY']}{after['DESCRIPTION']}"


def load(page: Page, folder: Path) -> None:
    follow(page, "文件")
    page.get_by_text("载入正文", exact=True).click()
    paper = folder / "plan-2026.txt"
    paper.write_text(PAPER, encoding="utf-8")
    page.get_by_label("文件（").set_input_files(paper)
    year = "“年内”指哪一年（看不出时填写）"
    fill(page, {"标题（看不出时填写）": "某市2026年政务公开工作计划", year: "2026"})
    told(page, "载入", "正文已载入")


def accept(page: Page) -> None:
    """Put right what was read, and take it."""
    note = page.get_by_role("complementary").filter(has_text="“定期”")
    note.get_by_text("修改", exact=True).click()
    note.get_by_label("责任主体（用顿号隔开）").fill("市财政局")
    picture(page, "story-4-document")
    told(page, "保存并采用", "已采用")
    with page.expect_event("load"):
        note.get_by_role("link", name="交给单位").click()
    expect(page.get_by_role("blockquote")).to_have_text(MATTER)


def decide_its_reading(page: Page) -> None:
    """The paper says 定期; the office says how often."""
    expect(page.get_by_text("没有日期，暂不提醒")).to_be_visible()
    page.get_by_label("多久一次").select_option("每月")
    fill(page, {"由谁决定": "市政府办公室", "理由": "与公开年报的做法一致"})
    picture(page, "story-5-rule")
    press(page, "先看影响")
    told(page, "确定口径", "口径已确定")


def give_to_finance(page: Page) -> None:
    with page.expect_event("load"):
        page.locator("#owed").get_by_role("link", name="广元市财政局").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("广元市财政局")
    form = page.locator("#duties")
    form.get_by_label("起始日").fill("2026-09-28")
    form.get_by_label("理由").last.fill("市政府交办")
    told(page, "登记责任", "已登记责任")
    picture(page, "story-6-unit")


def see_it_in_calendar_and_list(page: Page) -> None:
    follow(page, "日历")
    page.get_by_label("单位", exact=True).select_option("广元市财政局")
    press(page, "查看")
    expect(page.get_by_role("link", name=MATTER)).to_be_visible()
    picture(page, "story-7-calendar")
    follow(page, "待办")
    fill(page, {"事项或文件中的字": "办事指南"})
    press(page, "筛选")
    expect(first_of(page)).to_contain_text("2026-09-30（星期三）")
    picture(page, "story-8-list")


def subscribe(page: Page) -> str:
    """The path of the new feed."""
    follow(page, "日历")
    follow(page, "订阅到日历软件")
    page.get_by_label("单位").first.select_option("广元市财政局")
    press(page, "生成订阅地址")
    assert serious_faults(page) == []
    picture(page, "story-9-feed")
    return urlsplit(page.locator(".address code").inner_text()).path


def complete(page: Page) -> None:
    follow(page, "待办")
    fill(page, {"事项或文件中的字": "办事指南"})
    press(page, "筛选")
    with page.expect_event("load"):
        first_of(page).get_by_role("link").click()
    fill(page, {"证据（网址或说明，可不填）": "https://www.example.gov.cn/guide"})
    told(page, "办结", "办结")
    expect(page.get_by_role("link", name="https://www.example.gov.cn/guide")).to_be_visible()
    picture(page, "story-10-done")


def entry(page: Page, feed: str) -> icalendar.Event:
    """The matter of September as a calendar program gets it."""
    answer = page.request.get(feed)
    assert answer.ok
    found = [
        one
        for one in icalendar.Calendar.from_ical(answer.body()).events
        if MATTER in one["SUMMARY"] and f"{one['DTSTART'].dt}" == "2026-09-30"
    ]
    assert len(found) == 1, answer.text()
    return found[0]


def first_of(page: Page) -> Locator:
    return page.locator("table.obligations tbody tr").first


def follow(page: Page, link: str) -> None:
    with page.expect_event("load"):
        page.get_by_role("link", name=link, exact=True).click()


def told(page: Page, button: str, words: str) -> None:
    """Press it; the next page says what was done, and keeps nobody out."""
    press(page, button)
    expect(page.get_by_role("status").first).to_contain_text(words)
    assert serious_faults(page) == []
