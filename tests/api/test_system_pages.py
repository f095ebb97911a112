"""系统: health, configuration without secrets, notices, accounts, tokens, the log of access."""

import re
from dataclasses import replace

import pytest
from browser import PASSWORD, Browser, fault
from httpx import Response
from office import AGENCY, CONFIGURATION, Office

from api.configuration_rows import settings_of
from engine.accounts import Role, add_account, list_accounts
from engine.api_tokens import list_tokens
from engine.database import reading, writing
from engine.slots import win
from notifiers.oidc import OidcProvider
from tests.engine.notice_sentences import NOTICE_2027

LATER = "2026-11-22 10:00"
NUMBER = {"number": "国办发明电〔2026〕99号", "issued": "2026-11-05", "scope": "CN"}


def add(office: Office, name: str, role: Role, unit: str = "") -> None:
    with writing(office.db) as session:
        add_account(
            session,
            AGENCY.units,
            name=name,
            shown_name=f"{name}的姓名",
            role=role,
            unit=unit,
            password=PASSWORD,
            by="测试",
            now=office.now,
        )


@pytest.fixture
def administrator(office: Office) -> Browser:
    add(office, "admin", Role.ADMINISTRATOR)
    browser = Browser(office)
    assert browser.sign_in("admin").status_code == 303
    return browser


def followed(browser: Browser, answer: Response) -> str:
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"]).text


def test_the_page_says_what_the_doctor_says(administrator: Browser) -> None:
    page = administrator.get("/system").text
    assert "或者运行 qixian send-test console" in page
    assert "没有错误" in page
    assert "还没有运行过" in page
    assert "时钟没有走动" in page
    office = administrator.office
    with writing(office.db) as session:
        win(session, "tick", office.now)
    page = administrator.get("/system").text
    assert "2026-09-25 10:00" in page
    assert "时钟没有走动" not in page
    office.at("2026-09-25 10:06")
    assert "时钟没有走动" in administrator.get("/system").text


def test_who_sees_some_units_reads_nothing_of_the_others(office: Office) -> None:
    page = office.person(Role.OFFICE, "finance").get("/system").text
    assert "放假安排已知到2026-12-20" in page
    for name in ("青川县", "console", "127.0.0.1:8000"):
        assert name not in page


def test_no_secret_stands_among_the_settings() -> None:
    oidc = OidcProvider("https://sso.example.gov.cn", "qixian", "s3cret-of-oidc")
    configured = replace(CONFIGURATION, oidc=oidc)
    lines = [f"{s.table} {s.key} {s.value}" for s in settings_of(configured, AGENCY)]
    assert any("https://sso.example.gov.cn" in line for line in lines)
    assert not any("s3cret" in line for line in lines)


def test_a_notice_is_checked_first_and_taken_by_a_second_button(administrator: Browser) -> None:
    office = administrator.office.at(LATER)
    administrator.sign_in("admin")
    form = {"text": NOTICE_2027, **NUMBER}
    before = office.everything()["notice"]
    page = administrator.submit("/system/calendar", **form, act="check")
    assert page.status_code == 200
    assert "原到期日" in page.text
    assert "广元市" in page.text.partition("原到期日")[2]
    assert office.everything()["notice"] == before
    assert "已导入" in followed(
        administrator, administrator.submit("/system/calendar", **form, act="take")
    )
    assert "张三" not in administrator.get("/system/calendar").text
    assert "admin的姓名" in administrator.get("/system/calendar").text
    again = administrator.submit("/system/calendar", **form, act="take")
    assert (again.status_code, "已经有了" in fault(again)) == (422, True)


def test_a_wrong_notice_is_refused_with_what_was_typed(administrator: Browser) -> None:
    administrator.office.at(LATER)
    administrator.sign_in("admin")
    wrong = NOTICE_2027.replace("5月8日（周六）", "5月8日（周日）")
    page = administrator.submit("/system/calendar", text=wrong, **NUMBER, act="take")
    assert page.status_code == 422
    assert "2027-05-08印作星期日，实为星期六" in fault(page)
    assert "5月8日（周日）" in page.text.partition("<textarea")[2]
    for form, words in (({}, "请选择通知文件"), ({"text": "{"}, "JSON"), ({"text": "x", "issued": "昨天"}, "不是日期")):  # fmt: skip
        page = administrator.submit("/system/calendar", **form)
        assert (page.status_code, words in fault(page)) == (422, True), page.text


def test_a_notice_may_come_as_a_file(administrator: Browser) -> None:
    administrator.office.at(LATER)
    administrator.sign_in("admin")
    csrf = re.findall('name="csrf" value="(.*?)"', administrator.get("/system/calendar").text)[-1]
    answer = administrator._ask(
        "POST",
        "/system/calendar",
        {"origin": administrator.base},
        data={"csrf": csrf, "act": "check", **NUMBER},
        files={"file": ("通知.txt", NOTICE_2027.encode("gb18030"))},
    )
    assert answer.status_code == 200, answer.text
    assert "国办发明电〔2026〕99号" in answer.text


PERSON = {"name": "lisi", "shown_name": "李四", "role": "clerk", "unit": "finance"}


