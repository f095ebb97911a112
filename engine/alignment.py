"""Bringing what there is of duties in line with what they ask for now: open obligations move, those
not asked for any more and not yet due are waived, those asked for again are opened.

What there is of many duties is read together, so that the number of statements is that of what
changes, and not that of the duties.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.chains import completions, follow_all, standing
from engine.clock_entries import changes_of_all
from engine.database import portions
from engine.due_dates import Due
from engine.duties import Duty
from engine.errors import NoDate
from engine.event_clocks import Change
from engine.events import Event, Owing, begin, beginnings, due_of_event
from engine.obligations import (
    WITHDRAWN_BY,
    Obligation,
    Status,
    move,
    obligations_of,
    reopen,
    withdraw,
)
from engine.workdays import WorkCalendar

Why = tuple[str, bool]  # why dates move, in words, and whether it is the calendar alone


@dataclass
class Expected:
    """What a duty asks for, by occurrence: date and reading, or None to keep the date that the
    row has; and what it does not, because a linked rule governs."""

    dates: dict[str, tuple[Due, str] | None] = field(default_factory=dict)
    governed: dict[str, str] = field(default_factory=dict)

    def add(self, occurrence: str, date: tuple[Due, str] | None, governed_by: str = "") -> None:
        """One occurrence, where it stands or where another rule governs it."""
        if governed_by:
            self.governed[occurrence] = governed_by
        else:
            self.dates[occurrence] = date


def align(
    session: Session, rows: Iterable[Obligation], expected: Expected, now: datetime, why: Why
) -> None:
    """Bring the rows of a duty in line."""
    for row in rows:
        if row.withdrawn and row.occurrence in expected.dates and row.id:
            reopen(session, row.id, by=WITHDRAWN_BY, reason="配置重新要求此事项", now=now)
        if row.status is Status.OPEN and (moved := expected.dates.get(row.occurrence)):
            move(session, row, *moved, now, *why)
        if row.occurrence not in expected.dates and row.ahead(now):  # what is late stays owed
            withdraw(session, row, expected.governed.get(row.occurrence, ""), now)


def align_with_events(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    changed: Sequence[tuple[Duty, Why]],
    now: datetime,
) -> int:
    """The same for duties that count from events, with what has begun under them or under linked
    ones; how many rows are new."""
    completed = completions(session, agency, [duty for duty, _ in changed])
    added = follow_all(session, agency, calendar, completed, now)
    begun = _begun(session, agency, [duty for duty, _ in changed])
    for duty, why in changed:
        rows = begun.rows[duty.rule, duty.unit]
        there = len(rows)
        expected = begun.expected(session, agency, calendar, duty, completed.get(duty.key, ()), now)
        align(session, rows[:there], expected, now, why)
        added += len(rows) - there
    return added


@dataclass
class _Begun:
    """What has begun with events, by rule and unit; the events, and what was entered of the clocks,
    by obligation."""

    rows: dict[Owing, list[Obligation]]
    events: dict[int, Event]
    changes: Mapping[int, Sequence[Change]]

    def expected(
        self,
        session: Session,
        agency: Agency,
        calendar: WorkCalendar,
        duty: Duty,
        completed: Iterable[Obligation],
        now: datetime,
    ) -> Expected:
        """Of linked duties that share an event the stricter stands; a duty that did not stand then
        and does now begins now."""
        expected = Expected()
        links = agency.catalogue.rules[duty.rule].same_as
        own = standing(agency, duty, self._events(duty, (duty.rule,)), completed)
        of_event = {row.event_id: row.id or 0 for row in self.rows[duty.rule, duty.unit]}
        for event in own:
            governing = (
                beginnings(session, agency, calendar, duty, event, now).governed if links else {}
            )
            changes = self.changes.get(of_event[event.id], ())
            try:
                date = due_of_event(agency, calendar, duty.rule, duty.unit, event.moment, changes)
            except NoDate:  # the limit is in hours now and only a day is known, or none is left
                date = None
            expected.add(f"event:{event.id}", date, governing.get(duty.rule, ""))
        moments = {(event.at, event.reference) for event in own}
        for event in self._events(duty, links):
            if (event.at, event.reference) in moments:
                continue
            moments.add((event.at, event.reference))
            found = beginnings(session, agency, calendar, duty, event, now)
            if duty.rule in found.dates and duty.rule not in found.governed:
                started, due, words = found.dates[duty.rule]
                row = begin(session, agency, duty, started, due, words, now)
                self._add(row, started)
                expected.add(row.occurrence, (due, words))
        return expected

    def _events(self, duty: Duty, rules: Iterable[str]) -> list[Event]:
        """The events with which obligations of its unit began under one of these rules."""
        rows = (row for rule in rules for row in self.rows[rule, duty.unit])
        ids = sorted({row.event_id for row in rows if row.event_id})
        return [self.events[id_] for id_ in ids]

    def _add(self, row: Obligation, event: Event) -> None:
        assert event.id is not None
        self.rows[row.rule, row.unit].append(row)
        self.events[event.id] = event


def _begun(session: Session, agency: Agency, duties: Sequence[Duty]) -> _Begun:
    rules = agency.catalogue.rules
    owing = {(rule, one.unit) for one in duties for rule in (one.rule, *rules[one.rule].same_as)}
    rows = obligations_of(session, owing)
    found = [row for of_duty in rows.values() for row in of_duty if row.event_id]
    events: dict[int, Event] = {}
    for ids in portions({row.event_id or 0 for row in found}):
        for event in session.exec(select(Event).where(col(Event.id).in_(ids))).all():
            events[event.id or 0] = event
    changes = changes_of_all(session, [row.id or 0 for row in found], agency.catalogue.clauses)
    return _Begun(rows, events, changes)
