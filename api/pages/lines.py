"""How the pages show obligations: a line each, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from engine.acknowledgements import Acknowledgement, acknowledgements_of
from engine.agency import Agency
from engine.instants import local_day
from engine.obligations import STATUS_NAMES, Obligation, Status
from engine.remaining import remaining_in_words
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Line:
    """One obligation. `left` is the time that remains, or how it was closed; `signed` is who has
    taken it into hand."""

    row: Obligation
    matter: str
    document: str
    number: str
    unit: str
    left: str
    overdue: bool
    signed: Acknowledgement | None = None

    @property
    def open(self) -> bool:
        """Is it neither done nor waived?"""
        return self.row.status is Status.OPEN


def lines_of(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    now: datetime,
    rows: Sequence[Obligation],
) -> list[Line]:
    """The lines of some obligations, with who has signed for them."""
    signed = acknowledgements_of(session, rows)
    return [line_of(row, agency, calendar, now, signed.get(row.id or 0)) for row in rows]


def line_of(
    row: Obligation,
    agency: Agency,
    calendar: WorkCalendar,
    now: datetime,
    signed: Acknowledgement | None = None,
) -> Line:
    """One of them. What the configuration does not name any more goes by its id."""
    rule, unit = agency.catalogue.rules.get(row.rule), agency.units.get(row.unit)
    return Line(
        row=row,
        matter=rule.quote if rule else row.rule,
        document=rule.document.title if rule else row.document,
        number=rule.document.number_of(rule.text) if rule else "",
        unit=unit.name if unit else row.unit,
        left=_left(row, now, agency.calendar_of(row.unit, calendar)),
        overdue=row.overdue(now),
        signed=signed,
    )


def _left(row: Obligation, now: datetime, calendar: WorkCalendar) -> str:
    if row.status is Status.OPEN:
        return remaining_in_words(row, now, calendar)
    day = f"（{local_day(row.closed_at)}）" if row.closed_at else ""
    return f"{row.late_in_words or STATUS_NAMES[row.status]}{day}"
