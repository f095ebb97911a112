"""Signing in by WeCom, against a server that has the vendor's rules."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from browser import PASSWORD, Browser, fault, signed_in, words
from office import LOCAL, Office
from test_link_page import door, opened
from test_sign_in import change, is_in, kinds, with_account

from api.configuration_rows import settings_of
from api.rates import SIGN_INS_PER_MINUTE
from engine.access_log import latest_access
from engine.accounts import Account, Role, change_account, disable, find_account
from engine.database import reading, writing
from notifiers.http_client import open_client
from notifiers.wecom_application import WecomApplication
from notifiers.wecom_sign_in import WecomSignIn
from tests.servers.wecom_application import AGENT, CORP, SECRET
from tests.servers.wecom_sign_in import CLIENT, LINKED, MEMBER, SCAN, STRANGER, WecomSignInServer

DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36"
INSIDE = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 wxwork/4.1.22 MicroMessenger/7.0.1"
GETTOKEN, GETUSERINFO = "/cgi-bin/gettoken", "/cgi-bin/auth/getuserinfo"
HOME = f"{LOCAL}/sign-in/wecom/return"


@pytest.fixture
def server(office: Office) -> Iterator[WecomSignInServer]:
    with WecomSignInServer(lambda: office.now) as server:
        yield server


def configured(office: Office, server: WecomSignInServer, secret: str = SECRET) -> Office:
    """The office with this way of signing in."""
    settings = {"corp_id": CORP, "secret": secret, "agent_id": AGENT, "api_base": server.base}
    application = WecomApplication.from_settings(settings, open_client())
    way = WecomSignIn(application, "chat", server.base + SCAN, server.base + CLIENT)
    held = office.app.state.running
    configuration = replace(held.configuration, wecom_sign_in=way)
    office.app.state.running = replace(held, configuration=configuration)
    return office


def bind(office: Office, user: str) -> None:
    units = office.agency.units
    with writing(office.db) as session:
        account = find_account(session, "zhangsan")
        assert account
        change_account(session, units, account, wecom_user=user, by="测试", now=office.now)


@pytest.fixture
def browser(office: Office, server: WecomSignInServer) -> Browser:
    """Of somebody whose account is bound to his userid."""
    bind(with_account(configured(office, server)), "zHang")
    return Browser(office)


def away(browser: Browser, to: str = "/", agent: str = DESK) -> str:
    """The address of the vendor to which the browser is sent."""
    answer = browser.get(f"/sign-in/wecom?{urlencode({'next': to})}", **{"user-agent": agent})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def go(
    browser: Browser,
    server: WecomSignInServer,
    who: dict[str, str] = MEMBER,
    to: str = "/",
    agent: str = DESK,
) -> str:
    """Away to the vendor, where he agrees; with what the browser comes back."""
    return server.agree(away(browser, to, agent), HOME, who).removeprefix(LOCAL)


@pytest.mark.parametrize(("agent", "page"), [(DESK, SCAN), (INSIDE, CLIENT)])
def test_whose_userid_is_bound_is_signed_in(
    browser: Browser, server: WecomSignInServer, agent: str, page: str
) -> None:
    sheet = browser.get("/sign-in?next=/password").text
    assert '<a href="/sign-in/wecom?next=/password">企业微信登录</a>' in sheet
    assert away(browser, agent=agent).startswith(f"{server.base}{page}?")
    done = browser.get(go(browser, server, to="/password", agent=agent))
    assert (done.status_code, done.headers["location"]) == (303, "/password")
    assert is_in(browser)
    assert kinds(browser.office) == ["added", "changed", "sign_in"]
    with reading(browser.office.db) as session:
        assert latest_access(session, 1)[0].text == "通过企业微信登录"
    assert "qixian-wecom" not in browser.cookies


def test_the_session_is_a_new_one_and_the_old_one_ends(
    browser: Browser, server: WecomSignInServer
) -> None:
    browser.sign_in()
    first = browser.cookies["qixian"]
    assert browser.get(go(browser, server)).status_code == 303
    assert browser.cookies["qixian"] != first
    old = Browser(browser.office)
    old.cookies["qixian"] = first
    assert not is_in(old)
    assert is_in(browser)


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/?x=1", "/?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
    ],
)
def test_he_comes_back_to_a_page_of_ours(
    browser: Browser, server: WecomSignInServer, asked: str, to: str
) -> None:
    assert browser.get(go(browser, server, to=asked)).headers["location"] == to


def test_who_is_not_bound_is_not_let_in_whatever_his_userid_is(
    browser: Browser, server: WecomSignInServer
) -> None:
    """WeCom vouches for every member, and the userid of one may be the login name of another."""
    before = browser.office.everything()["account"]
    answer = browser.get(go(browser, server, {"userid": "zhangsan"}, to="/password"))
    assert answer.status_code == 401
    assert "没有帐户绑定您的企业微信账号“zhangsan”" in fault(answer)
    assert "请联系管理员" in fault(answer)
    assert 'name="next" value="/password"' in answer.text  # the password leads there too
    assert not is_in(browser)
    assert browser.office.everything()["account"] == before
    with reading(browser.office.db) as session:
        (entry,) = latest_access(session, 1)
    said = (entry.kind, entry.name, entry.text, entry.address)
    assert said == ("refused", "", "企业微信登录被拒：没有帐户绑定账号 zhangsan", "127.0.0.1")


@pytest.mark.parametrize("who", [STRANGER, LINKED, {}, {"userid": ""}, {"userid": 7}])
def test_a_stranger_is_not_let_in(
    browser: Browser, server: WecomSignInServer, who: dict[str, str]
) -> None:
    answer = browser.get(go(browser, server, who))
    assert (answer.status_code, "不是本单位企业微信的成员" in fault(answer)) == (401, True)
    assert not is_in(browser)


def test_a_disabled_account_and_a_locked_one_stay_out(
    browser: Browser, server: WecomSignInServer
) -> None:
    for _ in range(5):
        browser.sign_in(password="wrong")
    assert "已锁定" in fault(browser.get(go(browser, server)))
    browser.office.now += timedelta(minutes=15)
    assert browser.get(go(browser, server)).status_code == 303
    change(browser.office, disable)
    assert "已停用" in fault(browser.get(go(browser, server)))
    assert not is_in(browser)


def test_a_userid_that_is_bound_no_more_lets_nobody_in(
    browser: Browser, server: WecomSignInServer
) -> None:
    browser.get(go(browser, server))
    bind(browser.office, "ZHANG")
    assert is_in(browser)
    bind(browser.office, "")
    assert not is_in(browser)
    assert browser.get(go(browser, server)).status_code == 401


def test_what_another_browser_began_is_not_taken_over(
    browser: Browser, server: WecomSignInServer
) -> None:
    address = go(browser, server)
    other = Browser(browser.office)
    for _ in range(2):
        answer = other.get(address)
        assert (answer.status_code, "已过期" in fault(answer)) == (401, True)
        go(other, server)  # a journey of his own has another state
    assert server.asked[GETUSERINFO] == 0
    assert browser.get(address).status_code == 303


HALF_A_SIGN = rb'["9999-01-01T00:00:00+00:00", "/\ud800", "\ud800"]'


@pytest.mark.parametrize(
    "cookie", ["", "zz", "5b5d", b'["2026","/","s"]'.hex(), b"{}".hex(), HALF_A_SIGN.hex()]
)
def test_a_state_that_is_not_ours_is_refused(
    browser: Browser, server: WecomSignInServer, cookie: str
) -> None:
    address = go(browser, server)
    browser.cookies["qixian-wecom"] = cookie
    assert "已过期" in fault(browser.get(address))
    browser.get("/sign-in/wecom")
    assert "已过期" in fault(browser.get("/sign-in/wecom/return?code=x"))


def test_a_state_and_a_code_are_good_once(browser: Browser, server: WecomSignInServer) -> None:
    address, kept = go(browser, server), dict(browser.cookies)
    assert browser.get(address).status_code == 303
    assert "已过期" in fault(browser.get(address))
    again = Browser(browser.office)
    again.cookies = kept  # somebody has copied the browser
    assert "登录码已失效" in fault(again.get(address))
    assert not is_in(again)


@pytest.mark.parametrize(("minutes", "words"), [(5, "登录码已失效"), (10, "这次登录已过期")])
def test_who_takes_too_long_begins_anew(
    browser: Browser, server: WecomSignInServer, minutes: int, words: str
) -> None:
    address = go(browser, server)
    browser.office.now += timedelta(minutes=minutes)
    answer = browser.get(address)
    assert (answer.status_code, words in fault(answer)) == (401, True)
    assert browser.get(go(browser, server)).status_code == 303


def test_who_does_not_agree_may_try_again(browser: Browser, server: WecomSignInServer) -> None:
    back = server.turn_away(away(browser)).removeprefix(LOCAL)
    answer = browser.get(back)
    assert (answer.status_code, "再试一次" in fault(answer)) == (401, True)


def test_one_token_serves_many_and_a_stale_one_is_renewed_once(
    browser: Browser, server: WecomSignInServer
) -> None:
    for _ in range(2):
        assert browser.get(go(browser, server)).status_code == 303
    assert server.asked == {GETTOKEN: 1, GETUSERINFO: 2}
    server.tokens.append("the one that is good now")
    assert browser.get(go(browser, server)).status_code == 303
    assert server.asked == {GETTOKEN: 2, GETUSERINFO: 4}


# errcodes, in order     what the person is told
ERRCODES = [
    (["-1"], "企业微信繁忙"),
    (["40029"], "请再登录一次"),
    (["42001", "", "40014"], "核对渠道 chat 的 corp_id 和 secret"),
    (["48002"], "没有权限得知您是谁"),
    (["50001"], "可信域名"),
    (["60020"], "企业可信IP"),
    (["99999"], "错误码 99999"),
]


@pytest.mark.parametrize(("errcodes", "words"), ERRCODES)
def test_each_refusal_of_wecom_is_a_sentence_with_a_way_out(
    browser: Browser, server: WecomSignInServer, errcodes: list[str], words: str
) -> None:
    address = go(browser, server)
    server.fail_next("", *(code and f"errcode:{code}" for code in errcodes))
    answer = browser.get(address)
    assert (answer.status_code, words in fault(answer)) == (401, True), fault(answer)
    assert "canary" not in answer.text
    assert not is_in(browser)
    assert browser.sign_in().status_code == 303


def test_a_wrong_secret_is_asked_about_once(office: Office, server: WecomSignInServer) -> None:
    browser = Browser(with_account(configured(office, server, "canary-wrong")))
    answer = browser.get(go(browser, server))
    assert (answer.status_code, "核对渠道 chat" in fault(answer)) == (401, True)
    assert "canary" not in answer.text
    assert server.asked == {GETTOKEN: 1}


@pytest.mark.parametrize("trouble", ["status:500", "html", "reset_after_accept"])
@pytest.mark.parametrize("before", [0, 1])
def test_a_service_in_trouble_leaves_the_password(
    browser: Browser, server: WecomSignInServer, trouble: str, before: int
) -> None:
    address = go(browser, server)
    server.fail_next(*[""] * before, trouble)
    answer = browser.get(address)
    assert (answer.status_code, "密码登录" in fault(answer)) == (401, True)
    assert browser.sign_in().status_code == 303


def test_without_the_service_there_is_no_such_way(office: Office) -> None:
    browser = Browser(with_account(office))
    assert browser.get("/sign-in/wecom").status_code == 404
    assert browser.get("/sign-in/wecom/return?code=x&state=y").status_code == 404
    assert "企业微信" not in browser.get("/sign-in").text


def test_many_tries_from_one_address_have_to_wait(browser: Browser) -> None:
    tries = range(SIGN_INS_PER_MINUTE + 1)
    statuses = [browser.get("/sign-in/wecom/return?code=x&state=y").status_code for _ in tries]
    assert statuses == [401] * SIGN_INS_PER_MINUTE + [429]


def test_a_link_opened_inside_wecom_leads_to_the_sign_in_and_back() -> None:
    office = opened()
    with WecomSignInServer(lambda: office.now) as server:
        bind(with_account(configured(office, server)), "zhang")
        path, browser = door(office), Browser(office)
        assert "企业微信登录" not in browser.get(path, **{"user-agent": DESK}).text
        page = browser.get(path, **{"user-agent": INSIDE}).text
        way = f'href="../sign-in/wecom?next=%2Fm%2F{path.removeprefix("/m/")}"'
        assert way in page
        sent = away(browser, path, INSIDE)
        assert path.removeprefix("/m/") not in sent  # the vendor never hears of it
        done = browser.get(server.agree(sent, HOME).removeprefix(LOCAL))
        assert (done.status_code, done.headers["location"]) == (303, path)
        page = browser.get(path, **{"user-agent": INSIDE}).text
        assert "打开此项，办结、延期等" in page
        assert "企业微信登录" not in page


def test_without_the_service_a_link_inside_wecom_leads_to_the_password() -> None:
    office = opened()
    page = Browser(office).get(door(office), **{"user-agent": INSIDE}).text
    assert "企业微信登录" not in page
    assert "../sign-in?next=/obligations" in page


def test_an_address_of_the_vendor_that_cannot_be_used_is_refused() -> None:
    settings = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT}
    application = WecomApplication.from_settings(settings, open_client())
    for key in ("scan_page", "client_page"):
        page: Any = {key: "http://wx.example.gov.cn/login"}
        with pytest.raises(ValueError, match=f"{key} .*https"):
            WecomSignIn(application, "chat", **page)
        WecomSignIn(application, "chat", **page, allow_http=True)
        page = {key: "https://wx.example.gov.cn/login?lang=zh"}
        with pytest.raises(ValueError, match=f"{key} 里带有“\\?”"):
            WecomSignIn(application, "chat", **page)
    assert SECRET not in repr(WecomSignIn(application, "chat"))


def test_the_administrator_binds_a_userid_on_the_page(
    office: Office, server: WecomSignInServer
) -> None:
    boss = signed_in(configured(office, server), Role.ADMINISTRATOR)
    form = {"name": "lisi", "shown_name": "李四", "role": "clerk", "unit": "finance"}
    made = boss.submit("/system/accounts", **form, password=PASSWORD, wecom_user="Li.Si")
    assert made.status_code == 303
    path = re.findall(r'href="(/system/accounts/\d+)">lisi', boss.get("/system/accounts").text)[0]
    assert 'name="wecom_user" value="li.si"' in boss.get(path).text
    assert "李四（单位经办，单位 finance，企业微信账号 li.si）" in words(boss.get(path))
    again = boss.submit(
        "/system/accounts", **form | {"name": "other"}, wecom_user="LI.SI", password=PASSWORD
    )
    assert (again.status_code, "已经绑定了别的帐户" in fault(again)) == (422, True)
    assert 'name="wecom_user" value="LI.SI"' in again.text
    del form["name"]
    for given, told in (("李四", 422), ("a b", 422), ("x" * 65, 422), ("li.si", 303), (" ", 303)):
        answer = boss.submit(path, **form, act="change", wecom_user=given)
        assert answer.status_code == told, given
    assert find(office, "lisi").wecom_user is None
    own = {"act": "change", "shown_name": "甲", "role": "administrator", "unit": ""}
    assert boss.submit("/system/accounts/1", **own, wecom_user="boss").status_code == 303
    assert find(office, "zhangsan").wecom_user == "boss"


def test_the_settings_name_the_channel_and_no_secret(
    office: Office, server: WecomSignInServer
) -> None:
    configuration = configured(office, server).app.state.running.configuration
    said = [f"{one.key} {one.value}" for one in settings_of(configuration, office.agency)]
    assert "企业微信登录 由渠道 chat 的应用" in said
    assert SECRET not in str(said)


def test_the_page_asks_for_no_userid_and_leaves_it_where_wecom_signs_nobody_in(
    office: Office,
) -> None:
    boss = signed_in(office, Role.ADMINISTRATOR)
    bind(office, "boss")
    assert "企业微信账号" not in boss.get("/system/accounts").text
    own = {"act": "change", "shown_name": "甲", "role": "administrator", "unit": ""}
    assert boss.submit("/system/accounts/1", **own).status_code == 303
    assert find(office, "zhangsan").wecom_user == "boss"


def find(office: Office, name: str) -> Account:
    with reading(office.db) as session:
        account = find_account(session, name)
    assert account
    return account
