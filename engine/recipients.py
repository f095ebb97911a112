"""收件人 Recipient: whom a rung reaches. Roles, and who stands in for whom. Pure.

A rung reaches the people of its role. Whoever is away is stood in for by his substitute (代办人),
or the substitute's own; where nobody of the role can hear, the next role of the unit does, and
in the end the unit above. A group hears once, and is told who of it is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.units import Contact, Role, Unit, lineage, substitutes
from notifiers.channel import Addressing, Notifier

Away = frozenset[tuple[str, str]]  # unit and name of those who are on leave (请假)
NOBODY_AWAY: Away = frozenset()
_OF_A_UNIT = (Role.HANDLER, Role.HEAD, Role.LEADER)


@dataclass(frozen=True)
class Recipient:
    """收件人: an address on a channel. The address is a mail address or account, else the
    channel's id (a group) or a unit's id (the console). `role` is what the rung has reached,
    `asked` the people whom the message has to name: `陈静（代王莉）`."""

    channel: str
    address: str
    to: str = ""  # what the notifier gets as the address
    mentions: tuple[str, ...] = ()
    role: Role = Role.HANDLER
    asked: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody who hears, over the channels of his own unit; `acting_for` are those for whom."""

    home: Unit
    contact: Contact
    acting_for: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """`陈静（代王莉）`."""
        others = f"（代{'、'.join(self.acting_for)}）" if self.acting_for else ""
        return self.contact.name + others


@dataclass(frozen=True)
class Directory:
    """Who is reached where, on a day on which some are away."""

    units: Mapping[str, Unit]
    channels: Mapping[str, Notifier]
    away: Away = NOBODY_AWAY

    def recipients(self, unit_id: str, role: Role) -> list[Recipient]:
        """Whom a rung for a role reaches; nobody is told twice.

        A unit that names no head and no leader has no rungs for them. Where a rung's own role
        cannot hear, it goes on to the next one that can, and in the end to the unit above.
        """
        line = lineage(unit_id, self.units)
        missed: list[str] = []
        if role is not Role.SUPERIOR and line:
            if role is not Role.HANDLER and not line[0].escalates:
                return []
            if found := self._within(line[0], role, missed):
                return found
        reached = Role.HANDLER if role is Role.HANDLER else Role.SUPERIOR
        for unit in line[1:]:
            if found := self._within(unit, Role.HANDLER, missed, reached):
                return found
        return []

    def everybody(self, unit: Unit) -> list[Recipient]:
        """All contacts of a unit, on all its channels, whatever their roles."""
        return self._on_channels(unit, [Person(unit, contact) for contact in unit.contacts])

    def reaches(self, home: Unit, contact: Contact) -> bool:
        """Is there a channel of his unit on which a person is reached?"""
        return any(self._on(channel, home, [contact]) for channel in home.channels)

    def _within(
        self, unit: Unit, asked: Role, missed: list[str], reached: Role | None = None
    ) -> list[Recipient]:
        """The recipients in one unit; `missed` collects those for whom nobody stood in."""
        for role in _OF_A_UNIT[_OF_A_UNIT.index(asked) :]:
            if people := self._people(unit, role, missed):
                shown = reached or (Role.HANDLER if asked is Role.HANDLER else role)
                return self._on_channels(unit, people, shown)
        if asked is not Role.HANDLER:
            return []
        return self._on_channels(unit, [], reached or asked)  # its groups, whoever is in them

    def _people(self, unit: Unit, role: Role, missed: list[str]) -> list[Person]:
        """Those of a role who hear, and those who stand in for them."""
        acting: dict[tuple[Unit, Contact], list[str]] = {}
        nobody: list[str] = []
        for contact in unit.of_role(role):
            found = self._stand_in(unit, contact)
            if found is None:
                nobody.append(contact.name)
            elif self.reaches(*found):
                names = acting.setdefault(found, [])
                if found != (unit, contact):
                    names.append(contact.name)
        if not acting:
            missed += nobody
            return []
        if missed:  # of the roles below, nobody was there
            for names in acting.values():
                names[:0] = missed
        return [
            Person(home, contact, tuple(dict.fromkeys(names)))
            for (home, contact), names in acting.items()
        ]

    def _stand_in(self, home: Unit, contact: Contact) -> tuple[Unit, Contact] | None:
        """Himself, unless he is away; else his substitute, if he is there and is reached; else
        the substitute's. None at the end of the chain, or where it turns back."""
        seen: list[tuple[Unit, Contact]] = []
        while (home.id, contact.name) in self.away or (seen and not self.reaches(home, contact)):
            seen.append((home, contact))
            named = substitutes(home, contact, self.units)
            if not named or named[0] in seen:
                return None
            home, contact = named[0]
        return home, contact

    def _on_channels(
        self, unit: Unit, people: Sequence[Person], role: Role = Role.HANDLER
    ) -> list[Recipient]:
        """The addresses of people, each once. The unit's own groups always hear."""
        found: dict[tuple[str, str], Recipient] = {}
        for home in dict.fromkeys((unit, *(person.home for person in people))):
            for channel in home.channels:
                for recipient in self._told(channel, home, people, role):
                    found.setdefault((channel, recipient.address), recipient)
        return list(found.values())

    def _told(
        self, channel: str, home: Unit, people: Sequence[Person], role: Role
    ) -> Iterator[Recipient]:
        """On a channel of persons one for each of the unit's, else one that names them all."""
        here = [person for person in people if person.home == home]
        if self.channels[channel].addressing in (Addressing.GROUP, Addressing.UNIT):
            for one in self._on(channel, home, [person.contact for person in here]):
                yield replace(one, role=role, asked=_named(people, role))
            return
        for person in here:
            for one in self._on(channel, home, [person.contact]):
                yield replace(one, role=role, asked=_named([person], role))

    def _on(self, channel: str, home: Unit, contacts: Sequence[Contact]) -> list[Recipient]:
        """The address of some people on a channel of their unit; none where they have none."""
        match self.channels[channel].addressing:
            case Addressing.MAIL:
                return [Recipient(channel, one.mail, one.mail) for one in contacts if one.mail]
            case Addressing.PERSON:
                accounts = (one.account for one in contacts if one.account)
                return [Recipient(channel, account, account) for account in accounts]
            case Addressing.UNIT:
                return [Recipient(channel, home.id)]
            case Addressing.GROUP:
                mobiles = tuple(one.mobile for one in contacts if one.mobile)
                return [Recipient(channel, channel, mentions=mobiles)]


def _named(people: Sequence[Person], role: Role) -> str:
    """Who is asked, as a message names them: the head and the leader; of the others only those
    who stand in for somebody."""
    always = role in (Role.HEAD, Role.LEADER)
    return "、".join(person.in_words for person in people if always or person.acting_for)
