"""A receiving system in a process of its own, and how fast it is when nothing but bytes are sent to it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 800\r\n\r\n" + b"x" * 800
END = b"\r\n\r\n"


class _Receiver(asyncio.Protocol):
    """Answers each request so many seconds after its last byte."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._got = seconds, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(END)
        if not end:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self._got = body[length:]
            asyncio.get_running_loop().call_later(self._seconds, self._transport.write, ANSWER)


@contextmanager
def receiver(seconds: float) -> Iterator[int]:
    """A running one; its port."""
    told, tell = os.pipe()
    if (child := os.fork()) == 0:
        asyncio.run(_receive(seconds, tell))
        os._exit(0)
    port = int(os.read(told, 10))
    try:
        yield port
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


async def _receive(seconds: float, tell: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Receiver(seconds), "127.0.0.1", 0, backlog=512)
    os.write(tell, str(server.sockets[0].getsockname()[1]).encode())
    await server.serve_forever()


async def by_itself(port: int, at_once: int, number: int) -> float:
    """Requests a second over bare sockets: the most that anybody can see of it."""
    left = iter(range(number))

    async def post() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(REQUEST)
            await reader.readuntil(END)
        writer.close()

    begin = perf_counter()
    await asyncio.gather(*(post() for _ in range(at_once)))
    return number / (perf_counter() - begin)
