"""What stands at each unit, counted by the database: how much is open, how much of it late, and the
next due day of each rule."""

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from engine.obligations import Obligation, Status, late


class Standing(NamedTuple):
    """How many obligations of a unit are open, and how many of these are late."""

    open: int = 0
    late: int = 0


_OPEN = col(Obligation.status) == Status.OPEN


def standings(
    session: Session, now: datetime, units: Collection[str] | None = None
) -> dict[str, Standing]:
    """By unit, of these units or of all; a unit with nothing open is not there."""
    number_late = func.sum(case((late(now), 1), else_=0))
    query = select(col(Obligation.unit), func.count(), number_late).where(_OPEN)
    if units is not None:
        query = query.where(col(Obligation.unit).in_(sorted(units)))
    rows = session.exec(query.group_by(col(Obligation.unit))).all()
    return {unit: Standing(number, int(number_late)) for unit, number, number_late in rows}


def next_due(session: Session, unit: str) -> dict[str, date]:
    """The first due day of what is open of a unit, by rule."""
    first = func.min(col(Obligation.due_on))
    query = select(col(Obligation.rule), first).where(_OPEN, Obligation.unit == unit)
    return dict(session.exec(query.group_by(col(Obligation.rule))).all())
