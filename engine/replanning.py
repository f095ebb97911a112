"""Planning again, for another recipient, what a delivery carried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlmodel import Session, select

from engine.agency import Agency
from engine.alerts import Alert, Key, message_id
from engine.carried import Pair, items_of
from engine.deliveries import Delivery, Purpose, State
from engine.digest import composer_for
from engine.recipients import Recipient
from engine.workdays import WorkCalendar


@dataclass
class Load:
    """What one recipient has to be told."""

    to: Recipient
    mentions: dict[str, None] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    urgent: bool = False
    repeats: bool = False

    def add(self, to: Recipient, pairs: Sequence[Pair], row: Delivery) -> None:
        """More for the same address, in place of a delivery; of a group other people may be
        meant."""
        self.mentions |= dict.fromkeys(to.mentions)
        self.pairs += pairs
        self.urgent = self.urgent or row.urgent
        self.repeats = self.repeats or may_have_arrived(row)


def may_have_arrived(row: Delivery) -> bool:
    """Was it, or an earlier attempt of it, perhaps taken over?"""
    return row.possible_duplicate or row.repeats or row.state in (State.UNKNOWN, State.SENDING)


def plan_again(
    session: Session, agency: Agency, calendar: WorkCalendar, load: Load, now: datetime
) -> None:
    """Write alerts and deliveries for the recipient. What he was told on this channel before, on
    the same rung, is left out."""
    to, alerts = load.to, _untold(session, load)
    notifier = agency.channels[to.channel]
    composer = composer_for(agency, calendar, notifier, now)
    parts = composer.pack(items_of(alerts.values()))
    for number, part in enumerate(parts, 1):
        ids = {item.obligation.id for item in part}
        told = {key: alert for key, (alert, one) in alerts.items() if one.id in ids}
        delivery = _delivery(to, message_id(list(told), now), now)
        delivery.part, delivery.parts = number, len(parts)
        delivery.urgent, delivery.mentions = load.urgent, ",".join(load.mentions)
        delivery.repeats = load.repeats
        session.add(delivery)
        session.flush()
        for alert in told.values():
            alert.delivery_id = delivery.id or 0
            session.add(alert)
    session.flush()


def copy(session: Session, row: Delivery, to: Recipient, now: datetime) -> None:
    """The same word to the administrator at another place, once."""
    key = ["system again", row.message_id, to.channel, to.address]
    again = _delivery(to, sha256(repr(key).encode()).hexdigest()[:32], now)
    same = select(Delivery.id).where(Delivery.message_id == again.message_id)
    if session.exec(same).first() is None:
        again.purpose, again.subject, again.body = Purpose.SYSTEM, row.subject, row.body
        again.urgent, again.repeats = row.urgent, may_have_arrived(row)
        session.add(again)
        session.flush()


def _untold(session: Session, load: Load) -> dict[Key, Pair]:
    found: dict[Key, Pair] = {}
    for old, obligation in load.pairs:
        new = Alert(
            obligation_id=old.obligation_id,
            rung=old.rung,
            channel=load.to.channel,
            recipient=load.to.address,
            due_version=old.due_version,
            role=old.role,
            asked=old.asked,
            send_at=old.send_at,
            delivery_id=old.delivery_id,
        )
        key = (new.obligation_id, new.rung, new.channel, new.recipient, new.due_version)
        if key not in found and not _is_told(session, new):
            found[key] = (new, obligation)
    return found


def _is_told(session: Session, alert: Alert) -> bool:
    query = select(Alert.id).where(
        Alert.obligation_id == alert.obligation_id,
        Alert.rung == alert.rung,
        Alert.channel == alert.channel,
        Alert.recipient == alert.recipient,
        Alert.due_version == alert.due_version,
    )
    return session.exec(query).first() is not None


def _delivery(to: Recipient, id_: str, now: datetime) -> Delivery:
    return Delivery(
        message_id=id_,
        channel=to.channel,
        recipient=to.address,
        to=to.to,
        mentions=",".join(to.mentions),
        planned_at=now,
        part=1,
        parts=1,
        urgent=False,
        next_at=now,
    )
