"""水位 Watermark: how far a duty has been derived, and from what. Downtime is caught up from it."""

from datetime import date
from hashlib import sha256

from sqlmodel import Field, Session, SQLModel, select

from engine.agency import Agency
from engine.duties import Duty
from engine.workdays import WorkCalendar


class Watermark(SQLModel, table=True):
    """Everything that `duty` owes up to `through` stands as rows; `basis` is what it was from."""

    duty: str = Field(primary_key=True)
    through: date
    basis: str


def basis_of(duty: Duty, agency: Agency, calendar: WorkCalendar) -> str:
    """A fingerprint of all that a duty's dates rest on: reading, days in force, calendar."""
    reading = agency.readings[duty.rule]
    parts = (reading.term, reading.source, duty.since, duty.until, calendar.fingerprint)
    return sha256(repr(parts).encode()).hexdigest()[:16]


def watermarks(session: Session) -> dict[str, Watermark]:
    """All watermarks by duty."""
    return {mark.duty: mark for mark in session.exec(select(Watermark)).all()}
