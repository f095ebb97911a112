"""/api/v1/obligations"""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlmodel import Session

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, Writer, WriterCalendar
from api.errors import BadInput
from api.json_rows import answer_rows, trace_rows
from api.obligation_filter import after_of, conditions_of, next_of
from api.schemas import (
    ObligationChange,
    ObligationFilter,
    RowId,
    clock_row,
    journal_row,
    obligation_row,
)
from api.typed_dates import day, moment
from api.viewer import Viewer
from engine.acknowledgements import Via, acknowledge, acknowledgements_of
from engine.agency import Agency
from engine.chains import follow, take_back
from engine.clock_changes import enter, replay_reopened
from engine.clock_corrections import correct, correct_start, void
from engine.clock_entries import entries_of
from engine.errors import NotAllowed, NotFound
from engine.event_clocks import Change, Exclude, Extend, Restart
from engine.events import Event, check_completion
from engine.instants import local_iso, start_of
from engine.journal import journal_of
from engine.obligations import (
    Obligation,
    complete,
    get_obligation,
    list_obligations,
    reopen,
    waive,
)
from engine.tracing import answers_of, trace_of
from engine.workdays import WorkCalendar
from rules.terms import Amount

router = APIRouter(prefix="/obligations")


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
    conditions = viewer.own_obligations() + conditions_of(asked, agency, calendar, now)
    if asked.unit is not None:
        viewer.check_unit(asked.unit)
    rows = list_obligations(
        session, *conditions, after=after_of(asked.cursor), limit=asked.limit + 1
    )
    page = rows[: asked.limit]
    signed = acknowledgements_of(session, page)
    return {
        "items": [obligation_row(row, agency, now, signed.get(row.id or 0)) for row in page],
        "next": next_of(rows, asked.limit),
    }


