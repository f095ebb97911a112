"""重新发送: by hand, with a reason, what did not arrive, or of what somebody says so.

A new delivery to the same recipient, linked to the first one, whose alerts it carries. Nothing is
sent again of matters that are done, moved, or told anew since.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlmodel import Session, col, func, select

from engine.agency import Agency
from engine.carried import carried, reason_to_skip
from engine.deliveries import TROUBLE, WAITING, Delivery, Purpose
from engine.errors import NotAllowed, NotFound
from engine.journal import write


@dataclass(frozen=True)
class Resent:
    """The new deliveries, and the ids of those that were passed over, by the reason why."""

    deliveries: tuple[Delivery, ...]
    skipped: dict[str, list[int]]


def resend_one(
    session: Session, agency: Agency, id_: int, by: str, reason: str, now: datetime
) -> Delivery:
    """Send one delivery again, also one that was accepted. Raises NotFound, NotAllowed."""
    row = session.get(Delivery, id_)
    if row is None:
        raise NotFound(f"没有编号为 {id_} 的送达记录")
    found = _resend(session, agency, row, by, reason, now)
    if isinstance(found, str):
        raise NotAllowed(f"送达记录 {id_} 不能重新发送：{found}")
    return found


def resend_between(
    session: Session,
    agency: Agency,
    first: datetime,
    end: datetime,
    channel: str | None,
    by: str,
    reason: str,
    now: datetime,
    *conditions: Any,
) -> Resent:
    """Send again what was planned from `first` on and before `end` and did not arrive, or may not
    have; `conditions` in SQL leave some of it. Raises NotFound for a channel that is not configured."""
    if channel is not None and channel not in agency.channels:
        raise NotFound(f"没有渠道“{channel}”，可用：{'、'.join(agency.channels)}")
    query = select(Delivery).where(
        col(Delivery.state).in_(TROUBLE), Delivery.planned_at >= first, Delivery.planned_at < end
    )
    query = query.where(*conditions)
    if channel is not None:
        query = query.where(Delivery.channel == channel)
    rows = session.exec(query.order_by(col(Delivery.id))).all()
    return _all(session, agency, rows, by, reason, now)


def _all(
    session: Session, agency: Agency, rows: Iterable[Delivery], by: str, reason: str, now: datetime
) -> Resent:
    new: list[Delivery] = []
    skipped: dict[str, list[int]] = {}
    for row in rows:
        found = _resend(session, agency, row, by, reason, now)
        if isinstance(found, str):
            skipped.setdefault(found, []).append(row.id or 0)
        else:
            new.append(found)
    return Resent(tuple(new), skipped)


def _resend(
    session: Session, agency: Agency, row: Delivery, by: str, reason: str, now: datetime
) -> Delivery | str:
    """The new delivery, or why there is none."""
    if row.state in WAITING:
        return "还在等待发送"
    if row.purpose is Purpose.INVITATION:
        return "日历邀请随事项自动更新"
    if row.channel not in agency.channels:
        return "渠道已从配置中删除"
    first = row.resend_of or row.id
    again = select(Delivery.id).where(Delivery.resend_of == first)
    if session.exec(again.where(col(Delivery.state).in_(WAITING))).first() is not None:
        return "已经在重新发送"
    pairs = carried(session, row, now) if row.purpose is Purpose.REMINDER else []
    if row.purpose is Purpose.REMINDER and not pairs:
        return reason_to_skip(session, row, now)
    number = session.exec(select(func.count()).where(col(Delivery.resend_of) == first)).one() + 1
    new = _copy(row, first, number, now)
    session.add(new)
    session.flush()
    text = f"重新发送送达记录 {row.id}（新记录 {new.id}，收件人 {row.recipient}）：{reason}"
    for id_ in {obligation.id or 0 for _, obligation in pairs}:
        write(session, id_, now, "resend", by, text)
    return new


def _copy(row: Delivery, first: int | None, number: int, now: datetime) -> Delivery:
    system = row.purpose is Purpose.SYSTEM
    return Delivery(
        purpose=row.purpose,
        message_id=sha256(repr(("resend", first, number, now.isoformat())).encode()).hexdigest()[
            :32
        ],
        channel=row.channel,
        recipient=row.recipient,
        to=row.to,
        mentions=row.mentions,
        planned_at=now,
        part=row.part,
        parts=row.parts,
        urgent=row.urgent,
        next_at=now,
        subject=row.subject if system else "",
        body=row.body if system else "",
        resend_of=first,
    )
