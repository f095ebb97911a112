"""Many machines over one PostgreSQL: they do the work of one, and none is needed for another's."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from engine.alerts import plan
from engine.channels import ChannelState
from engine.clock import ServerClock, read_clock
from engine.database import open_database, recording, trying, writing
from engine.deliveries import State
from engine.dispatch import Procrastinate
from engine.doorbell import SCHEMA
from engine.drain import LEASE
from engine.slots import win
from notifiers.message import Message, Outcome, OutcomeKind
from tests.databases import chosen
from tests.scenarios.playing import (
    Office,
    duty,
    interpretation,
    robot,
    shanghai,
    unit,
    wait_until,
)
from tests.scenarios.processes import (
    KEYS,
    MARK,
    SilentServer,
    expire,
    prepare,
    serving,
    settings,
    states,
    working,
)
from tests.servers.postgres import postgres
from tests.servers.wecom import PER_WINDOW, WecomServer

MORNING = "2026-09-22 09:00"
RULES = ("02", "42", "44", "52", "27", "28", "29", "34", "36", "38")


@pytest.fixture(autouse=True)
def _on_postgres(tmp_path: Path) -> Iterator[None]:
    with chosen("postgresql", tmp_path):
        yield


@contextmanager
def offices(folder: Path, tables: str, number: int) -> Iterator[list[Office]]:
    """So many processes over one database, each with connections of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(Office(folder, tables, MORNING)) for _ in range(number)]


def together(machines: list[Office], work: Callable[[Office], int]) -> list[int]:
    """The same at the same time on each of them."""
    start = Barrier(len(machines))

    def begin(office: Office) -> int:
        start.wait()
        return work(office)

    with ThreadPoolExecutor(len(machines)) as threads:
        return list(threads.map(begin, machines))


def groups(server: WecomServer, *keys: str) -> str:
    """A hundred units with ten monthly matters each, spread over groups with these robots' keys."""
    places = range(100)
    names = [f"unit-{place:02}" for place in places]
    ids = [f"group-{place}" for place in range(len(keys))]
    return "".join(
        (
            *(robot(id_, server.base, key) for id_, key in zip(ids, keys, strict=True)),
            *(unit(names[place], names[place], ids[place % len(ids)]) for place in places),
            *(duty(rule, *names) for rule in RULES),
            *(interpretation(rule, "P1M") for rule in RULES[4:]),
        )
    )


def test_ten_machines_do_the_work_of_one(tmp_path: Path) -> None:
    with WecomServer(KEYS, lambda: shanghai(MORNING)) as server:
        tables = duty("02", *(f"unit-{key}" for key in KEYS))
        for key in KEYS:
            tables += robot(key, server.base, key) + unit(f"unit-{key}", f"单位{key[-1]}", key)

        def fire(office: Office) -> int:
            with recording(office.db) as session:
                won = win(session, "tick", office.now)
            return office.tick().planned if won else 0

        with offices(tmp_path, tables, 10) as machines:
            assert sorted(together(machines, fire)) == [0] * 9 + [len(KEYS)]
            # And where all of them think that they have won.
            assert together(machines, lambda office: office.tick().planned) == [0] * 10
            alerts, deliveries = machines[0].alerts(), machines[0].deliveries()
    assert (len(alerts), len(deliveries)) == (len(KEYS), len(KEYS))
    assert Counter(one.key for one in server.received) == dict.fromkeys(KEYS, 1)


def test_ten_first_ticks_at_once_plan_everything_once(tmp_path: Path) -> None:
    with WecomServer(KEYS[:1], lambda: shanghai(MORNING)) as server:
        tables = robot("group", server.base, KEYS[0]) + unit("a", "甲局", "group") + duty("02", "a")
        with offices(tmp_path, tables, 10) as machines:
            ticked = together(machines, lambda office: office.tick().planned)
    assert sorted(ticked) == [0] * 9 + [1]
    assert len(server.received) == 1


