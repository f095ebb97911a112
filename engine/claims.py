"""Claiming: which deliveries of a channel may be sent now, each under a lease and with its text.

One short writing transaction under the lock of all channels that share the credential. Of one
recipient only one message is on the way at a time, so that his messages keep their order.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.carried import Pair, carried, items_of, reason_to_skip
from engine.channels import ChannelState
from engine.deliveries import (
    Attempt,
    Delivery,
    Purpose,
    State,
    close_attempt,
    finish,
    last_attempt,
)
from engine.digest import DUPLICATE_MARK, Composer, Digest
from engine.digest_items import Item
from engine.fallback import ended
from engine.invitations import Invited, current_invitation, invitation_message
from engine.limits import exhausted, room
from engine.merging import merge
from engine.obligations import Obligation
from engine.retries import ASIDE, LAST_ATTEMPT, UNKNOWN_STAYS
from engine.signed_links import link_to
from engine.troubles import tell_of_fault
from engine.waiting import due
from engine.workdays import WorkCalendar
from notifiers.channel import Notifier
from notifiers.message import Message

log = logging.getLogger(__name__)

BATCH = 16  # sent at the same time on one channel, each to another recipient
AHEAD = 512  # rows in which the next recipients are looked for
RECOGNISED_FOR = timedelta(minutes=25)  # the far side knows a repeated message again (half an hour)
RESENT_MARK = (
    "（重新发送）"  # as long as the mark of a possible duplicate, in whose place it stands
)


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until its lease runs out, and the message that it became."""

    delivery_id: int
    number: int
    message: Message


