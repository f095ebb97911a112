"""Pools: the connections of the client, some in each of several pools that share one TLS context.

httpx looks at every connection of its pool at each request, so that one pool of 128 takes three times
as much computing as many small ones.
"""

from collections.abc import AsyncIterator
from typing import cast

import httpx

POOLS, EACH = 32, 4


class Pools(httpx.AsyncBaseTransport):
    """A request goes to the pool with the fewest on the way, the first of them: so few of them meet the
    same connections again, and no more than EACH wait in one pool until there are POOLS times EACH."""

    def __init__(self) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        limits = httpx.Limits(max_connections=EACH, max_keepalive_connections=EACH)
        self._busy = [0] * POOLS
        self._pools = [
            httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)
            for _ in self._busy
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = min(range(POOLS), key=self._busy.__getitem__)
        self._busy[place] += 1
        try:
            response = await self._pools[place].handle_async_request(request)
        except BaseException:
            self._busy[place] -= 1
            raise
        response.stream = _Counted(cast(httpx.AsyncByteStream, response.stream), self, place)
        return response

    def give_back(self, place: int) -> None:
        """A pool has one fewer on the way."""
        self._busy[place] -= 1

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


class _Counted(httpx.AsyncByteStream):
    """An answer that is on its way until it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, pools: Pools, place: int) -> None:
        self._stream, self._pools, self._place = stream, pools, place
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            if not self._closed:
                self._closed = True
                self._pools.give_back(self._place)
