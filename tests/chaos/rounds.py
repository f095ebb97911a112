"""One round: workers are killed in the middle of their work, and others finish it.

The parent forks and never starts a thread. Each worker is a process with connections of its own;
the clock is an argument, so a lease runs out without anybody waiting.
"""

import os
import traceback
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import ClassVar
from urllib.parse import urlsplit

from sqlalchemy import Engine

from api.configuration import load_configuration
from engine.agency import Agency
from engine.channels import register
from engine.database import open_database, reading, writing
from engine.dispatch import Inline
from engine.drain import LEASE, Drainer
from engine.events import record_event
from engine.tick import tick
from engine.verification import faults
from engine.workdays import work_calendar
from notifiers.channel import Window
from notifiers.webhook import Webhook
from tests.chaos.databases import Databases
from tests.chaos.points import PASSED_ONCE, Fuse, Point, install
from tests.chaos.sink import Receipt, receipts
from tests.scenarios.playing import EVENT, duty, shanghai, unit

UNITS = tuple(f"unit-{number}" for number in range(4))
NOW = shanghai("2026-09-22 09:00")  # five working days before September's matters are due
LATER = LEASE + timedelta(minutes=1)
WORKERS = (1, 2, 4)
CALENDAR = work_calendar()
Told = tuple[str, str]  # a matter, on a channel


class Sink(Webhook):
    """The real webhook, but for a far side that does not know a repeated id: the text is marked."""

    duplicate_safe: ClassVar[bool] = False


class LimitedSink(Sink):
    """The same with a limit: its messages go one by one."""

    windows: ClassVar[tuple[Window, ...]] = (Window(20, timedelta(minutes=1)),)


@dataclass
class Result:
    """What a round, or many of them, came to: workers killed; matters lost, copies too many that do
    not say so, copies that say that they may have come before; faults of the ledger."""

    rounds: int = 0
    killed: int = 0
    lost: int = 0
    unmarked: int = 0
    marked: int = 0
    faults: int = 0

    def add(self, other: "Result") -> None:
        """Count another in."""
        for name, number in vars(other).items():
            setattr(self, name, getattr(self, name) + number)


def build_agency(folder: Path) -> Agency:
    """Four units with a channel each: what they owe every month is due, and an emergency."""
    tables = duty("02", *UNITS) + duty("42", *UNITS) + duty("59", *UNITS)
    for name in UNITS:
        tables += unit(name, name, name)
        tables += f'[[channel]]\nid = "{name}"\nkind = "webhook"\nurl = "http://127.0.0.1/{name}"\n'
        tables += (
            f'secret = "whsec_{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}"\nallow = ["127.0.0.0/8"]\n'
        )
    tables += "[reminders]\nhorizon_days = 31\nspread = false\n"
    file = folder / "config.toml"
    file.write_text(tables, encoding="utf-8")
    return load_configuration(file).agency


def begin(agency: Agency) -> Callable[[Engine], None]:
    """Writes what every round starts from: the channels, and an emergency that nobody was told."""

    def fill(db: Engine) -> None:
        with writing(db) as session:
            register(session, agency.channels)
            for name in UNITS:
                record_event(
                    session,
                    agency,
                    CALENDAR,
                    trigger=EVENT,
                    unit=name,
                    moment=NOW - timedelta(minutes=1),
                    reference="洪水",
                    by="值班员",
                    now=NOW,
                )

    return fill


def play(
    databases: Databases, agency: Agency, port: int, number: int, expected: set[Told]
) -> Result:
    """Round `number`: its point, its workers, how many are spared, and whether those who take over
    are killed too, follow from the number."""
    point = list(Point)[number % len(Point)]
    workers = WORKERS[number % len(WORKERS)]
    spared = 0 if point in PASSED_ONCE else number // len(Point) % 3
    waves = 2 if number % 5 == 4 else 1
    fuses = [Fuse(spared, killed=max(1, workers // 2)) for _ in range(waves)]
    copies, killed, wrong = _work(databases, agency, port, number, workers, point, fuses)
    assert killed, f"round {number}: nobody came to the point “{point}”"
    told = _by_matter(copies)
    return Result(
        rounds=1,
        killed=killed,
        lost=len(expected - told.keys()),
        unmarked=sum(max(0, copies.count(False) - 1) for copies in told.values()),
        marked=sum(one.marked for one in copies),
        faults=wrong,
    )


def undisturbed(databases: Databases, agency: Agency, port: int) -> set[Told]:
    """What has to arrive: what does when nobody is killed."""
    copies, _, wrong = _work(databases, agency, port, -1, 1, None, [])
    told = _by_matter(copies)
    assert len(told) == 3 * len(UNITS)
    assert all(copies == [False] for copies in told.values())
    assert not wrong
    return set(told)


def _work(
    databases: Databases,
    agency: Agency,
    port: int,
    number: int,
    workers: int,
    point: Point | None,
    fuses: list[Fuse],
) -> tuple[list[Receipt], int, int]:
    """A wave of workers for each fuse, each after the leases of the last have run out, then one
    that finishes; the copies, the killed, and the faults of the ledger."""
    url = databases.new()
    agency = _aimed(agency, f"http://127.0.0.1:{port}/{number}")
    now, killed = NOW, 0
    for fuse in fuses:
        hook = partial(install, point, fuse) if point else None
        killed += _wait([_fork(url, agency, hook, now) for _ in range(workers)])
        fuse.close()
        now += LATER
    assert not _wait([_fork(url, agency, None, now, now + LATER)])
    db = open_database(url)
    with reading(db) as session:
        wrong = len(list(faults(session)))
    db.dispose()
    databases.drop(url)
    return receipts(port, number), killed, wrong


def _aimed(agency: Agency, base: str) -> Agency:
    """The same agency, its channels leading to the round's place at the sink."""
    channels = {}
    for place, (id_, channel) in enumerate(agency.channels.items()):
        assert isinstance(channel, Webhook)
        kind = (Sink, LimitedSink)[place % 2]
        address = urlsplit(f"{base}/{id_}")
        channels[id_] = kind(channel.client, address, channel.secrets, channel.allow)
    return replace(agency, channels=channels)


def _fork(url: str, agency: Agency, hook: tuple[Point, Fuse] | None, *moments: datetime) -> int:
    child = os.fork()
    if child:
        return child
    try:
        if hook:
            hook()
        _tick(url, agency, moments)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def _tick(url: str, agency: Agency, moments: tuple[datetime, ...]) -> None:
    db = open_database(url)
    for now in moments:
        dispatcher = Inline(Drainer(db, agency, CALENDAR, lambda now=now: now))  # type: ignore[misc]
        tick(db, agency, CALENDAR, dispatcher, now)
        dispatcher.close()
    db.dispose()


def _wait(children: list[int]) -> int:
    """How many of them were killed; none may have ended badly by itself."""
    killed = 0
    for child in children:
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == SIGKILL:
            killed += 1
        else:
            assert status == 0, f"a worker ended with {status}"
    return killed


def _by_matter(copies: list[Receipt]) -> dict[Told, list[bool]]:
    """Of each matter on each channel: was the copy marked?"""
    found: defaultdict[Told, list[bool]] = defaultdict(list)
    for copy in copies:
        for matter in copy.matters:
            found[copy.channel, matter].append(copy.marked)
    return found
