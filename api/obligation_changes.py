"""What a person does to one obligation, asked for over the API or in a form of a page: checked here,
done by the engine."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from api.errors import BadInput
from api.obligation_rows import ObligationChange
from api.typed_dates import day, moment
from api.viewer import Viewer
from engine.acknowledgements import Via, acknowledge
from engine.agency import Agency
from engine.chains import take_back
from engine.clock_changes import enter, replay_reopened
from engine.clock_corrections import correct, correct_start, void
from engine.completion import complete_one
from engine.errors import NotAllowed
from engine.event_clocks import Change, Exclude, Extend, Restart
from engine.events import ALL_UNITS, Event
from engine.instants import day_of, local_day, start_of
from engine.obligations import Obligation, Status, reopen, waive
from engine.workdays import WorkCalendar
from rules.amounts import Amount


def change(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    viewer: Viewer,
    obligation_id: int,
    asked: ObligationChange,
    *,
    via: Via,
    now: datetime,
) -> tuple[Obligation, Sequence[Obligation]]:
    """办结, 免除, 恢复, 签收; 重新起算, 不计入期限, 延期, 更正: the obligation as it is then, and what
    stays done although the one before it was reopened.

    Raises BadInput, NotFound, NotAllowed, NoDate, TermError; then the caller rolls back.
    """
    row = viewer.obligation(session, obligation_id)
    by, left = viewer.acts_as(asked.by), list[Obligation]()
    place = (session, agency, calendar)
    _check_keys(asked)
    match asked.type:
        case "complete":
            at = completed_at(session, row, asked.at, now)
            complete_one(*place, row, by=by, at=at, evidence=asked.evidence, now=now)
        case "waive":
            waive(session, obligation_id, by=by, reason=_reason(asked), now=now)
        case "reopen":
            if row.unit not in agency.units:
                raise NotAllowed(
                    f"单位 {row.unit} 已经撤销，恢复后无人承担；请由接手的单位另行登记"
                )
            reopen(session, obligation_id, by=by, reason=_reason(asked), now=now)
            replay_reopened(*place, row, now)
            left = take_back(session, agency, row, by=by, now=now)
        case "acknowledge":
            until = day(asked.until, "until ") if asked.until else None
            acknowledge(*place, obligation_id, by=by, via=via, until=until, now=now)
        case "correct":
            if asked.entry is None:
                _check_event(session, viewer, row)
            _correct(*place, obligation_id, asked, by, now)
        case _:
            enter(*place, obligation_id, _change(asked), clause=asked.clause, by=by, now=now)
    session.flush()
    return row, left


def completed_before(
    session: Session, viewer: Viewer, row: Obligation, asked: ObligationChange, now: datetime
) -> bool:
    """Is it completed already, by the same person and as is asked for again: a second click?"""
    if asked.type != "complete" or row.status is not Status.DONE or row.closed_at is None:
        return False
    if (row.closed_by, row.evidence) != (viewer.acts_as(asked.by), asked.evidence):
        return False
    if asked.at:
        return row.closed_at == completed_at(session, row, asked.at, now)
    # Without a time the moment of the first click was meant.
    return row.closed_at == row.changed_at and local_day(row.closed_at) == local_day(now)


def check_event_unit(viewer: Viewer, agency: Agency, unit: str) -> None:
    """What concerns all units is entered by those who see all. Raises Refused."""
    if unit == ALL_UNITS:
        viewer.check_whole()
    elif unit in agency.units:
        viewer.check_own(unit)


def _check_event(session: Session, viewer: Viewer, row: Obligation) -> None:
    """A time that counts for other units too is corrected by those who see them. Raises Refused."""
    event = session.get(Event, row.event_id) if row.event_id else None
    if event and not viewer.sees(event.unit):
        viewer.check_whole()


def _correct(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    asked: ObligationChange,
    by: str,
    now: datetime,
) -> None:
    """更正 or 作废 of one entry, or without `entry` of the event's own time."""
    place = (session, agency, calendar, obligation_id)
    why: dict[str, Any] = {"by": by, "reason": _reason(asked), "now": now}
    if asked.void:
        void(*place, _voided(asked), **why)
    elif asked.entry is None:
        correct_start(*place, _needed(asked, "at"), **why)
    else:
        correct(*place, asked.entry, _corrected(asked), **why)


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


def completed_at(session: Session, row: Obligation, text: str | None, now: datetime) -> datetime:
    """When it was done: now, an instant, or of a day its beginning, but not before the event that
    happened in it. Raises BadInput for a day where hours count."""
    if not text:
        return now
    at = moment(text, "at ")
    if isinstance(at, datetime):
        return at
    if row.due_at:
        raise BadInput(f"at：以小时计的期限须写明办结的时刻，例如 {at}T14:30")
    event = session.get(Event, row.event_id) if row.event_id else None
    return event.at if event and day_of(event.at) == at else start_of(at)
