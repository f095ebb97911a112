"""企业微信智能机器人: over its long connection, so that a button works without an inbound address.

developer.work.weixin.qq.com/document/path/101463 (connection), 101032 (cards), 101138 (pushing).
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import urlunsplit

import httpx

from notifiers.channel import UNSHOWN, Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import unlisted
from notifiers.http_client import redact
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.settings import Settings
from notifiers.wecom_answer import BOT
from notifiers.wecom_bot_answers import Unanswered
from notifiers.wecom_bot_frames import SEND
from notifiers.wecom_bot_frames import written as frame
from notifiers.wecom_bot_line import Broken, Line
from notifiers.wecom_card import button_card

VENDOR = "https://openws.work.weixin.qq.com"
_KEYS = ("bot_id", "secret", "chat_id", "users", "format", "api_base", "allow_http")
_FORMATS = ("button_card", "markdown")
_ADDRESSEE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,127}")
_MOST_USERS = 1000
_BROKEN = Outcome(OutcomeKind.RETRY, advice="机器人的长连接已断开，接通后会再发。")
_UNANSWERED = Outcome(OutcomeKind.UNKNOWN, advice="企业微信没有回应，不知消息是否送达。")


@dataclass
class Plug:
    """Where the line is plugged in while this process holds it."""

    line: Line | None = None


@dataclass(frozen=True)
class WecomBot:
    """A robot; one message reaches the group `chat`, or else the person in `Message.to`.

    A message goes over the line that `plug` holds. With `alone` it goes over a line of its own
    where there is none, which ends the one that another process may hold, for a moment.
    """

    base: str
    bot_id: str
    secret: str = field(repr=False)
    chat: str
    users: tuple[str, ...]
    format: str
    plug: Plug = field(default_factory=Plug, repr=False, compare=False)
    alone: bool = False

    kind: ClassVar[str] = "wecom_bot"
    limit: ClassVar[int] = 20480
    # To one conversation, answers included.
    windows: ClassVar[tuple[Window, ...]] = (
        Window(30, timedelta(minutes=1), each=True),
        Window(1000, timedelta(hours=1), each=True),
    )
    duplicate_safe: ClassVar[bool] = False
    markup: ClassVar[Markup] = Markup.MARKDOWN

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:  # noqa: ARG003
        given = Settings(cls.kind, settings, _KEYS)
        base = given.api_base(VENDOR)
        chat, users = given.text("chat_id", ""), given.texts("users")
        if chat and users:
            raise given.refuse("users", "和 chat_id 只能写一个：发给个人，或者发到一个群")
        if chat and not _ADDRESSEE.fullmatch(chat):
            raise given.refuse("chat_id", "不是企业微信的群聊编号，请重新复制")
        if len(users) > _MOST_USERS or not all(map(_ADDRESSEE.fullmatch, users)):
            raise given.refuse("users", f"应为至多 {_MOST_USERS} 个企业微信账号（userid）")
        scheme = "wss" if base.scheme == "https" else "ws"
        return cls(
            base=urlunsplit(base._replace(scheme=scheme)),
            bot_id=given.text("bot_id"),
            secret=given.text("secret"),
            chat=chat,
            users=users,
            format=given.choice("format", _FORMATS, "button_card"),
        )

    @property
    def addressing(self) -> Addressing:
        return Addressing.GROUP if self.chat else Addressing.PERSON

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.bot_id, self.secret)

    @property
    def connected(self) -> bool:
        """Does this process hold the robot's line?"""
        return self.plug.line is not None and self.plug.line.connected

    def by_itself(self) -> Self:
        """The same robot, for one message outside the queue, in whatever process."""
        return replace(self, alone=True)

    def open(self, line: Line) -> Outcome:
        """Connect a line and sign in; ACCEPTED where it stands."""
        try:
            return self._judge(line.open(self.bot_id, self.secret))
        except Broken as error:
            return replace(_BROKEN, provider=self.kind, advice=f"{error}。")
        except Unanswered:
            return replace(_BROKEN, provider=self.kind, advice="企业微信没有回应登录，会自动再试。")

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:  # noqa: ARG002
        return (frame(SEND, UNSHOWN, self._body(message)).encode(),)

    async def send(self, message: Message, now: datetime) -> Outcome:  # noqa: ARG002
        to = self.chat or message.to
        if not _ADDRESSEE.fullmatch(to):
            return Outcome(
                OutcomeKind.REJECTED,
                Fault.RECIPIENT,
                provider=self.kind,
                advice="收件人缺失或不是企业微信账号，请核对该联系人的账号（userid）。",
            )
        body = self._body(message)
        try:
            answer = await self._ask(body)
        except Broken:
            return replace(_BROKEN, provider=self.kind)
        except Unanswered:
            return replace(_UNANSWERED, provider=self.kind, size=_size(body))
        if isinstance(answer, Outcome):
            return answer
        outcome = replace(self._judge(answer), size=_size(body))
        card = body.get("template_card")
        if card and self.plug.line and outcome.kind is OutcomeKind.ACCEPTED:
            self.plug.line.cards.keep(card)
        return outcome

    async def _ask(self, body: Mapping[str, Any]) -> Mapping[str, Any] | Outcome:
        line = self.plug.line
        if line and line.connected:
            return await line.ask(body)
        if not self.alone:
            raise Broken
        return await asyncio.to_thread(self._once, body)

    def _once(self, body: Mapping[str, Any]) -> Mapping[str, Any] | Outcome:
        """Over a line that is opened for it."""
        line = Line(self.base)
        try:
            outcome = self.open(line)
            return line.wait(line.post(body)) if line.connected else outcome
        finally:
            line.close()

    def _body(self, message: Message) -> dict[str, Any]:
        to = {"chatid": self.chat or message.to}
        anew = not message.possible_duplicate  # WeCom takes the id of a card once
        if self.format == "button_card" and anew and (card := button_card(message)):
            return {**to, "msgtype": "template_card", "template_card": card}
        return {**to, "msgtype": "markdown", "markdown": {"content": clean(message.body)}}

    def _judge(self, answer: Mapping[str, Any]) -> Outcome:
        code, words = answer.get("errcode"), str(answer.get("errmsg") or "")
        if isinstance(code, bool) or not isinstance(code, int):
            return replace(_UNANSWERED, provider=self.kind)
        outcome = BOT.judge(code, words) or unlisted(BOT.name)
        detail = redact(words, [self.secret])
        return replace(outcome, provider=self.kind, code=str(code), detail=detail)


def _size(body: Mapping[str, Any]) -> int:
    return len(json.dumps(body, ensure_ascii=False).encode())
