"""A dead-man's switch on 127.0.0.1: it counts the calls, and would raise the alarm when none come."""

from tests.servers.loopback import LoopbackServer, Reply, Request


class Watchman(LoopbackServer):
    """`calls` holds method and path of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []

    def answer(self, request: Request) -> Reply:
        self.calls.append((request.method, request.path))
        return Reply(200, b"OK")
