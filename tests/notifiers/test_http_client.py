import gzip
import logging
import socket
import tracemalloc
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from notifiers.message import OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import KEY, MESSAGE, deliver_for_real
from tests.servers.loopback import LoopbackServer, Reply, Request
from tests.servers.wecom import WecomServer


class Packed(LoopbackServer):
    """Answers with what it was given, and names it as packed."""

    def __init__(self, content: bytes, packing: str) -> None:
        super().__init__()
        self._reply = Reply(200, content, {"Content-Encoding": packing})

    def answer(self, request: Request) -> Reply:
        return self._reply if request.body else Reply(400)


class Baking(LoopbackServer):
    """Gives a cookie with each answer, and keeps those that come back."""

    def __init__(self) -> None:
        super().__init__()
        self.returned: list[str | None] = []

    def answer(self, request: Request) -> Reply:
        self.returned.append(request.headers.get("cookie"))
        headers = {"Set-Cookie": "seen=1; Path=/", "Content-Type": "application/json"}
        return Reply(200, b'{"errcode":0,"errmsg":"ok"}', headers)


def test_a_cookie_of_the_far_side_is_not_kept() -> None:
    with Baking() as server:
        settings = {"key": KEY, "api_base": server.base}
        deliver_for_real(lambda client: build("wecom_robot", settings, client), *[MESSAGE] * 2)
    assert server.returned == [None, None]


def test_nothing_secret_is_logged_even_at_the_lowest_level(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with WecomServer({KEY}) as server:
        settings = {"key": KEY, "api_base": server.base}
        server.fail_next("", "reset_after_accept", "status:500")
        outcomes = deliver_for_real(
            lambda client: build("wecom_robot", settings, client), *[MESSAGE] * 3
        )
    assert [one.kind for one in outcomes] == [
        OutcomeKind.ACCEPTED,
        OutcomeKind.UNKNOWN,
        OutcomeKind.UNKNOWN,
    ]
    assert KEY not in caplog.text
    assert KEY not in repr(outcomes)


def test_no_channel_tells_its_secrets_to_a_log_or_an_outcome_when_the_line_breaks(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    token = "canary3f2c9d1e7b60"
    settings: dict[str, dict[str, Any]] = {
        "wecom_application": {"corp_id": "ww1", "secret": "canary-corp", "agent_id": 7},
        "dingtalk_robot": {"token": token, "secret": "SECcanary"},
        "feishu_robot": {"token": token, "secret": "canary-sign"},
        "zhezhengding": {"app_key": "k", "app_secret": "canary-app", "tenant_id": "1"},
    }
    message = replace(MESSAGE, to="zhang")
    with WecomServer({KEY}) as server:
        for kind, known in settings.items():
            given = {**known, "api_base": server.base}
            server.fail_next("reset_after_accept", "status:500")
            outcomes = deliver_for_real(
                partial(build, kind, given), message, message, total_seconds=2.0
            )
            assert {one.kind for one in outcomes} <= {OutcomeKind.UNKNOWN, OutcomeKind.RETRY}
            assert "canary" not in repr(outcomes)
    assert "canary" not in caplog.text


def test_an_answer_that_does_not_come_is_unknown_when_the_time_is_over() -> None:
    with WecomServer({KEY}) as server:
        settings = {"key": KEY, "api_base": server.base}
        server.fail_next("hang:60")
        (outcome,) = deliver_for_real(
            lambda client: build("wecom_robot", settings, client), MESSAGE, total_seconds=1.0
        )
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "核对" in outcome.advice


def test_a_server_that_is_not_there_is_a_retry() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = {"key": KEY, "api_base": f"http://127.0.0.1:{port}"}
    (outcome,) = deliver_for_real(lambda client: build("wecom_robot", settings, client), MESSAGE)
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.size == 0


def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with WecomServer({KEY}) as server:
        settings = {"key": KEY, "api_base": server.base}
        (outcome,) = deliver_for_real(
            lambda client: build("wecom_robot", settings, client), MESSAGE
        )
    assert outcome.kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize("packing", ["gzip", "GZIP", "gzip, gzip"])
def test_an_answer_that_would_unpack_to_a_hundred_megabytes_is_not_unpacked(packing: str) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    if "," in packing:
        bomb = gzip.compress(bomb)
    with Packed(bomb, packing) as server:
        settings = {"key": KEY, "api_base": server.base}
        tracemalloc.start()
        (outcome,) = deliver_for_real(
            lambda client: build("wecom_robot", settings, client), MESSAGE
        )
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert most < 10_000_000


def test_a_gateway_that_packs_what_nobody_asked_it_to_pack_is_understood() -> None:
    with Packed(gzip.compress(b'{"errcode":0,"errmsg":"ok"}'), "gzip") as server:
        settings = {"key": KEY, "api_base": server.base}
        (outcome,) = deliver_for_real(
            lambda client: build("wecom_robot", settings, client), MESSAGE
        )
    assert outcome.kind is OutcomeKind.ACCEPTED
