"""系统·工作日历: the years that are announced, the notices, and a new one: checked, then taken."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Viewing, running
from api.document_text import LARGEST, document_text
from api.errors import BadInput
from api.rendering import templates
from api.typed_dates import day
from engine.agency import Agency
from engine.announced_years import built_in_notices
from engine.database import reading
from engine.errors import BadNotice
from engine.impact import Impact
from engine.imported_notices import Stated, list_imported
from engine.notice_checks import CHECK_NAMES
from engine.period_names import period_in_words
from engine.recalculation import take_notice

router = APIRouter()
SAID = {"added": "放假通知已导入，有关的到期日已重新推算。"}
Filled = Annotated[str, Form()]
SHOWN = 100


@router.get("/system/calendar")
def system_calendar(request: Request, calendar: CalendarNow, said: str = "") -> Response:
    """系统·工作日历."""
    return _page(request, calendar, {"said": SAID.get(said)})


@router.post("/system/calendar")
def take(
    request: Request,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    text: Filled = "",
    number: Filled = "",
    issued: Filled = "",
    scope: Filled = "",
    act: Filled = "check",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Checks a notice and shows what it would move; with `act=take` it is taken."""
    filled = {"text": text, "number": number, "issued": issued, "scope": scope}
    try:
        # Browsers send every line of a form with \r\n.
        filled["text"] = text = _text(file) or text.replace("\r\n", "\n")
        if not text.strip():
            raise BadInput("请选择通知文件，或者把通知全文贴在下面")
        held = running(request)
        taken = take_notice(
            held.db,
            held.current,
            held.configuration.region,
            text,
            Stated(number.strip(), day(issued, "发布日期") if issued else None, scope.strip()),
            by=viewer.acts_as(None),
            now=now,
            dry_run=act != "take",
        )
    except (BadInput, BadNotice) as refused:
        return _page(request, calendar, {**filled, "fault": str(refused)}, 422)
    refusal = taken.assessment.refusal
    if act == "take" and not refusal:
        held.clock.renew_calendar()
        return RedirectResponse("/system/calendar?said=added", 303)
    impact = taken.impact.of(viewer.units) if taken.impact else None
    shown = {
        **filled,
        "assessment": taken.assessment,
        "names": CHECK_NAMES,
        "moves": list(_moves(impact, agency))[:SHOWN] if impact else [],
        "impact": impact,
        "fault": refusal,
    }
    return _page(request, calendar, shown, 422 if refusal else 200)


def _moves(impact: Impact, agency: Agency) -> Iterator[dict[str, Any]]:
    """Each obligation that would move, in the words of those who do it."""
    kinds = {"改期": impact.moved, "不再要求": impact.withdrawn, "重新列为待办": impact.reopened}
    for what, rows in kinds.items():
        for row in rows:
            rule, unit = agency.catalogue.rules.get(row.rule), agency.units.get(row.unit)
            yield {
                "what": what,
                "unit": unit.name if unit else row.unit,
                "matter": rule.quote if rule else row.rule,
                "period": period_in_words(row.period),
                "old": row.old_due_on,
                "new": row.new_due_on,
            }


def _text(file: UploadFile | None) -> str:
    if file is None or not file.filename:
        return ""
    content = file.file.read(LARGEST + 1)
    kinds = (".txt", ".md", ".html", ".htm", ".docx", ".json")
    return document_text(file.filename, content, kinds)


def _page(
    request: Request, calendar: CalendarNow, given: dict[str, Any], status: int = 200
) -> Response:
    with reading(running(request).db) as session:
        imported = list_imported(session)
    notices = sorted(built_in_notices(), key=lambda one: one.issued, reverse=True)
    through = calendar.certain_through
    more = {"through": through, "notices": notices, "imported": imported}
    return templates.TemplateResponse(request, "system_calendar.html", given | more, status)
