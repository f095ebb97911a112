"""单位: all units as a tree, what stands at each, and whom no reminder reaches."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import Now, Running, Viewing, running
from api.errors import BadInput
from api.office_changes import OfficeChanges
from api.office_rows import unit_typed
from api.permissions import Permission
from api.posted_forms import SentForm
from api.rendering import templates
from api.unit_form import typed, unit_values, with_empty_rows
from api.viewer import Viewer
from engine.agency import Agency
from engine.database import reading, writing
from engine.errors import EngineError
from engine.imported_notices import imported_notices
from engine.obligation_counts import UnitCount, counts_by_unit
from engine.reachability import unreachable_people
from engine.registering import Decision
from engine.units import Unit

router = APIRouter()
_SAID = {"ended": "单位已撤销，尚未到期的待办不再要求。"}
DEEPEST = 6  # indentation that is shown
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(("id", "name", "parent", "region", "reason"), ""),
    "aliases": [],
    "contacts": [],
    "channels": [],
}


class Line(NamedTuple):
    """One unit as the page shows it."""

    unit: Unit
    depth: int
    duties: int
    standing: UnitCount
    registered: bool


@router.get("/units")
async def units(request: Request, now: Now, viewer: Viewing, said: str = "") -> Response:
    """单位."""
    return _page(request, viewer, now, with_empty_rows(_EMPTY), said=_SAID.get(said, ""))


@router.post("/units")
def new_unit(request: Request, form: SentForm, now: Now, viewer: Viewing) -> Response:
    """登记单位, then on to its page."""
    values, reason = unit_values(form), typed(form, "reason")
    process = running(request)
    try:
        if not reason:
            raise BadInput("请写明理由：为什么登记这个单位")
        unit = unit_typed(values)
        with writing(process.db) as session:
            calendar = process.clock.calendar.knowing(imported_notices(session))
            decision = Decision(viewer.acts_as(None), reason, now)
            OfficeChanges(session, process.current, calendar, viewer).add_unit(unit, decision)
    except (BadInput, EngineError) as refused:
        again = with_empty_rows(values) | {"reason": reason}
        return _page(request, viewer, now, again, str(refused), 422)
    return RedirectResponse(f"/units/{unit.id}?said=registered", 303)


def _page(
    request: Request,
    viewer: Viewer,
    now: Now,
    values: dict[str, Any],
    fault: str = "",
    status: int = 200,
    said: str = "",
) -> Response:
    process: Running = running(request)
    agency = process.current.agency()
    may_decide = Permission.DECIDE in viewer.permissions
    with reading(process.db) as session:
        counts = counts_by_unit(session, now, viewer.units, request.app.state.counted)
        unreached = unreachable_people(session, agency) if may_decide else []
    context = {
        "lines": list(_lines(agency, viewer, counts)),
        "unreached": [one for one in unreached if viewer.sees(one.unit.id)],
        "may_decide": may_decide,
        "values": values,
        "agency": agency,
        "parents": parents(agency, viewer),
        "is_new": True,
        "fault": fault,
        "said": said,
    }
    return templates.TemplateResponse(request, "units.html", context, status)


def parents(agency: Agency, viewer: Viewer) -> list[Unit]:
    """The units under which the viewer may put one."""
    return [unit for unit in agency.units.values() if viewer.sees(unit.id)]


def _lines(agency: Agency, viewer: Viewer, counts: dict[str, UnitCount]) -> Iterator[Line]:
    """Each unit under the one above it; the viewer's topmost ones stand at the margin."""
    duties: dict[str, int] = {}
    for duty in agency.duties_in_force.values():
        duties[duty.unit] = duties.get(duty.unit, 0) + 1
    below: dict[str, list[Unit]] = {}
    shown = parents(agency, viewer)
    ids = {unit.id for unit in shown}
    for unit in shown:
        below.setdefault(unit.parent if unit.parent in ids else "", []).append(unit)
    waiting = [(unit, 0) for unit in reversed(below.get("", []))]
    while waiting:
        unit, depth = waiting.pop()
        standing = counts.get(unit.id, UnitCount())
        is_registered = unit.id in agency.registered_units
        number = duties.get(unit.id, 0)
        yield Line(unit, min(depth, DEEPEST), number, standing, is_registered)
        waiting += [(one, depth + 1) for one in reversed(below.get(unit.id, []))]
