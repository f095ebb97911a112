"""A real HTTP server on 127.0.0.1 for one test: what a scripted transport cannot show."""

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    method: str = "POST"


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Mapping[str, Any]) -> Reply:
    """The vendors answer 200 for errors too."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Reply(200, body, {"Content-Type": "application/json"})


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128  # as many may come at once


class LoopbackServer:
    """Use as a context manager; `base` is its address. Subclasses say what `answer` does.

    `fail_next(*faults)` queues one fault for each of the next requests, "" for none. Faults are
    "status:CODE", "html" (a captive portal's 200), "deny" (an answer without a code, as of
    DingTalk's gateway), "hang:SECONDS" (answers, but that late) and "reset_after_accept" (takes
    the request over, then breaks the connection without an answer).
    `arrived` keeps every request as it came, whatever became of it.
    """

    def __init__(self) -> None:
        self._faults: deque[str] = deque()
        self.arrived: list[Request] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()  # handlers run in threads; `answer` never in two at once
        self._server = _Listener(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # so that closing waits for the handlers
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail_next(self, *faults: str) -> None:
        self._faults.extend(faults)

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _respond(self, request: Request) -> Reply | None:
        """None: break the connection."""
        with self._lock:
            self.arrived.append(request)
            fault = self._faults.popleft() if self._faults else ""
        name, _, argument = fault.partition(":")
        if name == "hang":
            self._closing.wait(float(argument))
        canned = self.canned(name, argument)
        if canned:
            return canned
        with self._lock:
            reply = self.answer(request)
        return None if name == "reset_after_accept" else reply

    def canned(self, fault: str, argument: str) -> Reply | None:
        """The answer of a fault that never reaches the service."""
        if fault == "status":
            return Reply(int(argument))
        if fault == "deny":
            return as_json({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"})
        if fault == "html":
            return Reply(200, "<html>请先登录网络</html>".encode(), {"Content-Type": "text/html"})
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5  # a client that connects and stays silent must not stop the test

            def do_GET(self) -> None:
                self._serve("GET")

            def do_POST(self) -> None:
                self._serve("POST")

            def _serve(self, method: str) -> None:
                address = urlsplit(self.path)
                length = int(self.headers.get("Content-Length", 0))
                request = Request(
                    path=address.path,
                    query=tuple(parse_qsl(address.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                    method=method,
                )
                reply = service._respond(request)
                if reply is None:
                    _reset(self.connection)
                else:
                    self._write(reply)

            def _write(self, reply: Reply) -> None:
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:  # the client has given up waiting
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Silence: addresses carry keys."""

        return Handler


def _reset(connection: socket.socket) -> None:
    """Close with RST, as a crashed gateway does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
