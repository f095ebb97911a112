"""/api/v1/statistics"""

from typing import Annotated, Any

from fastapi import Query, Request

from api.dependencies import AgencyNow, Now, Reader, Viewing
from api.idempotency import Room
from api.obligation_filter import after_of, next_of
from api.obligation_rows import obligation_row
from api.statistics_filter import StatisticsFilter, StatisticsList, stretch_of
from api.statistics_rows import statistics_row
from engine.figures import condition_of
from engine.obligations import list_obligations

router = Room(prefix="/statistics")


@router.get("")
async def figures(
    asked: Annotated[StatisticsFilter, Query()],
    request: Request,
    session: Reader,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """统计 of what falls due in a stretch of days, by unit and by period."""
    stretch = stretch_of(asked, viewer, agency, now)
    found = stretch.counted(session, asked.step, now, request.app.state.counted)
    return statistics_row(found, agency)


@router.get("/list")
async def behind(
    asked: Annotated[StatisticsList, Query()],
    session: Reader,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """The obligations behind a figure, by due day. `next` is the cursor of the next page, null on the
    last."""
    stretch = stretch_of(asked, viewer, agency, now)
    conditions = [*stretch.whole, condition_of(asked.measure, now)]
    after = after_of(asked.cursor)
    rows = list_obligations(session, *conditions, after=after, limit=asked.limit + 1)
    page = rows[: asked.limit]
    items = [obligation_row(row, agency, now) for row in page]
    return {"items": items, "next": next_of(rows, asked.limit) or None}
