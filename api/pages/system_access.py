"""系统·访问记录: who signed in, who was refused, who changed which account or token."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import Reader
from api.rendering import templates
from engine.access_log import latest_access

router = APIRouter()
SHOWN = 200


@router.get("/system/access")
def system_access(request: Request, session: Reader) -> Response:
    """系统·访问记录, the latest first; it names everybody."""
    entries = latest_access(session, SHOWN)[::-1]
    return templates.TemplateResponse(request, "system_access.html", {"access": entries})
