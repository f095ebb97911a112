"""The explanation of a stored obligation's date: its duty, period or event, and the steps."""

from dataclasses import replace

from sqlmodel import Session

from engine.agency import Agency
from engine.chains import with_beginnings
from engine.due_dates import due, on_day
from engine.duties import Duty
from engine.errors import NoDate
from engine.events import EVENT_KINDS, Event
from engine.explanation import Step, explain
from engine.instants import day_of
from engine.obligations import Obligation
from engine.owing import owed
from engine.workdays import WorkCalendar
from rules.terms import Term


def trace_of(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation
) -> tuple[Step, ...]:
    """The steps to an obligation's date, by today's reading; if that would give another date,
    as it does for some that were closed under an earlier reading, one step that says so."""
    reading = agency.readings.get(row.rule)
    agency = with_beginnings(session, agency)
    steps = _steps(session, agency, calendar, row, reading.term) if reading and reading.term else ()
    if steps:
        return steps
    return (Step(row.due_on, f"到期日{row.due_on}按当时的口径推算：{row.reading}", "口径"),)


def _steps(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation, term: Term
) -> tuple[Step, ...]:
    event = session.get(Event, row.event_id) if row.event_id else None
    duty = agency.duties_in_force.get(f"{row.rule}@{row.unit}")
    period, season, referred = None, None, None
    try:
        if event and term.kind in EVENT_KINDS:
            reading = agency.reading_on(row.rule, event.moment, calendar)
            term, referred = reading.term or term, reading.referred
            computed = due(term, event.moment, calendar)
        elif term.rhythms and not event:
            duty = duty or Duty(row.rule, row.unit, row.opens_on)
            seasons = agency.seasons_of(duty)
            since = agency.begins(duty) or row.opens_on
            whole = replace(duty, since=since, until=None)
            # Not the period in which it opened: what falls due in the duty's first days may be
            # for the period before.
            there = owed(whole, term, row.due_on, row.due_on, calendar, seasons)
            found = next((one for one in there if one[0].period.key == row.occurrence), None)
            if found is None:
                return ()
            period, computed = found[0].period, found[1]
            season = next((one for one in seasons if one.touches(period)), None)
        elif term.day and not event:
            computed = on_day(term.day, calendar)
        else:
            return ()
    except NoDate:
        return ()
    if (computed.due_on, computed.due_at) != (row.due_on, row.due_at):
        return ()
    moment = event.moment if event else None
    steps = explain(
        term, computed, calendar, event=moment, period=period, season=season, referred=referred
    )
    return (*_beginning(agency, duty, event), *steps)


def _beginning(agency: Agency, duty: Duty | None, event: Event | None) -> tuple[Step, ...]:
    """Where a completion began the duty: which, and when."""
    if duty is None or duty.key not in agency.chained:
        return ()
    first = agency.catalogue.rules[agency.catalogue.rules[duty.rule].starts_after]
    day = day_of(event.at) if event else agency.begins(duty)
    if day is None:
        return ()
    which = f"，{event.reference}" if event else ""
    text = f"“{first.quote}”（{first.id}{which}）于{day}办结，本事项由此开始"
    return (Step(day, text, "规则目录 starts_after：前一事项办结后开始"),)
