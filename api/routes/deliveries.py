"""/api/v1/deliveries"""

from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session

from api.delivery_rows import DeliveryFilter, Resending, ResendingBetween, attempt_row, delivery_row
from api.delivery_search import body_for, find, search
from api.dependencies import Now, Reader, Viewing, Writer, WriterAgency
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.idempotency import Room
from api.json_rows import resent_row
from api.schemas import RowId
from api.typed_dates import between
from api.viewer import Viewer
from engine.deliveries import attempts_of
from engine.resending import resend_between, resend_one

router = Room(prefix="/deliveries")


@router.get("")
async def deliveries(
    asked: Annotated[DeliveryFilter, Query()], session: Reader, viewer: Viewing
) -> dict[str, Any]:
    """送达记录, newest first. `next` is the cursor of the next page, null on the last."""
    found = search(session, viewer, asked)
    items = [
        delivery_row(row)
        | {
            "alerts": [
                {"obligation": alert.obligation_id, "rung": alert.rung} for alert in found.of(row)
            ]
        }
        for row in found.rows
    ]
    return {"items": items, "next": found.next}


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
    agency: WriterAgency,
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
    asked: ResendingBetween, session: Writer, agency: WriterAgency, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """重新发送 what was planned in a time and did not arrive; what is passed over says why."""
    first, end = between(asked.since, asked.to)
    by = viewer.acts_as(asked.by)
    own = viewer.own_deliveries()
    found = resend_between(session, agency, first, end, asked.channel, by, asked.reason, now, *own)
    return resent_row(found)


def _shown(session: Session, viewer: Viewer, delivery_id: int) -> dict[str, Any]:
    """All that one delivery shows. Raises NotFound."""
    row = find(session, viewer, delivery_id)
    attempts = [attempt_row(attempt) for attempt in attempts_of(session, delivery_id)]
    return delivery_row(row) | {"body": body_for(viewer, row) or None, "history": attempts}
