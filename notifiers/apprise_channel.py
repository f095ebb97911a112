"""Whatever else Apprise can reach (BSD-2): unverified, for it tells no more than yes or no.

Optional: `pip install 'qixian[apprise]'`. It runs in a process of its own, with a time limit, and
gets the address on standard input, where no list of processes shows it.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self

import httpx

from notifiers.channel import UNSHOWN, Addressing, Window, fingerprint
from notifiers.clean_text import clean
from notifiers.errors import ChannelConfigError
from notifiers.message import Fault, Markup, Message, Outcome, OutcomeKind
from notifiers.settings import Settings

_PROCESS = Path(__file__).with_name("apprise_process.py")
_SCHEMA = re.compile(r"([a-z0-9]{2,20})://\S", re.IGNORECASE)
# What our own channels do, and say more about.
_OURS = {
    "wecombot": "wecom_robot",
    **dict.fromkeys(("wechat", "wecom"), "wecom_application"),
    "dingtalk": "dingtalk_robot",
    **dict.fromkeys(("feishu", "lark"), "feishu_robot"),
    **dict.fromkeys(("mailto", "mailtos"), "mail"),
    **dict.fromkeys(("json", "jsons", "xml", "xmls", "form", "forms"), "webhook"),
}
_PAGES = ("http", "https")
_UNVERIFIED = Outcome(
    OutcomeKind.ACCEPTED,
    provider="apprise",
    code="unverified",
    detail="Apprise reported no failure",
    advice="Apprise 只报告没有失败，对方是否收到未经证实。",
)
_BAD_URL = Outcome(
    OutcomeKind.REJECTED,
    Fault.CONFIG,
    provider="apprise",
    code="bad_url",
    advice="Apprise 不认识这个地址，请对照 Apprise 的文档核对配置中的 url。",
)
_NOT_SENT = Outcome(
    OutcomeKind.RETRY,
    provider="apprise",
    code="not_connected",
    advice="Apprise 连接不上对方服务器，请检查地址和网络。",
)


@dataclass(frozen=True)
class AppriseChannel:
    """One service, by its Apprise address. `timeout` bounds the process, in seconds."""

    url: str = field(repr=False)
    timeout: int

    kind: ClassVar[str] = "apprise"
    markup: ClassVar[Markup] = Markup.TEXT
    limit: ClassVar[int] = 2048
    windows: ClassVar[tuple[Window, ...]] = ()
    users: ClassVar[tuple[str, ...]] = ()
    addressing: ClassVar[Addressing] = Addressing.GROUP
    duplicate_safe: ClassVar[bool] = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], _client: httpx.AsyncClient, /) -> Self:
        given = Settings(cls.kind, settings, ("url", "timeout"))
        url = given.text("url")
        _check(given, url)
        if find_spec("apprise") is None:
            raise ChannelConfigError(
                "apprise 渠道需要另装 Apprise：pip install 'qixian[apprise]'，装好后重新启动。"
            )
        return cls(url, given.whole("timeout", 30, highest=120))

    @cached_property
    def credential(self) -> str:
        # Without a password before the “@”, which could be guessed from its hash.
        schema, _, rest = self.url.partition("://")
        return fingerprint(self.kind, schema, rest.rpartition("@")[2])

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:  # noqa: ARG002
        return (_job(UNSHOWN, message),)

    async def send(self, message: Message, _now: datetime) -> Outcome:
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", str(_PROCESS)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            )
        except OSError as error:
            return Outcome(OutcomeKind.RETRY, provider=self.kind, detail=type(error).__name__)
        try:
            async with asyncio.timeout(self.timeout):
                told, _ = await process.communicate(_job(self.url, message))
        except (TimeoutError, OSError) as error:
            return _unknown(type(error).__name__)
        finally:
            await _end(process)
        return _judge(told)


def _job(url: str, message: Message) -> bytes:
    """Address, title and text; a text begins with its title, which services show above it."""
    title, body = clean(message.subject), clean(message.body)
    rest = body.removeprefix(title).lstrip("\n") if body.startswith(f"{title}\n") else body
    return json.dumps({"url": url, "title": title, "body": rest}, ensure_ascii=False).encode()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _judge(told: bytes) -> Outcome:
    """Only a failure without any connection is sure not to have sent: Apprise says “failed” also
    of what arrived in part."""
    try:
        answer = json.loads(told)
    except ValueError:
        return _unknown("no answer")
    match answer:
        case {"result": "sent"}:
            return _UNVERIFIED
        case {"result": "bad_url"}:
            return _BAD_URL
        case {"result": "failed", "reached": False}:
            return _NOT_SENT
    return _unknown("failed")


def _unknown(detail: str) -> Outcome:
    return Outcome(
        OutcomeKind.UNKNOWN,
        provider="apprise",
        detail=detail,
        advice="Apprise 报告失败或没有答复，对方可能已经收到，请到对方处核对。",
    )


def _check(given: Settings, url: str) -> None:
    schema = _SCHEMA.match(url)
    if not schema:
        raise given.refuse("url", "应为 Apprise 的地址，例如 ntfys://ntfy.example.gov.cn/qixian")
    name = schema[1].lower()
    if name in _OURS:
        raise given.refuse("url", f"以 {name}:// 开头，这一类请用本系统的 {_OURS[name]} 渠道")
    if name in _PAGES:
        raise given.refuse(
            "url", "是网页地址，应为 Apprise 自己的写法；通用的接收地址请用 webhook 渠道"
        )
