"""What a receiving system's name may lead to: no connection is made to anything else."""

import asyncio
import ssl
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from notifiers.address_guard import AddressGuard, Network, Resolve, is_permitted, within
from notifiers.errors import ChannelConfigError
from notifiers.http_client import open_client
from notifiers.line import Line as Wire
from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import MESSAGE, NOW, SECRET
from tests.servers.certificate import make_certificate
from tests.servers.webhook import WebhookSink

INTRANET = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
LOOPBACK = (ip_network("127.0.0.0/8"),)

# address                       anybody  with 10.0.0.0/8 and fd00::/8 allowed
ADDRESSES = [
    ("8.8.8.8", True, True),
    ("2400:3200::1", True, True),
    ("::ffff:8.8.8.8", True, True),
    ("64:ff9b::808:808", True, True),
    ("10.1.2.3", False, True),
    ("::ffff:10.1.2.3", False, True),
    ("64:ff9b::a01:203", False, True),
    ("fd12::1", False, True),
    ("172.16.0.1", False, False),
    ("192.168.1.1", False, False),
    ("100.64.0.1", False, False),
    ("127.0.0.1", False, False),
    ("::1", False, False),
    ("::ffff:127.0.0.1", False, False),
    ("64:ff9b::7f00:1", False, False),
    ("64:ff9b:1::7f00:1", False, False),
    ("2002:7f00:1::", False, False),
    ("2001:0:7f00:1::", False, False),
    ("::7f00:1", False, False),
    ("0.0.0.0", False, False),
    ("::", False, False),
    ("169.254.169.254", False, False),
    ("::ffff:169.254.169.254", False, False),
    ("100.100.100.200", False, False),
    ("::ffff:100.100.100.200", False, False),
    ("168.63.129.16", False, False),
    ("192.0.0.192", False, False),
    ("fd00:ec2::254", False, False),
    ("fe80::1%eth0", False, False),
    ("fec0::1", False, False),
    ("224.0.0.1", False, False),
    ("255.255.255.255", False, False),
    ("ff02::1", False, False),
    ("2001:db8::1", False, False),
    ("198.51.100.7", False, False),
]


@pytest.mark.parametrize(("address", "anybody", "allowed"), ADDRESSES)
def test_an_address_is_public_or_an_intranet_that_was_named(
    address: str, anybody: bool, allowed: bool
) -> None:
    assert is_permitted(address, ()) is anybody
    assert is_permitted(address, INTRANET) is allowed


class Line(httpx.AsyncBaseTransport):
    """Notes what would be connected; `down` are addresses where nobody is."""

    def __init__(self, down: Sequence[str] = ()) -> None:
        self.requests: list[httpx.Request] = []
        self._down = down

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host in self._down:
            raise httpx.ConnectError("refused")
        return httpx.Response(204)


