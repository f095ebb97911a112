"""Drain: claim what is due on a channel, send, record.

A claim and a record are each one short writing transaction, shared by all who come at the same
time; nothing is sent inside one. Results are written by (delivery, attempt), so that a slow
sender cannot overwrite a newer attempt. A
crash at any point loses nothing: the lease runs out, and what may have been on the wire is sent
again under the same id and marked （可能重复）.
"""

import asyncio
import logging
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, select

from engine.accepted import Result, record_accepted
from engine.addresses import pause
from engine.agency import Agency
from engine.channels import ChannelState, lock
from engine.claims import BATCH, Claim, Claimed, Claimer, place_of
from engine.database import reading, recording, writing
from engine.deliveries import Attempt, Delivery, State, attempts_of, seal_attempt
from engine.fallback import ended, overdue_for_fallback, redirect
from engine.places import Places
from engine.retries import ASIDE, UNREACHED, Next, after_attempt
from engine.together import Desk, Together
from engine.troubles import tell_of_channel, tell_of_fault
from engine.waiting import channels_with_work
from engine.workdays import WorkCalendar
from notifiers.channel import Addressing, Notifier
from notifiers.message import Fault, Outcome, OutcomeKind

log = logging.getLogger(__name__)

NOTHING = Claimed([], more=False)
LEASE = timedelta(minutes=3)  # longer than the slowest request
BOUND = timedelta(seconds=20)  # how long one call works at most
REDIRECTED_EVERY = timedelta(seconds=20)  # how often fallbacks are looked at
AT_ONCE = 128  # messages on the way at the same time: as many as the client has connections


class Wanted(NamedTuple):
    """A channel with work: how many of its messages are on the way at the same time, and did a
    sender that died leave something behind there?"""

    channel: str
    most: int
    left_behind: bool


class Drainer:
    """Drains shards over one database. `clock` gives aware instants; it is read at each claim."""

    def __init__(
        self,
        db: Engine,
        agency: Agency,
        calendar: WorkCalendar,
        clock: Callable[[], datetime],
        lease: timedelta = LEASE,
        at_once: int = AT_ONCE,
    ) -> None:
        """`at_once`: how many messages are on the way at the same time."""
        self.db, self.agency, self.calendar = db, agency, calendar
        self.clock, self.lease = clock, lease
        self.sent = 0
        self.stopping = False  # finish what is on the wire, claim no more
        self._looked: dict[int, datetime] = {}
        self._places, self._at_once = Places(at_once), at_once
        self._desk = Desk()
        self._looking = Together(self._desk, self._look)
        self._claiming = Together(self._desk, self._claim)
        self._recording = Together(self._desk, self._record)

    async def drain(self, shard: int) -> int:
        """Send what is due on the shard's channels, for a bounded time; how many were sent."""
        stop = self.clock() + BOUND
        before = self.sent
        await self._desk.alone(self._redirect, shard)
        work: set[asyncio.Task[None]] = set()
        try:
            for wanted in await self._looking.ask(shard):
                await self._places.take(wanted.most)  # before the claim: nothing under lease waits
                if self.stopping or self.clock() >= stop:
                    self._places.give_back(wanted.most)
                    break
                work.add(task := asyncio.create_task(self._drain_channel(wanted, stop)))
                task.add_done_callback(work.discard)
        finally:
            await settle(work)
        return self.sent - before

    def close(self) -> None:
        """Nothing is drained any more."""
        self._desk.close()

    def _redirect(self, shard: int) -> None:
        """Plan on their fallbacks what channels cannot deliver."""
        now, agency = self.clock(), self.agency
        if not any(policy.fallback for policy in agency.policies.values()):
            return
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
                lock(session, {channel: agency.channels[channel].credential})
                rows = overdue_for_fallback(session, agency, self.calendar, channel, now)
                rows = [row for row in rows if row.id in ids]
                redirect(session, agency, self.calendar, rows, now)
        except Exception as error:
            log.error("channel %s: no fallback for %s: %s", channel, ids, place_of(error))
            return False
        return True

    def _look(self, shards: Sequence[int]) -> list[list[Wanted]]:
        """The channels of shards with due work: a group is one recipient."""
        agency, most = self.agency, min(BATCH, self._at_once)
        found: dict[int, list[Wanted]] = {shard: [] for shard in shards}
        for shard, channel, left_behind in channels_with_work(
            self.db, agency, self.calendar, found, self.clock()
        ):
            notifier = agency.channels.get(channel)
            if notifier and may_send_here(notifier):
                group = notifier.addressing is Addressing.GROUP
                found[shard].append(Wanted(channel, 1 if group else most, left_behind))
        return [found[shard] for shard in shards]

    async def _drain_channel(self, wanted: Wanted, stop: datetime) -> None:
        """Send what is due on a channel, so many at a time; the first places are taken."""
        while True:
            claims, more = await self._claimed(wanted)
            await settle(self._send(claim) for claim in claims)
            if not more or self.stopping or self.clock() >= stop:
                return
            await self._places.take(wanted.most)

    async def _claimed(self, wanted: Wanted) -> Claimed:
        """What a channel may send now; the places that it does not need are given back."""
        free = wanted.most
        try:
            claimed = await self._claiming.ask(wanted)
            free -= len(claimed.claims)
            return claimed
        except Exception as error:
            log.error("channel %s: no claim: %s", wanted.channel, place_of(error))
            return NOTHING
        finally:
            self._places.give_back(free)

    def _claim(self, wanted: Sequence[Wanted]) -> list[Claimed | Exception]:
        """Claim for all of them in one transaction. What becomes of the messages of a sender that
        died may be planned anew: that is decided alone."""
        once = {one.channel: one for one in wanted}.values()
        found: dict[str, Claimed | Exception] = {}
        if numbers := {one.channel: one.most for one in once if not one.left_behind}:
            with recording(self.db) as session:
                found.update(self._claim_in(session, numbers, False))
        for channel, most, left_behind in once:
            if left_behind:
                try:
                    with writing(self.db) as session:
                        found.update(self._claim_in(session, {channel: most}, True))
                except Exception as error:
                    found[channel] = error
        # A shard may be drained twice at the same time: who asks second for a channel gets nothing.
        return [found.pop(one.channel, NOTHING) for one in wanted]

    def _claim_in(
        self, session: Session, wanted: Mapping[str, int], take_over: bool
    ) -> dict[str, Claimed]:
        agency = self.agency
        known = {
            channel: most
            for channel, most in wanted.items()
            if channel in agency.channels and may_send_here(agency.channels[channel])
        }
        states = lock(session, {one: agency.channels[one].credential for one in known})
        now = self.clock()  # after the wait for the lock: an attempt is stamped
        claimer = Claimer(session, agency, self.calendar, self.lease, now, take_over)
        return dict.fromkeys(wanted, NOTHING) | claimer.claim(states, known)

    async def _send(self, claim: Claim) -> None:
        """Send a message, give its place back, write what came of it."""
        raised = False
        try:
            outcome = await claim.notifier.send(claim.message, self.clock())
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
        finally:
            self._places.give_back()
        await self._write(Result(claim.delivery_id, claim.number, outcome, raised))

    async def _write(self, result: Result) -> None:
        await self._recording.ask(result)
        self.sent += 1

    def _record(self, results: Sequence[Result]) -> list[Exception | None]:
        """Write what was accepted in one transaction. What did not go well may be planned anew: that
        is decided alone."""
        if well := [one for one in results if one.outcome.kind is OutcomeKind.ACCEPTED]:
            with recording(self.db) as session:
                record_accepted(session, well, self.clock())
        return [None if one in well else self._record_alone(one) for one in results]

    def _record_alone(self, result: Result) -> Exception | None:
        try:
            with writing(self.db) as session:
                record(session, self.agency, self.calendar, result, self.clock())
        except Exception as error:
            return error
        return None


