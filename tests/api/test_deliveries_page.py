"""送达: the list, one delivery as it went out, and sending again, for those who may."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from browser import fault
from office import AGENCY, Client, Office, refusal
from sqlalchemy import event, text

from api.pages.delivery_words import rung_in_words
from engine.accounts import Role
from engine.api_tokens import Scope
from engine.channels import register
from engine.database import writing

HOSTILE = "<script>alert(1)</script>\u202e=cmd|'x'" + "长" * 10_000


@pytest.fixture
def morning(office: Office) -> Office:
    office.at("2026-09-28 09:00").tick()
    return office


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.text


def send(client: Client, path: str, status: int, **fields: str) -> str:
    """The page that follows a form: the address it leads to, or the form again."""
    answer = client.post(path, data=fields, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.headers["location"] if status == 303 else answer.text


def set_row(office: Office, id_: int, **values: object) -> None:
    settings = ", ".join(f"{name} = :{name}" for name in values)
    with office.db.begin() as connection:
        connection.execute(
            text(f"UPDATE delivery SET {settings} WHERE id = :id"), {**values, "id": id_}
        )


def listed(html: str) -> list[int]:
    return [int(id_) for id_ in re.findall(r'<tr id="d([0-9]+)">', html)]


def ids(office: Office, **query: object) -> list[int]:
    return [row["id"] for row in office.get("/deliveries", limit=200, **query)["items"]]


def test_the_list_is_that_of_the_interface_newest_first(morning: Office) -> None:
    person = morning.person(Role.OFFICE)
    found = listed(page(person, "/deliveries"))
    assert found == ids(morning)[:50]
    assert found == sorted(found, reverse=True)


def test_filters_live_in_the_address(morning: Office) -> None:
    person, all_ = morning.person(Role.OFFICE), ids(morning)
    set_row(morning, all_[0], state="rejected", reason="收件人不存在")
    with writing(morning.db) as session:  # one that is not configured any more
        register(session, {**AGENCY.channels, "mail": AGENCY.channels["console"]})
    set_row(morning, all_[1], channel="mail", planned_at="2026-09-20 01:00:00.000000")
    html = page(person, "/deliveries?state=rejected&channel=&from=&to=")
    assert listed(html) == ids(morning, state="rejected") == all_[:1]
    assert "收件人不存在" in html
    assert '<option value="rejected" selected>' in html
    days = {"from": "2026-09-20", "to": "2026-09-20"}
    assert listed(page(person, "/deliveries?from=2026-09-20&to=2026-09-20")) == all_[1:2]
    assert ids(morning, **days) == all_[1:2]
    assert all_[1] not in listed(page(person, "/deliveries?from=2026-09-21"))
    assert all_[1] in listed(page(person, "/deliveries?channel=mail"))
    assert "没有符合条件的送达记录" in page(person, "/deliveries?to=2020-01-01")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("state=lost", "结果：不是可用的值"),
        ("from=明天", "起始日期“明天”不是日期，应写作 2026-03-02"),
        ("from=2026-09-28&to=2026-09-27", "截止日期 2026-09-27 早于起始日期 2026-09-28"),
        ("channel=pager", "没有渠道“pager”"),
        ("cursor=0", "页码：应不小于 1"),
    ],
)
def test_a_filter_that_cannot_be_is_said(morning: Office, query: str, words: str) -> None:
    html = page(morning.person(Role.OFFICE), f"/deliveries?{query}", 422)
    assert words in unescape(html)
    assert listed(html) == []


def test_pages_follow_each_other_and_keep_the_filters(morning: Office) -> None:
    with morning.db.begin() as connection:
        columns = 'channel, recipient, "to", mentions, planned_at, part, parts, urgent, state, attempts, next_at, possible_duplicate, subject, body, told, repeats, reason, purpose'
        for number in range(120):
            connection.exec_driver_sql(
                f"INSERT INTO delivery (message_id, {columns}) SELECT 'copy-{number}', {columns} FROM delivery WHERE id = 1"
            )
    person, found = morning.person(Role.OFFICE), []
    path = "/deliveries?from=2026-09-28"
    while path:
        html = page(person, path)
        found += listed(html)
        older = re.search(r'<a href="([^"]+)" rel="next">', html)
        path = unescape(older[1]) if older else ""
        assert not path or "from=2026-09-28" in path
    assert found == ids(morning)
    assert "回到第一页" in html


def test_the_newest_is_the_one_that_was_planned_last(morning: Office) -> None:
    """Pages go by the instant, and within one by the number; no row is skipped or shown twice."""
    order = ids(morning)
    set_row(morning, order[-1], planned_at="2026-09-29 01:00:00.000000")
    set_row(morning, order[0], planned_at="2026-09-01 01:00:00.000000")
    expected = [order[-1], *order[1:-1], order[0]]
    found: list[int] = []
    page: dict[str, Any] = {"next": None}
    while not found or page["next"]:
        asked = {"cursor": page["next"]} if found else {}
        page = morning.get("/deliveries", limit=2, **asked)
        found += [row["id"] for row in page["items"]]
    assert found == ids(morning) == expected
    assert ids(morning, **{"from": "2026-09-29"}) == [order[-1]]
    gone = morning.client.get("/api/v1/deliveries?cursor=99999")
    assert "请从第一页看起" in refusal(gone, 404, "not_found")


@pytest.mark.parametrize("asked", [{}, {"state": "accepted"}, {"channel": "console"}])
def test_days_that_match_nothing_bound_what_is_read(morning: Office, asked: dict[str, str]) -> None:
    """The index is entered at the days and gives the rows in their order."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "FROM delivery" in statement:
            seen.append((statement, values))

    event.listen(morning.db, "before_cursor_execute", note)
    assert ids(morning, **{"from": "2020-01-01", "to": "2020-01-02", **asked}) == []
    event.remove(morning.db, "before_cursor_execute", note)
    ((statement, values),) = seen
    with morning.db.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        (step,) = [row[3] for row in plan]
    assert "planned_at>? AND planned_at<?" in step


