"""一件: what is shown of one obligation, and what its forms do."""

import re
from dataclasses import replace
from typing import Any

import pytest
from httpx import Response
from office import AGENCY, Client, Office
from pages import fault, field, read, send

from engine.accounts import Role
from engine.duties import Duty
from tests.builders import day

REPLY = "zfxxgk-tiaoli-2019-33-reply"
DUTIES = [Duty(rule, "finance", day("2019-05-15")) for rule in (REPLY, "zfxxgk-tiaoli-2019-30")]
OFFICE = replace(AGENCY, duties={**AGENCY.duties, **{duty.key: duty for duty in DUTIES}})


def applied() -> tuple[Office, Client, int]:
    """An office with an application of 2 March that has to be answered, and the unit's clerk."""
    office = Office(empty=True, configured=OFFICE).at("2026-03-24 10:00")
    body = {"trigger": "收到申请", "unit": "finance", "at": "2026-03-02", "reference": "12号"}
    answer = office.post("/events", body)
    id_ = next(row["id"] for row in answer.json()["obligations"] if row["rule"] == REPLY)
    return office, office.person(Role.CLERK, "finance"), id_


def act(person: Client, id_: int, form: str, **fields: Any) -> Response:
    return send(person, f"/obligations/{id_}", form=form, **fields)


def test_the_page_shows_all_that_is_known_of_it() -> None:
    office, person, id_ = applied()
    office.post(f"/obligations/{id_}/events", {"type": "acknowledge", "by": "李四"})
    html = read(person, f"/obligations/{id_}")
    row = office.get(f"/obligations/{id_}")
    for words in (
        row["quote"],
        "《中华人民共和国政府信息公开条例》国务院令第711号",
        "广元市财政局",
        "2026-03-30（星期一）",
        "剩4个工作日",
        "收到申请，2026-03-02（12号）",
        "✓ 李四（接口令牌：办公系统），2026-03-24 10:00</span>（接口）",
        "登记事由“收到申请”",
        row["reading"],
    ):
        assert words in html, words
    steps = re.findall(r"<li>(.*?)<small>", html.partition('<ol class="trace">')[2])
    assert steps == [step["text"] for step in row["trace"]]
    explained = office.get(f"/obligations/{id_}/explanation")
    for one in explained["readings"]:
        assert one["question"] in html


def test_what_else_a_date_could_be_and_when_it_is_provisional_is_said(office: Office) -> None:
    row = office.get("/obligations", unit="finance", due_from="2027-01-01")["items"][0]
    html = read(office.client, f"/obligations/{row['id']}")
    assert row["provisional"] is True
    assert "暂定范围" in html
    assert f"最早 {row['earliest']}" in html
    assert "另一读法：" in html


def test_the_deliveries_that_told_of_it_are_listed(office: Office) -> None:
    office.at("2026-09-28 09:00").tick()
    told = office.get("/deliveries", limit=200)["items"]
    first = next(row for row in told if row["recipient"] == "finance")
    id_ = first["alerts"][0]["obligation"]
    again = office.post(f"/deliveries/{first['id']}/resend", {"reason": "没有看到"}).json()["id"]
    html = read(office.client, f"/obligations/{id_}")
    shown = [int(one) for one in re.findall(r'<tr id="d(\d+)">', html)]
    carrying = {r["id"] for r in told if any(a["obligation"] == id_ for a in r["alerts"])}
    assert shown == sorted({*carrying, again}, reverse=True)
    assert "已送出" in html
    assert "重新发送" in html


# the form and what is typed into it                              due then      what the journal says
CHANGES = [
    ("extend", {"amount": "20", "at": "2026-03-20", "approver": "李主任"}, "2026-04-28", "延期"),
    ("exclude", {"from": "2026-03-06", "to": "2026-03-18"}, "2026-04-10", "不计入期限"),
    ("restart", {"at": "2026-03-18", "reason": "补正"}, "2026-04-16", "重新起算：补正"),
    ("start", {"at": "2026-03-03", "reason": "登记错了"}, "2026-03-31", "登记错了"),
]


@pytest.mark.parametrize(("form", "typed", "due_on", "told"), CHANGES)
def test_what_a_form_enters_moves_the_date(
    form: str, typed: dict[str, str], due_on: str, told: str
) -> None:
    office, person, id_ = applied()
    answer = act(person, id_, form, **typed)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"/obligations/{id_}?said={form}"
    assert 'role="status"' in read(person, answer.headers["location"])
    row = office.get(f"/obligations/{id_}")
    assert row["due_on"] == due_on
    assert any(told in one["text"] and one["by"] == "张三" for one in row["journal"])


