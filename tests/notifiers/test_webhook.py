"""Standard Webhooks: signed by us, checked by the reference library."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from notifiers.errors import ChannelConfigError
from notifiers.message import Fault, OutcomeKind
from notifiers.registry import build
from notifiers.webhook import Webhook, sign
from tests.notifiers.scripted import HOOK, MESSAGE, NOW, SECRET, deliver, deliver_for_real
from tests.servers.webhook import WebhookSink

OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret of thirty-two byte").decode()


def settings_for(sink: WebhookSink, **more: Any) -> dict[str, Any]:
    return {"url": f"{sink.base}/hook", "secret": SECRET, "allow": ["127.0.0.0/8"], **more}


def test_the_standards_own_vector_is_met() -> None:
    signature = sign(
        base64.b64decode(SECRET.removeprefix("whsec_")),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_with_the_reference_library_takes_the_event() -> None:
    message = replace(MESSAGE, data={"obligations": [{"id": 7, "due_on": "2026-11-23"}]})
    with WebhookSink(SECRET) as sink:
        settings = settings_for(sink)
        (outcome,) = deliver_for_real(lambda client: build("webhook", settings, client), message)
    assert outcome.kind is OutcomeKind.ACCEPTED
    (event,) = sink.received
    assert (event.id, event.timestamp) == (MESSAGE.id, NOW)
    assert event.body == {
        "type": "qixian.alert",
        "timestamp": "2026-11-23T01:00:00+00:00",
        "data": {
            "obligations": [{"id": 7, "due_on": "2026-11-23"}],
            "subject": MESSAGE.subject,
            "text": MESSAGE.body,
        },
    }


def test_the_clock_of_shanghai_signs_like_that_of_utc() -> None:
    with WebhookSink(SECRET) as sink:
        settings = settings_for(sink)
        (outcome,) = deliver_for_real(
            lambda client: build("webhook", settings, client),
            MESSAGE,
            now=NOW.astimezone(ZoneInfo("Asia/Shanghai")),
        )
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert sink.received[0].timestamp == NOW


@pytest.mark.parametrize("known", [SECRET, OTHER_SECRET])
def test_while_secrets_rotate_a_receiver_may_know_either(known: str) -> None:
    with WebhookSink(known) as sink:
        settings = settings_for(sink, secret=OTHER_SECRET, previous_secret=SECRET)
        (outcome,) = deliver_for_real(lambda client: build("webhook", settings, client), MESSAGE)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(sink.received) == 1


def test_a_wrong_secret_is_a_fault_of_the_configuration() -> None:
    with WebhookSink(OTHER_SECRET) as sink:
        settings = settings_for(sink)
        (outcome,) = deliver_for_real(lambda client: build("webhook", settings, client), MESSAGE)
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.CONFIG)
    assert sink.refused == ["signature"]


def test_a_repeated_attempt_is_known_by_its_id() -> None:
    with WebhookSink(SECRET) as sink:
        sink.fail_next("reset_after_accept", "busy:120")
        settings = settings_for(sink)
        outcomes = deliver_for_real(
            lambda client: build("webhook", settings, client), MESSAGE, MESSAGE, MESSAGE
        )
    assert [one.kind for one in outcomes] == [
        OutcomeKind.UNKNOWN,
        OutcomeKind.RETRY,
        OutcomeKind.ACCEPTED,
    ]
    assert outcomes[1].retry_after == timedelta(seconds=120)
    assert len(sink.received) == len(sink.repeated) == 1


def test_what_is_signed_is_what_is_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    settings = {"url": HOOK, "secret": SECRET}
    deliver(
        lambda client: build("webhook", settings, client),
        answer,
        replace(MESSAGE, body="半个字\ud800", data={"note": "\udfff"}),
    )
    (request,) = seen
    secret = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = sign(secret, MESSAGE.id, NOW, request.content)
    assert request.headers["webhook-signature"] == expected
    assert "半个字?" in request.content.decode()


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"url": "http://oa.agency.gov.cn/hook"}, "allow_http"),
    ({"url": "https://user:canary@oa.agency.gov.cn/hook"}, "用户名"),
    ({"url": "oa.agency.gov.cn/hook"}, "https://"),
    ({"url": "https:///hook"}, "https://"),
    ({"url": "https://oa.agency.gov.cn/hook#x"}, "#"),
    ({"url": 7}, "文字"),
    ({"allow_http": "yes"}, "true"),
    ({"secret": "canary"}, "whsec_"),
    ({"secret": "whsec_not base64"}, "whsec_"),
    ({"secret": "whsec_" + base64.b64encode(b"canary" * 3).decode()}, "24"),
    ({"secret": "whsec_" + base64.b64encode(b"canary" * 11).decode()}, "64"),
    ({"previous_secret": "canary"}, "whsec_"),
    ({"previous_secret": ""}, "为空"),
    ({"allow": "10.0.0.0/8"}, "列表"),
    ({"allow": [10]}, "列表"),
    ({"allow": []}, "为空"),
    ({"allow": ["10.0.0.0/8", " "]}, "为空"),
    ({"allow": ["intranet"]}, "网段"),
    ({"allow": ["10.1.2.3/8"]}, "网段"),
    ({"allow": ["0.0.0.0/0"]}, "内网网段"),
    ({"allow": ["::/0"]}, "内网网段"),
    ({"allow": ["169.254.0.0/16"]}, "内网网段"),
    ({"allow": ["10.0.0.0/8", "8.8.8.0/24"]}, "内网网段"),
    ({"url": "https://10.1.2.3/hook"}, "allow"),
    ({"url": "https://169.254.169.254/latest", "allow": ["10.0.0.0/8"]}, "内网"),
]


@pytest.mark.parametrize(("wrong", "sentence"), FAULTS)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any], sentence: str) -> None:
    settings = {"url": HOOK, "secret": SECRET, **wrong}
    with pytest.raises(ChannelConfigError) as refused:
        build("webhook", settings, httpx.AsyncClient())
    assert f"webhook 渠道的“{next(iter(wrong))}”" in str(refused.value)
    assert sentence in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "allow_http"),
    [
        ("http://localhost:8080/hook", False),
        ("http://127.0.0.1/hook", False),
        ("http://[::1]:9000/hook", False),
        ("http://10.1.2.3/hook", True),
    ],
)
def test_clear_text_is_for_this_machine_or_by_the_administrators_word(
    url: str, allow_http: bool
) -> None:
    allow = ["127.0.0.0/8", "::1", "10.0.0.0/8"]
    settings = {"url": url, "secret": SECRET, "allow_http": allow_http, "allow": allow}
    assert build("webhook", settings, httpx.AsyncClient()).duplicate_safe


def test_a_channel_does_not_show_its_secrets() -> None:
    channel = Webhook.from_settings({"url": HOOK, "secret": SECRET}, httpx.AsyncClient())
    shown = repr(channel) + channel.credential
    assert "canary" not in shown
    assert "agency" not in shown
