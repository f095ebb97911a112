"""企业微信群机器人（消息推送）: developer.work.weixin.qq.com/document/path/91770."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import httpx

from notifiers.channel import Addressing, fingerprint
from notifiers.clean_text import clean
from notifiers.http_client import judge_status, post, redact
from notifiers.message import Markup, Message, Outcome
from notifiers.settings import Settings
from notifiers.web_address import split_address
from notifiers.wecom_answer import judge_answer
from notifiers.wecom_key import SEND_PATH, read_key

VENDOR = "https://qyapi.weixin.qq.com"
_LIMITS = {Markup.MARKDOWN: 4096, Markup.TEXT: 2048}


@dataclass(frozen=True)
class WecomRobot:
    """A group robot. It knows no message id: what is sent twice is read twice."""

    client: httpx.AsyncClient = field(repr=False)
    base: str
    key: str = field(repr=False)  # the key is the whole credential
    markup: Markup

    kind: ClassVar[str] = "wecom_robot"
    window: ClassVar[tuple[int, timedelta] | None] = (20, timedelta(seconds=60))
    addressing: ClassVar[Addressing] = Addressing.GROUP
    duplicate_safe: ClassVar[bool] = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, ("key", "format", "api_base", "allow_http"))
        try:
            base = split_address(
                given.text("api_base", VENDOR).rstrip("/"), given.flag("allow_http")
            )
        except ValueError as fault:
            raise given.refuse("api_base", str(fault)) from None
        if base.query:
            raise given.refuse("api_base", "里带有“?”及其后的内容，请去掉")
        try:
            key = read_key(given.text("key"), base)
        except ValueError as fault:
            raise given.refuse("key", str(fault)) from None
        markup = Markup(given.choice("format", ("markdown", "text"), "markdown"))
        return cls(client, base.geturl(), key, markup)

    @property
    def limit(self) -> int:
        return _LIMITS[self.markup]

    @property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.key)

    async def send(self, message: Message, now: datetime) -> Outcome:
        # Real UTF-8: the vendor refuses \uxxxx (40033) and counts its bytes (40058).
        body = json.dumps(self._payload(message), ensure_ascii=False).encode()
        url = f"{self.base}{SEND_PATH}?key={self.key}"
        answer = await post(self.client, url, body, {"Content-Type": "application/json"})
        if isinstance(answer, Outcome):
            return replace(answer, provider=self.kind)
        outcome = judge_status(answer, now) or judge_answer(answer)
        return replace(
            outcome,
            provider=self.kind,
            http_status=answer.status,
            detail=redact(outcome.detail, [self.key]),
            size=len(body),
        )

    def _payload(self, message: Message) -> dict[str, Any]:
        content: dict[str, Any] = {"content": clean(message.body)}
        # Only text can call people by their mobile number; markdown knows userids only.
        if self.markup is Markup.TEXT and message.mentions:
            content["mentioned_mobile_list"] = list(message.mentions)
        return {"msgtype": self.markup.value, self.markup.value: content}
