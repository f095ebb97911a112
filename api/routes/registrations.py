"""/api/v1/units, /api/v1/duties: what is registered beside the configuration file"""

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.dependencies import Now, Viewing, Writer, WriterCalendar, running
from api.entity_tags import Match, check_match
from api.idempotency import Room, answered
from api.office_changes import OfficeChanges, own_unit
from api.office_rows import (
    DutyEnd,
    NewDuty,
    NewUnit,
    UnitChange,
    duty_row,
    duty_typed,
    unit_row,
    unit_typed,
    values_of,
)
from api.typed_dates import day
from api.unit_ending import UnitEnd, ended, ended_row
from engine.agency import Agency
from engine.registering import Decision, Effect
from engine.unit_endings import Ended
from engine.units import Unit

router = Room()
_SAME: dict[int | str, dict[str, Any]] = {200: {"description": "已有同样的登记，没有改动"}}


async def _changes(
    request: Request, session: Writer, calendar: WriterCalendar, viewer: Viewing
) -> OfficeChanges:
    return OfficeChanges(session, running(request).current, calendar, viewer)


Changes = Annotated[OfficeChanges, Depends(_changes, scope="function")]


@router.post("/units", status_code=201)
async def new_unit(asked: NewUnit, changes: Changes, now: Now) -> dict[str, Any]:
    """登记单位."""
    decision = Decision(changes.viewer.acts_as(asked.by), asked.reason, now)
    unit = unit_typed(asked.model_dump(exclude={"by", "reason"}))
    changes.add_unit(unit, decision)
    agency = changes.agency()
    return unit_row(agency.units[unit.id], agency)


@router.post("/units/{id}")
async def change_unit(
    id: str, asked: UnitChange, changes: Changes, now: Now, if_match: Match = None
) -> dict[str, Any]:
    """修改单位: the keys that are given. One of the configuration file is changed there."""
    decision = Decision(changes.viewer.acts_as(asked.by), asked.reason, now)
    agency = changes.agency()
    unit = own_unit(changes.viewer, agency, id)
    check_match(if_match, lambda: unit_row(unit, agency))
    before = values_of(unit, agency)
    given = asked.model_dump(exclude_unset=True, exclude={"by", "reason"})
    changes.change_unit(unit_typed(before | given), decision)
    agency = changes.agency()
    return unit_row(agency.units[id], agency)


@router.post(
    "/units/{id}/end",
    status_code=201,
    responses={200: {"description": "没有 apply：只看影响，没有撤销"}},
)
def end_unit(
    id: str, asked: UnitEnd, request: Request, now: Now, viewer: Viewing, if_match: Match = None
) -> Response:
    """撤销单位, with its duties; 200 without `apply`. What is not due yet is waived; 409 while something
    is due, or there are units below it. One of the configuration file is taken out there."""
    process = running(request)
    agency, decision = (
        process.current.agency(),
        Decision(viewer.acts_as(asked.by), asked.reason, now),
    )

    def first(unit: Unit, agency: Agency) -> None:
        check_match(if_match, lambda: unit_row(unit, agency))

    def then(session: Session, done: Ended) -> None:
        answered(request, session, ended_row(done, agency, viewer, True), 201)

    done = ended(process, viewer, id, decision, asked.apply, first, then)
    row = ended_row(done, agency, viewer, asked.apply)
    return JSONResponse(jsonable_encoder(row), 201 if asked.apply else 200)


@router.post("/duties", status_code=201, responses=_SAME)
async def new_duty(
    asked: NewDuty, response: Response, changes: Changes, now: Now
) -> dict[str, Any]:
    """登记责任: a unit owes a rule; of one that is registered already its days and its ladder."""
    decision = Decision(changes.viewer.acts_as(asked.by), asked.reason, now)
    duty = duty_typed(asked.rule, asked.unit, asked.since, asked.until, asked.ladder)
    if changes.add_duty(duty, decision) is not Effect.NEW:
        response.status_code = 200
    agency = changes.agency()
    return duty_row(agency.duties_in_force[duty.key], agency)


@router.post("/duties/end")
async def end_duty(asked: DutyEnd, changes: Changes, now: Now) -> dict[str, Any]:
    """终止责任. What would fall due later and is open is waived; what is late stays owed."""
    decision = Decision(changes.viewer.acts_as(asked.by), asked.reason, now)
    last = day(asked.until, "until ")
    changes.end_duty(asked.rule, asked.unit, last, decision)
    return {"rule": asked.rule, "unit": asked.unit, "until": last}
