"""Units and duties that are registered beside the configuration file, over HTTP."""

import re
from dataclasses import replace
from typing import Any

import pytest
from office import AGENCY, CONFIGURATION, Office, refusal, through
from sqlalchemy import text

from engine.accounts import Role
from engine.clock import _told
from engine.current_agency import CurrentAgency
from engine.errors import BadAgency
from engine.units import Unit

RULE = "guangyuan-2017-02"  # monthly, owed by the finance bureau in the configuration
ARCHIVE = {
    "id": "archive",
    "name": "广元市档案馆",
    "parent": "gov-office",
    "contacts": [{"name": "赵六", "mobile": "13900000001"}],
    "channels": ["console"],
    "reason": "机构新设",
}
DUTY = {"rule": RULE, "unit": "archive", "from": "2026-10-01", "reason": "市政府交办"}


def registered(office: Office) -> Office:
    assert office.post("/units", ARCHIVE).status_code == 201
    assert office.post("/duties", DUTY).status_code == 201
    return office


def owed(office: Office, unit: str = "archive", **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = office.get("/obligations", unit=unit, limit=200, **query)["items"]
    return items


def journal(office: Office) -> list[tuple[str, str, str]]:
    with office.db.connect() as connection:
        query = text("SELECT kind, by, text FROM journal WHERE obligation_id IS NULL ORDER BY id")
        return [tuple(row) for row in connection.execute(query)]  # type: ignore[misc]


def test_a_unit_and_its_duty_are_registered_and_derived_at_once(office: Office) -> None:
    answer = office.post("/units", ARCHIVE | {"by": "王莉"})
    assert answer.status_code == 201
    assert answer.json() == {
        "id": "archive",
        "name": "广元市档案馆",
        "parent": "gov-office",
        "aliases": [],
        "contacts": ["赵六"],
        "channels": ["console"],
        "region": "CN",
        "registered": True,
        "entry": 1,
    }
    assert answer.json() in office.get("/units")["items"]
    answer = office.post("/duties", DUTY | {"until": "2026-12-31"})
    assert (answer.status_code, answer.json()["registered"]) == (201, True)
    assert answer.json() in office.get("/duties")["items"]
    due = [row["due_on"] for row in owed(office)]
    assert due == ["2026-10-31", "2026-11-30", "2026-12-31"]
    assert journal(office) == [
        (
            *("unit", "王莉（接口令牌：办公系统）"),
            "登记单位 广元市档案馆（archive）：上级 gov-office；联系人 赵六（承办人）；渠道 console；"
            "地区 CN；理由：机构新设",
        ),
        (
            *("duty", "接口令牌：办公系统"),
            f"广元市档案馆承担规则 {RULE}：2026-10-01 至 2026-12-31；理由：市政府交办",
        ),
    ]


def test_the_registered_unit_is_told(office: Office) -> None:
    registered(office).at("2026-10-30 09:00").tick()
    told = {row["recipient"] for row in office.get("/deliveries", limit=200)["items"]}
    assert "archive" in told


def test_what_is_there_is_not_entered_again(office: Office) -> None:
    before = registered(office).everything()
    assert office.post("/duties", DUTY).status_code == 200
    assert office.post("/units/archive", {"name": "广元市档案馆", "reason": "x"}).status_code == 200
    assert office.everything() == before
    assert "已有编号为“archive”" in refusal(office.post("/units", ARCHIVE), 409, "not_allowed")


def test_a_change_keeps_what_was_before_and_says_what_it_changes(office: Office) -> None:
    registered(office)
    people = [{"name": "钱七", "role": "负责人"}]
    change = {"contacts": people, "parent": "finance", "reason": "调整分工"}
    answer = office.post("/units/archive", change)
    assert (answer.json()["contacts"], answer.json()["name"]) == (["钱七"], "广元市档案馆")
    assert journal(office)[-1][2] == (
        "修改单位 广元市档案馆（archive）：上级由“gov-office”改为“finance”；"
        "联系人由“赵六（承办人）”改为“钱七（负责人）”；理由：调整分工"
    )
    with office.db.connect() as connection:
        names = connection.execute(text("SELECT contacts FROM unit_entry ORDER BY id")).scalars()
        assert ["赵六" in one for one in names] == [True, False]


def test_an_ended_duty_waives_what_is_ahead_and_keeps_the_history(office: Office) -> None:
    registered(office)
    first, *_ = owed(office)
    done = office.at("2026-10-20 10:00").post(
        f"/obligations/{first['id']}/events", {"type": "complete"}
    )
    assert done.status_code == 200
    end = {"rule": RULE, "unit": "archive", "until": "2026-11-30", "reason": "职责划转"}
    assert office.post("/duties/end", end).json()["until"] == "2026-11-30"
    rows = owed(office)
    assert [row["status"] for row in rows[:2]] == ["done", "open"]
    assert {row["status"] for row in rows[2:]} == {"waived"}
    assert "不必再终止" in refusal(office.post("/duties/end", end), 409, "not_allowed")
    office.post("/duties/end", end | {"until": "2026-09-30"})  # before its first day: taken back
    assert [row["status"] for row in owed(office)[:2]] == ["done", "waived"]
    assert f"{RULE}@archive" not in office.agency.duties
    again = office.post("/duties", DUTY)  # and owed again
    assert again.status_code == 201
    assert {row["status"] for row in owed(office)[1:]} == {"open"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/units/finance", {"name": "财政", "reason": "x"}),
        ("/duties", {"rule": RULE, "unit": "finance", "from": "2027-01-01", "reason": "x"}),
        ("/duties/end", {"rule": RULE, "unit": "finance", "until": "2026-12-31", "reason": "x"}),
    ],
)
def test_what_the_configuration_file_says_is_changed_there(
    office: Office, path: str, body: dict[str, Any]
) -> None:
    before = office.everything()
    assert "请在配置文件中修改" in refusal(office.post(path, body), 409, "not_allowed")
    assert office.everything() == before


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"),
    [
        ("/units", {"parent": "nobody"}, 409, "not_allowed", "上级“nobody”不存在"),
        ("/units", {"parent": "archive"}, 409, "not_allowed", "绕成了圈"),
        ("/units", {"channels": ["pigeon"]}, 409, "not_allowed", "渠道“pigeon”不存在"),
        ("/units", {"name": "广元市财政局"}, 409, "not_allowed", "名称或别名都是"),
        ("/units", {"id": "all"}, 422, "invalid_request", "表示全部单位"),
        ("/units", {"id": "../x"}, 422, "invalid_request", "写法不对"),
        ("/units", {"name": "市\u202e档案馆"}, 422, "invalid_request", "书写方向"),
        ("/units", {"name": "档" * 61}, 422, "invalid_request", "太长"),
        ("/units", {"reason": ""}, 422, "invalid_request", "不能为空"),
        ("/units", {"region": "99"}, 422, "invalid_request", "行政区划代码"),
        (
            *("/units", {"contacts": [{"name": "赵六", "mobile": "x"}]}),
            *(422, "invalid_request", "写法不对"),
        ),
        (
            *("/units", {"contacts": [{"name": "赵六", "substitute": "无人"}]}),
            *(409, "not_allowed", "不在本单位和上级单位的联系人中"),
        ),
        ("/units/nobody", None, 404, "not_found", "没有单位"),
        ("/duties", {"unit": "nobody"}, 404, "not_found", "没有单位"),
        ("/duties", {"rule": "nothing"}, 404, "not_found", "没有规则"),
        ("/duties", {"ladder": "steep"}, 404, "not_found", "没有提醒策略“steep”"),
        ("/duties", {"until": "2026-01-01"}, 409, "not_allowed", "早于起始日"),
        ("/duties", {"from": "1999-01-01"}, 409, "not_allowed", "超出工作日历"),
        ("/duties", {"from": "2026-13-01"}, 422, "invalid_request", "不是日期"),
        ("/duties/end", None, 404, "not_found", "没有规则"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    office: Office, path: str, body: dict[str, Any] | None, status: int, code: str, words: str
) -> None:
    given: dict[str, Any] = {
        "/units": ARCHIVE,
        "/units/nobody": {"reason": "x"},
        "/duties": DUTY | {"unit": "finance", "rule": "guangyuan-2017-52"},
        "/duties/end": {"rule": RULE, "unit": "statistics", "until": "2026-12-31", "reason": "x"},
    }[path]
    before = office.everything()
    assert words in refusal(office.post(path, given | (body or {})), status, code)
    assert office.everything() == before


def test_a_unit_is_ended_as_it_was_foreseen(office: Office) -> None:
    assert office.post("/units", ARCHIVE).status_code == 201
    assert office.post("/duties", DUTY).status_code == 201
    office.person(Role.CLERK, "archive", "keeper")
    url = {"url": "https://x.example.gov.cn", "unit": "archive"}
    assert office.post("/subscriptions", url).status_code == 201
    before, told = office.everything(), {"reason": "机构撤并", "by": "王莉"}
    seen = office.post("/units/archive/end", told)
    assert (seen.status_code, seen.json()["applied"]) == (200, False)
    assert office.everything() == before
    known = office.client.get("/api/v1/units/archive").headers["etag"]
    assert office.post("/units/archive", {"name": "档案馆", "reason": "x"}).status_code == 200
    wanted = told | {"apply": True}
    path, stale = "/api/v1/units/archive/end", {"if-match": known}
    refusal(office.client.post(path, json=wanted, headers=stale), 412, "precondition_failed")
    keyed = {"idempotency-key": "k-1"}
    done = office.client.post(path, json=wanted, headers=keyed)
    assert (done.status_code, done.json()["duties"]) == (201, [RULE])
    assert done.json()["bound"] == ["帐户 keeper", "订阅 1"]
    assert done.json()["impact"] == seen.json()["impact"]
    assert office.client.post(path, json=wanted, headers=keyed).content == done.content
    refusal(office.post("/units/archive/end", wanted), 404, "not_found")
    refusal(office.client.get("/api/v1/units/archive"), 404, "not_found")
    assert {row["status"] for row in owed_by_gone(office)} == {"waived"}
    (gone, *_), back = owed_by_gone(office), {"type": "reopen", "reason": "误操作", "by": "王莉"}
    refused = refusal(office.post(f"/obligations/{gone['id']}/events", back), 409, "not_allowed")
    assert "无人承担" in refused
    assert "单位 archive 已经撤销" in office.get("/subscriptions")["items"][0]["silent"]
    assert journal(office)[-1][1] == through("王莉")
    root = office.person(Role.ADMINISTRATOR, "", "root")
    listed = root.get("/system/accounts").text
    (keeper,) = re.findall(r'href="(/system/accounts/\d+)">keeper', listed)
    kept = '<option value="archive" selected>'
    assert kept in root.get(keeper).text  # the first choice would show him all units
    change = {"act": "change", "shown_name": "张三", "role": "clerk", "unit": "archive"}
    assert root.post(keeper, data=change).status_code == 422
    mine = office.person(Role.OFFICE, "finance", "bound")
    again = ARCHIVE | {"parent": "finance"}
    told_why = refusal(mine.post("/api/v1/units", json=again), 409, "not_allowed")
    assert "另选编号" in told_why  # or he would see what the other unit owed
    assert office.post("/units", ARCHIVE).status_code == 201


def owed_by_gone(office: Office) -> list[dict[str, Any]]:
    items = office.get("/obligations", limit=200)["items"]
    return [row for row in items if row["unit"] == "archive"]


def test_who_is_bound_to_a_unit_decides_below_it_only(office: Office) -> None:
    person = office.person(Role.OFFICE, "finance", "bound")
    refusal(person.post("/api/v1/units", json=ARCHIVE), 403, "forbidden")
    below = ARCHIVE | {"parent": "finance", "name": "国库支付中心", "id": "treasury"}
    assert person.post("/api/v1/units", json=below).status_code == 201
    shown = [row["id"] for row in person.get("/api/v1/units").json()["items"]]
    assert shown == ["finance", "treasury"]
    assert person.post("/api/v1/duties", json=DUTY | {"unit": "treasury"}).status_code == 201
    duty = DUTY | {"unit": "statistics"}
    refusal(person.post("/api/v1/duties", json=duty), 403, "forbidden")
    end = {"rule": RULE, "unit": "statistics", "until": "2026-12-31", "reason": "x"}
    refusal(person.post("/api/v1/duties/end", json=end), 403, "forbidden")
    gone = {"reason": "机构撤并", "apply": True}
    refusal(person.post("/api/v1/units/finance/end", json=gone), 403, "forbidden")
    up = {"parent": "gov-office", "reason": "x"}
    refusal(person.post("/api/v1/units/treasury", json=up), 403, "forbidden")
    assert person.post("/api/v1/units/treasury/end", json=gone).status_code == 201
    assert person.post("/api/v1/units", json=below).status_code == 201
    assert person.post("/api/v1/duties", json=DUTY | {"unit": "treasury"}).status_code == 201
    clerk = office.person(Role.CLERK, "treasury", "clerk")
    assert {row["unit"] for row in clerk.get("/api/v1/obligations").json()["items"]} == {"treasury"}


def test_another_process_notices(office: Office) -> None:
    other = CurrentAgency(office.db, AGENCY, CONFIGURATION.files)
    assert "archive" not in other.agency().units
    registered(office)
    assert "archive" in other.agency().units
    assert f"{RULE}@archive" in other.agency().duties_in_force
    assert CurrentAgency(office.db, other.agency(), CONFIGURATION.files).agency().duties.keys() == (
        other.agency().duties.keys()
    )


def test_a_process_whose_configuration_contradicts_says_so_and_stays_alive(office: Office) -> None:
    registered(office)
    contradicting = replace(AGENCY, units={**AGENCY.units, "archive": Unit("archive", "档案局")})
    other = CurrentAgency(office.db, contradicting, CONFIGURATION.files)
    with pytest.raises(BadAgency, match=r"配置文件不能再写它的 \[\[unit\]\]"):
        other.agency()
    office.clock._current = other
    _told(office.clock._tick)()
    assert office.clock.last_tick is None  # and /readyz tells it


def test_the_figures_under_a_unit_are_those_of_the_units_that_are_under_it_now(
    office: Office,
) -> None:
    registered(office)
    finance = {"under": "finance", "year": 2026}
    before = office.get("/statistics", **finance)["total"]["due"]
    changed = {key: value for key, value in ARCHIVE.items() if key != "id"} | {"parent": "finance"}
    assert office.post("/units/archive", changed).status_code == 200
    own = office.get("/statistics", unit="archive", year=2026)["total"]["due"]
    assert own > 0
    assert office.get("/statistics", **finance)["total"]["due"] == before + own
