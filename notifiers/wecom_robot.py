"""企业微信群机器人（消息推送）: developer.work.weixin.qq.com/document/path/91770."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import httpx

from notifiers.channel import Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import judge_coded
from notifiers.http_client import JSON, deliver
from notifiers.message import Markup, Message, Outcome
from notifiers.pasted_key import Place, read_key
from notifiers.robot_markdown import without_colors
from notifiers.settings import Settings
from notifiers.wecom_answer import ROBOT

VENDOR = "https://qyapi.weixin.qq.com"
PLACE = Place("/cgi-bin/webhook/send", "key")
# The limit of the format "card" is that of the text to which a long message falls back.
_LIMITS = {"markdown": 4096, "markdown_v2": 4096, "text": 2048, "card": 2048}
_CARD_CHARACTERS = 112  # as many as the vendor advises to show


@dataclass(frozen=True)
class WecomRobot:
    """A group robot. It knows no message id: what is sent twice is read twice.

    `url` is where a card leads; a text that no card shows whole goes out as plain text.
    """

    client: httpx.AsyncClient = field(repr=False)
    base: str
    key: str = field(repr=False)  # the key is the whole credential
    format: str
    url: str = ""

    kind: ClassVar[str] = "wecom_robot"
    windows: ClassVar[tuple[Window, ...]] = (Window(20, timedelta(minutes=1)),)
    users: ClassVar[tuple[str, ...]] = ()
    addressing: ClassVar[Addressing] = Addressing.GROUP
    duplicate_safe: ClassVar[bool] = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, ("key", "format", "url", "api_base", "allow_http"))
        base = given.api_base(VENDOR)
        key = read_key(given, "key", base, PLACE)
        format = given.choice("format", tuple(_LIMITS), "markdown")
        url = given.link("url", required=format == "card")
        return cls(client, base.geturl(), key, format, url)

    @property
    def markup(self) -> Markup:
        return Markup.MARKDOWN if self.format.startswith("markdown") else Markup.TEXT

    @property
    def limit(self) -> int:
        return _LIMITS[self.format]

    @property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.key)

    async def send(self, message: Message, now: datetime) -> Outcome:
        # Real UTF-8: the vendor refuses \uxxxx (40033) and counts its bytes (40058).
        body = json.dumps(self._payload(message), ensure_ascii=False).encode()
        return await deliver(
            self.client,
            f"{self.base}{PLACE.path}?key={self.key}",
            body,
            JSON,
            kind=self.kind,
            judge=lambda answer: judge_coded(answer, now, ROBOT),
            secrets=[self.key],
        )

    def _payload(self, message: Message) -> dict[str, Any]:
        body = clean(message.body)
        if self.format == "card" and (card := _card(clean(message.subject), body, self.url)):
            return {"msgtype": "template_card", "template_card": card}
        if self.format == "markdown_v2":
            body = without_colors(body)
        msgtype = "text" if self.format == "card" else self.format
        content: dict[str, Any] = {"content": body}
        # Only text can call people by their mobile number; markdown knows userids only.
        if msgtype == "text" and message.mentions:
            content["mentioned_mobile_list"] = list(message.mentions)
        return {"msgtype": msgtype, msgtype: content}


def _card(subject: str, body: str, url: str) -> dict[str, Any] | None:
    """A text_notice that shows all of `body`; None where it has no room for that."""
    lines = [line for line in body.splitlines() if line.strip() and line != subject]
    shown: list[str] = []
    while lines and len("\n".join([*shown, lines[0]])) <= _CARD_CHARACTERS:
        shown.append(lines.pop(0))
    quoted = "\n".join(lines)
    if not shown or len(quoted) > _CARD_CHARACTERS:
        return None
    card: dict[str, Any] = {
        "card_type": "text_notice",
        "main_title": {"title": subject},
        "sub_title_text": "\n".join(shown),
        "card_action": {"type": 1, "url": url},
    }
    if quoted:
        card["quote_area"] = {"type": 0, "quote_text": quoted}
    return card
