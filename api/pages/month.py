"""日历: a month by weeks, with days off, make-up days, and what falls due."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlmodel import col
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing
from api.errors import BadInput
from api.pages.lines import Line, line_of
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.instants import local_day
from engine.obligation_counts import DayCount, counts_by_day, first_of_days
from engine.obligations import Obligation
from engine.workdays import FIRST_DAY, LAST_DAY, WorkCalendar, weekday_name

router = APIRouter()
_MOST = 3  # obligations of a day; the list has the rest
_DAY = timedelta(days=1)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Day:
    """One day of the month. `kind` is workday, makeup, holiday or weekend, `name` says it in words;
    `certain` where no notice is expected to move it."""

    day: date
    weekday: str
    kind: str
    name: str
    certain: bool
    count: DayCount
    lines: Sequence[Line]
    query: str

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count.open + self.count.done - len(self.lines)


@router.get("/calendar")
async def month_page(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    month: str = "",
    unit: str = "",
) -> Response:
    """日历 of a month, of one unit or of all that the viewer sees."""
    if unit:
        viewer.check_unit(unit)
        _check_known(unit, agency)
    first = _first_day(month, local_day(now))
    last = _next(first) - _DAY
    local = _calendar(agency, calendar, viewer, unit)
    conditions = viewer.own_obligations() + ([col(Obligation.unit) == unit] if unit else [])
    counts = counts_by_day(session, first, last, *conditions)
    rows = first_of_days(session, first, last, _MOST, *conditions)
    lines = {
        day: [line_of(row, agency, local, now) for row in found] for day, found in rows.items()
    }
    days = [_day(first + n * _DAY, unit, local, counts, lines) for n in range(last.day)]
    blank = [None] * first.weekday()
    cells = [*blank, *days, *[None] * (-(len(blank) + last.day) % 7)]
    context = {
        "first": first,
        "weeks": [cells[at : at + 7] for at in range(0, len(cells), 7)],
        "doubt": "" if all(one.certain for one in days) else local.doubt(first, last),
        "workdays": sum(one.kind in ("workday", "makeup") for one in days),
        "unit": unit,
        "units": [one for one in agency.units.values() if viewer.sees(one.id)],
        "previous": _link(first - _DAY, unit) if first > FIRST_DAY else "",
        "following": _link(last + _DAY, unit) if last < LAST_DAY else "",
    }
    return templates.TemplateResponse(request, "month.html", context)


def _check_known(unit: str, agency: Agency) -> None:
    if unit not in agency.units:
        raise BadInput(f"没有单位“{unit}”，请从日历页面选择")


def _first_day(text: str, today: date) -> date:
    if not text:
        return today.replace(day=1)
    found = _MONTH.fullmatch(text)
    if found is None:
        raise BadInput(f"月份“{text[:20]}”读不懂，应写作 2026-11")
    if not FIRST_DAY.year <= int(found[1]) <= LAST_DAY.year:
        years = f"{FIRST_DAY.year}年至{LAST_DAY.year}年"
        raise BadInput(f"{text}超出工作日历的范围（{years}），请改选月份")
    return date(int(found[1]), int(found[2]), 1)


def _calendar(agency: Agency, calendar: WorkCalendar, viewer: Viewer, unit: str) -> WorkCalendar:
    """That of the unit's region; of several units the one that they share, else the office's."""
    if unit:
        return agency.calendar_of(unit, calendar)
    regions = {one.region for one in agency.units.values() if viewer.sees(one.id)}
    return calendar.in_region(regions.pop()) if len(regions) == 1 else calendar


def _day(
    day: date,
    unit: str,
    calendar: WorkCalendar,
    counts: Mapping[date, DayCount],
    lines: Mapping[date, Sequence[Line]],
) -> Day:
    reason = calendar.reason(day)
    plain = reason.name in ("工作日", "周末")
    if reason.workday:
        kind = "workday" if plain else "makeup"
    else:
        kind = "weekend" if plain else "holiday"
    name = {"workday": "", "makeup": "调休上班", "weekend": "休息"}.get(kind, f"{reason.name} 放假")
    query = {"status": "all", "due_from": f"{day}", "due_to": f"{day}"}
    return Day(
        day=day,
        weekday=weekday_name(day),
        kind=kind,
        name=name,
        certain=calendar.certain(day),
        count=counts.get(day, DayCount()),
        lines=lines.get(day, ()),
        query=urlencode(query | ({"unit": unit} if unit else {})),
    )


def _next(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1)


def _link(day: date, unit: str) -> str:
    query = {"month": f"{day:%Y-%m}"} | ({"unit": unit} if unit else {})
    return f"/calendar?{urlencode(query)}"
