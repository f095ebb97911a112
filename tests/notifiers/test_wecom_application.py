"""The application against a server that has the vendor's rules."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from notifiers.channel import Addressing, Window
from notifiers.errors import ChannelConfigError
from notifiers.http_client import open_client
from notifiers.message import Fault, Markup, Matter, Message, Outcome, OutcomeKind
from notifiers.registry import build
from notifiers.wecom_application import WecomApplication
from tests.notifiers.scripted import MESSAGE, NOW, deliver_for_real
from tests.servers.wecom_application import (
    AES_KEY,
    AGENT,
    CALLBACK_TOKEN,
    CORP,
    SECRET,
    WecomApplicationServer,
)

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


BUTTONS: dict[str, Any] = {
    "format": "button_card",
    "callback_token": CALLBACK_TOKEN,
    "callback_aes_key": AES_KEY,
}
MATTER = Matter(
    "按月公开财政收支情况（2026年10月）",
    "市财政局",
    "2026-11-30（星期一）到期",
    "剩5个工作日",
)
CARD = replace(TO_ZHANG, matters=(MATTER,), link=LINK)


def kinds(*messages: Message, **more: Any) -> list[str]:
    """The type of each message as the server got it; all of them were in order."""
    with WecomApplicationServer(clock=lambda: NOW) as server:
        outcomes = send(server, *messages, **BUTTONS, **more)
    assert {one.kind for one in outcomes} == {OutcomeKind.ACCEPTED}
    return [body["msgtype"] for body in server.bodies]


def many(number: int, title: str = "按月公开") -> Message:
    matters = tuple(replace(MATTER, title=f"{title}{n}") for n in range(number))
    return replace(CARD, id=f"d-{number}-{len(title)}", matters=matters)


def test_a_card_with_a_button_shows_one_matter() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        send(server, CARD, **BUTTONS)
    (body,) = server.bodies
    assert body["template_card"] == {
        "card_type": "button_interaction",
        "source": {"desc": "期限提醒"},
        "main_title": {"title": "市财政局"},
        "sub_title_text": MATTER.title,
        "horizontal_content_list": [
            {"keyname": "期限", "value": MATTER.due},
            {"keyname": "剩余", "value": MATTER.left},
        ],
        "task_id": "d-0001",
        "button_list": [{"text": "签收", "style": 1, "key": "ack"}],
        "card_action": {"type": 1, "url": LINK},
    }


def test_a_card_names_the_day_on_which_it_is_best_done() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        send(
            server,
            replace(CARD, matters=(replace(MATTER, early="2026-11-27（星期五）前"),)),
            **BUTTONS,
        )
    rows = server.bodies[0]["template_card"]["horizontal_content_list"]
    assert {"keyname": "宜办", "value": "2026-11-27（星期五）前"} in rows


def test_a_card_with_a_button_shows_a_few_matters() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        send(server, replace(many(2), link=""), **BUTTONS)
    card = server.bodies[0]["template_card"]
    assert card["sub_title_text"] == "1. 按月公开0\n2. 按月公开1"
    assert [row["keyname"] for row in card["horizontal_content_list"]] == ["第1项", "第2项"]
    assert "card_action" not in card


NOT_A_CARD = {
    "seven matters": many(7),
    "too much of them": many(6, "按月公开财政收支情况的全部内容和说明"),
    "a long matter": replace(CARD, matters=(replace(MATTER, title="期" * 113),)),
    "two units": replace(CARD, matters=(MATTER, replace(MATTER, unit="市卫健委"))),
    "a long name": replace(CARD, matters=(replace(MATTER, unit="市" * 27),)),
    "a long date": replace(CARD, matters=(replace(MATTER, due="期" * 27),)),
    "told to the superior": replace(CARD, matters=(replace(MATTER, notes=("督办：请催办",)),)),
    "partly to the head": replace(
        CARD, matters=(MATTER, replace(MATTER, notes=("督办：请王莉催办",)))
    ),
    "somebody stands in": replace(
        CARD, matters=(replace(MATTER, notes=("代办：陈静（代王莉）",)),)
    ),
    "a moved date": replace(CARD, matters=(replace(MATTER, moved="到期日由…改为…"),)),
    "an id with other signs": replace(CARD, id="编号"),
    "a long id": replace(CARD, id="d" * 129),
    "a second attempt": replace(CARD, possible_duplicate=True),
    "no matters": TO_ZHANG,
}


@pytest.mark.parametrize("message", NOT_A_CARD.values(), ids=NOT_A_CARD.keys())
def test_what_does_not_fit_a_button_card_is_text(message: Message) -> None:
    assert kinds(message) == ["text"]


def test_what_just_fits_is_a_card() -> None:
    longest = replace(MATTER, title="期" * 112, unit="市" * 26, due="期" * 26)
    assert kinds(replace(CARD, matters=(longest,)), many(6)) == ["template_card"] * 2


def test_a_button_card_that_may_have_come_before_is_marked() -> None:
    client = httpx.AsyncClient()
    known = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT}
    assert not WecomApplication.from_settings({**known, **BUTTONS}, client).duplicate_safe


def close(server: WecomApplicationServer, *codes: str, **more: Any) -> list[Outcome]:
    """A card's button is replaced, with one code after the other."""

    async def attempts() -> list[Outcome]:
        settings = settings_for(server, **BUTTONS, **more)
        async with open_client() as client:
            channel = WecomApplication.from_settings(settings, client).over(client)
            return [await channel.close_card(code, "zhang", "✓ 张三已签收", NOW) for code in codes]

    return asyncio.run(attempts())


