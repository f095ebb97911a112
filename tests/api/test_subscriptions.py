"""Subscriptions: what happens to obligations is told in order, at least once, to whom it may be."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from browser import fault, signed_in, token_of
from office import CALENDAR, CONFIGURATION, NOW, Client, Office, new_token, refusal
from sqlalchemy import text

from api.app import create_app
from api.dependencies import Running
from api.subscription_rows import told_row
from engine.accounts import Role
from engine.api_tokens import Scope
from engine.courier import LEASE, Courier, Reach
from engine.database import reading, trying, writing
from engine.derivation import derive
from engine.news import KEPT, NewsType, forget, last_news
from engine.obligations import waive
from engine.retries import LAST_ATTEMPT
from engine.subscriptions import PREVIOUS_FOR, get_subscription, take
from tests.notifiers.scripted import SECRET
from tests.servers.webhook import WebhookSink

LOOPBACK = Reach.to(["127.0.0.0/8"], False)
HOUR = timedelta(hours=1)


@pytest.fixture
def office() -> Office:
    """Which may tell systems on this machine."""
    return Office(reach=LOOPBACK)


@pytest.fixture
def sink() -> Iterator[WebhookSink]:
    with WebhookSink(SECRET) as listening:
        yield listening


def subscribe(office: Office, sink: WebhookSink, **more: Any) -> Any:
    """A subscription whose secret the sink knows."""
    answer = office.post("/subscriptions", {"url": f"{sink.base}/hook", **more})
    assert answer.status_code == 201, answer.text
    sink._secret = answer.json()["secret"]
    return answer.json()


def tell(office: Office) -> int:
    return Courier(office.db, office.current, told_row, LOOPBACK, lambda: office.now).tell()


def types(sink: WebhookSink) -> list[str]:
    return [event.body["type"].removeprefix("obligation.") for event in sink.received]


def act(office: Office, id_: int, type_: str, **more: Any) -> None:
    answer = office.post(f"/obligations/{id_}/events", {"type": type_, **more})
    assert answer.status_code == 200, answer.text


def row_of(office: Office, id_: int = 1) -> Any:
    return office.get(f"/subscriptions/{id_}")


def test_all_that_happens_is_told_in_its_order(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    begun = office.disaster().json()["obligations"]
    id_ = begun[0]["id"]
    act(office, id_, "correct", at="2026-09-25T09:40", reason="时间登记有误")
    act(office, id_, "complete", evidence="网站")
    act(office, id_, "reopen", reason="材料不全")
    act(office, id_, "waive", reason="不属本单位")
    assert tell(office) == 7
    assert types(sink) == ["created"] * 2 + ["moved"] * 2 + ["done", "reopened", "waived"]
    assert len({event.id for event in sink.received}) == 7
    created, moved, waived = sink.received[0].body, sink.received[2].body, sink.received[6].body
    assert created["timestamp"] == "2026-09-25T02:00:00+00:00"
    shown = {key: value for key, value in begun[0].items() if key != "acknowledged"}
    assert created["data"] == {"obligation": shown, "previous": None}
    old = {key: shown[key] for key in ("due_on", "act_by")}
    assert {key: moved["data"]["previous"][key] for key in old} == old
    assert moved["data"]["obligation"]["due_at"] == "2026-09-25T14:40:00+08:00"
    assert waived["data"]["obligation"]["status"] == "waived"
    assert (row_of(office)["told"], row_of(office)["waiting"]) == (7, 0)
    assert tell(office) == 0


def test_what_a_savepoint_took_back_is_not_told(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    first, second = office.disaster().json()["obligations"]
    act(office, second["id"], "complete")
    browser = signed_in(office)
    both = {
        "id": [str(first["id"]), str(second["id"])],
        "csrf": token_of(browser.get("/obligations")),
    }
    refused = browser.post("/obligations", both, origin=browser.base)
    assert "不能办结，所选的都没有办结" in fault(refused)
    tell(office)
    assert types(sink) == ["created", "created", "done"]
    assert sink.received[2].body["data"]["obligation"]["id"] == second["id"]


def test_what_becomes_late_is_told_once(office: Office, sink: WebhookSink) -> None:
    assert office.get("/obligations", status="overdue", limit=1)["items"]  # which is no news
    subscribe(office, sink)
    begun = office.disaster("2026-09-25T09:30").json()["obligations"]
    office.at("2026-09-25 14:30").tick()
    office.at("2026-09-25 14:31").tick()
    office.at("2026-09-25 14:32").tick()
    tell(office)
    late = [event.body["data"]["obligation"] for event in sink.received][2:]
    assert types(sink) == ["created", "created", "late"]
    assert (late[0]["id"], late[0]["overdue"]) == (begun[0]["id"], True)
    act(office, begun[0]["id"], "complete")
    act(office, begun[0]["id"], "reopen", reason="材料不全")
    office.tick()
    tell(office)
    assert types(sink)[3:] == ["done", "reopened", "late"]


def test_only_what_it_asked_for_is_told(office: Office, sink: WebhookSink) -> None:
    subscribe(
        office, sink, events=["obligation.done"], unit="cyberspace", document="guangyuan-2017"
    )
    begun = office.disaster().json()["obligations"]
    act(office, 1, "complete")  # another unit's
    act(office, begun[0]["id"], "complete")
    tell(office)
    assert types(sink) == ["done"]
    assert row_of(office)["waiting"] == 0


def test_a_unit_is_told_of_those_below_it(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink, unit="gov-office")
    act(office, 1, "complete")
    assert tell(office) == 1


def test_what_failed_comes_again_under_its_id_before_all_that_came_after_it(
    office: Office, sink: WebhookSink
) -> None:
    subscribe(office, sink)
    act(office, 1, "complete")
    act(office, 2, "complete")
    sink.fail_next("reset_after_accept", "status:500")
    assert tell(office) == 0
    assert tell(office) == 0  # not before its time
    row = row_of(office)
    assert (row["failures"], row["waiting"]) == (1, 2)
    assert "没有等到回应" in row["reason"]
    office.now += HOUR
    assert tell(office) == 0  # 500
    office.now += HOUR
    assert tell(office) == 2
    assert [e.body["data"]["obligation"]["id"] for e in sink.received] == [1, 2]
    assert [e.id for e in sink.repeated] == [sink.received[0].id]
    assert (row_of(office)["failures"], row_of(office)["reason"]) == (0, None)


def test_who_is_gone_is_disabled_and_told_the_rest_when_enabled(
    office: Office, sink: WebhookSink
) -> None:
    subscribe(office, sink)
    act(office, 1, "complete")
    sink.fail_next("status:410")
    tell(office)
    assert "已停用" in row_of(office)["disabled_reason"]
    act(office, 2, "complete")
    office.now += HOUR
    assert tell(office) == 0
    enabled = office.post("/subscriptions/1/enable", {}).json()
    assert (enabled["disabled_at"], enabled["waiting"]) == (None, 2)
    assert tell(office) == 2
    assert office.post("/subscriptions/1/disable", {"reason": "检修"}).json()["disabled_at"]
    act(office, 3, "complete")
    assert office.post("/subscriptions/1/enable", {"skip": True}).json()["waiting"] == 0


def test_who_does_not_answer_for_two_days_is_disabled(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    act(office, 1, "complete")
    for number in range(LAST_ATTEMPT):
        assert row_of(office)["disabled_at"] is None, number
        sink.fail_next("status:404")
        assert tell(office) == 0
        office.now += 9 * HOUR
    assert "没有这个地址" in row_of(office)["disabled_reason"]


def test_what_is_taken_back_or_asked_for_by_nobody_is_no_news(
    office: Office, sink: WebhookSink
) -> None:
    act(office, 1, "complete")
    assert office.everything()["news"] == []
    subscribe(office, sink)
    with trying(office.db) as session:
        waive(session, 2, by="王莉", reason="x", now=office.now)
        session.flush()
    assert office.everything()["news"] == []
    assert office.post("/subscriptions/1/remove", {}).status_code == 200
    act(office, 3, "complete")
    assert office.everything()["news"] == []


def test_ids_are_not_used_again_when_old_news_is_gone(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    act(office, 1, "complete")
    assert tell(office) == 1
    office.now += KEPT + HOUR
    with writing(office.db) as session:
        forget(session, office.now)
        assert last_news(session) == 0
    act(office, 2, "complete")
    assert tell(office) == 1


def test_while_one_sends_no_other_does_and_a_dead_one_is_succeeded(
    office: Office, sink: WebhookSink
) -> None:
    subscribe(office, sink)
    act(office, 1, "complete")
    with writing(office.db) as session:
        assert take(session, 1, office.now, office.now + LEASE)
    assert tell(office) == 0
    office.now += LEASE
    assert tell(office) == 1


def test_the_secret_is_shown_once_and_the_one_before_it_signs_for_a_week(
    office: Office, sink: WebhookSink
) -> None:
    old = subscribe(office, sink)["secret"]
    new = office.post("/subscriptions/1/secret", {}).json()["secret"]
    assert new != old
    assert "secret" not in row_of(office)
    with reading(office.db) as session:
        row = get_subscription(session, 1)
    assert row.secrets(office.now) == [new, old]
    assert row.secrets(office.now + PREVIOUS_FOR) == [new]
    act(office, 1, "complete")
    assert tell(office) == 1  # the sink knows the old one


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"url": "http://10.0.0.8/x"}, "subscription_refused", "是明文的 http"),
        ({"url": "https://10.0.0.8/x"}, "subscription_refused", "请管理员在配置的 [subscriptions]"),
        ({"url": "https://169.254.169.254/"}, "subscription_refused", "保留地址"),
        ({"url": "ftp://x.example.gov.cn"}, "subscription_refused", "应以 https:// 开头"),
        ({"url": "https://a:b@x.example.gov.cn"}, "subscription_refused", "用户名或口令"),
        ({"url": "https://x.example.gov.cn", "unit": "nobody"}, "invalid_request", "unit：没有"),
        ({"url": "https://x.example.gov.cn", "document": "x"}, "invalid_request", "document：没有"),
        ({"url": "https://x.example.gov.cn", "events": []}, "invalid_request", "events"),
        ({"url": "https://x.example.gov.cn", "events": ["x"]}, "invalid_request", "events"),
    ],
)
def test_what_cannot_be_told_is_refused(
    office: Office, body: dict[str, Any], code: str, words: str
) -> None:
    assert words in refusal(office.post("/subscriptions", body), 422, code)
    assert office.everything()["subscription"] == []


def test_a_name_that_leads_into_the_intranet_is_not_connected(sink: WebhookSink) -> None:
    office = Office()
    body = {"url": "https://oa.example.gov.cn/hook"}
    assert office.post("/subscriptions", body).status_code == 201
    with office.db.begin() as connection:
        connection.execute(text(f"UPDATE subscription SET url = '{sink.base}/hook'"))
    tried = office.post("/subscriptions/1/test", {}).json()
    assert (tried["accepted"], tried["http_status"]) == (False, None)
    assert "没有连接" in tried["advice"]
    assert sink.received == []


def test_a_test_event_is_sent_now_and_changes_nothing(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    before = office.everything()
    assert office.post("/subscriptions/1/test", {}).json()["accepted"] is True
    (event,) = sink.received
    assert (event.body["type"], event.body["data"]) == ("qixian.test", {"subscription": 1})
    assert office.everything() == before


def test_a_test_event_is_sent_once_under_its_key(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    keyed = {"idempotency-key": "k-1"}
    answers = [
        office.client.post("/api/v1/subscriptions/1/test", json={}, headers=keyed) for _ in "ab"
    ]
    assert answers[0].json()["accepted"] is True
    assert answers[0].content == answers[1].content
    assert len(sink.received) == 1


def test_a_subscription_whose_unit_or_document_is_gone_says_what_to_do(office: Office) -> None:
    url = {"url": "https://oa.example.gov.cn/hooks"}
    for more in ({"unit": "finance"}, {"document": "gbf-2016-80"}, {}):
        assert office.post("/subscriptions", url | more).json()["silent"] is None
    with office.db.begin() as connection:  # as of a configuration that has them no more
        connection.execute(text("UPDATE subscription SET unit = 'was-removed' WHERE id = 1"))
        connection.execute(text("UPDATE subscription SET document = 'w-2025' WHERE id = 2"))
    told = [row["silent"] for row in office.get("/subscriptions")["items"]]
    assert told == [
        "单位 was-removed 已经撤销，不会再有事件；请改为别的（POST /api/v1/subscriptions/1），或者删去",
        "文件 w-2025 已不在目录中，不会再有事件；请改为别的（POST /api/v1/subscriptions/2），或者删去",
        None,
    ]
    page = signed_in(office, Role.ADMINISTRATOR).get("/system").text
    assert all(f"{id_} 号：{why}" in page for id_, why in enumerate(told[:2], 1))
    assert "3 号" not in page
    assert "unit：没有" in refusal(office.post("/subscriptions/1", url), 422, "invalid_request")
    changed = office.post("/subscriptions/1", {"unit": "education"}).json()
    assert changed["silent"] is None


def test_the_last_that_an_ended_unit_is_told_is_what_became_of_its_own(
    office: Office, sink: WebhookSink
) -> None:
    why = {"reason": "机构撤并"}
    unit = {"id": "archive", "name": "广元市档案馆", **why}
    duty = {"rule": "guangyuan-2017-02", "unit": "archive", "from": "2026-12-01", **why}
    assert office.post("/units", unit).status_code == 201
    subscribe(office, sink, unit="archive")
    assert office.post("/duties", duty).status_code == 201
    assert office.post("/units/archive/end", why | {"apply": True}).status_code == 201
    tell(office)
    assert set(types(sink)) == {"created", "waived"}
    assert types(sink).count("created") == types(sink).count("waived")


def test_who_sees_some_units_subscribes_to_those(office: Office, sink: WebhookSink) -> None:
    subscribe(office, sink)
    there = office.client_with(office.token("财政", Scope.ADMIN, "finance"))
    url = "https://x.example.gov.cn"
    assert there.get("/api/v1/subscriptions").json() == {"items": []}
    refusal(there.get("/api/v1/subscriptions/1"), 404, "not_found")
    refusal(there.post("/api/v1/subscriptions/1/remove", json={}), 403, "forbidden")
    refusal(there.post("/api/v1/subscriptions", json={"url": url}), 403, "forbidden")
    other = {"url": url, "unit": "education"}
    refusal(there.post("/api/v1/subscriptions", json=other), 403, "forbidden")
    own = there.post("/api/v1/subscriptions", json={"url": url, "unit": "finance"})
    assert own.status_code == 201


def test_who_did_what_stands_in_the_log(office: Office, sink: WebhookSink) -> None:
    person = office.person(Role.ADMINISTRATOR)
    body = {"url": f"{sink.base}/hook"}
    assert person.post("/api/v1/subscriptions", json=body).status_code == 201
    assert person.post("/api/v1/subscriptions/1/disable", json={}).status_code == 200
    with office.db.connect() as connection:
        found = connection.execute(text("SELECT kind, name, by FROM access ORDER BY id")).all()
    assert [tuple(row) for row in found[-2:]] == [
        ("subscription_added", "订阅 1", "张三"),
        ("subscription_disabled", "订阅 1", "张三"),
    ]


def test_two_couriers_on_either_database_tell_all_of_it_in_order(
    anywhere: Running, sink: WebhookSink
) -> None:
    """What is derived, and what one person does after it; two processes look at the same time."""
    running = replace(anywhere, configuration=replace(CONFIGURATION, reach=LOOPBACK))
    db = running.db
    client = Client(
        create_app(running, lambda: NOW, 10_000),
        {"authorization": f"Bearer {new_token(db, running.current.agency(), NOW)}"},
    )
    answer = client.post("/api/v1/subscriptions", json={"url": f"{sink.base}/hook"})
    assert answer.status_code == 201, answer.text
    sink._secret = answer.json()["secret"]
    with writing(db) as session:
        derive(session, running.current.agency(), CALENDAR, NOW + timedelta(days=60))
    done = {"type": "complete"}
    assert client.post("/api/v1/obligations/1/events", json=done).status_code == 200
    with reading(db) as session:
        told = last_news(session)
    assert told > 5

    async def both() -> list[int]:
        one = Courier(db, running.current, told_row, LOOPBACK, lambda: NOW)
        return await asyncio.gather(*(asyncio.to_thread(one.tell) for _ in range(2)))

    assert sum(asyncio.run(both())) == told
    assert [types(sink)[0], types(sink)[-1]] == ["created", "done"]
    assert len(sink.received) == told
    assert sink.repeated == []
    assert {event.body["type"] for event in sink.received} <= set(NewsType)