@dataclass(frozen=True)
class Claimer:
    """Claims at one instant, in the caller's transaction, under the lock of the channels that draw
    on the same limit. What a dead sender left behind only where `take_over` says so: what
    becomes of it may be planned anew, and that needs to be alone."""

    session: Session
    agency: Agency
    calendar: WorkCalendar
    lease: timedelta
    now: datetime
    take_over: bool

    def claim(
        self, state: ChannelState | None, channel: str, notifier: Notifier
    ) -> tuple[list[Claim], bool]:
        """What may be sent now, and whether it is worth asking again."""
        if state is None or state.disabled_reason:
            return [], False
        if state.hold_until and state.hold_until > self.now:
            return [], False
        places = room(self.session, notifier, self.lease, self.now, BATCH)
        if places <= 0:
            return [], False
        ids = self._next(channel, notifier, places)
        rows = [self.session.get_one(Delivery, id_, with_for_update=True) for id_ in ids]
        return [claim for row in rows if (claim := self._take(row, notifier))], bool(rows)

    def _next(self, channel: str, notifier: Notifier, places: int) -> list[int]:
        """The first due delivery of each recipient who may be sent to, the urgent before others."""
        other = aliased(Delivery)
        on_the_way = exists().where(
            col(other.channel) == col(Delivery.channel),
            col(other.recipient) == col(Delivery.recipient),
            col(other.state) == State.SENDING,
            col(other.lease_until) > self.now,
        )
        query = select(col(Delivery.id), col(Delivery.recipient)).where(
            Delivery.channel == channel, due(self.now, self.agency, self.calendar), ~on_the_way
        )
        if not self.take_over:
            query = query.where(Delivery.state == State.QUEUED)
        if full := exhausted(self.session, notifier, self.lease, self.now):
            query = query.where(col(Delivery.recipient).not_in(full))
        query = query.order_by(
            col(Delivery.urgent).desc(),
            col(Delivery.planned_at),
            col(Delivery.part),
            col(Delivery.id),
        )
        first: dict[str, int] = {}
        for id_, recipient in self.session.exec(query.limit(AHEAD)).all():
            first.setdefault(recipient, id_ or 0)
        return list(first.values())[:places]

    def _take(self, row: Delivery, notifier: Notifier) -> Claim | None:
        """Put a row under lease with a fresh text, or set it aside."""
        assert row.id is not None
        if row.state is State.SENDING and not self._take_over(row):
            return None
        self._merge(row, notifier)
        pairs, invited = self._carried(row, notifier)
        if not (pairs or invited or row.purpose is Purpose.SYSTEM):
            finish(row, State.SKIPPED, reason_to_skip(self.session, row, self.now), self.now)
            return None
        try:
            message = self._message(row, notifier, pairs, invited)
        except Exception as error:  # a poisoned row steps aside and does not stop the queue
            self._set_aside(row, error)
            return None
        row.attempts += 1
        row.state, row.lease_until = State.SENDING, self.now + self.lease
        row.subject, row.body, row.told = message.subject, message.body, _ids(items_of(pairs))
        self.session.add(
            Attempt(
                delivery_id=row.id,
                number=row.attempts,
                credential=notifier.credential,
                recipient=row.recipient,
                body_sha256=sha256(message.body.encode()).hexdigest(),
                started_at=self.now,
            )
        )
        return Claim(row.id, row.attempts, message)

    def _carried(self, row: Delivery, notifier: Notifier) -> tuple[list[Pair], Invited | None]:
        """What a delivery has to say, as it stands now: its alerts, or its invitation."""
        if row.purpose is Purpose.REMINDER:
            return carried(self.session, row, self.now), None
        if row.purpose is Purpose.INVITATION:
            return [], current_invitation(self.session, row, notifier, self.now)
        return [], None

    def _merge(self, row: Delivery, notifier: Notifier) -> None:
        try:
            if row.purpose is Purpose.REMINDER:
                merge(self.session, self._composer(notifier), row, self.now)
        except Exception as error:  # a poisoned one among them: each goes alone
            log.error("delivery %s: cannot be merged: %s", row.id, place_of(error))

    def _take_over(self, row: Delivery) -> bool:
        """Whoever held the row died, and nobody knows what went out. Is it sent again?"""
        close_attempt(self.session, row, self.now)
        if not self.agency.policy(row.channel).resend:
            finish(row, State.UNKNOWN, UNKNOWN_STAYS, self.now)
        elif row.attempts >= LAST_ATTEMPT:
            finish(row, State.FAILED, "已达最多发送次数，请检查渠道后重新发送", self.now)
        else:
            row.state, row.lease_until = State.QUEUED, None
            return True
        ended(self.session, self.agency, self.calendar, row, self.now)
        return False

    def _set_aside(self, row: Delivery, error: Exception) -> None:
        # Without the exception's own words: they may quote the message.
        log.error("delivery %s: cannot be composed: %s", row.id, place_of(error))
        row.state, row.lease_until, row.next_at = State.QUEUED, None, self.now + ASIDE
        row.reason = "内容无法生成，一小时后重试，请查看服务日志"
        tell_of_fault(self.session, self.agency, row, self.now)

    def _composer(self, notifier: Notifier, link: str = "") -> Composer:
        return Composer(self.agency, self.calendar, notifier.markup, self.now, notifier.limit, link)

    def _message(
        self, row: Delivery, notifier: Notifier, pairs: list[Pair], invited: Invited | None
    ) -> Message:
        if invited:
            mark = row.possible_duplicate and not notifier.duplicate_safe
            return invitation_message(invited, row, self._composer(notifier), mark)
        items = items_of(pairs)
        composer = self._composer(notifier, link_to(self.session, self.agency, row, self.now))
        recognised = (
            row.possible_duplicate
            and notifier.duplicate_safe
            and _last_started(self.session, row) > self.now - RECOGNISED_FOR
        )
        if recognised and row.told == _ids(items):
            digest = Digest(row.subject, row.body)  # byte for byte: only that is recognised
        else:
            digest = self._digest(row, composer, items)
        return Message(
            id=row.message_id,
            subject=digest.subject,
            body=digest.body,
            to=row.to,
            mentions=tuple(row.mentions.split(",")) if row.mentions else (),
            thread=_thread(row, items),
            data={"obligations": [_data(item.obligation) for item in items]},
            possible_duplicate=row.possible_duplicate,
            matters=composer.matters(items),
            link=composer.link,
        )

    def _digest(self, row: Delivery, composer: Composer, items: list[Item]) -> Digest:
        if row.purpose is Purpose.SYSTEM:
            return composer.notice(row.subject, row.body, row.possible_duplicate or row.repeats)
        unsure, again = row.possible_duplicate or row.repeats, row.resend_of is not None
        digest = composer.compose(items, row.part, row.parts, unsure or again)
        if unsure or not again:
            return digest
        return Digest(
            digest.subject.replace(DUPLICATE_MARK, RESENT_MARK, 1),
            digest.body.replace(DUPLICATE_MARK, RESENT_MARK, 1),
        )


def _thread(row: Delivery, items: list[Item]) -> str:
    """What is about one obligation belongs to its case; about several, to the recipient."""
    cases = {item.obligation.case for item in items}
    return cases.pop() if len(cases) == 1 else f"{row.channel}/{row.recipient}"


def place_of(error: BaseException) -> str:
    """`KeyError in digest.py:123`: where it was raised, without its words."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    if place is None:
        return type(error).__name__
    file = place.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} in {file}:{place.tb_lineno}"


def _last_started(session: Session, row: Delivery) -> datetime:
    return last_attempt(session, row).started_at


def _ids(items: list[Item]) -> str:
    return ",".join(str(id_) for id_ in sorted(item.obligation.id or 0 for item in items))


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
