"""待办: filters in the address, pages that stay right, several completed at once or none."""

import re
from typing import Any

import pytest
from office import Client, Office
from pages import fault, field, read, rows, send
from sqlalchemy import insert

from api.pages.obligations import COUNTED
from engine.accounts import Role
from engine.database import writing
from engine.obligations import Obligation
from tests.builders import build_obligation


def clerk(office: Office, role: Role = Role.CLERK) -> Client:
    return office.person(role, "finance", f"{role.value}-finance")


def listed(office: Office, **query: Any) -> list[int]:
    return [row["id"] for row in office.get("/obligations", **query)["items"]]


def following(html: str) -> str:
    found = re.search(r'<a href="([^"]+)" rel="next">', html)
    return found[1] if found else ""


FINANCE = "guangyuan-2017-02"


@pytest.mark.parametrize(
    ("page", "api"),
    [
        ("", {"status": "open"}),
        ("?status=all", {}),
        ("?status=overdue", {"status": "overdue"}),
        ("?status=upcoming&unit=finance", {"status": "upcoming", "unit": "finance"}),
        ("?unit=&status=open&document=&rule=&due_from=&within=&q=", {"status": "open"}),
        (f"?rule={FINANCE}&status=all", {"rule": FINANCE}),
        ("?document=guangyuan-2017", {"document": "guangyuan-2017", "status": "open"}),
        (
            "?due_from=2026-09-01&due_to=2026-09-30",
            {"due_from": "2026-09-01", "due_to": "2026-09-30", "status": "open"},
        ),
        ("?within=10wd", {"within": "10wd", "status": "open"}),
        ("?q=财政收支", {"q": "财政收支", "status": "open"}),
        ("?q=財政 收支", {"q": "财政收支", "status": "open"}),
    ],
)
def test_the_page_lists_what_the_api_lists(office: Office, page: str, api: dict[str, Any]) -> None:
    ids = listed(office, **api)
    assert ids
    assert rows(read(office.client, f"/obligations{page}")) == ids


def test_what_is_upcoming_or_overdue_is_all_that_is_open(office: Office) -> None:
    of_unit = {"unit": "finance", "limit": 200}
    late, coming = (listed(office, status=one, **of_unit) for one in ("overdue", "upcoming"))
    assert late + coming == listed(office, status="open", **of_unit)
    assert all(office.get(f"/obligations/{id_}")["overdue"] for id_ in late)


def test_words_are_looked_for_in_quote_title_and_number(office: Office) -> None:
    for words in ("财政收支执行", "广元市2017年政务公开工作要点 财政"):
        assert {row["rule"] for row in office.get("/obligations", q=words)["items"]} == {FINANCE}
    catalogue, due = office.agency.catalogue, {"due_to": "2026-06-30", "limit": 200}
    for words in ("公布", "公开"):  # of few rules, and of many
        rules = {
            rule.id
            for rule in catalogue.rules.values()
            if words in rule.quote + rule.document.title
        }
        whole = office.get("/obligations", **due)["items"]
        wanted = [row["id"] for row in whole if row["rule"] in rules]
        assert listed(office, q=words, **due) == wanted
    assert listed(office, q="没有这样的字") == []
    assert "没有符合的事项" in read(office.client, "/obligations?q=没有这样的字")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=late", "状态："),
        ("unit=nobody", "单位：没有“nobody”"),
        ("document=x", "文件：没有“x”"),
        ("rule=<script>", "规则：没有“<script>”"),
        ("due_from=2026-13-01", "到期日起“2026-13-01”不是日期"),
        ("due_to=tomorrow", "到期日止“tomorrow”不是日期"),
        ("within=soon", "今后："),
        ("cursor=2026-02-30.1", "翻页：应原样使用"),
        ("limit=0", "每页："),
        ("colour=red", "不认识这一项"),
        (f"q={'长' * 101}", "事项：太长"),
    ],
)
def test_a_filter_that_means_nothing_is_a_sentence_and_no_empty_list(
    office: Office, query: str, sentence: str
) -> None:
    html = read(office.client, f"/obligations?{query}", 422)
    assert sentence in fault(html)
    assert rows(html) == []
    assert "没有符合的事项" not in html


def test_pages_stay_right_while_rows_change(office: Office) -> None:
    whole = listed(office, status="open", limit=200)
    first = read(office.client, "/obligations?limit=10")
    assert rows(first) == whole[:10]
    for id_ in (whole[2], whole[12]):
        office.post(f"/obligations/{id_}/events", {"type": "complete"})
    second = read(office.client, following(first))
    assert rows(second) == [*whole[10:12], *whole[13:21]]
    assert "回到第一页" in second
    assert following(read(office.client, "/obligations?unit=finance&limit=200")) == ""


def test_the_pages_of_all_states_hold_each_row_once(office: Office) -> None:
    whole = listed(office, limit=200)
    for id_ in whole[::3]:
        office.post(f"/obligations/{id_}/events", {"type": "complete"})
    path, found = "/obligations?status=all&limit=30&due_to=2026-09-30", []
    while path:
        html = read(office.client, path)
        found += rows(html)
        path = following(html)
    assert found == listed(office, due_to="2026-09-30", limit=200)
    assert len(found) == len(set(found)) > 60


