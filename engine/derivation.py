"""Deriving: from duties to the rows of what falls due, and again when what they rest on changes.

Idempotent by the unique key (rule, unit, occurrence), cheap by a watermark per duty.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.due_dates import Due, of_period, on_day
from engine.duties import Duty
from engine.errors import BadDatabase, NoDate
from engine.events import EVENT_KINDS, Event, due_of_event
from engine.instants import local_day
from engine.obligations import Obligation, Status, due_columns, move, reopen, waive
from engine.periods import Occurrence, Period, occurrences, span
from engine.watermarks import Watermark, basis_of, watermarks
from engine.workdays import LAST_DAY, WorkCalendar
from rules.terms import Kind, Term

AHEAD = timedelta(days=30)  # derived beyond the horizon, so that not every day has work to do
WITHDRAWN_BY = "期限（配置变更）"  # who waives what the configuration no longer asks for


def owed(
    duty: Duty, term: Term, start: date, end: date, calendar: WorkCalendar
) -> Iterator[tuple[Occurrence, Due]]:
    """What a duty owes by its rhythm or fixed date from `start` to `end`, within its own days."""
    start, end = max(start, duty.since), min(end, duty.until or end)
    if term.kind is Kind.FIXED_DEADLINE and term.day and start <= term.day <= end:
        period = Period(term.day.isoformat(), duty.since, term.day)
        yield Occurrence(period, term.day), on_day(term.day, calendar)
    elif term.kind is Kind.PERIODIC:
        rhythm = term.rhythms[0]
        for occurrence in occurrences(rhythm, start, end, duty.since, calendar):
            yield occurrence, of_period(rhythm, occurrence.period, calendar)


def derive(session: Session, agency: Agency, calendar: WorkCalendar, now: datetime) -> int:
    """Store what falls due within the horizon and is not there yet; how many rows are new.

    A duty whose reading, days in force or calendar changed is computed again: open obligations
    move, those not asked for any more and not yet due are waived.
    """
    needed = min(local_day(now) + timedelta(days=agency.horizon_days), LAST_DAY)
    through = min(needed + AHEAD, LAST_DAY)
    marks = watermarks(session)
    added = 0
    _refuse_a_foreign_database(marks, agency)
    for duty in agency.duties_in_force.values():
        mark, basis = marks.pop(duty.key, None), basis_of(duty, agency, calendar)
        start, end = duty.since, through
        if mark:
            end = max(end, mark.through)  # rows that stand beyond a shortened horizon count too
        if mark and mark.basis == basis:
            if mark.through >= needed:
                continue
            start = mark.through
        else:  # changed, or back after it had been taken out
            _recompute(session, agency, calendar, duty, end, now)
        added += _insert(session, agency, calendar, duty, start, end, now)
        session.merge(Watermark(duty=duty.key, through=end, basis=basis))
    for key, mark in marks.items():  # duties that the configuration no longer has
        rule, _, unit = key.partition("@")
        _withdraw(session, rule, unit, set(), now)
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
    calendar: WorkCalendar,
    duty: Duty,
    start: date,
    end: date,
    now: datetime,
) -> int:
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
    }
    rows: list[dict[str, Any]] = [
        {
            "occurrence": occurrence.period.key,
            "period": occurrence.period.key,
            "opens_on": max(occurrence.period.first, duty.since),
            **due_columns(due),
            **shared,
        }
        for occurrence, due in owed(duty, reading.term, start, end, calendar)
    ]
    if not rows:
        return 0
    statement = insert(Obligation).on_conflict_do_nothing().returning(col(Obligation.id))
    return len(session.execute(statement, rows).all())


def _recompute(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    duty: Duty,
    through: date,
    now: datetime,
) -> None:
    term = agency.readings[duty.rule].term
    words = agency.readings[duty.rule].in_words
    rows = _rows(session, duty.rule, duty.unit)
    expected: dict[str, tuple[Due, str] | None] = {}  # None: keep the date that it has
    if rows and term:
        for occurrence, due in owed(duty, term, duty.since, _beyond(term, through), calendar):
            expected[occurrence.period.key] = (due, words)
        if term.kind in EVENT_KINDS:
            expected |= _from_events(session, agency, calendar, duty)
    for row in rows:
        withdrawn = row.status is Status.WAIVED and row.closed_by == WITHDRAWN_BY
        if withdrawn and row.occurrence in expected and row.id:
            reopen(session, row.id, by=WITHDRAWN_BY, reason="配置重新要求此事项", now=now)
        if row.status is Status.OPEN and (moved := expected.get(row.occurrence)):
            move(session, row, *moved, now)
    _withdraw(session, duty.rule, duty.unit, set(expected), now)


def _beyond(term: Term, through: date) -> date:
    """Far enough that every period with a row is asked for, even where it falls due later now."""
    reach = max((span(rhythm) for rhythm in term.rhythms), default=timedelta())
    return min(through + reach, LAST_DAY)


def _from_events(
    session: Session, agency: Agency, calendar: WorkCalendar, duty: Duty
) -> dict[str, tuple[Due, str] | None]:
    found: dict[str, tuple[Due, str] | None] = {}
    query = (
        select(Event)
        .join(Obligation)
        .where(Obligation.rule == duty.rule, Obligation.unit == duty.unit)
    )
    for event in session.exec(query).all():
        try:
            found[f"event:{event.id}"] = due_of_event(agency, calendar, duty.rule, event)
        except NoDate:  # the limit is in hours now and only the day is known, or none is left
            found[f"event:{event.id}"] = None
    return found


def _withdraw(session: Session, rule: str, unit: str, keep: set[str], now: datetime) -> None:
    """Waive what is open, not yet due and not asked for any more. What is late stays owed."""
    for row in _rows(session, rule, unit):
        gone = row.occurrence not in keep and row.status is Status.OPEN
        if gone and row.due_on > local_day(now) and row.id:
            waive(session, row.id, by=WITHDRAWN_BY, reason="配置不再要求此事项", now=now)


def _rows(session: Session, rule: str, unit: str) -> list[Obligation]:
    query = select(Obligation).where(Obligation.rule == rule, Obligation.unit == unit)
    return list(session.exec(query).all())
