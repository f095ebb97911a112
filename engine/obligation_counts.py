"""How many obligations there are, by unit and by day, counted by the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import sqlalchemy
from sqlalchemy import Date, case, func, literal, literal_column
from sqlmodel import Session, col, select

from engine.counted_by_unit import CountedByUnit
from engine.instants import local_day
from engine.obligations import Obligation, Status, late
from engine.sql_dates import day_after

_OPEN = col(Obligation.status) == Status.OPEN


@dataclass(frozen=True)
class UnitCount:
    """One unit's open obligations: late, due today, due later this week, and all of them."""

    late: int = 0
    today: int = 0
    week: int = 0
    open: int = 0


@dataclass(frozen=True)
class DayCount:
    """What falls due on a day: still open, and done. What was waived is not owed."""

    open: int = 0
    done: int = 0


def count(session: Session, *conditions: Any, most: int | None = None) -> int:
    """How many meet the conditions; with `most` no more than those are looked at."""
    found = select(Obligation.id).where(*conditions).limit(most).subquery()
    return session.exec(select(func.count()).select_from(found)).one()


def end_of_week(today: date) -> date:
    """The Sunday of a day's week."""
    return today + timedelta(days=6 - today.weekday())


def counts_by_unit(
    session: Session,
    now: datetime,
    units: Collection[str] | None = None,
    before: CountedByUnit | None = None,
) -> dict[str, UnitCount]:
    """Of every unit, or of these, that has something open; all that is open may have been counted
    `before`."""
    own = [] if units is None else [col(Obligation.unit).in_(sorted(units))]
    if before is None:
        all_open: Mapping[str, int] = _open_by_unit(session, own)
    else:
        all_open = before.get(session, "open", now, lambda more: _open_by_unit(session, more))
    # Grouped by what no index has, so that SQLite goes by the days and not through all that is open.
    unit = col(Obligation.unit).concat(literal_column("''")).label("by_unit")
    today, is_late = local_day(now), late(now)
    on_the_day = (col(Obligation.due_on) == today) & ~is_late
    near = (
        select(unit, _how_many(is_late), _how_many(on_the_day), func.count())
        .where(_OPEN, col(Obligation.due_on) <= end_of_week(today), *own)
        .group_by("by_unit")
    )
    soon = {unit: rest for unit, *rest in session.exec(near).all()}
    found = {}
    for unit_id, number in all_open.items():
        if units is None or unit_id in units:
            behind, now_due, so_far = soon.get(unit_id, (0, 0, 0))
            found[unit_id] = UnitCount(behind, now_due, so_far - behind - now_due, number)
    return found


def _open_by_unit(session: Session, conditions: Sequence[Any]) -> dict[str, int]:
    unit = col(Obligation.unit)
    query = select(unit, func.count()).where(_OPEN, *conditions).group_by(unit)
    return dict(session.exec(query).all())


def counts_by_day(
    session: Session, first: date, last: date, *conditions: Any
) -> dict[date, DayCount]:
    """Of every day, both ends included, on which something falls due."""
    owed = col(Obligation.status).in_([Status.OPEN, Status.DONE])
    query = (
        select(col(Obligation.due_on), col(Obligation.status), func.count())
        .where(owed, col(Obligation.due_on).between(first, last), *conditions)
        .group_by(col(Obligation.due_on), col(Obligation.status))
    )
    numbers: dict[date, dict[Status, int]] = {}
    for day, status, number in session.exec(query).all():
        numbers.setdefault(day, {})[status] = number
    return {
        day: DayCount(by.get(Status.OPEN, 0), by.get(Status.DONE, 0)) for day, by in numbers.items()
    }


def first_of_days(
    session: Session, first: date, last: date, most: int, *conditions: Any
) -> Mapping[date, list[Obligation]]:
    """The first few that fall due on each day: what is open before what is done. Each is looked up by
    its place, so that nobody goes through all that a day has."""
    days = select(literal(first, Date).label("day")).cte("days", recursive=True)
    days = days.union_all(select(day_after(days.c.day)).where(days.c.day < last))
    due = select(Obligation.id).where(Obligation.due_on == days.c.day, *conditions)
    due = due.order_by(col(Obligation.id)).limit(1).correlate(days)
    places = [
        due.where(Obligation.status == status).offset(place).scalar_subquery()
        for status in (Status.OPEN, Status.DONE)
        for place in range(most)
    ]
    shown = [
        [id_ for id_ in row if id_ is not None][:most]
        for row in session.execute(sqlalchemy.select(*places).select_from(days))
    ]
    wanted = select(Obligation).where(col(Obligation.id).in_(chain.from_iterable(shown)))
    rows = {row.id: row for row in session.exec(wanted).all()}
    return {rows[ids[0]].due_on: [rows[id_] for id_ in ids] for ids in shown if ids}


def _how_many(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
