"""Deliveries a second, on SQLite and on PostgreSQL with 1, 2 and 4 workers, at 32 and 128 at a time:
to a receiver that takes 50 ms, as a share of the ideal (nothing but the receiver's time), and to one
that answers at once, beside a plain httpx client that only posts. Then a burst: many channels with ten
alerts each, with time, memory and what still waits. Run: make bench

The workers share what is at a time, and the shards. Both databases write with fsync."""

import asyncio
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import httpx
from sqlalchemy import Engine, func, insert
from sqlmodel import Session, SQLModel, col, select

from api.commands.serve import keep_what_is_loaded
from benchmarks.receiver import by_itself, receiver
from engine.agency import Agency
from engine.alerts import Alert, plan
from engine.channels import ChannelState, register, shard_of, shards
from engine.database import look_over, open_database, reading, writing
from engine.deliveries import WAITING, Attempt, Delivery, State
from engine.derivation import derive
from engine.drain import Drainer, settle
from engine.obligations import Obligation
from engine.schema import migrate
from engine.workdays import work_calendar
from notifiers.http_client import open_client
from notifiers.message import OutcomeKind
from notifiers.webhook import Webhook
from tests.builders import build_agency, build_duty, build_rule, build_unit
from tests.servers.postgres import postgres

NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CALENDAR = work_calendar()
RECEIVER = 0.05  # seconds
New = Callable[[], str]


class Rate(NamedTuple):
    """Messages a second, and the computing of our processes for each."""

    a_second: float
    milliseconds: float = 0


def agency(port: int, channels: int, alerts: int) -> Agency:
    """Units with a channel each, at the receiver, that owe so many matters in a month."""
    client = open_client()
    given = {"secret": SECRET, "allow": ["127.0.0.0/8"], "allow_http": True}
    webhooks = {
        f"c{n}": Webhook.from_settings({"url": f"http://127.0.0.1:{port}/{n}", **given}, client)
        for n in range(channels)
    }
    rules = [build_rule(f"m{n}", value="P1M") for n in range(alerts)]
    units = [build_unit(f"u{n}", f"单位{n}", channels=(f"c{n}",)) for n in range(channels)]
    duties = [build_duty(rule.id, "u0", "2026-09-01") for rule in rules]
    return build_agency(rules, duties, units=units, channels=dict(webhooks), horizon_days=1)


def seeded(url: str, office: Agency) -> None:
    """Every unit's message waits: the first is planned, the others are its copies."""
    db = open_database(url)
    migrate(db)
    with writing(db) as session:
        number = shards(session)
        register(session, {"c0": office.channels["c0"]})
        derive(session, office, CALENDAR, NOW)
        plan(session, office, CALENDAR, NOW)
    with writing(db) as session:
        copies = range(1, len(office.channels))
        obligations, deliveries, alerts = (
            [row.model_dump() for row in session.exec(select(table)).all()]
            for table in (Obligation, Delivery, Alert)
        )
        ids = {"obligation_id": len(obligations), "delivery_id": len(deliveries)}
        _copy(session, Obligation, obligations, copies, {"unit": "u{}"}, {})
        place = {"channel": "c{}", "recipient": "c{}"}
        _copy(session, Delivery, deliveries, copies, {"message_id": "m{}", **place}, {})
        _copy(session, Alert, alerts, copies, place, ids)
        state = {"failures": 0, "disabled_reason": ""}
        states = [
            {"id": id_, "shard": shard_of(id_, number), "credential": one.credential, **state}
            for id_, one in office.channels.items()
            if id_ != "c0"
        ]
        session.execute(insert(ChannelState), states)
    look_over(db)
    db.dispose()


def _copy(
    session: Session,
    table: type[SQLModel],
    rows: list[dict[str, Any]],
    copies: Iterable[int],
    named: dict[str, str],
    ids: dict[str, int],
) -> None:
    """The rows of a table once more for each of `copies`: other names, and ids so many further."""
    steps = {"id": len(rows), **ids}
    pending: list[dict[str, Any]] = []
    for n in copies:
        other = {key: name.format(n) for key, name in named.items()}
        for row in rows:
            moved = {key: row[key] + n * step for key, step in steps.items()}
            pending.append({**row, **other, **moved})
        if len(pending) >= 10_000:
            session.execute(insert(table), pending)
            pending = []
    if pending:
        session.execute(insert(table), pending)


def count(db: Engine, *states: State) -> int:
    with reading(db) as session:
        query = select(func.count()).select_from(Delivery)
        return session.exec(query.where(col(Delivery.state).in_(states))).one()


