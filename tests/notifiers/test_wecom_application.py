"""The application against a server that has the vendor's rules."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from notifiers.channel import Addressing, Window
from notifiers.http_client import open_client
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.registry import build
from notifiers.wecom_application import WecomApplication
from tests.notifiers.scripted import MESSAGE, NOW, deliver_for_real
from tests.servers.wecom_application import AGENT, CORP, SECRET, WecomApplicationServer

TO_ZHANG = replace(MESSAGE, to="zhang")
GETTOKEN, SEND = "/cgi-bin/gettoken", "/cgi-bin/message/send"
LINK = "https://qixian.agency.gov.cn/"


def settings_for(server: WecomApplicationServer, **more: Any) -> dict[str, Any]:
    known = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT, "api_base": server.base}
    return {**known, **more}


def send(server: WecomApplicationServer, *messages: Message, **more: Any) -> list[Outcome]:
    settings = settings_for(server, **more)
    return deliver_for_real(lambda client: build("wecom_application", settings, client), *messages)


def send_at(server: WecomApplicationServer, *moments: datetime, at_once: bool = False) -> Any:
    """The same message by one channel at several instants, one after the other or at once."""

    async def attempts() -> list[Outcome]:
        async with open_client() as client:
            channel = build("wecom_application", settings_for(server), client)
            sends = [channel.send(TO_ZHANG, moment) for moment in moments]
            return await asyncio.gather(*sends) if at_once else [await one for one in sends]

    return asyncio.run(attempts())


def test_the_person_sees_the_text_and_the_message_has_its_id() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        (outcome,) = send(server, TO_ZHANG)
    assert (outcome.kind, outcome.code, outcome.provider_id) == (OutcomeKind.ACCEPTED, "0", "m1")
    assert (outcome.provider, outcome.http_status) == ("wecom_application", 200)
    (shown,) = server.shown
    assert shown.user == "zhang"
    assert shown.body == {
        "touser": "zhang",
        "agentid": AGENT,
        "msgtype": "text",
        "text": {"content": MESSAGE.body},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 1800,
    }


def test_one_token_serves_many_messages_that_come_at_once() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        outcomes = send_at(server, *[NOW] * 12, at_once=True)
    assert {one.kind for one in outcomes} == {OutcomeKind.ACCEPTED}
    assert server.asked == {GETTOKEN: 1, SEND: 12}


def test_the_token_is_renewed_before_it_ends() -> None:
    now = NOW
    with WecomApplicationServer(clock=lambda: now) as server:
        send_at(server, NOW, NOW + timedelta(seconds=6899))
        assert server.asked[GETTOKEN] == 1
        send_at(server, NOW, NOW + timedelta(seconds=6900))
    assert server.asked[GETTOKEN] == 3


@pytest.mark.parametrize("code", ["40001", "40014", "42001"])
def test_a_token_that_is_not_taken_is_fetched_once_more_and_the_call_repeated(code: str) -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        server.fail_next("", f"errcode:{code}")
        (outcome,) = send(server, TO_ZHANG)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(server.tokens) == 2
    assert [one.user for one in server.shown] == ["zhang"]


def test_a_token_that_is_never_taken_is_a_fault_of_the_configuration() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        server.fail_next("", "errcode:42001", "", "errcode:40014")
        (outcome,) = send(server, TO_ZHANG)
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "40014",
    )
    assert server.asked == {GETTOKEN: 2}  # the others were canned
    assert server.shown == []


def test_a_token_that_ends_early_does_not_cost_a_message() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:

        async def attempts() -> list[Outcome]:
            async with open_client() as client:
                channel = build("wecom_application", settings_for(server), client)
                first = await channel.send(TO_ZHANG, NOW)
                server.tokens.append("the one that is good now")
                return [first, await channel.send(replace(TO_ZHANG, body="第二条"), NOW)]

        outcomes = asyncio.run(attempts())
    assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED] * 2
    assert len(server.shown) == 2


def test_a_wrong_secret_is_asked_about_once_because_wecom_blocks_who_asks_again() -> None:
    with WecomApplicationServer() as server:
        (outcome,) = send(server, TO_ZHANG, secret="canary-wrong")
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "40001",
    )
    assert server.asked == {GETTOKEN: 1}
    assert outcome.size == 0
    assert "secret" in outcome.advice
    assert "canary-wrong" not in repr(outcome)


@pytest.mark.parametrize("fault", ["html", "deny", "status:500", "reset_after_accept"])
def test_without_a_token_nothing_was_sent_so_it_is_a_retry(fault: str) -> None:
    with WecomApplicationServer() as server:
        server.fail_next(fault)
        (outcome,) = send(server, TO_ZHANG)
    assert (outcome.kind, outcome.size) == (OutcomeKind.RETRY, 0)
    assert "canary" not in repr(outcome)
    assert server.shown == []


@pytest.mark.parametrize("fault", ["html", "deny", "status:500"])
def test_a_fault_on_the_way_is_unknown(fault: str) -> None:
    with WecomApplicationServer() as server:
        server.fail_next("", fault)
        (outcome,) = send(server, TO_ZHANG)
    assert outcome.kind is OutcomeKind.UNKNOWN


def test_a_message_sent_again_because_the_answer_was_lost_is_seen_once() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        server.fail_next("", "reset_after_accept")
        first, second = send(server, TO_ZHANG, TO_ZHANG)
    assert (first.kind, second.kind) == (OutcomeKind.UNKNOWN, OutcomeKind.ACCEPTED)
    assert len(server.bodies) == 2
    assert len(server.shown) == 1


def test_who_is_unknown_is_rejected_and_the_others_get_theirs() -> None:
    three = [replace(MESSAGE, to=user) for user in ("zhang", "Wang", "li")]
    with WecomApplicationServer() as server:
        outcomes = send(server, *three, users=["zhang", "Wang", "li"])
    assert [(one.kind, one.fault) for one in outcomes] == [
        (OutcomeKind.ACCEPTED, None),
        (OutcomeKind.REJECTED, Fault.RECIPIENT),
        (OutcomeKind.ACCEPTED, None),
    ]
    assert [one.user for one in server.shown] == ["zhang", "li"]


def test_errcode_zero_that_names_the_only_recipient_as_invalid_is_not_accepted() -> None:
    body = b'{"errcode":0,"errmsg":"ok","unlicenseduser":"zhang","msgid":"m"}'

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            token = {"errcode": 0, "access_token": "t", "expires_in": 7200}
            return httpx.Response(200, json=token)
        return httpx.Response(200, content=body)

    async def attempt() -> Outcome:
        settings = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT}
        async with open_client(httpx.MockTransport(answer)) as client:
            return await build("wecom_application", settings, client).send(TO_ZHANG, NOW)

    outcome = asyncio.run(attempt())
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.RECIPIENT)
    assert outcome.detail == "invaliduser: zhang"


@pytest.mark.parametrize("to", ["", "@all", "zhang|@all", "zhang|li", "张三", "zhang li"])
def test_who_is_not_one_person_is_refused_before_any_request(to: str) -> None:
    with WecomApplicationServer() as server:
        (outcome,) = send(server, replace(MESSAGE, to=to))
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.RECIPIENT)
    assert not server.asked


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_the_limit_is_in_bytes_and_exact(format: str) -> None:
    full = replace(TO_ZHANG, body="期" * 682 + "xx")
    over = replace(full, body=full.body + "x")
    with WecomApplicationServer() as server:
        fits, refused = send(server, full, over, format=format)
    assert fits.kind is OutcomeKind.ACCEPTED
    assert (refused.kind, refused.fault) == (OutcomeKind.REJECTED, Fault.CONTENT)


def test_what_fits_a_card_is_a_card_and_what_does_not_is_text_as_a_whole() -> None:
    short = replace(TO_ZHANG, body=f"{MESSAGE.subject}\n\n1. 年报 <b>\n　期限：2026-11-23到期")
    full = replace(TO_ZHANG, body="期" * 171)  # 513 bytes
    with WecomApplicationServer() as server:
        outcomes = send(server, short, full, format="textcard", url=LINK)
    assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED] * 2
    card, text = server.bodies
    assert card["textcard"] == {
        "title": MESSAGE.subject,
        "description": "1. 年报 ＜b>　期限：2026-11-23到期".replace("　", "<br>　"),
        "url": LINK,
        "btntxt": "详情",
    }
    assert text["text"] == {"content": full.body}


def test_the_engine_learns_the_channels_limits() -> None:
    client = httpx.AsyncClient()
    known = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT}
    person = WecomApplication.from_settings(known, client)
    group = WecomApplication.from_settings(
        {**known, "users": ["zhang"], "format": "markdown"}, client
    )
    assert (person.addressing, group.addressing) == (Addressing.PERSON, Addressing.PERSON)
    assert (person.users, group.users) == ((), ("zhang",))
    assert (person.markup, group.markup) == (Markup.TEXT, Markup.MARKDOWN)
    assert person.limit == 2048
    assert person.windows == (
        Window(30, timedelta(minutes=1), each=True),
        Window(1000, timedelta(hours=1), each=True),
    )
    assert person.duplicate_safe
    assert person.credential == group.credential
    assert "canary" not in repr(person) + person.credential
