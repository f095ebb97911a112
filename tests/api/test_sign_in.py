"""Signing in, out and everywhere out; the first visit; passwords and lock-outs."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import office as offices
import pytest
from browser import PASSWORD, Browser, fault, token_of
from office import Office
from sqlalchemy import text

from api.rates import SIGN_INS_PER_MINUTE
from engine.access_log import access_of
from engine.accounts import Role, add_account, disable, enable, find_account, set_password
from engine.api_tokens import PREFIX
from engine.database import reading, writing
from engine.errors import BadAccount
from engine.passwords import check_password, hashed, matches
from engine.web_sessions import forget


def with_account(office: Office, name: str = "zhangsan", role: Role = Role.CLERK) -> Office:
    with writing(office.db) as session:
        add_account(
            session,
            office.agency.units,
            name=name,
            shown_name="张三",
            role=role,
            unit="finance",
            password=PASSWORD,
            by="测试",
            now=office.now,
        )
    return office


def change(office: Office, deed: Callable[..., None], *more: Any) -> None:
    with writing(office.db) as session:
        account = find_account(session, "zhangsan")
        assert account
        deed(session, account, *more, by="测试", now=office.now)


def kinds(office: Office, name: str = "zhangsan") -> list[str]:
    with reading(office.db) as session:
        return [entry.kind for entry in access_of(session, name)]


def is_in(browser: Browser) -> bool:
    answer = browser.get("/")
    assert answer.status_code == 200 or answer.headers["location"] == "/sign-in"
    return answer.status_code == 200


def test_the_first_visit_makes_one_administrator_and_closes(office: Office) -> None:
    browser = Browser(office)
    assert browser.get("/").headers["location"] == "/sign-in"
    assert browser.get("/sign-in").headers["location"] == "/first-visit"
    filled = {"name": "Wang.Li", "shown_name": "王莉", "password": PASSWORD, "again": PASSWORD}
    done = browser.submit("/first-visit", **filled)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    page = browser.get("/")
    assert "王莉" in page.text
    assert kinds(office, "wang.li") == ["added"]
    for other in (browser, Browser(office)):
        assert other.get("/first-visit").status_code == 404
        form = {"csrf": token_of(page), **filled, "name": "other"}
        assert other.post("/first-visit", form).status_code in (403, 404)
    with office.db.connect() as connection:
        rows = connection.execute(text("SELECT name, role, unit FROM account")).all()
    assert [tuple(row) for row in rows] == [("wang.li", "administrator", "")]


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"password": "short", "again": "short"}, "至少 10 个字符"),
        ({"again": "其他"}, "两次输入的密码不同"),
        ({"name": "a b"}, "登录名应是"),
        ({"name": ""}, "登录名应是"),
        ({"shown_name": "x" * 51}, "姓名应是"),
    ],
)
def test_a_first_visit_that_is_not_right_says_why(
    office: Office, filled: dict[str, str], told: str
) -> None:
    good = {"name": "wangli", "shown_name": "王莉", "password": PASSWORD, "again": PASSWORD}
    answer = Browser(office).submit("/first-visit", **(good | filled))
    assert answer.status_code == 422
    assert told in fault(answer)
    assert PASSWORD not in answer.text
    assert Browser(office).get("/first-visit").status_code == 200


@pytest.mark.parametrize(
    ("base", "address", "headers"),
    [
        ("http://office.example", "127.0.0.1", {}),
        ("http://192.0.2.1", "127.0.0.1", {}),
        ("http://127.0.0.1", "192.0.2.7", {}),
        ("http://127.0.0.1", "127.0.0.1", {"x-forwarded-for": "192.0.2.7"}),
        ("http://127.0.0.1", "127.0.0.1", {"x-real-ip": "192.0.2.7"}),
    ],
)
def test_the_first_visit_is_of_this_machine_only(
    office: Office, base: str, address: str, headers: dict[str, str]
) -> None:
    browser = Browser(office, base, address)
    assert browser.get("/first-visit", **headers).status_code == 404
    assert "qixian account add" in fault(browser.get("/sign-in", **headers))
    form = {"name": "wangli", "shown_name": "王", "password": PASSWORD, "again": PASSWORD}
    own = Browser(office)
    page = own.get("/first-visit")
    browser.cookies = own.cookies
    answer = browser.post("/first-visit", {"csrf": token_of(page), **form}, **headers)
    assert answer.status_code in (403, 404)
    with reading(office.db) as session:
        assert find_account(session, "wangli") is None


def public(office: Office, url: str) -> Office:
    held = office.app.state.running
    server = replace_server(held.configuration.server, url)
    office.app.state.running = replace(
        held, configuration=replace(held.configuration, server=server)
    )
    return office


def replace_server(server: Any, url: str) -> Any:
    return server.model_copy(update={"public_url": url})


def test_an_office_with_an_address_of_its_own_has_no_first_visit(office: Office) -> None:
    public(office, "http://10.0.0.8:8000/")
    assert Browser(office).get("/first-visit").status_code == 404


@pytest.mark.parametrize("name", ["zhangsan", "ZhangSan", " zhangsan ", "ｚｈａｎｇｓａｎ"])
def test_a_name_and_its_password_open_a_session(office: Office, name: str) -> None:
    browser = Browser(with_account(office))
    done = browser.sign_in(name)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    (given,) = [c for c in done.headers.get_list("set-cookie") if c.startswith("qixian=")]
    for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age="):
        assert word in given
    assert "Secure" not in given
    assert is_in(browser)
    assert kinds(office) == ["added", "sign_in"]


def test_over_https_the_cookie_is_of_this_host_and_secure() -> None:
    for base, url in (
        ("https://qixian.example", ""),
        ("http://qixian.example", "https://qixian.example/"),
    ):
        browser = Browser(public(with_account(Office()), url), base)
        done = browser.sign_in()
        (given,) = [c for c in done.headers.get_list("set-cookie") if "-qixian=" in c]
        assert given.startswith("__Host-qixian=")
        assert "Secure" in given
        assert "Domain" not in given
        raw = given.partition("=")[2].partition(";")[0]
        other = Browser(browser.office, base)
        other.cookies["qixian"] = raw  # without the prefix another host may have set it
        assert other.get("/").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"),
    [
        *(("zhangsan", "wrong"), ("zhangsan", ""), ("zhangsan", PASSWORD.upper() + "x")),
        *(("nobody", PASSWORD), ("", ""), ("a b", PASSWORD), ("x" * 5000, "y" * 5000)),
        *(("zhangsan", "\x00"), ("'; --", PASSWORD), ("lisi", PASSWORD)),
    ],
)
def test_whoever_is_wrong_is_told_the_same(office: Office, name: str, password: str) -> None:
    with_account(with_account(office), "lisi")
    with writing(office.db) as session:
        account = find_account(session, "lisi")
        assert account
        disable(session, account, by="测试", now=office.now)
    browser = Browser(office)
    answer = browser.sign_in(name, password)
    assert answer.status_code == 401
    assert fault(answer) == (
        "没有登录：登录名或密码不对，或者帐户已停用。连续输错 5 次的帐户，15 分钟内不能登录。"
    )
    assert not is_in(browser)


def test_the_password_of_a_person_is_never_written_down(office: Office) -> None:
    browser = Browser(with_account(office))
    browser.sign_in(PASSWORD, "typed into the wrong field")
    browser.sign_in()
    with office.db.connect() as connection:
        dumped = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert PASSWORD not in dumped
    assert "没有这个登录名" in dumped
    assert browser.cookies["qixian"] not in dumped


def test_five_wrong_passwords_lock_the_account_for_a_quarter_of_an_hour(office: Office) -> None:
    browser = Browser(with_account(office))
    for _ in range(4):
        assert browser.sign_in(password="wrong").status_code == 401
    assert browser.sign_in().status_code == 303  # the count begins anew
    for _ in range(5):
        wrong = browser.sign_in(password="wrong")
    right = browser.sign_in()
    assert (right.status_code, fault(right)) == (401, fault(wrong))
    office.at("2026-09-25 10:14:59")
    assert browser.sign_in().status_code == 401
    office.at("2026-09-25 10:15")
    assert browser.sign_in().status_code == 303
    five = ["refused"] * 5
    assert kinds(office)[6:] == [*five, "locked", "refused", "refused", "sign_in"]


def test_the_administrator_ends_a_lock_out(office: Office) -> None:
    browser = Browser(with_account(office))
    for _ in range(5):
        browser.sign_in(password="wrong")
    change(office, enable)
    assert browser.sign_in().status_code == 303


def test_many_tries_from_one_address_have_to_wait(office: Office) -> None:
    browser = Browser(with_account(office))
    for number in range(SIGN_INS_PER_MINUTE):
        assert browser.sign_in(f"nobody{number}", "wrong").status_code == 401
    late = browser.sign_in()
    assert (late.status_code, late.headers["retry-after"]) == (429, "60")
    assert f"每分钟至多 {SIGN_INS_PER_MINUTE} 次" in fault(late)
    assert Browser(office, address="192.0.2.9").sign_in().status_code == 303


def test_a_sign_in_without_our_form_is_refused(office: Office) -> None:
    browser = Browser(with_account(office))
    form = {"name": "zhangsan", "password": PASSWORD}
    assert browser.post("/sign-in", form).status_code == 403
    assert browser.post("/sign-in", {**form, "csrf": "0" * 64}).status_code == 403
    token = token_of(browser.get("/sign-in"))
    other = Browser(office)
    other.get("/sign-in")
    assert other.post("/sign-in", {**form, "csrf": token}).status_code == 403  # another's form
    elsewhere = browser.post("/sign-in", {**form, "csrf": token}, origin="https://evil.example")
    assert (elsewhere.status_code, "别的网站" in fault(elsewhere)) == (403, True)
    assert browser.post("/sign-in", {**form, "csrf": token}).status_code == 303


def test_signing_in_is_a_new_session_and_ends_the_old_one(office: Office) -> None:
    browser = Browser(with_account(office))
    browser.sign_in()
    first = browser.cookies["qixian"]
    browser.sign_in()
    assert browser.cookies["qixian"] != first
    old = Browser(office)
    old.cookies["qixian"] = first
    assert not is_in(old)
    fixed = Browser(office)
    fixed.cookies["qixian"] = "chosen-by-somebody-else"
    fixed.sign_in()
    assert "chosen-by-somebody-else" not in fixed.cookies.values()


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/?x=1", "/?x=1"),
        ("/password", "/password"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_he_is_where_he_wanted_to_be(office: Office, asked: str, to: str) -> None:
    browser = Browser(with_account(office))
    assert browser.sign_in(next=asked).headers["location"] == to


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(office: Office) -> None:
    answer = Browser(office).get("/?a=b&c=d")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=%2F%3Fa%3Db%26c%3Dd",
    )
    assert Browser(office).get("/api/v1/units").status_code == 401


def test_a_session_ends_when_nobody_uses_it_and_in_the_evening(office: Office) -> None:
    browser = Browser(with_account(office.at("2026-09-25 08:00")))
    browser.sign_in()
    for moment in ("09:59", "11:58", "13:57", "15:56", "17:55", "19:54", "19:59:59"):
        office.at(f"2026-09-25 {moment}")
        assert is_in(browser), moment
    assert not is_in(Browser(office.at("2026-09-25 20:00")))
    assert not is_in(browser)
    browser.sign_in()
    assert is_in(browser)
    office.at("2026-09-25 22:00")
    assert not is_in(browser)
    with writing(office.db) as session:
        forget(session, office.now)
    with office.db.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM web_session")).scalar() == 0


def test_signing_out_ends_this_browser_and_everywhere_ends_all(office: Office) -> None:
    browsers = [Browser(with_account(office)), Browser(office), Browser(office)]
    for browser in browsers:
        browser.sign_in()
    first, second, third = browsers
    kept = first.cookies["qixian"]
    assert first.submit("/sign-out", at="/password").headers["location"] == "/sign-in"
    first.cookies["qixian"] = kept
    assert [is_in(browser) for browser in browsers] == [False, True, True]
    assert second.submit("/sign-out-everywhere", at="/password").status_code == 303
    assert [is_in(browser) for browser in browsers] == [False, False, False]
    assert third.sign_in().status_code == 303
    assert "sign_out_everywhere" in kinds(office)


def test_a_disabled_account_is_out_at_once(office: Office) -> None:
    browser = Browser(with_account(office))
    browser.sign_in()
    change(office, disable)
    assert not is_in(browser)
    assert browser.sign_in().status_code == 401
    change(office, enable)
    assert not is_in(browser)
    assert browser.sign_in().status_code == 303


def test_a_changed_role_holds_from_the_next_request_on(office: Office) -> None:
    browser = Browser(with_account(office))
    browser.sign_in()
    assert len(browser.get("/api/v1/units").json()["items"]) == 1
    with office.db.begin() as connection:
        connection.execute(text("UPDATE account SET unit = 'gov-office'"))
    assert len(browser.get("/api/v1/units").json()["items"]) > 10


def test_a_new_password_ends_the_other_sessions(office: Office) -> None:
    here, there = Browser(with_account(office)), Browser(office)
    here.sign_in()
    there.sign_in()
    new = "江河湖海 2027年"
    for old, first, again, told in (
        ("wrong", new, new, "原密码不对"),
        (PASSWORD, new, new + "x", "两次输入的新密码不同"),
        (PASSWORD, "123456789a", "123456789a", "太常见"),
        (PASSWORD, "zhangsanzhangsan", "zhangsanzhangsan", "登录名"),
    ):
        answer = here.submit("/password", old=old, password=first, again=again)
        assert (answer.status_code, told in fault(answer)) == (422, True)
    assert here.submit("/password", old=PASSWORD, password=new, again=new).status_code == 303
    assert is_in(here)
    assert not is_in(there)
    assert there.sign_in().status_code == 401
    assert there.sign_in(password=new).status_code == 303


def test_the_command_lines_new_password_ends_sessions_and_lock_out(office: Office) -> None:
    browser = Browser(with_account(office))
    browser.sign_in()
    for _ in range(5):
        Browser(office).sign_in(password="wrong")
    change(office, set_password, "江河湖海 2027年")
    assert not is_in(browser)
    assert browser.sign_in(password="江河湖海 2027年").status_code == 303


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("", "至少 10 个字符"),
        ("长城内外", "至少 10 个字符"),
        ("x" * 201, "至多 200 个字符"),
        ("wang.li.01", "登录名"),
        ("WANG.LI.01", "登录名"),
        ("10.il.gnaw", "登录名"),
        ("1231231231", "4 个不同"),
        ("Password123", "太常见"),
        ("woaini1314520", "太常见"),
        ("Admin@123456", "太常见"),
        ("tab\tinside it", "控制字符"),
    ],
)
def test_the_rules_of_passwords(password: str, told: str) -> None:
    with pytest.raises(BadAccount, match=told):
        check_password(password, "wang.li.01")


def test_a_password_is_the_same_however_it_is_composed() -> None:
    assert matches(hashed("cafe\u0301 du monde"), "caf\u00e9 du monde")
    assert not matches(hashed("cafe du monde"), "caf\u00e9 du monde")
    assert not matches("", "")
    assert re.match(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$", hashed(PASSWORD))


def test_a_form_before_signing_in_is_small(office: Office) -> None:
    browser = Browser(with_account(office))
    answer = browser.sign_in(password="x" * 70_000)
    assert (answer.status_code, "太大" in fault(answer)) == (413, True)


def test_a_page_that_refuses_is_a_page(office: Office) -> None:
    browser = Browser(with_account(office, role=Role.READER))
    browser.sign_in()
    missing = browser.get("/nope")
    assert (missing.status_code, fault(missing)) == (404, "没有这个地址。")
    assert missing.headers["content-type"].startswith("text/html")
    api = browser.get("/api/v1/nope")
    assert api.headers["content-type"] == "application/problem+json"


def test_names_with_marks_are_shown_as_they_are(office: Office) -> None:
    with writing(office.db) as session:
        add_account(
            session,
            office.agency.units,
            name="zhangsan",
            shown_name='<b>"张"</b>',
            role=Role.CLERK,
            unit="finance",
            password=PASSWORD,
            by="测试",
            now=office.now,
        )
    browser = Browser(office)
    browser.sign_in(next='"><script>')
    assert "&lt;b&gt;" in browser.get("/password").text
    assert "<script>" not in browser.get('/sign-in?next="><script>').text
    assert "<b>" not in browser.get("/").text.partition("<main>")[0]


def test_a_token_looks_like_one() -> None:
    assert re.fullmatch(rf"{PREFIX}[\w-]{{43}}", offices.Office().token("另一个"))
