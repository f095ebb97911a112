"""Real processes on the real clock, and a server that they send to.

Outside office hours only what is limited by the hour goes out, so an emergency is recorded and its
first reminder is due at once.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import IO

import httpx
from sqlalchemy import text

from engine.clock import read_clock
from engine.deliveries import State
from tests.scenarios.playing import Office, duty, robot, unit
from tests.servers.loopback import Reply
from tests.servers.wecom import WecomServer

ROOT = Path(__file__).parents[2]
MARK = "（可能重复）"
KEYS = [f"robot-key-number-{number}" for number in range(5)]


class SilentServer(WecomServer):
    """WeCom, and the fault "silent": takes the request, and answers when `go_on` is set."""

    def __init__(self) -> None:
        super().__init__(KEYS)
        self.on_the_wire, self.go_on = Event(), Event()

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "silent":
            self.on_the_wire.set()
            self.go_on.wait(120)
            return None
        return super().canned(fault, argument)


def settings(server: WecomServer, number: int = 1) -> str:
    """So many units, each with a group of its own, that owe something within five hours."""
    names = [f"unit-{place}" for place in range(number)]
    tables = "[server]\nport = 0\n" + duty("59", *names, since="2020-01-01")
    for name, key in zip(names, KEYS, strict=False):
        tables += robot(f"group-of-{name}", server.base, key)
        tables += unit(name, name, f"group-of-{name}")
    return tables


def prepare(folder: Path, tables: str) -> Path:
    """The configuration and a database in which every unit has an emergency."""
    now = read_clock()
    with Office(folder, tables, now) as office:
        for id_ in office.agency.units:
            office.event(id_, now - timedelta(minutes=1), "突发事件")
    return folder / "config.toml"


def pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe
    return pipe


class Process:
    """A verb of `qixian` that runs until it is stopped; its first line is its greeting."""

    def __init__(self, config: Path, verb: str) -> None:
        command = [sys.executable, "-m", "api.command_line", "--config", str(config), verb]
        self._log = (config.parent / "process.log").open("a+", encoding="utf-8")
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        self.greeting = pipe(self._process.stdout).readline()
        # Whatever else it prints must not fill the pipe.
        self._reader = Thread(target=pipe(self._process.stdout).read)
        self._reader.start()

    def logged(self) -> str:
        """What the processes of this folder have logged so far."""
        self._log.seek(0)
        return self._log.read()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def ended(self) -> bool:
        """Is it gone?"""
        return self._process.poll() is not None

    def kill(self) -> None:
        """kill -9, unless it is gone."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        pipe(self._process.stdout).close()
        self._log.close()


class Daemon(Process):
    """`qixian serve`, on a port of its own choice."""

    def __init__(self, config: Path) -> None:
        super().__init__(config, "serve")
        assert "http://" in self.greeting, self.logged()
        self._address = self.greeting[self.greeting.index("http://") :].strip()

    def ready(self) -> bool:
        """Has it ticked?"""
        return self._says_yes("readyz")

    def answers(self) -> bool:
        """Does it serve?"""
        return self._says_yes("healthz")

    def _says_yes(self, page: str) -> bool:
        try:
            return httpx.get(f"{self._address}{page}", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def serving(config: Path) -> Iterator[Daemon]:
    daemon = Daemon(config)
    try:
        yield daemon
    finally:
        daemon.kill()


@contextmanager
def working(config: Path) -> Iterator[Process]:
    """`qixian worker`."""
    worker = Process(config, "worker")
    try:
        assert "发送进程已启动" in worker.greeting, worker.logged()
        yield worker
    finally:
        worker.kill()


def states(config: Path) -> list[State]:
    with Office(config.parent, config.read_text(encoding="utf-8"), read_clock()) as office:
        return [row.state for row in office.deliveries()]


def expire(config: Path) -> None:
    """Let the lease of the dead run out now instead of in three minutes."""
    office = Office(config.parent, config.read_text(encoding="utf-8"), read_clock())
    with office, office.db.begin() as connection:
        connection.execute(text("UPDATE delivery SET lease_until = now()"))
