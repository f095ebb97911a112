"""/api/v1/calendar"""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Now, running
from api.json_rows import assessment_row, year_rows
from api.problems import problem
from api.routes.workdays import Known, calendar_asked
from api.schemas import Name, Reference
from api.typed_dates import day
from engine.database import reading, writing
from engine.imported_notices import Stated, assess, import_notice, imported_notices
from engine.instants import local_day

router = APIRouter(prefix="/calendar")


class NewNotice(BaseModel):
    """Body of `POST calendar/notices`: the text as published, or `notice`, its JSON form."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(default="", max_length=200_000)
    notice: dict[str, Any] | None = None
    number: Reference = ""
    issued: str | None = None
    scope: Reference = ""
    by: Name = "API"
    dry_run: bool = False


@router.post("/notices")
def add_notice(body: NewNotice, request: Request, now: Now) -> Any:
    """A holiday notice, checked, then added; with `dry_run` only checked."""
    text = json.dumps(body.notice, ensure_ascii=False) if body.notice else body.text
    stated = Stated(body.number, day(body.issued, "issued ") if body.issued else None, body.scope)
    held = running(request)
    if body.dry_run:
        with reading(held.db) as session:
            found = assess(text, stated, imported_notices(session), local_day(now))
    else:
        with writing(held.db) as session:
            found = import_notice(session, text, stated, by=body.by, now=now)
        held.clock.renew_calendar()
    row = assessment_row(found)
    if found.refusal:
        return problem(422, "notice_refused", found.refusal, more={"checks": row["checks"]})
    return JSONResponse(row)


@router.get("/{year}")
async def show(
    year: Annotated[int, Path()], asked: Annotated[Known, Query()], request: Request
) -> dict[str, Any]:
    """Every day of a year: does it work, by what, and may that change?"""
    return {"items": year_rows(calendar_asked(request, asked), year)}
