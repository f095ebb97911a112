"""The pages: rendered here, in Chinese, readable without JavaScript."""

from datetime import date, datetime, timedelta
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader
from api.overview import sections
from engine.agency import Agency
from engine.channels import disabled_channels
from engine.deliveries import undelivered
from engine.digest import named
from engine.instants import ZONE, local_day
from engine.obligations import Obligation
from engine.workdays import WorkCalendar
from rules.rule import Document, Rule
from rules.terms import KIND_NAMES

router = APIRouter()
templates = Jinja2Templates(Path(__file__).parent / "templates")
templates.env.filters["named"] = named
templates.env.filters["local"] = lambda moment: moment.astimezone(ZONE)


@router.get("/", include_in_schema=False)
async def overview(
    request: Request, session: Reader, agency: AgencyNow, calendar: CalendarNow, now: Now
) -> Response:
    """总览."""
    today = local_day(now)
    return templates.TemplateResponse(
        request,
        "overview.html",
        {
            "today": today,
            "day": _day_in_words(today, calendar),
            "now": now,
            "sections": sections(session, agency, now),
            "waiting": _waiting(agency),
            "disabled": disabled_channels(session),
            "undelivered": undelivered(session, now - timedelta(days=7)),
            "kinds": KIND_NAMES,
            "remaining": lambda row: _remaining(row, now, calendar),
        },
    )


def _waiting(agency: Agency) -> dict[Document, list[tuple[Rule, str]]]:
    """Rules without a date, by document, each with the names of the units that owe it."""
    found: dict[Document, list[tuple[Rule, str]]] = {}
    for rule in agency.rules:
        if agency.readings[rule.id].term is None:
            owing = (agency.units[d.unit].name for d in agency.duties.values() if d.rule == rule.id)
            found.setdefault(rule.document, []).append((rule, "、".join(owing)))
    return found


def _day_in_words(today: date, calendar: WorkCalendar) -> str:
    return f"{named(today)}，{calendar.reason(today).name}"


def _remaining(row: Obligation, now: datetime, calendar: WorkCalendar) -> str:
    today = local_day(now)
    if row.overdue(now):
        days = calendar.count(row.due_on, today)
        return f"已逾期{days}个工作日" if days else "已逾期"
    if row.due_at:
        hours, minutes = divmod(int((row.due_at - now).total_seconds()) // 60, 60)
        return f"剩{hours}小时{minutes}分"
    left = calendar.count(today, row.act_by)
    return f"剩{left}个工作日" if left > 0 else "请今日办理"
