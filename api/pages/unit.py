"""一个单位: its people, duties and channels, and the forms to change them."""

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from api.errors import BadInput
from api.impact_lines import shown
from api.office_rows import duty_typed, unit_typed
from api.pages.unit_view import View
from api.posted_forms import SentForm
from api.rendering import templates
from api.typed_dates import day
from api.unit_ending import ended
from api.unit_form import typed, unit_values
from engine.errors import BadAgency, NotAllowed
from engine.instants import local_day
from engine.registering import Effect

router = APIRouter(prefix="/units/{unit}")


@router.get("")
def unit_page(view: View, rule: str = "") -> Response:
    """一个单位; with `rule` the form of a duty begins with that rule."""
    return view.render(at="duties", filled={"rule": rule}) if rule else view.render()


@router.post("")
def change(view: View, form: SentForm) -> Response:
    """修改单位: all of it, as the form shows it."""
    values = unit_values(form) | {"id": view.unit}

    def deed(session: Session) -> Effect:
        return view.changes(session).change_unit(unit_typed(values), view.decision(form))

    return view.attempt("changed", "unit", values | {"reason": typed(form, "reason")}, deed)


@router.post("/end")
def end(view: View, form: SentForm) -> Response:
    """撤销单位: first what it would do, then the same form again does it."""
    filled, apply = {"reason": typed(form, "reason")}, typed(form, "step") == "apply"
    try:
        decision = view.decision(form)
        done = ended(view.process, view.viewer, view.unit, decision, apply)
    except (BadInput, NotAllowed, BadAgency) as refused:
        status = 422 if isinstance(refused, BadInput) else 409
        return view.render(str(refused), "end", filled, status)
    if apply:
        return RedirectResponse("/units?said=ended", 303)
    agency = view.process.current.agency()
    impact = shown(done.impact, agency, view.viewer, local_day(view.now))
    context = {"unit": done.unit, "done": done, "impact": impact, **filled}
    return templates.TemplateResponse(view.request, "unit_end.html", context)


@router.post("/duties")
def add_duty(view: View, form: SentForm) -> Response:
    """登记责任."""
    names = ("rule", "from", "until", "ladder", "reason")
    filled = {name: typed(form, name) for name in names}

    def deed(session: Session) -> Effect:
        rule = filled["rule"].partition(" ")[0]  # the list offers the id with its words behind it
        since, until = filled["from"], filled["until"]
        duty = duty_typed(rule, view.unit, since, until, filled["ladder"])
        return view.changes(session).add_duty(duty, view.decision(form))

    return view.attempt("duty", "duties", filled, deed)


@router.post("/duties/end")
def end_duty(view: View, form: SentForm) -> Response:
    """终止责任."""
    filled = {"ending": typed(form, "rule")} | {k: typed(form, k) for k in ("until", "reason")}

    def deed(session: Session) -> None:
        if not typed(form, "rule"):
            raise BadInput("请写明终止哪一项责任")
        last = day(typed(form, "until"), "末日 ")
        changes = view.changes(session)
        changes.end_duty(typed(form, "rule"), view.unit, last, view.decision(form))

    return view.attempt("ended", "duties", filled, deed)
