"""WeCom's group robot interface with the vendor's real rules (shared/channels.md, 1.1)."""

import email
import email.policy
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
MEDIA_LIFE = timedelta(days=3)
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
class Uploaded:
    """A file that waits to be sent."""

    id: str
    key: str
    at: datetime
    name: str
    content: bytes


@dataclass(frozen=True)
class Refused:
    at: datetime
    key: str
    errcode: int


class WecomServer(LoopbackServer):
    """`with WecomServer({"key-one"}, clock=lambda: now) as server:`; then `server.url("key-one")`.

    `clock` gives aware instants and only serves the window of 20 messages in 60 seconds.
    `received` and `refused` keep what happened, in order. Faults: those of LoopbackServer, and
    "errcode:CODE".
    """

    def __init__(
        self, keys: Iterable[str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__()
        self.keys = set(keys)
        self.received: list[Received] = []
        self.refused: list[Refused] = []
        self.uploaded: list[Uploaded] = []
        self._clock = clock

    def url(self, key: str) -> str:
        """The address as an officer would paste it."""
        return f"{self.base}/cgi-bin/webhook/send?key={key}"

    def answer(self, request: Request) -> Reply:
        if request.path not in ("/cgi-bin/webhook/send", "/cgi-bin/webhook/upload_media"):
            return Reply(404)
        now = self._clock()
        key = dict(request.query).get("key", "")
        if request.path.endswith("upload_media"):
            return self._upload(key, request, now)
        errcode, body = self._check(key, request.body, now)
        if errcode:
            self.refused.append(Refused(now, key, errcode))
            return _told(errcode)
        self.received.append(Received(now, key, body))
        return _told(0)

    def _upload(self, key: str, request: Request, now: datetime) -> Reply:
        """One file in the field `media`, with a name: more than 5 bytes, at most 20 MB."""
        if key not in self.keys:
            return _told(93000)
        if dict(request.query).get("type") != "file":
            return _told(40035)
        raw = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode() + request.body
        parts = list(email.message_from_bytes(raw, policy=email.policy.HTTP).iter_parts())
        if len(parts) != 1 or parts[0].get_param("name", header="content-disposition") != "media":
            return _told(44001)
        name, content = _named(request.body), parts[0].get_payload(decode=True)
        if not name or not isinstance(content, bytes):
            return _told(44001)
        if not 5 < len(content) <= 20 * 1024 * 1024:
            return _told(40006)
        media = Uploaded(f"media-{len(self.uploaded)}", key, now, name, content)
        self.uploaded.append(media)
        told = {"errcode": 0, "errmsg": "ok", "type": "file", "media_id": media.id}
        return as_json({**told, "created_at": str(int(now.timestamp()))})

    def _check_file(self, key: str, part: Any, now: datetime) -> int:
        """A media_id lives three days, and belongs to the robot that uploaded it."""
        if not isinstance(part, dict) or not part.get("media_id"):
            return 41006
        ours = (one for one in self.uploaded if one.id == part["media_id"] and one.key == key)
        return 0 if any(one.at > now - MEDIA_LIFE for one in ours) else 40007

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "errcode":
            return _told(int(argument))
        return super().canned(fault, argument)

    def _check(self, key: str, raw: bytes, now: datetime) -> tuple[int, dict[str, Any]]:
        if key not in self.keys:
            return 93000, {}
        recent = [one for one in self.received if one.key == key and one.at > now - WINDOW]
        if len(recent) >= PER_WINDOW:
            return 45009, {}
        try:
            body = json.loads(raw)
        except ValueError:
            return 40033, {}
        if is_escaped(raw):
            return 40033, {}
        if isinstance(body, dict) and body.get("msgtype") == "file":
            return self._check_file(key, body.get("file"), now), body
        return _check_body(body), body


def _named(body: bytes) -> str:
    """The name of the file, as the vendor reads it: only filename="…", in bare UTF-8."""
    found = re.search(rb'; filename="([^"\r\n]+)"', body.partition(b"\r\n\r\n")[0])
    return found[1].decode() if found else ""


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
