"""/api/v1/calendar"""

import json
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api.dependencies import Now, Viewing, running
from api.document_rows import Units, impact_row, taken_row
from api.idempotency import Room, answered
from api.json_rows import year_rows
from api.problems import problem
from api.routes.workdays import Known, calendar_asked
from api.schemas import By, Reference
from api.typed_dates import day
from engine.imported_notices import Stated
from engine.recalculation import Taken, take_notice

router = Room(prefix="/calendar")


class NewNotice(BaseModel):
    """Body of `POST calendar/notices`: the text as published, or `notice`, its JSON form."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(default="", max_length=200_000)
    notice: dict[str, Any] | None = None
    number: Reference = ""
    issued: str | None = None
    scope: Reference = ""
    by: By = None
    dry_run: bool = False


@router.post("/notices")
def add_notice(body: NewNotice, request: Request, now: Now, viewer: Viewing) -> Any:
    """A holiday notice, checked, then added, and what it moves; with `dry_run` nothing stays."""
    text = json.dumps(body.notice, ensure_ascii=False) if body.notice else body.text
    stated = Stated(body.number, day(body.issued, "issued ") if body.issued else None, body.scope)
    held = running(request)

    def keep(session: Session, taken: Taken) -> None:
        answered(request, session, _taken_row(taken, viewer.units))

    taken = take_notice(
        held.db,
        held.current,
        held.configuration.region,
        text,
        stated,
        by=viewer.acts_as(body.by),
        now=now,
        dry_run=body.dry_run,
        then=keep,
    )
    row = _taken_row(taken, viewer.units)
    if refusal := taken.assessment.refusal:
        return problem(422, "notice_refused", refusal, more={"checks": row["checks"]})
    if not body.dry_run:
        held.clock.renew_calendar()
    return JSONResponse(jsonable_encoder(row))


def _taken_row(taken: Taken, units: Units) -> dict[str, Any]:
    impact = impact_row(taken.impact, units) if taken.impact else None
    return taken_row(taken, units) | {"impact": impact}


@router.get("/{year}")
async def show(
    year: Annotated[int, Path()], asked: Annotated[Known, Query()], request: Request
) -> dict[str, Any]:
    """Every day of a year: does it work, by what, and may that change?"""
    return {"items": year_rows(calendar_asked(request, asked), year)}
