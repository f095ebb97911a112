"""Line: the connections of the client, by aiohttp.

The same over httpx takes five times as much computing. What counts is whether a request may have
left, so that is taken from the connection itself: until it is there, with TLS, whatever fails is a
ConnectError; from then on never.
"""

import ssl
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx

from notifiers.patience import Patience
from notifiers.request import Answer, Request

KEPT = 5.0  # seconds that an idle connection is used again; few far sides close it sooner
_BODY_BYTES = 65_536  # an answer is a line of JSON; the rest is a page, or an attack
_OURS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # as the request has them


class Line:
    """As many connections as are asked for at the same time: the engine counts its messages. Follows
    no redirect, asks no environment and keeps no cookie. For one event loop after the other."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: whose certificates are believed, for the public ones."""
        self._trust = trust or httpx.create_ssl_context(trust_env=False)
        self._opened: AsyncGenerator[aiohttp.ClientSession] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request) -> Answer:
        if self._session is None or self._session.closed:
            self._opened = _open(self._trust)
            self._session = await anext(self._opened)
        connecting = Patience(request.seconds)
        try:
            async with connecting:
                answer = await self._session.request(
                    request.method,
                    request.url,
                    data=request.body or None,
                    headers=request.headers,
                    allow_redirects=False,
                    server_hostname=request.name,
                    trace_request_ctx=connecting,
                )
            return Answer(answer.status, answer.headers, await _read(answer))
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError too
            if connecting.over:
                raise httpx.ReadError(str(error)) from error
            late = isinstance(error, TimeoutError)
            kind = httpx.ConnectTimeout if late else httpx.ConnectError
            raise kind(str(error)) from error

    async def aclose(self) -> None:
        if self._opened:
            await self._opened.aclose()


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The body; one that is longer than we read takes its connection with it."""
    body = b""
    try:
        async for part in answer.content.iter_any():
            body += part
            if len(body) > _BODY_BYTES:
                break
    finally:
        answer.release()
    return body[:_BODY_BYTES]


async def _open(trust: ssl.SSLContext) -> AsyncGenerator[aiohttp.ClientSession]:
    """A session. As a generator it is closed with the event loop, where nobody closes it sooner."""
    told = aiohttp.TraceConfig()
    told.on_connection_create_end.append(_connected)
    told.on_connection_reuseconn.append(_connected)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=trust, keepalive_timeout=KEPT),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # Patience
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_OURS,
        auto_decompress=False,
        trust_env=False,
        trace_configs=[told],
    ) as session:
        session._retry_connection = False  # not even a GET: what is asked again is for us to say
        yield session


async def _connected(_session: aiohttp.ClientSession, told: SimpleNamespace, _what: Any) -> None:
    told.trace_request_ctx.end()
