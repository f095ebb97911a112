"""What a feed holds: the obligations of its scope from three months back, as iCalendar.

The text changes when an obligation, the catalogue, a unit's name or the working calendar does, and
then only: `mark_of` tells from a few figures of the database whether it would be another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.calendar_entries import feed_entry, feed_text
from engine.chains import with_beginnings
from engine.feeds import Feed, units_of
from engine.instants import local_day
from engine.obligations import WITHDRAWN_BY, Obligation, Status, list_obligations
from engine.tracing import tracing
from engine.workdays import WorkCalendar

MONTHS_BACK = 3
MOST = 2000  # entries: first what is open, by due day; then what was closed, the latest first


@dataclass(frozen=True)
class Mark:
    """Two equal ones stand for the same text. `changed_at` is when an obligation last changed."""

    text: str
    changed_at: datetime


def mark_of(
    session: Session, agency: Agency, calendar: WorkCalendar, feed: Feed, now: datetime
) -> Mark:
    """What the feed's text rests on, without making it. A change of an obligation raises its
    revision, and nothing else lowers the sum while the number stays."""
    figures = (
        func.count(),
        func.sum(Obligation.revision),
        func.max(Obligation.id),
        func.max(Obligation.changed_at),
        func.max(Obligation.created_at),
    )
    conditions = _conditions(session, agency, feed, now)
    count, revisions, last, changed_at, created_at = session.exec(
        select(*figures).where(*conditions)  # type: ignore[call-overload]
    ).one()
    parts: list[object] = [version("qixian"), feed.id, feed.name, since(local_day(now))]
    begun = sorted(with_beginnings(session, agency).begun.items())
    parts += [count, revisions, last, changed_at, *_words(agency), begun, calendar.fingerprint]
    times = (feed.made_at, changed_at, created_at)
    changed = max(one for one in times if one is not None)
    return Mark(sha256(repr(parts).encode()).hexdigest()[:32], changed)


def text_of(
    session: Session, agency: Agency, calendar: WorkCalendar, feed: Feed, now: datetime
) -> str:
    """The feed as iCalendar."""
    conditions = _conditions(session, agency, feed, now)
    rows = _rows(session, conditions)
    explain = tracing(session, agency, calendar)
    return feed_text((feed_entry(row, agency, explain(row)) for row in rows), f"期限：{feed.name}")


def since(today: date) -> date:
    """From the first day of a month on, so that the text does not change every morning."""
    month = today.year * 12 + today.month - 1 - MONTHS_BACK
    return date(month // 12, month % 12 + 1, 1)


def _rows(session: Session, conditions: Sequence[Any]) -> list[Obligation]:
    """By due day; where there are too many, what is to be done is not left out for what is done."""
    status, place = col(Obligation.status), (col(Obligation.due_on), col(Obligation.id))
    rows = list_obligations(session, *conditions, status == Status.OPEN, limit=MOST)
    closed = select(Obligation).where(*conditions, status != Status.OPEN)
    closed = closed.order_by(*(one.desc() for one in place)).limit(MOST - len(rows))
    return sorted([*rows, *session.exec(closed).all()], key=lambda row: (row.due_on, row.id or 0))


def _conditions(session: Session, agency: Agency, feed: Feed, now: datetime) -> list[Any]:
    """What was withdrawn because the configuration changed is nobody's business any more."""
    status = col(Obligation.status)
    conditions: list[Any] = [
        col(Obligation.due_on) >= since(local_day(now)),
        or_(status != Status.WAIVED, col(Obligation.closed_by) != WITHDRAWN_BY),
    ]
    units = units_of(session, agency, feed)
    if units is not None:
        conditions.append(col(Obligation.unit).in_(sorted(units)))
    if feed.document:
        conditions.append(Obligation.document == feed.document)
    return conditions


def _words(agency: Agency) -> Iterable[object]:
    """Whatever of the configuration stands in the text."""
    yield agency.public_url
    yield [(unit.id, unit.name, unit.region) for unit in agency.units.values()]
    for rule in agency.rules:
        yield (rule.id, rule.quote, rule.document.title, rule.document.number)
        yield (agency.readings[rule.id], agency.interpretations.get(rule.id))
    yield sorted((key, duty.since, duty.until) for key, duty in agency.duties_in_force.items())
    yield agency.seasons
    yield [(clause.id, clause.cited) for clause in agency.catalogue.clauses.values()]
