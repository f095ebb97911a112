"""浙政钉 against a server that has the vendor's rules."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.channel import Addressing, Window
from notifiers.message import Fault, Message, Outcome, OutcomeKind
from notifiers.registry import build
from notifiers.zhezhengding import Zhezhengding, sign
from tests.notifiers.scripted import MESSAGE, NOW, deliver, deliver_for_real
from tests.servers.zhezhengding import KEY, SECRET, TENANT, ZhezhengdingServer

KNOWN = {"app_key": KEY, "app_secret": SECRET, "tenant_id": TENANT}
TO_ONE = replace(MESSAGE, to="2384123")


def send(
    server: ZhezhengdingServer, *messages: Message, now: datetime = NOW, **more: Any
) -> list[Outcome]:
    settings = {**KNOWN, "api_base": server.base, **more}
    return deliver_for_real(
        lambda client: build("zhezhengding", settings, client), *messages, now=now
    )


def test_the_person_sees_the_text_and_when_it_was_sent() -> None:
    body = '年报 a=1&b=2 100%+“引号”"完"\n今天到期'
    with ZhezhengdingServer(clock=lambda: NOW) as server:
        (outcome,) = send(server, replace(TO_ONE, body=body))
    assert (outcome.kind, outcome.provider_id) == (OutcomeKind.ACCEPTED, "z1")
    (shown,) = server.shown
    assert shown.account == "2384123"
    assert shown.content == f"{body}\n发送时间：2026-11-23 09:00"


def test_the_same_reminder_on_five_days_and_twice_a_day_is_never_the_same_content() -> None:
    now = NOW
    hours = [timedelta(hours=turn * 12) for turn in range(10)]
    with ZhezhengdingServer(clock=lambda: now) as server:
        for turn, hour in enumerate(hours):
            now = NOW + hour
            send(server, replace(TO_ONE, id=f"d-{turn}"), now=now)
    assert server.refused == []
    assert len({one.content for one in server.shown}) == 10


def test_a_message_sent_again_because_the_answer_was_lost_is_seen_once() -> None:
    with ZhezhengdingServer(clock=lambda: NOW) as server:
        server.fail_next("reset_after_accept")
        (lost,) = send(server, TO_ONE)
        again = replace(TO_ONE, possible_duplicate=True)
        (second,) = send(server, again, now=NOW + timedelta(minutes=2))
    assert (lost.kind, second.kind) == (OutcomeKind.UNKNOWN, OutcomeKind.ACCEPTED)
    assert server.refused == ["业务消息重复"]
    assert len(server.shown) == 1


def test_new_messages_of_equal_content_in_one_minute_are_told_apart_a_minute_later() -> None:
    now = NOW
    with ZhezhengdingServer(clock=lambda: now) as server:
        first, second = send(server, TO_ONE, replace(TO_ONE, id="d-0002"))
        assert second.retry_after == timedelta(seconds=60)
        now = NOW + timedelta(seconds=60)
        (third,) = send(server, replace(TO_ONE, id="d-0002"), now=now)
    assert [one.kind for one in (first, second, third)] == [
        OutcomeKind.ACCEPTED,
        OutcomeKind.RETRY,
        OutcomeKind.ACCEPTED,
    ]


@pytest.mark.parametrize("to", ["", "1,2", "张三", "1 2"])
def test_who_is_not_one_account_is_refused_before_any_request(to: str) -> None:
    with ZhezhengdingServer() as server:
        (outcome,) = send(server, replace(MESSAGE, to=to))
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.RECIPIENT)
    assert server.shown == []


def test_a_wrong_secret_is_a_fault_of_the_configuration() -> None:
    with ZhezhengdingServer() as server:
        (outcome,) = send(server, TO_ONE, app_secret="canary-wrong")
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "403",
    )
    assert "app_secret" in outcome.advice
    assert "canary" not in repr(outcome)


def test_an_answer_whose_inside_says_no_is_not_accepted() -> None:
    with ZhezhengdingServer() as server:
        server.fail_next("inner")
        (outcome,) = send(server, TO_ONE)
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.detail == "no"


@pytest.mark.parametrize("fault", ["html", "deny", "status:500", "reset_after_accept"])
def test_a_fault_on_the_way_is_unknown(fault: str) -> None:
    with ZhezhengdingServer() as server:
        server.fail_next(fault)
        (outcome,) = send(server, TO_ONE)
    assert outcome.kind is OutcomeKind.UNKNOWN


def test_what_is_signed_is_not_encoded_and_sorted_by_name() -> None:
    # As computed by openssl.
    signature = sign("secret", "2026-11-23T09:00:00.000+08:00", "1", {"b": "二 &", "a": "1"})
    assert signature == "qRBPAwgBC/PjxnIiitlL9jtub/jC/NWTcG8Fsglyw0A="


TEXTS = st.text(st.sampled_from('期\n"\\\t😀a'), max_size=2100)


@given(TEXTS)
def test_every_msg_is_within_its_bytes_and_ends_with_its_time(body: str) -> None:
    content = content_of(body)
    assert content.endswith("\n发送时间：2026-11-23 09:00")


def test_a_text_within_the_limit_is_whole_and_a_longer_one_loses_its_end_only() -> None:
    fits = "期限提醒\n" + "期" * 580
    assert len(fits.encode()) <= Zhezhengding.limit
    assert content_of(fits).startswith(fits + "\n")
    longer = "单位：财政局\n" + "依据" * 400
    first = content_of(longer).partition("…")[0]
    assert longer.startswith(first)
    assert len(first.encode()) > 1900


def content_of(body: str) -> str:
    seen: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(parse_qsl(request.content.decode(), keep_blank_values=True)))
        return httpx.Response(200, json={"success": True})

    message = replace(TO_ONE, body=body)
    deliver(lambda client: build("zhezhengding", KNOWN, client), answer, message)
    assert len(seen[0]["msg"].encode()) <= 2048
    content: str = json.loads(seen[0]["msg"])["text"]["content"]
    return content


def test_the_engine_learns_the_channels_limits() -> None:
    client = httpx.AsyncClient()
    person = Zhezhengding.from_settings(KNOWN, client)
    group = Zhezhengding.from_settings({**KNOWN, "users": ["1"]}, client)
    assert (person.addressing, group.addressing) == (Addressing.PERSON, Addressing.PERSON)
    assert (person.users, group.users) == ((), ("1",))
    assert person.windows == (Window(100, timedelta(days=1), each=True),)
    assert person.duplicate_safe
    assert "canary" not in repr(person) + person.credential
