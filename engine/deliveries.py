"""送达记录 Delivery: one message for one recipient. 尝试 Attempt: each time it was sent.

The rows are the truth: state, attempts, when next, and until when somebody holds it. Attempts
are only added and completed; they are also the log by which a credential's rate is counted.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, func
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant, words
from notifiers.message import OutcomeKind


class State(StrEnum):
    """送达状态: each has a sentence that tells it from its neighbour."""

    QUEUED = "queued"  # waits for `next_at`
    SENDING = "sending"  # somebody holds it until `lease_until`
    ACCEPTED = "accepted"  # the provider took it over
    REJECTED = "rejected"  # the provider will not take it, and repeating does not help
    UNKNOWN = "unknown"  # nobody knows whether it arrived, and it is not sent again
    FAILED = "failed"  # given up after the last attempt
    SKIPPED = "skipped"  # not sent: nothing in it was left to be said


class Purpose(StrEnum):
    """What a delivery is for, and from where its content comes."""

    REMINDER = "reminder"  # from the alerts that it carries, anew at every attempt
    SYSTEM = "system"  # to the administrator: from the row itself


class Delivery(SQLModel, table=True):
    """送达记录. `planned_at` is the tick that planned it; parts are numbered from 1."""

    __table_args__ = (
        Index("ix_delivery_state_next_at", "state", "next_at"),
        Index("ix_delivery_channel_state", "channel", "state", "next_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    purpose: Purpose = Field(
        default=Purpose.REMINDER, sa_column=Column(words(Purpose), nullable=False)
    )
    message_id: str = Field(unique=True)  # from what it carries; the same on every attempt
    channel: str
    recipient: str
    to: str
    mentions: str  # mobile numbers, comma between
    planned_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    part: int
    parts: int
    urgent: bool
    state: State = Field(default=State.QUEUED, sa_column=Column(words(State), nullable=False))
    attempts: int = 0
    next_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    possible_duplicate: bool = False
    subject: str = ""
    body: str = ""  # as it was last sent
    reason: str = ""  # of the state, in a Chinese sentence
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class Attempt(SQLModel, table=True):
    """尝试. Written before the request goes out; without `outcome` nobody knows how it ended."""

    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index("ix_attempt_credential_started_at", "credential", "started_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    number: int
    credential: str
    body_sha256: str
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    outcome: OutcomeKind | None = Field(default=None, sa_column=Column(words(OutcomeKind)))
    fault: str = ""
    provider: str = ""
    http_status: int | None = None
    code: str = ""
    detail: str = ""
    provider_id: str = ""
    size: int = 0


def list_deliveries(
    session: Session, *conditions: object, before: int | None = None, limit: int | None = None
) -> list[Delivery]:
    """Deliveries, newest first; `before` is the last id of the page before."""
    query = select(Delivery).where(*conditions)  # type: ignore[arg-type]
    if before is not None:
        query = query.where(col(Delivery.id) < before)
    return list(session.exec(query.order_by(col(Delivery.id).desc()).limit(limit)).all())


def attempts_of(session: Session, delivery_id: int) -> list[Attempt]:
    """A delivery's attempts, first to last."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id)
    return list(session.exec(query.order_by(col(Attempt.number))).all())


def waiting_channels(session: Session) -> dict[str, int]:
    """How many deliveries wait on each channel."""
    number = func.count()
    query = select(Delivery.channel, number).where(Delivery.state == State.QUEUED)
    return dict(session.exec(query.group_by(col(Delivery.channel))).all())


TROUBLE = (State.REJECTED, State.UNKNOWN, State.FAILED)


def undelivered(session: Session, since: datetime, *conditions: object) -> list[Delivery]:
    """What did not arrive, or may not have, since an instant: a person has to look at it."""
    trouble = (col(Delivery.state).in_(TROUBLE), col(Delivery.finished_at) >= since)
    return list_deliveries(session, *trouble, *conditions)
