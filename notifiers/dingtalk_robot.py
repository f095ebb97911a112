"""钉钉自定义机器人: open.dingtalk.com/document/robots/custom-robot-access."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import httpx

from notifiers.channel import Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import ACCEPTED, Vendor, judge_coded, rejected, wait
from notifiers.http_client import JSON, deliver
from notifiers.message import Fault, Markup, Message, Outcome
from notifiers.pasted_key import Place, read_key
from notifiers.robot_markdown import without_colors
from notifiers.robot_refusals import GONE, NO_KEYWORD, NOT_FROM_HERE, bad_signature
from notifiers.settings import Settings

VENDOR = "https://oapi.dingtalk.com"
PLACE = Place("/robot/send", "access_token")
_KEYS = ("token", "secret", "keyword", "format", "api_base", "allow_http")
_REQUEST_BYTES = 20_000
_MOST_MENTIONS = 20
_TITLE_CHARACTERS = 60  # of the line in the list of chats; the text says it all again
_MOST_KEYWORD = 30


@dataclass(frozen=True)
class DingtalkRobot:
    """A group robot. `secret` signs, where the robot asks for it; `keyword` is a word that the
    robot wants to see in every message, where it asks for that."""

    client: httpx.AsyncClient = field(repr=False)
    base: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    keyword: str
    format: str

    kind: ClassVar[str] = "dingtalk_robot"
    # 20,000 bytes are for the whole request, in which a line feed or a quote takes two.
    limit: ClassVar[int] = 9_000
    windows: ClassVar[tuple[Window, ...]] = (Window(20, timedelta(minutes=1)),)
    users: ClassVar[tuple[str, ...]] = ()
    addressing: ClassVar[Addressing] = Addressing.GROUP
    duplicate_safe: ClassVar[bool] = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, _KEYS)
        base = given.api_base(VENDOR)
        return cls(
            client=client,
            base=base.geturl(),
            token=read_key(given, "token", base, PLACE),
            secret=given.text("secret") if "secret" in settings else "",
            keyword=given.word("keyword", _MOST_KEYWORD),
            format=given.choice("format", ("markdown", "text"), "markdown"),
        )

    @property
    def markup(self) -> Markup:
        return Markup(self.format)

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.token)

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:  # noqa: ARG002
        # DingTalk's markdown ends a line only at blanks beside the line feed. Where they do not
        # fit, which takes thousands of lines, the text matters more.
        request = self._payload(message, "  \n  ")
        return (request if len(request) <= _REQUEST_BYTES else self._payload(message, "\n"),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        (request,) = self.written(message, now)
        query = {"access_token": self.token}
        if self.secret:
            milliseconds = int(now.timestamp() * 1000)
            query |= {"timestamp": str(milliseconds), "sign": sign(self.secret, milliseconds)}
        return await deliver(
            self.client,
            f"{self.base}{PLACE.path}?{urlencode(query)}",
            request,
            JSON,
            kind=self.kind,
            judge=lambda answer: judge_coded(answer, now, _DINGTALK),
            secrets=[self.token, self.secret, query.get("sign", "")],
        )

    def _payload(self, message: Message, line_end: str) -> bytes:
        text = clean(message.body)
        if self.keyword not in text:
            text = f"{self.keyword}\n{text}"
        mobiles = list(message.mentions[:_MOST_MENTIONS])
        if self.markup is Markup.TEXT:
            content = {"content": text}
        else:
            # In markdown DingTalk calls only those who stand in the text as well.
            text = "\n".join([without_colors(text), *(f"@{mobile}" for mobile in mobiles)])
            title = clean(message.subject)[:_TITLE_CHARACTERS]
            content = {"title": title, "text": text.replace("\n", line_end)}
        payload = {
            "msgtype": self.format,
            self.format: content,
            "at": {"atMobiles": mobiles, "isAtAll": False},
        }
        return json.dumps(payload, ensure_ascii=False).encode()


def sign(secret: str, milliseconds: int) -> str:
    """The signature that stands in the address, not yet quoted for it."""
    signed = f"{milliseconds}\n{secret}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


_TOO_LONG = rejected(Fault.CONTENT, "消息超过钉钉的长度限制，请缩短正文，或减少合并的事项后重发。")
_CODES: Mapping[int, Outcome] = {
    0: ACCEPTED,
    -1: wait(30, "钉钉繁忙，稍后会再发。"),
    # More than 20 a minute: the robot is blocked for ten minutes.
    130101: wait(600, "超过每分钟20条的限制，钉钉将暂停该机器人约十分钟，之后会再发。", hold=True),
    300001: GONE,  # "token is not exist"
    101002: _TOO_LONG,
    460101: _TOO_LONG,
}
# 310000 is one code for three kinds of protection; only its words tell which. All are for the
# administrator, so a mistake here costs no message.
_PROTECTIONS = (
    (re.compile(r"keyword|关键词", re.IGNORECASE), NO_KEYWORD),
    (re.compile(r"\bsign\b|签名|timestamp|时间戳", re.IGNORECASE), bad_signature("钉钉")),
    (re.compile(r"\bip\b|白名单", re.IGNORECASE), NOT_FROM_HERE),
)
_PROTECTED = rejected(
    Fault.CONFIG, "机器人的安全设置拒绝了消息，请群主核对关键词、加签和地址白名单。"
)


def _judge(code: int, words: str) -> Outcome | None:
    if code == 310000:
        found = (outcome for pattern, outcome in _PROTECTIONS if pattern.search(words))
        return next(found, _PROTECTED)
    return _CODES.get(code)


_DINGTALK = Vendor("钉钉", _judge)
