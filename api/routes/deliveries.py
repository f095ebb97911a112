"""/api/v1/deliveries"""

from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session, col

from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.idempotency import Room
from api.json_rows import resent_row
from api.schemas import (
    DeliveryFilter,
    Resending,
    ResendingBetween,
    RowId,
    attempt_row,
    delivery_row,
)
from api.typed_dates import between
from api.viewer import Viewer
from engine.alerts import alerts_of, only_of
from engine.deliveries import Delivery, State, attempts_of, list_deliveries
from engine.errors import NotFound
from engine.resending import resend_between, resend_one

router = Room(prefix="/deliveries")


@router.get("")
async def deliveries(
    asked: Annotated[DeliveryFilter, Query()], session: Reader, viewer: Viewing
) -> dict[str, Any]:
    """送达记录, newest first. `next` is the cursor of the next page, null on the last."""
    conditions: list[Any] = _own(viewer)
    if asked.state:
        conditions.append(col(Delivery.state) == State(asked.state))
    if asked.channel:
        conditions.append(col(Delivery.channel) == asked.channel)
    rows = list_deliveries(session, *conditions, before=asked.cursor, limit=asked.limit + 1)
    page = rows[: asked.limit]
    carried = alerts_of(session, [first for row in page if (first := row.resend_of or row.id)])
    items = [
        delivery_row(row)
        | {
            "alerts": [
                {"obligation": alert.obligation_id, "rung": alert.rung}
                for alert in carried.get(row.resend_of or row.id or 0, [])
            ]
        }
        for row in page
    ]
    return {"items": items, "next": page[-1].id if len(rows) > asked.limit else None}


@router.get("/{delivery_id}")
async def delivery(
    delivery_id: RowId, session: Reader, viewer: Viewing, if_none_match: NoneMatch = None
) -> Any:
    """One of them, with its text and each attempt."""
    return tagged(_shown(session, viewer, delivery_id), if_none_match)


@router.post("/{delivery_id}/resend")
def resend(
    delivery_id: RowId,
    asked: Resending,
    session: Writer,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> dict[str, Any]:
    """重新发送 one, whatever became of it; 409 where nothing of it is left to be told."""
    by = viewer.acts_as(asked.by)
    shown = _shown(session, viewer, delivery_id)
    check_match(if_match, lambda: shown)
    return delivery_row(resend_one(session, agency, delivery_id, by, asked.reason, now))


@router.post("/resend")
def resend_all(
    asked: ResendingBetween, session: Writer, agency: AgencyNow, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """重新发送 what was planned in a time and did not arrive; what is passed over says why."""
    first, end = between(asked.since, asked.to)
    by = viewer.acts_as(asked.by)
    return resent_row(
        resend_between(
            session, agency, first, end, asked.channel, by, asked.reason, now, *_own(viewer)
        )
    )


def _shown(session: Session, viewer: Viewer, delivery_id: int) -> dict[str, Any]:
    """All that one delivery shows. Raises NotFound."""
    rows = list_deliveries(session, col(Delivery.id) == delivery_id, *_own(viewer))
    if not rows:
        raise NotFound(f"没有编号为 {delivery_id} 的送达记录")
    attempts = [attempt_row(attempt) for attempt in attempts_of(session, delivery_id)]
    return delivery_row(rows[0]) | {"body": rows[0].body or None, "history": attempts}


def _own(viewer: Viewer) -> list[Any]:
    """A message that also speaks of another unit's matters is not his to read."""
    return [] if viewer.units is None else only_of(viewer.units)
