"""Five processes keep one robot's limit, as the receiver counts it: 20 in any 60 seconds."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.alerts import plan
from engine.database import writing
from engine.deliveries import State
from engine.derivation import derive
from tests.databases import chosen
from tests.scenarios.herd import MORNING, FastClock, herd
from tests.scenarios.playing import Office, duty, interpretation, robot, unit
from tests.servers.wecom import PER_WINDOW, WINDOW, Received, WecomServer

KEY = "the-key-of-a-robot"
PROCESSES, MESSAGES = 5, 200
RULES = ("02", "42", "44", "52", "27", "28", "29", "34", "36", "38")
FASTER = 100


def worst(received: list[Received]) -> int:
    """The most messages in any 60 seconds at the receiver."""
    times = [one.at for one in received]
    return max(sum(start <= at < start + WINDOW for at in times) for start in times)


def many_messages(server: WecomServer) -> str:
    """A hundred units with ten monthly matters each, in two groups with one robot. Of units with
    such names a message holds five."""
    names = [f"unit-{place:02}" for place in range(100)]
    tables = "".join(f'{robot(id_, server.base, KEY)}format = "text"\n' for id_ in ("even", "odd"))
    for place, name in enumerate(names):
        tables += unit(name, f"{name}{'单' * 52}", ("even", "odd")[place % 2])
    tables += "".join(duty(rule, *names) for rule in RULES)
    return tables + "".join(interpretation(rule, "P1M") for rule in RULES[4:])


@pytest.fixture
def _on_postgres(tmp_path: Path) -> Iterator[None]:
    with chosen("postgresql", tmp_path):
        yield


@pytest.mark.usefixtures("_on_postgres")
def test_five_processes_never_exceed_the_window_at_the_receiver(tmp_path: Path) -> None:
    clock = FastClock(time.monotonic(), FASTER)
    with (
        WecomServer({KEY}, lambda: clock()) as server,
        Office(tmp_path, many_messages(server), MORNING) as office,
    ):
        with writing(office.db) as session:
            derive(session, office.agency, office.calendar, MORNING)
            planned = plan(session, office.agency, office.calendar, MORNING)
        clock = FastClock(time.monotonic(), FASTER)
        herd("drain", tmp_path / "config.toml", PROCESSES, [clock.began, FASTER])
        rows = office.deliveries()
    assert planned == MESSAGES
    assert [(row.state, row.attempts) for row in rows] == [(State.ACCEPTED, 1)] * MESSAGES
    assert server.refused == []
    assert len(server.received) == MESSAGES
    assert worst(server.received) <= PER_WINDOW


def by_a_token_bucket(per_window: int) -> WecomServer:
    """The control: as many tokens as the limit, one more every three seconds, a message for each.
    What a receiver with its own limit saw of it."""
    now = MORNING
    with (
        WecomServer({KEY}, lambda: now, per_window) as server,
        httpx.Client(trust_env=False) as client,
    ):
        tokens = PER_WINDOW
        while now < MORNING + 2 * WINDOW:
            for _ in range(tokens):
                body = {"msgtype": "text", "text": {"content": "x"}}
                client.post(server.url(KEY), json=body)
            now, tokens = now + WINDOW / PER_WINDOW, 1
    return server


def test_a_token_bucket_would_exceed_it() -> None:
    assert worst(by_a_token_bucket(per_window=1000).received) == 39
    assert {one.errcode for one in by_a_token_bucket(PER_WINDOW).refused} == {45009}
