"""/api/v1/workdays"""

from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import running
from api.idempotency import Room
from api.json_rows import added_row, checked_row, counted_row
from api.typed_dates import typed_calendar
from engine.database import reading
from engine.imported_notices import imported_notices
from engine.instants import local_day
from engine.workdays import WorkCalendar

router = Room(prefix="/workdays")


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Known(_Query):
    """`?region=510800&known_on=2019-03-01`: another region's calendar, or that of an earlier day."""

    region: str | None = None
    known_on: str | None = None


def calendar_asked(request: Request, asked: Known) -> WorkCalendar:
    """The calendar that a question is about; the office's, as it is known now, unless it says so."""
    clock = running(request).clock
    clock.renew_calendar()
    calendar = clock.calendar
    if asked.region is None and asked.known_on is None:
        return calendar
    with reading(running(request).db) as session:
        imported = imported_notices(session)
    today = local_day(request.app.state.read_clock())
    return typed_calendar(imported, asked.region or calendar.region, asked.known_on, today)


class Addition(Known):
    """`?date=2026-03-02&n=20`"""

    date: str
    n: int = Field(ge=-10000, le=10000)


class Span(Known):
    """`?a=2026-03-02&b=2026-03-30`"""

    a: str
    b: str


class Day(Known):
    """`?date=2026-10-10`"""

    date: str


@router.get("/add")
async def add(asked: Annotated[Addition, Query()], request: Request) -> dict[str, Any]:
    """The N-th working day after a day; before it for a negative N."""
    return added_row(calendar_asked(request, asked), asked.date, asked.n)


@router.get("/count")
async def count(asked: Annotated[Span, Query()], request: Request) -> dict[str, Any]:
    """Working days after A, up to and including B."""
    return counted_row(calendar_asked(request, asked), asked.a, asked.b)


@router.get("/check")
async def check(asked: Annotated[Day, Query()], request: Request) -> dict[str, Any]:
    """Is it a working day, and who says so?"""
    return checked_row(calendar_asked(request, asked), asked.date)
