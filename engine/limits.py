"""限额: how many requests a credential has left, by a sliding log that all processes share.

The log are the attempts. One is written before its request goes out and counts from then until
its window has passed since it *ended*: whenever in between it arrived, no window at the receiver
holds more than its count. A sender that died may have sent until its lease ran out.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from engine.deliveries import Attempt
from notifiers.channel import Notifier, Window

MARGIN = timedelta(seconds=3)  # the clocks of machines differ; never longer than the span itself


def room(session: Session, notifier: Notifier, lease: timedelta, now: datetime, most: int) -> int:
    """How many requests the credential may send now, `most` at most; 0 or less for none."""
    for window in notifier.windows:
        if not window.each:
            query = select(func.count()).where(_counted(notifier, window, lease, now))
            most = min(most, window.count - session.exec(query).one())
    return most


def exhausted(
    session: Session, notifier: Notifier, lease: timedelta, now: datetime
) -> frozenset[str]:
    """The recipients to whom nothing may be sent now."""
    found: set[str] = set()
    for window in notifier.windows:
        if window.each:
            recipient = col(Attempt.recipient)
            query = select(recipient).where(_counted(notifier, window, lease, now))
            query = query.group_by(recipient).having(func.count() >= window.count)
            found.update(session.exec(query).all())
    return frozenset(found)


def _counted(
    notifier: Notifier, window: Window, lease: timedelta, now: datetime
) -> ColumnElement[bool]:
    since = now - window.span - min(MARGIN, window.span)
    return and_(
        col(Attempt.credential) == notifier.credential,
        col(Attempt.started_at) > since - lease,  # no request takes longer
        or_(col(Attempt.ended_at).is_(None), col(Attempt.ended_at) > since),
    )
