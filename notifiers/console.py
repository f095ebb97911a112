"""The terminal as a channel: for trying things out, and for machines without any network."""

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self, TextIO
from zoneinfo import ZoneInfo

import httpx

from notifiers.channel import Addressing, Window
from notifiers.clean_text import clean
from notifiers.message import Markup, Message, Outcome, OutcomeKind
from notifiers.settings import Settings

# All consoles of a process share the screen.
ZONE = ZoneInfo("Asia/Shanghai")  # of those who read the console
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Console:
    """Writes each message whole, between two rules."""

    stream: TextIO = field(default_factory=lambda: sys.stdout, repr=False)

    kind: ClassVar[str] = "console"
    markup: ClassVar[Markup] = Markup.TEXT
    limit: ClassVar[int] = 65_536
    windows: ClassVar[tuple[Window, ...]] = ()
    users: ClassVar[tuple[str, ...]] = ()
    addressing: ClassVar[Addressing] = Addressing.UNIT
    duplicate_safe: ClassVar[bool] = False
    credential: ClassVar[str] = "console"

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], _client: httpx.AsyncClient, /) -> Self:
        Settings(cls.kind, settings, ())
        return cls()

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        return (self._showable(_render(message, now)).encode(),)

    async def send(self, message: Message, now: datetime) -> Outcome:
        (written,) = self.written(message, now)
        try:
            with _ONE_AT_A_TIME:
                self.stream.write(written.decode())
                self.stream.flush()
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            return Outcome(
                OutcomeKind.UNKNOWN,
                provider=self.kind,
                detail=type(error).__name__,
                advice="终端无法写入，请检查标准输出是否已关闭或磁盘已满。",
            )
        return Outcome(OutcomeKind.ACCEPTED, provider=self.kind, size=len(written))

    def _showable(self, text: str) -> str:
        """A terminal that is not UTF-8 shows what it can."""
        encoding = self.stream.encoding or "utf-8"
        return text.encode(encoding, "backslashreplace").decode(encoding)


def _render(message: Message, now: datetime) -> str:
    to = f" 致 {message.to}" if message.to else ""
    subject, body = clean(message.subject), clean(message.body)
    head = f"──── {now.astimezone(ZONE):%Y-%m-%d %H:%M}{to} ────"
    above = "" if body.startswith(subject) else f"{subject}\n\n"
    return f"{head}\n{above}{body}\n{'─' * 24}\n"
