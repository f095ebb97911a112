"""/api/v1/workdays"""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import CalendarNow
from api.json_rows import added_row, checked_row, counted_row

router = APIRouter(prefix="/workdays")


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Addition(_Query):
    """`?date=2026-03-02&n=20`"""

    date: str
    n: int = Field(ge=-10000, le=10000)


class Span(_Query):
    """`?a=2026-03-02&b=2026-03-30`"""

    a: str
    b: str


class Day(_Query):
    """`?date=2026-10-10`"""

    date: str


@router.get("/add")
async def add(asked: Annotated[Addition, Query()], calendar: CalendarNow) -> dict[str, Any]:
    """The N-th working day after a day; before it for a negative N."""
    return added_row(calendar, asked.date, asked.n)


@router.get("/count")
async def count(asked: Annotated[Span, Query()], calendar: CalendarNow) -> dict[str, Any]:
    """Working days after A, up to and including B."""
    return counted_row(calendar, asked.a, asked.b)


@router.get("/check")
async def check(asked: Annotated[Day, Query()], calendar: CalendarNow) -> dict[str, Any]:
    """Is it a working day, and who says so?"""
    return checked_row(calendar, asked.date)