def test_a_clerk_sees_his_units_and_a_reader_no_buttons(office: Office) -> None:
    own = listed(office, unit="finance", status="open", limit=200)
    html = read(clerk(office), "/obligations?limit=200")
    assert rows(html) == own
    assert "统计局" not in html
    assert html.count('type="checkbox"') == len(own)
    assert "办结所选" not in read(clerk(office, Role.READER), "/obligations")
    read(clerk(office, Role.OFFICE), "/obligations?unit=statistics", 404)


def test_beyond_ten_thousand_nobody_counts(office: Office) -> None:
    row = build_obligation().model_dump(exclude={"id"})
    many = [{**row, "occurrence": f"{number}"} for number in range(COUNTED)]
    assert "项以上" not in read(office.client, "/obligations")
    with writing(office.db) as session:
        session.execute(insert(Obligation), many)
    assert f"{COUNTED} 项以上" in read(office.client, "/obligations")


def test_several_are_completed_at_once_each_with_its_journal(office: Office) -> None:
    ids = listed(office, unit="finance", status="open")[:3]
    back = "unit=finance&limit=5"
    answer = send(
        clerk(office),
        "/obligations",
        id=ids,
        day="2026-09-24",
        evidence="https://example.gov.cn/1",
        back=back,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/obligations?{back}&said=completed&number=3"
    assert "已办结 3 项。" in read(office.client, answer.headers["location"])
    for id_ in ids:
        row = office.get(f"/obligations/{id_}")
        assert (row["status"], row["closed_by"]) == ("done", "张三")
        assert row["closed_at"] == "2026-09-24T00:00:00+08:00"
        told = "办结，办结时间2026-09-24，证据：https://example.gov.cn/1"
        assert row["journal"][-1]["text"].endswith(told)


def test_the_form_of_the_page_carries_its_token(office: Office) -> None:
    person, ids = clerk(office), listed(office, unit="finance", status="open")[:1]
    token = re.findall(r'name="csrf" value="([0-9a-f]{64})"', read(person, "/obligations"))[-1]
    bare = Client(office.app, {k: v for k, v in person.headers.items() if k != "x-csrf-token"})
    assert send(bare, "/obligations", id=ids).status_code == 403
    assert send(bare, "/obligations", id=ids, csrf=token).status_code == 303


def test_all_or_nothing_with_a_sentence_that_names_what_failed(office: Office) -> None:
    ids = listed(office, unit="finance", status="open")[:3]
    office.post(f"/obligations/{ids[1]}/events", {"type": "complete"})
    person, before = clerk(office), office.everything()
    answer = send(person, "/obligations", id=ids, evidence="<b>公开</b>", back="unit=finance")
    assert answer.status_code == 409
    assert "<b>公开" not in answer.text
    told = fault(answer.text)
    assert told.startswith("1项不能办结，所选的都没有办结：“")
    assert f"待办事项 {ids[1]} 已办结" in told
    assert 'value="&lt;b&gt;公开&lt;/b&gt;"' in answer.text
    for id_ in (ids[0], ids[2]):
        assert re.search(rf'value="{id_}" id="t{id_}"[^>]* checked', answer.text)
    assert office.everything() == before


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({}, 422, "没有勾选任何事项"),
        ({"id": ["x"]}, 422, "勾选的事项读不懂"),
        ({"id": ["9" * 30]}, 422, "勾选的事项读不懂"),
        ({"id": [str(n) for n in range(201)]}, 422, "至多200项"),
        ({"day": "2026-09-26"}, 409, "办结时间不能晚于现在"),
        ({"day": "昨天"}, 422, "时间：应写作 2026-03-02"),
        ({"day": "2026-09-31"}, 422, "时间“2026-09-31”不是日期"),
        ({"time": "25:00"}, 422, "不是日期或时刻"),
        ({"evidence": "长" * 1001}, 422, "证据：太长"),
        ({"evidence": "正\u202e反"}, 422, "证据：写法不对"),
    ],
)
def test_what_does_not_suit_changes_nothing_and_what_was_typed_stays(
    office: Office, form: dict[str, Any], status: int, sentence: str
) -> None:
    given = {"id": listed(office, unit="finance", status="open")[:1], "day": "2026-09-25", **form}
    given = form if form == {} else given
    person, before = clerk(office), office.everything()
    answer = send(person, "/obligations", **given)
    assert answer.status_code == status
    assert sentence in fault(answer.text)
    assert office.everything() == before
    assert field(answer.text, "day") == given.get("day", "2026-09-25")


def test_another_units_obligation_does_not_exist(office: Office) -> None:
    ids = [listed(office, unit=unit, status="open")[0] for unit in ("finance", "statistics")]
    person, before = clerk(office), office.everything()
    assert send(person, "/obligations", id=ids).status_code == 404
    assert send(clerk(office, Role.READER), "/obligations", id=ids[:1]).status_code == 403
    assert {**office.everything(), "account": 0, "web_session": 0} == {
        **before,
        "account": 0,
        "web_session": 0,
    }


def test_where_hours_count_a_day_is_not_enough(office: Office) -> None:
    id_ = office.disaster().json()["obligations"][0]["id"]
    office.at("2026-09-26 10:00")
    answer = send(office.client, "/obligations", id=[id_], day="2026-09-25")
    assert "须写明办结的时刻" in fault(answer.text)
    answer = send(office.client, "/obligations", id=[id_], day="2026-09-25", time="11:00")
    assert answer.status_code == 303
    assert office.get(f"/obligations/{id_}")["closed_at"] == "2026-09-25T11:00:00+08:00"
