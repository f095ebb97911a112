"""Two daemons and two workers over one PostgreSQL; one is killed, and the server is restarted."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.alerts import plan
from engine.clock import read_clock
from engine.database import reading, writing
from engine.deliveries import State
from engine.verification import faults
from tests.databases import chosen
from tests.scenarios.playing import Office, wait_until
from tests.scenarios.processes import (
    KEYS,
    MARK,
    SilentServer,
    expire,
    prepare,
    serving,
    settings,
    working,
)
from tests.servers.postgres import postgres

PATIENCE = 90  # seconds: a worker tries a server that went away every five


@pytest.fixture(autouse=True)
def _on_postgres(tmp_path: Path) -> Iterator[None]:
    with chosen("postgresql", tmp_path):
        yield


def another_emergency(office: Office, reference: str) -> None:
    """In every unit; its first reminders are planned, and nobody has rung for them."""
    office.now = read_clock()
    for id_ in office.agency.units:
        office.event(id_, office.now - timedelta(minutes=1), reference)
    with writing(office.db) as session:
        plan(session, office.agency, office.calendar, office.now)


def test_the_counts_are_those_of_one_undisturbed_machine(tmp_path: Path) -> None:
    with SilentServer() as server:
        tables = settings(server, number=len(KEYS))
        config = prepare(tmp_path, tables)
        server.fail_next("silent")
        with (
            working(config) as doomed,
            Office(tmp_path, tables, read_clock()) as office,
        ):
            wait_until(server.on_the_wire.is_set, PATIENCE)
            with serving(config) as daemon, serving(config) as other, working(config):
                wait_until(lambda: len(server.received) == len(KEYS) - 1, PATIENCE)
                doomed.kill()
                server.go_on.set()
                wait_until(lambda: len(server.received) == len(KEYS), PATIENCE)
                wait_until(lambda: daemon.ready() and other.ready(), PATIENCE)
                another_emergency(office, "地震")
                postgres().restart()
                expire(config)
                wait_until(lambda: sent(office) == 2 * len(KEYS), PATIENCE)
                another_emergency(office, "洪水")
                wait_until(lambda: sent(office) == 3 * len(KEYS), PATIENCE)
            alerts, rows = office.alerts(), office.deliveries()
            with reading(office.db) as session:
                assert list(faults(session)) == []
    assert len(alerts) == len(rows) == 3 * len(KEYS)
    copies = Counter(told(one.key, one.content) for one in server.received)
    assert copies.keys() == {(k, what) for k in KEYS for what in ("突发事件", "地震", "洪水")}
    for key in copies:
        marks = [
            MARK in one.content for one in server.received if told(one.key, one.content) == key
        ]
        assert marks == [False] + [True] * (len(marks) - 1)
    doubled = [row for row in rows if row.attempts > 1]
    assert sum(copies.values()) == len(rows) + sum(row.attempts - 1 for row in doubled)
    assert doubled  # the one whose sender was killed


def sent(office: Office) -> int:
    return [row.state for row in office.deliveries()].count(State.ACCEPTED)


def told(key: str, content: str) -> tuple[str, str]:
    """By which robot, of which emergency."""
    (what,) = [name for name in ("突发事件", "地震", "洪水") if f"（{name}）" in content]
    return key, what
