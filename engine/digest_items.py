"""What a message is about: one item for each obligation, with what is asked of whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.obligations import Obligation
from engine.units import Role


@dataclass(frozen=True)
class Item:
    """One matter of a message: an obligation, whether it is put to the superior, what else is
    asked of whom (`督办：请王莉催办`), and whether it is told to those who do it."""

    obligation: Obligation
    superior: bool = False
    notes: tuple[str, ...] = ()
    ours: bool = True


def items_of(told: Iterable[tuple[Obligation, Role, str]]) -> list[Item]:
    """One matter for each obligation, of those told with the role that they reach and the people
    who are asked. What is put to somebody of its own unit is not put to the superior too."""
    by_id: dict[int | None, list[tuple[Obligation, Role, str]]] = {}
    for one in told:
        by_id.setdefault(one[0].id, []).append(one)
    items = []
    for group in by_id.values():
        own = [one for one in group if one[1] is not Role.SUPERIOR]
        notes = _notes(own or group)
        ours = any(role is Role.HANDLER for _, role, _ in group)
        items.append(Item(group[0][0], not own and not notes, notes, ours))
    return items


def _notes(told: Iterable[tuple[Obligation, Role, str]]) -> tuple[str, ...]:
    """Who stands in for whom, and who is asked to press."""
    named = [(role is Role.HANDLER, asked) for _, role, asked in told if asked]
    doing = dict.fromkeys(asked for handler, asked in named if handler)
    pressing = dict.fromkeys(asked for handler, asked in named if not handler)
    return (
        *([f"代办：{'、'.join(doing)}"] if doing else []),
        *([f"督办：请{'、'.join(pressing)}催办"] if pressing else []),
    )
