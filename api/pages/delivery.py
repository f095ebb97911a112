"""One delivery: its exact text, each attempt, what it carried; and sending it again."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlmodel import Session, col
from starlette.responses import RedirectResponse, Response

from api.delivery_search import body_for, find
from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer, WriterAgency
from api.errors import BadInput
from api.pages.delivery_words import FAULT_NAMES, OUTCOME_NAMES, checked_reason, rung_in_words
from api.permissions import Permission
from api.rendering import templates
from api.schemas import RowId
from api.viewer import Viewer
from engine.agency import Agency
from engine.carried import told
from engine.deliveries import (
    PURPOSE_NAMES,
    STATE_NAMES,
    WAITING,
    Delivery,
    Purpose,
    attempts_of,
    list_deliveries,
)
from engine.errors import NotAllowed
from engine.obligations import STATUS_NAMES
from engine.resending import resend_one

router = APIRouter()
_SAID = {"resent": "已重新发送，这是新的送达记录，几秒钟内发出。"}


@router.get("/deliveries/{delivery_id}")
async def delivery(
    delivery_id: RowId, request: Request, session: Reader, agency: AgencyNow, viewer: Viewing
) -> Response:
    """一条送达记录."""
    row = find(session, viewer, delivery_id)
    said = _SAID.get(request.query_params.get("said", ""), "")
    return _page(request, session, agency, viewer, row, {"said": said})


@router.post("/deliveries/{delivery_id}")
def resend(
    delivery_id: RowId,
    request: Request,
    session: Writer,
    agency: WriterAgency,
    now: Now,
    viewer: Viewing,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """重新发送, whatever became of it."""
    row = find(session, viewer, delivery_id)
    try:
        by, why = viewer.acts_as(None), checked_reason(reason)
        new = resend_one(session, agency, delivery_id, by, why, now)
    except (BadInput, NotAllowed) as fault:
        status = 409 if isinstance(fault, NotAllowed) else 422
        again = {"fault": str(fault), "reason": reason}
        return _page(request, session, agency, viewer, row, again, status)
    return RedirectResponse(f"/deliveries/{new.id}?said=resent", 303)


def _page(
    request: Request,
    session: Session,
    agency: Agency,
    viewer: Viewer,
    row: Delivery,
    more: Mapping[str, Any],
    status: int = 200,
) -> Response:
    again = list_deliveries(session, col(Delivery.resend_of) == row.id, limit=20)
    decides = Permission.DECIDE in viewer.permissions
    context = {
        "row": row,
        "state": STATE_NAMES[row.state],
        "purpose": PURPOSE_NAMES[row.purpose],
        "name": agency.units[row.recipient].name if row.recipient in agency.units else "",
        "body": body_for(viewer, row),
        "attempts": attempts_of(session, row.id or 0),
        "outcomes": OUTCOME_NAMES,
        "faults": FAULT_NAMES,
        "matters": _matters(session, agency, row),
        "again": again,
        "can_resend": decides
        and row.state not in WAITING
        and row.purpose is not Purpose.INVITATION,
        **more,
    }
    return templates.TemplateResponse(request, "delivery.html", context, status)


def _matters(session: Session, agency: Agency, row: Delivery) -> list[dict[str, Any]]:
    """What it carried: each obligation, and the rungs on which it was told."""
    found: dict[int, dict[str, Any]] = {}
    for alert, one in told(session, row):
        rule, unit = agency.catalogue.rules.get(one.rule), agency.units.get(one.unit)
        shown = {
            "row": one,
            "matter": rule.quote if rule else one.rule,
            "unit": unit.name if unit else one.unit,
            "status": STATUS_NAMES[one.status],
            "rungs": [],
        }
        found.setdefault(alert.obligation_id, shown)["rungs"].append(rung_in_words(alert.rung))
    return list(found.values())
