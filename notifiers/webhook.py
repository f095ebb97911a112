"""Standard Webhooks out, for systems of the agency's own: standardwebhooks.com.

The receiving system, not we, decides where its name leads: public addresses are reached, the
intranets that `allow` names, and nothing else.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Self
from urllib.parse import SplitResult

import httpx

from notifiers.address_guard import Network, intranets, may_be_permitted, within
from notifiers.channel import Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.http_client import JSON, Answer, deliver, judge_status, throttled
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.settings import Settings

EVENT_TYPE = "qixian.alert"

_PREFIX = "whsec_"
# 502 and 504 may have arrived; the far side knows the id again, so sending once more is safe.
_COME_LATER = (429, 502, 503, 504)
_CONFIG_ADVICE = {
    401: "对方不认可签名，请核对双方的 secret 是否一致、服务器时钟是否准确。",
    403: "对方拒绝访问，请核对双方的 secret 以及对方的访问许可。",
    404: "对方没有这个地址，请核对配置中的 url。",
    405: "对方的这个地址不接收推送，请核对配置中的 url。",
    410: "对方已停用这个接收地址，请向对方要新地址，或停用本渠道。",
}


@dataclass(frozen=True)
class Webhook:
    """One receiving endpoint; `secrets` holds the present one first, then the one going out."""

    client: httpx.AsyncClient = field(repr=False)
    address: SplitResult = field(repr=False)  # may carry a token of the far side
    secrets: tuple[bytes, ...] = field(repr=False)
    allow: tuple[Network, ...] = ()

    kind: ClassVar[str] = "webhook"
    markup: ClassVar[Markup] = Markup.TEXT
    # The standard recommends less than 20 kB for text and `data` together.
    limit: ClassVar[int] = 8_000
    windows: ClassVar[tuple[Window, ...]] = ()
    users: ClassVar[tuple[str, ...]] = ()
    addressing: ClassVar[Addressing] = Addressing.GROUP
    duplicate_safe: ClassVar[bool] = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        known = ("url", "secret", "previous_secret", "allow", "allow_http")
        given = Settings(cls.kind, settings, known)
        address, allow = given.address("url"), _read_networks(given)
        if not may_be_permitted(address.hostname or "", allow):
            raise given.refuse(
                "url", '指向本机、内网或保留地址，确系本单位系统时另设 allow，例如 ["10.0.0.0/8"]'
            )
        secrets = [_read_secret(given, "secret")]
        if "previous_secret" in settings:
            secrets.append(_read_secret(given, "previous_secret"))
        return cls(client, address, tuple(secrets), allow)

    @cached_property
    def credential(self) -> str:
        return fingerprint(self.kind, self.address.geturl())

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        data = {**message.data, "subject": clean(message.subject), "text": clean(message.body)}
        return (payload(EVENT_TYPE, now, data),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        (body,) = self.written(message, now)
        return await self.post(message.id, body, now)

    async def post(self, identifier: str, body: bytes, now: datetime) -> Outcome:
        """One attempt to deliver a payload; the far side knows it again by its identifier."""
        headers = {
            **JSON,
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(
                sign(secret, identifier, now, body) for secret in self.secrets
            ),
        }
        return await deliver(
            self.client,
            self.address.geturl(),
            body,
            headers,
            kind=self.kind,
            judge=lambda answer: judge_answer(answer, now),
            secrets=self._private_parts(),
            extensions=within(self.allow),
        )

    def _private_parts(self) -> list[str]:
        """What an answer may echo of the address: many receivers put a token into it."""
        path, query = self.address.path, self.address.query
        pieces = [*path.split("/"), *(pair.partition("=")[2] for pair in query.split("&"))]
        return [self.address.geturl(), query, *(piece for piece in pieces if len(piece) >= 6)]


def sign(secret: bytes, identifier: str, now: datetime, body: bytes) -> str:
    """One signature over the id, the aware instant of this attempt, and the bytes as sent."""
    signed = f"{identifier}.{int(now.timestamp())}.".encode() + body
    digest = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def judge_answer(answer: Answer, now: datetime) -> Outcome:
    """The status alone is the receiver's word; its body is only kept as detail."""
    if 200 <= answer.status < 300:
        return Outcome(OutcomeKind.ACCEPTED, code=str(answer.status))
    if answer.status in _COME_LATER:
        return throttled(answer, now)
    return judge_status(answer, now) or _refused(answer)


def _refused(answer: Answer) -> Outcome:
    advice = _CONFIG_ADVICE.get(answer.status, "")
    return Outcome(
        OutcomeKind.REJECTED,
        Fault.CONFIG if advice else Fault.CONTENT,
        code=str(answer.status),
        detail=answer.text,
        advice=advice or "对方系统不接受这条消息的内容，请把错误码告诉对方系统的管理员。",
    )


def payload(type_: str, at: datetime, data: Mapping[str, Any]) -> bytes:
    """An event as the standard has it: what kind, when it happened (aware), and about what."""
    event = {"type": type_, "timestamp": at.astimezone(UTC).isoformat(), "data": data}
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


def secret_bytes(text: str) -> bytes | None:
    """What a secret stands for; None where it is none."""
    encoded = text.removeprefix(_PREFIX)
    try:
        secret = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return None
    return secret if encoded != text and 24 <= len(secret) <= 64 else None


def _read_secret(given: Settings, key: str) -> bytes:
    secret = secret_bytes(given.text(key))
    if secret is None:
        raise given.refuse(key, "应为 whsec_ 开头、由 24 到 64 字节编成的 base64，请向对方重新索取")
    return secret


def _read_networks(given: Settings) -> tuple[Network, ...]:
    try:
        return intranets(given.texts("allow"))
    except ValueError as fault:
        raise given.refuse("allow", str(fault)) from None
