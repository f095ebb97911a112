"""退信: a letter that came back is noted on its delivery, and its address is left alone.

The address that it came back to is signed (`notifiers.return_path`): it says which delivery, and
that whoever sends it had the letter. All else changes nothing.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter

from sqlmodel import Session, col, select

from engine.addresses import pause
from engine.agency import Agency
from engine.deliveries import Delivery, State
from engine.errors import BadBounce
from engine.fallback import ended
from engine.workdays import WorkCalendar
from notifiers.bounce import Bounce, Verdict, read_bounce
from notifiers.channel import Notifier, Returning
from notifiers.return_path import ReturnPath, message_id_in

log = logging.getLogger(__name__)

_MOST_ADDRESSES = 50  # of a letter; each costs a query
LATEST = timedelta(days=30)  # mail servers give up after about five days
_WHAT = {
    Verdict.GONE: "退信：对方邮箱不存在或拒收，已停用这个地址，请核对该联系人的邮箱",
    Verdict.LOST: "退信：邮件没有送到，请另行告知",
    Verdict.NOTED: "收到退信地址的来信，邮件可能仍会送到",
}
_END = {Verdict.GONE: State.REJECTED, Verdict.LOST: State.FAILED}
_ARRIVED = (State.ACCEPTED, State.UNKNOWN)


@dataclass(frozen=True)
class Returned:
    """A delivery that came back, and what the letter said of it."""

    delivery: Delivery
    bounce: Bounce
    reason: str  # in a Chinese sentence


def take_bounce(
    session: Session, agency: Agency, calendar: WorkCalendar, raw: bytes, now: datetime
) -> Returned:
    """Note a letter that came back (its whole text) on its delivery. When it did not arrive the
    delivery ends so, and its channel's fallback takes over; when the address is at fault, it is
    paused too. The administrator is told. In a writing transaction. Raises BadBounce.
    """
    bounce = read_bounce(raw)
    row = _delivery_of(session, agency, bounce, now)
    reason = "".join(
        (_WHAT[bounce.verdict], f"（{detail}）" if (detail := _detail(bounce)) else "")
    )
    waits = row.state is State.QUEUED and row.possible_duplicate  # to be sent again
    end = _END.get(bounce.verdict) if row.state in _ARRIVED or waits else None
    if row.state in _ARRIVED or waits:
        row.reason = reason
        if end:
            row.state, row.finished_at = end, now
    elif row.state is State.FAILED and bounce.verdict is Verdict.GONE:
        row.state, row.reason = State.REJECTED, reason
    if bounce.verdict is Verdict.GONE:
        pause(session, agency, row.channel, row.recipient, reason, now)
    if end:
        ended(session, agency, calendar, row, now)
    log.info("delivery %s: bounce %s %s", row.id, bounce.verdict, bounce.status)
    return Returned(row, bounce, reason)


def _delivery_of(session: Session, agency: Agency, bounce: Bounce, now: datetime) -> Delivery:
    row = delivery_addressed(session, agency, bounce.addressed, _return_path)
    if row is None:
        raise BadBounce(
            "收件地址里没有本系统签发的标记，没有处理；"
            "请核对邮件渠道的 return_path、reply_to 和 return_path_secret"
        )
    if row.planned_at < now - LATEST:
        raise BadBounce("退信对应的邮件已发出超过30天，没有处理")
    return row


def delivery_addressed(
    session: Session,
    agency: Agency,
    addresses: Iterable[str],
    path_of: Callable[[Notifier | None], ReturnPath | None],
) -> Delivery | None:
    """The delivery of the first address that its channel signed, locked; `path_of` says by what."""
    speaking = ((address, message_id_in(address)) for address in addresses)
    for address, id_ in islice(filter(itemgetter(1), speaking), _MOST_ADDRESSES):
        query = select(Delivery).where(col(Delivery.message_id) == id_)
        row = session.exec(query.with_for_update()).first()
        path = path_of(agency.channels.get(row.channel)) if row else None
        if row and path and path.signed(address, row.message_id):
            return row
    return None


def _return_path(notifier: Notifier | None) -> ReturnPath | None:
    return notifier.return_path if isinstance(notifier, Returning) else None


def _detail(bounce: Bounce) -> str:
    return " ".join(filter(None, [bounce.status, bounce.words.removeprefix(bounce.status).strip()]))
