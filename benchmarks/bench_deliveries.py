"""Deliveries a second to a local receiver: on SQLite, on PostgreSQL with 1, 2 and 4 workers, beside the
ideal (as many at a time as the channels allow, nothing but the receiver's time) and beside a plain
httpx client that only posts. Run: make bench"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from sqlalchemy import Engine, func
from sqlmodel import select

from engine.agency import Agency
from engine.alerts import plan
from engine.channels import register
from engine.database import open_database, reading, writing
from engine.deliveries import Delivery, State
from engine.derivation import derive
from engine.drain import AT_ONCE, Drainer, settle
from engine.schema import migrate
from engine.workdays import work_calendar
from notifiers.http_client import open_client
from notifiers.webhook import Webhook
from tests.builders import build_agency, build_duty, build_rule, build_unit
from tests.servers.postgres import postgres

CHANNELS, UNITS = 1024, 1024
NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def receiver(seconds: float) -> Iterator[int]:
    """A process that takes what is posted and answers so much later; its port."""
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
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            await asyncio.sleep(seconds)
            writer.write(ANSWER)

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0, backlog=512)
    os.write(tell, str(server.sockets[0].getsockname()[1]).encode())
    await server.serve_forever()


def agency(port: int) -> Agency:
    """Units that each owe one matter, spread over channels of the receiver."""
    client = open_client()
    given = {"secret": SECRET, "allow": ["127.0.0.0/8"], "allow_http": True}
    channels = {
        f"c{n}": Webhook.from_settings({"url": f"http://127.0.0.1:{port}/{n}", **given}, client)
        for n in range(CHANNELS)
    }
    rule = build_rule("m", value="P1M")
    units = [build_unit(f"u{n}", f"单位{n}", channels=(f"c{n % CHANNELS}",)) for n in range(UNITS)]
    duties = [build_duty(rule.id, unit.id, "2026-09-01") for unit in units]
    return build_agency([rule], duties, units=units, channels=dict(channels), horizon_days=1)


def seeded(url: str, port: int) -> None:
    """Every unit's message waits."""
    db, office = open_database(url), agency(port)
    migrate(db)
    with writing(db) as session:
        register(session, office.channels)
        derive(session, office, work_calendar(), NOW)
        plan(session, office, work_calendar(), NOW)
    db.dispose()


def sent(db: Engine) -> int:
    with reading(db) as session:
        query = select(func.count()).where(Delivery.state == State.ACCEPTED)
        return session.exec(query).one()


async def drained(db: Engine, office: Agency, shards: int) -> None:
    drainer = Drainer(db, office, work_calendar(), lambda: NOW)
    while sent(db) < UNITS:
        await settle(drainer.drain(shard) for shard in range(shards))


def worked(url: str, port: int, workers: int) -> float:
    """Deliveries a second."""
    children = []
    begin = perf_counter()
    for _ in range(workers):
        if (child := os.fork()) == 0:
            asyncio.run(drained(open_database(url), agency(port), 256))
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    return UNITS / (perf_counter() - begin)


async def posted(port: int, at_once: int) -> float:
    """Requests a second of a plain shared client."""
    turn = asyncio.Semaphore(at_once)
    async with open_client() as client:
        webhook = next(iter(agency(port).channels.values()))
        guard = {"allow": webhook.allow} if isinstance(webhook, Webhook) else {}

        async def post() -> None:
            async with turn:
                url = f"http://127.0.0.1:{port}/plain"
                await client.post(url, content=b"x" * 800, extensions=guard)

        begin = perf_counter()
        waits: list[Awaitable[None]] = [post() for _ in range(UNITS)]
        await asyncio.gather(*waits)
        return UNITS / (perf_counter() - begin)


def main() -> None:
    with TemporaryDirectory() as folder:
        for seconds in (0.05, 0.0):
            with receiver(seconds) as port:
                plain = asyncio.run(posted(port, AT_ONCE))
                ideal = AT_ONCE / seconds if seconds else 0
                print(f"a receiver that takes {seconds * 1000:.0f} ms, {AT_ONCE} at once:")
                _line("plain httpx client", plain, plain, ideal)
                for name, workers, new in _databases(folder, seconds):
                    url = new()
                    seeded(url, port)
                    _line(f"{name}, {workers} worker(s)", worked(url, port, workers), plain, ideal)


def _databases(folder: str, seconds: float) -> list[tuple[str, int, Callable[[], str]]]:
    file = f"sqlite:///{folder}/{seconds}.db"
    return [
        ("SQLite", 1, lambda: file),
        *(("PostgreSQL", workers, postgres().new) for workers in (1, 2, 4)),
    ]


def _line(name: str, rate: float, plain: float, ideal: float) -> None:
    share = f", {rate / ideal:.2f} of the ideal" if ideal else ""
    print(f"  {name:24} {rate:7.0f} a second, {rate / plain:.2f} of plain{share}")


if __name__ == "__main__":
    main()
