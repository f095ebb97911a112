"""Recorded answers of the HTTP channels, and the outcome of each (shared/channels.md, section 1)."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import HOOK, KEY, SECRET, Handler, deliver

ACCEPTED, RETRY, REJECTED, UNKNOWN = (
    OutcomeKind.ACCEPTED,
    OutcomeKind.RETRY,
    OutcomeKind.REJECTED,
    OutcomeKind.UNKNOWN,
)
CONTENT, RECIPIENT, CONFIG = Fault.CONTENT, Fault.RECIPIENT, Fault.CONFIG
SETTINGS: dict[str, dict[str, Any]] = {
    "wecom_robot": {"key": KEY},
    "webhook": {"url": HOOK, "secret": SECRET},
}


def told(errcode: object, errmsg: str = "") -> str:
    return json.dumps({"errcode": errcode, "errmsg": errmsg})


PORTAL = f"<html>login first: https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}</html>"
DENY = '{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}'

# status  body                                     kind      fault
WECOM = [
    (200, '{"errcode":0,"errmsg":"ok"}', ACCEPTED, None),
    (200, told(-1, "system busy"), RETRY, None),
    (200, told(45009, "api freq out of limit"), RETRY, None),
    (200, told(45033), RETRY, None),
    (200, told(40001, "invalid credential"), REJECTED, CONFIG),
    (200, told(93000, "invalid webhook url"), REJECTED, CONFIG),
    (200, told(93004), REJECTED, CONFIG),
    (200, told(93017), REJECTED, CONFIG),
    (200, told(40058, "markdown.content exceed max length 4096."), REJECTED, CONTENT),
    (200, told(40033), REJECTED, CONTENT),
    (200, told(40008), REJECTED, CONTENT),
    (200, told(40035), REJECTED, CONTENT),
    (200, told(40063), REJECTED, CONTENT),
    (200, told(40007), REJECTED, CONTENT),
    (200, told(41006), REJECTED, CONTENT),
    (200, told(44004, "empty content"), REJECTED, CONTENT),
    (200, told(45002), REJECTED, CONTENT),
    (200, told(45008), REJECTED, CONTENT),
    (200, told(45034), REJECTED, CONTENT),
    (200, told(40003), REJECTED, RECIPIENT),
    (200, told(46004), REJECTED, RECIPIENT),
    (200, told(87654, "something new"), RETRY, None),
    (200, PORTAL, UNKNOWN, None),
    (200, DENY, UNKNOWN, None),
    (200, "", UNKNOWN, None),
    (200, "[0]", UNKNOWN, None),
    (200, "[" * 50_000, UNKNOWN, None),
    (200, told("0"), UNKNOWN, None),
    (200, told(False), UNKNOWN, None),
    (200, told(None), UNKNOWN, None),
    (204, "", UNKNOWN, None),
    (302, "", REJECTED, CONFIG),
    (307, "", REJECTED, CONFIG),
    (400, told(45009), RETRY, None),
    (400, told(0), UNKNOWN, None),
    (403, "blocked", REJECTED, CONFIG),
    (404, "", REJECTED, CONFIG),
    (408, "", UNKNOWN, None),
    (429, "", RETRY, None),
    (500, told(0), UNKNOWN, None),
    (502, "", UNKNOWN, None),
    (503, "", UNKNOWN, None),
]
WEBHOOK = [
    (200, "thanks", ACCEPTED, None),
    (202, "", ACCEPTED, None),
    (204, "", ACCEPTED, None),
    (301, "", REJECTED, CONFIG),
    (308, "", REJECTED, CONFIG),
    (400, "bad", REJECTED, CONTENT),
    (401, "signature", REJECTED, CONFIG),
    (404, "no /hooks/canary-token here", REJECTED, CONFIG),
    (408, "", UNKNOWN, None),
    (410, "gone", REJECTED, CONFIG),
    (413, "too large", REJECTED, CONTENT),
    (422, "", REJECTED, CONTENT),
    (429, "", RETRY, None),
    (500, "canary-query failed", UNKNOWN, None),
    (501, "", UNKNOWN, None),
    (502, "", RETRY, None),
    (503, "", RETRY, None),
    (504, "", RETRY, None),
]
ROWS = [("wecom_robot", *row) for row in WECOM] + [("webhook", *row) for row in WEBHOOK]


def outcome_of(kind: str, handler: Handler) -> Outcome:
    return deliver(lambda client: build(kind, SETTINGS[kind], client), handler)


@pytest.mark.parametrize(("kind", "status", "body", "expected", "fault"), ROWS)
def test_a_recorded_answer_has_this_outcome(
    kind: str, status: int, body: str, expected: OutcomeKind, fault: Fault | None
) -> None:
    location = {"Location": "https://elsewhere.example/"} if 300 <= status < 400 else {}
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, text=body, headers=location)

    outcome = outcome_of(kind, answer)
    assert (outcome.kind, outcome.fault) == (expected, fault)
    assert (outcome.provider, outcome.http_status) == (kind, status)
    assert outcome.size == len(asked[0].content)
    assert len(asked) == 1  # no redirect is followed, nothing is repeated here
    assert outcome.kind is not REJECTED or outcome.advice.endswith("。")
    assert "canary" not in repr(outcome)
    assert KEY not in repr(outcome)


# kind         status  Retry-After                       body          wait  whole credential
WAITS = [
    ("wecom_robot", 200, "", told(-1), 30, False),
    ("wecom_robot", 200, "", told(45009), 60, True),
    ("wecom_robot", 429, "", "", 60, True),
    ("wecom_robot", 429, "90", "", 90, True),
    ("webhook", 503, "120", "", 120, True),
    ("webhook", 503, "Mon, 23 Nov 2026 01:02:00 GMT", "", 120, True),
    ("webhook", 503, "Mon, 23 Nov 2026 09:02:00 +0800", "", 120, True),
    ("webhook", 429, "Sun, 22 Nov 2026 01:00:00 GMT", "", 0, True),
    ("webhook", 503, "soon", "", 60, True),
    ("webhook", 503, "-5", "", 60, True),
    ("webhook", 503, "9" * 40, "", 86_400, True),
]


@pytest.mark.parametrize(("kind", "status", "header", "body", "seconds", "hold"), WAITS)
def test_a_retry_waits_as_long_as_the_far_side_says(
    kind: str, status: int, header: str, body: str, seconds: int, hold: bool
) -> None:
    headers = {"Retry-After": header} if header else {}
    outcome = outcome_of(kind, lambda _: httpx.Response(status, text=body, headers=headers))
    assert outcome.kind is RETRY
    assert outcome.retry_after == timedelta(seconds=seconds)
    assert outcome.hold is hold


FAILURES = [
    (httpx.ConnectError, RETRY),
    (httpx.ConnectTimeout, RETRY),
    (httpx.PoolTimeout, RETRY),
    (httpx.ReadTimeout, UNKNOWN),
    (httpx.WriteTimeout, UNKNOWN),
    (httpx.ReadError, UNKNOWN),
    (httpx.WriteError, UNKNOWN),
    (httpx.CloseError, UNKNOWN),
    (httpx.RemoteProtocolError, UNKNOWN),
]


@pytest.mark.parametrize(("failure", "expected"), FAILURES)
@pytest.mark.parametrize("kind", SETTINGS)
def test_only_a_failure_to_connect_is_sure_not_to_have_sent(
    kind: str, failure: type[httpx.TransportError], expected: OutcomeKind
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise failure(f"failed at {request.url}", request=request)

    outcome = outcome_of(kind, fail)
    assert outcome.kind is expected
    assert outcome.detail == failure.__name__
    assert outcome.http_status is None
    assert (outcome.size > 0) is (expected is UNKNOWN)
    assert "canary" not in repr(outcome)
    assert KEY not in repr(outcome)