def test_entries_are_corrected_and_voided_where_they_stand() -> None:
    office, person, id_ = applied()
    act(person, id_, "exclude", **{"from": "2026-03-06", "to": "2026-03-17"})
    html = read(person, f"/obligations/{id_}")
    (entry,) = office.get(f"/obligations/{id_}")["clock"]
    number = entry["id"]
    assert field(html, f"correct{number}-to") == "2026-03-17"
    typed = {"from": "2026-03-06", "to": "2026-03-18", "reason": "晚一天", "entry": number}
    assert act(person, id_, "correct", **typed).status_code == 303
    assert office.get(f"/obligations/{id_}")["due_on"] == "2026-04-10"
    html = read(person, f"/obligations/{id_}")
    assert f'id="correct{number}-to"' not in html
    assert "，不再计算" in html
    later = office.get(f"/obligations/{id_}")["clock"][-1]["id"]
    assert act(person, id_, "void", entry=later, reason="没有征求").status_code == 303
    assert office.get(f"/obligations/{id_}")["due_on"] == "2026-03-30"
    html = read(person, f"/obligations/{id_}")
    assert f"作废：记录 {later}" in html
    assert "更正记录" not in html.partition('<h2 id="journal">')[0].replace("（更正记录", "")


def test_done_reopened_waived_and_signed() -> None:
    office, person, id_ = applied()
    act(person, id_, "complete", day="2026-03-23", time="16:30", evidence="https://a.gov.cn/x")
    row = office.get(f"/obligations/{id_}")
    assert (row["status"], row["closed_at"]) == ("done", "2026-03-23T16:30:00+08:00")
    html = read(person, f"/obligations/{id_}?said=complete")
    assert "已办结。" in html
    assert '<a href="https://a.gov.cn/x" rel="noreferrer noopener">' in html
    assert "登记延期" not in html
    assert act(person, id_, "reopen", reason="误点").status_code == 303
    act(person, id_, "acknowledge", until="2026-03-26")
    told = office.get(f"/obligations/{id_}")["acknowledged"]
    assert (told["by"], told["via"], told["until"]) == ("张三", "page", "2026-03-26")
    act(person, id_, "waive", reason="申请人撤回")
    assert office.get(f"/obligations/{id_}")["status"] == "waived"
    assert "免除：申请人撤回" in read(person, f"/obligations/{id_}")


def test_today_without_a_time_is_now_and_the_events_own_day_is_not_before_it(
    office: Office,
) -> None:
    office, person, id_ = applied()
    act(person, id_, "complete", day="2026-03-24")
    assert office.get(f"/obligations/{id_}")["closed_at"] == "2026-03-24T10:00:00+08:00"


SECOND_CLICKS: list[dict[str, str]] = [
    {"day": "2026-03-24", "evidence": "已答复"},
    {"day": "2026-03-23"},
    {"day": "2026-03-23", "time": "16:30", "evidence": "https://a.gov.cn/x"},
]


@pytest.mark.parametrize("typed", SECOND_CLICKS)
def test_a_second_click_finds_it_done_and_another_change_is_refused(typed: dict[str, str]) -> None:
    office, person, id_ = applied()
    assert act(person, id_, "complete", **typed).status_code == 303
    done = office.everything()
    office.at("2026-03-24 10:01")
    again = act(person, id_, "complete", **typed)
    assert (again.status_code, again.headers["location"]) == (
        303,
        f"/obligations/{id_}?said=complete",
    )
    changes = (
        {"evidence": "另一份"},
        {"day": "2026-03-20"},
        {"day": "2026-03-24", "time": "09:00"},
    )
    for change in changes:
        answer = act(person, id_, "complete", **(typed | change))
        assert "已办结，不能再改" in fault(answer.text)
        assert answer.status_code == 409
    assert act(person, id_, "waive", reason="误点").status_code == 409
    rows = office.everything()
    assert (rows["obligation"], rows["journal"]) == (done["obligation"], done["journal"])


def test_what_somebody_else_completed_is_refused() -> None:
    office, person, id_ = applied()
    office.post(f"/obligations/{id_}/events", {"type": "complete", "by": "李四"})
    assert act(person, id_, "complete", day="2026-03-24").status_code == 409


def test_a_late_completion_says_how_late_it_is() -> None:
    office, person, id_ = applied()
    assert office.get(f"/obligations/{id_}")["due_on"] == "2026-03-30"
    office.at("2026-04-02 10:00")
    person = office.person(Role.CLERK, "finance", "next-day")
    act(person, id_, "complete", day="2026-04-01", evidence="已答复")
    html = read(person, f"/obligations/{id_}")
    assert "逾期2天办结（2026-04-01）" in html
    assert "逾期2天办结，办结时间2026-04-01，证据：已答复" in html


