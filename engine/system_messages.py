"""系统消息: what the administrator has to hear of Qixian itself, through the same outbox."""

from datetime import datetime
from hashlib import sha256

from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.deliveries import Delivery, Purpose
from engine.recipients import Recipient

LONGEST = 1500  # bytes of a text: within every channel's limit


def tell_administrator(
    session: Session, agency: Agency, key: str, subject: str, text: str, now: datetime
) -> int:
    """Write a message to the administrator's channels, in the caller's transaction; how many.

    `key` names the occasion: for the same one nothing is written twice. Longer texts are cut.
    """
    written = 0
    for recipient in agency.administrators():
        delivery = _delivery(recipient, key, subject, text, now)
        same = select(Delivery.id).where(col(Delivery.message_id) == delivery.message_id)
        if session.exec(same).first() is None:
            session.add(delivery)
            session.flush()
            written += 1
    return written


def _delivery(to: Recipient, key: str, subject: str, text: str, now: datetime) -> Delivery:
    subject = f"【期限·系统】{subject}"
    body = f"{subject}\n\n{text}"
    if len(body.encode()) > LONGEST:
        body = body.encode()[:LONGEST].decode(errors="ignore") + "…"
    return Delivery(
        purpose=Purpose.SYSTEM,
        message_id=sha256(repr(("system", key, to.channel, to.address)).encode()).hexdigest()[:32],
        channel=to.channel,
        recipient=to.address,
        to=to.to,
        mentions=",".join(to.mentions),
        planned_at=now,
        part=1,
        parts=1,
        urgent=True,
        subject=subject,
        body=body,
        next_at=now,
    )
