"""/api/v1/obligations"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session

from api.dependencies import (
    AgencyNow,
    CalendarNow,
    Now,
    Reader,
    Viewing,
    Writer,
    WriterAgency,
    WriterCalendar,
)
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.idempotency import Room
from api.json_rows import answer_rows, trace_rows
from api.obligation_changes import change as apply
from api.obligation_filter import ObligationFilter, find
from api.obligation_rows import ObligationChange, clock_row, journal_row, obligation_row
from api.schemas import RowId
from engine.acknowledgements import Via, acknowledgements_of
from engine.agency import Agency
from engine.clock_entries import entries_of
from engine.instants import local_iso
from engine.journal import journal_of
from engine.obligations import Obligation
from engine.tracing import answers_of, trace_of
from engine.workdays import WorkCalendar

router = Room(prefix="/obligations")


@router.get("")
async def obligations(
    asked: Annotated[ObligationFilter, Query()],
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """待办事项 by due day. `next` is the cursor of the next page, null on the last."""
    page, following = find(asked, agency, calendar, viewer, now).page(session, asked)
    signed = acknowledgements_of(session, page)
    return {
        "items": [obligation_row(row, agency, now, signed.get(row.id or 0)) for row in page],
        "next": following or None,
    }


@router.get("/{obligation_id}")
async def obligation(
    obligation_id: RowId,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_none_match: NoneMatch = None,
) -> Any:
    """One of them, with the steps of its date, its journal and its clock entries."""
    row = viewer.obligation(session, obligation_id)
    return tagged(_shown(session, row, agency, calendar, now), if_none_match)


@router.get("/{obligation_id}/explanation")
async def explanation(
    obligation_id: RowId,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    viewer: Viewing,
) -> dict[str, Any]:
    """The steps of its date, how it was read, and what else is open."""
    row = viewer.obligation(session, obligation_id)
    steps = trace_rows(trace_of(session, agency, calendar, row))
    return {"trace": steps} | answer_rows(answers_of(session, agency, calendar, row))


@router.post("/{obligation_id}/events")
async def change(
    obligation_id: RowId,
    asked: ObligationChange,
    session: Writer,
    agency: WriterAgency,
    calendar: WriterCalendar,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> dict[str, Any]:
    """办结, 免除, 恢复, 签收; 重新起算, 不计入期限, 延期, 更正. The answer is the obligation as it is then."""
    row = viewer.obligation(session, obligation_id)
    check_match(if_match, lambda: _shown(session, row, agency, calendar, now))
    place = (session, agency, calendar, viewer, obligation_id)
    row, left = apply(*place, asked, via=Via.API, now=now)
    more = {"done_after": [_done_row(one) for one in left]} if asked.type == "reopen" else {}
    return _whole(session, row, agency, now) | more


def _shown(
    session: Session, row: Obligation, agency: Agency, calendar: WorkCalendar, now: datetime
) -> dict[str, Any]:
    """All that one obligation shows; its ETag is made of it."""
    steps = trace_rows(trace_of(session, agency, calendar, row))
    return _whole(session, row, agency, now) | {"trace": steps}


def _whole(session: Session, row: Obligation, agency: Agency, now: Now) -> dict[str, Any]:
    assert row.id is not None
    journal = [journal_row(entry) for entry in journal_of(session, row.id)]
    clock = [clock_row(entry) for entry in entries_of(session, row.id)]
    signed = acknowledgements_of(session, [row]).get(row.id)
    return obligation_row(row, agency, now, signed) | {"journal": journal, "clock": clock}


def _done_row(row: Obligation) -> dict[str, Any]:
    """What stays done although the one before it was reopened."""
    return {
        "id": row.id,
        "rule": row.rule,
        "unit": row.unit,
        "period": row.period,
        "closed_at": local_iso(row.closed_at),
    }
