"""/healthz and /readyz: does the process answer, and does it work?"""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.dependencies import Now, Reader, running
from api.problems import problem
from api.refusals import database_in_words
from engine.errors import BadDatabase

router = APIRouter()
STALE = timedelta(minutes=5)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request, session: Reader, now: Now) -> Any:
    """The database answers and the clock ticks."""
    try:
        session.execute(text("SELECT 1 FROM slot LIMIT 1"))
    except (BadDatabase, DBAPIError) as error:
        return problem(503, "database_unavailable", database_in_words(error))
    last = running(request).clock.last_tick
    if last is None or abs(now - last) > STALE:
        return problem(503, "clock_stopped", "时钟没有走动，提醒可能没有发出，请查看服务日志")
    return JSONResponse({"status": "ready", "last_tick": last.isoformat()})
