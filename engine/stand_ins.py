"""Who is told on a fallback in place of a delivery's recipient: the same person, else his unit."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlmodel import Session, select

from engine.addresses import paused
from engine.agency import Agency, Recipient
from engine.channels import ChannelState
from engine.deliveries import Delivery
from engine.policies import fallbacks
from engine.units import Contact, Unit
from notifiers.channel import Addressing


@dataclass
class StandIns:
    """As the database stands: what is disabled or paused is passed over."""

    session: Session
    agency: Agency
    _closed: set[tuple[str, str]] = field(init=False)
    _disabled: set[str] = field(init=False)
    _known: dict[tuple[str, str, str], list[Recipient]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._closed = paused(self.session)
        query = select(ChannelState.id).where(ChannelState.disabled_reason != "")
        self._disabled = set(self.session.exec(query).all())

    def of(self, row: Delivery, unit: Unit) -> list[Recipient]:
        """Who of a unit is told instead, on the nearest fallback that reaches anybody; empty
        where none does."""
        key = (row.channel, row.recipient, unit.id)
        if key not in self._known:
            person = _person(self.agency, row, unit)
            channels = fallbacks(self.agency.policies, row.channel)
            found = (self._on(channel, unit, person) for channel in channels)
            self._known[key] = next(filter(None, found), [])
        return self._known[key]

    def _on(self, channel: str, unit: Unit, person: Contact | None) -> list[Recipient]:
        if channel in self._disabled:
            return []
        found = dict.fromkeys(
            (person and self._himself(channel, unit, person))
            or self.agency.recipients_on(channel, unit)
        )
        return [one for one in found if (one.channel, one.address) not in self._closed]

    def _himself(self, channel: str, unit: Unit, person: Contact) -> list[Recipient]:
        found = list(self.agency.recipients_on(channel, replace(unit, contacts=(person,))))
        if self.agency.channels[channel].addressing in (Addressing.GROUP, Addressing.UNIT):
            return found
        # A fixed list of users names others beside him.
        return [one for one in found if one.address in (person.mail, person.account)]


def _person(agency: Agency, row: Delivery, unit: Unit) -> Contact | None:
    """The contact to whom a delivery goes, where it goes to one person."""
    notifier = agency.channels.get(row.channel)
    if notifier and notifier.addressing is Addressing.MAIL:
        return next((one for one in _contacts(agency, unit) if one.mail == row.recipient), None)
    if notifier and notifier.addressing is Addressing.PERSON:
        return next((one for one in _contacts(agency, unit) if one.account == row.recipient), None)
    return None


def _contacts(agency: Agency, unit: Unit) -> Iterator[Contact]:
    """The unit's own first."""
    for one in (unit, *agency.units.values()):
        yield from one.contacts
