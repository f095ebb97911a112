"""统计: how what fell due in a year, or from one day to another, stands; and the lists behind it."""

from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing
from api.errors import BadInput
from api.faults import fault_in_words
from api.obligation_filter import after_of, next_of
from api.pages.columns_chart import columns_chart
from api.rendering import templates
from api.statistics_filter import StatisticsFilter, StatisticsList, stretch_of
from api.statistics_rows import in_order
from api.viewer import Viewer
from engine.agency import Agency
from engine.errors import NotFound
from engine.figures import (
    DEFINITIONS,
    MEASURE_NAMES,
    RATES,
    Figures,
    Measure,
    Statistics,
    condition_of,
    days_of,
)
from engine.instants import local_day
from engine.obligations import list_obligations
from engine.period_names import period_in_words
from engine.register import line_of

router = APIRouter()
_YEARS = 6  # to choose from: the next one, this one, and those before
_Filter = TypeVar("_Filter", bound=StatisticsFilter)


@router.get("/statistics")
async def page(
    request: Request, session: Reader, agency: AgencyNow, now: Now, viewer: Viewing
) -> Response:
    """统计."""
    typed, shown = _typed(request), _choices(viewer, agency, now)
    try:
        asked = _asked(StatisticsFilter, typed)
        stretch = stretch_of(asked, viewer, agency, now)
    except (BadInput, NotFound) as fault:
        refused = shown | {"typed": typed, "fault": str(fault)}
        return templates.TemplateResponse(request, "statistics.html", refused, 422)
    found = stretch.counted(session, asked.step, now, request.app.state.counted)
    shown |= {"typed": typed, "found": found, "stretch": stretch, "query": urlencode(typed)}
    shown |= _shown(found, agency, typed)
    return templates.TemplateResponse(request, "statistics.html", shown)


@router.get("/statistics/list")
async def behind(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """The obligations behind a figure."""
    typed = _typed(request)
    try:
        asked = _asked(StatisticsList, typed)
        stretch = stretch_of(asked, viewer, agency, now)
        after = after_of(asked.cursor)
    except (BadInput, NotFound) as fault:
        refused = {"fault": str(fault), "measure": "统计明细"}
        return templates.TemplateResponse(request, "statistics_list.html", refused, 422)
    conditions = [*stretch.whole, condition_of(asked.measure, now)]
    rows = list_obligations(session, *conditions, after=after, limit=asked.limit + 1)
    following = next_of(rows, asked.limit)
    unit = asked.unit or asked.under
    shown = {
        "measure": MEASURE_NAMES[asked.measure],
        "definition": DEFINITIONS[asked.measure],
        "stretch": stretch,
        "unit": agency.units[unit].name if unit else "",
        "lines": [line_of(0, row, agency, calendar, now) for row in rows[: asked.limit]],
        "more": urlencode(typed | {"cursor": following}) if following else "",
        "back": urlencode(_without(typed, "measure", "cursor", "limit", "unit")),
    }
    return templates.TemplateResponse(request, "statistics_list.html", shown)


def _typed(request: Request) -> dict[str, str]:
    """The filters in the address. A field of the form that was left empty is none; who fills in days
    need not take back the year, which is always chosen."""
    typed = {name: text.strip() for name, text in request.query_params.items() if text.strip()}
    return _without(typed, "year") if {"from", "to"} & typed.keys() else typed


def _asked(kind: type[_Filter], typed: dict[str, str]) -> _Filter:
    """Raises BadInput."""
    try:
        return kind.model_validate(typed)
    except ValidationError as error:
        first: Any = error.errors()[0]
        raise BadInput(f"{first['loc'][0]}：{fault_in_words(first)}") from None


def _choices(viewer: Viewer, agency: Agency, now: datetime) -> dict[str, Any]:
    """What the form has to choose from, and the words of the page."""
    year = local_day(now).year
    return {
        "years": range(year + 1, year + 1 - _YEARS, -1),
        "this_year": year,
        "choices": [unit for unit in agency.units.values() if viewer.sees(unit.id)],
        "documents": agency.catalogue.documents.values(),
        "names": MEASURE_NAMES,
        "rates": RATES,
        "definitions": DEFINITIONS,
    }


def _shown(found: Statistics, agency: Agency, typed: dict[str, str]) -> dict[str, Any]:
    """The rows of the two tables, each figure with its list, and the chart."""
    units = [
        (agency.units[unit].name if unit in agency.units else unit, figures, {"unit": unit})
        for unit, figures in in_order(found, agency)
    ]
    periods = []
    for key, figures in found.periods.items():
        first, last = days_of(key)
        days = {"from": str(max(first, found.first)), "to": str(min(last, found.last))}
        periods.append((period_in_words(key), figures, days))

    def behind(measure: Measure, more: dict[str, str]) -> str:
        kept = _without(typed, "step", *(("year",) if "from" in more else ()))
        return urlencode(kept | more | {"measure": measure.value})

    def rows(lines: list[tuple[str, Figures, dict[str, str]]]) -> list[Any]:
        return [
            (name, figures, [(one, figures.of(one), behind(one, more)) for one in Measure])
            for name, figures, more in lines
        ]

    total = ("合计", found.total, dict[str, str]())
    year = f"{found.first.year}年" if found.first.year == found.last.year else ""
    chart = columns_chart([(name.removeprefix(year) or name, one) for name, one, _ in periods])
    return {"by_unit": rows([*units, total]), "by_period": rows(periods), "chart": chart}


def _without(typed: dict[str, str], *names: str) -> dict[str, str]:
    return {name: text for name, text in typed.items() if name not in names}
