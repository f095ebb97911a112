"""飞书（Lark）自定义机器人: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from secrets import randbelow
from typing import Any, ClassVar, Self

import httpx

from notifiers.channel import UNSHOWN, Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import ACCEPTED, Vendor, judge_coded, rejected, wait
from notifiers.http_client import JSON, deliver
from notifiers.message import Fault, Markup, Message, Outcome
from notifiers.pasted_key import Place, read_key
from notifiers.robot_refusals import GONE, NO_KEYWORD, NOT_FROM_HERE, bad_signature
from notifiers.settings import Settings

VENDOR = "https://open.feishu.cn"
PLACE = Place("/open-apis/bot/v2/hook/")
_KEYS = ("token", "secret", "keyword", "api_base", "allow_http")
_MOST_KEYWORD = 30
# Even in plain text <at …> would call people, <at user_id="all"> everybody.
_CALL = re.compile(r"<(?=/?at\b)", re.IGNORECASE)


@dataclass(frozen=True)
class FeishuRobot:
    """A group robot. `secret` signs, where the robot asks for it; `keyword` is a word that the
    robot wants to see in every message, where it asks for that. It calls nobody: Feishu knows
    people by its own ids only."""

    client: httpx.AsyncClient = field(repr=False)
    base: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    keyword: str

    kind: ClassVar[str] = "feishu_robot"
    markup: ClassVar[Markup] = Markup.TEXT
    # 20 kB are for the whole request, in which a line feed or a quote takes two.
    limit: ClassVar[int] = 9_000
    windows: ClassVar[tuple[Window, ...]] = (
        Window(5, timedelta(seconds=1)),
        Window(100, timedelta(minutes=1)),
    )
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
        )

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.token)

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        return (self._request(message, now, UNSHOWN),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        signature = sign(self.secret, int(now.timestamp())) if self.secret else ""
        return await deliver(
            self.client,
            f"{self.base}{PLACE.path}{self.token}",
            self._request(message, now, signature),
            JSON,
            kind=self.kind,
            judge=lambda answer: judge_coded(answer, now, _FEISHU),
            secrets=[self.token, self.secret, signature],
        )

    def _request(self, message: Message, now: datetime, signature: str) -> bytes:
        text = _CALL.sub("＜", clean(message.body))
        if self.keyword not in text:
            text = f"{self.keyword}\n{text}"
        payload: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self.secret:
            payload |= {"timestamp": str(int(now.timestamp())), "sign": signature}
        return json.dumps(payload, ensure_ascii=False).encode()


def sign(secret: str, seconds: int) -> str:
    """The signature that stands in the body: of nothing, under time and secret as the key."""
    key = f"{seconds}\n{secret}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


_CROWDED = "超过飞书的发送频率，约一分钟后会再发。"
_CODES: Mapping[int, Outcome] = {
    0: ACCEPTED,
    9499: rejected(Fault.CONTENT, "飞书不接受消息的格式，请把错误码告诉系统管理员。"),
    19001: GONE,
    19021: bad_signature("飞书"),
    19022: NOT_FROM_HERE,
    19024: NO_KEYWORD,
}


def _judge(code: int, words: str) -> Outcome | None:
    # 9499 is “Bad Request” as well as “too many request”.
    if code == 11232 or (code == 9499 and "too many" in words.lower()):
        # Everybody who was refused comes back: not all of them after the same minute.
        return wait(60 + randbelow(16), _CROWDED, hold=True)
    return _CODES.get(code)


_FEISHU = Vendor("飞书", _judge, ("code", "StatusCode"), ("msg", "StatusMessage"))