def may_send_here(notifier: Notifier) -> bool:
    """What leaves over a line is sent by the process that holds it; the others claim nothing of it."""
    return getattr(notifier, "connected", True)


def record(
    session: Session, agency: Agency, calendar: WorkCalendar, result: Result, now: datetime
) -> None:
    """Write the outcome of an attempt that was not simply accepted, and what follows from it. An answer
    that comes after the lease ran out and the attempt was closed changes nothing: what is in the
    ledger stays."""
    name = session.get_one(Delivery, result.delivery_id).channel
    channel = session.get_one(ChannelState, name)
    channel = lock(session, {name: channel.credential})[name]
    row = session.get_one(
        Delivery, result.delivery_id, with_for_update=True, populate_existing=True
    )
    attempts = {attempt.number: attempt for attempt in attempts_of(session, result.delivery_id)}
    attempt = attempts[result.number]
    if attempt.ended_at is not None:
        words = (row.id, result.outcome.kind.value)
        log.warning("delivery %s: answer after the lease: %s", *words)
        return
    _close(session, attempt, result.outcome, now)
    if row.attempts == result.number and row.state is State.SENDING:
        _follow(session, agency, calendar, row, channel, result, now)


def _close(session: Session, attempt: Attempt, outcome: Outcome, now: datetime) -> None:
    attempt.ended_at, attempt.outcome = now, outcome.kind
    attempt.fault = outcome.fault or ""
    attempt.provider, attempt.http_status = outcome.provider, outcome.http_status
    attempt.code, attempt.detail = outcome.code, outcome.detail
    attempt.provider_id, attempt.size = outcome.provider_id, outcome.size
    seal_attempt(session, attempt)


def _follow(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    row: Delivery,
    channel: ChannelState,
    result: Result,
    now: datetime,
) -> None:
    """What follows from an attempt's outcome, for its delivery and its channel."""
    outcome = result.outcome
    next_ = after_attempt(
        outcome,
        result.number,
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
    if result.raised:
        tell_of_fault(session, agency, row, now)


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
