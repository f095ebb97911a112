"""提醒 Alert: an obligation brought to one recipient's mind on one rung. Planning them.

An alert is written in the same transaction as the delivery that carries it, before anything is
sent. Its unique key lets every rung of every version of a date be told once to each: who stands
in for somebody is told the rung on which a matter stands, and so is he who comes back.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy
from sqlalchemy import UniqueConstraint, bindparam, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.absences import away_at
from engine.acknowledgements import acknowledged
from engine.agency import Agency
from engine.database import Instant, words
from engine.deliveries import Delivery, State, list_deliveries
from engine.digest import composer_for
from engine.digest_items import items_of
from engine.errors import EngineError
from engine.instants import local_day
from engine.ladder import MOVED, Dates, Rung, rungs_at
from engine.obligations import Obligation, Status
from engine.recipients import Away, Recipient
from engine.silences import active_silences, silenced
from engine.spread import spread_after
from engine.unit_counts import units_with_open
from engine.units import Role
from engine.workdays import WorkCalendar

log = logging.getLogger(__name__)

TOLD_WITHIN = timedelta(days=14)  # a change that nobody could be told of until then is old news
_GONE_OUT = (State.ACCEPTED, State.UNKNOWN)
KEY_COLUMNS = ("obligation_id", "rung", "channel", "recipient", "due_version")
Key = tuple[int | None, str, str, str, int]
Told = tuple["Alert", Obligation]


class Alert(SQLModel, table=True):
    """提醒. `due_version` is the version of the due date that it speaks of, `role` what the rung
    has reached, `asked` who is named: the head, the leader, or who stands in for somebody."""

    __table_args__ = (UniqueConstraint(*KEY_COLUMNS),)

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    rung: str
    channel: str
    recipient: str
    due_version: int
    role: Role = Field(sa_column=Column(words(Role), nullable=False))
    asked: str = ""
    send_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    delivery_id: int = Field(foreign_key="delivery.id", index=True)


@dataclass(frozen=True)
class _Due:
    """An alert that is due and not written yet."""

    obligation: Obligation
    rung: Rung
    recipient: Recipient

    @property
    def ordinary(self) -> bool:
        """Is it for those who do it? What is put to others is not silenced."""
        return self.rung.role is Role.HANDLER

    @property
    def key(self) -> Key:
        """The unique key of the alert."""
        row, to = self.obligation, self.recipient
        return (row.id, self.rung.name, to.channel, to.address, row.version)


def plan(session: Session, agency: Agency, calendar: WorkCalendar, now: datetime) -> int:
    """Write the alerts that are due now, and the deliveries that carry them; how many messages.

    All alerts of one recipient go into one delivery, or several where the channel's limit asks
    for it. Outside office hours only what is limited by the hour is planned.
    """
    recipients = _Recipients(agency, away_at(session, now))
    due = list(_due(_candidates(session, agency, calendar, now), recipients, calendar, now))
    due += _moved(session, recipients, calendar, now)
    silences, in_hand = active_silences(session, now), acknowledged(session, now)
    due = [
        one
        for one in due
        if not (one.ordinary and silenced(silences, one.obligation))
        and not in_hand(one.obligation, one.rung.name, one.rung.role)
    ]
    told = _told(session, due)
    fresh: defaultdict[tuple[str, str], list[_Due]] = defaultdict(list)
    for item in due:
        if item.key not in told:
            fresh[item.recipient.channel, item.recipient.address].append(item)
    return sum(_plan_one(session, agency, calendar, now, items) for items in fresh.values())


def _candidates(
    session: Session, agency: Agency, calendar: WorkCalendar, now: datetime
) -> Iterable[Obligation]:
    lead = max((n for ladder in agency.ladders for n in ladder.before), default=0)
    regions = {unit.region for unit in agency.units.values()}
    today = local_day(now)
    near = max((calendar.in_region(one).add(today, lead) for one in regions), default=today)
    query = select(Obligation).where(
        Obligation.status == Status.OPEN,
        or_(col(Obligation.act_by) <= near, col(Obligation.due_at).is_not(None)),
    )
    # In one order, whatever index is used: so are the messages.
    return session.exec(query.order_by(col(Obligation.id))).all()


class _Recipients:
    """Whom rungs reach, each question answered once."""

    def __init__(self, agency: Agency, away: Away) -> None:
        self.agency = agency
        self._away = away
        self._found: dict[tuple[str, Role], list[Recipient]] = {}

    def of(self, unit: str, role: Role) -> list[Recipient]:
        """Who is told of a unit's obligations on a rung for a role."""
        key = (unit, role)
        if key not in self._found:
            self._found[key] = self.agency.recipients(unit, role, self._away)
        return self._found[key]


