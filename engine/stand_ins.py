"""Who is told on a fallback in place of a delivery's recipient: the same person, else his unit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlmodel import Session, select

from engine.addresses import paused
from engine.agency import Agency
from engine.channels import ChannelState
from engine.deliveries import Delivery
from engine.policies import fallbacks
from engine.recipients import Away, Directory, Recipient
from engine.units import Contact, Role, Unit
from notifiers.channel import Addressing


@dataclass
class StandIns:
    """As the database stands: what is disabled or paused is passed over, and who is `away`."""

    session: Session
    agency: Agency
    away: Away
    _closed: set[tuple[str, str]] = field(init=False)
    _disabled: set[str] = field(init=False)
    _known: dict[tuple[str, str, str, Role], list[Recipient]] = field(
        default_factory=dict, init=False
    )

    def __post_init__(self) -> None:
        self._closed = paused(self.session)
        query = select(ChannelState.id).where(ChannelState.disabled_reason != "")
        self._disabled = set(self.session.exec(query).all())

    def of(self, row: Delivery, unit: str, role: Role) -> list[Recipient]:
        """Who is told instead of a rung of a unit's obligation, on the nearest fallback that
        reaches anybody; empty where none does."""
        key = (row.channel, row.recipient, unit, role)
        if key not in self._known:
            directory, himself = self.agency.directory(self.away), self._person(row, unit)

            def on(channel: str) -> list[Recipient]:
                found = himself and _himself(directory, channel, *himself)
                return found or directory.over(channel).recipients(unit, role)

            self._known[key] = self._nearest(row, on)
        return self._known[key]

    def of_administrator(self, row: Delivery) -> list[Recipient]:
        """Where the administrator is told instead."""
        admin, directory = self.agency.administrator, self.agency.directory()
        if admin is None:
            return []
        return self._nearest(row, lambda channel: directory.on(channel, admin, admin.contacts))

    def _nearest(self, row: Delivery, on: Callable[[str], Iterable[Recipient]]) -> list[Recipient]:
        for channel in fallbacks(self.agency.policies, row.channel):
            if channel not in self._disabled:
                found = dict.fromkeys(on(channel))
                open_ = [one for one in found if (channel, one.address) not in self._closed]
                if open_:
                    return open_
        return []

    def _person(self, row: Delivery, unit: str) -> tuple[Unit, Contact] | None:
        """The contact to whom a delivery goes, where it goes to one person; the unit's own first."""
        notifier = self.agency.channels.get(row.channel)
        if notifier is None or notifier.addressing not in (Addressing.MAIL, Addressing.PERSON):
            return None
        units = self.agency.units
        for home in (*filter(None, [units.get(unit)]), *units.values()):
            for one in home.contacts:
                by_mail = notifier.addressing is Addressing.MAIL
                if row.recipient == (one.mail if by_mail else one.account):
                    return home, one
        return None


def _himself(directory: Directory, channel: str, home: Unit, person: Contact) -> list[Recipient]:
    found = directory.on(channel, home, [person])
    if directory.channels[channel].addressing in (Addressing.GROUP, Addressing.UNIT):
        return found
    # A fixed list of users names others beside him.
    return [one for one in found if one.address in (person.mail, person.account)]
