"""A rule: what it says, how it is read and by whose decision, who owes it; and the form for 口径."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlmodel import Session, col
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, CalendarNow, Now, Reader, Viewing, running
from api.errors import BadInput
from api.impact_lines import shown
from api.interpretation_desk import NewInterpretation, Withdrawal, decided_day, desk_of
from api.posted_forms import Posted, PostedForm, checked
from api.reading_form import DAYS, EVERY, UNITS, examples_of, reading_value, ways_of
from api.rendering import templates
from api.viewer import Viewer
from engine.agency import Agency
from engine.database import reading
from engine.errors import BadAgency, BadInterpretation, NotAllowed, NotFound
from engine.instants import local_day
from engine.interpretations import history_of, set_aside, stored_interpretations
from engine.interpreting import Interpreted, interpret, withdraw_interpretation
from engine.obligations import Obligation, Status, list_obligations
from engine.readings import Interpretation
from engine.units import Unit
from rules.rule import HolderKind, Rule, Share
from rules.terms import KIND_NAMES

router = APIRouter(prefix="/rules")
_NEXT = 10  # obligations
_SAID = {"interpreted": "口径已确定，待办事项已按它推算", "withdrawn": "口径已撤回"}
_NAMES = {
    "reading": "期限",
    "decided_by": "由谁决定",
    "decided_on": "决定日期",
    "reason": "理由",
}
_SHARES = {
    Share.EACH: "各自承担",
    Share.LEAD: "牵头承担",
    Share.UNKNOWN: "按职责分工，原文没有写明",
}
_HOLDERS = {
    HolderKind.NAMED: "",
    HolderKind.CLASS: "一类单位",
    HolderKind.CONDITION: "符合条件的单位",
}
_REFUSALS = (BadInput, NotAllowed, BadInterpretation, BadAgency)
_Id = Annotated[str, Path(min_length=1, max_length=200)]


@router.get("/{id}")
async def rule(
    id: _Id, request: Request, session: Reader, agency: AgencyNow, viewer: Viewing, said: str = ""
) -> Response:
    """One rule."""
    return _page(request, session, agency, viewer, id, {"said": _SAID.get(said)})


@router.post("/{id}/interpretation")
def decide(
    id: _Id,
    request: Request,
    posted: PostedForm,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """定口径: first what it would move, then the same form again does it."""
    step = posted.get("step")
    if step == "back":
        return _again(request, agency, viewer, id, posted, "", 200)
    try:
        asked = checked(NewInterpretation, _given(posted, _rule(agency, id)), _NAMES)
        day = decided_day(asked.decided_on)
        wanted = Interpretation(id, asked.reading, asked.decided_by, day, asked.reason)
        desk = desk_of(running(request), calendar, viewer, None, now, step == "apply")
        done = interpret(desk, wanted)
    except _REFUSALS as refused:
        return _refused(request, agency, viewer, id, posted, refused)
    if done.applied:
        return RedirectResponse(f"/rules/{id}?said=interpreted", 303)
    more = {"title": "确定口径", "action": f"/rules/{id}/interpretation", "wanted": wanted}
    return _confirm(request, agency, viewer, id, posted, done, now, more)


@router.post("/{id}/interpretation/withdraw")
def withdraw(
    id: _Id,
    request: Request,
    posted: PostedForm,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
    viewer: Viewing,
) -> Response:
    """撤回口径, in the same two steps."""
    step = posted.get("step")
    try:
        asked = checked(Withdrawal, {"reason": posted.get("reason")}, _NAMES)
        desk = desk_of(running(request), calendar, viewer, None, now, step == "apply")
        done = withdraw_interpretation(desk, id, asked.reason)
    except _REFUSALS as refused:
        return _refused(request, agency, viewer, id, posted, refused, "withdrawing")
    if done.applied:
        return RedirectResponse(f"/rules/{id}?said=withdrawn", 303)
    more = {"title": "撤回口径", "action": f"/rules/{id}/interpretation/withdraw", "wanted": None}
    return _confirm(request, agency, viewer, id, posted, done, now, more)


def _given(posted: Posted, rule: Rule) -> dict[str, object]:
    return {
        "reading": reading_value(posted, rule),
        **{key: posted.get(key) for key in ("decided_by", "decided_on", "reason")},
    }


def _page(
    request: Request,
    session: Session,
    agency: Agency,
    viewer: Viewer,
    id_: str,
    more: dict[str, Any],
    status: int = 200,
) -> Response:
    found = _rule(agency, id_)
    aside = dict(set_aside(agency, stored_interpretations(session)))
    context: dict[str, Any] = {
        "rule": found,
        "reading": agency.readings[id_],
        "interpretation": agency.interpretations.get(id_),
        "aside": aside.get(id_),
        "history": history_of(session, id_),
        "later": [one for one in agency.rules if one.replaces == id_],
        "follow": [one for one in agency.rules if one.starts_after == id_],
        "duties": [
            duty
            for duty in agency.duties_in_force.values()
            if duty.rule == id_ and viewer.sees(duty.unit)
        ],
        "unowed": _unowed(agency, viewer, found),
        "free": _free(agency, viewer, id_),
        "units": agency.units,
        "catalogue": agency.catalogue.rules,
        "coming": _coming(session, viewer, id_),
        "ways": ways_of(found) if viewer.units is None else {},
        "examples": examples_of(found),
        "UNITS": UNITS,
        "EVERY": EVERY,
        "DAYS": DAYS,
        "KIND_NAMES": KIND_NAMES,
        "share": _SHARES[found.share] if len(found.holders) > 1 else "",
        "holder_kind": _HOLDERS[found.holder_kind],
        "filled": {},
        "withdrawing": {},
        **more,
    }
    return templates.TemplateResponse(request, "rule.html", context, status)


def _rule(agency: Agency, id_: str) -> Rule:
    found = agency.catalogue.rules.get(id_)
    if found is None:
        raise NotFound(f"没有规则“{id_}”")
    return found


def _coming(session: Session, viewer: Viewer, rule: str) -> list[Obligation]:
    """The next open obligations, those that are late first."""
    open_ones = (col(Obligation.rule) == rule, col(Obligation.status) == Status.OPEN)
    return list_obligations(session, *open_ones, *viewer.own_obligations(), limit=_NEXT)


def _unowed(agency: Agency, viewer: Viewer, rule: Rule) -> list[tuple[str, str]]:
    """Holders that the paper names whose unit has no duty, each with that unit."""
    owing = {duty.unit for duty in agency.duties_in_force.values() if duty.rule == rule.id}
    matched = ((holder, agency.matched.get(holder)) for holder in rule.holders)
    return [(h, unit) for h, unit in matched if unit and unit not in owing and viewer.sees(unit)]


def _free(agency: Agency, viewer: Viewer, rule: str) -> list[Unit]:
    """The units to which the rule may still be given."""
    owing = {duty.unit for duty in agency.duties_in_force.values() if duty.rule == rule}
    return [one for one in agency.units.values() if one.id not in owing and viewer.sees(one.id)]


def _confirm(
    request: Request,
    agency: Agency,
    viewer: Viewer,
    id_: str,
    posted: Posted,
    done: Interpreted,
    now: Now,
    more: dict[str, Any],
) -> Response:
    context = {
        "rule": agency.catalogue.rules.get(id_),
        "id": id_,
        "reading": done.reading,
        "impact": shown(done.impact, agency, viewer, local_day(now)),
        "hidden": {k: v for k, v in posted.fields.items() if k not in ("csrf", "step")},
        **more,
    }
    return templates.TemplateResponse(request, "interpretation_confirm.html", context)


def _refused(
    request: Request,
    agency: Agency,
    viewer: Viewer,
    id_: str,
    posted: Posted,
    why: Exception,
    form: str = "filled",
) -> Response:
    status = 422 if isinstance(why, BadInput) else 409
    return _again(request, agency, viewer, id_, posted, f"{why}。没有改动", status, form)


def _again(
    request: Request,
    agency: Agency,
    viewer: Viewer,
    id_: str,
    posted: Posted,
    fault: str,
    status: int,
    form: str = "filled",
) -> Response:
    """The page with the form, one of its two, as it was filled."""
    with reading(running(request).db) as session:
        more = {"fault": fault, form: posted.fields}
        return _page(request, session, agency, viewer, id_, more, status)
