"""DingTalk's robot against a server that has the vendor's rules."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.channel import Window
from notifiers.dingtalk_robot import DingtalkRobot, sign
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import MESSAGE, NOW, deliver, deliver_for_real
from tests.servers.dingtalk import REQUEST_BYTES, SECRET, TOKEN, DingtalkServer

REFUSED = (OutcomeKind.REJECTED, Fault.CONFIG, "310000")


def send(server: DingtalkServer, *messages: Message, **more: Any) -> list[Outcome]:
    settings = {"token": TOKEN, "api_base": server.base, **more}
    return deliver_for_real(lambda client: build("dingtalk_robot", settings, client), *messages)


def verdict(outcome: Outcome) -> tuple[OutcomeKind, Fault | None, str]:
    return outcome.kind, outcome.fault, outcome.code


def test_the_group_sees_markdown_without_colours_and_with_its_lines() -> None:
    body = '**今日到期** 年报\n\n<font color="warning">【今日应办】</font>\n1. 年报'
    with DingtalkServer(clock=lambda: NOW) as server:
        (outcome,) = send(server, replace(MESSAGE, body=body))
    assert outcome.kind is OutcomeKind.ACCEPTED
    (received,) = server.received
    assert received.body["msgtype"] == "markdown"
    assert received.body["markdown"]["title"] == MESSAGE.subject
    assert received.body["markdown"]["text"].replace("  \n  ", "\n") == (
        "**今日到期** 年报\n\n【今日应办】\n1. 年报"
    )


def test_people_are_called_in_the_list_and_in_the_markdown() -> None:
    message = replace(MESSAGE, mentions=("13800000000", "13900000000"))
    with DingtalkServer() as server:
        outcomes = [*send(server, message), *send(server, message, format="text")]
    assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED] * 2
    for received in server.received:
        assert received.body["at"] == {"atMobiles": list(message.mentions), "isAtAll": False}
    assert server.received[1].body["text"] == {"content": MESSAGE.body}


def test_a_robot_that_asks_for_a_signature_gets_it_in_the_address() -> None:
    with DingtalkServer(secret=SECRET, clock=lambda: NOW) as server:
        signed, unsigned, wrong = (
            send(server, MESSAGE, secret=SECRET)[0],
            send(server, MESSAGE)[0],
            send(server, MESSAGE, secret="SECwrong")[0],
        )
    assert signed.kind is OutcomeKind.ACCEPTED
    assert verdict(unsigned) == verdict(wrong) == REFUSED
    assert "secret" in wrong.advice
    assert "NTP" in wrong.advice


def test_a_clock_that_is_wrong_by_more_than_an_hour_is_told_as_such() -> None:
    with DingtalkServer(secret=SECRET, clock=lambda: NOW + timedelta(minutes=61)) as server:
        (outcome,) = send(server, MESSAGE, secret=SECRET)
    assert verdict(outcome) == REFUSED
    assert "时钟" in outcome.advice


def test_the_signature_counts_in_milliseconds() -> None:
    # As computed by openssl.
    assert sign("SECxyz", 1700000000000) == "0PUR1j8g85Xg3vlFV/UrEcxXfF5HpCAGzcjrNfyJoyg="


def test_a_keyword_is_written_where_the_text_has_none() -> None:
    with DingtalkServer(keyword="督查") as server:
        (without,) = send(server, MESSAGE)
        (given_,) = send(server, MESSAGE, keyword="督查")
        (there,) = send(server, replace(MESSAGE, body="督查事项"), keyword="督查", format="text")
    assert verdict(without) == REFUSED
    assert "keyword" in without.advice
    assert (given_.kind, there.kind) == (OutcomeKind.ACCEPTED, OutcomeKind.ACCEPTED)
    assert server.received[1].body["text"]["content"] == "督查事项"


def test_a_robot_that_knows_addresses_only_says_so() -> None:
    with DingtalkServer(closed=True) as server:
        (outcome,) = send(server, MESSAGE)
    assert verdict(outcome) == REFUSED
    assert "白名单" in outcome.advice


def test_a_robot_that_was_removed_is_a_fault_of_the_configuration() -> None:
    with DingtalkServer() as server:
        (outcome,) = send(server, MESSAGE, token="0123456789abcdef")
    assert verdict(outcome) == (OutcomeKind.REJECTED, Fault.CONFIG, "300001")


def test_the_twenty_first_message_in_a_minute_holds_the_robot_for_ten_minutes() -> None:
    now = NOW
    with DingtalkServer(clock=lambda: now) as server:
        outcomes = send(server, *[MESSAGE] * 21)
        now = NOW + timedelta(seconds=599)
        (early,) = send(server, MESSAGE)
        now = NOW + timedelta(seconds=600)
        (later,) = send(server, MESSAGE)
    assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED] * 20 + [OutcomeKind.RETRY]
    assert outcomes[-1].hold
    assert outcomes[-1].retry_after == timedelta(minutes=10)
    assert (early.kind, later.kind) == (OutcomeKind.RETRY, OutcomeKind.ACCEPTED)


@pytest.mark.parametrize("fault", ["html", "deny", "status:500", "reset_after_accept"])
def test_a_fault_on_the_way_is_unknown(fault: str) -> None:
    with DingtalkServer() as server:
        server.fail_next(fault)
        (outcome,) = send(server, MESSAGE)
    assert outcome.kind is OutcomeKind.UNKNOWN


@given(
    body=st.text(st.sampled_from('期\n"\\\t😀a'), max_size=3000).map(lambda text: text * 3),
    format=st.sampled_from(["markdown", "text"]),
)
def test_whatever_fits_the_limit_fits_the_request(body: str, format: str) -> None:
    body = body.encode()[: DingtalkRobot.limit].decode(errors="ignore")
    sizes = request_sizes(body, format)
    assert max(sizes) <= REQUEST_BYTES


@pytest.mark.parametrize("format", ["markdown", "text"])
@pytest.mark.parametrize("character", ["\n", '"', "\t", "期"])
def test_the_worst_text_fits_the_request(character: str, format: str) -> None:
    body = character * (DingtalkRobot.limit // len(character.encode()))
    assert max(request_sizes(body, format)) <= REQUEST_BYTES


def request_sizes(body: str, format: str) -> list[int]:
    sizes: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sizes.append(len(request.content))
        return httpx.Response(200, json={"errcode": 0, "errmsg": "ok"})

    settings = {"token": TOKEN, "keyword": "督" * 30, "format": format}
    message = replace(
        MESSAGE, subject="督" * 500, body=body, mentions=("+8613800000000123456",) * 40
    )
    deliver(lambda client: build("dingtalk_robot", settings, client), answer, message)
    return sizes


def test_the_engine_learns_the_channels_limits() -> None:
    known = {"token": TOKEN, "secret": SECRET}
    robot = DingtalkRobot.from_settings(known, httpx.AsyncClient())
    text = DingtalkRobot.from_settings({**known, "format": "text"}, httpx.AsyncClient())
    assert robot.windows == (Window(20, timedelta(minutes=1)),)
    assert (robot.markup, text.markup) == (Markup.MARKDOWN, Markup.TEXT)
    assert robot.credential == text.credential
    assert not robot.duplicate_safe
    assert "canary" not in repr(robot)
    assert TOKEN not in repr(robot) + robot.credential
