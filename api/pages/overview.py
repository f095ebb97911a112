"""总览: what is late and what comes, and what the office has to put right."""

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing
from api.pages.next_steps import NextSteps, next_steps
from api.pages.overview_sections import sections
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.alerts import only_of, unreachable
from engine.channels import disabled_channels
from engine.deliveries import undelivered
from engine.remaining import remaining_in_words
from rules.rule import Document, Rule

router = APIRouter()


@router.get("/")
async def overview(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """总览."""
    own = [] if viewer.units is None else only_of(viewer.units)
    unreached = unreachable(session, agency)
    asked = NextSteps(session, agency, calendar, now, viewer, not unreached)
    return templates.TemplateResponse(
        request,
        "overview.html",
        {
            "steps": next_steps(asked),
            "sections": sections(session, agency, now, viewer.own_obligations()),
            "waiting": _waiting(agency, viewer),
            "unreachable": [u for u in unreached if viewer.sees(u)],
            "disabled": disabled_channels(session) if viewer.units is None else [],
            "undelivered": undelivered(session, now - timedelta(days=7), *own),
            "readings": agency.readings,
            "remaining": lambda row: remaining_in_words(
                row, now, agency.calendar_of(row.unit, calendar)
            ),
        },
    )


def _waiting(agency: Agency, viewer: Viewer) -> dict[Document, list[tuple[Rule, str]]]:
    """Rules without a date, by document, each with the names of the units that owe it."""
    found: dict[Document, list[tuple[Rule, str]]] = {}
    for rule in agency.rules:
        if agency.readings[rule.id].term is None:
            duties = agency.duties_in_force.values()
            owing = (
                agency.units[duty.unit].name
                for duty in duties
                if duty.rule == rule.id and viewer.sees(duty.unit)
            )
            found.setdefault(rule.document, []).append((rule, "、".join(owing)))
    return found
