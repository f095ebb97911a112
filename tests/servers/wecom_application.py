"""WeCom's application interface with the vendor's real rules: messages, cards, clicks on cards."""

import json
import os
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json
from tests.servers.wecom import is_escaped

SECRET = "canary-secret-of-the-application-0123456789"
CORP = "ww5823bf96d3bd56c7"
AGENT = 1000002
LIFETIME = timedelta(seconds=7200)
PER_MINUTE = 30
CALLBACK_TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CODE_LASTS = timedelta(hours=72)


@dataclass(frozen=True)
class Shown:
    """What one member has seen."""

    at: datetime
    user: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Posted:
    """A callback as it arrives: what follows the ? of its address, and its body."""

    query: str
    body: bytes


def posted(
    text: str, corp_id: str = CORP, nonce: str = "263014780", timestamp: str = "1409659589"
) -> Posted:
    """A text as WeCom encrypts and signs it."""
    encrypted = encrypt(text, corp_id)
    parts = sorted((CALLBACK_TOKEN, timestamp, nonce, encrypted))
    signature = sha1("".join(parts).encode()).hexdigest()
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
    body = f"<xml><ToUserName><![CDATA[{corp_id}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return Posted(urlencode(query), body.encode())


def encrypt(text: str, corp_id: str = CORP) -> str:
    """AES-256-CBC over random bytes, length, text and CorpID, padded to 32 bytes."""
    key = b64decode(AES_KEY + "=")
    raw = text.encode()
    plain = os.urandom(16) + len(raw).to_bytes(4, "big") + raw + corp_id.encode()
    count = 32 - len(plain) % 32
    cipher = Cipher(AES(key), CBC(key[:16])).encryptor()
    return b64encode(cipher.update(plain + bytes([count]) * count) + cipher.finalize()).decode()


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
        self.buttons: dict[str, str] = {}  # what a card's button says, by task_id
        self._codes: dict[str, tuple[str, datetime]] = {}  # task_id and end, by response_code
        self._clock = clock
        self._until = clock()

    def answer(self, request: Request) -> Reply:
        self.asked[request.path] += 1
        query = dict(request.query)
        if (request.method, request.path) == ("GET", "/cgi-bin/gettoken"):
            return self._give_token(query)
        if (request.method, request.path) == ("POST", "/cgi-bin/message/send"):
            return self._send(query.get("access_token", ""), request.body)
        if (request.method, request.path) == ("POST", "/cgi-bin/message/update_template_card"):
            return self._update(query.get("access_token", ""), request.body)
        return Reply(404)

    def click(self, user: str, task_id: str, key: str = "ack", created: int = 1409659589) -> Posted:
        """Somebody presses the button of a card: the callback that follows."""
        code = f"response-code-{len(self._codes)}"
        self._codes[code] = (task_id, self._clock() + CODE_LASTS)
        told = {
            "ToUserName": CORP,
            "FromUserName": user,
            "CreateTime": created,
            "MsgType": "event",
            "Event": "template_card_event",
            "EventKey": key,
            "TaskId": task_id,
            "CardType": "button_interaction",
            "ResponseCode": code,
            "AgentID": AGENT,
        }
        return posted(
            "<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in told.items()) + "</xml>"
        )

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

    def _refused(self, token: str) -> int:
        """The errcode for a token; 0 for the good one."""
        if not self.tokens or token != self.tokens[-1]:
            return 40014
        return 42001 if self._clock() >= self._until else 0

    def _update(self, token: str, raw: bytes) -> Reply:
        if errcode := self._refused(token):
            return _told(errcode)
        body = json.loads(raw)
        if body.get("agentid") != AGENT or not body.get("userids"):
            return _told(40035)
        task_id, until = self._codes.pop(body.get("response_code", ""), ("", self._clock()))
        if self._clock() >= until:
            return _told(60140)  # it has run out, or was used
        self.buttons[task_id] = body["button"]["replace_name"]
        return _told(0)

    def _send(self, token: str, raw: bytes) -> Reply:
        now = self._clock()
        if errcode := self._refused(token):
            return _told(errcode)
        body = json.loads(raw)
        errcode = 40033 if is_escaped(raw) else _check(body)
        task_id = body.get("template_card", {}).get("task_id", "")
        if not errcode and task_id in self.buttons:
            errcode = 40035  # an application gives an id once
        users = body.get("touser", "").split("|")
        known = [user for user in users if user in self.members]
        if not errcode and not known:
            errcode = 81013
        if errcode:
            return _told(errcode)
        self.bodies.append(body)
        if task_id:
            self.buttons[task_id] = body["template_card"]["button_list"][0]["text"]
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
    if kind == "template_card":
        return _check_button_card(part)
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


def _check_button_card(card: dict[str, Any]) -> int:
    """What the vendor only advises is a fault to a test: it would not be shown."""
    buttons, rows = card.get("button_list", []), card.get("horizontal_content_list", [])
    known = card.get("card_type") == "button_interaction"
    task = re.fullmatch(r"[0-9A-Za-z_@-]{1,128}", card.get("task_id", ""))
    if not (known and task and 1 <= len(buttons) <= 6 and card["main_title"]["title"]):
        return 40035
    short = (
        len(card["main_title"]["title"]) <= 26
        and len(card.get("sub_title_text", "")) <= 112
        and len(rows) <= 6
        and all(0 < len(row["keyname"]) <= 5 and len(row["value"]) <= 26 for row in rows)
        and all(len(one["text"]) <= 10 and len(one["key"].encode()) <= 1024 for one in buttons)
    )
    action = card.get("card_action")
    return 0 if short and (action is None or action.get("url")) else 45002


def _told(errcode: int, **more: Any) -> Reply:
    words = "ok" if errcode == 0 else f"refused, hint: [canary], e={errcode}"
    return as_json({"errcode": errcode, "errmsg": words, **more})
