"""单位 Unit and its contacts (联系人), and the matching of holders named in a document to units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.notices import CN


@dataclass(frozen=True)
class Contact:
    """联系人: a person of a unit, with the addresses that channels use."""

    name: str
    mobile: str = ""
    mail: str = ""
    account: str = ""  # the person's id in the work chat


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


def subtree(root: str, units: Mapping[str, Unit]) -> frozenset[str]:
    """The ids of a unit and of all units below it; none where there is no such unit."""
    return frozenset(id_ for id_ in units if any(unit.id == root for unit in lineage(id_, units)))
