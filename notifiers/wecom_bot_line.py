"""企业微信智能机器人的长连接: one WebSocket of one robot; developer.work.weixin.qq.com/document/path/101463.

A frame is `{cmd, headers: {req_id}, body}`; its answer has no cmd, the same req_id, and an errcode.
Of a robot WeCom keeps one connection: a newer one ends the older (disconnected_event).
"""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

log = logging.getLogger(__name__)
logging.getLogger("websockets").setLevel(logging.WARNING)  # its frames hold the secret

ANSWER_SECONDS = 10.0
_SUBSCRIBE, _PING, _SEND = "aibot_subscribe", "ping", "aibot_send_msg"
_UPDATE, _EVENT = "aibot_respond_update_msg", "aibot_event_callback"
_MOST_UNANSWERED = 2  # pings
_MOST_CARDS = 5000


class Broken(Exception):
    """The line cannot be used, and nothing has left."""


class Unanswered(Exception):
    """A frame has left, and nobody said what became of it."""


@dataclass(frozen=True)
class Press:
    """点击: a card's button that somebody pressed, as the line tells it. `request` is what the change
    of the card has to name, within five seconds."""

    request: str
    id: str
    account: str
    chat: str
    card: str
    button: str
    time: str


class Line:
    """One connection. One thread opens it, reads and pings; any other may ask."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: ClientConnection | None = None
        self._end = ExitStack()
        self._waiting: dict[str, Future[Mapping[str, Any]]] = {}
        self._lock = Lock()
        self._subscribed = False
        self._unanswered = 0
        self._cards: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.displaced = False  # another connection of the same robot took its place

    @property
    def connected(self) -> bool:
        """May messages be sent over it?"""
        return self._subscribed

    def open(self, bot_id: str, secret: str) -> Mapping[str, Any]:
        """Connect and sign in: WeCom's answer, whose errcode is 0 where the line stands now. Raises
        Broken or Unanswered."""
        self.displaced, self._unanswered = False, 0
        try:
            # No compression: the secret would lie in one window with what others wrote.
            opened = connect(
                self._address,
                proxy=None,
                compression=None,
                ping_interval=None,
                close_timeout=2,
                user_agent_header="qixian",
            )
            self._connection = self._end.enter_context(opened)
        except (OSError, WebSocketException, TimeoutError) as error:
            raise Broken(type(error).__name__) from None
        future = self._post(_SUBSCRIBE, {"bot_id": bot_id, "secret": secret})
        answer = self.wait(future)
        self._subscribed = answer.get("errcode") == 0
        if not self._subscribed:
            self.close()
        return answer

    def wait(self, future: "Future[Mapping[str, Any]]") -> Mapping[str, Any]:
        """An answer, by reading until it is there; for the thread that reads. A press in between is
        dropped: whoever sees nothing happen presses again. Raises Unanswered."""
        for _ in range(int(ANSWER_SECONDS)):
            if future.done():
                break
            with suppress(Broken):
                self.read(1.0)
        self._forget(future)
        if not future.done():
            self.close()
            raise Unanswered
        return future.result()

    def read(self, seconds: float) -> Press | None:
        """Read one frame; the press that it tells, None where it was something else or none came
        in time. Raises Broken when the line has ended."""
        if self._connection is None:
            raise Broken
        try:
            text = self._connection.recv(timeout=seconds)
        except TimeoutError:
            return None
        except (ConnectionClosed, WebSocketException, OSError) as error:
            self.close()
            raise Broken(type(error).__name__) from None
        return self._take(_object(text))

    def ping(self) -> None:
        """A sign of life. Raises Broken when the last two were not answered."""
        if self._unanswered >= _MOST_UNANSWERED:
            self.close()
            raise Broken("no answer to pings")
        self._unanswered += 1
        self._post(_PING, None).add_done_callback(self._alive)

    async def ask(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a message: WeCom's answer. Raises Broken or Unanswered."""
        if not self._subscribed:
            raise Broken
        future: Future[Mapping[str, Any]] | None = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                future = await asyncio.to_thread(self._post, _SEND, body)
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise Unanswered from None
        finally:
            if future:
                self._forget(future)

    def post(self, body: Mapping[str, Any]) -> "Future[Mapping[str, Any]]":
        """Send a message; its answer comes while somebody reads. Raises Broken."""
        return self._post(_SEND, body)

    def keep(self, card: dict[str, Any]) -> None:
        """Remember a card that went out: a change of it has to say the whole of it again."""
        with self._lock:
            self._cards[card["task_id"]] = card
            while len(self._cards) > _MOST_CARDS:
                self._cards.popitem(last=False)

    def close_card(self, press: Press, words: str, instead: str) -> None:
        """Put words in the place of the button that was pressed; where the card is not remembered,
        such as after a restart, say `instead` in the chat. Raises Broken."""
        card = self._cards.get(press.card)
        if card is None:
            text = {"msgtype": "markdown", "markdown": {"content": instead}}
            self._post(_SEND, {"chatid": press.chat, **text})
            return
        button = {**card["button_list"][0], "text": words}
        closed = {**card, "button_list": [button]}
        body = {"response_type": "update_template_card", "template_card": closed}
        self._post(_UPDATE, body, press.request)

    def close(self) -> None:
        """End the line. Who waits for an answer gets none."""
        self._subscribed = False
        with self._lock:
            connection, self._connection = self._connection, None
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if future.set_running_or_notify_cancel():
                future.set_exception(Unanswered())
        if connection:
            with suppress(OSError, WebSocketException):
                self._end.close()

    def _post(
        self, cmd: str, body: Mapping[str, Any] | None, request: str = ""
    ) -> "Future[Mapping[str, Any]]":
        request = request or f"{cmd}_{uuid4().hex}"
        frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": request}}
        if body is not None:
            frame["body"] = body
        future: Future[Mapping[str, Any]] = Future()
        with self._lock:
            connection = self._connection
            if connection is None:
                raise Broken
            self._waiting[request] = future
        try:
            connection.send(json.dumps(frame, ensure_ascii=False))
        except (ConnectionClosed, WebSocketException, OSError):  # half a frame is no message
            with self._lock:
                self._waiting.pop(request, None)
            raise Broken from None
        return future

    def _forget(self, future: "Future[Mapping[str, Any]]") -> None:
        with self._lock:
            self._waiting = {key: one for key, one in self._waiting.items() if one is not future}

    def _alive(self, _: object) -> None:
        self._unanswered = 0

    def _take(self, frame: Mapping[str, Any]) -> Press | None:
        headers = _part(frame, "headers")
        if "cmd" not in frame:
            self._answered(str(headers.get("req_id")), frame)
        elif frame["cmd"] == _EVENT:
            return self._event(str(headers.get("req_id")), _part(frame, "body"))
        return None

    def _answered(self, request: str, frame: Mapping[str, Any]) -> None:
        with self._lock:
            future = self._waiting.pop(request, None)
        if request.startswith((_PING, _SEND, _SUBSCRIBE)):
            if future and future.set_running_or_notify_cancel():
                future.set_result(frame)
        elif frame.get("errcode") != 0:
            log.warning("a card stays as it is: %s", frame.get("errcode"))

    def _event(self, request: str, body: Mapping[str, Any]) -> Press | None:
        event = _part(body, "event")
        if event.get("eventtype") == "disconnected_event":
            self.displaced = True
            self.close()
            raise Broken("another connection of the same robot")
        if event.get("eventtype") != "template_card_event":
            return None
        told = _part(event, "template_card_event") or event
        account = str(_part(body, "from").get("userid") or "")
        return Press(
            request=request,
            id=str(body.get("msgid") or ""),
            account=account,
            chat=str(body.get("chatid") or account),
            card=str(told.get("task_id") or told.get("taskid") or ""),
            button=str(told.get("event_key") or ""),
            time=str(body.get("create_time") or ""),
        )


def _object(text: str | bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _part(told: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = told.get(key)
    return part if isinstance(part, dict) else {}