@contextmanager
def working(url: str, office: Agency, workers: int, at_once: int) -> Iterator[list[int]]:
    """Workers that are ready and begin now; their process ids. They have ended with the block."""
    keep_what_is_loaded()  # as a worker does at its start, which is not measured
    ready, go = os.pipe(), os.pipe()
    children = []
    for worker in range(workers):
        if (child := os.fork()) == 0:
            db = open_database(url)
            with reading(db) as session:
                mine = range(worker, shards(session), workers)
            os.write(ready[1], b".")
            os.read(go[0], 1)
            asyncio.run(drained(db, office, mine, at_once // workers))
            os._exit(0)
        children.append(child)
    for _ in children:
        os.read(ready[0], 1)
    os.write(go[1], b"." * workers)
    yield children
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    for end in (*ready, *go):
        os.close(end)


async def drained(db: Engine, office: Agency, mine: range, at_once: int) -> None:
    drainer = Drainer(db, office, CALENDAR, lambda: NOW, at_once=at_once)
    await settle([drainer.drain(shard) for shard in mine])
    drainer.close()


def rate(url: str, office: Agency, workers: int, at_once: int) -> Rate:
    """Deliveries a second, and what the workers took for them."""
    with working(url, office, workers, at_once):
        begin, used = perf_counter(), _used()
    seconds, used = perf_counter() - begin, _used() - used
    return Rate(accepted(url) / seconds, 1000 * used / len(office.channels))


def accepted(url: str) -> int:
    """How many were; what became of the others is printed: a machine that is too busy lets connections
    time out."""
    db = open_database(url)
    with reading(db) as session:
        query = select(Attempt.outcome, Attempt.detail, func.count()).group_by(
            col(Attempt.outcome), col(Attempt.detail)
        )
        found = {(outcome, detail): number for outcome, detail, number in session.exec(query)}
    db.dispose()
    for (outcome, detail), number in found.items():
        if outcome is not OutcomeKind.ACCEPTED:
            print(f"  not accepted: {number} ({outcome}, {detail})")
    return sum(n for (outcome, _), n in found.items() if outcome is OutcomeKind.ACCEPTED)


def _used() -> float:
    """Seconds of computing of all children that have ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def posted(port: int, at_once: int, number: int) -> Rate:
    """A plain client that all share."""
    turn = asyncio.Semaphore(at_once)
    limits = httpx.Limits(max_connections=at_once)
    async with httpx.AsyncClient(trust_env=False, limits=limits) as client:

        async def post() -> None:
            async with turn:
                await client.post(f"http://127.0.0.1:{port}/plain", content=b"x" * 800)

        begin, used = perf_counter(), process_time()
        await asyncio.gather(*(post() for _ in range(number)))
        seconds, used = perf_counter() - begin, process_time() - used
        return Rate(number / seconds, 1000 * used / number)


def rates(folder: str, number: int) -> None:
    for seconds in (RECEIVER, 0.0):
        with receiver(seconds) as port:
            office = agency(port, number, 1)
            for at_once in (32, 128):
                ideal = at_once / seconds if seconds else 0
                print(f"a receiver that takes {seconds * 1000:.0f} ms, {at_once} at a time:")
                bare = Rate(asyncio.run(by_itself(port, at_once, number)))
                plain = asyncio.run(posted(port, at_once, number))
                _line("the receiver by itself", bare, plain, ideal)
                _line("plain httpx client", plain, plain, ideal)
                for name, workers, new in _databases(folder):
                    seeded(url := new(), office)
                    found = rate(url, office, workers, at_once)
                    _line(f"{name}, {workers} worker(s)", found, plain, ideal)


def burst(url: str, workers: int, channels: int, alerts: int) -> None:
    """How a queue goes down: what waits, and the workers' memory, at every twentieth of it."""
    with receiver(0.0) as port:
        office = agency(port, channels, alerts)
        seeded(url, office)
        db = open_database(url)
        begin, left, most = perf_counter(), channels, 0.0
        with working(url, office, workers, 128) as children:
            while (waiting := count(db, *WAITING)) and (memory := sum(map(_memory, children))):
                most = max(most, memory)
                if waiting <= left:
                    seconds = perf_counter() - begin
                    print(f"  {seconds:7.1f} s  {waiting:8} wait  {memory:6.0f} MB", flush=True)
                    left = waiting - channels // 20
                sleep(0.5)
        seconds = perf_counter() - begin
        done = accepted(url)
        db.dispose()
    print(f"  {seconds:7.1f} s  {done / seconds:.0f} accepted a second, at most {most:.0f} MB")


def _memory(process: int) -> float:
    """Resident, in MB; 0 of one that ended."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _databases(folder: str) -> list[tuple[str, int, New]]:
    numbers = iter(range(1000))
    return [
        ("SQLite", 1, lambda: f"sqlite:///{folder}/{os.urandom(4).hex()}{next(numbers)}.db"),
        *(("PostgreSQL", workers, postgres().new) for workers in (1, 2, 4)),
    ]


def _line(name: str, found: Rate, plain: Rate, ideal: float) -> None:
    share = f", {found.a_second / ideal:.2f} of the ideal" if ideal else ""
    taken = f", {found.milliseconds:.2f} ms of computing each" if found.milliseconds else ""
    times = found.a_second / plain.a_second
    print(
        f"  {name:24} {found.a_second:7.0f} a second, {times:5.2f} of plain{share}{taken}",
        flush=True,
    )


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--messages", type=int, default=1024, help="for each rate; 0 for none")
    parser.add_argument(
        "--channels", type=int, default=2000, help="of the burst; 100000 is a province"
    )
    parser.add_argument("--alerts", type=int, default=10, help="on each channel of the burst")
    parser.add_argument("--workers", type=int, default=2, help="of the burst, on PostgreSQL")
    given = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    postgres().write_safely()
    with TemporaryDirectory() as folder:
        if given.messages:
            rates(folder, given.messages)
        if given.channels:
            sizes = given.channels, given.alerts
            print(f"a burst of {sizes[0]} channels with {sizes[1]} alerts each, SQLite:")
            burst(f"sqlite:///{folder}/burst.db", 1, *sizes)
            print(f"the same, PostgreSQL with {given.workers} workers:")
            burst(postgres().new(), given.workers, *sizes)
    print(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
