"""系统: is all well, what runs here, and how it is configured."""

import platform
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from api.configuration_rows import settings_of
from api.dependencies import AgencyNow, CalendarNow, Now, Viewing, running
from api.findings import calendar_finding, findings
from api.rendering import templates
from engine.agency import Agency
from engine.channels import channel_states
from engine.database import reading
from engine.deliveries import waiting_channels
from engine.instants import local_day
from engine.line_states import lines_now
from engine.schema import revision
from engine.watching import last_tick

router = APIRouter()
_ORDER = ("fault", "note", "ok")
SHOWN = 200
STALE = timedelta(minutes=5)


@router.get("/system")
def system(
    request: Request, agency: AgencyNow, calendar: CalendarNow, now: Now, viewer: Viewing
) -> Response:
    """系统. What names units, people and addresses is for those who see all of them."""
    process, whole = running(request), viewer.units is None
    if whole:
        found = list(findings(process.configuration, agency, process.db, calendar, now))
    else:
        found = [calendar_finding(calendar, local_day(now))]
    with reading(process.db) as session:
        channels = _channels(session, agency, now) if whole else []
    last = last_tick(process.db)
    given = {
        "findings": sorted(found, key=lambda one: _ORDER.index(one.level))[:SHOWN],
        "all": len(found),
        "faults": sum(one.level == "fault" for one in found),
        "runs": [
            ("版本", request.app.version),
            ("Python", platform.python_version()),
            ("数据库版本", revision(process.db)),
        ],
        "last_tick": last,
        "stale": last is None or now - last > STALE,
        "channels": channels,
        "settings": list(settings_of(process.configuration, agency)) if whole else [],
    }
    return templates.TemplateResponse(request, "system.html", given)


def _channels(session: Session, agency: Agency, now: datetime) -> list[dict[str, Any]]:
    """How each channel stands, and how many messages wait on it."""
    states, waiting = channel_states(session), waiting_channels(session)
    lines = lines_now(session, agency, now)
    return [
        {
            "id": id_,
            "kind": one.kind,
            "state": states.get(id_),
            "line": lines.get(id_),
            "waiting": waiting.get(id_, 0),
        }
        for id_, one in agency.channels.items()
    ]
