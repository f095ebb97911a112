"""系统·工作日历: the years that are announced, the notices, and a new one: checked, then taken."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Viewing, running
from api.document_rows import impact_in_words
from api.document_text import LARGEST, document_text
from api.errors import BadInput
from api.rendering import templates
from api.typed_dates import day
from engine.announced_years import built_in_notices
from engine.database import reading
from engine.errors import BadNotice
from engine.imported_notices import Stated, list_imported
from engine.notice_checks import CHECK_NAMES
from engine.recalculation import take_notice

router = APIRouter()
SAID = {"added": "放假通知已导入，有关的到期日已重新推算。"}
Filled = Annotated[str, Form()]


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
            agency,
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
    shown = {
        **filled,
        "assessment": taken.assessment,
        "names": CHECK_NAMES,
        "impact": list(impact_in_words(taken.impact)),
        "fault": refusal,
    }
    return _page(request, calendar, shown, 422 if refusal else 200)


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
