"""DingTalk's group robot interface with the vendor's real rules (shared/channels.md, 1.4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json

TOKEN = "3f2c9d1e" * 8
SECRET = "SECcanary0123456789abcdef"
PER_WINDOW = 20
WINDOW = timedelta(seconds=60)
BLOCK = timedelta(minutes=10)
REQUEST_BYTES = 20_000


@dataclass(frozen=True)
class Received:
    at: datetime
    body: dict[str, Any]


class DingtalkServer(LoopbackServer):
    """`secret`, `keyword` and `closed` (to our address) are the robot's protections.

    `clock` gives aware instants. `received` and `refused` keep what happened, in order.
    Faults: those of LoopbackServer, and "errcode:CODE".
    """

    def __init__(
        self,
        secret: str = "",
        keyword: str = "",
        closed: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.received: list[Received] = []
        self.refused: list[int] = []
        self._secret, self._keyword, self._closed = secret, keyword, closed
        self._clock = clock
        self._blocked_until: datetime | None = None

    def answer(self, request: Request) -> Reply:
        if request.path != "/robot/send":
            return Reply(404)
        now = self._clock()
        errcode, words = self._check(dict(request.query), request.body, now)
        if errcode:
            self.refused.append(errcode)
        else:
            self.received.append(Received(now, json.loads(request.body)))
        return _told(errcode, words)

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "errcode":
            return _told(int(argument), "refused")
        return super().canned(fault, argument)

    def _check(self, query: dict[str, str], raw: bytes, now: datetime) -> tuple[int, str]:
        if query.get("access_token") != TOKEN:
            return 300001, "token is not exist"
        if self._closed:
            return 310000, "ip 127.0.0.1 not in whitelist"
        if self._secret and not self._is_signed(query, now):
            return 310000, "description:机器人发送签名不匹配;solution:请确认签名和时间戳;"
        if self._keyword and self._keyword not in raw.decode():
            return 310000, "description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词;"
        if len(raw) > REQUEST_BYTES:
            return 460101, "message too long, exceed 20000 bytes"
        if not _is_in_order(json.loads(raw)):
            return 40035, "缺少参数 json"
        return self._check_rate(now)

    def _is_signed(self, query: dict[str, str], now: datetime) -> bool:
        stamp = query.get("timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) / 1000 - now.timestamp()) > 3600:
            return False
        digest = hmac.new(
            self._secret.encode(), f"{stamp}\n{self._secret}".encode(), hashlib.sha256
        ).digest()
        return base64.b64encode(digest).decode() == query.get("sign")

    def _check_rate(self, now: datetime) -> tuple[int, str]:
        if self._blocked_until and now < self._blocked_until:
            return 130101, "send too fast, exceed 20 times per minute"
        if len([one for one in self.received if one.at > now - WINDOW]) >= PER_WINDOW:
            self._blocked_until = now + BLOCK
            return 130101, "send too fast, exceed 20 times per minute"
        return 0, "ok"


def _is_in_order(body: dict[str, Any]) -> bool:
    kind = body.get("msgtype")
    at = body.get("at", {})
    if kind == "text":
        return bool(body["text"].get("content"))
    if kind != "markdown" or not body["markdown"].get("title") or not body["markdown"].get("text"):
        return False
    return all(f"@{mobile}" in body["markdown"]["text"] for mobile in at.get("atMobiles", []))


def _told(errcode: int, words: str) -> Reply:
    return as_json({"errcode": errcode, "errmsg": words})
