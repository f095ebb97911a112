"""Which units have something open, and the next due day of each rule of one: by the index, without a
count."""

from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from engine.obligations import Obligation, Status

_OPEN = col(Obligation.status) == Status.OPEN


def units_with_open(session: Session) -> list[str]:
    """The ids of the units that have something open: each the next one after the last, for a database
    that was asked for all different ones would go through all that is open."""
    unit = col(Obligation.unit)
    following = select(func.min(unit).label("unit")).where(_OPEN)
    found = following.cte("found", recursive=True)
    after = following.where(unit > found.c.unit).scalar_subquery()
    found = found.union_all(select(after).where(found.c.unit.is_not(None)))
    return [one for (one,) in session.execute(select(found.c.unit)) if one is not None]


def next_due(session: Session, unit: str) -> dict[str, date]:
    """The first due day of what is open of a unit, by rule."""
    first = func.min(col(Obligation.due_on))
    query = select(col(Obligation.rule), first).where(_OPEN, Obligation.unit == unit)
    return dict(session.exec(query.group_by(col(Obligation.rule))).all())
