"""停用地址 AddressState: an address on a channel that does not take anything any more.

Nothing is sent to it. What is meant for it goes to the channel's fallback, else it waits.
"""

from datetime import datetime

from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.agency import Agency
from engine.database import Instant
from engine.deliveries import Delivery, State
from engine.troubles import tell_of_address


class AddressState(SQLModel, table=True):
    """停用地址. A row is there as long as the address is paused."""

    __tablename__ = "address"

    channel: str = Field(primary_key=True)
    recipient: str = Field(primary_key=True)
    paused_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    reason: str  # a Chinese sentence


def pause(
    session: Session, agency: Agency, channel: str, recipient: str, reason: str, now: datetime
) -> None:
    """Send nothing more to an address, and tell the administrator. Twice changes nothing."""
    if session.get(AddressState, (channel, recipient)):
        return
    session.add(AddressState(channel=channel, recipient=recipient, paused_at=now, reason=reason))
    waiting = select(Delivery).where(
        Delivery.channel == channel,
        Delivery.recipient == recipient,
        Delivery.state == State.QUEUED,
    )
    for row in session.exec(waiting).all():
        row.reason = f"收件地址已停用：{reason}"
    tell_of_address(session, agency, channel, recipient, reason, now)


def resume(session: Session, channel: str, recipient: str) -> None:
    """Send to an address again; what waits for it goes out."""
    if found := session.get(AddressState, (channel, recipient)):
        session.delete(found)


def paused_addresses(session: Session) -> list[AddressState]:
    """All paused addresses, each with its reason."""
    return list(session.exec(select(AddressState)).all())


def paused(session: Session) -> set[tuple[str, str]]:
    """All paused addresses, as (channel, recipient)."""
    rows = session.exec(select(col(AddressState.channel), col(AddressState.recipient))).all()
    return {(channel, recipient) for channel, recipient in rows}