# form       typed                                                   status  the sentence
REFUSED = [
    ("complete", {"day": "2026-03-25"}, 409, "办结时间不能晚于现在"),
    ("complete", {"day": "2026-03-01"}, 409, "请核对时间"),
    ("complete", {"evidence": "长" * 1001}, 422, "证据：太长"),
    ("complete", {"evidence": "正\u202e反"}, 422, "证据：写法不对"),
    (
        "extend",
        {"amount": "21", "at": "2026-03-20", "approver": "李主任"},
        409,
        "延期21个工作日超过上限",
    ),
    ("extend", {"amount": "20", "at": "2026-03-20"}, 409, "请在批准人写明批准人"),
    ("extend", {"amount": "1.5", "at": "2026-03-20"}, 422, "延长：应是大于零的整数"),
    ("extend", {"at": "2026-03-20", "approver": "李"}, 422, "延长：请写明延长多久"),
    ("exclude", {"from": "2026-03-18", "to": "2026-03-06"}, 409, "请核对起和止"),
    ("exclude", {"from": "2026-03-18"}, 422, "止：请写明日期或时刻"),
    ("restart", {"at": "2026-03-25"}, 409, "尚未到来"),
    ("restart", {"at": "18日"}, 422, "时间：应写作 2026-03-02"),
    ("restart", {"at": "2026-03-18", "clause": "x"}, 409, "依据：“x”不是规则"),
    ("waive", {}, 422, "理由：免除、恢复和更正都须写明理由"),
    ("reopen", {"reason": "误点"}, 409, "并未办结或免除"),
    ("acknowledge", {"until": "2026-03-28"}, 409, "这一天不上班"),
    ("correct", {"entry": "9", "at": "2026-03-18", "reason": "x"}, 404, ""),
    ("correct", {"entry": "x", "at": "2026-03-18", "reason": "x"}, 422, "计时记录：应是整数"),
    ("start", {"at": "2026-03-03"}, 422, "理由："),
    ("destroy", {}, 422, "表单读不懂"),
]


@pytest.mark.parametrize(("form", "typed", "status", "sentence"), REFUSED)
def test_what_is_refused_is_said_in_the_form_and_what_was_typed_stays(
    form: str, typed: dict[str, str], status: int, sentence: str
) -> None:
    office, person, id_ = applied()
    before = office.everything()
    answer = act(person, id_, form, **typed)
    assert answer.status_code == status, answer.text
    assert sentence in fault(answer.text)
    assert office.everything() == before
    shown = answer.text if status != 404 and form not in ("reopen", "correct", "destroy") else ""
    for name, value in typed.items() if shown else ():
        if name != "clause":
            assert field(shown, f"{form}-{name}") == value
            assert re.search(rf'<details class="act" open>\s*<summary>[^<]*</summary>\s*<form[^>]*>'
                             rf'\s*<input[^>]*>\s*<input type="hidden" name="form" value="{form}">',
                             shown)  # fmt: skip


def test_a_periodic_duty_has_no_clock_and_the_page_says_why(office: Office) -> None:
    id_ = office.get("/obligations", unit="finance", status="open")["items"][0]["id"]
    html = read(office.client, f"/obligations/{id_}")
    assert "不从事由起算" in html
    for title in ("重新起算</summary>", "不计入期限</summary>", "延期</summary>"):
        assert title not in html


def test_a_limit_in_hours_is_changed_by_the_minute(office: Office) -> None:
    id_ = office.disaster().json()["obligations"][0]["id"]
    person = office.person(Role.CLERK, "cyberspace")
    html = read(person, f"/obligations/{id_}")
    assert 'name="at" type="datetime-local"' in html
    assert "剩4小时30分" in html
    assert act(person, id_, "restart", at="2026-09-25T09:45", reason="升级").status_code == 303
    assert office.get(f"/obligations/{id_}")["due_at"] == "2026-09-25T14:45:00+08:00"
    office.at("2026-09-26 10:00")
    answer = act(office.client, id_, "complete", day="2026-09-25")
    assert "须写明办结的时刻" in fault(answer.text)
    act(office.client, id_, "complete", day="2026-09-25", time="20:05")
    told = office.get(f"/obligations/{id_}")["journal"][-1]["text"]
    assert told == "逾期5小时20分办结，办结时间2026-09-25 20:05"


def test_who_may_only_read_has_no_buttons_and_cannot_send_the_form() -> None:
    office, _, id_ = applied()
    reader = office.person(Role.READER, "finance", "reader")
    html = read(reader, f"/obligations/{id_}")
    assert "办理</h2>" not in html
    assert f'action="/obligations/{id_}"' not in html
    assert act(reader, id_, "waive", reason="x").status_code == 403
    assert office.get(f"/obligations/{id_}")["status"] == "open"


def test_another_units_obligation_does_not_exist() -> None:
    office, _, id_ = applied()
    other = office.person(Role.CLERK, "statistics", "other")
    assert "没有编号为" in read(other, f"/obligations/{id_}", 404)
    assert act(other, id_, "waive", reason="x").status_code == 404
    assert office.get(f"/obligations/{id_}")["status"] == "open"


def test_what_was_typed_is_text_on_the_page() -> None:
    office, person, id_ = applied()
    for evil in ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "javascript:alert(1)"):
        act(person, id_, "complete", evidence=evil)
        answer = person.get(f"/obligations/{id_}", headers={"accept": "text/html"})
        assert "<script" not in answer.text
        assert 'href="javascript' not in answer.text
        assert office.get(f"/obligations/{id_}")["evidence"] == evil
        act(person, id_, "reopen", reason=evil)
