"""Many processes at once, forked from one that has imported everything and has no threads.

`herd("tick", config, 10, moments)`: each of them ticks at each of the moments, all at the same time.
`herd("drain", config, 5, [began, faster])`: each sends what waits until nothing does, on a clock that
began at 09:00 of a working day and goes so many times faster than the machine's.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import col, select

from api.configuration import load_configuration
from engine.agency import Agency
from engine.database import open_database, reading
from engine.deliveries import WAITING, Delivery
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.tick import tick
from engine.waiting import shards_with_work
from engine.workdays import work_calendar
from tests.scenarios.playing import shanghai

ROOT = Path(__file__).parents[2]
MORNING = shanghai("2026-09-22 09:00")
CALENDAR = work_calendar()
PATIENCE = 120  # seconds
Work = Callable[[Engine, Agency, Barrier, list[Any]], None]


def herd(work: str, config: Path, processes: int, values: list[Any]) -> None:
    """Have so many processes do it, and wait for them; each must end well."""
    command = [sys.executable, "-m", "tests.scenarios.herd", work, str(config), str(processes)]
    done = subprocess.run(
        [*command, json.dumps(values)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@dataclass(frozen=True)
class FastClock:
    """The same in every process that is told when it began, by the machine's monotonic clock."""

    began: float
    faster: float

    def __call__(self) -> datetime:
        return MORNING + timedelta(seconds=self.faster * (time.monotonic() - self.began))


def _tick(db: Engine, agency: Agency, together: Barrier, moments: list[str]) -> None:
    for now in map(shanghai, moments):
        dispatcher = Inline(Drainer(db, agency, CALENDAR, lambda now=now: now))  # type: ignore[misc]
        together.wait(PATIENCE)
        tick(db, agency, CALENDAR, dispatcher, now)
        dispatcher.close()


def _drain(db: Engine, agency: Agency, together: Barrier, values: list[float]) -> None:
    clock = FastClock(*values)
    # A lease that outlives a machine that stands still for a moment.
    dispatcher = Inline(Drainer(db, agency, CALENDAR, clock, lease=timedelta(hours=3)))
    waiting = select(Delivery.id).where(col(Delivery.state).in_(WAITING)).limit(1)
    together.wait(PATIENCE)
    while True:
        with reading(db) as session:
            if session.exec(waiting).first() is None:
                break
        dispatcher.wake(shards_with_work(db, agency, CALENDAR, clock()))
        time.sleep(0.2)
    dispatcher.close()


WORKS: dict[str, Work] = {"tick": _tick, "drain": _drain}


def _begin(work: str, config: Path, together: Barrier, values: list[Any]) -> None:
    """One of the processes, with connections and an event loop of its own."""
    configuration = load_configuration(config)
    db = open_database(configuration.database_url)
    WORKS[work](db, configuration.agency, together, values)
    db.dispose()


def main() -> int:
    """The process that they are forked from."""
    work, config, number, values = sys.argv[1:]
    fork = get_context("fork")
    together = fork.Barrier(int(number))
    given = (work, Path(config), together, json.loads(values))
    processes = [fork.Process(target=_begin, args=given) for _ in range(int(number))]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return int(any(process.exitcode for process in processes))


if __name__ == "__main__":
    sys.exit(main())
