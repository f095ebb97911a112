"""What follows when somebody presses the button of a card that went out over a robot's line."""

import logging
from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.clicks import Click, take
from engine.deliveries import Delivery
from engine.workdays import WorkCalendar
from notifiers.wecom_bot_frames import Press

log = logging.getLogger(__name__)


def acknowledge(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    press: Press,
    channels: Collection[str],
    now: datetime,
) -> tuple[str, str] | None:
    """Acknowledge, in a writing transaction: the words for the card, and the message's subject; None
    for a repetition, and where it was not for him who pressed."""
    query = select(Delivery).where(
        Delivery.message_id == press.card, col(Delivery.channel).in_(channels)
    )
    delivery = session.exec(query).first()
    if delivery is None:
        return None
    click = take(session, agency, calendar, _click(delivery.channel, press, now), now)
    if click is None:
        return None
    if not click.words:
        log.warning("click %s on %s: not by a recipient", click.id, click.channel)
        return None
    return click.words, delivery.subject


def _click(channel: str, press: Press, now: datetime) -> Click:
    """The click that a press is; its key is what WeCom names to tell repetitions by."""
    event = " ".join((press.account, press.time, press.button, press.card))
    return Click(
        key=f"{channel} {f'MsgId {press.id}' if press.id else event}",
        channel=channel,
        account=press.account,
        message_id=press.card,
        response_code="",
        received_at=now,
    )
