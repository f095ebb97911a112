"""/api/v1/absences, /api/v1/silences, /api/v1/people"""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.dependencies import AgencyNow, Now, Reader, Writer
from api.people_rows import (
    NewAbsence,
    NewSilence,
    Page,
    Who,
    absence_row,
    end_typed,
    silence_row,
    unreached_row,
)
from api.schemas import RowId
from api.typed_dates import day
from engine.absences import add_absence, cancel_absence, list_absences
from engine.instants import local_day
from engine.reachability import unreachable_people
from engine.silences import Scope, add_silence, end_silence, list_silences

router = APIRouter()


@router.get("/absences")
async def absences(asked: Annotated[Page, Query()], session: Reader, now: Now) -> dict[str, Any]:
    """请假, newest first. `next` is the cursor of the next page, null on the last."""
    rows = list_absences(session, before=asked.cursor, limit=asked.limit + 1)
    page = rows[: asked.limit]
    items = [absence_row(row, local_day(now)) for row in page]
    return {"items": items, "next": page[-1].id if len(rows) > asked.limit else None}


@router.post("/absences", status_code=201)
async def absence(
    asked: NewAbsence, session: Writer, agency: AgencyNow, now: Now
) -> dict[str, Any]:
    """Note that somebody is away: his substitute is told for him meanwhile."""
    row = add_absence(
        session,
        agency,
        unit=asked.unit,
        name=asked.name,
        first=day(asked.first, "from "),
        last=day(asked.last, "to "),
        by=asked.by,
        now=now,
    )
    return absence_row(row, local_day(now))


@router.post("/absences/{absence_id}/cancel")
async def cancel(absence_id: RowId, asked: Who, session: Writer, now: Now) -> dict[str, Any]:
    """The person is back, or does not go."""
    row = cancel_absence(session, absence_id, by=asked.by, now=now)
    return absence_row(row, local_day(now))


@router.get("/silences")
async def silences(asked: Annotated[Page, Query()], session: Reader, now: Now) -> dict[str, Any]:
    """静默, newest first. `next` is the cursor of the next page, null on the last."""
    rows = list_silences(session, before=asked.cursor, limit=asked.limit + 1)
    page = rows[: asked.limit]
    items = [silence_row(row, now) for row in page]
    return {"items": items, "next": page[-1].id if len(rows) > asked.limit else None}


@router.post("/silences", status_code=201)
async def silence(
    asked: NewSilence, session: Writer, agency: AgencyNow, now: Now
) -> dict[str, Any]:
    """No ordinary reminders of one obligation, rule or unit until an instant."""
    scope = Scope(asked.obligation, asked.rule or "", asked.unit or "")
    until = end_typed(asked.until)
    row = add_silence(
        session, agency, scope, until=until, by=asked.by, reason=asked.reason, now=now
    )
    return silence_row(row, now)


@router.post("/silences/{silence_id}/end")
async def end(silence_id: RowId, asked: Who, session: Writer, now: Now) -> dict[str, Any]:
    """End a silence before its time."""
    return silence_row(end_silence(session, silence_id, by=asked.by, now=now), now)


@router.get("/people/unreachable")
async def unreachable(session: Reader, agency: AgencyNow) -> dict[str, Any]:
    """够不着的联系人: whom no channel of his unit reaches, and why."""
    return {"items": [unreached_row(one) for one in unreachable_people(session, agency)]}