def resolver(*answers: Sequence[str]) -> Resolve:
    """Gives one answer after the other, as a name does that changes its mind."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0)

    return resolve


def ask(guard: httpx.AsyncBaseTransport, url: str, allow: Sequence[Network] = ()) -> httpx.Response:
    async def attempt() -> httpx.Response:
        async with open_client(guard) as client:
            return await client.post(url, content=b"body", extensions=within(allow))

    return asyncio.run(attempt())


def test_the_checked_address_is_dialled_under_the_name() -> None:
    line = Line()
    guard = AddressGuard(line, resolver(["8.8.8.8"]))
    assert ask(guard, "https://oa.example.com:8443/hook?x=1").status_code == 204
    (request,) = line.requests
    assert str(request.url) == "https://8.8.8.8:8443/hook?x=1"
    assert request.headers["Host"] == "oa.example.com:8443"
    assert request.extensions["sni_hostname"] == "oa.example.com"
    assert request.headers["Connection"] == "close"


def test_the_name_is_asked_at_each_connection_and_each_answer_is_checked() -> None:
    line = Line()
    guard = AddressGuard(line, resolver(["8.8.8.8"], ["127.0.0.1"]))
    ask(guard, "https://rebind.example.com/")
    with pytest.raises(httpx.ConnectError):
        ask(guard, "https://rebind.example.com/")
    assert [request.url.host for request in line.requests] == ["8.8.8.8"]


def test_one_forbidden_address_among_good_ones_forbids_the_name() -> None:
    line = Line()
    guard = AddressGuard(line, resolver(["8.8.8.8", "::ffff:169.254.169.254"]))
    with pytest.raises(httpx.ConnectError):
        ask(guard, "https://mixed.example.com/")
    assert line.requests == []


def test_where_nobody_is_the_other_version_of_the_protocol_is_tried() -> None:
    down = ["2400:3200::1", "2400:3200::2"]
    line = Line(down)
    guard = AddressGuard(line, resolver([*down, "10.1.2.3", "10.1.2.4"]))
    assert ask(guard, "http://oa.example.com/", INTRANET).status_code == 204
    assert [request.url.host for request in line.requests] == ["2400:3200::1", "10.1.2.3"]
    assert [request.read() for request in line.requests] == [b"body"] * 2


def test_where_nobody_is_at_all_there_is_no_connection() -> None:
    line = Line(["8.8.8.8"])
    with pytest.raises(httpx.ConnectError):
        ask(AddressGuard(line, resolver(["8.8.8.8"])), "http://oa.example.com/")
    assert len(line.requests) == 1


def test_a_name_that_leads_nowhere_is_no_connection() -> None:
    async def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    for resolve in (nowhere, resolver([])):
        with pytest.raises(httpx.ConnectError):
            ask(AddressGuard(Line(), resolve), "https://nowhere.example.com/")


# Addresses that a configuration may hold, each of which leads into this machine or a cloud's own
# services, with the real resolver.
HOSTILE = [
    "http://localhost:{port}/hook",
    "http://127.1:{port}/hook",
    "http://0x7f000001:{port}/hook",
    "http://2130706433:{port}/hook",
    "http://0:{port}/hook",
    "https://localhost:{port}/hook",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_a_fault_of_the_configuration_without_a_connection(url: str) -> None:
    with WebhookSink(SECRET) as sink:
        port = sink.base.rpartition(":")[2]
        settings = {"url": url.format(port=port), "secret": SECRET, "allow_http": True}
        outcome = asyncio.run(send(settings))
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.CONFIG)
    assert "allow" in outcome.advice
    assert (sink.received, sink.refused, outcome.size) == ([], [], 0)


@pytest.mark.parametrize(
    "host", [f"[{one}]" if ":" in one else one for one, public, _ in ADDRESSES if not public]
)
def test_an_address_that_leads_inside_is_refused_when_the_configuration_is_read(host: str) -> None:
    with pytest.raises(ChannelConfigError, match="url"):
        build("webhook", {"url": f"https://{host}/", "secret": SECRET}, httpx.AsyncClient())


def test_the_administrators_word_opens_this_machine() -> None:
    with WebhookSink(SECRET) as sink:
        url = sink.base.replace("127.0.0.1", "localhost") + "/hook"
        allow = ["127.0.0.0/8", "::1/128"]
        outcome = asyncio.run(send({"url": url, "secret": SECRET, "allow": allow}))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(sink.received) == 1


async def send(settings: dict[str, object]) -> Outcome:
    async with open_client(total_seconds=4.0) as client:
        return await build("webhook", settings, client).send(MESSAGE, NOW)


class Named(BaseHTTPRequestHandler):
    """Answers with the name under which it was asked."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.headers["Host"])))
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.mark.parametrize(("name", "trusted"), [("localhost", True), ("oa.example.com", False)])
def test_the_certificate_must_be_that_of_the_name(name: str, trusted: bool, tmp_path: Path) -> None:
    made = make_certificate(tmp_path)  # for 127.0.0.1 and localhost
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    trust = ssl.create_default_context(cafile=str(made.certificate))
    with HTTPServer(("127.0.0.1", 0), Named) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        guard = AddressGuard(
            Wire(trust),
            resolver(["127.0.0.1"]),
        )
        url = f"https://{name}:{server.server_port}/"
        try:
            if trusted:
                assert ask(guard, url, LOOPBACK).text == f"{name}:{server.server_port}"
            else:
                with pytest.raises(httpx.ConnectError, match="certificate"):
                    ask(guard, url, LOOPBACK)
        finally:
            server.shutdown()
            thread.join()