def test_an_account_is_made_changed_disabled_and_enabled(administrator: Browser) -> None:
    office = administrator.office
    made = administrator.submit("/system/accounts", **PERSON, password=PASSWORD)
    page = followed(administrator, made)
    assert "帐户已建立" in page
    (path,) = re.findall(r'href="(/system/accounts/\d+)">lisi', page)
    clerk = Browser(office)
    assert clerk.sign_in("lisi").status_code == 303
    assert clerk.get("/").status_code == 200

    changed = {"shown_name": "李四", "role": "office", "unit": ""}
    assert "政务公开办" in followed(
        administrator, administrator.submit(path, **changed, act="change")
    )
    followed(administrator, administrator.submit(path, act="sign_out"))
    assert clerk.get("/").status_code == 303
    followed(administrator, administrator.submit(path, act="password", password="另一个密码-2026"))
    assert clerk.sign_in("lisi").status_code == 401
    assert clerk.sign_in("lisi", "另一个密码-2026").status_code == 303
    followed(administrator, administrator.submit(path, act="disable"))
    assert clerk.get("/").status_code == 303
    assert clerk.sign_in("lisi", "另一个密码-2026").status_code == 401
    page = followed(administrator, administrator.submit(path, act="enable"))
    for words in ("建立帐户", "修改密码", "停用帐户", "启用帐户", "退出全部登录", "登录被拒"):
        assert words in page, words
    assert "李四（单位经办，单位 finance）" in administrator.get("/system/access").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "short"}, "密码太短"),
        ({"name": "a b"}, "登录名应是"),
        ({"name": "ADMIN"}, "已经有人用了"),
        ({"role": ""}, "请选择角色"),
        ({"unit": ""}, "须写明单位"),
        ({"unit": "nowhere"}, "没有单位"),
        ({"shown_name": "x" * 51}, "姓名应是"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(
    administrator: Browser, wrong: dict[str, str], words: str
) -> None:
    page = administrator.submit("/system/accounts", **(PERSON | {"password": PASSWORD} | wrong))
    assert (page.status_code, words in fault(page)) == (422, True), page.text
    assert f'value="{(PERSON | wrong)["shown_name"]}"' in page.text
    with reading(administrator.office.db) as session:
        assert len(list_accounts(session)) == 1


def test_nobody_shuts_himself_out(administrator: Browser) -> None:
    path = "/system/accounts/1"
    for form in ({"act": "disable"}, {"act": "change", "shown_name": "甲", "role": "office"}):
        page = administrator.submit(path, **form)
        assert "请由另一位管理员办理" in fault(page)
    own = {"act": "change", "shown_name": "甲", "role": "administrator", "unit": ""}
    assert administrator.submit(path, **own).status_code == 303
    add(administrator.office, "second", Role.ADMINISTRATOR)
    second = Browser(administrator.office)
    second.sign_in("second")
    assert second.submit(path, act="disable").status_code == 303
    assert administrator.get("/").headers["location"] == "/sign-in"


def test_a_change_that_is_refused_keeps_what_was_typed(
    office: Office, administrator: Browser
) -> None:
    add(office, "own", Role.CLERK, "finance")
    path = "/system/accounts/2"
    form = {"act": "change", "shown_name": "李四", "role": "reader", "unit": ""}
    page = administrator.submit(path, **form)
    assert page.status_code == 422
    assert 'value="李四"' in page.text
    assert '<option value="reader" selected>' in page.text
    assert page.text.index('id="change"') < page.text.index('class="fault"')


def test_an_administrator_of_a_unit_administers_his_units_only(office: Office) -> None:
    add(office, "admin", Role.ADMINISTRATOR)
    add(office, "other", Role.CLERK, "statistics")
    add(office, "own", Role.CLERK, "finance")
    add(office, "boss", Role.ADMINISTRATOR, "finance")
    browser = Browser(office)
    browser.sign_in("boss")
    page = browser.get("/system/accounts").text
    assert ">own<" in page
    assert ">other<" not in page
    assert ">admin<" not in page
    assert [browser.get(f"/system/accounts/{n}").status_code for n in (1, 2, 3)] == [404, 404, 200]
    for unit in ("", "statistics"):
        form = PERSON | {"unit": unit, "role": "administrator", "password": PASSWORD}
        assert browser.submit("/system/accounts", **form).status_code == 403
    form = {"name": "OA", "scope": "admin", "unit": "", "expires": "2027-01-01"}
    assert browser.submit("/system/tokens", **form).status_code == 403
    assert browser.get("/system/access").status_code == 403


def test_a_token_is_shown_once_and_ends_when_it_is_revoked(administrator: Browser) -> None:
    office = administrator.office
    form = {"name": "台账系统", "scope": "read", "unit": "finance", "expires": "2027-01-01"}
    page = administrator.submit("/system/tokens", **form)
    assert (page.status_code, page.headers["cache-control"]) == (201, "no-store")
    (token,) = re.findall(r"qx_[\w-]+", page.text)
    assert office.client_with(token).get("/api/v1/units").status_code == 200
    page = administrator.get("/system/tokens").text
    assert token not in page
    assert "2026-09-25 10:00" in page
    with reading(office.db) as session:
        (row,) = [one for one in list_tokens(session) if one.name == "台账系统"]
    revoked = administrator.submit("/system/tokens", token=str(row.id))
    assert "已吊销" in followed(administrator, revoked)
    assert office.client_with(token).get("/api/v1/units").status_code == 401
    again = administrator.submit("/system/tokens", **form)
    assert "已经有了" in fault(again)
    slip = administrator.submit("/system/tokens", **(form | {"name": "b", "expires": "明年"}))
    assert "不是日期" in fault(slip)
