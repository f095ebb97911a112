"""Feishu's group robot interface with the vendor's real rules (shared/channels.md, 1.5)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json

TOKEN = "1f0c6f3a-7d31-4c57-9a55-6d2b8e4f9c10"
SECRET = "canaryFeishuSecret0"
WINDOWS = ((5, timedelta(seconds=1)), (100, timedelta(minutes=1)))
REQUEST_BYTES = 20_000


@dataclass(frozen=True)
class Received:
    at: datetime
    body: dict[str, Any]


class FeishuServer(LoopbackServer):
    """`secret`, `keyword` and `closed` (to our address) are the robot's protections.

    `clock` gives aware instants. `received` and `refused` keep what happened, in order.
    Faults: those of LoopbackServer, and "code:CODE".
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

    def answer(self, request: Request) -> Reply:
        if not request.path.startswith("/open-apis/bot/v2/hook/"):
            return Reply(404)
        now = self._clock()
        code, words = self._check(request.path.rpartition("/")[2], request.body, now)
        if code:
            self.refused.append(code)
            return _told(code, words, 400 if "too many" in words else 200)
        self.received.append(Received(now, json.loads(request.body)))
        return as_json({"StatusCode": 0, "StatusMessage": "success", "code": 0, "msg": "success"})

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "code":
            return _told(int(argument), "refused")
        return super().canned(fault, argument)

    def _check(self, token: str, raw: bytes, now: datetime) -> tuple[int, str]:
        if token != TOKEN:
            return 19001, "param invalid: incoming webhook access token invalid"
        if self._closed:
            return 19022, "Ip Not Allowed"
        body = json.loads(raw)
        if self._secret and not self._is_signed(body, now):
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        if self._keyword and self._keyword not in raw.decode():
            return 19024, "Key Words Not Found"
        if len(raw) > REQUEST_BYTES or body.get("msg_type") != "text":
            return 9499, "Bad Request"
        if not body["content"].get("text"):
            return 9499, "Bad Request"
        for number, length in WINDOWS:
            if len([one for one in self.received if one.at > now - length]) >= number:
                return 9499, "too many request"
        return 0, "success"

    def _is_signed(self, body: dict[str, Any], now: datetime) -> bool:
        stamp = body.get("timestamp", "")
        if not stamp.isdigit() or abs(int(stamp) - now.timestamp()) > 3600:
            return False
        digest = hmac.new(f"{stamp}\n{self._secret}".encode(), b"", hashlib.sha256).digest()
        return base64.b64encode(digest).decode() == body.get("sign")


def _told(code: int, words: str, status: int = 200) -> Reply:
    reply = as_json({"code": code, "msg": words, "data": {}})
    return Reply(status, reply.body, reply.headers)