@router.get("/{obligation_id}")
async def obligation(
    obligation_id: RowId,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """One of them, with the steps of its date, its journal and its clock entries."""
    row = _own(session, viewer, obligation_id)
    steps = trace_of(session, agency, calendar, row)
    return _whole(session, row, agency, now) | {"trace": trace_rows(steps)}


@router.get("/{obligation_id}/explanation")
async def explanation(
    obligation_id: RowId,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    viewer: Viewing,
) -> dict[str, Any]:
    """The steps of its date, how it was read, and what else is open."""
    row = _own(session, viewer, obligation_id)
    steps = trace_rows(trace_of(session, agency, calendar, row))
    return {"trace": steps} | answer_rows(answers_of(session, agency, calendar, row))


@router.post("/{obligation_id}/events")
async def change(
    obligation_id: RowId,
    asked: ObligationChange,
    session: Writer,
    agency: AgencyNow,
    calendar: WriterCalendar,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """办结, 免除, 恢复, 签收; 重新起算, 不计入期限, 延期, 更正. The answer is the obligation as it is then."""
    row, more = _own(session, viewer, obligation_id), dict[str, Any]()
    by = viewer.acts_as(asked.by)
    _check_keys(asked)
    match asked.type:
        case "complete":
            at = _instant(asked.at) if asked.at else now
            check_completion(session, agency, row, at)
            row = complete(session, obligation_id, by=by, at=at, evidence=asked.evidence, now=now)
            follow(session, agency, calendar, row, now)
        case "waive":
            row = waive(session, obligation_id, by=by, reason=_reason(asked), now=now)
        case "reopen":
            row = reopen(session, obligation_id, by=by, reason=_reason(asked), now=now)
            replay_reopened(session, agency, calendar, row, now)
            left = take_back(session, agency, row, by=by, now=now)
            more["done_after"] = [_done_row(one) for one in left]
        case "acknowledge":
            row = _acknowledge(session, agency, calendar, obligation_id, asked, by, now)
        case "correct":
            if asked.entry is None:
                _check_event(session, viewer, row)
            row = _correct(session, agency, calendar, obligation_id, asked, by, now)
        case _:
            row = enter(
                session,
                agency,
                calendar,
                obligation_id,
                _change(asked),
                clause=asked.clause,
                by=by,
                now=now,
            )
    session.flush()
    return _whole(session, row, agency, now) | more


def _acknowledge(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    asked: ObligationChange,
    by: str,
    now: datetime,
) -> Obligation:
    """签收, without a date or until one."""
    until = day(asked.until, "until ") if asked.until else None
    place = (session, agency, calendar, obligation_id)
    acknowledge(*place, by=by, via=Via.API, until=until, now=now)
    return get_obligation(session, obligation_id)


def _own(session: Session, viewer: Viewer, obligation_id: int) -> Obligation:
    """An obligation of the viewer's units; another's does not exist for him. Raises NotFound."""
    row = get_obligation(session, obligation_id)
    if not viewer.sees(row.unit):
        raise NotFound(f"没有编号为 {obligation_id} 的待办事项")
    return row


def _check_event(session: Session, viewer: Viewer, row: Obligation) -> None:
    """A time that counts for other units too is corrected by those who see them. Raises NotAllowed."""
    event = session.get(Event, row.event_id) if row.event_id else None
    if event and not viewer.sees(event.unit):
        raise NotAllowed("这个事由是为其他单位一并登记的，请由政务公开办更正它的时间")


def _correct(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    asked: ObligationChange,
    by: str,
    now: datetime,
) -> Obligation:
    """更正 or 作废 of one entry, or without `entry` of the event's own time."""
    place = (session, agency, calendar, obligation_id)
    why: dict[str, Any] = {"by": by, "reason": _reason(asked), "now": now}
    if asked.void:
        return void(*place, _voided(asked), **why)
    if asked.entry is None:
        return correct_start(*place, _needed(asked, "at"), **why)
    return correct(*place, asked.entry, _corrected(asked), **why)


def _change(asked: ObligationChange) -> Change:
    """What is to be entered about the clock."""
    if asked.type == "restart":
        return Restart(_needed(asked, "at"), reason=asked.reason)
    if asked.type == "exclude":
        return Exclude(_needed(asked, "from"), _needed(asked, "to"), reason=asked.reason)
    if not asked.amount:
        raise BadInput("amount：请写明延长多久，例如 20WD")
    amount = Amount.parse(asked.amount)
    return Extend(_needed(asked, "at"), amount, asked.approver, reason=asked.reason)


def _corrected(asked: ObligationChange) -> dict[str, Any]:
    """The values of an entry that are to be others."""
    if asked.at and asked.since:
        raise BadInput("at 和 from 只能写一个：不计入期限的时间用 from 和 to，其他用 at")
    values: dict[str, Any] = {}
    if asked.at or asked.since:
        values["at"] = _needed(asked, "at" if asked.at else "from")
    if asked.to:
        values["until"] = _needed(asked, "to")
    if asked.amount:
        values["amount"] = Amount.parse(asked.amount)
    if asked.approver:
        values["approver"] = asked.approver
    if not values:
        raise BadInput("at：更正须写明正确的时间（at，或者 from 和 to）")
    return values


def _voided(asked: ObligationChange) -> int:
    """The entry that is not to count any more."""
    if asked.entry is None:
        raise BadInput("entry：请写明要作废的计时记录的编号，见详情的 clock")
    values = {"at", "from", "to", "amount", "approver", "clause"}
    for key in asked.model_dump(by_alias=True, exclude_unset=True).keys() & values:
        raise BadInput(f"{key}：作废不改时间，请去掉")
    return asked.entry


def _needed(asked: ObligationChange, name: str) -> date | datetime:
    text = {"at": asked.at, "from": asked.since, "to": asked.to}[name]
    if not text:
        raise BadInput(f"{name}：请写明日期或时刻，例如 2026-03-18")
    return moment(text, f"{name} ")


_KEYS = {
    "complete": {"at", "evidence"},
    "waive": set[str](),
    "reopen": set[str](),
    "acknowledge": {"until"},
    "restart": {"at", "clause"},
    "exclude": {"from", "to", "clause"},
    "extend": {"at", "amount", "approver", "clause"},
    "correct": {"at", "from", "to", "amount", "approver", "clause", "entry", "void"},
}


def _check_keys(asked: ObligationChange) -> None:
    """A key that the type does not have is a slip: a restart with an end was to be an exclusion."""
    given = asked.model_dump(by_alias=True, exclude_unset=True).keys()
    for key in given - {"type", "by", "reason"} - _KEYS[asked.type]:
        raise BadInput(f"{key}：{asked.type} 没有这一项，请去掉")


def _reason(asked: ObligationChange) -> str:
    if not asked.reason:
        raise BadInput("reason：免除、恢复和更正都须写明理由")
    return asked.reason


def _instant(text: str) -> datetime:
    """When it was done; of a day the beginning."""
    at = moment(text, "at ")
    return at if isinstance(at, datetime) else start_of(at)


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
