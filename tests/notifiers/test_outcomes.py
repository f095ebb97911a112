"""Recorded answers of the channels, and the outcome of each."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import (
    HOOK,
    KEY,
    MESSAGE,
    SECRET,
    Handler,
    deliver,
    deliver_for_real,
)
from tests.servers.smtp import MailServer

ACCEPTED, RETRY, REJECTED, UNKNOWN = (
    OutcomeKind.ACCEPTED,
    OutcomeKind.RETRY,
    OutcomeKind.REJECTED,
    OutcomeKind.UNKNOWN,
)
CONTENT, RECIPIENT, CONFIG = Fault.CONTENT, Fault.RECIPIENT, Fault.CONFIG
TOKEN = "canary3f2c9d1e7b60"
SETTINGS: dict[str, dict[str, Any]] = {
    "wecom_robot": {"key": KEY},
    "wecom_application": {"corp_id": "ww1", "secret": "canary-corp", "agent_id": 7},
    "dingtalk_robot": {"token": TOKEN, "secret": "SECcanary"},
    "feishu_robot": {"token": TOKEN, "secret": "canary-sign"},
    "zhezhengding": {"app_key": "k", "app_secret": "canary-app", "tenant_id": "1"},
    "webhook": {"url": HOOK, "secret": SECRET},
}
ADDRESSED = replace(MESSAGE, to="zhang")


def told(errcode: object, errmsg: str = "") -> str:
    return json.dumps({"errcode": errcode, "errmsg": errmsg})


def feishu(code: object, msg: str = "") -> str:
    return json.dumps({"code": code, "msg": msg, "data": {}})


def zhezheng(success: object, /, **content: object) -> str:
    return json.dumps({"success": success, "content": content}, ensure_ascii=False)


PORTAL = "<html>login first, then go on to: {ADDRESS}</html>"  # a gateway's page
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
# status  body                                     kind      fault
APPLICATION = [
    (200, '{"errcode":0,"errmsg":"ok","msgid":"m1"}', ACCEPTED, None),
    (200, '{"errcode":0,"errmsg":"ok","invaliduser":"li"}', ACCEPTED, None),
    (200, '{"errcode":0,"errmsg":"ok","invaliduser":"ZHANG"}', REJECTED, RECIPIENT),
    (200, told(-1), RETRY, None),
    (200, told(45009, "api freq out of limit"), RETRY, None),
    (200, told(45033), RETRY, None),
    (200, told(40013, "invalid corpid"), REJECTED, CONFIG),
    (200, told(48002, "api forbidden"), REJECTED, CONFIG),
    (200, told(60020, "not allow to access from your ip"), REJECTED, CONFIG),
    (200, told(50002), REJECTED, RECIPIENT),
    (200, told(60111, "userid not found"), REJECTED, RECIPIENT),
    (200, told(81013, "all touser & toparty & totag invalid"), REJECTED, RECIPIENT),
    (200, told(45002), REJECTED, CONTENT),
    (200, told(44004), REJECTED, CONTENT),
    (200, told(93000), RETRY, None),  # means something to robots only
]
DINGTALK = [
    (200, told(0, "ok"), ACCEPTED, None),
    (200, told(-1, "系统繁忙"), RETRY, None),
    (200, told(130101, "send too fast, exceed 20 times per minute"), RETRY, None),
    (200, told(310000, "keywords not in content"), REJECTED, CONFIG),
    (200, told(310000, "sign not match"), REJECTED, CONFIG),
    (200, told(310000, "description:来源有误;link:https://x.example/;"), REJECTED, CONFIG),
    (200, told(300001, "token is not exist"), REJECTED, CONFIG),
    (200, told(460101), REJECTED, CONTENT),
    (200, told(101002), REJECTED, CONTENT),
    (200, told(88, "鉴权异常"), RETRY, None),
]
FEISHU = [
    (200, feishu(0, "success"), ACCEPTED, None),
    (200, '{"Extra":null,"StatusCode":0,"StatusMessage":"success"}', ACCEPTED, None),
    (200, '{"StatusCode":9499,"StatusMessage":"fail to parse content"}', REJECTED, CONTENT),
    (400, feishu(9499, "too many request"), RETRY, None),
    (400, feishu(9499, "Bad Request"), REJECTED, CONTENT),
    (200, feishu(11232, "frequency limited psm[lark.oapi]"), RETRY, None),
    (200, feishu(19001, "param invalid: incoming webhook access token invalid"), REJECTED, CONFIG),
    (200, feishu(19021, "sign match fail or timestamp is too old"), REJECTED, CONFIG),
    (200, feishu(19022, "Ip Not Allowed"), REJECTED, CONFIG),
    (200, feishu(19024, "Key Words Not Found"), REJECTED, CONFIG),
    (200, feishu(12345, "something new"), RETRY, None),
    (200, '{"code":"0","StatusCode":0}', UNKNOWN, None),
]
ZHEZHENGDING = [
    (200, zhezheng(True, msgId="z1"), ACCEPTED, None),
    (200, '{"success":true,"content":"z1"}', ACCEPTED, None),
    (200, '{"success":true,"content":"{\\"success\\":true}"}', ACCEPTED, None),
    (200, '{"success":true,"content":"{\\"success\\":false}"}', RETRY, None),
    (200, zhezheng(True, success=False, responseMessage="参数错误"), RETRY, None),
    (200, zhezheng(True, success="true"), UNKNOWN, None),
    (200, zhezheng(False, responseMessage="消息重复"), RETRY, None),
    (200, zhezheng(False, responseMessage="系统异常"), RETRY, None),
    (200, zhezheng("true"), UNKNOWN, None),
    (200, '{"content":{"msgId":"z1"}}', UNKNOWN, None),
    (400, zhezheng(True), REJECTED, CONFIG),
    (403, '{"Code":"Forbidden","Message":"signature"}', REJECTED, CONFIG),
]
# Whoever the vendor is, these are no answer of its own.
VENDORS = ("wecom_application", "dingtalk_robot", "feishu_robot", "zhezhengding")
NOBODYS = [
    (200, PORTAL, UNKNOWN, None),
    (200, DENY, UNKNOWN, None),
    (200, "", UNKNOWN, None),
    (200, "{}", UNKNOWN, None),
    (200, "[]", UNKNOWN, None),
    (200, "null", UNKNOWN, None),
    (200, "ok", UNKNOWN, None),
    (204, "", UNKNOWN, None),
    (302, "", REJECTED, CONFIG),
    (403, PORTAL, REJECTED, CONFIG),
    (408, "", UNKNOWN, None),
    (429, "", RETRY, None),
    (500, told(0), UNKNOWN, None),
    (502, PORTAL, UNKNOWN, None),
]
ROWS = [
    *(("wecom_robot", *row) for row in WECOM),
    *(("wecom_application", *row) for row in APPLICATION),
    *(("dingtalk_robot", *row) for row in DINGTALK),
    *(("feishu_robot", *row) for row in FEISHU),
    *(("zhezhengding", *row) for row in ZHEZHENGDING),
    *((kind, *row) for kind in VENDORS for row in NOBODYS),
    *(("webhook", *row) for row in WEBHOOK),
]


def outcome_of(kind: str, handler: Handler) -> Outcome:
    """The outcome where `handler` answers the message; a question for a token is answered here."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            token = {"errcode": 0, "access_token": "canary-token", "expires_in": 7200}
            return httpx.Response(200, json=token)
        return handler(request)

    return deliver(lambda client: build(kind, SETTINGS[kind], client), answer, ADDRESSED)


