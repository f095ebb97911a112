"""Tick: derive what falls due, plan the alerts of now, ring for what waits to be sent.

Twice at the same `now` changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from engine.agency import Agency
from engine.alerts import plan
from engine.database import writing
from engine.derivation import derive
from engine.dispatch import Dispatcher
from engine.waiting import shards_with_work
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Ticked:
    """What a tick did: new obligations, planned messages."""

    derived: int
    planned: int


def tick(
    db: Engine, agency: Agency, calendar: WorkCalendar, dispatcher: Dispatcher, now: datetime
) -> Ticked:
    """Do all that is due at `now` and was not done yet, downtime before it included."""
    with writing(db) as session:
        derived = derive(session, agency, calendar, now)
    with writing(db) as session:
        planned = plan(session, agency, calendar, now)
    dispatcher.wake(shards_with_work(db, agency, calendar, now))
    return Ticked(derived, planned)