@pytest.mark.parametrize("keys", [KEYS[:1], KEYS[:1] * 2], ids=["channel", "credential"])
def test_two_workers_on_one_window_never_exceed_it_and_send_nothing_twice(
    tmp_path: Path, keys: list[str]
) -> None:
    hand = shanghai(MORNING)
    with (
        WecomServer(set(keys), lambda: hand) as server,
        offices(tmp_path, groups(server, *keys), 2) as machines,
    ):
        planned = machines[0].tick().planned
        assert len(server.received) == PER_WINDOW < planned

        def wake(office: Office) -> int:
            office.now = hand
            office.wake()
            return 0

        for _ in range(planned // PER_WINDOW):
            hand += timedelta(seconds=30)
            before = len(server.received)
            together(machines, wake)
            assert len(server.received) == before  # the window is full
            hand += timedelta(seconds=34)
            together(machines, wake)
        attempts = [(one.delivery_id, one.number) for one in machines[0].attempts()]
        rows = machines[0].deliveries()
    assert server.refused == []
    assert {row.state for row in rows} == {State.ACCEPTED}
    assert attempts == sorted({(row.id or 0, 1) for row in rows}, key=attempts.index)
    assert len(server.received) == planned


def impatient(office: Office) -> None:
    """Who waits for a lock gives up at once."""
    office.db.dispose()

    @event.listens_for(office.db, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.execute("SET lock_timeout = '20ms'")
        connection.commit()


@pytest.mark.parametrize("held", ["group-0", "group-1"])
def test_a_claim_waits_for_every_channel_with_the_same_key(tmp_path: Path, held: str) -> None:
    with (
        WecomServer(KEYS[:1]) as server,
        offices(tmp_path, groups(server, *KEYS[:1] * 2), 2) as (one, other),
    ):
        server.fail_next("errcode:45009", "errcode:45009")
        one.tick()
        for office in (one, other):
            office.now += timedelta(minutes=2)
        impatient(one)
        with recording(other.db) as session:
            session.get(ChannelState, held, with_for_update=True)
            one.wake()
            assert server.received == []
        one.wake()
        assert len(server.received) == PER_WINDOW


def test_deciders_wait_for_each_other_and_recorders_for_nobody(tmp_path: Path) -> None:
    with WecomServer(KEYS[:1]) as server, offices(tmp_path, settings(server), 2) as (one, other):
        impatient(one)
        with writing(other.db):
            with recording(one.db) as session:
                assert win(session, "tick", one.now)
            for alone in (writing, trying):
                with pytest.raises(OperationalError, match="lock timeout"), alone(one.db):
                    pass
        with writing(one.db) as session:
            assert not win(session, "tick", one.now)


class Slow:
    """A channel whose answer comes when it is let go, and is a refusal."""

    def __init__(self, office: Office, channel: str) -> None:
        real = office.agency.channels[channel]
        self.windows, self.addressing, self.users = real.windows, real.addressing, ()
        self.duplicate_safe, self.markup = real.duplicate_safe, real.markup
        self.limit, self.credential = real.limit, real.credential
        self.asked, self.go_on = Event(), Event()

    async def send(self, _message: Message, _now: datetime) -> Outcome:
        self.asked.set()
        self.go_on.wait(30)
        return Outcome(OutcomeKind.REJECTED, detail="too late")


def test_who_lost_his_lease_does_not_overwrite_the_newer_attempt(tmp_path: Path) -> None:
    with WecomServer(KEYS[:1]) as server:
        tables = robot("group", server.base, KEYS[0]) + unit("a", "甲局", "group") + duty("02", "a")
        with offices(tmp_path, tables, 2) as (slow, other), ThreadPoolExecutor(1) as threads:
            channel = Slow(slow, "group")
            slow.replace_channel("group", channel)
            first = threads.submit(slow.tick)
            assert channel.asked.wait(30)
            other.wake()
            assert server.received == []  # the lease runs
            other.wait(seconds=LEASE.total_seconds())
            assert len(server.received) == 1
            channel.go_on.set()
            assert first.result().planned == 1
            (delivery,) = other.deliveries()
            attempts = other.attempts()
    assert (delivery.state, delivery.attempts) == (State.ACCEPTED, 2)
    assert [one.outcome for one in attempts] == [OutcomeKind.UNKNOWN, OutcomeKind.ACCEPTED]
    assert MARK in server.received[0].content


def rings(db: Engine) -> list[tuple[str, dict[str, int]]]:
    """The jobs that wait, by their queueing lock."""
    query = f"SELECT queueing_lock, args FROM {SCHEMA}.procrastinate_jobs ORDER BY id"
    with db.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(text(query))]


def test_one_ring_waits_for_a_shard_and_carries_its_number_alone(tmp_path: Path) -> None:
    with WecomServer(KEYS[:1]) as server, offices(tmp_path, settings(server), 1) as (office,):
        first, second = Procrastinate(office.db), Procrastinate(office.db)
        for _ in range(2):
            first.wake([7, 200])
            second.wake([200, 9])
        assert rings(office.db) == [
            ("7", {"shard": 7}),
            ("200", {"shard": 200}),
            ("9", {"shard": 9}),
        ]
        first.close()
        second.close()


def test_the_server_s_clock_is_the_one_that_counts(tmp_path: Path) -> None:
    with WecomServer(KEYS[:1]) as server, offices(tmp_path, settings(server), 1) as (office,):
        clock = ServerClock(office.db)
        before, first, second, after = read_clock(), clock(), clock(), read_clock()
        assert before - timedelta(seconds=1) < first <= second < after + timedelta(seconds=1)
        assert first.utcoffset() == timedelta()


def test_a_worker_sends_what_another_process_planned(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server, number=5))
        with working(config) as worker:
            wait_until(lambda: len(server.received) == len(KEYS))
            worker.terminate()
            wait_until(worker.ended)
            assert "Traceback" not in worker.logged()
            assert "ERROR" not in worker.logged()
        assert states(config) == [State.ACCEPTED] * len(KEYS)
    assert sorted(one.key for one in server.received) == KEYS
    assert not any(MARK in one.content for one in server.received)


