"""kill -9 at any moment loses nothing; only what was on the wire can arrive twice, and says so.

Real processes on the real clock.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import read_clock
from engine.deliveries import State
from tests.scenarios.playing import Office, wait_until
from tests.scenarios.processes import (
    KEYS,
    MARK,
    ROOT,
    SilentServer,
    pipe,
    prepare,
    serving,
    settings,
    states,
)
from tests.servers.wecom import WecomServer

pytestmark = pytest.mark.usefixtures("both_databases")


class Worker:
    """A process that does what it is told, and can be killed."""

    def __init__(self, config: Path, lease: float = 1) -> None:
        command = [sys.executable, "-m", "tests.scenarios.work_by_command", str(config), str(lease)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def tell(self, command: str) -> None:
        """Say it, and do not wait."""
        pipe(self._process.stdin).write(f"{command}\n")
        pipe(self._process.stdin).flush()

    def do(self, command: str) -> None:
        """Say it, and wait until it is done."""
        self.tell(command)
        self._answer()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
        pipe(self._process.stdin).close()
        pipe(self._process.stdout).close()

    def _answer(self) -> None:
        assert pipe(self._process.stdout).readline(), "the worker ended by itself"


@contextmanager
def working(config: Path, lease: float = 1) -> Iterator[Worker]:
    worker = Worker(config, lease)
    try:
        yield worker
    finally:
        worker.kill()


def test_killed_between_two_ticks(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        for _ in range(3):
            with working(config) as worker:
                worker.do("tick")
        assert states(config) == [State.ACCEPTED]
    (message,) = server.received
    assert MARK not in message.content


def test_killed_after_planning_and_before_the_claim(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        with working(config) as worker:
            worker.do("plan")
        assert states(config) == [State.QUEUED]
        with working(config) as worker:
            worker.do("send")
        assert states(config) == [State.ACCEPTED]
    (message,) = server.received
    assert MARK not in message.content


def test_killed_in_the_middle_of_a_delivery(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        with working(config) as worker:
            server.fail_next("silent")
            worker.tell("tick")
            wait_until(server.on_the_wire.is_set)
        server.go_on.set()
        wait_until(lambda: len(server.received) == 1)
        assert states(config) == [State.SENDING]
        with working(config) as worker:
            wait_until(lambda: sent_again(worker, server))
            worker.do("tick")
        assert states(config) == [State.ACCEPTED]
    first, second = server.received
    assert MARK not in first.content
    assert second.content.startswith(f"**{MARK}")


def sent_again(worker: Worker, server: WecomServer) -> bool:
    worker.do("send")
    return len(server.received) == 2


def test_killed_again_and_again_while_many_are_on_the_wire(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server, number=5))
        for silent in (2, 1):
            server.on_the_wire.clear()
            server.go_on.clear()
            with working(config, lease=0.2) as worker:
                server.fail_next(*["silent"] * silent)
                wait_until(lambda worker=worker: at_work(worker, server))  # type: ignore[misc]
            server.go_on.set()
        with working(config, lease=0.2) as worker:
            wait_until(lambda: all_accepted(worker, config))
    for key in KEYS:
        copies = [one.content for one in server.received if one.key == key]
        assert copies, "lost"
        # What was held on the wire can arrive after its repetition.
        assert sum(MARK not in copy for copy in copies) <= 1
        assert len(copies) <= 3, "one for each kill"


def at_work(worker: Worker, server: SilentServer) -> bool:
    """Told to tick until a request is on the wire; then it is left in the middle."""
    worker.tell("tick")
    return server.on_the_wire.wait(0.1)


def all_accepted(worker: Worker, config: Path) -> bool:
    worker.do("tick")
    return states(config) == [State.ACCEPTED] * len(KEYS)


def test_the_daemon_is_killed_in_the_middle_of_a_delivery(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        server.fail_next("silent")
        with serving(config):
            wait_until(server.on_the_wire.is_set)
        server.go_on.set()
        wait_until(lambda: len(server.received) == 1)
        with serving(config) as daemon:  # the lease of the dead one runs for three minutes
            wait_until(daemon.ready)
        assert states(config) == [State.SENDING]
        assert len(server.received) == 1
        later = read_clock() + timedelta(minutes=4)
        with Office(tmp_path, config.read_text(encoding="utf-8"), later) as office:
            office.tick()
            office.tick()
        assert states(config) == [State.ACCEPTED]
    first, second = server.received
    assert MARK not in first.content
    assert MARK in second.content


def test_the_daemon_asked_to_stop_finishes_what_is_on_the_wire(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        server.fail_next("silent")
        with serving(config) as daemon:
            wait_until(server.on_the_wire.is_set)
            wait_until(daemon.answers)
            daemon.terminate()
            wait_until(lambda: not daemon.answers())
            assert not daemon.ended()
            server.go_on.set()
            wait_until(daemon.ended)
        assert states(config) == [State.ACCEPTED]
    assert len(server.received) == 1


def test_two_daemons_over_one_file_send_each_message_once(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server, number=5))
        with serving(config) as one, serving(config) as other:
            wait_until(lambda: one.ready() and other.ready())
            wait_until(lambda: len(server.received) == len(KEYS))
        assert states(config) == [State.ACCEPTED] * len(KEYS)
    assert sorted(one.key for one in server.received) == KEYS
    assert not any(MARK in one.content for one in server.received)
