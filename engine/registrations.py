"""登记 Registered: the units and duties that people entered, put over those of the configuration.

What the configuration file says is never overwritten: where both name the same unit or duty, or the
file no longer has what an entry rests on, the sentence says which of them to change.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.duties import Duty
from engine.duty_entries import DutyEntry, duty_entries
from engine.errors import BadAgency
from engine.ladder import Ladder
from engine.unit_entries import UnitEntry, unit_entries
from engine.units import Unit

Mark = tuple[int, int]


@dataclass(frozen=True)
class Registered:
    """登记: the entries that count."""

    units: tuple[UnitEntry, ...] = ()
    duties: tuple[DutyEntry, ...] = ()

    def on(self, agency: Agency) -> Agency:
        """The configured part of an agency with these entries beside it, instead of those that it
        had. Raises BadAgency."""
        if not (self.units or self.duties or agency.registered_units or agency.registered_duties):
            return agency
        units = _without(agency.units, agency.registered_units)
        duties = _without(agency.duties, agency.registered_duties)
        self._check_apart(units, duties)
        own_units = {one.unit: one.in_region(agency.region) for one in self.units if not one.ended}
        own = {one.key: _duty(one, agency) for one in self.duties if self._counts(one)}
        _check_names({**units, **own_units})
        return replace(
            agency,
            units={**units, **own_units},
            duties={**duties, **own},
            registered_units={one.unit: one.id or 0 for one in self.units if not one.ended},
            registered_duties=frozenset(own),
        )

    def _counts(self, duty: DutyEntry) -> bool:
        ended = any(unit.ended and unit.unit == duty.unit for unit in self.units)
        return not (duty.taken_back or ended)

    def _check_apart(self, units: Collection[str], duties: Collection[str]) -> None:
        """Raises BadAgency where the configuration file says anything of the same."""
        for unit in self.units:
            if unit.unit in units and not unit.ended:
                raise BadAgency(
                    f"单位 {unit.unit} 已在“单位”页面登记（{unit.by}），"
                    "配置文件不能再写它的 [[unit]]，请从配置文件中去掉"
                )
        for duty in self.duties:
            if duty.key in duties and self._counts(duty):
                raise BadAgency(
                    f"单位 {duty.unit} 对规则 {duty.rule} 的责任已在“单位”页面登记（{duty.by}），"
                    "配置文件不能再写它的 [[duty]]，请从配置文件中去掉"
                )


def registered(session: Session) -> Registered:
    """What was entered so far."""
    return Registered(tuple(unit_entries(session)), tuple(duty_entries(session)))


def registration_mark(session: Session) -> Mark:
    """Another one whenever something was entered."""
    unit = session.exec(select(func.max(col(UnitEntry.id)))).one()
    duty = session.exec(select(func.max(col(DutyEntry.id)))).one()
    return unit or 0, duty or 0


def ladder_named(agency: Agency, name: str) -> Ladder | None:
    """The configured ladder of a name; the office's own for none, None where there is no such."""
    return agency.named_ladders.get(name) if name else agency.ladder


def _duty(entry: DutyEntry, agency: Agency) -> Duty:
    ladder = ladder_named(agency, entry.ladder)
    if ladder is None:
        raise BadAgency(
            f"单位 {entry.unit} 对规则 {entry.rule} 的责任用到提醒策略“{entry.ladder}”，"
            "配置文件中没有它的 [[ladder]]，请补上"
        )
    return Duty(entry.rule, entry.unit, entry.since, entry.until, ladder)


def _check_names(units: Mapping[str, Unit]) -> None:
    owner: dict[str, str] = {}
    for unit in units.values():
        for name in dict.fromkeys((unit.name, *unit.aliases)):
            if (other := owner.setdefault(name, unit.id)) != unit.id:
                raise BadAgency(
                    f"单位 {other} 和 {unit.id} 的名称或别名都是“{name}”，请改正其中一个"
                )


_Value = TypeVar("_Value")


def _without(values: Mapping[str, _Value], keys: Collection[str]) -> dict[str, _Value]:
    return {key: value for key, value in values.items() if key not in keys}
