"""Line: the connections of the client, by aiohttp; what is asked and answered stays httpx's.

The same over httpcore and h11 takes five times as much computing. What counts is whether a request
may have left, so that is taken from the connection itself: until it is there, with TLS, whatever
fails is a ConnectError; from then on never.
"""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
from yarl import URL

from notifiers.patience import Patience

KEPT = 5.0  # seconds that an idle connection is used again; few far sides close it sooner
_OURS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # httpx has written them


class Line(httpx.AsyncBaseTransport):
    """As many connections as are asked for at the same time: the engine counts its messages. Follows
    no redirect, asks no environment and keeps no cookie. For one event loop after the other."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: whose certificates are believed, for the public ones."""
        self._trust = trust or httpx.create_ssl_context(trust_env=False)
        self._opened: AsyncGenerator[aiohttp.ClientSession] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._session is None or self._session.closed:
            self._opened = _open(self._trust)
            self._session = await anext(self._opened)
        body = await request.aread()
        connecting = Patience(request.extensions["timeout"]["connect"])
        try:
            async with connecting:
                answer = await self._session.request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    data=body or None,
                    headers=[
                        (name.decode(), value.decode()) for name, value in request.headers.raw
                    ],
                    allow_redirects=False,
                    server_hostname=request.extensions.get("sni_hostname"),
                    trace_request_ctx=connecting,
                )
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError too
            if connecting.over:
                raise httpx.ReadError(str(error), request=request) from error
            late = isinstance(error, TimeoutError)
            kind = httpx.ConnectTimeout if late else httpx.ConnectError
            raise kind(str(error), request=request) from error
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    async def aclose(self) -> None:
        if self._opened:
            await self._opened.aclose()


class _Body(httpx.AsyncByteStream):
    """An answer as it comes; closed before its end it takes the connection with it."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._answer.content.iter_any():
                yield part
        except (aiohttp.ClientError, OSError) as error:
            raise httpx.ReadError(str(error)) from error

    async def aclose(self) -> None:
        self._answer.release()


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
