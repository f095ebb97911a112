"""一件: one obligation with all that is known of it, and what may be done about it."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import (
    AgencyNow,
    CalendarNow,
    Now,
    Reader,
    Viewing,
    Writer,
    WriterAgency,
    WriterCalendar,
)
from api.errors import BadInput
from api.obligation_changes import change, completed_before
from api.pages.form_words import in_form_words
from api.pages.obligation_facts import facts, limit_or_why, measure_of
from api.pages.obligation_forms import change_of
from api.posted_forms import PostedForm
from api.rendering import templates
from api.schemas import RowId
from engine.acknowledgements import Via
from engine.errors import EngineError, NotAllowed, NotFound
from rules.errors import RulesError

router = APIRouter()
_SAID = {
    "complete": "已办结。",
    "extend": "已登记延期，日期已重新推算。",
    "exclude": "已登记不计入期限的时间，日期已重新推算。",
    "restart": "已登记重新起算，日期已重新推算。",
    "waive": "已免除。",
    "reopen": "已恢复待办。后续事项已经办结的，见日志。",
    "acknowledge": "已签收。",
    "correct": "已更正，日期已重新推算。",
    "void": "已作废，日期已重新推算。",
    "start": "已更正事由的时间，日期已重新推算。",
}


@router.get("/obligations/{obligation_id}")
async def one(
    obligation_id: RowId,
    request: Request,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    said: str = "",
) -> Response:
    """一件."""
    row = viewer.obligation(session, obligation_id)
    context = facts(session, agency, calendar, viewer, row, now)
    return templates.TemplateResponse(
        request, "obligation.html", {**context, "said": _SAID.get(said, "")}
    )


@router.post("/obligations/{obligation_id}")
async def changed(
    obligation_id: RowId,
    request: Request,
    posted: PostedForm,
    session: Writer,
    agency: WriterAgency,
    calendar: WriterCalendar,
    now: Now,
    viewer: Viewing,
) -> Response:
    """What one of its forms asks for; what is refused is said in the form, with what was typed."""
    typed = posted.fields
    row = viewer.obligation(session, obligation_id)
    measure = measure_of(limit_or_why(session, agency, calendar, row))
    place = (session, agency, calendar, viewer, obligation_id)
    try:
        name, asked = change_of(typed, measure, now)
        if not completed_before(session, viewer, row, asked, now):
            with session.begin_nested():
                change(*place, asked, via=Via.PAGE, now=now)
    except NotFound:
        raise
    except (BadInput, EngineError, RulesError) as fault:
        context = facts(session, agency, calendar, viewer, row, now)
        context |= {"fault": in_form_words(fault), "typed": typed}
        status = 409 if isinstance(fault, NotAllowed) else 422
        return templates.TemplateResponse(request, "obligation.html", context, status)
    return RedirectResponse(f"/obligations/{obligation_id}?said={name}", 303)