def test_one_delivery_is_shown_as_it_went_out(morning: Office) -> None:
    id_ = ids(morning)[0]
    row = morning.get(f"/deliveries/{id_}")
    html = page(morning.person(Role.OFFICE), f"/deliveries/{id_}")
    shown = re.search(r'<pre class="body"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert shown
    assert unescape(shown[1]) == row["body"]
    assert f"{len(row['body'].encode())} 字节" in html
    for alert in alerts(morning, id_):
        assert f'href="/obligations/{alert["obligation"]}"' in html
        assert rung_in_words(alert["rung"]) in html
    (attempt,) = row["history"]
    assert f'<td data-label="字节">{attempt["bytes"]}</td>' in html
    assert '<td data-label="结果">已接收</td>' in html


def alerts(office: Office, id_: int) -> list[Any]:
    (row,) = [one for one in office.get("/deliveries", limit=200)["items"] if one["id"] == id_]
    return list(row["alerts"])


def test_each_attempt_with_code_and_words(morning: Office) -> None:
    with morning.db.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE attempt SET http_status = 200, code = '93000', detail = 'invalid webhook url', "
            "outcome = 'rejected', fault = 'config', provider = 'wecom_robot' WHERE delivery_id = 1"
        )
    html = page(morning.person(Role.OFFICE), "/deliveries/1")
    for words in ("拒收（渠道配置）", "wecom_robot", ">200<", ">93000<", "invalid webhook url"):
        assert words in html, words


def test_sent_again_with_a_reason_it_leads_to_the_new_one(morning: Office) -> None:
    person = morning.person(Role.OFFICE)
    place = send(person, "/deliveries/1", 303, reason="对方没有看到")
    new = int(re.fullmatch(r"/deliveries/([0-9]+)\?said=resent", place)[1])  # type: ignore[index]
    html = page(person, place)
    assert "已重新发送" in html
    assert '<a href="/deliveries/1">送达记录 1</a>' in html
    assert f"送达记录 {new}</a>" in page(person, "/deliveries/1")
    assert morning.get(f"/deliveries/{new}")["resend_of"] == 1
    entries = morning.get(f"/obligations/{alerts(morning, 1)[0]['obligation']}")["journal"]
    (entry,) = [one for one in entries if one["kind"] == "resend"]
    assert (entry["by"], entry["text"].endswith("：对方没有看到")) == ("张三", True)
    assert "已经在重新发送" in send(person, "/deliveries/1", 409, reason="再来")


