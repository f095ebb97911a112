"""How pages are rendered: the templates, their filters, and what each of them is given."""

from pathlib import Path
from typing import Any

from fastapi.templating import Jinja2Templates
from starlette.requests import Request

from api.forms import form_token
from engine.instants import ZONE
from engine.wording import named


def _of_everybody(request: Request) -> dict[str, Any]:
    """Who is signed in, and the token of the forms on the page."""
    viewer = getattr(request.state, "viewer", None)
    secret = viewer.session_id if viewer else getattr(request.state, "form_secret", "")
    return {"viewer": viewer, "csrf": form_token(secret)}


templates = Jinja2Templates(Path(__file__).parent / "templates", context_processors=[_of_everybody])
templates.env.filters["named"] = named
templates.env.filters["local"] = lambda moment: moment.astimezone(ZONE)