def _due(
    rows: Iterable[Obligation], recipients: _Recipients, calendar: WorkCalendar, now: datetime
) -> Iterator[_Due]:
    agency = recipients.agency
    for row in rows:
        dates = Dates(row.opens_on, row.due_on, row.due_at, row.act_by)
        ladder = agency.ladder_of(row.rule, row.unit)
        try:
            local = agency.calendar_of(row.unit, calendar)
            rungs = rungs_at(ladder, dates, now, local, agency.hours)
        except EngineError:  # one row that cannot be counted must not silence the others
            log.exception("obligation %s: no rungs", row.id)
            continue
        for rung in rungs:
            for recipient in recipients.of(row.unit, rung.role):
                yield _Due(row, rung, recipient)


def _moved(
    session: Session, recipients: _Recipients, calendar: WorkCalendar, now: datetime
) -> Iterator[_Due]:
    """Whose due dates a notice, a rule or a reading moved of late: the owners are told once."""
    if not recipients.agency.hours.are_now(now, calendar):
        return
    lately = col(Obligation.moved_at) >= now - TOLD_WITHIN
    query = select(Obligation).where(Obligation.status == Status.OPEN, lately)
    for row in session.exec(query.order_by(col(Obligation.id))):
        for recipient in recipients.of(row.unit, Role.HANDLER):
            yield _Due(row, Rung(MOVED, now), recipient)


def _told(session: Session, due: list[_Due]) -> set[Key]:
    """The keys of alerts that were written before, for the obligations and rungs that are due."""
    wanted = sorted({(item.obligation.id or 0, item.rung.name) for item in due})
    pair = tuple_(col(Alert.obligation_id), col(Alert.rung))
    key = [col(getattr(Alert, name)) for name in KEY_COLUMNS]
    told: set[Key] = set()
    for start in range(0, len(wanted), 500):  # SQLite limits the variables of a statement
        query = sqlalchemy.select(*key).where(pair.in_(wanted[start : start + 500]))
        told.update((row[0], row[1], row[2], row[3], row[4]) for row in session.execute(query))
    return told


def _plan_one(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    now: datetime,
    due: list[_Due],
) -> int:
    """The deliveries to one recipient."""
    notifier = agency.channels[due[0].recipient.channel]
    composer = composer_for(agency, calendar, notifier, now)
    by_obligation: dict[int | None, list[_Due]] = defaultdict(list)
    for item in due:
        by_obligation[item.obligation.id].append(item)
    parts = composer.pack(
        items_of((one.obligation, one.recipient.role, one.recipient.asked) for one in due)
    )
    for number, part in enumerate(parts, 1):
        told = [one for item in part for one in by_obligation[item.obligation.id]]
        delivery = _delivery(told, now, number, len(parts))
        if agency.spread and not delivery.urgent:
            wait = spread_after(agency.hours, delivery.channel, delivery.recipient, now)
            delivery.next_at = now + wait
        session.add(delivery)
        session.flush()
        session.add_all(_alert(one, delivery) for one in told)
    return len(parts)


def _delivery(told: list[_Due], now: datetime, part: int, parts: int) -> Delivery:
    recipient = told[0].recipient
    mentions = (mobile for one in told for mobile in one.recipient.mentions)
    return Delivery(
        message_id=message_id([one.key for one in told], now),
        channel=recipient.channel,
        recipient=recipient.address,
        to=recipient.to,
        mentions=",".join(dict.fromkeys(mentions)),
        planned_at=now,
        part=part,
        parts=parts,
        urgent=any(one.rung.urgent for one in told),
        next_at=now,
    )


def message_id(keys: Sequence[Key], now: datetime) -> str:
    """The id of a message that carries the alerts with these keys, planned at `now`. What a silence
    took back is planned once more, in another message."""
    return sha256(repr((now.isoformat(), list(keys))).encode()).hexdigest()[:32]


