"""Claiming: which deliveries of a channel may be sent now, each under a lease and with its text.

One short writing transaction for several channels, under the lock of all that share their
credentials. Of one recipient only one message is on the way at a time, so that his messages keep
their order.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import BindParameter, Boolean, Select, bindparam, exists, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, func, select

from engine.agency import Agency
from engine.carried import Pair, carried_by, items_of, reason_to_skip
from engine.channels import ChannelState
from engine.database import Instant
from engine.deliveries import (
    Delivery,
    Purpose,
    State,
    close_attempt,
    finish,
    last_attempt,
)
from engine.digest import DUPLICATE_MARK, Composer, Digest, composer_for
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
RECOGNISED_FOR = timedelta(minutes=25)  # the far side knows a repeated message again (half an hour)
RESENT_MARK = (
    "（重新发送）"  # as long as the mark of a possible duplicate, in whose place it stands
)


class _Next(NamedTuple):
    """A delivery whose turn it is: how many wait for its recipient, and on its channel."""

    id: int
    channel: str
    waiting: int
    left: int
    turn: int


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until its lease runs out, and the message that it became."""

    delivery_id: int
    number: int
    message: Message
    notifier: Notifier


class Claimed(NamedTuple):
    """What a channel may send now, and whether it is worth asking again."""

    claims: list[Claim]
    more: bool


@dataclass(frozen=True)
class Claimer:
    """Claims at one instant, in the caller's transaction, under the lock of the channels that draw
    on the same limits. What a dead sender left behind only where `take_over` says so: what
    becomes of it may be planned anew, and that needs to be alone."""

    session: Session
    agency: Agency
    calendar: WorkCalendar
    lease: timedelta
    now: datetime
    take_over: bool

    def claim(
        self, states: Mapping[str, ChannelState], wanted: Mapping[str, int]
    ) -> dict[str, Claimed]:
        """By channel, what it may send now; `wanted` says how many at most."""
        channels, later = self._open(states, wanted)
        places = self._places(channels, wanted)
        found = self._next(places)
        by_id = self._lock([one.id for one in found])
        alone = {one.id for one in found if one.waiting == 1}
        rows = [by_id[one.id] for one in found]
        rows = [row for row in rows if row.state is not State.SENDING or self._take_over(row)]
        for row in rows:
            if row.id not in alone:
                self._merge(row)
        claims: defaultdict[str, list[Claim]] = defaultdict(list)
        for claim in self._take(rows):
            claims[by_id[claim.delivery_id].channel].append(claim)
        left = self._left(found)
        return {
            channel: Claimed(claims[channel], channel in later or left[channel] > 0)
            for channel in wanted
        }

    def _open(
        self, states: Mapping[str, ChannelState], wanted: Iterable[str]
    ) -> tuple[list[str], set[str]]:
        """The channels that may send, and those that have to wait for the next claim: what two of
        them send by one credential is counted one after the other."""
        by_credential: dict[str, str] = {}
        later = set()
        for channel in wanted:
            state = states.get(channel)
            if state is None or state.disabled_reason:
                continue
            if state.hold_until and state.hold_until > self.now:
                continue
            first = by_credential.setdefault(self.agency.channels[channel].credential, channel)
            if first != channel:
                later.add(channel)
        return list(by_credential.values()), later

    def _places(self, channels: Iterable[str], wanted: Mapping[str, int]) -> dict[str, int]:
        """How many messages each channel may send, where it may send any."""
        notifiers = {channel: self.agency.channels[channel] for channel in channels}
        left = room(self.session, notifiers.values(), self.lease, self.now, BATCH)
        places = {
            channel: min(wanted[channel], left[notifier.credential])
            for channel, notifier in notifiers.items()
        }
        return {channel: number for channel, number in places.items() if number > 0}

    def _next(self, places: Mapping[str, int]) -> list["_Next"]:
        """The first due delivery of each recipient who may be sent to, the urgent before others."""
        if not places:
            return []
        notifiers = [self.agency.channels[channel] for channel in places]
        full = exhausted(self.session, notifiers, self.lease, self.now)
        by_credential = {self.agency.channels[channel].credential: channel for channel in places}
        asked = {
            "channels": list(places),
            "full": [(by_credential[one], to) for one, to in full],
            "now": self.now,
            "open": self.agency.hours.are_now(self.now, self.calendar),
            "most": max(places.values()),
        }
        found = self.session.connection().execute(_NEXT[self.take_over], asked)
        rows = [_Next(*row) for row in found]
        return [one for one in rows if one.turn <= places[one.channel]]

    def _lock(self, ids: Collection[int]) -> dict[int, Delivery]:
        rows = self.session.exec(_LOCK, params={"ids": list(ids)}).all() if ids else []
        return {row.id or 0: row for row in rows}

    def _left(self, found: Iterable["_Next"]) -> Counter[str]:
        """How much is due on each channel beside what was claimed."""
        left: Counter[str] = Counter()
        for one in found:
            left[one.channel] = left.get(one.channel, one.left) - 1
        return left

    def _take(self, rows: Collection[Delivery]) -> Iterator[Claim]:
        """Put rows under lease, each with a fresh text, or set them aside."""
        reminders = [row for row in rows if row.purpose is Purpose.REMINDER]
        told = carried_by(self.session, reminders, self.now)
        taken, attempts = [], []
        for row in rows:
            assert row.id is not None
            notifier, pairs = self.agency.channels[row.channel], told.get(row.id, [])
            invited = self._invited(row, notifier)
            if not (pairs or invited or row.purpose is Purpose.SYSTEM):
                finish(row, State.SKIPPED, reason_to_skip(self.session, row, self.now), self.now)
                continue
            try:
                message = self._message(row, notifier, pairs, invited)
            except Exception as error:  # a poisoned row steps aside and does not stop the queue
                self._set_aside(row, error)
                continue
            number, told_ids = row.attempts + 1, _ids(items_of(pairs))
            text = {"subject": message.subject, "body": message.body, "told": told_ids}
            until = self.now + self.lease
            taken.append({"of": row.id, "attempts": number, "lease_until": until, **text})
            attempts.append(self._attempt(row, number, message, notifier))
            yield Claim(row.id, number, message, notifier)
        self.session.flush()  # what became of the others is not written over these
        if attempts:
            connection = self.session.connection()
            connection.execute(_TAKEN, taken)
            connection.execute(_BEGUN, attempts)

    def _attempt(
        self, row: Delivery, number: int, message: Message, notifier: Notifier
    ) -> dict[str, object]:
        return {
            "delivery_id": row.id,
            "number": number,
            "credential": notifier.credential,
            "recipient": row.recipient,
            "body_sha256": sha256(message.body.encode()).hexdigest(),
            "started_at": self.now,
        }

    def _invited(self, row: Delivery, notifier: Notifier) -> Invited | None:
        if row.purpose is not Purpose.INVITATION:
            return None
        return current_invitation(self.session, row, notifier, self.now)

    def _merge(self, row: Delivery) -> None:
        notifier = self.agency.channels[row.channel]
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
        return composer_for(self.agency, self.calendar, notifier, self.now, link)

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
            answerable=composer.answerable(items),
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


