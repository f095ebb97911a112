"""企业微信自建应用消息: developer.work.weixin.qq.com/document/path/90236."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

import httpx

from notifiers.channel import Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.coded_answer import judge_coded, parse
from notifiers.http_client import JSON, Answer, deliver, redact
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.settings import Settings
from notifiers.wecom_answer import APPLICATION, NOBODY
from notifiers.wecom_card import button_card
from notifiers.wecom_robot import VENDOR
from notifiers.wecom_token import WecomToken

_KEYS = (
    *("corp_id", "secret", "agent_id", "users", "format", "url"),
    *("callback_token", "callback_aes_key", "api_base", "allow_http"),
)
_FORMATS = ("text", "markdown", "textcard", "button_card")
_CALLBACK_TOKEN, _AES_KEY = re.compile(r"[0-9A-Za-z]{1,32}"), re.compile(r"[0-9A-Za-z]{43}")
USER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}")  # “@all” is nobody's name
_MOST_USERS = 1000
_CLOSED = "60140"
STALE = ("40001", "40014", "42001")  # the token, not the message
_TITLE_BYTES, _DESCRIPTION_BYTES = 128, 512
# WeCom shows what is the same within so many seconds once: our second attempts come sooner.
_SAME_WITHIN = 1800


@dataclass(frozen=True)
class Callback:
    """The two values by which what WeCom sends to us is checked and read."""

    token: str = field(repr=False)
    aes_key: str = field(repr=False)


@dataclass(frozen=True)
class WecomApplication:
    """An application; one message reaches the person in `Message.to`.

    `url` is where a textcard leads; a message that a card would not show whole goes out as text,
    and so does one that may have come as a button card before, whose id WeCom takes only once.
    """

    client: httpx.AsyncClient = field(repr=False)
    base: str
    corp_id: str
    secret: str = field(repr=False)
    agent_id: int
    users: tuple[str, ...]
    format: str
    url: str
    token: WecomToken = field(repr=False)
    callback: Callback | None = None

    kind: ClassVar[str] = "wecom_application"
    limit: ClassVar[int] = 2048
    # To one member; what is above is dropped without a word.
    windows: ClassVar[tuple[Window, ...]] = (
        Window(30, timedelta(minutes=1), each=True),
        Window(1000, timedelta(hours=1), each=True),
    )
    addressing: ClassVar[Addressing] = Addressing.PERSON

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, _KEYS)
        base = given.api_base(VENDOR).geturl()
        corp_id, secret = given.text("corp_id"), given.text("secret")
        users = given.texts("users")
        if len(users) > _MOST_USERS or not all(map(USER.fullmatch, users)):
            raise given.refuse("users", f"应为至多 {_MOST_USERS} 个企业微信账号（userid）")
        format = given.choice("format", _FORMATS, "text")
        url = given.link("url", required=format == "textcard")
        callback = _callback(given)
        if format == "button_card" and callback is None:
            raise given.refuse(
                "format",
                "为 button_card 时，须写 callback_token 和 callback_aes_key，否则收不到签收",
            )
        question = urlencode({"corpid": corp_id, "corpsecret": secret})
        return cls(
            client=client,
            base=base,
            corp_id=corp_id,
            secret=secret,
            agent_id=given.whole("agent_id", None, highest=2**31 - 1),
            users=users,
            format=format,
            url=url,
            token=WecomToken(client, f"{base}/cgi-bin/gettoken?{question}"),
            callback=callback,
        )

    def over(self, client: httpx.AsyncClient) -> Self:
        """The same application and token over another client, such as of another event loop."""
        return replace(self, client=client, token=self.token.over(client))

    @property
    def duplicate_safe(self) -> bool:
        return self.format != "button_card"

    @property
    def markup(self) -> Markup:
        return Markup.MARKDOWN if self.format == "markdown" else Markup.TEXT

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.base, self.corp_id, str(self.agent_id), self.secret)

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:  # noqa: ARG002
        return (_as_json(self._payload(message)),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        if not USER.fullmatch(message.to):
            return Outcome(
                OutcomeKind.REJECTED,
                Fault.RECIPIENT,
                provider=self.kind,
                advice="收件人缺失或不是企业微信账号，请核对该联系人的账号（userid）。",
            )
        (body,) = self.written(message, now)
        return await self._call("message/send", body, message.to, now)

    async def close_card(self, response_code: str, to: str, words: str, now: datetime) -> Outcome:
        """Put words in the place of the button of the card that one member has. A code that ran out
        or was used is no fault: the card is closed."""
        payload = {
            "userids": [to],
            "agentid": self.agent_id,
            "response_code": response_code,
            "button": {"replace_name": words},
        }
        outcome = await self._call("message/update_template_card", _as_json(payload), to, now)
        return replace(outcome, kind=OutcomeKind.ACCEPTED) if outcome.code == _CLOSED else outcome

    async def _call(self, action: str, body: bytes, user: str, now: datetime) -> Outcome:
        outcome = await self._attempt(action, body, user, now)
        # Without a size it was the secret that was refused: asked again, WeCom blocks our address.
        if outcome.size and outcome.code in STALE:
            outcome = await self._attempt(action, body, user, now)
        return outcome

    async def _attempt(self, action: str, body: bytes, user: str, now: datetime) -> Outcome:
        token = await self.token.get(now)
        if isinstance(token, Outcome):
            detail = redact(token.detail, [self.secret])
            return replace(token, provider=self.kind, detail=detail)
        outcome = await deliver(
            self.client,
            f"{self.base}/cgi-bin/{action}?access_token={token}",
            body,
            JSON,
            kind=self.kind,
            judge=lambda answer: _judge(answer, user, now),
            secrets=[token, self.secret],
        )
        if outcome.code in STALE:
            self.token.drop(token)
        return outcome

    def _payload(self, message: Message) -> dict[str, Any]:
        msgtype, content = self._content(message)
        return {
            "touser": message.to,
            "agentid": self.agent_id,
            "msgtype": msgtype,
            msgtype: content,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": _SAME_WITHIN,
        }

    def _content(self, message: Message) -> tuple[str, dict[str, Any]]:
        subject, body = clean(message.subject), clean(message.body)
        anew = not message.possible_duplicate
        if self.format == "button_card" and anew and (buttons := button_card(message)):
            return "template_card", buttons
        if self.format == "textcard" and (card := _card(subject, body)):
            return "textcard", {**card, "url": self.url, "btntxt": "详情"}
        msgtype = "markdown" if self.format == "markdown" else "text"
        return msgtype, {"content": body}


def _as_json(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


def _callback(given: Settings) -> Callback | None:
    """Both values or none of them."""
    token, key = given.text("callback_token", ""), given.text("callback_aes_key", "")
    if not token and not key:
        return None
    where = "请从企业微信管理后台该应用的“接收消息”中复制"
    if not _CALLBACK_TOKEN.fullmatch(token):
        raise given.refuse("callback_token", f"应为 1 到 32 个字母或数字，{where}")
    if not _AES_KEY.fullmatch(key):
        raise given.refuse("callback_aes_key", f"应为 43 个字母或数字（EncodingAESKey），{where}")
    return Callback(token, key)


def _card(subject: str, body: str) -> dict[str, str] | None:
    """None where the vendor would cut the text. < would begin a mark; lines end in one."""
    lines = [line for line in body.replace("<", "＜").splitlines() if line.strip()]
    description = "<br>".join(line for line in lines if line != subject)
    fits = len(subject.encode()) <= _TITLE_BYTES
    if not description or not fits or len(description.encode()) > _DESCRIPTION_BYTES:
        return None
    return {"title": subject, "description": description}


def _judge(answer: Answer, user: str, now: datetime) -> Outcome:
    """errcode 0 has not reached those whom the answer names as invalid."""
    outcome = judge_coded(answer, now, APPLICATION)
    if outcome.kind is not OutcomeKind.ACCEPTED:
        return outcome
    told = parse(answer.body)
    names = f"{told.get('invaliduser') or ''}|{told.get('unlicenseduser') or ''}"
    if user.lower() in names.lower().split("|"):  # WeCom answers in lower case
        return replace(NOBODY, code=outcome.code, detail=f"invaliduser: {names.strip('|')}")
    return replace(outcome, provider_id=str(told.get("msgid") or ""))
