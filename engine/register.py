"""台账 Register: one line for each obligation, as an office keeps it. Read in portions, so that it
may be as long as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from engine.agency import Agency
from engine.instants import local_day
from engine.obligations import STATUS_NAMES, Obligation, Status, list_obligations
from engine.workdays import WorkCalendar

PORTION = 2000  # rows in memory at a time


@dataclass(frozen=True)
class Line:
    """台账的一行. `due` is a day, or the instant of a limit in hours; `late_by` the working days from
    the due day to the completion, or to today, None where it is not late."""

    number: int
    obligation: Obligation
    unit: str
    matter: str
    basis: str
    due: date | datetime
    status: str
    done_on: date | None
    late_by: int | None


def length(session: Session, *conditions: Any) -> int:
    """How many lines there are."""
    query = select(func.count()).select_from(Obligation).where(*conditions)
    return session.exec(query).one()


def lines(
    session: Session, agency: Agency, calendar: WorkCalendar, now: datetime, *conditions: Any
) -> Iterator[Line]:
    """The lines by due day, numbered from 1."""
    written = 0
    after: tuple[date, int] | None = None
    while rows := list_obligations(session, *conditions, after=after, limit=PORTION):
        for number, row in enumerate(rows, written + 1):
            yield line_of(number, row, agency, calendar, now)
        written, last = written + len(rows), rows[-1]
        assert last.id is not None
        after = (last.due_on, last.id)
        session.expunge_all()


def line_of(
    number: int, row: Obligation, agency: Agency, calendar: WorkCalendar, now: datetime
) -> Line:
    """The line of one obligation."""
    unit, rule = agency.units.get(row.unit), agency.catalogue.rules.get(row.rule)
    late = row.overdue(now)
    return Line(
        number,
        row,
        unit.name if unit else row.unit,
        rule.quote if rule else row.rule,
        " ".join(f"《{rule.document.title}》{rule.document.number} {rule.place}".split())
        if rule
        else row.document,
        row.due_at or row.due_on,
        "逾期未办" if late else STATUS_NAMES[row.status],
        local_day(row.closed_at) if row.closed_at and row.status is Status.DONE else None,
        _late_by(row, agency.calendar_of(row.unit, calendar), now),
    )


def _late_by(row: Obligation, calendar: WorkCalendar, now: datetime) -> int | None:
    """Working days; a limit in hours that was missed on its own day is late by none."""
    if row.status is Status.WAIVED:
        return None
    over = row.closed_at or now
    late = over > row.due_at if row.due_at else local_day(over) > row.due_on
    return calendar.count(row.due_on, local_day(over)) if late else None
