"""The deliveries that somebody asks for and may see: for the page and the interface alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col

from api.delivery_rows import DeliveryFilter
from api.errors import BadInput
from api.permissions import Permission
from api.typed_dates import day
from api.viewer import Viewer
from engine.alerts import Alert, alerts_of
from engine.channels import ChannelState
from engine.deliveries import Delivery, State, list_deliveries
from engine.errors import NotFound
from engine.instants import end_of, start_of

_SIGNED = re.compile(r"(/m/)[A-Za-z0-9_.~-]+")  # the link with which a matter is acknowledged


@dataclass(frozen=True)
class Found:
    """A page of them, newest first; the cursor of the next page, None on the last; and the alerts
    by the delivery that holds them."""

    rows: list[Delivery]
    next: int | None
    alerts: Mapping[int, list[Alert]]

    def of(self, row: Delivery) -> list[Alert]:
        """What one carries: what was sent again carries the alerts of the first."""
        return self.alerts.get(row.resend_of or row.id or 0, [])


def search(session: Session, viewer: Viewer, asked: DeliveryFilter) -> Found:
    """What a filter leaves of those that the viewer sees. Raises BadInput, NotFound for a channel
    that never was."""
    conditions = [*viewer.own_deliveries(), *_conditions(session, asked)]
    rows = list_deliveries(session, *conditions, before=asked.cursor, limit=asked.limit + 1)
    page = rows[: asked.limit]
    holders = [first for row in page if (first := row.resend_of or row.id)]
    more = page[-1].id if len(rows) > asked.limit else None
    return Found(page, more, alerts_of(session, holders))


def find(session: Session, viewer: Viewer, delivery_id: int) -> Delivery:
    """One of them. Raises NotFound, also where he may not see it."""
    rows = list_deliveries(session, col(Delivery.id) == delivery_id, *viewer.own_deliveries())
    if not rows:
        raise NotFound(f"没有编号为 {delivery_id} 的送达记录")
    return rows[0]


def body_for(viewer: Viewer, row: Delivery) -> str:
    """As it was last sent; the link that acknowledges is not for those who may only read."""
    return row.body if Permission.ACT in viewer.permissions else _SIGNED.sub(r"\1…", row.body)


def _conditions(session: Session, asked: DeliveryFilter) -> list[Any]:
    found: list[Any] = []
    if asked.state:
        found.append(col(Delivery.state) == State(asked.state))
    if asked.channel:
        if session.get(ChannelState, asked.channel) is None:
            raise NotFound(f"没有渠道“{asked.channel}”，请核对渠道的编号")
        found.append(col(Delivery.channel) == asked.channel)
    start, end = planned_between(asked.since, asked.to)
    if start:
        found.append(col(Delivery.planned_at) >= start)
    if end:
        found.append(col(Delivery.planned_at) < end)
    return found


def planned_between(first: str | None, last: str | None) -> tuple[datetime | None, datetime | None]:
    """From the beginning of a day to the end of another, as they were typed; either may be left
    open. Raises BadInput."""
    begin = day(first, "起始日期") if first else None
    stop = day(last, "截止日期") if last else None
    if begin and stop and stop < begin:
        raise BadInput(f"截止日期 {stop} 早于起始日期 {begin}")
    return start_of(begin) if begin else None, end_of(stop) if stop else None
