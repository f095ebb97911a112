"""回复 An answer to a reminder: 签收 by mail.

Two things have to be right: the address to which it came is signed (`notifiers.return_path`; that is
the credential, for From can be forged), and From is one of the people whom the delivery reached.
Whatever else it says is noted on the delivery, and what a person wrote is told the administrator. It is kept as
a click (`engine.clicks`), so that the same letter again changes nothing.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, select

from engine.acknowledgements import Via
from engine.agency import Agency
from engine.bounces import Returned, delivery_addressed, take_bounce
from engine.clicks import Click, store, why_not
from engine.deliveries import Delivery, Purpose, State
from engine.errors import BadBounce
from engine.instants import end_of, local_day
from engine.obligations import Status
from engine.signed_links import LASTS
from engine.signing import Told, matters_of, sign, signatories
from engine.troubles import tell_of_reply
from engine.workdays import WorkCalendar
from notifiers.channel import Answered, Notifier
from notifiers.reply import Reply, read_reply
from notifiers.return_path import ReplyTo

log = logging.getLogger(__name__)


class Answer(StrEnum):
    """What became of a reply."""

    SIGNED = "signed"  # it acknowledged at least one matter
    NOTHING = "nothing"  # it would have, but nothing was left to be acknowledged
    OTHER = "other"  # it says something else, or nothing
    FOREIGN = "foreign"  # its author is not one of those whom the message reached
    AUTOMATIC = "automatic"  # no person wrote it
    REPEATED = "repeated"  # the same letter came before


@dataclass(frozen=True)
class Replied:
    """The delivery that was answered, and what became of the answer, in a Chinese sentence too."""

    delivery: Delivery
    answer: Answer
    reason: str


def take_letter(
    session: Session, agency: Agency, calendar: WorkCalendar, raw: bytes, now: datetime
) -> Replied | Returned:
    """A whole letter to one of our signed addresses: which of them says what it is, a reply to a
    reminder or one that came back. In a writing transaction. Raises BadBounce."""
    reply = read_reply(raw)
    row = delivery_addressed(session, agency, reply.addressed, _reply_to)
    if row is None or row.purpose is not Purpose.REMINDER:
        return take_bounce(session, agency, calendar, raw, now)
    if now >= end_of(local_day(row.finished_at or row.planned_at) + LASTS):
        raise BadBounce(
            f"回复的提醒已发出超过{LASTS.days}天，没有签收；请回复最近一封提醒，或登录后签收"
        )
    return _take(session, agency, calendar, row, reply, now)


def _take(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    row: Delivery,
    reply: Reply,
    now: datetime,
) -> Replied:
    key = f"{row.channel} {row.message_id} {reply.id}"
    before = session.exec(select(Click).where(Click.key == key)).first()
    if before:
        return Replied(row, Answer.REPEATED, f"这封回复此前已处理：{before.words}")
    answer, reason = _answer(session, agency, calendar, row, reply, now)
    store(session, _kept(row, reply, key, reason, now))
    if row.state is State.ACCEPTED:
        row.reason = reason
    if answer in (Answer.OTHER, Answer.FOREIGN):
        tell_of_reply(session, agency, row, answer, reason, now)
    log.info("delivery %s: reply %s", row.id, answer)
    return Replied(row, answer, reason)


def _kept(row: Delivery, reply: Reply, key: str, words: str, now: datetime) -> Click:
    return Click(
        key=key,
        channel=row.channel,
        account=reply.author,
        message_id=row.message_id,
        response_code="",
        received_at=now,
        handled_at=now,
        words=words,
        finished_at=now,
    )


def _answer(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    row: Delivery,
    reply: Reply,
    now: datetime,
) -> tuple[Answer, str]:
    said = f"：“{reply.words}”" if reply.words else "，正文是空的"
    if reply.automatic:
        return Answer.AUTOMATIC, f"收到自动回复，没有签收{said}"
    told = matters_of(session, row)
    by = _author(agency, row, told, reply)
    if not by:
        author = reply.author or "写明的发件人"
        return Answer.FOREIGN, f"来信的{author}不是这封提醒的收件人，没有签收{said}"
    if not reply.accepts:
        return Answer.OTHER, f"{by}回复了邮件，没有签收{said}"
    # The letter shows the date as it was: of a moved one there is another.
    current = [
        one
        for one in told
        if one.due_version == one.obligation.version
        and one.ours
        and one.obligation.status is Status.OPEN
    ]
    signed = sign(session, agency, calendar, current, by=by, via=Via.MAIL, now=now)
    new = sum(one.new for one in signed)
    if new:
        return Answer.SIGNED, f"{by}回复邮件签收，共{new}项"
    held = dict.fromkeys(one.acknowledgement.by for one in signed if one.acknowledgement)
    why = f"{'、'.join(held)}此前已签收" if held else why_not(told)
    return Answer.NOTHING, f"{by}回复邮件签收：{why}"


def _author(agency: Agency, row: Delivery, told: Iterable[Told], reply: Reply) -> str:
    """Who answered; all who share the mailbox where its From does not say. Empty for others."""
    people = signatories(agency, row, told)
    names = [one.name for one in people if reply.author and one.mail.lower() == reply.author]
    if len(names) <= 1 or reply.name in names:
        return reply.name if reply.name in names else "".join(names)
    return f"{'、'.join(names)}（共用邮箱）"


def _reply_to(notifier: Notifier | None) -> ReplyTo | None:
    return notifier.reply_to if isinstance(notifier, Answered) else None
