"""送达记录 Delivery: one message for one recipient. 尝试 Attempt: each time it was sent.

The rows are the truth: state, attempts, when next, and until when somebody holds it. Attempts
are only added and completed, and then sealed in the ledger; they are also the log by which a
credential's rate is counted.
"""

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import Index, UniqueConstraint, func, or_
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant, words
from engine.errors import NotFound
from engine.ledger import Contents, Kind, Sealing, columns, enter
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


STATE_NAMES = {
    State.QUEUED: "待发送",
    State.SENDING: "发送中",
    State.ACCEPTED: "已送出",
    State.REJECTED: "被拒收",
    State.UNKNOWN: "结果不明",
    State.FAILED: "已放弃",
    State.SKIPPED: "未发送",
}


class Purpose(StrEnum):
    """What a delivery is for, and from where its content comes."""

    REMINDER = "reminder"  # from the alerts that it carries, anew at every attempt
    SYSTEM = "system"  # to the administrator: from the row itself
    INVITATION = "invitation"  # from the invitation whose latest delivery it is


PURPOSE_NAMES = {
    Purpose.REMINDER: "提醒",
    Purpose.SYSTEM: "系统消息",
    Purpose.INVITATION: "日历邀请",
}


class Delivery(SQLModel, table=True):
    """送达记录. `planned_at` is the tick that planned it; parts are numbered from 1."""

    __table_args__ = (
        Index("ix_delivery_state_next_at", "state", "next_at"),
        Index("ix_delivery_channel_state", "channel", "state", "next_at"),
        # Of a list, newest first, and of its filters: days, alone or with one of the others.
        Index("ix_delivery_planned_at", "planned_at", "id"),
        Index("ix_delivery_state_planned_at", "state", "planned_at", "id"),
        Index("ix_delivery_channel_planned_at", "channel", "planned_at", "id"),
        Index("ix_delivery_resend_of", "resend_of"),
    )

    id: int | None = Field(default=None, primary_key=True)
    purpose: Purpose = Field(
        default=Purpose.REMINDER, sa_column=Column(words(Purpose), nullable=False)
    )
    message_id: str = Field(unique=True)  # from what it carries and when; the same on every attempt
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
    told: str = ""  # ids of the obligations in `body`, comma between
    repeats: bool = False  # in place of one that may have arrived: it is marked
    resend_of: int | None = None  # sent again by hand: the first delivery of these alerts
    reason: str = ""  # of the state, in a Chinese sentence
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class Attempt(SQLModel, table=True):
    """尝试. Written before the request goes out; without `outcome` nobody knows how it ended."""

    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index("ix_attempt_credential_started_at", "credential", "started_at"),
        Index("ix_attempt_recipient", "credential", "recipient", "started_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    number: int
    credential: str
    recipient: str = ""
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
    """Deliveries, newest first; `before` is the last id of the page before. Raises NotFound for one
    that never was."""
    planned_at, id_ = col(Delivery.planned_at), col(Delivery.id)
    query = select(Delivery).where(*conditions)  # type: ignore[arg-type]
    if before is not None:
        last = session.get(Delivery, before)
        if last is None:
            raise NotFound(f"没有编号为 {before} 的送达记录，请从第一页看起")
        # The first condition bounds the index, the second its last instant.
        query = query.where(planned_at <= last.planned_at)
        query = query.where(or_(planned_at < last.planned_at, id_ < before))
    return list(session.exec(query.order_by(planned_at.desc(), id_.desc()).limit(limit)).all())


def any_accepted(session: Session) -> bool:
    """Has a provider taken over anything yet?"""
    query = select(Delivery.id).where(Delivery.state == State.ACCEPTED)
    return session.exec(query.limit(1)).first() is not None


def attempts_of(session: Session, delivery_id: int) -> list[Attempt]:
    """A delivery's attempts, first to last."""
    query = select(Attempt).where(Attempt.delivery_id == delivery_id)
    return list(session.exec(query.order_by(col(Attempt.number))).all())


def finish(row: Delivery, state: State, reason: str, now: datetime) -> None:
    """End a delivery that is not sent any more."""
    row.state, row.reason, row.finished_at, row.lease_until = state, reason, now, None


def waiting_channels(session: Session) -> dict[str, int]:
    """How many deliveries wait on each channel."""
    number = func.count()
    query = select(Delivery.channel, number).where(Delivery.state == State.QUEUED)
    return dict(session.exec(query.group_by(col(Delivery.channel))).all())


WAITING = (State.QUEUED, State.SENDING)

SEALED = (
    *("id", "delivery_id", "number", "credential", "body_sha256", "started_at", "ended_at"),
    *(
        "outcome",
        "fault",
        "provider",
        "http_status",
        "code",
        "detail",
        "provider_id",
        "size",
        "recipient",
    ),
)


def seal_attempt(session: Session, attempt: Attempt) -> None:
    """Enter a finished attempt into the ledger: from here on it does not change any more. The
    caller holds the channel's lock."""
    assert attempt.ended_at is not None
    delivery = session.get_one(Delivery, attempt.delivery_id)
    contents = partial(sealed_contents, attempt, delivery)
    enter(session, Sealing(Kind.ATTEMPT, delivery.channel, attempt, attempt.ended_at, contents))


def close_attempt(session: Session, row: Delivery, now: datetime) -> None:
    """Its sender died: nobody knows what went out. The caller holds the channel's lock."""
    attempt = last_attempt(session, row)
    attempt.ended_at, attempt.outcome = now, OutcomeKind.UNKNOWN
    attempt.detail = "sender died"
    seal_attempt(session, attempt)
    row.possible_duplicate = True


def last_attempt(session: Session, row: Delivery) -> Attempt:
    """The attempt that began last; there must be one."""
    query = select(Attempt).where(Attempt.delivery_id == row.id, Attempt.number == row.attempts)
    return session.exec(query).one()


def sealed_contents(attempt: object, delivery: Any) -> Contents:
    """What the seal of an attempt covers: all of it, and whom its delivery is for. Both are objects, or
    rows that hold the same."""
    to = [("delivery.recipient", delivery.recipient), ("delivery.to", delivery.to)]
    return [*columns(attempt, SEALED), ("delivery.message_id", delivery.message_id), *to]


TROUBLE = (State.REJECTED, State.UNKNOWN, State.FAILED)


def undelivered(
    session: Session, since: datetime, *conditions: object, limit: int | None = None
) -> list[Delivery]:
    """What did not arrive, or may not have, since an instant: a person has to look at it."""
    trouble = (col(Delivery.state).in_(TROUBLE), col(Delivery.finished_at) >= since)
    return list_deliveries(session, *trouble, *conditions, limit=limit)


def recipient_of(session: Session, message_id: str) -> str:
    """The address on its channel to which a message went; empty for a group."""
    query = select(Delivery.to).where(Delivery.message_id == message_id)
    return session.exec(query).first() or ""
