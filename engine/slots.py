"""Slot: a firing of the clock, won by one process. There is no leader to lose."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Column, Field, Session, SQLModel, col

from engine.database import Instant, insert_missing

APART = timedelta(minutes=5)  # the clocks of two machines may differ by so much


class Slot(SQLModel, table=True):
    """One firing of one job. Whoever inserts the row does the work."""

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(Instant, primary_key=True))


def win(session: Session, name: str, at: datetime) -> bool:
    """Is this firing ours? Decided by the unique key, not by a question beforehand.

    Firings far ahead can only be there when the clock was moved back; they would keep everybody
    from working until it has caught up with them.
    """
    session.execute(delete(Slot).where(col(Slot.name) == name, col(Slot.at) > at + APART))
    statement = insert_missing(session, Slot).values(name=name, at=at)
    return session.execute(statement.returning(col(Slot.name))).first() is not None


def forget(session: Session, now: datetime) -> None:
    """Remove firings of more than a week ago."""
    session.execute(delete(Slot).where(col(Slot.at) < now - timedelta(days=7)))
