"""The clock inside the process: APScheduler, which holds no obligation and stores nothing.

A few fixed jobs. Each firing first wins its slot in the database, so that ten processes do the
work of one. What a firing missed, the next one makes up for from the rows.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import Engine

from engine import access_log, slots, web_sessions
from engine.channels import SHARDS
from engine.current_agency import CurrentAgency
from engine.database import reading, writing
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.imported_notices import imported_notices
from engine.instants import ZONE
from engine.slots import win
from engine.tick import tick
from engine.workdays import WorkCalendar, work_calendar

log = logging.getLogger(__name__)


def read_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Ticks every minute and sends every few seconds, in one thread of its own."""

    def __init__(
        self,
        db: Engine,
        current: CurrentAgency,
        calendar: WorkCalendar,
        take_notices: Callable[[datetime], None] | None = None,
    ) -> None:
        """`take_notices` imports the holiday notices that have come in; reading files is not ours."""
        self._db, self._current, self.calendar = db, current, calendar
        self._take_notices = take_notices
        self._drainer = Drainer(db, current.agency(), calendar, read_clock)
        self._dispatcher = Inline(self._drainer)
        self.last_tick: datetime | None = None
        self._scheduler = BackgroundScheduler(
            timezone=ZONE,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Start the thread; the first tick is at once."""
        add = self._scheduler.add_job
        now = read_clock()
        add(self._tick, CronTrigger(second=0, timezone=ZONE), next_run_time=now)
        add(self._wake, IntervalTrigger(seconds=5, timezone=ZONE))
        if self._take_notices:
            add(self._notices, IntervalTrigger(seconds=30, timezone=ZONE), next_run_time=now)
        add(self._housekeeping, CronTrigger(hour=3, minute=37, timezone=ZONE))
        self._scheduler.start()

    def stop(self) -> None:
        """Let the job in hand finish, then stop."""
        self._scheduler.shutdown(wait=True)
        self._dispatcher.close()

    def renew_calendar(self) -> None:
        """Work from now on by every notice in the database, whoever imported it."""
        with reading(self._db) as session:
            self.calendar = work_calendar(imported_notices(session), self.calendar.region)
        self._drainer.calendar = self.calendar

    def _notices(self) -> None:
        if self._take_notices:
            self._take_notices(read_clock())

    def _tick(self) -> None:
        now = read_clock()
        self.renew_calendar()
        if self._win("tick", now.replace(second=0, microsecond=0)):
            agency = self._drainer.agency = self._current.agency()
            done = tick(self._db, agency, self.calendar, self._dispatcher, now)
            if done.derived or done.planned:
                log.info("tick: %s new obligations, %s messages", done.derived, done.planned)
        self.last_tick = now

    def _wake(self) -> None:
        self._dispatcher.wake(range(SHARDS))

    def _housekeeping(self) -> None:
        now = read_clock()
        with writing(self._db) as session:
            for room in (slots, web_sessions, access_log):
                room.forget(session, now)

    def _win(self, name: str, at: datetime) -> bool:
        with writing(self._db) as session:
            return win(session, name, at)
