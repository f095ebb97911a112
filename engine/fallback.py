"""备用渠道: what a channel cannot deliver is planned again on another one, for the same people.

The old delivery ends in the same transaction, so nothing is sent twice on purpose. A fallback
that is disabled, or reaches nobody, is passed over for its own fallback.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from engine.absences import away_at
from engine.addresses import AddressState, paused
from engine.agency import Agency
from engine.carried import Pair, carried, reason_to_skip
from engine.channels import ChannelState
from engine.deliveries import TROUBLE, WAITING, Delivery, Purpose, State, close_attempt, finish
from engine.instants import at, local_day
from engine.ladder import OfficeHours
from engine.recipients import Recipient
from engine.replanning import Load, copy, plan_again
from engine.stand_ins import StandIns
from engine.troubles import tell_of_delivery, tell_of_nobody
from engine.workdays import WorkCalendar


def ended(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Delivery, now: datetime
) -> None:
    """A delivery has ended. Where it did not arrive, the fallback takes over, and the
    administrator is told, unless he was told of the address."""
    if row.state not in TROUBLE:
        return
    redirect(session, agency, calendar, [row], now)
    if not session.get(AddressState, (row.channel, row.recipient)):
        tell_of_delivery(session, agency, row, now)


def overdue_for_fallback(
    session: Session, agency: Agency, calendar: WorkCalendar, channel: str, now: datetime
) -> list[Delivery]:
    """What waits on a channel and has to go elsewhere: the channel is disabled, the address is
    paused, or it has waited for too long."""
    policy = agency.policy(channel)
    state = session.get(ChannelState, channel) if policy.fallback else None
    if state is None:
        return []
    ours = select(Delivery).where(Delivery.channel == channel)
    # A calendar invitation only makes sense where it was sent before.
    ours = ours.where(Delivery.purpose != Purpose.INVITATION).order_by(col(Delivery.id))
    queued = col(Delivery.state) == State.QUEUED
    left = and_(col(Delivery.state) == State.SENDING, col(Delivery.lease_until) <= now)
    if state.disabled_reason:
        return list(session.exec(ours.where(or_(queued, left))).all())
    closed = {recipient for place, recipient in paused(session) if place == channel}
    late = and_(queued, col(Delivery.planned_at) <= now - policy.fallback_after)
    shut = and_(or_(queued, left), col(Delivery.recipient).in_(closed))
    query = ours.where(or_(late, shut))
    return [
        row
        for row in session.exec(query).all()
        if row.recipient in closed
        or _waited(row, agency.hours, calendar, now) >= policy.fallback_after
    ]


def _waited(row: Delivery, hours: OfficeHours, calendar: WorkCalendar, now: datetime) -> timedelta:
    """Since it was planned; where it may go out in office hours only, counted in these."""
    if row.urgent:
        return now - row.planned_at
    passed, day = timedelta(), local_day(row.planned_at)
    while day <= local_day(now):
        if calendar.is_workday(day):
            begin = max(at(day, hours.begin), row.planned_at)
            passed += max(min(at(day, hours.end), now) - begin, timedelta())
        day += timedelta(days=1)
    return passed


def redirect(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    rows: Iterable[Delivery],
    now: datetime,
) -> None:
    """Plan on a channel's fallback what these deliveries carry. Where some of it would reach
    nobody there, the delivery stays as it is and the administrator is told."""
    stand_ins = StandIns(session, agency, away_at(session, now))
    loads: dict[tuple[str, str], Load] = {}
    for row in rows:
        if not agency.policy(row.channel).fallback or row.purpose is Purpose.INVITATION:
            continue
        found = _instead(session, stand_ins, row, now)
        if found is None:
            tell_of_nobody(session, agency, row, now)
        elif not found:
            _nothing_left(session, row, now)
        else:
            for recipient, pairs in found.items():
                if row.purpose is Purpose.SYSTEM:
                    copy(session, row, recipient, now)
                else:
                    key = (recipient.channel, recipient.address)
                    loads.setdefault(key, Load(recipient)).add(recipient, pairs, row)
            _leave(session, row, dict.fromkeys(recipient.channel for recipient in found), now)
    for load in loads.values():
        plan_again(session, agency, calendar, load, now)


def _instead(
    session: Session, stand_ins: StandIns, row: Delivery, now: datetime
) -> dict[Recipient, list[Pair]] | None:
    """Who is told in place of a delivery's recipient, and of what. Empty where nothing is left to
    be told, None where of some of it nobody could be told."""
    if row.purpose is Purpose.SYSTEM:
        return {to: [] for to in stand_ins.of_administrator(row)} or None
    found: dict[Recipient, list[Pair]] = {}
    for alert, obligation in carried(session, row, now):
        recipients = stand_ins.of(row, obligation.unit, alert.role)
        if not recipients:
            return None
        for recipient in recipients:
            found.setdefault(recipient, []).append((alert, obligation))
    return found


def _nothing_left(session: Session, row: Delivery, now: datetime) -> None:
    if row.state in WAITING:
        _end(session, row, reason_to_skip(session, row, now), now)


def _leave(session: Session, row: Delivery, channels: Iterable[str], now: datetime) -> None:
    words = f"已改由渠道“{'、'.join(channels)}”发送"
    if row.state in WAITING:
        _end(session, row, words, now)
    else:
        row.reason = f"{row.reason.rstrip('。')}；{words}"


def _end(session: Session, row: Delivery, words: str, now: datetime) -> None:
    """It is not sent any more; where its sender died, nobody knows whether it was."""
    died = row.state is State.SENDING
    if died:
        close_attempt(session, row, now)
    finish(row, State.UNKNOWN if died else State.SKIPPED, words, now)
