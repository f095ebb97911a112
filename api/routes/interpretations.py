"""/api/v1/rules/{id}/interpretation: how the office reads what a paper leaves open"""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.interpretation_desk import (
    configured_row,
    decided_day,
    desk_of,
    history_row,
    interpreted_row,
)
from api.schemas import NewInterpretation, RuleId, Withdrawal
from engine.errors import NotFound
from engine.interpretations import history_of
from engine.interpreting import interpret, withdraw_interpretation
from engine.readings import Interpretation

router = APIRouter(prefix="/rules")
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
    response: Response,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """定口径. 201 when it counts from now on; 200 without `apply`: what would become of obligations."""
    wanted = Interpretation(
        id, asked.reading, asked.decided_by, decided_day(asked.decided_on), asked.reason
    )
    desk = desk_of(running(request), calendar, viewer, asked.by, now, asked.apply)
    done = interpret(desk, wanted)
    response.status_code = 201 if done.applied else 200
    return interpreted_row(id, done)


@router.post("/{id}/interpretation/withdraw", status_code=201, responses=_TRIED)
def withdraw(
    id: RuleId,
    asked: Withdrawal,
    request: Request,
    response: Response,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """撤回口径, with a reason; the rule is read again as without it."""
    desk = desk_of(running(request), calendar, viewer, asked.by, now, asked.apply)
    done = withdraw_interpretation(desk, id, asked.reason)
    response.status_code = 201 if done.applied else 200
    return interpreted_row(id, done)
