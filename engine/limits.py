"""限额: how many requests a credential has left, by a sliding log that all processes share.

The log are the attempts. One is written before its request goes out and counts from then until
its window has passed since it *ended*: whenever in between it arrived, no window at the receiver
holds more than its count. A sender that died may have sent until its lease ran out. Attempts far
ahead are from before the clock was moved back: they would keep the queue until it caught up.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, func, select

from engine.deliveries import Attempt
from engine.slots import APART
from notifiers.channel import Notifier, Window

MARGIN = timedelta(seconds=3)  # the clocks of machines differ; never longer than the span itself


def room(
    session: Session, notifiers: Collection[Notifier], lease: timedelta, now: datetime, most: int
) -> dict[str, int]:
    """By credential, how many requests it may send now, `most` at most; 0 or less for none."""
    left = dict.fromkeys((notifier.credential for notifier in notifiers), most)
    number = func.count()
    for window, credentials in _windows(notifiers, each=False).items():
        query = select(Attempt.credential, number).where(_counted(credentials, window, lease, now))
        used = dict(session.exec(query.group_by(col(Attempt.credential))).all())
        for one in credentials:
            left[one] = min(left[one], window.count - used.get(one, 0))
    return left


def exhausted(
    session: Session, notifiers: Collection[Notifier], lease: timedelta, now: datetime
) -> frozenset[tuple[str, str]]:
    """The recipients, each with the credential, to whom nothing may be sent now."""
    found: set[tuple[str, str]] = set()
    for window, credentials in _windows(notifiers, each=True).items():
        whom = (col(Attempt.credential), col(Attempt.recipient))
        query = select(*whom).where(_counted(credentials, window, lease, now))
        query = query.group_by(*whom).having(func.count() >= window.count)
        found.update((credential, recipient) for credential, recipient in session.exec(query))
    return frozenset(found)


def _windows(notifiers: Iterable[Notifier], each: bool) -> Mapping[Window, list[str]]:
    """The windows, each with the credentials for which it holds."""
    found: dict[Window, dict[str, None]] = {}
    for notifier in notifiers:
        for window in notifier.windows:
            if window.each is each:
                found.setdefault(window, {})[notifier.credential] = None
    return {window: list(credentials) for window, credentials in found.items()}


def _counted(
    credentials: Collection[str], window: Window, lease: timedelta, now: datetime
) -> ColumnElement[bool]:
    since = now - window.span - min(MARGIN, window.span)
    return and_(
        col(Attempt.credential).in_(credentials),
        col(Attempt.started_at) > since - lease,  # no request takes longer
        col(Attempt.started_at) <= now + APART,
        or_(col(Attempt.ended_at).is_(None), col(Attempt.ended_at) > since),
    )
