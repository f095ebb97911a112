"""What waits to be sent, and for which shards somebody has to be rung."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Engine, and_, exists, literal, or_
from sqlmodel import col, select

from engine.addresses import AddressState
from engine.agency import Agency
from engine.channels import ChannelState
from engine.database import reading
from engine.deliveries import WAITING, Delivery, State
from engine.workdays import WorkCalendar


def due(
    now: datetime | BindParameter[datetime], open_now: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Deliveries whose time has come, and those whose holder's lease ran out. What is not
    limited by the hour waits for office hours, a second attempt like the first; what is for a
    paused address waits."""
    state = col(Delivery.state)
    ready = or_(
        and_(state == State.QUEUED, col(Delivery.next_at) <= now),
        and_(state == State.SENDING, col(Delivery.lease_until) <= now),
    )
    paused = exists().where(
        col(AddressState.channel) == col(Delivery.channel),
        col(AddressState.recipient) == col(Delivery.recipient),
    )
    return and_(ready, ~paused, or_(open_now, col(Delivery.urgent)))


def channels_with_work(
    db: Engine, agency: Agency, calendar: WorkCalendar, shards: Collection[int], now: datetime
) -> Sequence[tuple[int, str, bool]]:
    """The channels of shards that have work and may send, by id, each after its shard; did a sender
    that died leave something behind there?"""
    hold = col(ChannelState.hold_until)
    left_behind = exists().where(
        col(Delivery.channel) == col(ChannelState.id),
        col(Delivery.state) == State.SENDING,
        col(Delivery.lease_until) <= now,
    )
    query = (
        select(ChannelState.shard, ChannelState.id, left_behind)
        .where(
            col(ChannelState.shard).in_(shards),
            ChannelState.disabled_reason == "",
            or_(hold.is_(None), hold <= now),
            exists().where(
                col(Delivery.channel) == col(ChannelState.id),
                col(Delivery.state).in_(WAITING),  # found by their index
                due(now, literal(agency.hours.are_now(now, calendar))),
            ),
        )
        .order_by(col(ChannelState.id))
    )
    with reading(db) as session:
        return session.exec(query).all()


def shards_with_work(
    db: Engine, agency: Agency, calendar: WorkCalendar, now: datetime
) -> list[int]:
    """The shards with a delivery that is due, on a channel that may send; and those where what
    waits may have to go elsewhere."""
    hold = col(ChannelState.hold_until)
    may_send = and_(
        due(now, literal(agency.hours.are_now(now, calendar))),
        col(ChannelState.disabled_reason) == "",
        or_(hold.is_(None), hold <= now),
    )
    replaced = [id_ for id_, policy in agency.policies.items() if policy.fallback]
    may_leave = and_(col(Delivery.channel).in_(replaced), col(Delivery.state).in_(WAITING))
    query = (
        select(ChannelState.shard)
        .join(Delivery, col(ChannelState.id) == col(Delivery.channel))
        .where(or_(may_send, may_leave))
        .distinct()
    )
    with reading(db) as session:
        return sorted(session.exec(query).all())