@pytest.mark.parametrize(("kind", "status", "body", "expected", "fault"), ROWS)
def test_a_recorded_answer_has_this_outcome(
    kind: str, status: int, body: str, expected: OutcomeKind, fault: Fault | None
) -> None:
    location = {"Location": "https://elsewhere.example/"} if 300 <= status < 400 else {}
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        text = body.replace("{ADDRESS}", str(request.url))
        return httpx.Response(status, text=text, headers=location)

    outcome = outcome_of(kind, answer)
    assert (outcome.kind, outcome.fault) == (expected, fault)
    assert (outcome.provider, outcome.http_status) == (kind, status)
    assert outcome.size == len(asked[0].content)
    assert len(asked) == 1  # no redirect is followed, nothing is repeated here
    assert outcome.kind is not REJECTED or outcome.advice.endswith("。")
    assert "canary" not in repr(outcome)
    assert KEY not in repr(outcome)


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("part", ["address", "headers", "body"])
@pytest.mark.parametrize("status", [200, 403, 500])
def test_whatever_of_the_request_comes_back_no_secret_is_kept(
    kind: str, part: str, status: int
) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        text = {
            "address": f"{request.url} {unquote(str(request.url))}",
            "headers": " ".join(request.headers.values()),
            "body": request.content.decode(),
        }[part]
        return httpx.Response(status, text=text)

    outcome = outcome_of(kind, echo)
    assert outcome.detail or (kind, status) == ("webhook", 200)
    assert "canary" not in repr(outcome)
    assert KEY not in repr(outcome)


