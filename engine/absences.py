"""请假 Absence: who is away, from which day to which. Meanwhile the substitute hears for him.

Rows are only added and cancelled, each with who noted it and when.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.agency import Agency
from engine.database import Instant
from engine.errors import NotAllowed, NotFound
from engine.instants import local_day
from engine.recipients import Away


class Absence(SQLModel, table=True):
    """请假. `first` and `last` are legal days, both included; `by` noted it."""

    id: int | None = Field(default=None, primary_key=True)
    unit: str
    name: str
    first: date
    last: date
    by: str
    noted_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    cancelled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    cancelled_by: str = ""

    @property
    def in_words(self) -> str:
        """`李四 2026-10-08至2026-10-16`."""
        return f"{self.name} {self.first}至{self.last}"

    def over(self, today: date) -> bool:
        """Is it past or cancelled?"""
        return self.cancelled_at is not None or self.last < today


_STANDS = col(Absence.cancelled_at).is_(None)


def add_absence(
    session: Session,
    agency: Agency,
    *,
    unit: str,
    name: str,
    first: date,
    last: date,
    by: str,
    now: datetime,
) -> Absence:
    """Note that somebody is away. Raises NotFound (no such person), NotAllowed (days that cannot
    be, or that are noted already)."""
    if unit not in agency.units:
        raise NotFound(f"没有编号为“{unit}”的单位，可用：{'、'.join(agency.units) or '（没有）'}")
    people = agency.units[unit]
    names = dict.fromkeys(contact.name for contact in people.contacts)
    if name not in names:
        raise NotFound(f"{people.name}没有联系人“{name}”，可用：{'、'.join(names) or '（没有）'}")
    if last < first:
        raise NotAllowed(f"请假的末日{last}早于首日{first}，请改正")
    if last < local_day(now):
        raise NotAllowed(f"请假的末日{last}已经过去，请核对年月")
    of_same = (_STANDS, col(Absence.unit) == unit, col(Absence.name) == name)
    same = select(Absence).where(*of_same, col(Absence.first) <= last, col(Absence.last) >= first)
    if other := session.exec(same).first():
        raise NotAllowed(f"与已登记的请假重叠（{other.id} 号：{other.in_words}），请先取消它")
    absence = Absence(unit=unit, name=name, first=first, last=last, by=by, noted_at=now)
    session.add(absence)
    session.flush()
    return absence


def cancel_absence(session: Session, absence_id: int, *, by: str, now: datetime) -> Absence:
    """The person is back, or does not go. Raises NotFound, NotAllowed."""
    absence = session.get(Absence, absence_id)
    if absence is None:
        raise NotFound(f"没有编号为 {absence_id} 的请假")
    if absence.cancelled_at:
        raise NotAllowed(f"{absence_id} 号请假已由{absence.cancelled_by}取消")
    absence.cancelled_at, absence.cancelled_by = now, by
    return absence


def away_at(session: Session, now: datetime) -> Away:
    """Who is away on the day of an instant, as it was noted by then."""
    day, cancelled = local_day(now), col(Absence.cancelled_at)
    query = select(Absence.unit, Absence.name).where(
        col(Absence.noted_at) <= now,
        or_(cancelled.is_(None), cancelled > now),
        col(Absence.first) <= day,
        col(Absence.last) >= day,
    )
    return frozenset((unit, name) for unit, name in session.exec(query).all())


def list_absences(
    session: Session, *conditions: Any, before: int | None = None, limit: int | None = None
) -> list[Absence]:
    """Absences, newest first; `before` is the last id of the page before."""
    query = select(Absence).where(*conditions)
    if before is not None:
        query = query.where(col(Absence.id) < before)
    return list(session.exec(query.order_by(col(Absence.id).desc()).limit(limit)).all())
