"""Connections are kept, are as many as are needed, and say whether a request may have left."""

import asyncio

import httpx
import pytest

from notifiers.line import Line

CROWD = 128
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers what is posted to it, but for the body `reset`; counts the connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.open = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                if await reader.readexactly(length) == b"reset":
                    writer.transport.abort()
                    return
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.open -= 1


def played(*goes: list[bytes]) -> tuple[Server, list[list[str]]]:
    """Each go's bodies are posted at the same time, one go after the other."""

    async def play() -> tuple[Server, list[list[str]]]:
        served = Server()
        server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

        async def post(client: httpx.AsyncClient, body: bytes) -> str:
            try:
                return (await client.post(address, content=body)).text
            except (httpx.ReadError, httpx.RemoteProtocolError):
                return "broken"

        async with httpx.AsyncClient(transport=Line(), timeout=60) as client:
            found = [await asyncio.gather(*(post(client, body) for body in go)) for go in goes]
        while served.open:
            await asyncio.sleep(0)
        server.close()
        await server.wait_closed()
        return served, found

    return asyncio.run(play())


def test_one_after_the_other_use_the_same_connection() -> None:
    served, found = played([b"x"], [b"x"], [b"x"])
    assert found == [["ok"]] * 3
    assert served.connections == 1


def test_as_many_as_there_are_connections_go_at_the_same_time_and_again() -> None:
    crowd = [b"x"] * CROWD
    served, found = played(crowd, crowd)
    assert found == [["ok"] * len(crowd)] * 2
    assert served.connections <= len(crowd)


def test_what_failed_leaves_its_place() -> None:
    served, found = played([b"reset"] * CROWD, [b"x"], [b"x"])
    assert found[0] == ["broken"] * CROWD
    assert found[1:] == [["ok"]] * 2
    assert served.connections == CROWD + 1  # of the last two the second met the first's


def test_a_far_side_that_does_not_speak_tls_in_time_was_sent_nothing() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()

    async def play() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        address = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        timeout = httpx.Timeout(60, connect=0.1)
        async with httpx.AsyncClient(transport=Line(), timeout=timeout) as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.post(address, content=b"x")
        await gone.wait()
        server.close()
        await server.wait_closed()

    asyncio.run(play())
