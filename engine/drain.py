"""Drain: claim what is due on a channel, send, record.

A claim and a record are each one short writing transaction; nothing is sent inside one. Results
are written by (delivery, attempt), so that a slow sender cannot overwrite a newer attempt. A
crash at any point loses nothing: the lease runs out, and what may have been on the wire is sent
again under the same id and marked （可能重复）.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, exists
from sqlmodel import Session, col, select

from engine.addresses import pause
from engine.agency import Agency
from engine.channels import ChannelState, lock
from engine.claims import Claim, Claimer, place_of
from engine.database import reading, recording, writing
from engine.deliveries import Attempt, Delivery, State, seal_attempt
from engine.fallback import ended, overdue_for_fallback, redirect
from engine.retries import ASIDE, UNREACHED, Next, after_attempt
from engine.troubles import tell_of_channel, tell_of_fault
from engine.waiting import due
from engine.workdays import WorkCalendar
from notifiers.channel import Addressing, Notifier
from notifiers.message import Fault, Outcome, OutcomeKind

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)  # longer than the slowest request
BOUND = timedelta(seconds=20)  # how long one call works at most
REDIRECTED_EVERY = timedelta(seconds=20)  # how often fallbacks are looked at
PLACES = 8  # channels that send at the same time; times BATCH, the client's connections


@dataclass
class Drainer:
    """Drains shards over one database. `clock` gives aware instants; it is read at each claim."""

    db: Engine
    agency: Agency
    calendar: WorkCalendar
    clock: Callable[[], datetime]
    lease: timedelta = LEASE
    sent: int = field(default=0, init=False)
    stopping: bool = field(default=False, init=False)  # finish what is on the wire, claim no more
    _looked: dict[int, datetime] = field(default_factory=dict, init=False)
    _places: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(PLACES), init=False
    )

    async def drain(self, shard: int) -> int:
        """Send what is due on the shard's channels, for a bounded time; how many were sent."""
        stop = self.clock() + BOUND
        before = self.sent
        self._redirect(shard)
        channels = self._waiting(shard)
        await settle(self._drain_channel(channel, stop) for channel in channels)
        return self.sent - before

    def _redirect(self, shard: int) -> None:
        """Plan on their fallbacks what channels cannot deliver."""
        now, agency = self.clock(), self.agency
        if shard in self._looked and abs(now - self._looked[shard]) < REDIRECTED_EVERY:
            return
        self._looked[shard] = now
        with reading(self.db) as session:
            ours = session.exec(select(ChannelState.id).where(ChannelState.shard == shard)).all()
            stuck = {
                channel: [row.id or 0 for row in rows]
                for channel in ours
                if channel in agency.channels
                and (rows := overdue_for_fallback(session, agency, self.calendar, channel, now))
            }
        for channel, ids in stuck.items():
            if not self._redirected(channel, ids, now):  # a poisoned one among them: each alone
                for id_ in ids:
                    self._redirected(channel, [id_], now)

    def _redirected(self, channel: str, ids: Collection[int], now: datetime) -> bool:
        """Plan these deliveries on the fallback, as far as they still wait; did it go well? One that
        cannot be composed stays, and keeps neither the others nor the queue."""
        agency = self.agency
        try:
            with writing(self.db) as session:
                lock(session, channel, agency.channels[channel].credential)
                rows = overdue_for_fallback(session, agency, self.calendar, channel, now)
                rows = [row for row in rows if row.id in ids]
                redirect(session, agency, self.calendar, rows, now)
        except Exception as error:
            log.error("channel %s: no fallback for %s: %s", channel, ids, place_of(error))
            return False
        return True

    def _waiting(self, shard: int) -> list[str]:
        now = self.clock()
        query = (
            select(Delivery.channel)
            .join(ChannelState, col(ChannelState.id) == col(Delivery.channel))
            .where(ChannelState.shard == shard, due(now, self.agency, self.calendar))
            .distinct()
        )
        with reading(self.db) as session:
            found = session.exec(query).all()
        return [channel for channel in found if channel in self.agency.channels]

    async def _drain_channel(self, channel: str, stop: datetime) -> None:
        notifier = self.agency.channels[channel]
        while not self.stopping and self.clock() < stop:
            async with self._places:  # before the claim: nothing under lease waits for its turn
                left = self._left_behind(channel)  # what becomes of it may be planned anew
                with writing(self.db) if left else recording(self.db) as session:
                    state = lock(session, channel, notifier.credential)
                    now = self.clock()  # after the wait for the lock: an attempt is stamped
                    claimer = Claimer(session, self.agency, self.calendar, self.lease, now, left)
                    claims, more = claimer.claim(state, channel, notifier)
                await settle(self._send(notifier, claim) for claim in claims)
            if not more:
                return

    def _left_behind(self, channel: str) -> bool:
        """Is there a delivery whose sender died?"""
        query = exists().where(
            col(Delivery.channel) == channel,
            col(Delivery.state) == State.SENDING,
            col(Delivery.lease_until) <= self.clock(),
        )
        with reading(self.db) as session:
            return bool(session.execute(select(query)).scalar())

    async def _send(self, notifier: Notifier, claim: Claim) -> None:
        raised = False
        try:
            outcome = await notifier.send(claim.message, self.clock())
        except Exception as error:  # a fault of ours in one message must not stop the queue
            # Without the exception's own words: they may quote an address, and that a secret.
            raised = True
            log.error("delivery %s: notifier failed: %s", claim.delivery_id, place_of(error))
            outcome = Outcome(
                OutcomeKind.RETRY,
                retry_after=ASIDE,
                detail=type(error).__name__,
                advice="程序出错，没有发出，一小时后重试，请查看服务日志",
            )
        # What did not go well may be planned anew: that is decided alone.
        well = outcome.kind is OutcomeKind.ACCEPTED
        with recording(self.db) if well else writing(self.db) as session:
            now, (agency, calendar) = self.clock(), (self.agency, self.calendar)
            record(session, agency, calendar, claim.delivery_id, claim.number, outcome, now)
            if raised:
                row = session.get_one(Delivery, claim.delivery_id)
                tell_of_fault(session, agency, row, now)
        self.sent += 1


