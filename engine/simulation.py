"""推演 Simulation: the same tick over a stretch of days, on a database in memory.

Nothing is sent or stored. What fell due before the first day is taken as done and what was told
until then as told; nothing that falls due later is completed, so late reminders show too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, update
from sqlmodel import col, select

from engine.agency import Agency
from engine.alerts import Alert
from engine.channels import register
from engine.database import open_database, reading, writing
from engine.deliveries import Delivery
from engine.derivation import derive
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.instants import at
from engine.ladder import MOVED
from engine.obligations import Obligation, Status
from engine.schema import create_in_memory
from engine.tick import tick
from engine.workdays import WorkCalendar
from notifiers.channel import Addressing, Notifier, Window
from notifiers.message import Markup, Message, Outcome, OutcomeKind


@dataclass(frozen=True)
class Simulated:
    """A message that would have gone out, with the alerts that it carries."""

    delivery: Delivery
    alerts: tuple[tuple[Alert, Obligation], ...]


class Accepting:
    """Stands in for a channel: takes every message, sends none, knows no limit of rate."""

    windows: tuple[Window, ...] = ()
    duplicate_safe = True

    def __init__(self, real: Notifier) -> None:
        self.kind: str = real.kind
        self.markup: Markup = real.markup
        self.limit: int = real.limit
        self.credential: str = real.credential
        self.addressing: Addressing = real.addressing
        self.users: tuple[str, ...] = real.users

    def written(self, _message: Message, _now: datetime) -> tuple[bytes, ...]:
        """Nothing leaves."""
        return ()

    async def send(self, _message: Message, _now: datetime) -> Outcome:
        """Accepted, without effect."""
        return Outcome(OutcomeKind.ACCEPTED)


def simulate(
    agency: Agency, calendar: WorkCalendar, first: date, last: date
) -> Iterator[Simulated]:
    """The messages of the working days from `first` to `last`, in the order of sending."""
    channels: dict[str, Notifier] = {
        id_: Accepting(notifier) for id_, notifier in agency.channels.items()
    }
    agency = replace(agency, channels=channels, spread=False, administrator=None)
    db = open_database("sqlite://")
    create_in_memory(db)
    before = at(calendar.add(first, -1), agency.hours.begin)
    _begin(db, agency, calendar, first, before)
    for now in (before, *_mornings(agency, calendar, first, last)):
        dispatcher = Inline(Drainer(db, agency, calendar, lambda now=now: now))  # type: ignore[misc]
        tick(db, agency, calendar, dispatcher, now)
        dispatcher.close()
        if now > before:
            yield from _sent(db, now)
    db.dispose()


def _begin(
    db: Engine, agency: Agency, calendar: WorkCalendar, first: date, before: datetime
) -> None:
    """The state of an office that has done everything due before the first day."""
    done = update(Obligation).where(col(Obligation.due_on) < first).values(status=Status.DONE)
    with writing(db) as session:
        register(session, agency.channels)
        derive(session, agency, calendar, before)
        session.execute(done)


def _mornings(
    agency: Agency, calendar: WorkCalendar, first: date, last: date
) -> Iterator[datetime]:
    day = first
    while day <= last:
        if calendar.is_workday(day):
            yield at(day, agency.hours.begin)
        day += timedelta(days=1)


def _sent(db: Engine, now: datetime) -> Iterator[Simulated]:
    deliveries = select(Delivery).where(Delivery.planned_at == now).order_by(col(Delivery.id))
    with reading(db) as session:
        for delivery in session.exec(deliveries).all():
            carried = (
                select(Alert, Obligation)
                .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
                .where(Alert.delivery_id == delivery.id)
            )
            yield Simulated(delivery, tuple(session.exec(carried).all()))


def leading_rung(rungs: Iterable[str]) -> str:
    """The most pressing of the rungs in one message: by the hour, late, due, near, then moved."""

    def order(rung: str) -> tuple[int, int]:
        if rung == MOVED:
            return (3, 0)
        stage, _, number = rung.removeprefix("superior").partition("+")
        if ":" in rung:
            return (0, 0)
        return (1, -int(number)) if number else (2, int(stage))

    return min(rungs, key=order)
