"""示例: a worked example for a rule that somebody has accepted, on days that no notice moves."""

from datetime import date, datetime

from engine.due_dates import due
from engine.errors import NoDate
from engine.instants import ZONE
from engine.periods import period_of
from engine.workdays import WorkCalendar
from rules.amounts import Measure
from rules.examples import names_a_period
from rules.rule import Example
from rules.terms import Kind, Term

_DAY = date(2026, 3, 2)
_MOMENT = datetime(2026, 3, 2, 9, tzinfo=ZONE)


def worked_example(term: Term, hard: bool, calendar: WorkCalendar) -> Example:
    """The date for an event of 2026-03-02, at 09:00 in Asia/Shanghai where hours count, or for the
    period that holds that day; `waits` where the words give no date."""
    limits = [one.amount for one in term.options or (term,) if one.amount]
    hours = any(limit.measure is Measure.HOUR for limit in limits)
    event = _MOMENT if hours else _DAY
    try:
        found = due(term, event, calendar) if hard else None
    except NoDate:
        found = None
    if found is None:
        return Example(waits=True)
    if term.kind is Kind.FIXED_DEADLINE:
        return Example(due_on=found.due_on)  # its act_by may rest on a calendar still to come
    if found.due_at:
        return Example(event=event, due_at=found.due_at)
    if term.kind is Kind.PERIODIC:
        rhythm = term.rhythms[0]
        key = period_of(rhythm.every, _DAY, _DAY, calendar).key
        if names_a_period(key) and (rhythm.by or rhythm.day):
            return Example(period=key, due_on=found.due_on)  # act_by rests on how 前 is read
        if names_a_period(key):
            return Example(period=key, due_on=found.due_on, act_by=found.act_by)
    return Example(event=event, due_on=found.due_on, act_by=found.act_by)
