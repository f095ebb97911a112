"""WeCom's application interface with the vendor's real rules (shared/channels.md, 1.3)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json
from tests.servers.wecom import is_escaped

SECRET = "canary-secret-of-the-application-0123456789"
CORP = "ww5823bf96d3bd56c7"
AGENT = 1000002
LIFETIME = timedelta(seconds=7200)
PER_MINUTE = 30


@dataclass(frozen=True)
class Shown:
    """What one member has seen."""

    at: datetime
    user: str
    body: dict[str, Any]


class WecomApplicationServer(LoopbackServer):
    """`members` are the userids that the application can see; `clock` gives aware instants.

    `shown` is what members saw: repeated content within the asked interval, and what is above 30
    a minute to one member, is dropped with errcode 0, as the vendor does. `asked` counts the
    requests by path, `tokens` are those given out, and only the last of them is good.
    Faults: those of LoopbackServer, and "errcode:CODE".
    """

    def __init__(
        self,
        members: Iterable[str] = ("zhang", "li"),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.members = set(members)
        self.shown: list[Shown] = []
        self.bodies: list[dict[str, Any]] = []
        self.asked: Counter[str] = Counter()
        self.tokens: list[str] = []
        self._clock = clock
        self._until = clock()

    def answer(self, request: Request) -> Reply:
        self.asked[request.path] += 1
        query = dict(request.query)
        if (request.method, request.path) == ("GET", "/cgi-bin/gettoken"):
            return self._give_token(query)
        if (request.method, request.path) == ("POST", "/cgi-bin/message/send"):
            return self._send(query.get("access_token", ""), request.body)
        return Reply(404)

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "errcode":
            return _told(int(argument))
        return super().canned(fault, argument)

    def _give_token(self, query: dict[str, str]) -> Reply:
        if query.get("corpid") != CORP:
            return _told(40013)
        if query.get("corpsecret") != SECRET:
            return _told(40001)
        self.tokens.append(f"canary-token-{len(self.tokens)}")
        self._until = self._clock() + LIFETIME
        return _told(0, access_token=self.tokens[-1], expires_in=int(LIFETIME.total_seconds()))

    def _send(self, token: str, raw: bytes) -> Reply:
        now = self._clock()
        if not self.tokens or token != self.tokens[-1]:
            return _told(40014)
        if now >= self._until:
            return _told(42001)
        body = json.loads(raw)
        errcode = 40033 if is_escaped(raw) else _check(body)
        users = body.get("touser", "").split("|")
        known = [user for user in users if user in self.members]
        if not errcode and not known:
            errcode = 81013
        if errcode:
            return _told(errcode)
        self.bodies.append(body)
        for user in known:
            self._show(Shown(now, user, body))
        invalid = "|".join(user.lower() for user in users if user not in self.members)
        return _told(0, invaliduser=invalid, msgid=f"m{len(self.bodies)}")

    def _show(self, one: Shown) -> None:
        seen = [other for other in self.shown if other.user == one.user]
        recent = [other for other in seen if other.at > one.at - timedelta(minutes=1)]
        interval = timedelta(seconds=one.body.get("duplicate_check_interval", 1800))
        repeated = one.body.get("enable_duplicate_check") and any(
            other.body == one.body and other.at > one.at - interval for other in seen
        )
        if len(recent) < PER_MINUTE and not repeated:
            self.shown.append(one)


def _check(body: dict[str, Any]) -> int:
    """The errcode for a parsed body; 0 where it is in order."""
    if body.get("agentid") != AGENT:
        return 40056
    kind = body.get("msgtype", "")
    part = body.get(kind, {})
    if kind == "textcard":
        return _check_textcard(part)
    if kind not in ("text", "markdown"):
        return 40008
    content = part.get("content", "")
    if not content:
        return 44004
    return 45002 if len(content.encode()) > 2048 else 0


def _check_textcard(card: dict[str, str]) -> int:
    """The vendor would cut what is too long without a word; to a test that is a fault."""
    if not all(card.get(key) for key in ("title", "description", "url")):
        return 40063
    too_long = len(card["title"].encode()) > 128 or len(card["description"].encode()) > 512
    return 45002 if too_long or len(card.get("btntxt", "")) > 4 else 0


def _told(errcode: int, **more: Any) -> Reply:
    words = "ok" if errcode == 0 else f"refused, hint: [canary], e={errcode}"
    return as_json({"errcode": errcode, "errmsg": words, **more})
