"""What the page of a message's link shows, and to whom."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.errors import Refused
from api.viewer import Viewer
from engine.acknowledgements import Acknowledgement, acknowledgements_of
from engine.agency import Agency
from engine.deliveries import Delivery, Purpose
from engine.errors import BadLink
from engine.explanation import Step
from engine.obligations import STATUS_NAMES, Obligation, Status
from engine.remaining import remaining_in_words
from engine.signed_links import delivery_of
from engine.signing import Told, matters_of, signatories
from engine.tracing import trace_of
from engine.units import Contact
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Shown:
    """One matter as the page shows it; `signable` where the button stands."""

    obligation: Obligation
    matter: str
    document: str
    number: str
    steps: tuple[Step, ...]
    unit: str
    left: str
    signed: Acknowledgement | None
    signable: bool
    superior: bool


@dataclass(frozen=True)
class Opened:
    """What a good link leads to."""

    delivery: Delivery
    told: list[Told]
    people: list[Contact]
    person: Viewer | None


def open_link(
    session: Session, agency: Agency, token: str, person: Viewer | None, now: datetime
) -> Opened:
    """What a token leads to. Raises BadLink, LinkExpired; Refused where somebody is signed in who does not see it all."""
    delivery = session.get(Delivery, delivery_of(session, token, now))
    if delivery is None or delivery.purpose is not Purpose.REMINDER:
        raise BadLink("链接无效")
    told = matters_of(session, delivery)
    if person and not all(person.sees(one.obligation.unit) for one in told):
        raise Refused(403, "forbidden", f"这条提醒不是发给您（{person.name}）的，您的帐户不能查看")
    people = signatories(agency, delivery, told)
    own = [one for one in people if person and one.name == person.name]
    return Opened(delivery, told, own or people, person)


def shown_of(
    session: Session, agency: Agency, calendar: WorkCalendar, opened: Opened, now: datetime
) -> list[Shown]:
    """Each matter, with the steps of its date and who has signed for it."""
    signed = acknowledgements_of(session, [one.obligation for one in opened.told])
    found = []
    for one in opened.told:
        row, steps = one.obligation, trace_of(session, agency, calendar, one.obligation)
        by = signed.get(row.id or 0)
        found.append(_shown(one, bool(opened.people), steps, by, agency, calendar, now))
    return found


def _shown(
    one: Told,
    anybody: bool,
    steps: tuple[Step, ...],
    signed: Acknowledgement | None,
    agency: Agency,
    calendar: WorkCalendar,
    now: datetime,
) -> Shown:
    row = one.obligation
    rule, unit = agency.catalogue.rules.get(row.rule), agency.units.get(row.unit)
    is_open = row.status is Status.OPEN
    local = agency.calendar_of(row.unit, calendar)
    return Shown(
        obligation=row,
        matter=rule.quote if rule else row.rule,
        document=rule.document.title if rule else row.document,
        number=rule.document.number_of(rule.text) if rule else "",
        steps=steps,
        unit=unit.name if unit else row.unit,
        left=remaining_in_words(row, now, local) if is_open else STATUS_NAMES[row.status],
        signed=signed,
        signable=one.ours and is_open and anybody,
        superior=not one.ours,
    )
