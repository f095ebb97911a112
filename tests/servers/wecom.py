"""WeCom's group robot interface with the vendor's real rules (shared/channels.md, 1.1)."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json

LIMITS = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
PER_WINDOW = 20
WINDOW = timedelta(seconds=60)
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


@dataclass(frozen=True)
class Received:
    """A message that the group has seen."""

    at: datetime
    key: str
    body: dict[str, Any]  # as parsed from JSON

    @property
    def content(self) -> str:
        text: str = self.body[self.body["msgtype"]]["content"]
        return text


@dataclass(frozen=True)
class Refused:
    at: datetime
    key: str
    errcode: int


class WecomServer(LoopbackServer):
    """`with WecomServer({"key-one"}, clock=lambda: now) as server:`; then `server.url("key-one")`.

    `clock` gives aware instants and only serves the window: 20 messages in 60 seconds, where a
    test does not shrink it.
    `received` and `refused` keep what happened, in order. Faults: those of LoopbackServer, and
    "errcode:CODE".
    """

    def __init__(
        self,
        keys: Iterable[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        per_window: int = PER_WINDOW,
        window: timedelta = WINDOW,
    ) -> None:
        super().__init__()
        self.keys = set(keys)
        self.received: list[Received] = []
        self.refused: list[Refused] = []
        self._clock = clock
        self._per_window, self._window = per_window, window

    def url(self, key: str) -> str:
        """The address as an officer would paste it."""
        return f"{self.base}/cgi-bin/webhook/send?key={key}"

    def answer(self, request: Request) -> Reply:
        if request.path != "/cgi-bin/webhook/send":
            return Reply(404)
        now = self._clock()
        key = dict(request.query).get("key", "")
        errcode, body = self._check(key, request.body, now)
        if errcode:
            self.refused.append(Refused(now, key, errcode))
            return _told(errcode)
        self.received.append(Received(now, key, body))
        return _told(0)

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "errcode":
            return _told(int(argument))
        return super().canned(fault, argument)

    def _check(self, key: str, raw: bytes, now: datetime) -> tuple[int, dict[str, Any]]:
        if key not in self.keys:
            return 93000, {}
        recent = [one for one in self.received if one.key == key and one.at > now - self._window]
        if len(recent) >= self._per_window:
            return 45009, {}
        try:
            body = json.loads(raw)
        except ValueError:
            return 40033, {}
        if is_escaped(raw):
            return 40033, {}
        return _check_body(body), body


def is_escaped(raw: bytes) -> bool:
    """WeCom wants real UTF-8, not \\uxxxx."""
    return _ESCAPED.search(raw) is not None


def _check_body(body: Any) -> int:
    """The errcode for a parsed body; 0 where it is in order."""
    kind = body.get("msgtype") if isinstance(body, dict) else None
    if kind == "template_card":
        return _check_card(body.get(kind))
    if kind not in LIMITS:
        return 40008
    part = body.get(kind)
    content = part.get("content") if isinstance(part, dict) else None
    if not isinstance(content, str):
        return 40035
    if not content:
        return 44004
    if len(content.encode()) > LIMITS[kind]:
        return 40058
    mobiles = part.get("mentioned_mobile_list", [])
    known = isinstance(mobiles, list) and all(isinstance(one, str) for one in mobiles)
    return 0 if known else 40035


def _check_card(card: Any) -> int:
    """A group robot has two cards, and none of them without a title or a place to lead to."""
    if not isinstance(card, dict) or card.get("card_type") not in ("text_notice", "news_notice"):
        return 40035
    if not card.get("sub_title_text") and not card.get("main_title", {}).get("title"):
        return 40063
    action = card.get("card_action", {})
    if action.get("type") not in (1, 2):
        return 40063
    return 0 if str(action.get("url", "")).startswith(("http://", "https://")) else 45034


def _told(errcode: int) -> Reply:
    words = "ok" if errcode == 0 else f"refused, more info at https://example.invalid/?e={errcode}"
    return as_json({"errcode": errcode, "errmsg": words})
