"""Five workers with engines of their own keep one robot's limit, as the receiver counts it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import ClassVar

import httpx

from engine.alerts import plan
from engine.database import writing
from engine.deliveries import State
from engine.derivation import derive
from engine.dispatch import Inline
from engine.drain import Drainer
from notifiers.channel import Window
from notifiers.wecom_robot import WecomRobot
from tests.scenarios.playing import Office, duty, robot, shanghai, unit, wait_until
from tests.servers.wecom import Received, WecomServer

KEY = "the-key-of-a-robot"
LIMIT, SPAN = 20, timedelta(seconds=1)
WORKERS, UNITS = 5, 70
MORNING = shanghai("2026-09-22 09:00")


@dataclass(frozen=True)
class Narrow(WecomRobot):
    """A robot whose window is short enough for a test."""

    windows: ClassVar[tuple[Window, ...]] = (Window(LIMIT, SPAN),)


def narrowed(real: WecomRobot) -> Narrow:
    return Narrow(real.client, real.base, real.key, real.format, real.url)


class RunningClock:
    """A working morning, from now on."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self) -> datetime:
        return MORNING + timedelta(seconds=time.monotonic() - self._start)


def worst(received: list[Received]) -> int:
    """The most messages in any span at the receiver."""
    times = [one.at for one in received]
    return max(sum(start <= at < start + SPAN for at in times) for start in times)


@contextmanager
def worker(folder: Path, settings: str, clock: Callable[[], datetime]) -> Iterator[None]:
    """A process: an engine, connections and an event loop of its own."""
    with Office(folder, settings, MORNING) as office:
        for id_, real in office.agency.channels.items():
            assert isinstance(real, WecomRobot)
            office.replace_channel(id_, narrowed(real))
        dispatcher = Inline(Drainer(office.db, office.agency, office.calendar, clock))
        stop = Event()

        def work() -> None:
            while not stop.wait(0.01):
                dispatcher.wake(range(8))

        thread = Thread(target=work)
        thread.start()
        yield
        stop.set()
        thread.join()
        dispatcher.close()


def test_five_workers_never_exceed_the_window_at_the_receiver(tmp_path: Path) -> None:
    clock = RunningClock()
    with WecomServer({KEY}, clock, LIMIT, SPAN) as server:
        names = [f"unit-{number:02}" for number in range(UNITS)]
        settings = duty("02", *names)
        for name in names:  # a channel each, and one robot behind all of them
            settings += robot(f"group-{name}", server.base, KEY)
            settings += unit(name, name, f"group-{name}")
        with Office(tmp_path, settings, MORNING) as office:
            with writing(office.db) as session:
                derive(session, office.agency, office.calendar, MORNING)
                planned = plan(session, office.agency, office.calendar, MORNING)
            with ExitStack() as workers:
                for _ in range(WORKERS):
                    workers.enter_context(worker(tmp_path, settings, clock))
                wait_until(lambda: finished(office), seconds=60)
            states = [row.state for row in office.deliveries()]
    assert planned == UNITS
    assert states == [State.ACCEPTED] * UNITS
    assert server.refused == []
    assert worst(server.received) <= LIMIT


def finished(office: Office) -> bool:
    return all(row.finished_at for row in office.deliveries())


def test_a_token_bucket_would_exceed_it() -> None:
    """The control: as many tokens as the limit, refilled at its rate, sent when there is one."""
    now = MORNING
    with (
        WecomServer({KEY}, lambda: now, LIMIT, SPAN) as server,
        httpx.Client(trust_env=False) as client,
    ):
        tokens = float(LIMIT)
        step = SPAN / (LIMIT * 2)
        while now < MORNING + 2 * SPAN:
            while tokens >= 1:
                tokens -= 1
                body = {"msgtype": "text", "text": {"content": "x"}}
                client.post(server.url(KEY), json=body)
            now += step
            tokens = min(LIMIT, tokens + 0.5)
    assert {one.errcode for one in server.refused} == {45009}