def _alert(due: _Due, delivery: Delivery) -> Alert:
    assert due.obligation.id is not None
    assert delivery.id is not None
    return Alert(
        obligation_id=due.obligation.id,
        rung=due.rung.name,
        channel=due.recipient.channel,
        recipient=due.recipient.address,
        due_version=due.obligation.version,
        role=due.recipient.role,
        asked=due.recipient.asked,
        send_at=due.rung.send_at,
        delivery_id=delivery.id,
    )


def fresh_items(session: Session, delivery_id: int, now: datetime) -> list[Told]:
    """The alerts of one delivery that still hold, see `fresh_items_of`."""
    return fresh_items_of(session, [delivery_id], now).get(delivery_id, [])


_LATER = aliased(Alert)
_OVERTAKEN = select(_LATER.id).where(
    _LATER.obligation_id == Alert.obligation_id,
    _LATER.channel == Alert.channel,
    _LATER.recipient == Alert.recipient,
    _LATER.role == Alert.role,
    col(_LATER.id) > col(Alert.id),
)
# Asked for each batch that is sent. Whether the obligation is open is told and no condition: SQLite
# would go through all that are.
_HOLDING = (
    select(Alert, Obligation, Obligation.status)
    .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
    .where(
        col(Alert.delivery_id).in_(bindparam("deliveries", expanding=True)),
        Alert.due_version == Obligation.version,
        ~_OVERTAKEN.exists(),
    )
    .order_by(col(Alert.id))
)


def fresh_items_of(
    session: Session, delivery_ids: Collection[int], now: datetime
) -> Mapping[int, list[Told]]:
    """By delivery, the alerts that still hold: obligation open, date unchanged, not acknowledged,
    no silence over it, and no later rung told or waiting for the same recipient. So an outage ends
    in one message, not in one for each morning. An alert that a silence keeps back is taken back,
    unless it went out: when the silence has ended, the matter is told anew. One that is
    acknowledged stays: the next rung is told."""
    found = session.exec(_HOLDING, params={"deliveries": list(delivery_ids)}).all()
    silences, in_hand = active_silences(session, now), acknowledged(session, now)
    fresh: defaultdict[int, list[Told]] = defaultdict(list)
    for alert, row, status in found:
        if status is not Status.OPEN:
            continue
        if alert.role is Role.HANDLER and silenced(silences, row):
            if session.get_one(Delivery, alert.delivery_id).state not in _GONE_OUT:
                session.delete(alert)
        elif not in_hand(row, alert.rung, alert.role):
            fresh[alert.delivery_id].append((alert, row))
    return fresh


def unreachable(session: Session, agency: Agency) -> list[str]:
    """The ids of units with open obligations of which nobody can be told."""
    return [unit for unit in units_with_open(session) if not agency.recipients(unit)]


def alerts_of(session: Session, delivery_ids: Iterable[int]) -> Mapping[int, list[Alert]]:
    """The alerts that deliveries carry, by delivery."""
    query = select(Alert).where(col(Alert.delivery_id).in_(list(delivery_ids)))
    found: defaultdict[int, list[Alert]] = defaultdict(list)
    for alert in session.exec(query.order_by(col(Alert.id))).all():
        found[alert.delivery_id].append(alert)
    return found


def deliveries_of(
    session: Session, obligation_id: int, *conditions: object, limit: int
) -> list[Delivery]:
    """The deliveries that told of an obligation, those that were sent again too, newest first."""
    told = select(Alert.delivery_id).where(Alert.obligation_id == obligation_id)
    carried = or_(col(Delivery.id).in_(told), col(Delivery.resend_of).in_(told))
    return list_deliveries(session, carried, *conditions, limit=limit)


def only_of(units: Collection[str]) -> list[sqlalchemy.ColumnElement[bool]]:
    """The conditions in SQL that leave the deliveries that speak of these units and of no other."""
    first = sqlalchemy.func.coalesce(
        Delivery.resend_of, Delivery.id
    )  # the one that holds the alerts
    carried = select(Alert.id).where(Alert.delivery_id == first)
    of_others = carried.join(Obligation, col(Alert.obligation_id) == col(Obligation.id)).where(
        col(Obligation.unit).not_in(sorted(units))
    )
    return [carried.exists(), ~of_others.exists()]
