"""What waits to be sent, and for which shards somebody has to be rung."""

from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, or_
from sqlmodel import col, select

from engine.agency import Agency
from engine.channels import ChannelState
from engine.database import reading
from engine.deliveries import Delivery, State
from engine.workdays import WorkCalendar


def due(now: datetime, agency: Agency, calendar: WorkCalendar) -> ColumnElement[bool]:
    """Deliveries whose time has come, and those whose holder's lease ran out. What is not
    limited by the hour waits for office hours, a second attempt like the first."""
    state = col(Delivery.state)
    ready = or_(
        and_(state == State.QUEUED, col(Delivery.next_at) <= now),
        and_(state == State.SENDING, col(Delivery.lease_until) <= now),
    )
    if agency.hours.are_now(now, calendar):
        return ready
    return and_(ready, col(Delivery.urgent))


def shards_with_work(
    db: Engine, agency: Agency, calendar: WorkCalendar, now: datetime
) -> list[int]:
    """The shards with a delivery that is due, on a channel that may send."""
    hold = col(ChannelState.hold_until)
    query = (
        select(ChannelState.shard)
        .join(Delivery, col(ChannelState.id) == col(Delivery.channel))
        .where(due(now, agency, calendar))
        .where(ChannelState.disabled_reason == "", or_(hold.is_(None), hold <= now))
        .distinct()
    )
    with reading(db) as session:
        return sorted(session.exec(query).all())
