"""浙政钉（专有钉钉）工作通知: one person, by his account id.

The same content reaches the same person once a day only. So each attempt says in its last line
when it was sent; the id by which repeated attempts are recognised stays.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx

from notifiers.channel import Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import (
    ACCEPTED,
    not_theirs,
    parse,
    rejected,
    unlisted,
    wait,
)
from notifiers.http_client import Answer, deliver, judge_status
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.settings import Settings

VENDOR = "https://openplatform.dg-work.cn"
PATH = "/message/workNotification"
_KEYS = ("app_key", "app_secret", "tenant_id", "users", "api_base", "allow_http")
_ACCOUNT = re.compile(r"[0-9A-Za-z_-]{1,64}")
_MOST_USERS = 1000
_MSG_BYTES = 2048  # of the whole `msg`, its JSON included
_ZONE = ZoneInfo("Asia/Shanghai")
_NAME = "浙政钉"
_NO_LEAVE = rejected(
    Fault.CONFIG,
    "浙政钉拒绝了请求，请核对 app_key、app_secret、api_base、接口授权和服务器时钟。",
)
_WORDS = ("responseMessage", "message", "Message", "errorMsg", "msg")


@dataclass(frozen=True)
class Zhezhengding:
    """An application; one message reaches the person in `Message.to`."""

    client: httpx.AsyncClient = field(repr=False)
    base: str
    app_key: str
    app_secret: str = field(repr=False)
    tenant_id: str
    users: tuple[str, ...]

    kind: ClassVar[str] = "zhezhengding"
    markup: ClassVar[Markup] = Markup.TEXT
    limit: ClassVar[int] = 1_800  # of 2048: the rest is for the JSON and the last line
    windows: ClassVar[tuple[Window, ...]] = (Window(100, timedelta(days=1), each=True),)
    addressing: ClassVar[Addressing] = Addressing.PERSON
    duplicate_safe: ClassVar[bool] = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, _KEYS)
        users = given.texts("users")
        if len(users) > _MOST_USERS or not all(map(_ACCOUNT.fullmatch, users)):
            raise given.refuse("users", f"应为至多 {_MOST_USERS} 个浙政钉账号（accountId）")
        return cls(
            client=client,
            base=given.api_base(VENDOR).geturl(),
            app_key=given.text("app_key"),
            app_secret=given.text("app_secret"),
            tenant_id=given.text("tenant_id"),
            users=users,
        )

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.app_key, self.app_secret)

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        return (urlencode(self._parameters(message, now)).encode(),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        if not _ACCOUNT.fullmatch(message.to):
            return Outcome(
                OutcomeKind.REJECTED,
                Fault.RECIPIENT,
                provider=self.kind,
                advice="收件人缺失或不是浙政钉账号，请核对该联系人的账号（accountId）。",
            )
        (body,) = self.written(message, now)
        headers = self._headers(self._parameters(message, now), now)
        return await deliver(
            self.client,
            f"{self.base}{PATH}",
            body,
            headers,
            kind=self.kind,
            judge=lambda answer: _judge(answer, message, now),
            secrets=[self.app_secret, headers["X-Hmac-Auth-Signature"]],
        )

    def _parameters(self, message: Message, now: datetime) -> dict[str, str]:
        return {
            "bizMsgId": message.id,
            "msg": _msg(clean(message.body), now),
            "receiverIds": message.to,
            "tenantId": self.tenant_id,
        }

    def _headers(self, parameters: Mapping[str, str], now: datetime) -> dict[str, str]:
        timestamp = f"{now.astimezone(_ZONE):%Y-%m-%dT%H:%M:%S}.000+08:00"
        nonce = f"{int(now.timestamp() * 1000)}{secrets.randbelow(9000) + 1000}"
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Hmac-Auth-Timestamp": timestamp,
            "X-Hmac-Auth-Version": "1.0",
            "X-Hmac-Auth-Nonce": nonce,
            "X-Hmac-Auth-Signature": sign(self.app_secret, timestamp, nonce, parameters),
            # Asked for, but compared with nothing.
            "X-Hmac-Auth-IP": "127.0.0.1",
            "X-Hmac-Auth-MAC": "00:00:00:00:00:00",
            "apiKey": self.app_key,
        }


def sign(secret: str, timestamp: str, nonce: str, parameters: Mapping[str, str]) -> str:
    """The signature over the parameters as they are meant, not as the form encodes them."""
    pairs = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
    signed = f"POST\n{timestamp}\n{nonce}\n{PATH}\n{pairs}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def _msg(body: str, now: datetime) -> str:
    """Within the limit: a matter that is too long by itself loses the end of its source."""
    moment = now.astimezone(_ZONE)
    dateline = f"发送时间：{moment:%Y-%m-%d %H:%M}"
    msg = _text(f"{body}\n{dateline}")
    while (excess := len(msg.encode()) - _MSG_BYTES) > 0:
        room = len(body.encode()) - excess - len("…".encode())
        body = body.encode()[: max(room, 0)].decode(errors="ignore")
        msg = _text(f"{body}…\n{dateline}")
    return msg


def _text(content: str) -> str:
    return json.dumps({"msgtype": "text", "text": {"content": content}}, ensure_ascii=False)


def _judge(answer: Answer, message: Message, now: datetime) -> Outcome:
    """`success` decides, outside and, where the answer holds another one, inside as well."""
    by_status = judge_status(answer, now)
    if by_status:
        return by_status
    told = parse(answer.body)
    content = told.get("content")
    inner = parse(content.encode("utf-8", "replace")) if isinstance(content, str) else content
    layers = [told, *([inner] if isinstance(inner, dict) else [])]
    success = [layer["success"] for layer in layers if "success" in layer]
    words = next((str(one[key]) for one in layers for key in _WORDS if one.get(key)), "")
    if success and answer.status < 400 and all(one is True for one in success):
        return replace(ACCEPTED, provider_id=_message_id(layers))
    if any(one is False for one in success):
        return replace(_refused(words, message), detail=words)
    if answer.status >= 400:
        return replace(_NO_LEAVE, code=str(answer.status), detail=answer.text)
    return not_theirs(answer, _NAME)


def _refused(words: str, message: Message) -> Outcome:
    if "重复" not in words:
        return unlisted(_NAME)
    if message.possible_duplicate:
        return ACCEPTED  # the earlier attempt with this id has arrived
    # The id is new, so it is the content; in a minute its last line is another one.
    return wait(60, "浙政钉提示内容重复，稍后会再发。")


def _message_id(layers: list[dict[str, Any]]) -> str:
    inner = layers[-1]
    for one in (inner, inner.get("content"), inner.get("data")):
        if isinstance(one, dict) and one.get("msgId"):
            return str(one["msgId"])
    return ""
