"""A day with it, from the first visit on, in one window."""

from pathlib import Path

from playwright.sync_api import expect

from engine.accounts import Role
from tests.browser.chromium import PersonsPage, Watch, fill, picture, press, serious_faults
from tests.browser.served_office import PASSWORD, ServedOffice
from tests.engine.notice_sentences import NOTICE_2027


def test_from_the_first_visit_to_the_overview(page_of: PersonsPage) -> None:
    page = page_of()
    page.goto("/")
    expect(page).to_have_title("初次使用 · 期限")
    person = {"登录名": "zhangsan", "姓名": "张三"}
    fill(page, {**person, "密码": PASSWORD, "再输入一次": PASSWORD})
    picture(page, "story-1-first-visit")
    press(page, "建立管理员并登录")
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
    expect(page.get_by_role("heading", name="下一步")).to_be_visible()
    picture(page, "story-2-overview")
    press(page, "退出")
    expect(page).to_have_title("登录 · 期限")
    fill(page, {"登录名": "zhangsan", "密码": PASSWORD})
    press(page, "登录")
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")


def test_who_is_not_let_in_is_told_why(
    page_of: PersonsPage, watch: Watch, office: ServedOffice
) -> None:
    office.session_of(Role.CLERK, "finance")
    watch.refusals.add(401)
    page = page_of()
    page.goto("/")
    fill(page, {"登录名": "zhangsan", "密码": "不是这个密码-1"})
    press(page, "登录")
    expect(page.get_by_role("alert")).to_contain_text("登录名或密码不对")
    expect(page.get_by_label("登录名")).to_have_value("zhangsan")
    assert serious_faults(page) == []


def test_a_holiday_notice_is_uploaded_checked_and_taken(
    page_of: PersonsPage, office: ServedOffice, tmp_path: Path
) -> None:
    office.office.at("2026-11-23 10:00")
    notice = tmp_path / "2027年放假通知.txt"
    notice.write_text(NOTICE_2027, encoding="utf-8")
    page = page_of(Role.OFFICE)
    page.goto("/system/calendar")
    page.get_by_label("通知文件").set_input_files(notice)
    fill(
        page,
        {
            "文号（原文中没有时填写）": "国办发明电〔2026〕99号",
            "发布日期（原文中没有时填写）": "2026-11-05",
        },
    )
    press(page, "检查")
    expect(page.get_by_role("columnheader", name="原到期日")).to_be_visible()
    picture(page, "story-3-notice")
    press(page, "导入这份通知")
    expect(page.get_by_role("status")).to_contain_text("已导入")
    expect(page.get_by_role("cell", name="国办发明电〔2026〕99号")).to_be_visible()


def test_an_administrator_makes_an_account_and_its_owner_signs_in(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    page.goto("/system/accounts")
    fill(page, {"登录名": "lisi", "姓名": "李四", "初始密码": PASSWORD})
    page.get_by_label("角色").select_option("单位经办")
    page.get_by_label("单位", exact=True).select_option("广元市财政局")
    press(page, "建立帐户")
    expect(page.get_by_role("status")).to_contain_text("帐户已建立")
    clerk = page_of()
    clerk.goto("/")
    fill(clerk, {"登录名": "lisi", "密码": PASSWORD})
    press(clerk, "登录")
    expect(clerk.get_by_role("rowheader", name="广元市财政局")).to_be_visible()
    expect(clerk.get_by_text("广元市统计局")).to_have_count(0)
    expect(clerk.get_by_role("link", name="系统")).to_have_count(0)


def test_a_clerk_enters_an_emergency_and_completes_what_begins(page_of: PersonsPage) -> None:
    page = page_of(Role.CLERK, "cyberspace")
    page.goto("/obligations")
    with page.expect_event("load"):
        page.get_by_role("link", name="登记事由").click()
    fill(page, {"发生日期": "2026-09-28", "时刻（以小时计的须填）": "09:40"})
    page.get_by_label("单位", exact=True).select_option("广元市网信办")
    press(page, "登记")
    expect(page.get_by_role("status")).to_contain_text("已登记")
    assert serious_faults(page) == []
    picture(page, "story-11-event")
    with page.expect_event("load"):
        page.locator("#begun .matter a").first.click()
    page.get_by_label("时刻").fill("09:50")
    press(page, "办结")
    expect(page.get_by_role("status")).to_contain_text("已办结")


def test_a_token_is_read_once(page_of: PersonsPage) -> None:
    page = page_of(Role.ADMINISTRATOR)
    page.goto("/system/tokens")
    fill(page, {"名称（给哪个系统用）": "台账系统"})
    page.get_by_label("范围").select_option("只读")
    press(page, "建立令牌")
    expect(page.get_by_text("qx_")).to_be_visible()
    page.goto("/system/tokens")
    expect(page.get_by_text("qx_")).to_have_count(0)
    press(page, "吊销 台账系统")
    expect(page.get_by_role("status")).to_contain_text("已吊销")
