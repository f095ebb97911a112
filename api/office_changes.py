"""What a page and the interface do alike when somebody registers a unit or a duty."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from api.viewer import Viewer
from engine.agency import Agency
from engine.current_agency import CurrentAgency
from engine.errors import NotAllowed, NotFound
from engine.registering import (
    Decision,
    DutyTerms,
    Effect,
    end_duty,
    register_duty,
    register_unit,
    settle,
)
from engine.unit_endings import check_unused
from engine.units import Unit
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class OfficeChanges:
    """One change in one writing transaction, by a viewer who may decide: on his own units only."""

    session: Session
    current: CurrentAgency
    calendar: WorkCalendar
    viewer: Viewer

    def agency(self) -> Agency:
        """As it stands in the transaction."""
        return self.current.agency_in(self.session)

    def add_unit(self, unit: Unit, decision: Decision) -> Effect:
        """Raises Refused, NotAllowed, BadAgency."""
        agency = self.agency()
        self.viewer.check_own(unit.parent)
        if unit.id in agency.units:
            raise NotAllowed(f"已有编号为“{unit.id}”的单位，请另选编号，或打开它的页面修改")
        check_unused(self.session, agency, unit.id, self.viewer.units)
        return self._settled(register_unit(self.session, agency, unit, decision), decision)

    def change_unit(self, unit: Unit, decision: Decision) -> Effect:
        """Raises Refused, NotAllowed, NotFound, BadAgency."""
        agency = self.agency()
        before = own_unit(self.viewer, agency, unit.id)
        if unit.parent != before.parent:
            self.viewer.check_own(unit.parent)
        return self._settled(register_unit(self.session, agency, unit, decision), decision)

    def add_duty(self, duty: DutyTerms, decision: Decision) -> Effect:
        """Raises Refused, NotAllowed, NotFound, BadAgency."""
        agency = self.agency()
        own_unit(self.viewer, agency, duty.unit)
        return self._settled(register_duty(self.session, agency, duty, decision), decision)

    def end_duty(self, rule: str, unit: str, last: date, decision: Decision) -> None:
        """Raises Refused, NotAllowed, NotFound."""
        agency = self.agency()
        own_unit(self.viewer, agency, unit)
        end_duty(self.session, agency, rule, unit, last, decision)
        self._settled(Effect.CHANGED, decision)

    def _settled(self, effect: Effect, decision: Decision) -> Effect:
        if effect is not Effect.UNCHANGED:
            settle(self.session, self.current, self.calendar, decision.now)
        return effect


def visible_unit(viewer: Viewer, agency: Agency, id_: str) -> Unit:
    """A unit that the viewer sees. Raises NotFound."""
    viewer.check_unit(id_)
    if id_ not in agency.units:
        raise NotFound(f"没有单位“{id_}”，或者它不在您的范围内")
    return agency.units[id_]


def own_unit(viewer: Viewer, agency: Agency, id_: str) -> Unit:
    """A unit to which the viewer may do something. Raises NotFound, Refused."""
    if id_ in agency.units:
        viewer.check_own(id_)
    return visible_unit(viewer, agency, id_)
