"""单位 Unit and its contacts (联系人), and the matching of holders named in a document to units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.notices import CN


class Role(StrEnum):
    """角色: what a person is to a unit's obligations, in the order in which they are told. A
    contact is one of the first three; the last is the unit above."""

    HANDLER = "handler"  # 承办人: does it
    HEAD = "head"  # 负责人: presses when it is late
    LEADER = "leader"  # 分管领导
    SUPERIOR = "superior"  # 上级单位


ROLE_NAMES = {Role.HANDLER: "承办人", Role.HEAD: "负责人", Role.LEADER: "分管领导"}


@dataclass(frozen=True)
class Contact:
    """联系人: a person of a unit, with the addresses that channels use. `substitute` (代办人) is
    the name of who stands in while the person is away: of the same unit or of the one above."""

    name: str
    mobile: str = ""
    mail: str = ""
    account: str = ""  # the person's id in the work chat
    role: Role = Role.HANDLER
    substitute: str = ""


@dataclass(frozen=True)
class Unit:
    """单位. `parent` is the id of the superior unit, to whom what is late is reported; `region` the
    GB/T 2260 code whose holiday notices it follows, or CN."""

    id: str
    name: str
    parent: str = ""
    aliases: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    channels: tuple[str, ...] = ()
    region: str = CN

    def of_role(self, role: Role) -> tuple[Contact, ...]:
        """The contacts of one role."""
        return tuple(contact for contact in self.contacts if contact.role is role)

    @property
    def escalates(self) -> bool:
        """Does it name anybody whom what is late is put to before the unit above?"""
        return any(contact.role is not Role.HANDLER for contact in self.contacts)


def match_holders(holders: Iterable[str], units: Iterable[Unit]) -> dict[str, str | None]:
    """Each holder's unit id by name or alias, None where no unit answers to it."""
    names = {name: unit.id for unit in units for name in (unit.name, *unit.aliases)}
    return {holder: names.get(holder) for holder in holders}


def lineage(unit_id: str, units: Mapping[str, Unit]) -> list[Unit]:
    """The unit, its superior, and so on upwards."""
    line: list[Unit] = []
    while unit_id in units and units[unit_id] not in line:
        line.append(units[unit_id])
        unit_id = units[unit_id].parent
    return line


def substitutes(
    unit: Unit, contact: Contact, units: Mapping[str, Unit]
) -> list[tuple[Unit, Contact]]:
    """Those who answer to the name of a contact's substitute: in his unit, else in the one above."""
    for home in lineage(unit.id, units)[:2]:
        found = [(home, one) for one in home.contacts if one.name == contact.substitute]
        if found:
            return found
    return []


def subtree(root: str, units: Mapping[str, Unit]) -> frozenset[str]:
    """The ids of a unit and of all units below it; none where there is no such unit."""
    return frozenset(id_ for id_ in units if any(unit.id == root for unit in lineage(id_, units)))
