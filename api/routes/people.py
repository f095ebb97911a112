"""/api/v1/absences, /api/v1/silences, /api/v1/people"""

from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session, col

from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer, WriterAgency
from api.idempotency import Room
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
from api.viewer import Viewer
from engine.absences import Absence, add_absence, cancel_absence, list_absences
from engine.errors import NotFound
from engine.instants import local_day
from engine.reachability import unreachable_people
from engine.silences import Scope, Silence, add_silence, concerning, end_silence, list_silences

router = Room()


@router.get("/absences")
async def absences(
    asked: Annotated[Page, Query()], session: Reader, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """请假 in the viewer's units, newest first. `next` is the cursor of the next page, null on the
    last."""
    own = _own_absences(viewer)
    rows = list_absences(session, *own, before=asked.cursor, limit=asked.limit + 1)
    page = rows[: asked.limit]
    items = [absence_row(row, local_day(now)) for row in page]
    return {"items": items, "next": page[-1].id if len(rows) > asked.limit else None}


@router.post("/absences", status_code=201)
async def absence(
    asked: NewAbsence, session: Writer, agency: WriterAgency, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """Note that somebody is away: his substitute is told for him meanwhile."""
    viewer.check_own(asked.unit)
    row = add_absence(
        session,
        agency,
        unit=asked.unit,
        name=asked.name,
        first=day(asked.first, "from "),
        last=day(asked.last, "to "),
        by=viewer.acts_as(asked.by),
        now=now,
    )
    return absence_row(row, local_day(now))


@router.post("/absences/{absence_id}/cancel")
async def cancel(
    absence_id: RowId, asked: Who, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """The person is back, or does not go."""
    found = list_absences(session, col(Absence.id) == absence_id)
    if not found:
        raise NotFound(f"没有编号为 {absence_id} 的请假")
    viewer.check_own(found[0].unit)
    row = cancel_absence(session, absence_id, by=viewer.acts_as(asked.by), now=now)
    return absence_row(row, local_day(now))


@router.get("/silences")
async def silences(
    asked: Annotated[Page, Query()], session: Reader, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """静默 that concern the viewer's units, newest first. `next` is the cursor of the next page, null
    on the last."""
    rows = list_silences(
        session, *_own_silences(viewer), before=asked.cursor, limit=asked.limit + 1
    )
    page = rows[: asked.limit]
    items = [silence_row(row, now) for row in page]
    return {"items": items, "next": page[-1].id if len(rows) > asked.limit else None}


@router.post("/silences", status_code=201)
async def silence(
    asked: NewSilence, session: Writer, agency: WriterAgency, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """No ordinary reminders of one obligation, rule or unit until an instant."""
    scope = Scope(asked.obligation, asked.rule or "", asked.unit or "")
    until, by = end_typed(asked.until), viewer.acts_as(asked.by)
    _check_scope(session, viewer, scope)
    row = add_silence(session, agency, scope, until=until, by=by, reason=asked.reason, now=now)
    return silence_row(row, now)


@router.post("/silences/{silence_id}/end")
async def end(
    silence_id: RowId, asked: Who, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """End a silence before its time."""
    found = list_silences(session, col(Silence.id) == silence_id)
    if not found:
        raise NotFound(f"没有编号为 {silence_id} 的静默")
    of = found[0]
    _check_scope(session, viewer, Scope(of.obligation_id, of.rule, of.unit))
    by = viewer.acts_as(asked.by)
    return silence_row(end_silence(session, silence_id, by=by, now=now), now)


@router.get("/people/unreachable")
async def unreachable(session: Reader, agency: AgencyNow, viewer: Viewing) -> dict[str, Any]:
    """够不着的联系人 of the viewer's units: whom no channel of his unit reaches, and why."""
    found = unreachable_people(session, agency)
    return {"items": [unreached_row(one) for one in found if viewer.sees(one.unit.id)]}


def _own_absences(viewer: Viewer) -> list[Any]:
    return [] if viewer.units is None else [col(Absence.unit).in_(sorted(viewer.units))]


def _own_silences(viewer: Viewer) -> list[Any]:
    return [] if viewer.units is None else [concerning(viewer.units)]


def _check_scope(session: Session, viewer: Viewer, scope: Scope) -> None:
    """Raises NotFound for another unit's obligation, Refused for another unit, and for a rule, which is of
    all units."""
    if scope.unit:
        viewer.check_own(scope.unit)
    if scope.obligation_id:
        viewer.obligation(session, scope.obligation_id)
    if scope.rule:
        viewer.check_whole()
