"""邮件 over SMTP: encrypted or not at all, one letter for one recipient."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.headerregistry import Address
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

import aiosmtplib
import httpx

from notifiers.channel import Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.http_client import redact
from notifiers.letter import compose, is_mailbox
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.return_path import SHORTEST_SECRET, TOKEN, ReplyTo, ReturnPath
from notifiers.settings import Settings
from notifiers.smtp_conversation import SmtpConversation, Stage, judge_failure

_PORTS = {"starttls": 587, "tls": 465, "plain": 25}
_Path = TypeVar("_Path", bound=ReturnPath)
_EXAMPLES = {"return_path": "bounces", "reply_to": "qixian"}  # with the word of an example
_KEYS = (
    "host",
    "port",
    "security",
    "plain_host",
    "username",
    "password",
    "sender",
    "sender_name",
    "timeout",
    "per_minute",
    "ca_file",
    "invitations",
    "return_path",
    "reply_to",
    "return_path_secret",
)


@dataclass(frozen=True)
class Mail:
    """A mail server that takes our letters. `timeout` bounds the whole conversation, in seconds.

    `invitations`: obligations are put on people's calendars. `return_path` is where a letter that
    cannot be delivered comes back to; without it that is `sender`. `reply_to` is where people answer
    a reminder to acknowledge it.
    """

    host: str
    port: int
    security: str  # "starttls", "tls" or "plain"
    tls: ssl.SSLContext | None = field(repr=False)
    login: tuple[str, str] | None = field(repr=False)
    sender: Address
    timeout: int
    invitations: bool = False
    return_path: ReturnPath | None = None
    reply_to: ReplyTo | None = None
    windows: tuple[Window, ...] = ()

    kind: ClassVar[str] = "mail"
    markup: ClassVar[Markup] = Markup.TEXT
    limit: ClassVar[int] = 200_000
    users: ClassVar[tuple[str, ...]] = ()
    addressing: ClassVar[Addressing] = Addressing.MAIL
    duplicate_safe: ClassVar[bool] = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], _client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, _KEYS)
        security = given.choice("security", tuple(_PORTS), "starttls")
        host = given.text("host")
        if security == "plain" and given.text("plain_host", "") != host:
            raise given.refuse(
                "plain_host", "须与 host 写得完全一样，以确认愿意对这台服务器明文发信"
            )
        return cls(
            host=host,
            port=given.whole("port", _PORTS[security], highest=65_535),
            security=security,
            tls=None if security == "plain" else _read_trust(given),
            login=_read_login(given),
            sender=_read_sender(given),
            timeout=given.whole("timeout", 30, highest=120),
            invitations=given.flag("invitations"),
            return_path=_read_signed(given, "return_path", ReturnPath),
            reply_to=_read_signed(given, "reply_to", ReplyTo),
            windows=_read_windows(given, settings),
        )

    @cached_property
    def credential(self) -> str:
        # Without the password: people's passwords can be guessed from their hash.
        return fingerprint(
            self.kind, self.host, str(self.port), self.login[0] if self.login else ""
        )

    @property
    def organizer(self) -> Address | None:
        """From whom invitations come; None where there are none."""
        return self.sender if self.invitations else None

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        # Who knows the address for answers may acknowledge.
        path = self.reply_to if self._answers_to(message) else None
        return (self._letter(message, now, path.unsigned if path else ""),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        if not is_mailbox(message.to):
            return Outcome(
                OutcomeKind.REJECTED,
                Fault.RECIPIENT,
                provider=self.kind,
                advice="收件邮箱缺失或写法不对，请核对该单位联系人的邮箱地址。",
            )
        letter = self._letter(message, now, self._answers_to(message))
        outcome = await self._deliver(self._envelope_sender(message), message.to, letter)
        password = self.login[1] if self.login else ""
        return replace(outcome, provider=self.kind, detail=redact(outcome.detail, [password]))

    def _letter(self, message: Message, now: datetime, answers_to: str) -> bytes:
        return compose(message, self.sender, now, answers_to).as_bytes()

    def _envelope_sender(self, message: Message) -> str:
        if self.return_path and self.return_path.takes(message.id):
            return self.return_path.address(message.id)
        return self.sender.addr_spec

    def _answers_to(self, message: Message) -> str:
        path = self.reply_to if message.answerable else None
        return path.address(message.id) if path and path.takes(message.id) else ""

    async def _deliver(self, sender: str, to: str, letter: bytes) -> Outcome:
        conversation = SmtpConversation(self._open(), self.security == "starttls", self.login)
        politely = False
        try:
            async with asyncio.timeout(self.timeout):
                words = await conversation.deliver(sender, to, letter)
            politely = True
        except (aiosmtplib.SMTPException, OSError) as error:
            politely = isinstance(error, aiosmtplib.SMTPResponseException)
            sent = len(letter) if conversation.stage is Stage.DATA else 0
            return replace(judge_failure(error, conversation.stage), size=sent)
        except Exception as error:  # a fault of ours or the library's: has the letter gone?
            if conversation.stage is not Stage.DATA:
                raise
            return replace(judge_failure(error, Stage.DATA), size=len(letter))
        finally:
            await conversation.hang_up(politely)
        return Outcome(
            OutcomeKind.ACCEPTED,
            code="250",
            detail=words,
            provider_id=_queue_id(words),
            size=len(letter),
        )

    def _open(self) -> aiosmtplib.SMTP:
        # start_tls=False because the conversation does that step itself; the default (None)
        # would go on in clear text without a word.
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=self.sender.domain,
            timeout=self.timeout,
            use_tls=self.security == "tls",
            start_tls=False,
            tls_context=self.tls,
        )


def _queue_id(words: str) -> str:
    """“2.0.0 Ok: queued as 4F1A2B” → 4F1A2B; servers that say it otherwise are quoted."""
    found = re.search(r"queued as (\S+)", words, re.IGNORECASE)
    return found[1] if found else clean(words)[:100]


def _read_windows(given: Settings, settings: Mapping[str, Any]) -> tuple[Window, ...]:
    """What the server allows its senders, where the administrator knows it."""
    if "per_minute" not in settings:
        return ()
    return (Window(given.whole("per_minute", None, highest=10_000), timedelta(minutes=1)),)


def _read_trust(given: Settings) -> ssl.SSLContext:
    """The public authorities, and the agency's own where `ca_file` names it."""
    context = ssl.create_default_context()
    ca_file = given.text("ca_file", "")
    try:
        if ca_file:
            context.load_verify_locations(ca_file)
    except (OSError, ValueError):
        raise given.refuse("ca_file", "读不出证书，请核对路径、权限，并确认是 PEM 格式") from None
    return context


