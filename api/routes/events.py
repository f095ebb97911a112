"""/api/v1/events"""

from typing import Any

from fastapi import Response

from api.dependencies import Now, Viewing, Writer, WriterAgency, WriterCalendar
from api.idempotency import Room
from api.obligation_changes import check_event_unit
from api.obligation_rows import NewEvent, obligation_row
from api.typed_dates import moment
from engine.acknowledgements import acknowledgements_of
from engine.events import record_event

router = Room(prefix="/events")


@router.post("", status_code=201, responses={200: {"description": "这个事由已经登记过"}})
async def event(
    asked: NewEvent,
    response: Response,
    session: Writer,
    agency: WriterAgency,
    calendar: WriterCalendar,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """登记事由. 201 with the obligations that begin; the same event again: 200 and the same."""
    check_event_unit(viewer, agency, asked.unit)
    recorded, obligations, new = record_event(
        session,
        agency,
        calendar,
        trigger=asked.trigger,
        unit=asked.unit,
        moment=moment(asked.at, "at "),
        reference=asked.reference,
        by=viewer.acts_as(asked.by),
        now=now,
    )
    response.status_code = 201 if new else 200
    signed = acknowledgements_of(session, obligations)
    rows = [obligation_row(row, agency, now, signed.get(row.id or 0)) for row in obligations]
    return {"id": recorded.id, "trigger": recorded.trigger, "obligations": rows}
