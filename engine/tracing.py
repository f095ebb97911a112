"""The explanation of a stored obligation's date: its duty, period or event, and the steps; and
how it was read."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlmodel import Session

from engine.agency import Agency
from engine.alternatives import Answers, answers, guarded
from engine.chains import with_beginnings
from engine.clock_entries import changes_of
from engine.due_dates import Due, on_day
from engine.duties import Duty
from engine.errors import NoDate
from engine.event_clocks import Changes, Moment, replay
from engine.events import EVENT_KINDS, Event
from engine.explanation import Step, explain
from engine.instants import day_of
from engine.obligations import Obligation
from engine.owing import owed
from engine.periods import Period
from engine.seasons import Season
from engine.workdays import WorkCalendar
from rules.rule import Rule
from rules.terms import Term


@dataclass(frozen=True)
class _Way:
    """How a stored date comes about by today's reading."""

    term: Term
    due: Due
    event: Event | None = None
    period: Period | None = None
    season: Season | None = None
    referred: Rule | None = None
    changes: Changes = ()

    @property
    def moment(self) -> Moment | None:
        """The event's day or instant."""
        return self.event.moment if self.event else None


def trace_of(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation
) -> tuple[Step, ...]:
    """The steps to an obligation's date, by today's reading; if that would give another date,
    as it does for some that were closed under an earlier reading, one step that says so."""
    return tracing(session, agency, calendar)(row)


def tracing(
    session: Session, agency: Agency, calendar: WorkCalendar
) -> Callable[[Obligation], tuple[Step, ...]]:
    """The same for many obligations."""
    agency = with_beginnings(session, agency)
    return lambda row: _traced(session, agency, agency.calendar_of(row.unit, calendar), row)


def _traced(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation
) -> tuple[Step, ...]:
    way = _way(session, agency, calendar, row)
    if way is None:
        return (Step(row.due_on, f"到期日{row.due_on}按当时的口径推算：{row.reading}", "口径"),)
    steps = explain(
        way.term,
        way.due,
        calendar,
        event=way.moment,
        period=way.period,
        season=way.season,
        referred=way.referred,
        changes=way.changes,
    )
    duty = agency.duties_in_force.get(f"{row.rule}@{row.unit}")
    return (*_beginning(agency, duty, way.event), *_decision(agency, row.rule), *steps)


def answers_of(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation
) -> Answers:
    """How an obligation's date was read, and what else is open; nothing where today's reading
    would give another date."""
    agency, calendar = with_beginnings(session, agency), agency.calendar_of(row.unit, calendar)
    way = _way(session, agency, calendar, row)
    if way is None:
        return Answers((), ())
    return answers(
        way.referred or agency.catalogue.rules[row.rule],
        way.term,
        way.due,
        calendar,
        event=way.moment,
        period=way.period,
        changes=way.changes,
        decided=agency.decided(row.rule),
    )


def _way(session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation) -> _Way | None:
    reading = agency.readings.get(row.rule)
    if reading is None or reading.term is None:
        return None
    event = session.get(Event, row.event_id) if row.event_id else None
    way: _Way | None
    try:
        if event and reading.term.kind in EVENT_KINDS:
            changes = changes_of(session, row.id, agency.catalogue.clauses)
            way = _from_event(agency, calendar, row, event, changes)
        elif not event:
            way = _by_rhythm_or_date(agency, calendar, row, reading.term)
        else:
            return None
    except NoDate:
        return None
    if way is None or (way.due.due_on, way.due.due_at) != (row.due_on, row.due_at):
        return None
    rule = way.referred or agency.catalogue.rules[row.rule]
    due = guarded(rule, way.term, way.due, calendar, way.moment, way.period, way.changes)
    return replace(way, due=due)


def _from_event(
    agency: Agency, calendar: WorkCalendar, row: Obligation, event: Event, changes: Changes
) -> _Way:
    reading = agency.reading_on(row.rule, event.moment, calendar)
    assert reading.term
    computed = replay(reading.term, event.moment, changes, calendar)
    return _Way(reading.term, computed, event, referred=reading.referred, changes=changes)


def _by_rhythm_or_date(
    agency: Agency, calendar: WorkCalendar, row: Obligation, term: Term
) -> _Way | None:
    if term.day:
        return _Way(term, on_day(term.day, calendar, term.choices))
    duty = agency.duties_in_force.get(f"{row.rule}@{row.unit}")
    duty = duty or Duty(row.rule, row.unit, row.opens_on)
    seasons = agency.seasons_of(duty)
    whole = replace(duty, since=agency.begins(duty) or row.opens_on, until=None)
    # Not the period in which it opened: what falls due in the duty's first days may be for the
    # period before.
    for occurrence, computed in owed(whole, term, row.due_on, row.due_on, calendar, seasons):
        period = occurrence.period
        if period.key == row.occurrence:
            season = next((one for one in seasons if one.touches(period)), None)
            return _Way(term, computed, period=period, season=season)
    return None


def _decision(agency: Agency, rule: str) -> tuple[Step, ...]:
    """Where the office settled how the rule is read: how, and by whom."""
    found = agency.interpretations.get(rule)
    if found is None:
        return ()
    text = f"机关确定口径：{agency.readings[rule].words}；理由：{found.reason}"
    return (Step(found.decided_on, text, agency.decided(rule)),)


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
