"""What is taken away as a workbook: 台账 and 统计. The pages and the interface give the same file."""

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Annotated, Any
from urllib.parse import quote

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from api.dependencies import AgencyNow, CalendarNow, Now, Viewing, running
from api.errors import BadInput
from api.idempotency import Room
from api.obligation_filter import ObligationConditions, conditions_of
from api.register_sheet import MOST, register_sheet
from api.statistics_filter import StatisticsFilter, stretch_of
from api.statistics_rows import sheets
from api.workbook_writing import write_workbook
from engine.database import reading
from engine.instants import local_day
from engine.register import length, lines

router = Room()
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}}}
}
_PIECE = 256 * 1024


# Not `async`: to write a long sheet takes seconds, and nobody else is to wait for them.
@router.get("/obligations.xlsx", response_class=StreamingResponse, responses=_ANSWER)
def register(
    asked: Annotated[ObligationConditions, Query()],
    request: Request,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Any:
    """台账 of what the filters leave, by due day."""
    if asked.unit is not None:
        viewer.check_unit(asked.unit)
    conditions = viewer.own_obligations() + conditions_of(asked, agency, calendar, now)
    with reading(running(request).db) as session:
        found = length(session, *conditions)
        if found > MOST:
            raise BadInput(f"选出了 {found} 项，一次至多导出 {MOST} 项，请按单位或到期日缩小范围")
        rows = lines(session, agency, calendar, now, *conditions)
        return _download(
            lambda file: write_workbook(file, [register_sheet(rows)]), f"台账{local_day(now)}.xlsx"
        )


@router.get("/statistics.xlsx", response_class=StreamingResponse, responses=_ANSWER)
def appraisal(
    asked: Annotated[StatisticsFilter, Query()],
    request: Request,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> Any:
    """统计 for an appraisal: by unit, by period, and what the figures mean."""
    stretch = stretch_of(asked, viewer, agency, now)
    with reading(running(request).db) as session:
        found = stretch.counted(session, asked.step, now, request.app.state.counted)
    made = sheets(found, stretch, agency, now)
    return _download(lambda file: write_workbook(file, made), f"统计{stretch.in_words}.xlsx")


def _download(write: Callable[[IO[bytes]], Any], name: str) -> StreamingResponse:
    """A file that is gone when it is sent."""
    file = TemporaryFile()  # noqa: SIM115 - closed when it is sent
    write(file)
    size = file.tell()
    file.seek(0)
    headers = {
        "Content-Disposition": f"attachment; filename=qixian.xlsx; filename*=UTF-8''{quote(name)}",
        "Content-Length": str(size),
    }
    return StreamingResponse(_pieces(file), media_type=WORKBOOK, headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
