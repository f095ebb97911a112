"""Deriving: from duties to the rows of what falls due, and again when what they rest on changes.

Idempotent by the unique key (rule, unit, occurrence), cheap by a watermark per duty.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.chains import follow_all, standing, with_beginnings
from engine.clock_entries import changes_by_event
from engine.database import insert_missing
from engine.due_dates import Due
from engine.duties import Duty
from engine.errors import BadDatabase, NoDate
from engine.events import EVENT_KINDS, Event, begin, beginnings, due_of_event
from engine.instants import local_day
from engine.news import NewsType, tell
from engine.obligations import (
    WITHDRAWN_BY,
    Obligation,
    Status,
    due_columns,
    move,
    reopen,
    withdraw,
)
from engine.owing import Owed, owed_among
from engine.periods import span
from engine.watermarks import (
    Watermark,
    basis_of,
    calendar_alone,
    watermarks,
    what_changed,
)
from engine.workdays import LAST_DAY, WorkCalendar

AHEAD = timedelta(days=30)  # derived beyond the horizon, so that not every day has work to do


@dataclass
class Expected:
    """What a duty asks for, by occurrence: date and reading, or None to keep the date that the
    row has; and what it does not, because a linked rule governs."""

    dates: dict[str, tuple[Due, str] | None] = field(default_factory=dict)
    governed: dict[str, str] = field(default_factory=dict)
    begun: int = 0

    def add(self, occurrence: str, date: tuple[Due, str] | None, governed_by: str = "") -> None:
        """One occurrence, where it stands or where another rule governs it."""
        if governed_by:
            self.governed[occurrence] = governed_by
        else:
            self.dates[occurrence] = date


def derive(
    session: Session, agency: Agency, calendar: WorkCalendar, now: datetime, notice: str = ""
) -> int:
    """Store what falls due within the horizon and is not there yet; how many rows are new.

    A duty whose reading, days in force or calendar changed is computed again: open obligations
    move, those not asked for any more and not yet due are waived. `notice` is the holiday notice
    that has just come in.
    """
    agency = with_beginnings(session, agency)
    needed = min(local_day(now) + timedelta(days=agency.horizon_days), LAST_DAY)
    through = min(needed + AHEAD, LAST_DAY)
    marks = watermarks(session)
    added = 0
    _refuse_a_foreign_database(marks, agency)
    for duty in agency.duties_in_force.values():
        local = agency.calendar_of(duty.unit, calendar)
        mark, basis = marks.pop(duty.key, None), basis_of(duty, agency, local)
        end = through
        rows: list[Obligation] = []
        if mark:
            end = max(end, mark.through)  # rows that stand beyond a shortened horizon count too
        if mark and mark.basis == basis:
            if mark.through >= needed:
                continue
            asked = list(owed_among(agency, duty, mark.through, end, local))
        else:  # changed, or back after it had been taken out
            because = what_changed(mark.basis, basis, notice) if mark else "责任恢复"
            by_calendar = mark is not None and calendar_alone(mark.basis, basis)
            added += follow_all(session, agency, local, duty, now)
            rows = _rows(session, duty.rule, duty.unit)
            last = _beyond(agency, duty, end) if rows else end
            asked = list(owed_among(agency, duty, duty.since, last, local))
            why = (because, by_calendar)
            added += _recompute(session, agency, local, duty, rows, asked, now, why)
        there = {row.occurrence for row in rows}
        new = (one for one in asked if one.occurrence.due_on <= end)
        added += _insert(session, agency, duty, new, there, now)
        if mark:
            mark.through, mark.basis = end, basis
        else:
            session.add(Watermark(duty=duty.key, through=end, basis=basis))
    for key, mark in marks.items():  # duties that the configuration no longer has
        rule, _, unit = key.partition("@")
        _withdraw(session, _rows(session, rule, unit), Expected(), now)
        session.delete(mark)
    return added


def _refuse_a_foreign_database(marks: Mapping[str, Watermark], agency: Agency) -> None:
    """With the configuration of another office every duty would look as if taken out, and what
    is owed would be waived."""
    units = {key.partition("@")[2] for key in marks}
    if units and not units & agency.units.keys():
        raise BadDatabase(
            f"这个数据库属于另一份配置（其中的单位 {'、'.join(sorted(units)[:3])} 等都不在本配置中），"
            "请检查 [database] 的 url，或另用一个数据库"
        )


def _insert(
    session: Session,
    agency: Agency,
    duty: Duty,
    asked: Iterable[Owed],
    there: set[str],
    now: datetime,
) -> int:
    """Store what is asked for, but for the occurrences that are there."""
    reading = agency.readings[duty.rule]
    if reading.term is None:
        return 0
    shared = {
        "rule": duty.rule,
        "unit": duty.unit,
        "document": agency.catalogue.rules[duty.rule].document.id,
        "reading": reading.in_words,
        "version": 1,
        "status": Status.OPEN,
        "closed_by": "",
        "evidence": "",
        "created_at": now,
        "revision": 0,
        "calendar_moves": 0,
    }
    rows: list[dict[str, Any]] = [
        {
            "occurrence": one.occurrence.period.key,
            "period": one.occurrence.period.key,
            "opens_on": max(one.occurrence.period.first, agency.begins(duty) or duty.since),
            **due_columns(one.due),
            **shared,
        }
        for one in asked
        if not one.governed_by and one.occurrence.period.key not in there
    ]
    if not rows:
        return 0
    statement = insert_missing(session, Obligation).returning(col(Obligation.id))
    ids = session.execute(statement, rows).scalars().all()
    for id_ in ids:
        tell(session, NewsType.CREATED, id_, now)
    return len(ids)


def _recompute(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    duty: Duty,
    rows: Sequence[Obligation],
    asked: Iterable[Owed],
    now: datetime,
    why: tuple[str, bool],
) -> int:
    """Bring the rows of a duty in line; how many began with an event that was another's alone. `why`
    is the reason in words, and whether it is the calendar alone."""
    reading = agency.readings[duty.rule]
    expected = Expected()
    if reading.term and reading.term.kind in EVENT_KINDS:
        expected = _from_events(session, agency, calendar, duty, now)
    else:
        for one in asked:
            expected.add(one.occurrence.period.key, (one.due, reading.in_words), one.governed_by)
    for row in rows:
        if row.withdrawn and row.occurrence in expected.dates and row.id:
            reopen(session, row.id, by=WITHDRAWN_BY, reason="配置重新要求此事项", now=now)
        if row.status is Status.OPEN and (moved := expected.dates.get(row.occurrence)):
            move(session, row, *moved, now, *why)
    _withdraw(session, rows, expected, now)
    return expected.begun


def _beyond(agency: Agency, duty: Duty, through: date) -> date:
    """Far enough that every period with a row is asked for, even where it falls due later now."""
    term = agency.readings[duty.rule].term
    if term is None:
        return through
    reach = max((span(rhythm) for rhythm in term.rhythms), default=timedelta())
    return min(through + reach, LAST_DAY)


def _from_events(
    session: Session, agency: Agency, calendar: WorkCalendar, duty: Duty, now: datetime
) -> Expected:
    """What has begun with events. Where linked duties share one, the stricter stands; a duty that
    did not stand then and does now begins now."""
    expected = Expected()
    own = standing(session, agency, duty, _events(session, duty.unit, (duty.rule,)))
    changes = changes_by_event(session, duty.rule, duty.unit, agency.catalogue.clauses)
    links = agency.catalogue.rules[duty.rule].same_as
    for event in own:
        governing = (
            beginnings(session, agency, calendar, duty, event, now).governed if links else {}
        )
        try:
            changed = changes.get(event.id or 0, ())
            date = due_of_event(agency, calendar, duty.rule, duty.unit, event.moment, changed)
        except NoDate:  # the limit is in hours now and only a day is known, or none is left
            date = None
        expected.add(f"event:{event.id}", date, governing.get(duty.rule, ""))
    moments = {(event.at, event.reference) for event in own}
    for event in _events(session, duty.unit, links):
        if (event.at, event.reference) in moments:
            continue
        moments.add((event.at, event.reference))
        found = beginnings(session, agency, calendar, duty, event, now)
        if duty.rule in found.dates and duty.rule not in found.governed:
            started, due, words = found.dates[duty.rule]
            begin(session, agency, duty, started, due, words, now)
            expected.add(f"event:{started.id}", (due, words))
            expected.begun += 1
    return expected


def _events(session: Session, unit: str, rules: Iterable[str]) -> list[Event]:
    """The events with which obligations of a unit began under one of these rules."""
    query = select(Event).join(Obligation).where(Obligation.unit == unit)
    query = query.where(col(Obligation.rule).in_(list(rules))).order_by(col(Event.id)).distinct()
    return list(session.exec(query).all())


def _withdraw(
    session: Session, rows: Iterable[Obligation], expected: Expected, now: datetime
) -> None:
    """Waive what is open, not yet due and not asked for any more. What is late stays owed."""
    for row in rows:
        if row.occurrence not in expected.dates and row.ahead(now):
            withdraw(session, row, expected.governed.get(row.occurrence, ""), now)


def _rows(session: Session, rule: str, unit: str) -> list[Obligation]:
    query = select(Obligation).where(Obligation.rule == rule, Obligation.unit == unit)
    return list(session.exec(query).all())