def _due(take_over: bool) -> Select[Any]:
    """What is due on some channels, each with its turn among what is for its recipient, how much
    that is, and how much is due on the channel; nothing for whom something is on the way, or, unless
    it is taken over, was when its sender died: the later does not overtake it."""
    other = aliased(Delivery)
    now: BindParameter[datetime] = bindparam("now", type_=Instant)
    on_the_way = exists().where(
        col(other.channel) == col(Delivery.channel),
        col(other.recipient) == col(Delivery.recipient),
        col(other.state) == State.SENDING,
        *([col(other.lease_until) > now] if take_over else []),
    )
    place = (col(Delivery.channel), col(Delivery.recipient))
    columns = (
        col(Delivery.urgent),
        col(Delivery.planned_at),
        col(Delivery.part),
        col(Delivery.id),
    )
    order = (columns[0].desc(), *columns[1:])
    query = sqlalchemy.select(
        *columns,
        place[0],
        func.row_number().over(partition_by=place, order_by=order).label("of_recipient"),
        func.count().over(partition_by=place).label("waiting"),
        func.count().over(partition_by=place[0]).label("left"),
    ).where(
        place[0].in_(bindparam("channels", expanding=True)),
        tuple_(*place).not_in(bindparam("full", expanding=True)),
        due(now, bindparam("open", type_=Boolean)),
        ~on_the_way,
    )
    return query if take_over else query.where(col(Delivery.state) == State.QUEUED)


def _next(take_over: bool) -> Select[Any]:
    """Of these the first of each recipient, with its turn on the channel."""
    due_now = _due(take_over).subquery()
    order = (due_now.c.urgent.desc(), due_now.c.planned_at, due_now.c.part, due_now.c.id)
    turn = func.row_number().over(partition_by=due_now.c.channel, order_by=order)
    columns = (due_now.c.id, due_now.c.channel, due_now.c.waiting, due_now.c.left)
    first = (
        sqlalchemy.select(*columns, turn.label("turn"))
        .where(due_now.c.of_recipient == 1)
        .subquery()
    )
    query = sqlalchemy.select(first).where(first.c.turn <= bindparam("most"))
    return query.order_by(first.c.turn)


_DELIVERY = SQLModel.metadata.tables["delivery"]
_TAKEN = (
    _DELIVERY.update()
    .where(_DELIVERY.c.id == bindparam("of"))
    .values(state=State.SENDING)
    .values(
        {name: bindparam(name) for name in ("attempts", "lease_until", "subject", "body", "told")}
    )
)
_BEGUN = SQLModel.metadata.tables["attempt"].insert()
_LOCK = (
    select(Delivery)
    .where(col(Delivery.id).in_(bindparam("ids", expanding=True)))
    .order_by(col(Delivery.id))
    .with_for_update()
)
_NEXT = {take_over: _next(take_over) for take_over in (False, True)}  # built once: it takes 3 ms


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
