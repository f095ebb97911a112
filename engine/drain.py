"""Drain: claim what is due on a channel, check that it still holds, send, record.

A claim and a record are each one short writing transaction; nothing is sent inside one. Results
are written by (delivery, attempt), so that a slow sender cannot overwrite a newer attempt. A
crash at any point loses nothing: the lease runs out, and what may have been on the wire is sent
again under the same id and marked （可能重复）.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Engine, and_, or_
from sqlmodel import Session, col, func, select

from engine.agency import Agency
from engine.alerts import fresh_items
from engine.channels import ChannelState
from engine.database import reading, writing
from engine.deliveries import Attempt, Delivery, Purpose, State
from engine.digest import Composer, Item
from engine.obligations import Obligation
from engine.retries import LAST_ATTEMPT, Next, after_attempt
from engine.signed_links import link_to
from engine.signing import reason_to_skip
from engine.workdays import WorkCalendar
from notifiers.channel import Notifier
from notifiers.message import Message, Outcome, OutcomeKind

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)  # longer than the slowest request
MARGIN = timedelta(seconds=3)  # a request arrives a little after it is stamped
BOUND = timedelta(seconds=20)  # how long one call works at most
ASIDE = timedelta(hours=1)  # how long a row that cannot be composed steps aside
PLACES = 8  # channels that send at the same time; times BATCH, the client's connections
BATCH = 16  # sent at the same time, on a channel without a limit


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until its lease runs out, and the message that it became."""

    delivery_id: int
    number: int
    message: Message


@dataclass
class Drainer:
    """Drains shards over one database. `clock` gives aware instants; it is read at each claim."""

    db: Engine
    agency: Agency
    calendar: WorkCalendar
    clock: Callable[[], datetime]
    lease: timedelta = LEASE
    sent: int = field(default=0, init=False)
    _places: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(PLACES), init=False
    )

    async def drain(self, shard: int) -> int:
        """Send what is due on the shard's channels, for a bounded time; how many were sent."""
        stop = self.clock() + BOUND
        before = self.sent
        channels = self._waiting(shard)
        await settle(self._drain_channel(channel, stop) for channel in channels)
        return self.sent - before

    def _waiting(self, shard: int) -> list[str]:
        now = self.clock()
        query = (
            select(Delivery.channel)
            .join(ChannelState, col(ChannelState.id) == col(Delivery.channel))
            .where(ChannelState.shard == shard, self._due(now))
            .distinct()
        )
        with reading(self.db) as session:
            found = session.exec(query).all()
        return [channel for channel in found if channel in self.agency.channels]

    async def _drain_channel(self, channel: str, stop: datetime) -> None:
        notifier = self.agency.channels[channel]
        while self.clock() < stop:
            async with self._places:  # before the claim: nothing under lease waits for its turn
                with writing(self.db) as session:
                    claims, more = self._claim(session, channel, notifier)
                await settle(self._send(notifier, claim) for claim in claims)
            if not more:
                return

    def _claim(
        self, session: Session, channel: str, notifier: Notifier
    ) -> tuple[list[Claim], bool]:
        """What may be sent now, and whether it is worth asking again."""
        now = self.clock()
        state = session.get(ChannelState, channel, with_for_update=True)
        if state is None or state.disabled_reason or (state.hold_until and state.hold_until > now):
            return [], False
        room = _room(session, notifier, now)
        if room <= 0:
            return [], False
        query = select(Delivery).where(Delivery.channel == channel, self._due(now))
        query = query.order_by(
            col(Delivery.urgent).desc(), col(Delivery.planned_at), col(Delivery.part)
        )
        rows = session.exec(query.limit(min(room, BATCH))).all()
        claims = [claim for row in rows if (claim := self._take(session, row, notifier, now))]
        return claims, bool(rows)

    def _due(self, now: datetime) -> ColumnElement[bool]:
        """Deliveries whose time has come, and those whose holder's lease ran out. What is not
        limited by the hour waits for office hours, a second attempt like the first."""
        state = col(Delivery.state)
        ready = or_(
            and_(state == State.QUEUED, col(Delivery.next_at) <= now),
            and_(state == State.SENDING, col(Delivery.lease_until) <= now),
        )
        if self.agency.hours.are_now(now, self.calendar):
            return ready
        return and_(ready, col(Delivery.urgent))

    def _take(
        self, session: Session, row: Delivery, notifier: Notifier, now: datetime
    ) -> Claim | None:
        """Put a row under lease with a fresh text, or set it aside."""
        assert row.id is not None
        if row.state is State.SENDING:  # whoever held it died: nobody knows what went out
            _close_attempt(session, row, now)
        if row.attempts >= LAST_ATTEMPT:
            _finish(row, State.FAILED, "已达最多发送次数，请检查渠道后重新发送", now)
            return None
        fresh = fresh_items(session, row.id, now) if row.purpose is Purpose.REMINDER else []
        if row.purpose is Purpose.REMINDER and not fresh:
            _finish(row, State.SKIPPED, reason_to_skip(session, row.id, now), now)
            return None
        items = _unique([Item(obligation, alert.to_superior) for alert, obligation in fresh])
        row.attempts += 1
        try:
            message = self._message(
                row, notifier, items, now, link_to(session, self.agency, row, now)
            )
        except Exception:  # a poisoned row steps aside and does not stop the queue
            log.exception("delivery %s: cannot be composed", row.id)
            row.state, row.lease_until, row.next_at = State.QUEUED, None, now + ASIDE
            row.reason = "内容无法生成，一小时后重试，请查看服务日志"
            return None
        row.state, row.lease_until = State.SENDING, now + self.lease
        row.subject, row.body = message.subject, message.body
        session.add(
            Attempt(
                delivery_id=row.id,
                number=row.attempts,
                credential=notifier.credential,
                body_sha256=sha256(message.body.encode()).hexdigest(),
                started_at=now,
            )
        )
        return Claim(row.id, row.attempts, message)

    def _message(
        self, row: Delivery, notifier: Notifier, items: list[Item], now: datetime, link: str
    ) -> Message:
        composer = Composer(self.agency, self.calendar, notifier.markup, now, link)
        mark = row.possible_duplicate and not notifier.duplicate_safe
        if row.purpose is Purpose.SYSTEM:
            digest = composer.notice(row.subject, row.body, mark)
        else:
            digest = composer.compose(items, row.part, row.parts, mark)
        return Message(
            id=row.message_id,
            subject=digest.subject,
            body=digest.body,
            to=row.to,
            mentions=tuple(row.mentions.split(",")) if row.mentions else (),
            thread=f"{row.channel}/{row.recipient}",
            data={"obligations": [_data(item.obligation) for item in items]},
            possible_duplicate=row.possible_duplicate,
            matters=composer.matters(items),
            link=link,
        )

    async def _send(self, notifier: Notifier, claim: Claim) -> None:
        try:
            outcome = await notifier.send(claim.message, self.clock())
        except Exception as error:  # a fault of ours in one message must not stop the queue
            log.exception("delivery %s: notifier failed", claim.delivery_id)
            outcome = Outcome(OutcomeKind.UNKNOWN, detail=type(error).__name__)
        with writing(self.db) as session:
            record(session, claim.delivery_id, claim.number, outcome, self.clock())
        self.sent += 1


