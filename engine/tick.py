"""Tick: derive what falls due, plan the alerts of now, say who cannot be told, ring for what waits.

Twice at the same `now` changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from engine.agency import Agency
from engine.alerts import plan
from engine.channels import end_old_holds
from engine.current_agency import CurrentAgency, as_of
from engine.database import look_over, writing
from engine.derivation import derive
from engine.dispatch import Dispatcher
from engine.imported_notices import imported_notices
from engine.invitations import plan_invitations
from engine.outages import tell_of_outages
from engine.reachability import tell_of_unreachable
from engine.subscriptions import tell_of_late
from engine.waiting import shards_with_work
from engine.workdays import WorkCalendar

MANY = 1000  # rows after which a database looks different


@dataclass(frozen=True)
class Ticked:
    """What a tick did: new obligations, planned messages."""

    derived: int
    planned: int


def tick(
    db: Engine,
    agency: Agency | CurrentAgency,
    calendar: WorkCalendar,
    dispatcher: Dispatcher,
    now: datetime,
) -> Ticked:
    """Do all that is due at `now` and was not done yet, downtime before it included.

    A notice that came in since `calendar` was read counts: else its dates would move back. So does,
    of a CurrentAgency, what was decided or registered since: else it would be withdrawn."""
    if isinstance(agency, CurrentAgency):
        agency.agency()  # made before the lock, so that nobody waits for it
    with writing(db) as session:
        calendar = calendar.knowing(imported_notices(session))
        derived = derive(session, as_of(session, agency), calendar, now)
    with writing(db) as session:
        found, calendar = as_of(session, agency), calendar.knowing(imported_notices(session))
        end_old_holds(session, now)
        planned = plan(session, found, calendar, now)
        planned += plan_invitations(session, found, now)
        tell_of_unreachable(session, found, calendar, now)
        tell_of_outages(session, found, now)
        tell_of_late(session, now)
    if derived + planned >= MANY:
        look_over(db)
    dispatcher.wake(shards_with_work(db, found, calendar, now))
    return Ticked(derived, planned)
