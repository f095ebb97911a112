"""企业微信智能机器人的长连接: one WebSocket of one robot. websockets' address.

Of a robot WeCom keeps one connection: a newer one ends the older.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from notifiers.wecom_bot_answers import Answers, Unanswered
from notifiers.wecom_bot_frames import (
    PING,
    SEND,
    SUBSCRIBE,
    UNSUBSCRIBED,
    UPDATE,
    Frame,
    Press,
    is_displacement,
    press_of,
    read,
    request_of,
    written,
)
from notifiers.wecom_sent_cards import SentCards

log = logging.getLogger(__name__)
logging.getLogger("websockets").setLevel(logging.WARNING)  # its frames hold the secret

ANSWER_SECONDS = 10.0
_MOST_UNANSWERED = 2  # pings


class Broken(Exception):
    """The line cannot be used, and nothing has left: why, and the way out, for the administrator."""

    def __init__(self, why: str = "连接被企业微信或网络断开，会自动重新接通") -> None:
        super().__init__(why)


class Displaced(Broken):
    """Another connection of the same robot took its place."""


class Line:
    """One connection. One thread opens it, reads and pings; any other may ask."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: ClientConnection | None = None
        self._end = ExitStack()
        self._answers = Answers()
        self._subscribed = self._lost = False
        self._unanswered = 0
        self.cards = SentCards()

    @property
    def connected(self) -> bool:
        """May messages be sent over it?"""
        return self._subscribed

    def open(self, bot_id: str, secret: str) -> Frame:
        """Connect and sign in: WeCom's answer, whose errcode is 0 where the line stands now. Raises
        Broken or Unanswered."""
        self._unanswered, self._lost = 0, False
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
            log.warning("no line to %s: %s", self._address, type(error).__name__)
            raise Broken(_unreached(self._address, error)) from None
        answer = self.wait(self._post(SUBSCRIBE, {"bot_id": bot_id, "secret": secret}))
        self._subscribed = answer.get("errcode") == 0
        if not self._subscribed:
            self.close()
        return answer

    def wait(self, future: "Future[Frame]") -> Frame:
        """An answer, by reading until it is there; for the thread that reads. A press in between is
        dropped: whoever sees nothing happen presses again. Raises Unanswered."""
        for _ in range(int(ANSWER_SECONDS)):
            if future.done():
                break
            with suppress(Broken):
                self.read(1.0)
        self._answers.forget(future)
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
            if not self._lost:
                return None
            self.close()  # what was asked before is answered
            raise Broken("企业微信已不认这条连接，会自动重新接通") from None
        except (ConnectionClosed, WebSocketException, OSError) as error:
            self.close()
            log.warning("the line was cut: %s", type(error).__name__)
            raise Broken from None
        return self._take(read(text))

    def ping(self) -> "Future[Frame]":
        """A sign of life, and its answer. Raises Broken when the last two were not answered."""
        if self._unanswered >= _MOST_UNANSWERED:
            self.close()
            raise Broken(
                "企业微信两次没有回应心跳，会自动重新接通；常常如此的，请检查防火墙或网关是否切断长时间的连接"
            )
        self._unanswered += 1
        answer = self._post(PING, None)
        answer.add_done_callback(self._alive)
        return answer

    async def ask(self, body: Mapping[str, Any]) -> Frame:
        """Send a message: WeCom's answer. Raises Broken or Unanswered."""
        if not self._subscribed:
            raise Broken
        future: Future[Frame] | None = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                future = await asyncio.to_thread(self._post, SEND, body)
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise Unanswered from None
        finally:
            if future:
                self._answers.forget(future)

    def post(self, body: Mapping[str, Any]) -> "Future[Frame]":
        """Send a message; its answer comes while somebody reads. Raises Broken."""
        return self._post(SEND, body)

    def close_card(self, press: Press, words: str, instead: str) -> None:
        """Put words in the place of the button that was pressed; where the card is not remembered,
        such as after a restart, say `instead` in the chat. Raises Broken."""
        closed = self.cards.closed(press.card, words)
        if closed is None:
            text = {"msgtype": "markdown", "markdown": {"content": instead}}
            self._post(SEND, {"chatid": press.chat, **text})
            return
        body = {"response_type": "update_template_card", "template_card": closed}
        self._post(UPDATE, body, press.request)

    def close(self) -> None:
        """End the line. Who waits for an answer gets none."""
        self._subscribed = False
        self._connection = None
        self._answers.give_up()
        with suppress(OSError, WebSocketException):
            self._end.close()

    def _post(self, cmd: str, body: Mapping[str, Any] | None, request: str = "") -> "Future[Frame]":
        connection = self._connection
        if connection is None:
            raise Broken
        request = request or f"{cmd}_{uuid4().hex}"
        future = self._answers.expect(request)
        try:
            connection.send(written(cmd, request, body))
        except (ConnectionClosed, WebSocketException, OSError):  # half a frame is no message
            self._answers.forget(future)
            raise Broken from None
        return future

    def _alive(self, _: object) -> None:
        self._unanswered = 0

    def _take(self, frame: Frame) -> Press | None:
        if "cmd" not in frame:
            self._answered(request_of(frame), frame)
        elif is_displacement(frame):
            self.close()
            raise Displaced(
                "同一个机器人在别处接通，这里的连接被断开；请停掉另一个使用它的程序，"
                "或者为期限单独建一个机器人（qixian send-test 只断开它十来秒）"
            )
        return press_of(frame)

    def _answered(self, request: str, frame: Frame) -> None:
        code = frame.get("errcode")
        self._answers.give(request, frame)
        if not request.startswith((PING, SEND, SUBSCRIBE)) and code != 0:
            log.warning("a card stays as it is: %s", code)
        if code == UNSUBSCRIBED:
            self._subscribed, self._lost = False, True


def _unreached(address: str, error: Exception) -> str:
    host = urlsplit(address).netloc
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{host} 的证书不受信任，请检查本机的时间和证书，或者网关是否替换了证书"
    if isinstance(error, WebSocketException):
        return f"{host} 没有接受长连接，请检查 api_base，以及网关是否放行 WebSocket"
    return f"连不上 {host}，请检查本机的网络、域名解析和防火墙"
