"""A receiving system in a process of its own: it outlives every worker, and remembers each copy."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

from engine.digest import DUPLICATE_MARK
from tests.servers.loopback import LoopbackServer, Reply, Request, as_json


@dataclass(frozen=True)
class Receipt:
    """One copy of one message, as it came in: by which channel, what it told, and was it marked?"""

    channel: str
    message_id: str
    matters: tuple[str, ...]
    marked: bool


class _Sink(LoopbackServer):
    """Takes what is posted to /ROUND/CHANNEL; `GET /ROUND` gives it back."""

    def __init__(self) -> None:
        super().__init__()
        self._copies: dict[str, list[dict[str, object]]] = {}

    def answer(self, request: Request) -> Reply:
        _, number, *channel = request.path.split("/")
        if request.method == "GET":
            return as_json({"copies": self._copies.pop(number, [])})
        if len(request.body) < int(request.headers["content-length"]):
            return Reply(400)  # its sender died in the middle of a sentence
        data = json.loads(request.body)["data"]
        copy = {
            "channel": channel[0],
            "message_id": request.headers["webhook-id"],
            "matters": [
                f"{one['rule']} {one['unit']} {one['period']}" for one in data["obligations"]
            ],
            "marked": data["text"].startswith(DUPLICATE_MARK),
        }
        self._copies.setdefault(number, []).append(copy)
        return Reply(204)


@contextmanager
def sink() -> Iterator[int]:
    """A running sink; its port. It ends with the block, or with whoever opened it."""
    told, tell = os.pipe()
    alive, living = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(living)
        with _Sink() as server:
            os.write(tell, server.base.rpartition(":")[2].encode())
            os.close(tell)
            os.read(alive, 1)  # nobody writes: it returns when the other end is gone
        os._exit(0)
    os.close(tell)
    os.close(alive)
    port = int(os.read(told, 10))
    os.close(told)
    try:
        yield port
    finally:
        os.close(living)
        os.waitpid(child, 0)


def receipts(port: int, number: int) -> list[Receipt]:
    """What came in for a round."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/{number}")
    copies = json.loads(connection.getresponse().read())["copies"]
    connection.close()
    return [
        Receipt(copy["channel"], copy["message_id"], tuple(copy["matters"]), copy["marked"])
        for copy in copies
    ]
