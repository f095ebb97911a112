"""/api/v1/rules/{id}/interpretation: how the office reads what a paper leaves open"""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.idempotency import Room, answered
from api.interpretation_desk import (
    NewInterpretation,
    Withdrawal,
    configured_row,
    decided_day,
    desk_of,
    history_row,
    interpreted_row,
)
from api.schemas import RuleId
from engine.errors import NotFound
from engine.interpretations import history_of
from engine.interpreting import Interpreted, interpret, withdraw_interpretation
from engine.readings import Interpretation

router = Room(prefix="/rules")
_TRIED: dict[int | str, dict[str, Any]] = {200: {"description": "没有 apply：只看影响，没有确定"}}


@router.get("/{id}/interpretations")
async def interpretations(id: RuleId, agency: AgencyNow, session: Reader) -> dict[str, Any]:
    """口径 of a rule: what counts now, what the configuration file says, and all that was decided
    here, oldest first."""
    rows = history_of(session, id)
    if id not in agency.catalogue.rules and not rows:
        raise NotFound(f"没有规则“{id}”")
    reading = agency.readings.get(id)
    return {
        "rule": id,
        "reading": reading.in_words if reading else None,
        "waits": reading is None or reading.term is None,
        "configured": configured_row(agency.interpretations.get(id)),
        "items": [history_row(row) for row in rows],
    }


@router.post("/{id}/interpretation", status_code=201, responses=_TRIED)
def decide(
    id: RuleId,
    asked: NewInterpretation,
    request: Request,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """定口径. 201 when it counts from now on; 200 without `apply`: what would become of obligations."""
    wanted = Interpretation(
        id, asked.reading, asked.decided_by, decided_day(asked.decided_on), asked.reason
    )
    place = (running(request), calendar, viewer, asked.by, now, asked.apply)
    return _answer(id, interpret(desk_of(*place, _keeping(request, id)), wanted))


@router.post("/{id}/interpretation/withdraw", status_code=201, responses=_TRIED)
def withdraw(
    id: RuleId,
    asked: Withdrawal,
    request: Request,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """撤回口径, with a reason; the rule is read again as without it."""
    place = (running(request), calendar, viewer, asked.by, now, asked.apply)
    desk = desk_of(*place, _keeping(request, id))
    return _answer(id, withdraw_interpretation(desk, id, asked.reason))


def _keeping(request: Request, id: str) -> Callable[[Session, Interpreted], None]:
    """The answer is kept for the request's key where the decision is stored."""

    def keep(session: Session, done: Interpreted) -> None:
        answered(request, session, interpreted_row(id, done), 201)

    return keep


def _answer(id: str, done: Interpreted) -> Response:
    return JSONResponse(jsonable_encoder(interpreted_row(id, done)), 201 if done.applied else 200)
