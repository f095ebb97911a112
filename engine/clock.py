"""The clock inside the process: APScheduler, which holds no obligation and stores nothing.

A few fixed jobs. Each firing first wins its slot in the database, so that ten processes do the
work of one. What a firing missed, the next one makes up for from the rows. On SQLite the clock's
thread sends, too; on PostgreSQL it rings, and a thread beside it answers the rings of all machines.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine, func, select

from engine import access_log, kept_answers, news, slots, web_sessions
from engine.bot_lines import BotLine, shards_from_here
from engine.current_agency import CurrentAgency
from engine.database import reading, recording
from engine.dispatch import Inline, Procrastinate
from engine.drain import Drainer
from engine.errors import EngineError
from engine.imported_notices import imported_notices
from engine.instants import ZONE
from engine.line_states import bots_of
from engine.postgres import is_postgres
from engine.slots import win
from engine.tick import tick
from engine.waiting import shards_with_work
from engine.workdays import WorkCalendar
from rules.errors import RulesError

if TYPE_CHECKING:
    from engine.doorbell import Answering

log = logging.getLogger(__name__)


def read_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class ServerClock:
    """The clock of the database's server, by which the leases of all machines are counted. It is
    asked once a minute, and at once when this machine's clocks no longer agree with each other:
    it was asleep, or somebody set it."""

    ASK_EVERY = timedelta(minutes=1)
    AGREE = timedelta(seconds=1)

    def __init__(self, db: Engine) -> None:
        self._db = db
        self._asked: tuple[timedelta, datetime, datetime] | None = None

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""
        if self._asked:
            counted, local, there = self._asked
            passed = timedelta(seconds=time.monotonic()) - counted
            if passed < self.ASK_EVERY and abs(read_clock() - local - passed) < self.AGREE:
                return there + passed
        with self._db.connect() as connection:
            there = connection.execute(select(func.clock_timestamp())).scalar_one()
        self._asked = (timedelta(seconds=time.monotonic()), read_clock(), there.astimezone(UTC))
        return self._asked[2]


def clock_of(db: Engine) -> Callable[[], datetime]:
    """By which clock the work on a database goes: that of the machine which both are on, or that
    of the server which many machines share."""
    return ServerClock(db) if is_postgres(db) else read_clock


def _told(job: Callable[[], None]) -> Callable[[], None]:
    """The job; a database that cannot be reached, or that holds what does not fit the configuration
    of this process, is one line in the log, each time."""

    @wraps(job)
    def run() -> None:
        try:
            job()
        except (EngineError, RulesError) as error:
            log.error("%s: %s", job.__name__.strip("_"), error)

    return run


class Clock:
    """Ticks every minute and rings every few seconds, in one thread of its own."""

    def __init__(
        self,
        db: Engine,
        current: CurrentAgency,
        calendar: WorkCalendar,
        take_notices: Callable[[datetime], None] | None = None,
        tell_subscribers: Callable[[], object] | None = None,
    ) -> None:
        """`take_notices` imports the holiday notices that have come in; reading files is not ours.
        `tell_subscribers` has a thread of its own: systems that are slow keep no reminder waiting."""
        self._db, self._current, self.calendar = db, current, calendar
        self._take_notices, self._tell_subscribers = take_notices, tell_subscribers
        self._now = clock_of(db)
        self._drainer = Drainer(db, current.agency(), calendar, self._now)
        self._dispatcher = Procrastinate(db) if is_postgres(db) else Inline(self._drainer)
        self._answering = self._answering_thread() if is_postgres(db) else None
        self._lines = [
            BotLine(db, bots, lambda: self._drainer.agency, lambda: self.calendar, self._now)
            for bots in bots_of(current.agency())
        ]
        self.last_tick: datetime | None = None
        self._scheduler = BackgroundScheduler(
            timezone=ZONE,
            executors={"default": ThreadPoolExecutor(1), "news": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Start the threads; the first tick is at once."""
        if self._answering:
            self._answering.start()
        for line in self._lines:
            line.start()
        add = self._scheduler.add_job
        now = read_clock()
        add(_told(self._tick), CronTrigger(second=0, timezone=ZONE), next_run_time=now)
        add(_told(self._wake), IntervalTrigger(seconds=5, timezone=ZONE), next_run_time=now)
        if self._take_notices:
            add(_told(self._notices), IntervalTrigger(seconds=30, timezone=ZONE), next_run_time=now)
        if self._tell_subscribers:
            every = IntervalTrigger(seconds=5, timezone=ZONE)
            add(_told(self._news), every, executor="news", next_run_time=now)
        add(_told(self._housekeeping), CronTrigger(hour=3, minute=37, timezone=ZONE))
        self._scheduler.start()

    def stop(self) -> None:
        """Let what is on the wire finish, then stop."""
        self._drainer.stopping = True
        self._scheduler.shutdown(wait=True)
        if self._answering:
            self._answering.stop()
        for line in self._lines:
            line.stop()
        self._dispatcher.close()
        self._drainer.close()

    def renew_calendar(self) -> None:
        """Work from now on by every notice in the database, whoever imported it."""
        with reading(self._db) as session:
            self.calendar = self.calendar.knowing(imported_notices(session))
        self._drainer.calendar = self.calendar

    def _notices(self) -> None:
        if self._take_notices:
            self._take_notices(read_clock())

    def _news(self) -> None:
        if self._tell_subscribers:
            self._tell_subscribers()

    def _tick(self) -> None:
        now = self._now()
        self._renew()
        if self._win("tick", now.replace(second=0, microsecond=0)):
            done = tick(self._db, self._current, self.calendar, self._dispatcher, now)
            if done.derived or done.planned:
                log.info("tick: %s new obligations, %s messages", done.derived, done.planned)
        self.last_tick = read_clock()

    def _wake(self) -> None:
        drainer = self._drainer
        waiting = shards_with_work(self._db, drainer.agency, self.calendar, self._now())
        self._dispatcher.wake(waiting)
        if self._answering:  # a ring may be answered where the line is not
            self._answering.take(shards_from_here(self._db, self._lines, waiting))

    def _housekeeping(self) -> None:
        now = self._now()
        with recording(self._db) as session:
            for room in (slots, web_sessions, access_log, kept_answers, news):
                room.forget(session, now)

    def _win(self, name: str, at: datetime) -> bool:
        with recording(self._db) as session:
            return win(session, name, at)

    def _renew(self) -> None:
        """What was accepted and imported in the meantime, by this process or by another."""
        self.renew_calendar()
        self._drainer.agency = self._current.agency()

    def _answering_thread(self) -> "Answering":
        from engine.doorbell import Answering  # the library is there only with the extra `postgres`

        return Answering(self._db, self._answer)

    async def _answer(self, shard: int) -> None:
        self._renew()
        await self._drainer.drain(shard)
