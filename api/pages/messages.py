"""消息: what went out last, word for word, and, when asked, what will go out on the next working
mornings."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlmodel import col
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Viewing, running
from api.rendering import templates
from engine.database import reading
from engine.deliveries import STATE_NAMES, Delivery, list_deliveries
from engine.preview import coming, near

router = APIRouter()
SENT = 20
# Open obligations times mornings, and one for the derivation: nobody else can write meanwhile, and
# who waits for 15 seconds is refused.
MOST = 4000


@router.get("/messages")
def messages(
    request: Request,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    days: Annotated[int | None, Query(ge=1, le=10)] = None,
) -> Response:
    """消息; with `days` also those of so many mornings to come."""
    db = running(request).db
    own = viewer.own_deliveries()
    with reading(db) as session:
        sent = list_deliveries(session, col(Delivery.body) != "", *own, limit=SENT)
        many = days is not None and near(session, now) * (days + 1) > MOST
    ahead = coming(db, agency, calendar, now, days, *own) if days and not many else []
    given = {
        "sent": sent,
        "words": STATE_NAMES,
        "coming": ahead,
        "many": many,
        "days": days,
        "names": {id_: unit.name for id_, unit in agency.units.items()},
    }
    return templates.TemplateResponse(request, "messages.html", given)
