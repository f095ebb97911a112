"""The pages: rendered here, in Chinese, readable without JavaScript."""

from datetime import date, timedelta
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader
from api.overview import sections
from engine.agency import Agency
from engine.alerts import unreachable
from engine.channels import disabled_channels
from engine.deliveries import undelivered
from engine.instants import ZONE, local_day
from engine.remaining import remaining_in_words
from engine.wording import named
from engine.workdays import WorkCalendar
from rules.rule import Document, Rule

router = APIRouter()
templates = Jinja2Templates(Path(__file__).parent / "templates")
templates.env.filters["named"] = named
templates.env.filters["local"] = lambda moment: moment.astimezone(ZONE)


@router.get("/", include_in_schema=False)
async def overview(
    request: Request, session: Reader, agency: AgencyNow, calendar: CalendarNow, now: Now
) -> Response:
    """总览."""
    today = local_day(now)
    return templates.TemplateResponse(
        request,
        "overview.html",
        {
            "today": today,
            "day": _day_in_words(today, calendar),
            "now": now,
            "sections": sections(session, agency, now),
            "waiting": _waiting(agency),
            "unreachable": unreachable(session, agency),
            "disabled": disabled_channels(session),
            "undelivered": undelivered(session, now - timedelta(days=7)),
            "readings": agency.readings,
            "remaining": lambda row: remaining_in_words(
                row, now, agency.calendar_of(row.unit, calendar)
            ),
        },
    )


def _waiting(agency: Agency) -> dict[Document, list[tuple[Rule, str]]]:
    """Rules without a date, by document, each with the names of the units that owe it."""
    found: dict[Document, list[tuple[Rule, str]]] = {}
    for rule in agency.rules:
        if agency.readings[rule.id].term is None:
            duties = agency.duties_in_force.values()
            owing = (agency.units[duty.unit].name for duty in duties if duty.rule == rule.id)
            found.setdefault(rule.document, []).append((rule, "、".join(owing)))
    return found


def _day_in_words(today: date, calendar: WorkCalendar) -> str:
    return f"{named(today)}，{calendar.reason(today).name}"
