"""What the page of one unit shows, and how its forms are answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from sqlmodel import Session, col
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.dependencies import Now, Running, Viewing, running
from api.errors import BadInput
from api.forms import SAFE
from api.office_changes import OfficeChanges, own_unit, visible_unit
from api.office_rows import values_of
from api.pages.units import parents
from api.permissions import Permission
from api.rendering import templates
from api.unit_form import typed, with_empty_rows
from api.viewer import Viewer
from engine.absences import Absence, list_absences
from engine.agency import Agency
from engine.channels import ChannelState, channel_states
from engine.database import reading, writing
from engine.duties import Duty
from engine.duty_entries import entries_of_duties
from engine.errors import BadAgency, EngineError, NotAllowed
from engine.imported_notices import imported_notices
from engine.instants import local_day
from engine.line_states import LineNow, lines_now
from engine.obligation_counts import UnitCount, counts_by_unit
from engine.reachability import unreachable_people
from engine.registering import Decision, Effect
from engine.silences import Silence, list_silences, until_in_words
from engine.unit_counts import next_due
from engine.unit_entries import entries_of_unit
from engine.units import Unit
from notifiers.channel import Addressing, Notifier
from rules.rule import Rule

SHOWN = 20  # of what was noted and entered before
SAID = {
    "registered": "已登记单位。下面可以写明它承担的责任。",
    "changed": "已修改，立即生效。",
    "unchanged": "没有改动：所填与现有的一样。",
    "duty": "已登记责任，到期事项已经推算。",
    "ended": "已终止责任；末日以后到期的待办不再要求，已经逾期的仍须办理。",
    "absent": "已登记请假；期间的提醒发给代办人。",
    "back": "已取消请假。",
    "silent": "已设静默；限时办理的和督办的照常提醒。",
    "loud": "已结束静默。",
    "tested": "对方已接收测试消息。请到接收端查看，把其中的四位确认码填在下面，一小时内有效。",
    "confirmed": "渠道已确认。",
}


class OfDuty(NamedTuple):
    """One duty as the page shows it."""

    duty: Duty
    rule: Rule
    reading: str
    next_due: Any
    registered: bool  # and so can be ended here


class OfChannel(NamedTuple):
    """One channel of the unit."""

    id: str
    notifier: Notifier
    state: ChannelState | None
    line: LineNow | None  # for a channel that has a long connection
    asks_to: str  # how the address is called that a test message needs; empty for a group
    suggested: list[str]


@dataclass(frozen=True)
class UnitView:
    """The page of one unit for one viewer, who sees it."""

    request: Request
    process: Running
    viewer: Viewer
    now: Now
    unit: str

    def render(
        self, fault: str = "", at: str = "", filled: Any = None, status: int = 200
    ) -> Response:
        """The page; after a fault with it, at the form that it is of, with what was typed there."""
        agency = self.process.current.agency()
        unit = self.found(agency)
        filled = filled or {}
        context: dict[str, Any] = {
            "unit": unit,
            "agency": agency,
            "said": SAID.get(self.request.query_params.get("said", ""), ""),
            "fault": fault,
            "at": at,
            "filled": filled,
            "registered": unit.id in agency.registered_units,
            "may_act": Permission.ACT in self.viewer.permissions,
            "may_decide": Permission.DECIDE in self.viewer.permissions,
            "parents": [one for one in parents(agency, self.viewer) if one.id != unit.id],
            "values": with_empty_rows(filled if at == "unit" else values_of(unit, agency)),
            "is_new": False,
            "may_end": unit.id in agency.registered_units and self.viewer.sees(unit.parent),
            "until_in_words": until_in_words,
        }
        with reading(self.process.db) as session:
            context |= self._rows(session, agency, unit)
        return templates.TemplateResponse(self.request, "unit.html", context, status)

    def found(self, agency: Agency) -> Unit:
        """Raises NotFound."""
        return visible_unit(self.viewer, agency, self.unit)

    def attempt(
        self, said: str, at: str, filled: Any, deed: Callable[[Session], Effect | None]
    ) -> Response:
        """Do it in one writing transaction, and say so on the page, or that nothing is another; or
        say what was wrong there."""
        self.found(self.process.current.agency())
        try:
            with writing(self.process.db) as session:
                effect = deed(session)
        except (BadInput, EngineError) as refused:
            conflict = isinstance(refused, NotAllowed | BadAgency)
            return self.render(str(refused), at, filled, 409 if conflict else 422)
        return self.done("unchanged" if effect is Effect.UNCHANGED else said, at)

    def done(self, said: str, at: str) -> Response:
        """On to the page that says so."""
        return RedirectResponse(f"/units/{self.unit}?said={said}#{at}", 303)

    def changes(self, session: Session) -> OfficeChanges:
        """What may be registered in this transaction."""
        calendar = self.process.clock.calendar.knowing(imported_notices(session))
        return OfficeChanges(session, self.process.current, calendar, self.viewer)

    def decision(self, form: FormData) -> Decision:
        """Who decides, and why. Raises BadInput."""
        reason = typed(form, "reason")
        if not (reason and reason.isprintable() and len(reason) <= 1000):
            raise BadInput("请写明理由，一行以内")
        return Decision(self.viewer.acts_as(None), reason, self.now)

    def _rows(self, session: Session, agency: Agency, unit: Unit) -> dict[str, Any]:
        today, unreached = local_day(self.now), unreachable_people(session, agency)
        away = (Absence.unit == unit.id, col(Absence.cancelled_at).is_(None))
        silent = (Silence.unit == unit.id, col(Silence.ended_at).is_(None))
        coming, still = col(Absence.last) >= today, col(Silence.until) > self.now
        return {
            "standing": counts_by_unit(session, self.now, [unit.id]).get(unit.id, UnitCount()),
            "duties": _duties(agency, unit, next_due(session, unit.id)),
            "unreached": {one.contact: one.reason for one in unreached if one.unit.id == unit.id},
            "absences": list_absences(session, *away, coming, limit=SHOWN),
            "silences": list_silences(session, *silent, still, limit=SHOWN),
            "channels": _channels(session, agency, unit, self.now),
            "unit_entries": entries_of_unit(session, unit.id, SHOWN),
            "duty_entries": entries_of_duties(session, unit.id, SHOWN),
        }


async def _view(request: Request, unit: str, now: Now, viewer: Viewing) -> UnitView:
    view = UnitView(request, running(request), viewer, now, unit)
    if request.method not in SAFE:
        own_unit(viewer, view.process.current.agency(), unit)
    return view


View = Annotated[UnitView, Depends(_view)]


def _duties(agency: Agency, unit: Unit, due: dict[str, Any]) -> list[OfDuty]:
    found = [
        OfDuty(
            duty,
            agency.catalogue.rules[duty.rule],
            agency.readings[duty.rule].in_words,
            due.get(duty.rule),
            duty.key in agency.registered_duties,
        )
        for duty in agency.duties_in_force.values()
        if duty.unit == unit.id
    ]
    return sorted(found, key=lambda one: (one.next_due is None, str(one.next_due), one.duty.rule))


_ASKS_TO = {Addressing.MAIL: "收件地址", Addressing.PERSON: "账号"}


def _channels(session: Session, agency: Agency, unit: Unit, now: datetime) -> list[OfChannel]:
    states, lines = channel_states(session), lines_now(session, agency, now)
    found = []
    for id_ in unit.channels:
        notifier = agency.channels[id_]
        key = "mail" if notifier.addressing is Addressing.MAIL else "account"
        people = [getattr(contact, key) for contact in unit.contacts if getattr(contact, key)]
        asks_to = _ASKS_TO.get(notifier.addressing, "")
        state, line = states.get(id_), lines.get(id_)
        found.append(OfChannel(id_, notifier, state, line, asks_to, people if asks_to else []))
    return found
