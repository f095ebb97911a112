"""Feishu's robot against a server that has the vendor's rules."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.feishu_robot import FeishuRobot, sign
from notifiers.message import Fault, Message, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import MESSAGE, NOW, deliver, deliver_for_real
from tests.servers.feishu import REQUEST_BYTES, SECRET, TOKEN, WINDOWS, FeishuServer


def send(server: FeishuServer, *messages: Message, **more: Any) -> list[Outcome]:
    settings = {"token": TOKEN, "api_base": server.base, **more}
    return deliver_for_real(lambda client: build("feishu_robot", settings, client), *messages)


def verdict(outcome: Outcome) -> tuple[OutcomeKind, Fault | None, str]:
    return outcome.kind, outcome.fault, outcome.code


def test_the_group_sees_the_text_as_written() -> None:
    with FeishuServer(clock=lambda: NOW) as server:
        (outcome,) = send(server, replace(MESSAGE, body='第一行\x0b\r\n第二行\t“引号”"完"😀'))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.received[0].body == {
        "msg_type": "text",
        "content": {"text": '第一行\n第二行\t“引号”"完"😀'},
    }


def test_no_text_calls_everybody() -> None:
    body = '<at user_id="all">所有人</at> 3 < 5 <AT user_id="ou_1"></AT> <atlas>'
    with FeishuServer() as server:
        send(server, replace(MESSAGE, body=body))
    text = server.received[0].body["content"]["text"]
    assert "<at " not in text.lower()
    assert text.endswith("<atlas>")
    assert "3 < 5" in text


def test_a_robot_that_asks_for_a_signature_gets_it_in_the_body() -> None:
    with FeishuServer(secret=SECRET, clock=lambda: NOW) as server:
        signed, unsigned, wrong = (
            send(server, MESSAGE, secret=SECRET)[0],
            send(server, MESSAGE)[0],
            send(server, MESSAGE, secret="canary-wrong")[0],
        )
    assert signed.kind is OutcomeKind.ACCEPTED
    assert verdict(unsigned) == verdict(wrong) == (OutcomeKind.REJECTED, Fault.CONFIG, "19021")


def test_a_clock_that_is_wrong_by_more_than_an_hour_is_told_as_such() -> None:
    with FeishuServer(secret=SECRET, clock=lambda: NOW - timedelta(minutes=61)) as server:
        (outcome,) = send(server, MESSAGE, secret=SECRET)
    assert verdict(outcome) == (OutcomeKind.REJECTED, Fault.CONFIG, "19021")
    assert "时钟" in outcome.advice


def test_the_signature_counts_in_seconds_and_has_its_key_the_other_way_round() -> None:
    # The example of the vendor, and as computed by openssl.
    assert sign("demo", 1599360473) == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_a_keyword_is_written_where_the_text_has_none() -> None:
    with FeishuServer(keyword="督查") as server:
        (without,) = send(server, MESSAGE)
        (given_,) = send(server, MESSAGE, keyword="督查")
    assert verdict(without) == (OutcomeKind.REJECTED, Fault.CONFIG, "19024")
    assert given_.kind is OutcomeKind.ACCEPTED


def test_a_robot_that_knows_addresses_only_says_so() -> None:
    with FeishuServer(closed=True) as server:
        (outcome,) = send(server, MESSAGE)
    assert verdict(outcome) == (OutcomeKind.REJECTED, Fault.CONFIG, "19022")


def test_a_robot_that_was_removed_is_a_fault_of_the_configuration() -> None:
    with FeishuServer() as server:
        (outcome,) = send(server, MESSAGE, token="0123456789abcdef")
    assert verdict(outcome) == (OutcomeKind.REJECTED, Fault.CONFIG, "19001")


def test_too_many_messages_hold_the_whole_robot() -> None:
    with FeishuServer(clock=lambda: NOW) as server:
        outcomes = send(server, *[MESSAGE] * 6)
    assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED] * 5 + [OutcomeKind.RETRY]
    assert (outcomes[-1].code, outcomes[-1].http_status) == ("9499", 400)
    assert outcomes[-1].hold
    assert outcomes[-1].retry_after
    assert timedelta(seconds=60) <= outcomes[-1].retry_after < timedelta(seconds=76)


def test_the_engine_learns_both_of_the_vendors_limits() -> None:
    assert [(window.count, window.span) for window in FeishuRobot.windows] == list(WINDOWS)


@pytest.mark.parametrize("fault", ["html", "deny", "status:500", "reset_after_accept"])
def test_a_fault_on_the_way_is_unknown(fault: str) -> None:
    with FeishuServer() as server:
        server.fail_next(fault)
        (outcome,) = send(server, MESSAGE)
    assert outcome.kind is OutcomeKind.UNKNOWN


@given(st.text(st.sampled_from('期\n"\\\t😀<at '), max_size=3000).map(lambda text: text * 3))
def test_whatever_fits_the_limit_fits_the_request(body: str) -> None:
    assert size_of(body.encode()[: FeishuRobot.limit].decode(errors="ignore")) <= REQUEST_BYTES


@pytest.mark.parametrize("piece", ["\n", '"', "期", "<at "])
def test_the_worst_text_fits_the_request(piece: str) -> None:
    assert size_of(piece * (FeishuRobot.limit // len(piece.encode()))) <= REQUEST_BYTES


def size_of(body: str) -> int:
    sizes: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sizes.append(len(request.content))
        return httpx.Response(200, json={"code": 0, "msg": "success"})

    settings = {"token": TOKEN, "secret": SECRET, "keyword": "督" * 30}
    message = replace(MESSAGE, body=body)
    deliver(lambda client: build("feishu_robot", settings, client), answer, message)
    return sizes[0]


def test_a_channel_does_not_show_its_secrets() -> None:
    settings = {"token": TOKEN, "secret": SECRET}
    robot = FeishuRobot.from_settings(settings, httpx.AsyncClient())
    assert "canary" not in repr(robot) + robot.credential
    assert TOKEN not in repr(robot) + robot.credential