def _read_login(given: Settings) -> tuple[str, str] | None:
    username, password = given.text("username", ""), given.text("password", "")
    if not username and not password:
        return None
    if not username or not password:
        missing = "password" if username else "username"
        raise given.refuse(missing, "缺失，username 和 password 要么都填，要么都不填")
    return username, password


def _read_sender(given: Settings) -> Address:
    sender = given.text("sender")
    if not is_mailbox(sender):
        raise given.refuse(
            "sender", "应为一个邮箱地址，例如 qixian@agency.gov.cn，名称另填 sender_name"
        )
    return Address(display_name=clean(given.text("sender_name", "")), addr_spec=sender)


def _read_signed(given: Settings, key: str, kind: type[_Path]) -> _Path | None:
    """The address of one key. The secret, which both share, stands with at least one of them."""
    template, secret = given.text(key, ""), given.text("return_path_secret", "")
    if secret and not any(given.text(one, "") for one in _EXAMPLES):
        raise given.refuse(
            "return_path", "缺失，return_path_secret 要与 return_path 或 reply_to 同填"
        )
    if not template:
        return None
    if not secret:
        raise given.refuse("return_path_secret", f"缺失，填了 {key} 就要填")
    if template.count(TOKEN) != 1 or not is_mailbox(kind(template, "").address("0" * 32)):
        raise given.refuse(
            key,
            f"应为带一处 {TOKEN} 的邮箱地址，例如 {_EXAMPLES[key]}+{TOKEN}@agency.gov.cn，"
            f"@ 之前除 {TOKEN} 外至多 16 个字符",
        )
    if len(secret) < SHORTEST_SECRET:
        raise given.refuse("return_path_secret", f"太短，应为至少 {SHORTEST_SECRET} 个随机字符")
    return kind(template, secret)
