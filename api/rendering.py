"""How pages are rendered: the templates, their filters, and what each of them is given."""

from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from starlette.requests import Request

from api.channel_names import CHANNEL_NAMES
from api.forms import form_token
from api.navigation import entries_of
from engine.instants import ZONE, local_day
from engine.wording import named


def _of_everybody(request: Request) -> dict[str, Any]:
    """Who is signed in and where he may go, the token of the forms on the page, and the day."""
    viewer = getattr(request.state, "viewer", None)
    secret = viewer.session_id if viewer else getattr(request.state, "form_secret", "")
    given = {"viewer": viewer, "csrf": form_token(secret), "entries": entries_of(viewer)}
    return given | _day(request) if viewer else given


def _day(request: Request) -> dict[str, Any]:
    now: datetime = request.app.state.read_clock()
    today = local_day(now)
    reason = request.app.state.running.clock.calendar.reason(today)
    return {"now": now, "today": today, "day": f"{named(today)}，{reason.name}"}


templates = Jinja2Templates(Path(__file__).parent / "templates", context_processors=[_of_everybody])
templates.env.filters["named"] = named
templates.env.filters["channel_name"] = lambda kind: CHANNEL_NAMES.get(kind, kind)
templates.env.filters["local"] = lambda moment: moment.astimezone(ZONE)
templates.env.filters["minute"] = lambda moment: f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"
