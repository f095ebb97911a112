"""WeCom's side of an intelligent robot's long connection, with the vendor's rules: who may sign in, one
connection for each robot, what may be pushed, and clicks on cards."""

import json
from collections import Counter
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

BOT, SECRET = "aibCanaryBot", "canary-secret-of-the-robot-0123456789"
MARKDOWN_BYTES = 20480
PER_MINUTE = 30


class WecomBotServer:
    """`with WecomBotServer() as server:` at `server.base`. `fault` is what it does with a pushed message:
    "" to take it, "silent", "drop" (takes it and breaks the line), "deaf" (answers nothing at all),
    or an errcode."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret, self.fault = secret, ""
        self.bodies: list[dict[str, Any]] = []  # pushed and taken over
        self.frames: list[str] = []  # all that came, as it came
        self.updates: list[dict[str, Any]] = []
        self.refused: list[int] = []  # sign-ins that were refused
        self.signed_in = self.displaced = self.pings = 0
        self.live: ServerConnection | None = None
        self.changed = Condition()
        self._sent: Counter[str] = Counter()
        self._clicks: dict[str, str] = {}
        self._number = 0

    def __enter__(self) -> Self:
        self._server = serve(self._talk, "127.0.0.1", 0)
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()
        host, port = self._server.socket.getsockname()
        self.base = f"http://{host}:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self.hang_up()
        self._thread.join()

    def hang_up(self) -> None:
        """Break the line."""
        if self.live:
            self.live.close()

    def wait_for(self, number: int) -> None:
        """Until so many sign-ins went well, and the last of them stands."""
        with self.changed:
            done = self.changed.wait_for(lambda: self.signed_in >= number and self.live, 30)
        assert done, (self.signed_in, self.refused)

    def wait_for_updates(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.updates) >= number, 30)

    def wait_for_bodies(self, number: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.bodies) >= number, 30)

    def click(self, account: str, card: str, msgid: str = "", chat: str = "") -> str:
        """A member presses the button of a card; the id of the event."""
        self._number += 1
        msgid = msgid or f"CAIQ{self._number}"
        request = f"callback_{self._number}"
        self._clicks[request] = card
        told = {"card_type": "button_interaction", "event_key": "ack", "task_id": card}
        group = {"chatid": chat, "chattype": "group"} if chat else {"chattype": "single"}
        body = {
            "msgid": msgid,
            "create_time": 1_700_000_000,
            "aibotid": BOT,
            "from": {"userid": account},
            **group,
            "msgtype": "event",
            "event": {"eventtype": "template_card_event", "template_card_event": told},
        }
        assert self.live
        self._tell(self.live, {"cmd": "aibot_event_callback", "body": body}, request)
        return msgid

    def _talk(self, connection: ServerConnection) -> None:
        try:
            for text in connection:
                frame = json.loads(text)
                with self.changed:
                    self.frames.append(str(text))
                    self._take(connection, frame)
                    self.changed.notify_all()
        except ConnectionClosed:
            pass
        finally:
            with self.changed:
                if self.live is connection:
                    self.live = None
                self.changed.notify_all()

    def _take(self, connection: ServerConnection, frame: dict[str, Any]) -> None:
        request, body = frame["headers"]["req_id"], frame.get("body") or {}
        code: int | None
        match frame["cmd"]:
            case "aibot_subscribe":
                code = self._sign_in(connection, body)
            case _ if connection is not self.live:
                code = 846609  # not signed in, or not any more
            case "ping":
                self.pings += 1
                code = None if self.fault == "deaf" else 0
            case "aibot_send_msg":
                code = self._push(connection, body)
            case "aibot_respond_update_msg":
                code = self._update(request, body)
            case _:
                code = 40008
        if code is not None:
            words = "ok" if code == 0 else f"refused, secret {self.secret}"
            self._tell(connection, {"errcode": code, "errmsg": words}, request)

    def _sign_in(self, connection: ServerConnection, body: dict[str, Any]) -> int:
        if (body.get("bot_id"), body.get("secret")) != (BOT, self.secret):
            self.refused.append(853000)
            return 853000
        older, self.live = self.live, connection
        self.signed_in += 1
        if older:
            self.displaced += 1
            event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
            self._tell(older, {"cmd": "aibot_event_callback", "body": event}, "callback_0")
            Thread(target=older.close).start()
        return 0

    def _push(self, connection: ServerConnection, body: dict[str, Any]) -> int | None:
        if self.fault.lstrip("-").isdigit():
            return int(self.fault)
        if self.fault in ("silent", "deaf"):
            return None
        kind = body.get("msgtype")
        if kind not in ("markdown", "template_card"):
            return 40008
        if kind == "markdown" and len(body["markdown"]["content"].encode()) > MARKDOWN_BYTES:
            return 40058
        if kind == "template_card" and body["template_card"]["task_id"] in self.cards:
            return 40035
        self._sent[body["chatid"]] += 1
        if self._sent[body["chatid"]] > PER_MINUTE:
            return 45009
        self.bodies.append(body)
        if self.fault == "drop":
            Thread(target=connection.close).start()
            return None
        return 0

    def _update(self, request: str, body: dict[str, Any]) -> int:
        if body.get("response_type") != "update_template_card":
            return 40035
        if self._clicks.get(request) != body["template_card"]["task_id"]:
            return 846605  # invalid req_id
        self.updates.append(body["template_card"])
        return 0

    @property
    def cards(self) -> dict[str, dict[str, Any]]:
        """The cards that were pushed, by their task."""
        cards = [one["template_card"] for one in self.bodies if one["msgtype"] == "template_card"]
        return {card["task_id"]: card for card in cards}

    def _tell(self, connection: ServerConnection, frame: dict[str, Any], request: str) -> None:
        connection.send(json.dumps({**frame, "headers": {"req_id": request}}, ensure_ascii=False))
