"""地址 AddressState: an address on a channel that does not take messages."""

from datetime import datetime

from sqlmodel import Column, Field, Session, SQLModel

from engine.agency import Agency
from engine.database import Instant


class AddressState(SQLModel, table=True):
    """地址. Paused (停用) while `paused_at` is set."""

    __tablename__ = "address"

    channel: str = Field(primary_key=True)
    recipient: str = Field(primary_key=True)
    paused_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    reason: str = ""


def pause(
    session: Session, _agency: Agency, channel: str, recipient: str, reason: str, now: datetime
) -> None:
    """Send nothing to an address any more. Twice is once: the first reason stays."""
    row = session.get(AddressState, (channel, recipient))
    if row is None:
        row = AddressState(channel=channel, recipient=recipient)
        session.add(row)
    if row.paused_at is None:
        row.paused_at, row.reason = now, reason
