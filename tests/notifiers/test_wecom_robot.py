"""The robot against a server that has the vendor's rules."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from notifiers.channel import Addressing, Window
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.registry import build
from notifiers.wecom_robot import WecomRobot
from tests.notifiers.scripted import KEY, MESSAGE, NOW, deliver_for_real
from tests.servers.wecom import WecomServer


def send(server: WecomServer, *messages: Message, **settings: Any) -> list[Outcome]:
    given = {"key": KEY, "api_base": server.base, **settings}
    return deliver_for_real(lambda client: build("wecom_robot", given, client), *messages)


def with_body(body: str) -> Message:
    return replace(MESSAGE, body=body)


def test_the_group_sees_the_markdown_as_written() -> None:
    with WecomServer({KEY}, clock=lambda: NOW) as server:
        (outcome,) = send(server, with_body("**今日到期** 年报\n> 《条例》第五十条 😀"))
    assert outcome.kind is OutcomeKind.ACCEPTED
    (received,) = server.received
    assert received.body["msgtype"] == "markdown"
    assert received.content == "**今日到期** 年报\n> 《条例》第五十条 😀"
    assert received.at == NOW


def test_text_calls_people_by_their_mobile_number() -> None:
    message = replace(MESSAGE, mentions=("13800000000",))
    with WecomServer({KEY}) as server:
        send(server, message, format="text")
        send(server, message, format="markdown")
    assert server.received[0].body["text"]["mentioned_mobile_list"] == ["13800000000"]
    assert "mentioned_mobile_list" not in server.received[1].body["markdown"]


def test_the_whole_pasted_address_works_like_the_bare_key() -> None:
    with WecomServer({KEY}) as server:
        (outcome,) = send(server, MESSAGE, key=server.url(KEY))
    assert outcome.kind is OutcomeKind.ACCEPTED


LINK = "https://qixian.agency.gov.cn/"


def test_the_second_markdown_knows_no_colours() -> None:
    body = '**今日到期**\n<font color="warning">【今日应办】</font>\n1. 年报'
    with WecomServer({KEY}) as server:
        (outcome,) = send(server, with_body(body), format="markdown_v2")
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.received[0].body["msgtype"] == "markdown_v2"
    assert server.received[0].content == "**今日到期**\n【今日应办】\n1. 年报"


def test_a_card_shows_the_whole_text_and_leads_to_the_page() -> None:
    matter, source = "1. 年报\n　单位：财政局（张三）\n　期限：今天到期", "　依据：" + "条" * 100
    with WecomServer({KEY}) as server:
        (outcome,) = send(
            server,
            with_body(f"{MESSAGE.subject}\n\n{matter}\n{source}"),
            format="card",
            url=LINK,
        )
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.received[0].body == {
        "msgtype": "template_card",
        "template_card": {
            "card_type": "text_notice",
            "main_title": {"title": MESSAGE.subject},
            "sub_title_text": matter,
            "quote_area": {"type": 0, "quote_text": source},
            "card_action": {"type": 1, "url": LINK},
        },
    }


@pytest.mark.parametrize("body", ["期" * 113, "期" * 112 + "\n" + "限" * 113, MESSAGE.subject])
def test_what_a_card_would_not_show_whole_goes_out_as_text(body: str) -> None:
    message = replace(with_body(body), mentions=("13800000000",))
    with WecomServer({KEY}) as server:
        send(server, message, format="card", url=LINK)
    received = server.received[0]
    assert (received.body["msgtype"], received.content) == ("text", body)
    assert received.body["text"]["mentioned_mobile_list"] == ["13800000000"]


@pytest.mark.parametrize(
    ("markup", "limit"), [("markdown", 4096), ("markdown_v2", 4096), ("text", 2048)]
)
def test_the_limit_is_in_bytes_and_exact(markup: str, limit: int) -> None:
    full = "期" * (limit // 3) + "x" * (limit % 3)
    with WecomServer({KEY}) as server:
        fits, over = send(server, with_body(full), with_body(full + "x"), format=markup)
    assert fits.kind is OutcomeKind.ACCEPTED
    assert (over.kind, over.fault, over.code) == (OutcomeKind.REJECTED, Fault.CONTENT, "40058")


def test_control_characters_do_not_make_the_vendor_refuse() -> None:
    with WecomServer({KEY}) as server:
        (outcome,) = send(server, with_body("第一行\x0b\x00\r\n第二行\t完\ud800"))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.received[0].content == "第一行\n第二行\t完?"


def test_the_twenty_first_message_in_a_minute_holds_the_whole_robot() -> None:
    now = NOW
    with WecomServer({KEY}, clock=lambda: now) as server:
        outcomes = send(server, *[MESSAGE] * 21)
        now = NOW + timedelta(seconds=60)
        (later,) = send(server, MESSAGE)
    assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED] * 20 + [OutcomeKind.RETRY]
    assert outcomes[-1].hold
    assert outcomes[-1].retry_after == timedelta(seconds=60)
    assert later.kind is OutcomeKind.ACCEPTED


def test_a_robot_that_was_removed_tells_the_officer_what_to_do() -> None:
    with WecomServer(set()) as server:
        (outcome,) = send(server, MESSAGE)
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "93000",
    )
    assert outcome.advice == "机器人已被移除或地址无效，请群主重建机器人并把新地址填入配置。"


@pytest.mark.parametrize("fault", ["html", "deny", "status:500", "reset_after_accept"])
def test_a_fault_on_the_way_is_unknown(fault: str) -> None:
    with WecomServer({KEY}) as server:
        server.fail_next(fault)
        (outcome,) = send(server, MESSAGE)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert len(server.received) == (1 if fault == "reset_after_accept" else 0)


def test_a_slow_answer_is_still_an_answer() -> None:
    with WecomServer({KEY}) as server:
        server.fail_next("hang:0.05")
        (outcome,) = send(server, MESSAGE)
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_the_engine_learns_the_channels_limits() -> None:
    with WecomServer({KEY}) as server:
        made: list[Any] = []

        def keep(client: Any) -> Any:
            settings = {"api_base": server.base}
            made.extend(
                WecomRobot.from_settings({**settings, **more}, client)
                for more in (
                    {"key": KEY},
                    {"key": server.url(KEY), "format": "text"},
                    {"key": "another-robot"},
                )
            )
            return made[0]

        deliver_for_real(keep, MESSAGE)
    first, pasted, other = made
    assert (first.markup, first.limit) == (Markup.MARKDOWN, 4096)
    assert (pasted.markup, pasted.limit) == (Markup.TEXT, 2048)
    assert first.windows == (Window(20, timedelta(minutes=1)),)
    assert first.addressing is Addressing.GROUP
    assert first.credential == pasted.credential != other.credential
    assert KEY not in repr(first)
    assert KEY not in first.credential


LONG = "\n".join([MESSAGE.subject, *(f"{number}. 年报" + "期" * 60 for number in range(60))])


def test_a_long_text_is_its_beginning_and_a_file_with_all_of_it() -> None:
    message = replace(with_body(LONG), mentions=("13800000000",))
    with WecomServer({KEY}, clock=lambda: NOW) as server:
        short, long = send(server, MESSAGE, message, format="file")
    assert [one.kind for one in (short, long)] == [OutcomeKind.ACCEPTED] * 2
    first, text, file = server.received
    assert (first.body["msgtype"], first.content) == ("text", MESSAGE.body)
    assert text.content.startswith(f"{MESSAGE.subject}\n0. 年报")
    assert text.content.endswith("期\n……\n全部事项见随后的文件。")
    assert len(text.content.encode()) <= 2048
    assert text.body["text"]["mentioned_mobile_list"] == ["13800000000"]
    (uploaded,) = server.uploaded
    assert file.body == {"msgtype": "file", "file": {"media_id": uploaded.id}}
    assert uploaded.name == "期限提醒-20261123-0900.txt"
    assert uploaded.content.decode("utf-8-sig").split("\r\n") == LONG.split("\n")


def test_a_file_that_is_refused_is_uploaded_again_once() -> None:
    with WecomServer({KEY}) as server:
        server.fail_next("", "", "errcode:40007")
        (once,) = send(server, with_body(LONG), format="file")
        server.fail_next("", "", "errcode:41006", "", "errcode:40007")
        (twice,) = send(server, with_body(LONG), format="file")
    assert once.kind is OutcomeKind.ACCEPTED
    assert (twice.kind, twice.code) == (OutcomeKind.UNKNOWN, "40007")
    assert len(server.uploaded) == 4


# faults of the upload, the text and the file        kind                  seen in the group
HALVES = [
    (["errcode:45009"], OutcomeKind.RETRY, 0),
    (["errcode:93000"], OutcomeKind.REJECTED, 0),
    (["html"], OutcomeKind.RETRY, 0),
    (["reset_after_accept"], OutcomeKind.RETRY, 0),
    (["", "errcode:45009"], OutcomeKind.RETRY, 0),
    (["", "reset_after_accept"], OutcomeKind.UNKNOWN, 1),
    (["", "", "errcode:45009"], OutcomeKind.UNKNOWN, 1),
    (["", "", "errcode:93000"], OutcomeKind.UNKNOWN, 1),
    (["", "", "reset_after_accept"], OutcomeKind.UNKNOWN, 2),
]


@pytest.mark.parametrize(("faults", "kind", "seen"), HALVES)
def test_only_what_the_group_cannot_have_seen_is_sure_not_to_have_been_sent(
    faults: list[str], kind: OutcomeKind, seen: int
) -> None:
    with WecomServer({KEY}) as server:
        server.fail_next(*faults)
        (outcome,) = send(server, with_body(LONG), format="file")
    assert (outcome.kind, outcome.provider) == (kind, "wecom_robot")
    assert len(server.received) == seen
    assert KEY not in repr(outcome)


def test_a_robot_with_files_counts_two_messages_for_one() -> None:
    robot = WecomRobot.from_settings({"key": KEY, "format": "file"}, httpx.AsyncClient())
    assert robot.windows == (Window(10, timedelta(minutes=1)),)
    assert (robot.limit, robot.markup) == (200_000, Markup.TEXT)
