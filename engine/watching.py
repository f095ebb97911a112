"""巡查 Watch: which reminders should have gone out by now, and did not.

The planner itself is asked, as of some minutes ago, in a transaction that is rolled back: what it
would write now is what nobody has planned. To this comes what was planned and still waits, unless
the limits of its channel explain it. So a daemon that stands still is found by another process.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, or_
from sqlmodel import Session, col, func, select

from engine.agency import Agency
from engine.alerts import Alert, fresh_items, plan
from engine.channels import ChannelState
from engine.database import reading, trying
from engine.deliveries import Attempt, Delivery, Purpose, State
from engine.derivation import derive
from engine.instants import written
from engine.journal import JournalEntry
from engine.line_states import LineNow, lines_now
from engine.obligations import Obligation
from engine.slots import APART, Slot
from engine.workdays import WorkCalendar
from notifiers.channel import Notifier, Window

HELD_AT_MOST = timedelta(hours=1)  # a far side may ask for a day: then a person has to know
NOT_PLANNED = "没有生成提醒"


@dataclass(frozen=True)
class Missing:
    """A reminder that did not go out: of which matter, to whom, since when it should have, and
    what is known of why. Word to the administrator has no matter: its rule and unit are empty."""

    rule: str
    unit: str
    period: str
    rung: str
    channel: str
    recipient: str
    since: datetime
    why: str


def last_tick(db: Engine) -> datetime | None:
    """When a daemon last won the clock's slot; None where none ever ran on this database."""
    with reading(db) as session:
        return session.exec(select(func.max(col(Slot.at))).where(Slot.name == "tick")).one()


def missing(
    db: Engine, agency: Agency, calendar: WorkCalendar, now: datetime, missed_after: timedelta
) -> list[Missing]:
    """The reminders that are late by more than `missed_after`, by the instant since when. What
    somebody changed in the meantime is not late yet. Nothing is written."""
    then = now - missed_after
    with trying(db) as session:
        found = list(_waiting(session, agency, calendar, now, then))
        last = session.exec(select(func.max(col(Alert.id)))).one() or 0
        derive(session, agency, calendar, then)
        plan(session, agency, calendar, then)
        session.flush()
        found += _unplanned(session, last, then)
    return sorted(found, key=lambda one: (one.since, one.unit, one.rule, one.period))


def _unplanned(session: Session, last: int, then: datetime) -> Iterator[Missing]:
    """The alerts that the planner has just written."""
    changed = select(JournalEntry.id).where(
        JournalEntry.obligation_id == Obligation.id, JournalEntry.at > then
    )
    query = (
        select(Alert, Obligation)
        .join(Obligation, col(Obligation.id) == col(Alert.obligation_id))
        .where(col(Alert.id) > last, Obligation.created_at <= then, ~changed.exists())
    )
    for alert, row in session.exec(query).all():
        yield _missing(alert, row, alert.send_at, NOT_PLANNED)


def _waiting(
    session: Session, agency: Agency, calendar: WorkCalendar, now: datetime, then: datetime
) -> Iterator[Missing]:
    """What was planned by then, may go out at this hour, and has not."""
    in_hours = agency.hours.are_now(then, calendar) and agency.hours.are_now(now, calendar)
    held = and_(col(Delivery.state) == State.SENDING, col(Delivery.lease_until) <= now)
    query = select(Delivery).where(
        Delivery.planned_at <= then,
        or_(col(Delivery.next_at) <= then, col(Delivery.attempts) > 0),
        or_(col(Delivery.state) == State.QUEUED, held),
    )
    channels = {row.id: row for row in session.exec(select(ChannelState)).all()}
    lines = lines_now(session, agency, now)
    for delivery in session.exec(query.order_by(col(Delivery.id))).all():
        channel = channels.get(delivery.channel)
        if not (delivery.urgent or in_hours) or _explained(session, agency, delivery, channel, now):
            continue
        why = _why(delivery, channel, lines.get(delivery.channel), now)
        if delivery.purpose is not Purpose.REMINDER:
            yield _other(delivery, why)
            continue
        assert delivery.id is not None
        for alert, row in fresh_items(session, delivery.id, now):
            yield _missing(alert, row, delivery.planned_at, why)


def _explained(
    session: Session,
    agency: Agency,
    delivery: Delivery,
    channel: ChannelState | None,
    now: datetime,
) -> bool:
    """Does it have to wait, by a limit or for a while by the far side's word? A channel that cannot
    be reached explains nothing. One that is not configured any more waits for its return; its matters are told
    on others."""
    if channel is None or channel.id not in agency.channels:
        return True
    if _held(channel, now) and not channel.failures and delivery.planned_at > now - HELD_AT_MOST:
        return True
    notifier = agency.channels[channel.id]
    return any(_is_full(session, notifier, window, delivery, now) for window in notifier.windows)


def _held(channel: ChannelState, now: datetime) -> bool:
    return channel.hold_until is not None and channel.hold_until > now


def _is_full(
    session: Session, notifier: Notifier, window: Window, delivery: Delivery, now: datetime
) -> bool:
    """Is it being sent as fast as it may be?"""
    query = select(func.count()).where(
        Attempt.credential == notifier.credential,
        Attempt.started_at > now - 2 * window.span,
        Attempt.started_at <= now + APART,
    )
    if window.each:
        query = query.where(Attempt.recipient == delivery.recipient)
    return session.exec(query).one() >= window.count


def _why(
    delivery: Delivery, channel: ChannelState | None, line: LineNow | None, now: datetime
) -> str:
    if channel and channel.disabled_reason:
        return f"渠道已停用：{channel.disabled_reason}"
    if line and not line.connected:
        return line.in_words
    if channel and channel.hold_until and _held(channel, now) and not channel.failures:
        return f"对方要求渠道暂停到 {written(channel.hold_until)}"
    if delivery.attempts:
        again = f"，下次 {written(delivery.next_at)}" if delivery.state is State.QUEUED else ""
        return f"已试 {delivery.attempts} 次{again}：{delivery.reason or '没有结果'}"
    return "已生成，没有发送"


def _missing(alert: Alert, row: Obligation, since: datetime, why: str) -> Missing:
    names = (row.rule, row.unit, row.period, alert.rung, alert.channel, alert.recipient)
    return Missing(*names, since, why)


def _other(delivery: Delivery, why: str) -> Missing:
    return Missing(
        "",
        "",
        "",
        delivery.purpose.value,
        delivery.channel,
        delivery.recipient,
        delivery.planned_at,
        why,
    )