def record(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    delivery_id: int,
    number: int,
    outcome: Outcome,
    now: datetime,
) -> None:
    """Write an attempt's outcome and what follows from it. An answer that comes after the lease
    ran out and the attempt was closed changes nothing: what is in the ledger stays."""
    found = session.get_one(Delivery, delivery_id)
    channel = session.get_one(ChannelState, found.channel)
    lock(session, channel.id, channel.credential)
    attempt = session.exec(
        select(Attempt).where(Attempt.delivery_id == delivery_id, Attempt.number == number)
    ).one()
    if attempt.ended_at is not None:
        log.warning("delivery %s: answer after the lease: %s", delivery_id, outcome.kind.value)
        return
    attempt.ended_at, attempt.outcome = now, outcome.kind
    attempt.fault = outcome.fault or ""
    attempt.provider, attempt.http_status = outcome.provider, outcome.http_status
    attempt.code, attempt.detail = outcome.code, outcome.detail
    attempt.provider_id, attempt.size = outcome.provider_id, outcome.size
    seal_attempt(session, attempt)
    row = session.get_one(Delivery, delivery_id, with_for_update=True)
    if row.attempts != number or row.state is not State.SENDING:
        return
    next_ = after_attempt(
        outcome,
        number,
        row.possible_duplicate,
        now,
        waited=now - row.planned_at,
        resend=agency.policy(row.channel).resend,
    )
    row.state, row.reason, row.lease_until = next_.state, next_.reason, None
    row.possible_duplicate = row.possible_duplicate or next_.possible_duplicate
    if next_.at:
        row.next_at = next_.at
    else:
        row.finished_at = now
    if apply_to_channel(session, channel, next_, now):
        tell_of_channel(session, agency, channel, now)
    if outcome.fault is Fault.RECIPIENT and _is_personal(agency, row.channel):
        pause(session, agency, row.channel, row.recipient, row.reason, now)
    ended(session, agency, calendar, row, now)


def _is_personal(agency: Agency, channel: str) -> bool:
    """Is an address of the channel one person's? A group is not closed for one of its people."""
    return agency.channels[channel].addressing in (Addressing.MAIL, Addressing.PERSON)


def apply_to_channel(session: Session, channel: ChannelState, next_: Next, now: datetime) -> bool:
    """Hold or disable a channel, as the outcome of an attempt asks for; is it newly disabled?"""
    if next_.unreached:
        if not channel.hold_until or channel.hold_until <= now:  # one of a batch counts
            channel.failures += 1
            pause_for = UNREACHED[min(channel.failures, len(UNREACHED)) - 1]
            _hold(session, channel.credential, now + pause_for)
    else:
        channel.failures = 0
    if next_.hold_until:
        _hold(session, channel.credential, next_.hold_until)
    if not next_.disable or channel.disabled_reason:
        return False
    channel.disabled_at, channel.disabled_reason = now, next_.reason
    log.error("channel %s disabled: %s", channel.id, next_.reason)
    return True


async def settle(work: Iterable[Awaitable[object]]) -> None:
    """Wait for all of it. What one part raises is logged, and leaves none of the others alone
    with a message on the wire."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("drain: %s", place_of(result))


def _hold(session: Session, credential: str, until: datetime) -> None:
    """The far side counts by the secret: all channels that share it wait."""
    query = select(ChannelState).where(ChannelState.credential == credential)
    for channel in session.exec(query).all():
        channel.hold_until = max(until, channel.hold_until or until)
