"""浙政钉's work notification with the vendor's real rules (shared/channels.md, 1.4)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json

KEY = "qixian-app-key-0001"
SECRET = "canary-app-secret-of-zhezhengding"
TENANT = "50516"
PATH = "/message/workNotification"
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Notified:
    """What one person has seen."""

    at: datetime
    account: str
    content: str


class ZhezhengdingServer(LoopbackServer):
    """`clock` gives aware instants. `shown` is what people saw, `refused` the words of refusals.

    Faults: those of LoopbackServer, and "inner" (an answer whose inside says no).
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.shown: list[Notified] = []
        self.refused: list[str] = []
        self._ids: set[str] = set()
        self._nonces: set[str] = set()
        self._clock = clock

    def answer(self, request: Request) -> Reply:
        parameters = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if request.path != PATH or not self._is_signed(request, parameters):
            return Reply(403, b'{"Code":"Forbidden","Message":"signature"}')
        words = self._check(parameters)
        if words:
            self.refused.append(words)
            return as_json({"success": False, "content": {"responseMessage": words}})
        now = self._clock()
        content = json.loads(parameters["msg"])["text"]["content"]
        self._ids.add(parameters["bizMsgId"])
        self.shown += [
            Notified(now, account, content) for account in parameters["receiverIds"].split(",")
        ]
        inside = {"success": True, "content": {"msgId": f"z{len(self._ids)}"}}
        return as_json({"success": True, "content": json.dumps(inside)})

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "inner":
            return as_json({"success": True, "content": '{"success":false,"message":"no"}'})
        return super().canned(fault, argument)

    def _is_signed(self, request: Request, parameters: dict[str, str]) -> bool:
        heads = {name.removeprefix("x-hmac-auth-"): v for name, v in request.headers.items()}
        nonce = heads.get("nonce", "")
        if heads.get("apikey") != KEY or heads.get("version") != "1.0" or nonce in self._nonces:
            return False
        self._nonces.add(nonce)
        pairs = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
        signed = f"POST\n{heads.get('timestamp')}\n{nonce}\n{request.path}\n{pairs}"
        digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode() == heads.get("signature")

    def _check(self, parameters: dict[str, str]) -> str:
        """Why a notification is refused; empty where it is in order."""
        if parameters.get("tenantId") != TENANT or not parameters.get("bizMsgId"):
            return "参数错误"
        accounts = parameters.get("receiverIds", "").split(",")
        msg = parameters.get("msg", "")
        if not all(accounts) or len(accounts) > 1000 or len(msg.encode()) > 2048:
            return "参数错误"
        if parameters["bizMsgId"] in self._ids:
            return "业务消息重复"
        today = self._clock().astimezone(_ZONE).date()
        content = json.loads(msg)["text"]["content"]
        seen = {
            (one.account, one.content)
            for one in self.shown
            if one.at.astimezone(_ZONE).date() == today
        }
        return "消息内容重复" if any((account, content) in seen for account in accounts) else ""
