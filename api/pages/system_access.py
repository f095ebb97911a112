"""系统·访问记录: who signed in, who was refused, who changed which account or token."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.dependencies import Reader, Viewing
from api.errors import Refused
from api.rendering import templates
from engine.access_log import latest_access

router = APIRouter()
SHOWN = 200


@router.get("/system/access")
def system_access(request: Request, session: Reader, viewer: Viewing) -> Response:
    """系统·访问记录, the latest first; it names everybody."""
    if viewer.units is not None:
        raise Refused(403, "forbidden", "访问记录涉及全部单位，只有不限单位的管理员可以看")
    entries = latest_access(session, SHOWN)[::-1]
    return templates.TemplateResponse(request, "system_access.html", {"access": entries})
