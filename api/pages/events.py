"""登记事由: what happened, from which limits count, and the matters that begin with it."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from api.dependencies import (
    AgencyNow,
    Now,
    Reader,
    Viewing,
    Writer,
    WriterAgency,
    WriterCalendar,
)
from api.errors import BadInput
from api.obligation_changes import check_event_unit
from api.obligation_rows import NewEvent
from api.pages.form_words import in_form_words
from api.pages.lines import lines_of
from api.permissions import Permission
from api.posted_forms import PostedForm, checked
from api.rendering import templates
from api.typed_dates import moment
from api.viewer import Viewer
from engine.agency import Agency
from engine.errors import EngineError, NotAllowed
from engine.events import ALL_UNITS, recent_events, record_event, triggers

router = APIRouter(prefix="/events")
RECENT = 20  # events
_NAMES = {"trigger": "事由", "unit": "单位", "at": "发生日期", "reference": "编号或名称"}


@router.get("")
async def page(
    request: Request, session: Reader, agency: AgencyNow, viewer: Viewing, trigger: str = ""
) -> Response:
    """登记事由."""
    shown = _shown(session, agency, viewer, {"trigger": trigger})
    return templates.TemplateResponse(request, "events.html", shown)


@router.post("")
async def record(
    request: Request,
    posted: PostedForm,
    session: Writer,
    agency: WriterAgency,
    calendar: WriterCalendar,
    now: Now,
    viewer: Viewing,
) -> Response:
    """What begins stands on the answer. The same event again changes nothing, so that it need be no
    redirection."""
    try:
        asked = _asked(posted.fields)
        check_event_unit(viewer, agency, asked.unit)
        _, rows, new = record_event(
            session,
            agency,
            calendar,
            trigger=asked.trigger,
            unit=asked.unit,
            moment=moment(asked.at, "发生时间"),
            reference=asked.reference,
            by=viewer.acts_as(None),
            now=now,
        )
    except (BadInput, EngineError) as fault:
        told = {"fault": f"{in_form_words(fault).rstrip('。')}。没有登记"}
        shown = _shown(session, agency, viewer, posted.fields) | told
        status = 409 if isinstance(fault, NotAllowed) else 422
        return templates.TemplateResponse(request, "events.html", shown, status)
    said = "已登记，下列事项从它起算。" if new else "这个事由已经登记过，没有重复登记。"
    begun = {"said": said, "begun": lines_of(session, agency, calendar, now, rows)}
    shown = _shown(session, agency, viewer, {}) | begun
    return templates.TemplateResponse(request, "events.html", shown, 201 if new else 200)


def _asked(typed: Mapping[str, str]) -> NewEvent:
    """Raises BadInput."""
    day, time = typed.get("day", ""), typed.get("time", "")
    at = f"{day}T{time}" if day and time else day
    values = {name: typed.get(name, "") for name in ("trigger", "unit", "reference")}
    return checked(NewEvent, values | {"at": at}, _NAMES)


def _shown(
    session: Session, agency: Agency, viewer: Viewer, typed: Mapping[str, str]
) -> dict[str, Any]:
    found = {
        trigger: [duty.unit for duty in duties if viewer.sees(duty.unit)]
        for trigger, duties in triggers(agency).items()
    }
    owing = {unit for units in found.values() for unit in units}
    return {
        "triggers": [trigger for trigger, units in found.items() if units],
        "units": [unit for unit in agency.units.values() if unit.id in owing],
        "names": {unit.id: unit.name for unit in agency.units.values()}
        | {ALL_UNITS: "全部承担单位"},
        "all": ALL_UNITS if viewer.sees(ALL_UNITS) else "",
        "acts": Permission.ACT in viewer.permissions,
        "events": recent_events(session, viewer.units, RECENT),
        "typed": typed,
        "begun": [],
    }