def test_without_a_reason_nothing_is_sent_and_what_was_typed_stays(morning: Office) -> None:
    person, before = morning.person(Role.OFFICE), morning.everything()
    answer = person.post("/deliveries/1", data={"reason": " "}, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "原因：不能为空" in fault(answer)
    typed = {"from": "2026-09-28", "to": "2026-09-27", "reason": "网络<中断>"}
    html = send(person, "/deliveries", 422, **typed)
    assert "截止日期 2026-09-27 早于起始日期 2026-09-28" in html
    assert 'value="网络&lt;中断&gt;"' in html
    assert 'id="resend-from" name="from" type="date" required value="2026-09-28"' in html
    assert "请填写起始日期" in send(person, "/deliveries", 422, reason="x")
    assert morning.everything() == before


def test_of_a_time_what_did_not_arrive_is_sent_again(morning: Office) -> None:
    person, (one, other, *_) = morning.person(Role.OFFICE), ids(morning)
    for id_ in (one, other):
        set_row(morning, id_, state="failed")
    send(person, f"/deliveries/{one}", 303, reason="先发这条")
    typed = {"from": "2026-09-28", "to": "2026-09-28", "reason": "网络中断"}
    place = send(person, "/deliveries", 303, **typed, channel="")
    assert "已重新发送 1 条，1 条没有重发" in page(person, place)
    assert [morning.get(f"/deliveries/{id_}")["resend_of"] for id_ in ids(morning)[:2]] == [
        other,
        one,
    ]
    assert "script" not in page(person, "/deliveries?said=resent&resent=<script>&passed=1")


def test_who_may_not_decide_has_no_form_and_only_his_units(morning: Office) -> None:
    clerk = morning.person(Role.CLERK, "finance", "clerk")
    own = listed(page(clerk, "/deliveries"))
    assert own == [row["id"] for row in clerk.get("/api/v1/deliveries").json()["items"]]
    (hidden, *_) = [id_ for id_ in ids(morning) if id_ not in own]
    assert "没有编号为" in page(clerk, f"/deliveries/{hidden}", 404)
    for path in ("/deliveries", *(f"/deliveries/{id_}" for id_ in own[:1])):
        html = page(clerk, path)
        assert 'method="post" action="/deliveries' not in html
    before = morning.everything()
    send(clerk, "/deliveries/1", 403, reason="x")
    send(clerk, "/deliveries", 403, reason="x")
    assert morning.everything() == before


def test_the_link_that_acknowledges_is_not_shown_to_readers(morning: Office) -> None:
    set_row(morning, 1, body="查看、签收：http://10.0.0.8/m/abc.DEF-1_2\n办结后请登记")
    assert "/m/abc.DEF-1_2" in page(morning.person(Role.OFFICE), "/deliveries/1")
    html = page(morning.person(Role.READER, name="reader"), "/deliveries/1")
    assert "/m/…\n办结后请登记" in html
    assert "abc.DEF" not in html
    reading = morning.client_with(morning.token("只读", Scope.READ))
    for client in (morning.person(Role.READER, name="reader2"), reading):
        body = client.get("/api/v1/deliveries/1").json()["body"]
        assert body == "查看、签收：http://10.0.0.8/m/…\n办结后请登记"
    acting = morning.client_with(morning.token("办理", Scope.ACT))
    assert "/m/abc.DEF-1_2" in acting.get("/api/v1/deliveries/1").json()["body"]


def test_stored_text_is_shown_and_never_run(morning: Office) -> None:
    set_row(morning, 1, body=HOSTILE, subject=HOSTILE, recipient=HOSTILE, reason=HOSTILE)
    person = morning.person(Role.OFFICE)
    for path in ("/deliveries", "/deliveries/1"):
        html = page(person, path)
        assert "<script" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_what_waits_has_no_text_yet_and_cannot_be_sent_again(morning: Office) -> None:
    set_row(morning, 1, state="queued", body="", finished_at=None)
    html = page(morning.person(Role.OFFICE), "/deliveries/1")
    assert "没有正文" in html
    assert 'name="reason"' not in html
    assert "待发送" in html


def test_an_office_without_deliveries_says_so() -> None:
    office = Office(empty=True).at(f"{date(2026, 9, 28)} 09:00")
    assert "没有符合条件的送达记录" in page(office.person(Role.OFFICE), "/deliveries")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("5", "提前5个工作日"),
        ("0", "当日"),
        ("+1", "逾期1个工作日"),
        ("superior+1", "逾期1个工作日，告知上级单位"),
        ("leader+3", "逾期3个工作日，告知分管领导"),
        ("hours:start", "开始计时"),
        ("hours:1", "剩1小时"),
        ("hours:0", "时限已到"),
        ("moved", "日期变动"),
        ("something new", "something new"),
    ],
)
def test_a_rung_has_words(name: str, words: str) -> None:
    assert rung_in_words(name) == words
