"""日历邀请 Invitation: an obligation on the calendar of a person who is told of it by mail.

Who is first told gets a REQUEST (RFC 5546); what he has on his calendar follows when the date
moves (REQUEST) and leaves it when the obligation is done or waived (CANCEL), each with a higher
sequence. Its deliveries go through the same outbox as reminders, and are composed when claimed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from hashlib import sha256

from sqlalchemy import Index, UniqueConstraint, and_, or_
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.agency import Agency
from engine.alerts import Alert
from engine.calendar_entries import (
    calendar_text,
    cancel,
    entry_lines,
    entry_of,
    invite,
    matter_of,
)
from engine.database import Instant
from engine.deliveries import Delivery, Purpose, State
from engine.digest import Composer
from engine.ladder import MOVED
from engine.obligations import Obligation, Status
from engine.units import Role
from notifiers.channel import Inviting, Notifier
from notifiers.message import Calendar, Message

REQUEST, CANCEL = "REQUEST", "CANCEL"
_OVER = ("事项已办结、免除或撤销，日程随之取消，无需办理。",)


class Invitation(SQLModel, table=True):
    """日历邀请. What its latest delivery says; `told` is whether an earlier one may have arrived."""

    __table_args__ = (
        UniqueConstraint("obligation_id", "channel", "recipient"),
        Index("ix_invitation_cancelled_channel", "cancelled", "channel"),
    )

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    channel: str
    recipient: str
    sequence: int = 0
    due_version: int
    cancelled: bool = False
    told: bool = False
    changed_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    delivery_id: int = Field(foreign_key="delivery.id", index=True)


@dataclass(frozen=True)
class Invited:
    """An invitation as it stands, and the sender of its channel."""

    invitation: Invitation
    obligation: Obligation
    organizer: Address


def plan_invitations(session: Session, agency: Agency, now: datetime) -> int:
    """Write the deliveries of invitations that begin, move or are cancelled; how many.

    After `plan` of the same `now` and in its transaction: an invitation begins with a reminder.
    """
    channels = [id_ for id_, notifier in agency.channels.items() if _organizer(notifier)]
    if not channels:
        return 0
    changed = list(_changed(session, channels, now))
    session.flush()  # what was forgotten must be gone before it may begin anew
    planned = [*changed, *_begun(session, channels, now)]
    deliveries = [_delivery(invitation, obligation, now) for invitation, obligation in planned]
    session.add_all(deliveries)
    session.flush()
    for (invitation, _), delivery in zip(planned, deliveries, strict=True):
        assert delivery.id is not None
        invitation.delivery_id = delivery.id
        session.add(invitation)
    session.flush()
    return len(planned)


def _changed(
    session: Session, channels: list[str], now: datetime
) -> Iterator[tuple[Invitation, Obligation]]:
    """Invitations that do not say any more what is so, with their next sequence. What nobody can
    have received is not corrected but forgotten, or corrected where it waits."""
    query = (
        select(Invitation, Obligation, Delivery)
        .join(Obligation, col(Invitation.obligation_id) == col(Obligation.id))
        .join(Delivery, col(Invitation.delivery_id) == col(Delivery.id))
        .where(
            ~col(Invitation.cancelled),
            col(Invitation.channel).in_(channels),
            or_(
                col(Obligation.status) != Status.OPEN,
                col(Obligation.version) != col(Invitation.due_version),
            ),
        )
    )
    # A worker may be taking one of the deliveries just now.
    locked = query.with_for_update(of=Delivery).execution_options(populate_existing=True)
    for invitation, obligation, delivery in session.exec(locked).all():
        is_open = obligation.status is Status.OPEN
        gone_out = _may_have_arrived(delivery)
        if is_open and delivery.state is State.QUEUED and not gone_out:
            invitation.due_version, invitation.changed_at = obligation.version, now
        elif invitation.told or gone_out:
            invitation.told = True
            yield _next(invitation, obligation, not is_open, now), obligation
        else:
            session.delete(invitation)


def _begun(
    session: Session, channels: list[str], now: datetime
) -> Iterator[tuple[Invitation, Obligation]]:
    """Invitations to what was first told just now, or told again after it was cancelled. A moved
    date is no beginning: one notice may move the matters of a whole year."""
    own = and_(
        col(Invitation.obligation_id) == col(Alert.obligation_id),
        col(Invitation.channel) == col(Alert.channel),
        col(Invitation.recipient) == col(Alert.recipient),
    )
    query = (
        select(Alert, Obligation, Invitation)
        .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
        .join(Delivery, col(Alert.delivery_id) == col(Delivery.id))
        .outerjoin(Invitation, own)
        .where(
            Delivery.state == State.QUEUED,
            Delivery.planned_at == now,
            col(Delivery.channel).in_(channels),
            Alert.role == Role.HANDLER,
            Alert.rung != MOVED,
        )
        .order_by(col(Alert.id))
    )
    seen: set[tuple[int, str, str]] = set()
    for alert, obligation, invitation in session.exec(query).all():
        key = (alert.obligation_id, alert.channel, alert.recipient)
        if key in seen or obligation.end <= now:
            continue
        seen.add(key)
        if invitation is None:
            yield _first(alert, obligation, now), obligation
        elif invitation.cancelled:
            yield _next(invitation, obligation, False, now), obligation


def _first(alert: Alert, obligation: Obligation, now: datetime) -> Invitation:
    return Invitation(
        obligation_id=alert.obligation_id,
        channel=alert.channel,
        recipient=alert.recipient,
        due_version=obligation.version,
        changed_at=now,
        delivery_id=0,  # until it is planned
    )


def _next(
    invitation: Invitation, obligation: Obligation, cancelled: bool, now: datetime
) -> Invitation:
    invitation.sequence += 1
    invitation.cancelled = cancelled
    invitation.due_version, invitation.changed_at = obligation.version, now
    return invitation


def _may_have_arrived(delivery: Delivery) -> bool:
    taken = (State.SENDING, State.ACCEPTED, State.UNKNOWN)
    return delivery.state in taken or delivery.possible_duplicate


def _delivery(invitation: Invitation, obligation: Obligation, now: datetime) -> Delivery:
    one = (invitation.obligation_id, invitation.channel, invitation.recipient)
    name = repr(("invitation", *one, invitation.sequence, now.isoformat()))
    return Delivery(
        purpose=Purpose.INVITATION,
        message_id=sha256(name.encode()).hexdigest()[:32],
        channel=invitation.channel,
        recipient=invitation.recipient,
        to=invitation.recipient,
        mentions="",
        planned_at=now,
        part=1,
        parts=1,
        urgent=obligation.due_at is not None,
        next_at=now,
    )


def current_invitation(
    session: Session, row: Delivery, notifier: Notifier, now: datetime
) -> Invited | None:
    """What an invitation's delivery has to say now. None where a later one says it, or where
    the next tick will: closed, or moved after this one may have arrived."""
    organizer = _organizer(notifier)
    query = (
        select(Invitation, Obligation)
        .join(Obligation, col(Invitation.obligation_id) == col(Obligation.id))
        .where(Invitation.delivery_id == row.id)
    )
    found = session.exec(query).first()
    if not found or not organizer:
        return None
    invitation, obligation = found
    if not invitation.cancelled:
        moved = obligation.version != invitation.due_version
        if obligation.status is not Status.OPEN or (moved and row.possible_duplicate):
            return None
        if moved:
            invitation.due_version, invitation.changed_at = obligation.version, now
    return Invited(invitation, obligation, organizer)


def invitation_message(
    invited: Invited, row: Delivery, composer: Composer, duplicate: bool
) -> Message:
    """The letter that carries an invitation, its change or its end."""
    invitation, obligation = invited.invitation, invited.obligation
    what = "取消" if invitation.cancelled else "改期" if invitation.sequence else ""
    subject = f"【期限】日程{what}：{matter_of(obligation, composer.agency)}"
    lines = entry_lines(obligation, composer.agency) if not invitation.cancelled else _OVER
    digest = composer.notice(subject, "\n".join((subject, "", *lines)), duplicate)
    return Message(
        id=row.message_id,
        subject=digest.subject,
        body=digest.body,
        to=row.to,
        thread=obligation.case,
        possible_duplicate=row.possible_duplicate,
        calendar=_calendar(invited, composer.agency),
    )


def _calendar(invited: Invited, agency: Agency) -> Calendar:
    invitation, obligation = invited.invitation, invited.obligation
    person = sha256(invitation.recipient.encode()).hexdigest()[:8]
    uid = f"{obligation.case}.{person}@{invited.organizer.domain}"
    entry = entry_of(obligation, agency, uid, invitation.sequence, invitation.changed_at)
    invite(entry, invited.organizer, invitation.recipient)
    if invitation.cancelled:
        cancel(entry)
    method = CANCEL if invitation.cancelled else REQUEST
    return Calendar(method, calendar_text([entry], method))


def _organizer(notifier: Notifier) -> Address | None:
    return notifier.organizer if isinstance(notifier, Inviting) else None
