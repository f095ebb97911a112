"""Accounts and tokens over HTTP: what an administrator does, and what nobody does to himself."""

from typing import Any

import pytest
from browser import PASSWORD, Browser
from office import Client, Office, refusal

from engine.accounts import Role
from engine.api_tokens import Scope

NEW = {
    "name": "Lisi",
    "shown_name": "李四",
    "role": "clerk",
    "unit": "finance",
    "password": PASSWORD,
}


@pytest.fixture
def boss(office: Office) -> Client:
    return office.person(Role.ADMINISTRATOR, name="boss")


def post(client: Client, path: str, body: Any = None) -> Any:
    answer = client.post(f"/api/v1{path}", json={} if body is None else body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_an_account_is_made_signs_in_is_changed_and_is_disabled(
    office: Office, boss: Client
) -> None:
    made = post(boss, "/accounts", NEW)
    assert made == {
        "name": "lisi",
        "shown_name": "李四",
        "role": "clerk",
        "unit": "finance",
        "wecom_user": None,
        "disabled": False,
        "locked_until": None,
        "password_changed_at": "2026-09-25T10:00:00+08:00",
        "signed_in_at": None,
    }
    person = Browser(office)
    assert person.sign_in("lisi").status_code == 303
    changed = post(boss, "/accounts/lisi", {"role": "office", "unit": None})
    assert (changed["role"], changed["unit"], changed["shown_name"]) == ("office", None, "李四")
    assert person.get("/").status_code == 200
    assert post(boss, "/accounts/lisi/disable")["disabled"] is True
    assert person.get("/").status_code == 303
    assert post(boss, "/accounts/lisi/enable")["disabled"] is False
    post(boss, "/accounts/lisi/password", {"password": PASSWORD + "新"})
    assert Browser(office).sign_in("lisi").status_code != 303
    assert Browser(office).sign_in("lisi", PASSWORD + "新").status_code == 303
    names = [row["name"] for row in office.get("/accounts")["items"]]
    assert names == ["boss", "lisi"]


def test_no_answer_and_no_log_shows_a_password(office: Office, boss: Client) -> None:
    post(boss, "/accounts", NEW)
    shown = str(office.get("/accounts")) + str(office.everything()["access"])
    assert PASSWORD not in shown
    assert "argon2" not in shown


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ({"name": "."}, 422, "account_refused", "登录名应是"),
        ({"password": "短"}, 422, "account_refused", "密码"),
        ({"unit": "nobody"}, 422, "account_refused", "没有单位“nobody”"),
        ({"unit": None}, 422, "account_refused", "单位经办须写明单位"),
        ({"role": "king"}, 422, "invalid_request", "role：不是可用的值"),
        ({"name": "boss"}, 422, "account_refused", "已经有人用了"),
        ({"wecom_user": "ww0/lisi"}, 422, "account_refused", "应是该成员的 userid"),
        ({"secret": 1}, 422, "invalid_request", "不认识这一项"),
    ],
)
def test_what_cannot_be_made_is_refused(
    office: Office, boss: Client, body: dict[str, Any], status: int, code: str, words: str
) -> None:
    answer = boss.post("/api/v1/accounts", json={**NEW, **body})
    assert words in refusal(answer, status, code)
    assert len(office.everything()["account"]) == 1


def test_nobody_shuts_himself_out(boss: Client) -> None:
    for path, body in (("/disable", {}), ("", {"role": "reader", "unit": "finance"})):
        answer = boss.post(f"/api/v1/accounts/boss{path}", json=body)
        assert "另一位管理员" in refusal(answer, 409, "not_allowed")
    assert post(boss, "/accounts/boss", {"shown_name": "老张"})["shown_name"] == "老张"
    assert post(boss, "/accounts/boss", {"wecom_user": "ZhangSan"})["wecom_user"] == "zhangsan"


def test_a_userid_is_bound_to_one_account_until_it_is_given_up(boss: Client) -> None:
    assert post(boss, "/accounts", {**NEW, "wecom_user": "Li.Si"})["wecom_user"] == "li.si"
    assert post(boss, "/accounts/lisi", {"shown_name": "李"})["wecom_user"] == "li.si"
    post(boss, "/accounts", {**NEW, "name": "wangwu"})
    answer = boss.post("/api/v1/accounts/wangwu", json={"wecom_user": "LI.SI"})
    assert "已经绑定了别的帐户" in refusal(answer, 422, "account_refused")
    assert post(boss, "/accounts/lisi", {"wecom_user": None})["wecom_user"] is None
    assert post(boss, "/accounts/wangwu", {"wecom_user": "li.si"})["wecom_user"] == "li.si"


def test_who_sees_some_units_manages_those_alone(office: Office, boss: Client) -> None:
    post(boss, "/accounts", {**NEW, "name": "other", "unit": "education"})
    there = office.client_with(office.token("财政", Scope.ADMIN, "finance"))
    assert there.get("/api/v1/accounts").json() == {"items": []}
    for path in ("", "/disable", "/password"):
        body = {"password": PASSWORD} if path == "/password" else {}
        answer = there.post(f"/api/v1/accounts/other{path}", json=body)
        refusal(answer, 403, "forbidden")
    refusal(there.post("/api/v1/accounts", json={**NEW, "unit": "education"}), 403, "forbidden")
    everywhere = {**NEW, "role": "administrator", "unit": None}
    refusal(there.post("/api/v1/accounts", json=everywhere), 403, "forbidden")
    own = there.post("/api/v1/accounts", json=NEW)
    assert own.status_code == 201
    refusal(there.post("/api/v1/accounts/lisi", json={"unit": None}), 403, "forbidden")
    new = {"name": "x", "scope": "admin"}
    refusal(there.post("/api/v1/tokens", json=new), 403, "forbidden")
    refusal(there.post(f"/api/v1/tokens/{office_token(office)}/revoke", json={}), 403, "forbidden")


def office_token(office: Office) -> str:
    return str(office.get("/tokens")["items"][0]["name"])


def test_a_token_is_shown_once_opens_and_is_revoked(office: Office, boss: Client) -> None:
    made = post(boss, "/tokens", {"name": "督查系统", "scope": "read", "unit": "finance"})
    assert (made["expires"], made["created_by"]) == ("2027-09-25", "boss")
    client = office.client_with(made["token"])
    assert client.get("/api/v1/units").json()["items"][0]["id"] == "finance"
    assert "token" not in str(office.get("/tokens")).replace("token_", "")
    assert post(boss, "/tokens/督查系统/revoke")["revoked_at"]
    refusal(client.get("/api/v1/units"), 401, "unauthorized")
    refusal(boss.post("/api/v1/tokens/没有/revoke", json={}), 404, "not_found")
    again = boss.post("/api/v1/tokens", json={"name": "督查系统", "scope": "read"})
    assert "已经有了" in refusal(again, 422, "account_refused")


def test_the_status_says_how_it_is_and_shows_no_secret(office: Office) -> None:
    office.at("2026-09-28 09:00").tick()
    office.clock.last_tick = office.now
    told = office.get("/status")
    assert told["last_tick"] == "2026-09-28T09:00:00+08:00"
    assert told["calendar"]["announced_through"] == 2026
    counts = told["obligations"]
    assert counts["open"] == len(everything_open(office))
    assert told["configuration"]["channels"] == [{"id": "console", "kind": "console"}]
    assert "secret" not in str(told)


def everything_open(office: Office) -> list[Any]:
    return [row for row in office.everything()["obligation"] if row.status == "open"]
