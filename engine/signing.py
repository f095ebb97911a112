"""Who may acknowledge what of a delivery, by its link or its card, and doing so.

Only matters that were told to the unit that owes them: who is told as the superior has nothing to
take into hand, and must not end the unit's reminders.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from engine.acknowledgements import Acknowledgement, Via, acknowledge, silences
from engine.agency import Agency
from engine.alerts import Alert
from engine.deliveries import Delivery
from engine.obligations import STATUS_NAMES, Obligation, Status
from engine.units import Contact, Unit, lineage
from engine.workdays import WorkCalendar
from notifiers.channel import Addressing

_SIGNED = "已签收"
_NOTHING_LEFT = "其中事项均已办结、免除或改期，或已另行提醒"


@dataclass(frozen=True)
class Told:
    """One matter of a delivery. `ours`: it was told to the unit that owes it, and its recipient may
    acknowledge it. `due_version` is the version of the date that was told."""

    obligation: Obligation
    ours: bool
    due_version: int


@dataclass(frozen=True)
class Signed:
    """What became of one matter: its acknowledgement and whether it is new, or why there is none."""

    obligation: Obligation
    acknowledgement: Acknowledgement | None = None
    new: bool = False
    refused: str = ""


def matters_of(session: Session, delivery: Delivery) -> list[Told]:
    """The matters that a delivery told its recipient, each once, by their due day."""
    query = (
        select(Alert, Obligation)
        .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
        .where(Alert.delivery_id == delivery.id, Alert.recipient == delivery.recipient)
        .order_by(col(Obligation.due_on), col(Obligation.id), col(Alert.to_superior))
    )
    found: dict[int | None, Told] = {}
    for alert, row in session.exec(query).all():
        found.setdefault(row.id, Told(row, not alert.to_superior, alert.due_version))
    return list(found.values())


def signatories(agency: Agency, delivery: Delivery, told: Iterable[Told]) -> list[Contact]:
    """签收人: the contacts whom a delivery reached, each name once; the units themselves where the
    configuration names nobody."""
    units = list(dict.fromkeys(filter(None, (_unit_told(agency, delivery, one) for one in told))))
    people = list(_reached(agency, delivery, units)) or [Contact(unit.name) for unit in units]
    return list({contact.name: contact for contact in people}.values())


def _unit_told(agency: Agency, delivery: Delivery, one: Told) -> Unit | None:
    """The unit over whose channel a matter was told: the nearest that has it."""
    line = lineage(one.obligation.unit, agency.units)[not one.ours :]
    return next((unit for unit in line if delivery.channel in unit.channels), None)


def _reached(agency: Agency, delivery: Delivery, units: Iterable[Unit]) -> Iterator[Contact]:
    channel = agency.channels.get(delivery.channel)
    addressing = channel.addressing if channel else Addressing.GROUP
    for unit in units:
        for contact in unit.contacts:
            address = {
                Addressing.MAIL: contact.mail,
                Addressing.PERSON: contact.account,
                Addressing.UNIT: unit.id,
                Addressing.GROUP: delivery.recipient,
            }[addressing]
            if address == delivery.recipient:
                yield contact


def sign(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    matters: Iterable[Told],
    *,
    by: str,
    via: Via,
    until: date | None = None,
    now: datetime,
) -> list[Signed]:
    """Acknowledge matters of one delivery, each by itself: what is done needs none. Raises
    NotAllowed where the day `until` does not suit one that is open."""
    signed = []
    for one in matters:
        row = one.obligation
        assert row.id is not None
        if not one.ours:
            signed.append(Signed(row, refused="督办事项由承办单位签收"))
        elif row.status is not Status.OPEN:
            signed.append(Signed(row, refused=f"{STATUS_NAMES[row.status]}，不用签收"))
        else:
            found, new = acknowledge(
                session, agency, calendar, row.id, by=by, via=via, until=until, now=now
            )
            signed.append(Signed(row, found, new))
    return signed


def reason_to_skip(session: Session, delivery_id: int, now: datetime) -> str:
    """Why nothing of a reminder is left to be told."""
    query = (
        select(Alert, Obligation)
        .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
        .where(Alert.delivery_id == delivery_id)
    )
    told, silenced = session.exec(query).all(), silences(session, now)
    signed = [
        row.status is Status.OPEN and silenced(row, alert.rung, alert.to_superior)
        for alert, row in told
    ]
    if told and all(signed):
        return _SIGNED
    return f"{_SIGNED}；其余办结、免除、改期或已另行提醒" if any(signed) else _NOTHING_LEFT
