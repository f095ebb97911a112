"""待办: the list, by filters that live in the address, and completing several at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.datastructures import FormData
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
from api.obligation_changes import completed_at
from api.obligation_filter import ObligationFilter, find
from api.obligation_rows import ObligationChange
from api.pages.filter_choices import choices
from api.pages.form_words import in_form_words
from api.pages.lines import lines_of
from api.pages.obligation_forms import completion_time
from api.permissions import Permission
from api.posted_forms import SentForm
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.completion import complete_all
from engine.errors import EngineError, NotAllowed, NotFound
from engine.obligations import Obligation
from engine.workdays import WorkCalendar

router = APIRouter()
COUNTED = 10_000  # of more nobody needs the number
_MOST = 200  # at once
_ID = re.compile(r"[0-9]{1,18}")
_SAID = {"completed": "已办结 {} 项。"}


@dataclass(frozen=True)
class Shown:
    """What a page is made of, whoever asked for it."""

    request: Request
    session: Session
    agency: Agency
    calendar: WorkCalendar
    now: datetime
    viewer: Viewer


@router.get("/obligations")
async def listed(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """待办, the late first."""
    typed = dict(request.query_params)
    said, number = _SAID.get(typed.pop("said", ""), ""), typed.pop("number", "")
    told = said.format(number) if number.isascii() and number.isdigit() else ""
    shown = Shown(request, session, agency, calendar, now, viewer)
    return _page(shown, typed, {"said": told})


@router.post("/obligations")
async def completed(
    request: Request,
    form: SentForm,
    session: Writer,
    agency: WriterAgency,
    calendar: WriterCalendar,
    now: Now,
    viewer: Viewing,
) -> Response:
    """办结 of all that are ticked, or of none."""
    typed = dict(parse_qsl(_text(form, "back")))
    try:
        at = completion_time({name: _text(form, name) for name in ("day", "time")}, now)
        asked = ObligationChange(type="complete", at=at, evidence=_text(form, "evidence"))
        rows = _ticked(session, viewer, form)
        timed = [(row, completed_at(session, row, asked.at, now)) for row in rows]
        by = viewer.acts_as(None)
        complete_all(session, agency, calendar, timed, by=by, evidence=asked.evidence, now=now)
    except NotFound:
        raise
    except (BadInput, EngineError, ValidationError) as fault:
        shown = Shown(request, session, agency, calendar, now, viewer)
        status = 409 if isinstance(fault, NotAllowed) else 422
        again = {"fault": in_form_words(fault), "form": form, "ticked": set(form.getlist("id"))}
        return _page(shown, typed, again, status)
    query = {**typed, "said": "completed", "number": f"{len(rows)}"}
    return RedirectResponse(f"/obligations?{urlencode(query)}", 303)


def filter_of(typed: Mapping[str, str]) -> ObligationFilter:
    """The filter of an address: what is empty asks nothing, and without a status what is open is
    meant. Raises BadInput."""
    given = {name: value.strip() for name, value in typed.items() if value.strip()}
    try:
        return ObligationFilter.model_validate({"status": "open"} | given)
    except ValidationError as fault:
        raise BadInput(in_form_words(fault)) from None


def _page(
    shown: Shown, typed: Mapping[str, str], more: Mapping[str, Any], status: int = 200
) -> Response:
    agency, viewer = shown.agency, shown.viewer
    typed = {name: value for name, value in typed.items() if value.strip()}
    context: dict[str, Any] = {"lines": [], "number": 0, "next": "", "form": {}, "ticked": set()}
    try:
        asked = filter_of(typed)
        found = find(asked, agency, shown.calendar, viewer, shown.now)
        rows, following = found.page(shown.session, asked)
        lines = lines_of(shown.session, agency, shown.calendar, shown.now, rows)
        context |= {"lines": lines, "number": found.count(shown.session, COUNTED + 1)}
        context["export"] = urlencode(asked.conditions)
        context["next"] = urlencode({**typed, "cursor": following}) if following else ""
    except NotFound:
        raise
    except (BadInput, EngineError) as fault:
        context["fault"], status = in_form_words(fault), 422
    unpaged = {name: value for name, value in typed.items() if name != "cursor"}
    context |= {
        "typed": typed,
        "first": urlencode(unpaged) if "cursor" in typed else "",
        "back": urlencode(typed),
        "counted": COUNTED,
        "choices": choices(agency, viewer, typed),
        "acts": Permission.ACT in viewer.permissions,
        **more,
    }
    return templates.TemplateResponse(shown.request, "obligations.html", context, status)


def _ticked(session: Session, viewer: Viewer, form: FormData) -> Sequence[Obligation]:
    ids = list(dict.fromkeys(str(value) for value in form.getlist("id")))
    if not ids:
        raise BadInput("没有勾选任何事项，请先勾选要办结的事项")
    if len(ids) > _MOST or not all(map(_ID.fullmatch, ids)):
        raise BadInput(f"勾选的事项读不懂，请刷新页面再选，一次至多{_MOST}项")
    return [viewer.obligation(session, int(id_)) for id_ in ids]


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
