"""Signing in at another service, against a real one on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from browser import Browser, fault
from office import Office
from test_sign_in import change, is_in, kinds, with_account

from engine.accounts import disable, enable
from notifiers.oidc import OidcProvider
from tests.servers.oidc import CLIENT, OTHER_KEY, SECRET, OidcServer


@pytest.fixture
def server(office: Office) -> Iterator[OidcServer]:
    with OidcServer(int(office.now.timestamp())) as server:
        yield server


@pytest.fixture
def browser(office: Office, server: OidcServer) -> Browser:
    held = with_account(office).app.state.running
    provider = OidcProvider(server.base, CLIENT, SECRET)
    office.app.state.running = replace(
        held, configuration=replace(held.configuration, oidc=provider)
    )
    return Browser(office)


def go(browser: Browser, server: OidcServer, name: str = "ZhangSan", to: str = "/") -> str:
    """Away to the service and signed in there; with what the browser comes back."""
    away = browser.get(f"/sign-in/oidc?{urlencode({'next': to})}")
    assert away.status_code == 303, away.text
    address = away.headers["location"]
    code = server.sign_in(address, name)
    state = address.partition("state=")[2].partition("&")[0]
    return f"/sign-in/oidc/return?{urlencode({'code': code, 'state': state})}"


def test_who_has_an_account_is_signed_in(browser: Browser, server: OidcServer) -> None:
    assert "/sign-in/oidc?next=/" in browser.get("/sign-in").text
    done = browser.get(go(browser, server, to="/password"))
    assert (done.status_code, done.headers["location"]) == (303, "/password")
    assert is_in(browser)
    assert kinds(browser.office) == ["added", "sign_in"]
    assert "qixian-oidc" not in browser.cookies


def test_who_has_none_gets_none(browser: Browser, server: OidcServer) -> None:
    answer = browser.get(go(browser, server, "nobody"))
    assert (answer.status_code, "请联系管理员" in fault(answer)) == (401, True)
    for _ in range(5):
        browser.sign_in(password="wrong")
    assert browser.get(go(browser, server)).status_code == 401
    change(browser.office, enable)
    change(browser.office, disable)
    answer = browser.get(go(browser, server))
    assert answer.status_code == 401
    assert not is_in(browser)
    with browser.office.db.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM account").scalar()
    assert count == 1


def test_what_another_browser_began_is_not_taken_over(browser: Browser, server: OidcServer) -> None:
    address = go(browser, server)
    other = Browser(browser.office)
    for _ in range(2):
        answer = other.get(address)
        assert (answer.status_code, "已过期" in fault(answer)) == (401, True)
        go(other, server)  # a flow of his own has another state
    assert browser.get(address).status_code == 303


def test_a_code_is_good_once(browser: Browser, server: OidcServer) -> None:
    address, kept = go(browser, server), dict(browser.cookies)
    assert browser.get(address).status_code == 303
    again = Browser(browser.office)
    again.cookies = kept
    assert again.get(address).status_code == 401
    assert not is_in(again)


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 0},
        {"exp": None},
        {"iat": 10**12},
        {"sub": None},
        {"preferred_username": None},
        {"preferred_username": ["zhangsan"]},
        {"at_hash": "wrong"},
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(
    browser: Browser, server: OidcServer, lies: dict[str, object]
) -> None:
    server.lies = lies
    answer = browser.get(go(browser, server))
    assert (answer.status_code, "统一身份认证" in fault(answer)) == (401, True)
    assert not is_in(browser)


def test_a_token_that_another_signed_lets_nobody_in(browser: Browser, server: OidcServer) -> None:
    server.key = OTHER_KEY
    assert browser.get(go(browser, server)).status_code == 401
    server.algorithm = "HS256"
    assert browser.get(go(browser, server)).status_code == 401
    assert not is_in(browser)


def test_who_is_turned_away_there_may_try_again(browser: Browser, server: OidcServer) -> None:
    state = go(browser, server).partition("state=")[2]
    answer = browser.get(f"/sign-in/oidc/return?error=access_denied&state={state}")
    assert (answer.status_code, "再试一次" in fault(answer)) == (401, True)


@pytest.mark.parametrize("trouble", ["status:500", "html", "reset_after_accept"])
def test_a_service_in_trouble_leaves_the_password(
    browser: Browser, server: OidcServer, trouble: str
) -> None:
    server.fail_next(trouble)
    answer = browser.get("/sign-in/oidc")
    assert (answer.status_code, "密码登录" in fault(answer)) == (502, True)
    address = go(browser, server)
    server.fail_next("", trouble)  # the exchange of the code
    assert browser.get(address).status_code == 401
    assert browser.sign_in().status_code == 303


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://sso.example/a"},
        {"authorization_endpoint": None},
    ],
)
def test_a_service_that_is_another_is_not_used(
    browser: Browser, server: OidcServer, metadata: dict[str, object]
) -> None:
    server.metadata = metadata
    assert browser.get("/sign-in/oidc").status_code == 502


def test_without_a_service_there_is_no_such_way(office: Office) -> None:
    browser = Browser(with_account(office))
    assert browser.get("/sign-in/oidc").status_code == 404
    assert browser.get("/sign-in/oidc/return?code=x&state=y").status_code == 404
    assert "统一身份认证" not in browser.get("/sign-in").text


def test_an_address_without_https_is_refused() -> None:
    with pytest.raises(ValueError, match="https"):
        OidcProvider("http://sso.example.gov.cn", CLIENT, SECRET)
    OidcProvider("http://sso.example.gov.cn", CLIENT, SECRET, allow_http=True)
