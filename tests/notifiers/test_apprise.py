"""Apprise in its own process, against servers on loopback: what its yes and no are worth."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from notifiers import apprise_channel
from notifiers.apprise_channel import AppriseChannel
from notifiers.errors import ChannelConfigError
from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import MESSAGE, deliver_for_real
from tests.servers.loopback import LoopbackServer, Reply, Request

TOKEN = "canary" + "A1b2C3d4e"


class GotifyServer(LoopbackServer):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Request] = []

    def answer(self, request: Request) -> Reply:
        self.received.append(request)
        return Reply(200, b"{}")

    @property
    def url(self) -> str:
        return self.base.replace("http://", "gotify://") + f"/{TOKEN}"


def send(url: str, message: Any = MESSAGE, **more: Any) -> Outcome:
    settings = {"url": url, **more}
    (outcome,) = deliver_for_real(lambda client: build("apprise", settings, client), message)
    assert outcome.provider == "apprise"
    assert "canary" not in repr(outcome)
    return outcome


def test_a_yes_is_accepted_and_said_to_be_unverified() -> None:
    message = replace(MESSAGE, body=f"{MESSAGE.subject}\n\n1. 年报 <b>&amp;</b>\n　单位：财政局")
    with GotifyServer() as server:
        outcome = send(server.url, message)
    assert (outcome.kind, outcome.code) == (OutcomeKind.ACCEPTED, "unverified")
    assert "未经证实" in outcome.advice
    (request,) = server.received
    told = json.loads(request.body)
    assert told["title"] == MESSAGE.subject
    assert told["message"] == "1. 年报 <b>&amp;</b>\n　单位：财政局"


def test_it_runs_in_any_thread() -> None:  # as in the daemon, whose clock has its own
    with GotifyServer() as server, ThreadPoolExecutor(1) as threads:
        outcome = threads.submit(send, server.url).result()
    assert outcome.kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize("fault", ["status:500", "status:403", "reset_after_accept"])
def test_a_no_after_a_connection_is_unknown(fault: str) -> None:
    with GotifyServer() as server:
        server.fail_next(fault)
        assert send(server.url).kind is OutcomeKind.UNKNOWN


def test_a_no_without_any_connection_is_a_retry() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = send(f"gotify://127.0.0.1:{port}/{TOKEN}")
    assert (outcome.kind, outcome.code) == (OutcomeKind.RETRY, "not_connected")


def test_a_service_that_says_nothing_is_killed_when_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        outcome = send(f"gotify://127.0.0.1:{port}/{TOKEN}", timeout=1)
    assert (outcome.kind, outcome.detail) == (OutcomeKind.UNKNOWN, "TimeoutError")


@pytest.mark.parametrize("url", ["nosuchservice://canary/x", "gotify://"])
def test_what_apprise_does_not_know_is_a_fault_of_the_configuration(url: str) -> None:
    if url == "gotify://":
        url += "canary"
    outcome = send(url)
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.CONFIG)


def test_a_process_that_breaks_down_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("print('{')")
    monkeypatch.setattr(apprise_channel, "_PROCESS", broken)
    assert send("gotify://127.0.0.1/canary").kind is OutcomeKind.UNKNOWN


OURS = [
    *(("wecombot", "wecom_robot"), ("wecom", "wecom_application"), ("WECHAT", "wecom_application")),
    *(("dingtalk", "dingtalk_robot"), ("feishu", "feishu_robot"), ("lark", "feishu_robot")),
    *(("mailto", "mail"), ("mailtos", "mail"), ("json", "webhook"), ("forms", "webhook")),
    *(("xml", "webhook"), ("https", "webhook"), ("http", "webhook")),
]


@pytest.mark.parametrize(("schema", "kind"), OURS)
def test_what_we_do_ourselves_does_not_go_through_apprise(schema: str, kind: str) -> None:
    with pytest.raises(ChannelConfigError, match=f"{kind} 渠道") as refused:
        build("apprise", {"url": f"{schema}://canary/key"}, httpx.AsyncClient())
    assert "canary" not in str(refused.value)


def test_without_apprise_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise_channel, "find_spec", lambda _: None)
    with pytest.raises(ChannelConfigError, match="pip install 'qixian\\[apprise\\]'"):
        build("apprise", {"url": "ntfys://ntfy.example.gov.cn/qixian"}, httpx.AsyncClient())


def test_the_credential_does_not_depend_on_the_password() -> None:
    one, two = (
        AppriseChannel.from_settings(
            {"url": f"ntfys://qixian:{password}@ntfy.gov.cn/x"}, httpx.AsyncClient()
        )
        for password in ("canary-1", "canary-2")
    )
    assert one.credential == two.credential
    assert "canary" not in repr(one)
