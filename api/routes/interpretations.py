"""/api/v1/rules/{id}/interpretation: how the office reads what a paper leaves open"""

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.entity_tags import Match, NoneMatch, check_match, tagged
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
from api.json_rows import whole_rule
from api.schemas import RuleId
from engine.agency import Agency
from engine.errors import NotFound
from engine.interpretations import history_of
from engine.interpreting import Interpreted, interpret, withdraw_interpretation
from engine.readings import Interpretation

router = Room(prefix="/rules")
_TRIED: dict[int | str, dict[str, Any]] = {200: {"description": "没有 apply：只看影响，没有确定"}}


@router.get("/{id}/interpretations")
async def interpretations(
    id: RuleId, agency: AgencyNow, session: Reader, if_none_match: NoneMatch = None
) -> Any:
    """口径 of a rule: what counts now, what the configuration file says, and all that was decided
    here, oldest first."""
    shown = _shown(session, agency, id)
    if id not in agency.catalogue.rules and not shown["items"]:
        raise NotFound(f"没有规则“{id}”")
    return tagged(shown, if_none_match)


@router.post("/{id}/interpretation", status_code=201, responses=_TRIED)
def decide(
    id: RuleId,
    asked: NewInterpretation,
    request: Request,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Response:
    """定口径. 201 when it counts from now on; 200 without `apply`: what would become of obligations."""
    wanted = Interpretation(
        id, asked.reading, asked.decided_by, decided_day(asked.decided_on), asked.reason
    )
    place = (running(request), calendar, viewer, asked.by, now, asked.apply)
    desk = desk_of(*place, _keeping(request, id), _matching(if_match, id))
    return _answer(id, interpret(desk, wanted))


@router.post("/{id}/interpretation/withdraw", status_code=201, responses=_TRIED)
def withdraw(
    id: RuleId,
    asked: Withdrawal,
    request: Request,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> Response:
    """撤回口径, with a reason; the rule is read again as without it."""
    place = (running(request), calendar, viewer, asked.by, now, asked.apply)
    desk = desk_of(*place, _keeping(request, id), _matching(if_match, id))
    return _answer(id, withdraw_interpretation(desk, id, asked.reason))


def _keeping(request: Request, id: str) -> Callable[[Session, Interpreted], None]:
    """The answer is kept for the request's key where the decision is stored."""

    def keep(session: Session, done: Interpreted) -> None:
        answered(request, session, interpreted_row(id, done), 201)

    return keep


def _matching(if_match: str | None, id: str) -> Callable[[Session, Agency], None]:
    """It is what the asker has seen, of the rule or of its interpretations."""

    def check(session: Session, agency: Agency) -> None:
        rule = agency.catalogue.rules.get(id)
        rows = [lambda: whole_rule(agency, rule)] if rule else []
        check_match(if_match, lambda: _shown(session, agency, id), *rows)

    return check


def _shown(session: Session, agency: Agency, id: str) -> dict[str, Any]:
    reading = agency.readings.get(id)
    return {
        "rule": id,
        "reading": reading.in_words if reading else None,
        "waits": reading is None or reading.term is None,
        "configured": configured_row(agency.interpretations.get(id)),
        "items": [history_row(row) for row in history_of(session, id)],
    }


def _answer(id: str, done: Interpreted) -> Response:
    return JSONResponse(jsonable_encoder(interpreted_row(id, done)), 201 if done.applied else 200)
