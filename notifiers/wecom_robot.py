"""企业微信群机器人（消息推送）: developer.work.weixin.qq.com/document/path/91770."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Self

import httpx

from notifiers.channel import UNSHOWN, Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import judge_coded
from notifiers.http_client import JSON, deliver
from notifiers.message import Markup, Message, Outcome, OutcomeKind
from notifiers.pasted_key import Place, read_key
from notifiers.robot_markdown import without_colors
from notifiers.settings import Settings
from notifiers.wecom_answer import ROBOT
from notifiers.wecom_file import MEDIA_GONE, File, file_of, heading_of, upload

VENDOR = "https://qyapi.weixin.qq.com"
PLACE = Place("/cgi-bin/webhook/send", "key")
# The limit of the format "card" is that of the text to which a long message falls back; a file
# holds whatever a morning can bring.
_LIMITS = {"markdown": 4096, "markdown_v2": 4096, "text": 2048, "card": 2048, "file": 200_000}
_TEXT_BYTES = 2048
_CARD_CHARACTERS = 112  # as many as the vendor advises to show


@dataclass(frozen=True)
class WecomRobot:
    """A group robot. It knows no message id: what is sent twice is read twice.

    `url` is where a card leads; a text that no card shows whole goes out as plain text. With the
    format "file" a text that is too long for one message becomes its first lines and a file.
    """

    client: httpx.AsyncClient = field(repr=False)
    base: str
    key: str = field(repr=False)  # the key is the whole credential
    format: str
    url: str = ""

    kind: ClassVar[str] = "wecom_robot"
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
    def windows(self) -> tuple[Window, ...]:
        """20 messages a minute; a text with its file is two."""
        return (Window(10 if self.format == "file" else 20, timedelta(minutes=1)),)

    @property
    def limit(self) -> int:
        return _LIMITS[self.format]

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.key)

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        request, file = self._request(message), self._file(message, now)
        return (file.request, request, _sending(UNSHOWN)) if file else (request,)

    async def send(self, message: Message, now: datetime) -> Outcome:
        request, file = self._request(message), self._file(message, now)
        if file:
            return await self._send_with_file(request, file, now)
        return await self._post(request, now)

    async def _send_with_file(self, request: bytes, file: File, now: datetime) -> Outcome:
        """The file is uploaded first: while that fails, nothing was sent. Once the text stands in
        the group, a file that does not follow leaves it half told: unknown."""
        media = await self._upload(file, now)
        if isinstance(media, Outcome):
            return media
        told = await self._post(request, now)
        if told.kind is not OutcomeKind.ACCEPTED:
            return told
        sent = await self._post(_sending(media), now)
        if sent.code in MEDIA_GONE:  # it lives three days, and with this robot only
            media = await self._upload(file, now)
            sent = media if isinstance(media, Outcome) else await self._post(_sending(media), now)
        if sent.kind is OutcomeKind.ACCEPTED:
            return replace(sent, size=told.size + sent.size)
        return replace(sent, kind=OutcomeKind.UNKNOWN, fault=None, hold=False, retry_after=None)

    async def _upload(self, file: File, now: datetime) -> str | Outcome:
        return await upload(self.client, self.base, self.key, file, now)

    async def _post(self, body: bytes, now: datetime) -> Outcome:
        return await deliver(
            self.client,
            f"{self.base}{PLACE.path}?key={self.key}",
            body,
            JSON,
            kind=self.kind,
            judge=lambda answer: judge_coded(answer, now, ROBOT),
            secrets=[self.key],
        )

    def _file(self, message: Message, now: datetime) -> File | None:
        """The file that follows a text of which one message holds only the beginning."""
        body = clean(message.body)
        return file_of(body, now) if self._is_too_long(body) else None

    def _is_too_long(self, body: str) -> bool:
        return self.format == "file" and len(body.encode()) > _TEXT_BYTES

    def _request(self, message: Message) -> bytes:
        return _as_json(self._payload(message))

    def _payload(self, message: Message) -> dict[str, Any]:
        body = clean(message.body)
        if self._is_too_long(body):
            body = heading_of(body, _TEXT_BYTES)
        if self.format == "card" and (card := _card(clean(message.subject), body, self.url)):
            return {"msgtype": "template_card", "template_card": card}
        if self.format == "markdown_v2":
            body = without_colors(body)
        if self.format in ("card", "file", "text"):
            return self._text(body, message)
        return {"msgtype": self.format, self.format: {"content": body}}

    def _text(self, body: str, message: Message) -> dict[str, Any]:
        content: dict[str, Any] = {"content": body}
        # Only text can call people by their mobile number; markdown knows userids only.
        if message.mentions:
            content["mentioned_mobile_list"] = list(message.mentions)
        return {"msgtype": "text", "text": content}


def _as_json(payload: dict[str, Any]) -> bytes:
    # Real UTF-8: the vendor refuses \uxxxx (40033) and counts its bytes (40058).
    return json.dumps(payload, ensure_ascii=False).encode()


def _sending(media_id: str) -> bytes:
    return _as_json({"msgtype": "file", "file": {"media_id": media_id}})


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
