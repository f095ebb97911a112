"""送达: what went out, what became of it, and sending a time's failures again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from api.delivery_rows import DeliveryFilter
from api.delivery_search import planned_between, search
from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer, WriterAgency
from api.errors import BadInput
from api.faults import fault_in_words
from api.pages.delivery_words import checked_reason
from api.permissions import Permission
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.deliveries import PURPOSE_NAMES, STATE_NAMES
from engine.errors import EngineError
from engine.resending import resend_between

router = APIRouter()
Filled = Annotated[str, Form()]
_FILTERS = ("state", "channel", "from", "to", "cursor")
_SAID = {
    "resent": "已重新发送 {resent} 条，{passed} 条没有重发（正在发送、已在重新发送，或其中事项均已办结或另行提醒）。"
}


@dataclass(frozen=True)
class Asked:
    """Whoever asks for the page, and for what."""

    request: Request
    session: Session
    agency: Agency
    viewer: Viewer


@router.get("/deliveries")
async def deliveries(
    request: Request, session: Reader, agency: AgencyNow, viewer: Viewing
) -> Response:
    """送达."""
    query = request.query_params
    numbers = {name: query.get(name, "") for name in ("resent", "passed")}
    counted = all(number.isascii() and number.isdigit() for number in numbers.values())
    said = _SAID.get(query.get("said", ""), "") if counted else ""
    asked = Asked(request, session, agency, viewer)
    return _page(asked, query, {"said": said.format(**numbers)})


@router.post("/deliveries")
def resend(
    request: Request,
    session: Writer,
    agency: WriterAgency,
    now: Now,
    viewer: Viewing,
    first: Annotated[str, Form(alias="from")] = "",
    to: Filled = "",
    channel: Filled = "",
    reason: Filled = "",
) -> Response:
    """重新发送 what was planned in some days and did not arrive."""
    typed = {"from": first, "to": to, "channel": channel}
    try:
        found = _resend(session, agency, viewer, typed, reason, now)
    except (BadInput, EngineError) as fault:
        asked = Asked(request, session, agency, viewer)
        return _page(asked, {}, {"fault": str(fault), "form": {**typed, "reason": reason}}, 422)
    told = {"said": "resent", "resent": found[0], "passed": found[1]}
    kept = {name: value for name, value in typed.items() if value}
    return RedirectResponse(f"/deliveries?{urlencode({**kept, **told})}", 303)


def _resend(
    session: Session,
    agency: Agency,
    viewer: Viewer,
    typed: Mapping[str, str],
    reason: str,
    now: datetime,
) -> tuple[int, int]:
    """How many were sent again, and how many passed over."""
    start, end = planned_between(typed["from"], typed["to"])
    if start is None or end is None:
        raise BadInput("请填写起始日期和截止日期")
    by, why = viewer.acts_as(None), checked_reason(reason)
    own = viewer.own_deliveries()
    found = resend_between(
        session, agency, start, end, typed["channel"] or None, by, why, now, *own
    )
    return len(found.deliveries), sum(map(len, found.skipped.values()))


def _page(
    asked: Asked, query: Mapping[str, str], more: Mapping[str, Any], status: int = 200
) -> Response:
    typed = {name: query[name].strip() for name in _FILTERS if query.get(name, "").strip()}
    context: dict[str, Any] = {"found": None, "newer": "", "older": "", "form": typed}
    try:
        found = search(asked.session, asked.viewer, _filter(typed))
        kept = {name: value for name, value in typed.items() if name != "cursor"}
        context["found"] = found
        context["newer"] = f"?{urlencode(kept)}" if "cursor" in typed else ""
        context["older"] = f"?{urlencode({**kept, 'cursor': found.next})}" if found.next else ""
    except (BadInput, EngineError) as fault:
        context["fault"], status = str(fault), 422
    context |= {
        "typed": typed,
        "states": {state.value: words for state, words in STATE_NAMES.items()},
        "purposes": PURPOSE_NAMES,
        "names": {id_: unit.name for id_, unit in asked.agency.units.items()},
        "channels": _channels(asked.agency, asked.viewer),
        "decides": Permission.DECIDE in asked.viewer.permissions,
        **more,
    }
    return templates.TemplateResponse(asked.request, "deliveries.html", context, status)


def _filter(typed: Mapping[str, str]) -> DeliveryFilter:
    """Raises BadInput."""
    try:
        return DeliveryFilter.model_validate(typed)
    except ValidationError as fault:
        first = fault.errors()[0]
        names = {"state": "结果", "channel": "渠道", "cursor": "页码"}
        raise BadInput(f"{names.get(str(first['loc'][0]), '')}：{fault_in_words(first)}") from None


def _channels(agency: Agency, viewer: Viewer) -> list[str]:
    """Those to choose from: all, or those of his units."""
    if viewer.units is None:
        return list(agency.channels)
    own = {
        channel
        for id_ in viewer.units
        if (unit := agency.units.get(id_))
        for channel in unit.channels
    }
    return [channel for channel in agency.channels if channel in own]