# kind         status  Retry-After                       body          wait  whole credential
WAITS = [
    ("wecom_robot", 200, "", told(-1), 30, False),
    ("wecom_robot", 200, "", told(45009), 60, True),
    ("wecom_robot", 429, "", "", 60, True),
    ("wecom_robot", 429, "90", "", 90, True),
    ("wecom_application", 200, "", told(45009), 60, True),
    ("wecom_application", 200, "", told(99999), 600, False),
    ("dingtalk_robot", 200, "", told(130101), 600, True),
    ("dingtalk_robot", 200, "", told(-1), 30, False),
    ("dingtalk_robot", 429, "7", "", 7, True),
    ("zhezhengding", 200, "", zhezheng(False, message="消息重复"), 60, False),
    ("zhezhengding", 200, "", zhezheng(False), 600, False),
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


@pytest.mark.parametrize(
    ("status", "body"), [(400, feishu(9499, "too many request")), (200, feishu(11232))]
)
def test_whom_feishu_sends_away_comes_back_after_a_minute_but_not_all_at_once(
    status: int, body: str
) -> None:
    waits = {
        outcome_of("feishu_robot", lambda _: httpx.Response(status, text=body)).retry_after
        for _ in range(20)
    }
    assert len(waits) > 1
    assert all(timedelta(seconds=60) <= wait < timedelta(seconds=76) for wait in waits if wait)


FAILURES = [
    (httpx.ConnectError, RETRY),
    (httpx.ConnectTimeout, RETRY),
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
    assert (outcome.provider, outcome.detail) == (kind, failure.__name__)
    assert outcome.http_status is None
    assert (outcome.size > 0) is (expected is UNKNOWN)
    # A far side that cannot be reached concerns the whole channel.
    assert outcome.hold is (expected is RETRY)
    assert "canary" not in repr(outcome)
    assert KEY not in repr(outcome)


# stage  reply                                                        kind      fault
MAIL = [
    ("MAIL", "421 HL:IFC too many letters in a short time", RETRY, None),
    ("MAIL", "450 MI:CEL too many wrong commands", RETRY, None),
    ("MAIL", "451 4.3.0 try again later", RETRY, None),
    ("MAIL", "452 4.3.1 insufficient system storage", RETRY, None),
    ("MAIL", "550 MI:IMF sender not allowed", REJECTED, CONFIG),
    ("MAIL", "553 mail from must equal authorized user", REJECTED, CONFIG),
    ("RCPT", "421 4.7.0 service closing", RETRY, None),
    ("RCPT", "450 4.2.0 greylisted, see you in five minutes", RETRY, None),
    ("RCPT", "451 4.7.1 greylisted", RETRY, None),
    ("RCPT", "452 4.2.2 over quota", RETRY, None),
    ("RCPT", "550 5.1.1 no such user", REJECTED, RECIPIENT),
    ("RCPT", "550 RP:TRC too many letters today", REJECTED, RECIPIENT),
    ("RCPT", "552 5.2.2 mailbox full", REJECTED, RECIPIENT),
    ("RCPT", "554 5.7.1 relay access denied", REJECTED, RECIPIENT),
    ("DATA", "421 4.3.2 shutting down", RETRY, None),
    ("DATA", "450 DT:RBL", RETRY, None),
    ("DATA", "451 4.7.1 DT:SPM, please try again", RETRY, None),
    ("DATA", "452 4.3.1 insufficient storage", RETRY, None),
    ("DATA", "550 DT:SPM", REJECTED, CONTENT),
    ("DATA", "552 5.3.4 message too big", REJECTED, CONTENT),
    ("DATA", "554 5.7.1 rejected as spam", REJECTED, CONTENT),
    ("DATA", "354 once more", UNKNOWN, None),
]


def mail_outcome(server: MailServer, *recipients: str) -> list[Outcome]:
    settings = {
        "host": server.host,
        "port": server.port,
        "ca_file": server.ca_file,
        "sender": "qixian@agency.gov.cn",
        "timeout": 5,
    }
    messages = (replace(MESSAGE, to=to) for to in recipients)
    return deliver_for_real(lambda client: build("mail", settings, client), *messages)


@pytest.mark.parametrize(("stage", "reply", "expected", "fault"), MAIL)
def test_a_mail_servers_answer_has_this_outcome(
    stage: str, reply: str, expected: OutcomeKind, fault: Fault | None
) -> None:
    to = "zhang@unit.gov.cn"
    refuse = {to: reply} if stage == "RCPT" else {}
    replies = {} if stage == "RCPT" else {stage: reply}
    with MailServer(refuse=refuse, replies=replies) as server:
        (outcome,) = mail_outcome(server, to)
    assert (outcome.kind, outcome.fault) == (expected, fault)
    assert (outcome.provider, outcome.code) == ("mail", reply[:3])
    assert outcome.kind is not REJECTED or outcome.advice.endswith("。")
    assert server.letters == []


def test_a_letter_that_some_do_not_get_is_told_of_each() -> None:
    refuse = {"gone@x.cn": "550 5.1.1 no such user", "grey@x.cn": "451 4.7.1 greylisted"}
    with MailServer(refuse=refuse) as server:
        outcomes = mail_outcome(server, "a@x.cn", *refuse, "b@x.cn")
    assert [one.kind for one in outcomes] == [ACCEPTED, REJECTED, RETRY, ACCEPTED]
    assert [one.provider_id for one in outcomes] == ["QX1", "", "", "QX2"]


def test_a_line_that_breaks_after_the_last_dot_is_unknown() -> None:
    with MailServer(drop_after_data=True) as server:
        (outcome,) = mail_outcome(server, "a@x.cn")
    assert (outcome.kind, len(server.letters)) == (UNKNOWN, 1)


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_fault_of_ours_after_the_request_has_gone_is_unknown(kind: str) -> None:
    """An answer that no code of ours foresaw must not look as if nothing had been sent."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise KeyError(f"canary {KEY}")

    outcome = outcome_of(kind, fail)
    assert (outcome.kind, outcome.detail) == (UNKNOWN, "KeyError")
