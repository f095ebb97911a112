"""一个单位的人员: who is away, and what is silenced."""

from typing import Any

from fastapi import APIRouter
from sqlmodel import Session, col
from starlette.responses import Response

from api.errors import BadInput
from api.pages.unit_view import UnitView, View
from api.people_rows import end_typed
from api.posted_forms import SentForm
from api.schemas import RowId
from api.typed_dates import day
from api.unit_form import typed
from engine.absences import Absence, add_absence, cancel_absence, list_absences
from engine.errors import NotFound
from engine.silences import Scope, Silence, add_silence, end_silence, list_silences

router = APIRouter(prefix="/units/{unit}")


@router.post("/absences")
def absent(view: View, form: SentForm) -> Response:
    """登记请假."""
    filled = {name: typed(form, name) for name in ("name", "from", "to")}

    def deed(session: Session) -> None:
        first, last = day(filled["from"], "首日 "), day(filled["to"], "末日 ")
        who: Any = {"unit": view.unit, "name": filled["name"], "first": first, "last": last}
        add_absence(session, view.changes(session).agency(), **who, **_by(view))

    return view.attempt("absent", "people", filled, deed)


@router.post("/absences/{absence_id}/cancel")
def back(view: View, absence_id: RowId) -> Response:
    """取消请假."""

    def deed(session: Session) -> None:
        own = (Absence.unit == view.unit, col(Absence.id) == absence_id)
        if not list_absences(session, *own):
            raise NotFound(f"本单位没有编号为 {absence_id} 的请假")
        cancel_absence(session, absence_id, **_by(view))

    return view.attempt("back", "people", None, deed)


@router.post("/silences")
def silent(view: View, form: SentForm) -> Response:
    """设静默."""
    filled = {name: typed(form, name) for name in ("until", "silence_reason")}

    def deed(session: Session) -> None:
        reason = filled["silence_reason"]
        if not (reason and reason.isprintable() and len(reason) <= 1000):
            raise BadInput("请写明静默的理由，一行以内")
        agency, until = view.changes(session).agency(), end_typed(filled["until"])
        scope = Scope(unit=view.unit)
        add_silence(session, agency, scope, until=until, reason=reason, **_by(view))

    return view.attempt("silent", "silences", filled, deed)


@router.post("/silences/{silence_id}/end")
def loud(view: View, silence_id: RowId) -> Response:
    """结束静默."""

    def deed(session: Session) -> None:
        own = (Silence.unit == view.unit, col(Silence.id) == silence_id)
        if not list_silences(session, *own):
            raise NotFound(f"本单位没有编号为 {silence_id} 的静默")
        end_silence(session, silence_id, **_by(view))

    return view.attempt("loud", "silences", None, deed)


def _by(view: UnitView) -> Any:
    return {"by": view.viewer.acts_as(None), "now": view.now}
