"""撤销单位 for the page and the interface alike: first what it would do, then the same done."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session

from api.dependencies import Running
from api.document_rows import impact_row
from api.office_changes import own_unit
from api.office_rows import unit_row
from api.schemas import Asked, By, Text
from api.viewer import Viewer
from engine.agency import Agency
from engine.database import trying, writing
from engine.imported_notices import imported_notices
from engine.registering import Decision
from engine.unit_endings import Ended, end_unit
from engine.units import Unit


class UnitEnd(Asked):
    """Body of `POST units/{id}/end`."""

    reason: Annotated[Text, Field(min_length=1, description="为什么撤销；记入日志")]
    by: By = None
    apply: Annotated[bool, Field(description="不写只看影响，不撤销")] = False


def ended(
    process: Running,
    viewer: Viewer,
    id_: str,
    decision: Decision,
    apply: bool,
    first: Callable[[Unit, Agency], object] = lambda _unit, _agency: None,
    then: Callable[[Session, Ended], object] = lambda _session, _done: None,
) -> Ended:
    """Try it or do it; who is bound to units ends those below his own. `first` looks at the unit as it
    stands, `then` is called where it was done. Raises Refused, NotFound, NotAllowed, BadAgency."""
    with writing(process.db) if apply else trying(process.db) as session:
        agency = process.current.agency_in(session)
        unit = own_unit(viewer, agency, id_)
        viewer.check_own(unit.parent)
        first(unit, agency)
        calendar = process.clock.calendar.knowing(imported_notices(session))
        done = end_unit(session, process.current, calendar, id_, decision)
        if apply:
            then(session, done)
    return done


def ended_row(done: Ended, agency: Agency, viewer: Viewer, applied: bool) -> dict[str, Any]:
    """What was ended, or would be; `bound` is who sees nothing from then on."""
    return {
        "unit": unit_row(done.unit, agency),
        "applied": applied,
        "duties": list(done.duties),
        "bound": list(done.bound),
        "impact": impact_row(done.impact, viewer.units),
    }