def test_a_card_is_closed_once_and_then_it_is_no_fault() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        send(server, CARD, **BUTTONS)
        server.click("zhang", CARD.id)
        outcomes = close(server, "response-code-0", "response-code-0", "another")
    assert {one.kind for one in outcomes} == {OutcomeKind.ACCEPTED}
    assert [one.code for one in outcomes] == ["0", "60140", "60140"]
    assert server.buttons == {CARD.id: "✓ 张三已签收"}


def test_a_stale_token_does_not_cost_the_card() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:
        send(server, CARD, **BUTTONS)
        server.click("zhang", CARD.id)
        server.fail_next("", "errcode:42001")
        (outcome,) = close(server, "response-code-0")
    assert (outcome.kind, outcome.code) == (OutcomeKind.ACCEPTED, "0")


def test_the_token_goes_along_to_another_client() -> None:
    with WecomApplicationServer(clock=lambda: NOW) as server:

        async def attempts() -> None:
            async with open_client() as client, open_client() as other:
                channel = WecomApplication.from_settings(settings_for(server, **BUTTONS), client)
                await channel.send(CARD, NOW)
                await channel.over(other).close_card("x", "zhang", "✓", NOW)

        asyncio.run(attempts())
    assert server.asked[GETTOKEN] == 1


# settings                                                              the sentence
CALLBACK_FAULTS: list[tuple[dict[str, Any], str]] = [
    (
        {"format": "button_card"},
        "“format”为 button_card 时，须写 callback_token 和 callback_aes_key",
    ),
    ({**BUTTONS, "callback_token": ""}, "“callback_token”应为 1 到 32 个字母或数字"),
    ({**BUTTONS, "callback_token": "t" * 33}, "“callback_token”应为 1 到 32 个字母或数字"),
    ({**BUTTONS, "callback_aes_key": ""}, "“callback_aes_key”应为 43 个字母或数字"),
    ({**BUTTONS, "callback_aes_key": AES_KEY + "="}, "“callback_aes_key”应为 43 个字母或数字"),
    ({"callback_aes_key": AES_KEY[:-1]}, "“callback_token”应为 1 到 32 个字母或数字"),
]


@pytest.mark.parametrize(("settings", "sentence"), CALLBACK_FAULTS)
def test_a_callback_that_cannot_work_is_refused(settings: dict[str, Any], sentence: str) -> None:
    known = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT}
    with pytest.raises(ChannelConfigError) as refused:
        build("wecom_application", {**known, **settings}, httpx.AsyncClient())
    assert sentence in str(refused.value)
    assert AES_KEY[:-1] not in str(refused.value)


def test_the_callbacks_secrets_are_not_shown() -> None:
    known = {"corp_id": CORP, "secret": SECRET, "agent_id": AGENT, **BUTTONS}
    shown = repr(WecomApplication.from_settings(known, httpx.AsyncClient()))
    assert AES_KEY not in shown
    assert CALLBACK_TOKEN not in shown