def test_daemons_and_workers_together_send_each_message_once(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server, number=5))
        with serving(config) as daemon, working(config), working(config):
            wait_until(daemon.ready)
            wait_until(lambda: len(server.received) == len(KEYS))
            wait_until(lambda: states(config) == [State.ACCEPTED] * len(KEYS))
        assert "Traceback" not in (tmp_path / "process.log").read_text(encoding="utf-8")
    assert sorted(one.key for one in server.received) == KEYS


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        server.fail_next("silent")
        with working(config):
            wait_until(server.on_the_wire.is_set)
        server.go_on.set()
        wait_until(lambda: len(server.received) == 1)
        assert states(config) == [State.SENDING]
        expire(config)
        with working(config):  # it does not wait for the dead one's job
            wait_until(lambda: len(server.received) == 2)
            wait_until(lambda: states(config) == [State.ACCEPTED])
    first, second = server.received
    assert MARK not in first.content
    assert second.content.startswith(f"**{MARK}")


def test_a_worker_goes_on_after_its_database_was_away(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        tables = config.read_text(encoding="utf-8")
        with working(config), Office(tmp_path, tables, read_clock()) as office:
            # Once its result is written: else the same group waits for the lease to run out.
            wait_until(lambda: [row.state for row in office.deliveries()] == [State.ACCEPTED])
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"
            postgres().run(query.format(office.db.url.database))
            office.now = read_clock()
            office.event("unit-0", office.now - timedelta(minutes=1), "又一突发事件")
            with writing(office.db) as session:
                assert plan(session, office.agency, office.calendar, office.now) == 1
            wait_until(lambda: len(server.received) == 2, seconds=60)
    assert not any(MARK in one.content for one in server.received)


def test_a_worker_asked_to_stop_finishes_what_is_on_the_wire(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        server.fail_next("silent")
        with working(config) as worker:
            wait_until(server.on_the_wire.is_set)
            worker.terminate()
            server.go_on.set()
            wait_until(worker.ended)
        assert states(config) == [State.ACCEPTED]
    assert len(server.received) == 1


def test_the_jobs_of_the_dead_are_swept(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        address = config.read_text(encoding="utf-8").rpartition('url = "')[2].partition('"')[0]
        db = open_database(address)
        job = f"INSERT INTO {SCHEMA}.procrastinate_jobs (queue_name, task_name, args, status) VALUES ('default', 'drain', '{{\"shard\": 1}}', 'doing')"
        with db.begin() as connection:
            connection.exec_driver_sql(job)
        with working(config):
            wait_until(lambda: rings(db) == [])
            wait_until(lambda: len(server.received) == 1)
            wait_until(lambda: rings(db) == [])
        db.dispose()
