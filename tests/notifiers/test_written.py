"""What a channel says will leave is what the far side receives, byte for byte, less its secrets."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from notifiers.message import Calendar, Matter, Message, OutcomeKind
from notifiers.registry import NOTIFIERS, build, over
from tests.notifiers.scripted import MESSAGE, NOW, SECRET, deliver_for_real
from tests.notifiers.test_apprise import GotifyServer
from tests.servers import dingtalk, feishu, wecom_application, wecom_bot, zhezhengding
from tests.servers.loopback import LoopbackServer
from tests.servers.smtp import MailServer
from tests.servers.webhook import WebhookSink
from tests.servers.wecom import WecomServer

KEY = "canary-0000-1111-2222"
MATTER = Matter("政府信息公开年报", "财政局", "2026-11-30（星期一）到期", "剩5个工作日")
FULL = replace(
    MESSAGE,
    id="0123456789abcdef" * 2,
    body='【期限】今日到期 2 项\n\n1. 年报 <at user_id="all"> & "引号"\n　单位：财政局\a',
    mentions=("13800000001", "13800000002"),
    thread="obligation-7.0a1b2c3d",
    data={"obligations": [{"id": 7, "due_on": "2026-11-30"}]},
    answerable=True,
)
TO_ZHANG = replace(FULL, to="zhang")
CARD = replace(TO_ZHANG, matters=(MATTER,), link="https://qixian.agency.gov.cn/m/x")
LONG = replace(FULL, body="【期限】\n" + "1. 按月公开财政收支情况　单位：财政局\n" * 90)
LETTER = replace(
    FULL, to="zhang@unit.gov.cn", calendar=Calendar("REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR")
)
ROBOT = {"key": KEY}
APPLICATION = {
    "corp_id": wecom_application.CORP,
    "secret": wecom_application.SECRET,
    "agent_id": wecom_application.AGENT,
}
BUTTONS = {
    "format": "button_card",
    "callback_token": wecom_application.CALLBACK_TOKEN,
    "callback_aes_key": wecom_application.AES_KEY,
}
LINK = {"url": "https://qixian.agency.gov.cn/"}
DINGTALK = {"token": dingtalk.TOKEN, "secret": dingtalk.SECRET, "keyword": "期限提醒"}
FEISHU = {"token": feishu.TOKEN}
ZHEZHENGDING = {
    "app_key": zhezhengding.KEY,
    "app_secret": zhezhengding.SECRET,
    "tenant_id": zhezhengding.TENANT,
}
Server = Callable[[], AbstractContextManager[LoopbackServer]]
SERVERS: dict[str, Server] = {
    "wecom_robot": lambda: WecomServer({KEY}, lambda: NOW),
    "wecom_application": lambda: wecom_application.WecomApplicationServer(clock=lambda: NOW),
    "dingtalk_robot": lambda: dingtalk.DingtalkServer(dingtalk.SECRET, clock=lambda: NOW),
    "feishu_robot": lambda: feishu.FeishuServer(clock=lambda: NOW),
    "zhezhengding": lambda: zhezhengding.ZhezhengdingServer(lambda: NOW),
}
POSTED: list[tuple[str, dict[str, Any], Message]] = [
    ("wecom_robot", ROBOT, FULL),
    ("wecom_robot", {**ROBOT, "format": "markdown_v2"}, FULL),
    ("wecom_robot", {**ROBOT, "format": "text"}, FULL),
    ("wecom_robot", {**ROBOT, "format": "card", **LINK}, FULL),
    ("wecom_robot", {**ROBOT, "format": "file"}, FULL),
    ("wecom_application", APPLICATION, TO_ZHANG),
    ("wecom_application", {**APPLICATION, "format": "markdown"}, TO_ZHANG),
    ("wecom_application", {**APPLICATION, "format": "textcard", **LINK}, TO_ZHANG),
    ("wecom_application", {**APPLICATION, **BUTTONS}, CARD),
    ("dingtalk_robot", DINGTALK, FULL),
    ("dingtalk_robot", {**DINGTALK, "format": "text"}, LONG),
    ("feishu_robot", FEISHU, FULL),
    ("feishu_robot", {**FEISHU, "keyword": "催办"}, LONG),
    ("zhezhengding", ZHEZHENGDING, TO_ZHANG),
    ("zhezhengding", ZHEZHENGDING, replace(LONG, to="li4")),
]


def written(kind: str, settings: dict[str, Any], message: Message) -> tuple[bytes, ...]:
    """As it is said before anything has left."""
    said = build(kind, settings, httpx.AsyncClient()).written(message, NOW)
    secrets = ["canary", *(settings[key] for key in ("token", "secret") if key in settings)]
    assert not [secret for secret in secrets if secret.encode() in b"".join(said)]
    return said


def send(kind: str, settings: dict[str, Any], message: Message) -> None:
    (outcome,) = deliver_for_real(
        lambda client: over(build(kind, settings, client), client), message
    )
    assert outcome.kind is OutcomeKind.ACCEPTED, outcome


def posted(server: LoopbackServer) -> list[bytes]:
    return [one.body for one in server.arrived if one.method == "POST"]


@pytest.mark.parametrize(("kind", "settings", "message"), POSTED)
def test_a_vendor_receives_what_was_said(
    kind: str, settings: dict[str, Any], message: Message
) -> None:
    with SERVERS[kind]() as server:
        settings = {**settings, "api_base": server.base}
        said = written(kind, settings, message)
        send(kind, settings, message)
        assert posted(server) == list(said)


def test_a_signature_in_the_body_is_not_said() -> None:
    with feishu.FeishuServer(feishu.SECRET, clock=lambda: NOW) as server:
        settings = {**FEISHU, "secret": feishu.SECRET, "api_base": server.base}
        (said,) = written("feishu_robot", settings, FULL)
        send("feishu_robot", settings, FULL)
        (got,) = posted(server)
    signature = json.loads(got)["sign"]
    assert len(signature) > 40
    assert got.replace(signature.encode(), "…".encode()) == said


def test_a_file_is_said_as_its_three_requests() -> None:
    with WecomServer({KEY}, lambda: NOW) as server:
        settings = {**ROBOT, "format": "file", "api_base": server.base}
        said = written("wecom_robot", settings, LONG)
        send("wecom_robot", settings, LONG)
        upload, text, file = posted(server)
    assert (upload, text, file.replace(b"media-0", "…".encode())) == said
    assert LONG.body.splitlines()[-1].encode() in upload


def test_a_webhook_receives_what_was_said() -> None:
    with WebhookSink(SECRET) as sink:
        settings = {"url": f"{sink.base}/hook?token=canary", "secret": SECRET}
        settings |= {"allow": ["127.0.0.0/8"], "allow_http": True}
        said = written("webhook", settings, FULL)
        send("webhook", settings, FULL)
        assert posted(sink) == list(said)


@pytest.mark.parametrize("message", [TO_ZHANG, CARD])
def test_a_robots_line_carries_what_was_said(message: Message) -> None:
    with wecom_bot.WecomBotServer() as server:
        settings = {"bot_id": wecom_bot.BOT, "secret": wecom_bot.SECRET, "api_base": server.base}
        (said,) = written("wecom_bot", settings, message)
        send("wecom_bot", settings, message)
        _, frame = server.frames
    number = json.loads(frame)["headers"]["req_id"]
    assert frame.replace(number, "…").encode() == said


@contextmanager
def mailing(**more: Any) -> Iterator[tuple[MailServer, dict[str, Any]]]:
    with MailServer(login=("qixian", "canary-password")) as server:
        known = {"host": server.host, "port": server.port, "ca_file": server.ca_file}
        login = {"username": "qixian", "password": "canary-password"}
        sender = {"sender": "qixian@agency.gov.cn", "sender_name": "政务公开办公室"}
        yield server, {**known, **login, **sender, **more}


@pytest.mark.parametrize("message", [LETTER, replace(LETTER, calendar=None, thread="")])
def test_a_mail_server_receives_the_letter_that_was_said(message: Message) -> None:
    with mailing() as (server, settings):
        said = written("mail", settings, message)
        send("mail", settings, message)
    assert [one.raw for one in server.letters] == list(said)


@pytest.mark.parametrize("domain", ["agency.gov.cn", "information.department.agency.gov.cn"])
def test_the_address_that_acknowledges_is_not_said(domain: str) -> None:
    answers = {"reply_to": f"qixian+{{token}}@{domain}", "return_path_secret": "canary-0123456789"}
    with mailing(**answers) as (server, settings):
        (said,) = written("mail", settings, LETTER)
        send("mail", settings, LETTER)
    (got,) = (one.raw for one in server.letters)
    (token,) = re.findall(rb"[0-9a-f]{48}", got)
    assert token not in said
    assert got.replace(token, b"x" * 48) == said


def test_the_console_prints_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = written("console", {}, FULL)
    send("console", {}, FULL)
    assert [capsys.readouterr().out.encode()] == list(said)


def test_apprise_is_handed_what_was_said() -> None:
    with GotifyServer() as server:
        (said,) = written("apprise", {"url": server.url}, FULL)
        send("apprise", {"url": server.url}, FULL)
        (got,) = (json.loads(body) for body in posted(server))
    handed = json.loads(said)
    assert (handed["url"], handed["title"], handed["body"]) == ("…", got["title"], got["message"])


def test_every_kind_is_here() -> None:
    others = {"webhook", "wecom_bot", "mail", "console", "apprise"}
    assert {kind for kind, *_ in POSTED} | others == set(NOTIFIERS)
