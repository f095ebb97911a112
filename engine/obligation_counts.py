"""How many obligations there are, by unit and by day, counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from engine.instants import local_day
from engine.obligations import Obligation, Status, late


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


def counts_by_unit(session: Session, now: datetime, *conditions: Any) -> dict[str, UnitCount]:
    """Of every unit that has something open."""
    unit, number = col(Obligation.unit), func.count()
    is_open = col(Obligation.status) == Status.OPEN
    whole = select(unit, number).where(is_open, *conditions).group_by(unit)
    today, is_late = local_day(now), late(now)
    on_the_day = (col(Obligation.due_on) == today) & ~is_late
    near = (
        select(unit, _how_many(is_late), _how_many(on_the_day), number)
        .where(is_open, col(Obligation.due_on) <= end_of_week(today), *conditions)
        .group_by(unit)
    )
    soon = {unit: rest for unit, *rest in session.exec(near).all()}
    found = {}
    for unit_id, all_open in session.exec(whole).all():
        behind, now_due, so_far = soon.get(unit_id, (0, 0, 0))
        found[unit_id] = UnitCount(behind, now_due, so_far - behind - now_due, all_open)
    return found


def counts_by_day(
    session: Session, first: date, last: date, *conditions: Any
) -> dict[date, DayCount]:
    """Of every day, both ends included, on which something falls due."""
    query = (
        select(col(Obligation.due_on), col(Obligation.status), func.count())
        .where(*_due_between(first, last), *conditions)
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
    """The first few that fall due on each day: what is open before what is done."""
    status, id_ = col(Obligation.status), col(Obligation.id)
    place = func.row_number().over(
        partition_by=col(Obligation.due_on), order_by=(status == Status.DONE, id_)
    )
    ranked = (
        select(id_.label("id"), place.label("place"))
        .where(*_due_between(first, last), *conditions)
        .subquery()
    )
    query = (
        select(Obligation)
        .join(ranked, ranked.c.id == id_)
        .where(ranked.c.place <= most)
        .order_by(col(Obligation.due_on), ranked.c.place)
    )
    found: dict[date, list[Obligation]] = {}
    for row in session.exec(query).all():
        found.setdefault(row.due_on, []).append(row)
    return found


def _due_between(first: date, last: date) -> tuple[Any, Any]:
    owed = col(Obligation.status).in_([Status.OPEN, Status.DONE])
    return owed, col(Obligation.due_on).between(first, last)


def _how_many(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
