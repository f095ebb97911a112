"""预览 Preview: the messages that would go out at an instant, and days on which they are too many.

The same derivation, planning and composing as a tick, in a transaction that is rolled back.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, func
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.alerts import Alert, plan
from engine.carried import carried
from engine.claims import Claimer
from engine.database import trying
from engine.deliveries import Delivery, Purpose, State
from engine.derivation import derive
from engine.instants import at, local_day
from engine.obligations import Obligation, Status
from engine.signed_links import longest_link, unsigned
from engine.simulation import simulate
from engine.workdays import WorkCalendar
from notifiers.message import Message


@dataclass(frozen=True)
class Previewed:
    """A message as it would be handed to its channel, and what the channel would let leave of it,
    byte for byte (`Notifier.written`). `limit`: of the body, in bytes of UTF-8."""

    channel: str
    recipient: str
    subject: str
    body: str
    limit: int
    requests: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body.encode())


@dataclass(frozen=True)
class Coming:
    """A message of one of the next mornings."""

    at: datetime
    message: Previewed


@dataclass(frozen=True)
class TooMany:
    """A day on which channels of one credential get more messages than pass at once."""

    day: date
    channels: tuple[str, ...]
    messages: int
    number: int
    length: timedelta

    @property
    def in_words(self) -> str:
        """`9月30日 83 条，超过每分钟20条，将分批发送`."""
        seconds = int(self.length.total_seconds())
        span = "分钟" if seconds == 60 else f"{seconds}秒"
        channels = "、".join(self.channels)
        return (
            f"{self.day.month}月{self.day.day}日 {channels} {self.messages} 条，"
            f"超过每{span}{self.number}条，将分批发送"
        )


def preview(
    db: Engine,
    agency: Agency,
    calendar: WorkCalendar,
    unit: str,
    now: datetime,
    channel: str | None = None,
) -> list[Previewed]:
    """What would go out now about a unit's matters: planned now, or waiting. Nothing is stored."""
    with trying(db) as session:
        derive(session, agency, calendar, now)
        plan(session, agency, calendar, now)
        session.flush()
        about = select(Alert.delivery_id).join(
            Obligation, col(Alert.obligation_id) == col(Obligation.id)
        )
        of_unit = col(Delivery.id).in_(about.where(Obligation.unit == unit))
        of_channel = [col(Delivery.channel) == channel] if channel else []
        return list(_composed(session, agency, calendar, now, of_unit, *of_channel))


def coming(
    db: Engine,
    agency: Agency,
    calendar: WorkCalendar,
    now: datetime,
    mornings: int,
    *conditions: ColumnElement[bool],
) -> list[Coming]:
    """What will go out on the next so many working mornings, if nobody completes anything until
    then; `conditions` leave some of the deliveries. Nothing is stored, but while it works nobody
    else can write: a few mornings of one office."""
    found = []
    with trying(db) as session:
        derive(session, agency, calendar, now)
        for moment in _mornings(agency, calendar, now, mornings):
            last = session.exec(select(func.max(col(Delivery.id)))).one() or 0
            plan(session, agency, calendar, moment)
            session.flush()
            new = col(Delivery.id) > last
            texts = _composed(session, agency, calendar, moment, new, *conditions)
            found += [Coming(moment, text) for text in texts]
    return found


def near(session: Session, now: datetime) -> int:
    """How many open obligations the next mornings speak of, about: late ones, and two weeks'."""
    last = local_day(now) + timedelta(days=14)
    rows = select(func.count()).select_from(Obligation)
    return session.exec(
        rows.where(Obligation.status == Status.OPEN, col(Obligation.due_on) <= last)
    ).one()


def _mornings(
    agency: Agency, calendar: WorkCalendar, now: datetime, number: int
) -> Iterator[datetime]:
    day = calendar.on_or_after(local_day(now))
    if at(day, agency.hours.begin) <= now:
        day = calendar.add(day, 1)
    for _ in range(number):
        yield at(day, agency.hours.begin)
        day = calendar.add(day, 1)


def _composed(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    now: datetime,
    *conditions: ColumnElement[bool],
) -> Iterator[Previewed]:
    query = select(Delivery).where(
        Delivery.purpose == Purpose.REMINDER, Delivery.state == State.QUEUED, *conditions
    )
    writer = _Writer(session, agency, calendar, timedelta(), now, take_over=False)
    for row in session.exec(query.order_by(col(Delivery.id))).all():
        notifier = agency.channels.get(row.channel)
        if notifier and (message := writer.message(row)):
            written = notifier.written(message, now)
            what = (message.subject, message.body, notifier.limit, written)
            yield Previewed(row.channel, row.recipient, *what)


class _Writer(Claimer):
    """Writes what a claim would write, and claims nothing."""

    def message(self, row: Delivery) -> Message | None:
        """None where nothing is left to tell. Who has the real link may acknowledge: it is not shown."""
        pairs = carried(self.session, row, self.now)
        if not pairs:
            return None
        message = self._message(row, self.agency.channels[row.channel], pairs, None)
        address = self.agency.public_url
        return replace(message, body=unsigned(message.body, address), link=longest_link(address))


def too_many(agency: Agency, calendar: WorkCalendar, first: date, last: date) -> list[TooMany]:
    """The days of a stretch on which more messages go out than a channel takes at once, if nobody
    completes anything. Channels that share a secret share its limit."""
    sharing: dict[str, list[str]] = {}
    for id_, notifier in agency.channels.items():
        sharing.setdefault(notifier.credential, []).append(id_)
    counts: Counter[tuple[date, str]] = Counter()
    for message in simulate(agency, calendar, first, last):
        credential = agency.channels[message.delivery.channel].credential
        counts[local_day(message.delivery.planned_at), credential] += 1
    found = []
    for (day, credential), messages in sorted(counts.items()):
        shared = (one for one in agency.channels[sharing[credential][0]].windows if not one.each)
        if window := next((one for one in shared if messages > one.count), None):
            channels = tuple(sharing[credential])
            found.append(TooMany(day, channels, messages, window.count, window.span))
    return found
