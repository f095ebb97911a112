"""单位登记 UnitEntry: a unit as somebody entered it beside the configuration file.

Rows are only added: each is the whole unit as it was decided, and the last one of a unit counts. One
that says `ended` is the end of it.
"""

import json
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import false, func
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant
from engine.units import Contact, Role, Unit


class UnitEntry(SQLModel, table=True):
    """单位登记. `region` is empty where the office's own counts; the lists are JSON."""

    __tablename__ = "unit_entry"

    id: int | None = Field(default=None, primary_key=True)
    unit: str = Field(index=True)
    name: str
    parent: str
    region: str
    aliases: str
    contacts: str
    channels: str
    by: str
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    reason: str
    ended: bool = Field(default=False, sa_column_kwargs={"server_default": false()})

    def in_region(self, region: str) -> Unit:
        """The unit; `region` is that of an office whose units name none."""
        people = (dict(person) for person in json.loads(self.contacts))
        return Unit(
            id=self.unit,
            name=self.name,
            parent=self.parent,
            aliases=tuple(json.loads(self.aliases)),
            contacts=tuple(Contact(**{**one, "role": Role(one["role"])}) for one in people),
            channels=tuple(json.loads(self.channels)),
            region=self.region or region,
        )


def entry_of(unit: Unit, *, by: str, at: datetime, reason: str) -> UnitEntry:
    """The row of a unit as somebody wants it; its region may be empty."""
    return UnitEntry(
        unit=unit.id,
        name=unit.name,
        parent=unit.parent,
        region=unit.region,
        aliases=_json(unit.aliases),
        contacts=_json([asdict(contact) for contact in unit.contacts]),
        channels=_json(unit.channels),
        by=by,
        at=at,
        reason=reason,
    )


def unit_entries(session: Session) -> list[UnitEntry]:
    """The entries that count, in the order in which the units were first entered."""
    number = col(UnitEntry.id)
    spans = select(func.min(number).label("first"), func.max(number).label("last"))
    of_unit = spans.group_by(col(UnitEntry.unit)).subquery()
    query = select(UnitEntry).join(of_unit, number == of_unit.c.last)
    return list(session.exec(query.order_by(of_unit.c.first)).all())


def entries_of_unit(session: Session, unit: str, limit: int) -> list[UnitEntry]:
    """What was entered of one unit, newest first."""
    query = select(UnitEntry).where(UnitEntry.unit == unit).order_by(col(UnitEntry.id).desc())
    return list(session.exec(query.limit(limit)).all())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
