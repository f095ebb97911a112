"""责任登记 DutyEntry: a duty as somebody entered it beside the configuration file.

Rows are only added, the last one of a rule and a unit counts. A duty ends by an entry that names its
last day; one that was entered by mistake by a last day before its first: it owes nothing.
"""

from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant


class DutyEntry(SQLModel, table=True):
    """责任登记. `ladder` is the id of a configured one, empty for the office's own."""

    __tablename__ = "duty_entry"

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    unit: str = Field(index=True)
    since: date
    until: date | None
    ladder: str
    by: str
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    reason: str

    @property
    def key(self) -> str:
        """As that of the duty."""
        return f"{self.rule}@{self.unit}"

    @property
    def taken_back(self) -> bool:
        """Does it end before it begins?"""
        return self.until is not None and self.until < self.since


def duty_entries(session: Session) -> list[DutyEntry]:
    """The entries that count, in the order in which the duties were first entered."""
    number = col(DutyEntry.id)
    spans = select(func.min(number).label("first"), func.max(number).label("last"))
    of_duty = spans.group_by(col(DutyEntry.rule), col(DutyEntry.unit)).subquery()
    query = select(DutyEntry).join(of_duty, number == of_duty.c.last)
    return list(session.exec(query.order_by(of_duty.c.first)).all())


def entries_of_duties(session: Session, unit: str, limit: int) -> list[DutyEntry]:
    """What was entered of one unit's duties, newest first."""
    query = select(DutyEntry).where(DutyEntry.unit == unit).order_by(col(DutyEntry.id).desc())
    return list(session.exec(query.limit(limit)).all())
