"""Who may acknowledge what of a delivery, by its link or its card, and doing so.

Only matters that were told to those who do them: who is told as the head, the leader or the superior
has nothing to take into hand, and must not end the handlers' reminders.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from engine.acknowledgements import Acknowledgement, Via, acknowledge
from engine.agency import Agency
from engine.alerts import Alert
from engine.deliveries import Delivery
from engine.obligations import STATUS_NAMES, Obligation, Status
from engine.units import Contact, Role, Unit, lineage
from engine.workdays import WorkCalendar
from notifiers.channel import Addressing


@dataclass(frozen=True)
class Told:
    """One matter of a delivery. `ours`: it was told to those who do it, and its recipient may
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
    """The matters that a delivery told its recipient, each once, by their due day. One that was sent
    again by hand carries the alerts of the first."""
    query = (
        select(Alert, Obligation)
        .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
        .where(
            Alert.delivery_id == (delivery.resend_of or delivery.id),
            Alert.recipient == delivery.recipient,
        )
        .order_by(col(Obligation.due_on), col(Obligation.id), col(Alert.id))
    )
    found: dict[int | None, Told] = {}
    for alert, row in session.exec(query).all():
        ours = alert.role is Role.HANDLER
        if row.id not in found or (ours and not found[row.id].ours):
            found[row.id] = Told(row, ours, alert.due_version)
    return list(found.values())


def signatories(agency: Agency, delivery: Delivery, told: Iterable[Told]) -> list[Contact]:
    """签收人: whom a delivery reached, each name once. On a channel of persons the contacts with its
    address, also of a unit above, who may stand in; where the configuration names users of the
    channel, else the account. On others the contacts of the units that were told, and the units
    themselves where it names nobody."""
    told = list(told)
    units = list(dict.fromkeys(filter(None, (_unit_told(agency, delivery, one) for one in told))))
    channel = agency.channels.get(delivery.channel)
    match channel.addressing if channel else Addressing.GROUP:
        case Addressing.MAIL:
            people = [one for one in _contacts_above(agency, told) if one.mail == delivery.to]
        case Addressing.PERSON:
            people = [one for one in _contacts_above(agency, told) if one.account == delivery.to]
            if not people and channel and delivery.to in channel.users:
                people = [Contact(delivery.to, account=delivery.to)]
        case Addressing.UNIT:
            people = [
                one for unit in units if unit.id == delivery.recipient for one in unit.contacts
            ]
        case Addressing.GROUP:
            people = [one for unit in units for one in unit.contacts]
    people = people or [Contact(unit.name) for unit in units]
    return list({contact.name: contact for contact in people}.values())


def _contacts_above(agency: Agency, told: Iterable[Told]) -> Iterator[Contact]:
    """The contacts of the units of some matters, and of those above them."""
    for one in told:
        for unit in lineage(one.obligation.unit, agency.units):
            yield from unit.contacts


def _unit_told(agency: Agency, delivery: Delivery, one: Told) -> Unit | None:
    """The unit over whose channel a matter was told: the nearest that has it; of a channel that took
    over from another the nearest at all."""
    line = lineage(one.obligation.unit, agency.units)[not one.ours :]
    here = (unit for unit in line if delivery.channel in unit.channels)
    return next(here, line[0] if line else None)


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