def record(
    session: Session, delivery_id: int, number: int, outcome: Outcome, now: datetime
) -> None:
    """Write an attempt's outcome and what follows from it, unless a newer attempt has begun."""
    attempt = session.exec(
        select(Attempt).where(Attempt.delivery_id == delivery_id, Attempt.number == number)
    ).one()
    attempt.ended_at, attempt.outcome = now, outcome.kind
    attempt.fault = outcome.fault or ""
    attempt.provider, attempt.http_status = outcome.provider, outcome.http_status
    attempt.code, attempt.detail = outcome.code, outcome.detail
    attempt.provider_id, attempt.size = outcome.provider_id, outcome.size
    row = session.get_one(Delivery, delivery_id)
    if row.attempts != number or row.state is not State.SENDING:
        return
    next_ = after_attempt(outcome, number, row.possible_duplicate, now)
    row.state, row.reason, row.lease_until = next_.state, next_.reason, None
    row.possible_duplicate = row.possible_duplicate or next_.possible_duplicate
    if next_.at:
        row.next_at = next_.at
    else:
        row.finished_at = now
    apply_to_channel(session, session.get_one(ChannelState, row.channel), next_, now)


def apply_to_channel(session: Session, channel: ChannelState, next_: Next, now: datetime) -> None:
    """Hold or disable a channel, as the outcome of an attempt asks for."""
    if next_.hold_until:
        _hold(session, channel.credential, next_.hold_until)
    if next_.disable:
        channel.disabled_at, channel.disabled_reason = now, next_.reason
        log.error("channel %s disabled: %s", channel.id, next_.reason)


async def settle(work: Iterable[Awaitable[object]]) -> None:
    """Wait for all of it. What one part raises is logged, and leaves none of the others alone
    with a message on the wire."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("drain: %r", result, exc_info=result)


def _room(session: Session, notifier: Notifier, now: datetime) -> int:
    """How many requests the credential's window has left. With a limit they go one by one, so
    that each is stamped when it is sent."""
    if notifier.window is None:
        return BATCH
    number, length = notifier.window
    query = select(func.count()).where(
        col(Attempt.credential) == notifier.credential,
        col(Attempt.started_at) > now - length - MARGIN,
    )
    return min(1, number - session.exec(query).one())


def _hold(session: Session, credential: str, until: datetime) -> None:
    """The far side counts by the secret: all channels that share it wait."""
    query = select(ChannelState).where(ChannelState.credential == credential)
    for channel in session.exec(query).all():
        channel.hold_until = max(until, channel.hold_until or until)


def _close_attempt(session: Session, row: Delivery, now: datetime) -> None:
    query = select(Attempt).where(Attempt.delivery_id == row.id, Attempt.number == row.attempts)
    attempt = session.exec(query).one()
    attempt.ended_at, attempt.outcome = now, OutcomeKind.UNKNOWN
    attempt.detail = "sender died"
    row.possible_duplicate = True


def _finish(row: Delivery, state: State, reason: str, now: datetime) -> None:
    row.state, row.reason, row.finished_at, row.lease_until = state, reason, now, None


def _unique(items: list[Item]) -> list[Item]:
    """One line for each obligation; told to its own unit, it is not told to the superior too."""
    by_id: dict[int | None, Item] = {}
    for item in sorted(items, key=lambda item: item.superior):
        by_id.setdefault(item.obligation.id, item)
    return list(by_id.values())


def _data(obligation: Obligation) -> dict[str, object]:
    return {
        "id": obligation.id,
        "rule": obligation.rule,
        "unit": obligation.unit,
        "period": obligation.period,
        "due_on": obligation.due_on.isoformat(),
        "due_at": obligation.due_at.isoformat() if obligation.due_at else None,
        "act_by": obligation.act_by.isoformat(),
        "provisional": obligation.provisional,
        "reading": obligation.reading,
    }
