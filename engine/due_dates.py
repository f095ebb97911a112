"""到期 Due: the last good day of a term, and the working day by which it is wise to act.

Counting rules: 《民法典》第二百条至第二百零四条. The starting day is not counted; hours run from
the moment of the event, through nights and holidays; a limit in calendar days, weeks, months or
years whose last day is a day off ends on the first working day after (a make-up Saturday is a
working day and stays); a fixed date is a date and does not move. A term's choices (`roll`,
`before`, `first`) may settle these otherwise. Days that are taken out of the count (不计入期限) do
not end it either: a last day that would roll onto one rolls over it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from engine.errors import NoDate
from engine.instants import day_of, end_of, local_day
from engine.periods import Period, named_day, nth_working_day, period_of, shifted
from engine.workdays import Estimate, WorkCalendar, WorkingDays
from rules.amounts import Amount, Measure
from rules.choices import Choices
from rules.rhythms import Rhythm
from rules.terms import Kind, Term

OPEN = Choices()  # nothing is settled: the law's default
_DAY = timedelta(days=1)

# What is not counted: after the first, up to and including the second. In order, without overlap.
Pauses = Sequence[tuple[date, date]]
InstantPauses = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Due:
    """到期. `due_on` is the last good day; `due_at` the instant where hours count, else None.

    `act_by` is a working day not after it that is right under every reading and under every
    calendar that may still be announced; where hours count it is the day itself. `provisional`
    (暂定) says that the date or `act_by` rests on a calendar that is not announced yet, and `reason`
    what is not announced.
    """

    due_on: date
    due_at: datetime | None
    act_by: date
    provisional: bool
    earliest: date
    latest: date
    reason: str = ""

    @property
    def end(self) -> datetime:
        """The instant at which it is over: `due_at`, or the end of the day."""
        return self.due_at or end_of(self.due_on)


def due(
    term: Term, event: date | datetime, calendar: WorkCalendar, anchor: date | None = None
) -> Due:
    """When a term that counts from an event, or the period in which the event lies, ends.

    `anchor` is the day from which periods are counted: a season's first; else the event's own.

    Raises NoDate when the term gives no date, or counts hours from a day without a time.
    """
    if term.options:
        return of_options(term, [due(one, event, calendar) for one in term.options])
    match term.kind:
        case Kind.PERIODIC if term.hard or anchor:
            rhythm = term.rhythms[0]
            period = period_of(rhythm.every, day_of(event), anchor or day_of(event), calendar)
            return of_period(rhythm, period, calendar)
        case Kind.FIXED_DEADLINE if term.day:
            return on_day(term.day, calendar, term.choices)
        case Kind.AFTER_EVENT | Kind.WINDOW if term.amount:
            return after(term.amount, event, calendar, term.choices)
        case Kind.BEFORE_EVENT if term.amount:
            return before(term.amount, day_of(event), calendar)
        case Kind.SIMULTANEOUS | Kind.BEFORE_EVENT:  # no lead time: the event's own day
            return on_day(day_of(event), calendar)
    raise NoDate(f"“{term.in_words()}”没有给出日期，须先由机关确定口径")


def of_options(term: Term, found: Sequence[Due]) -> Due:
    """When a term of several limits, each with its date, ends. Each bound is that of their bounds:
    another may govern when a notice is announced."""
    choose = min if term.earlier else max
    governs = choose(found, key=lambda one: one.end)
    earliest, latest = choose(one.earliest for one in found), choose(one.latest for one in found)
    provisional = governs.provisional or earliest != latest
    reasons = [one.reason for one in (governs, *found) if one.reason]
    return replace(
        governs,
        act_by=choose(one.act_by for one in found),
        provisional=provisional,
        earliest=earliest,
        latest=latest,
        reason=reasons[0] if provisional else "",
    )


def of_period(rhythm: Rhythm, period: Period, calendar: WorkCalendar) -> Due:
    """When a rhythm's occurrence of this period is due. Working days that are counted through
    days that no notice has settled yet make the date itself provisional."""
    if rhythm.after and rhythm.after.measure is Measure.WORKING_DAY:
        return _working_days(rhythm.after.number, period.last, calendar)
    if rhythm.workday:
        found = nth_working_day(rhythm.workday, period, calendar)
        return _in_time(found, found.earliest, date.min, calendar)
    return on_day(named_day(rhythm, period, calendar), calendar, rhythm.choices)


def on_day(day: date, calendar: WorkCalendar, choices: Choices = OPEN) -> Due:
    """A date that is a date: it does not move, but the day to act does. A choice may read it as
    a period that rolls, or leave the named day out."""
    if choices.before is False:
        day -= _DAY
    if choices.roll:
        rolled = calendar.span_of(day, lambda days: days.on_or_after(day))
        return _in_time(rolled, rolled.earliest, date.min, calendar)
    act_by = calendar.safe_on_or_before(day)
    provisional = not all(calendar.certain(d) for d in (act_by, day))
    reason = calendar.doubt(act_by, day) if provisional else ""
    return Due(day, None, act_by, provisional, day, day, reason)


def after(
    amount: Amount, event: date | datetime, calendar: WorkCalendar, choices: Choices = OPEN
) -> Due:
    """The end of a limit that begins with an event, the event's day not counted and the last day
    rolled, unless the choices say otherwise."""
    if amount.measure is Measure.HOUR:
        return after_hours(amount.number, event)
    return after_days(amount, day_of(event), calendar, choices)


def after_hours(hours: int, event: date | datetime, pauses: InstantPauses = ()) -> Due:
    """The end of a limit in hours. `pauses` begin with the event at the earliest."""
    if not isinstance(event, datetime):
        raise NoDate(f"以小时计的期限须给出事由的时刻，例如 {event}T08:30+08:00")
    due_at = event.astimezone(UTC) + timedelta(hours=hours)  # in UTC no clock is put back
    for begin, end in pauses:
        if begin < due_at:
            due_at += end - begin
    day = local_day(due_at)
    return Due(day, due_at, day, False, day, day)


def after_days(
    amount: Amount,
    start: date,
    calendar: WorkCalendar,
    choices: Choices = OPEN,
    pauses: Pauses = (),
) -> Due:
    """The end of a limit in days of any kind. `pauses` begin on the start day at the earliest."""
    if amount.measure is Measure.WORKING_DAY:
        eve = start - _DAY if choices.first else start
        span = calendar.span_of(eve + _DAY, lambda days: _counted(days, amount.number, eve, pauses))
        return _in_time(span, span.earliest, start, calendar)
    last = last_day(amount, start, choices, pauses)
    if choices.roll is False:
        certain = calendar.certain(last)
        reason = "" if certain else calendar.doubt(last, last)
        return _in_time(Estimate(last, not certain, last, last, reason), last, start, calendar)
    rolled = calendar.span_of(last, lambda days: _rolled(days, last, pauses))
    return _in_time(rolled, rolled.earliest if choices.roll else last, start, calendar)


def last_day(amount: Amount, start: date, choices: Choices = OPEN, pauses: Pauses = ()) -> date:
    """The last day of a limit in calendar days, weeks, months or years, before it rolls; moved by
    the days of each pause that begins before it."""
    last = shifted(amount, start)
    if choices.first:
        last -= _DAY
    for begin, end in pauses:
        if begin < last:
            last += end - begin
    return last


def _counted(days: WorkingDays, number: int, start: date, pauses: Pauses) -> date:
    """The working day with this number after `start`, those within a pause not counted."""
    for begin, end in pauses:
        before = days.count(start, begin)
        if before >= number:
            break
        number, start = number - before, end
    return days.add(start, number)


def _rolled(days: WorkingDays, last: date, pauses: Pauses) -> date:
    """The first working day not before the last one, and in no pause."""
    last = days.on_or_after(last)
    for begin, end in pauses:
        if begin < last <= end:
            last = days.on_or_after(end + _DAY)
    return last


def before(amount: Amount, event_day: date, calendar: WorkCalendar) -> Due:
    """The last day that is N days (or working days) before an event's day."""
    if amount.measure is Measure.WORKING_DAY:
        return _working_days(-amount.number, event_day, calendar)
    return on_day(shifted(amount, event_day, -1), calendar)


def _working_days(number: int, start: date, calendar: WorkCalendar) -> Due:
    span = calendar.add_span(start, number)
    return _in_time(span, span.earliest, start if number > 0 else date.min, calendar)


def _in_time(end: Estimate, safe: date, start: date, calendar: WorkCalendar) -> Due:
    """Act by the last working day not after `safe`. Where none is left since the event, as after
    one in the middle of a long holiday, the date itself is the next best."""
    act_by = calendar.safe_on_or_before(safe)
    if act_by < start:
        act_by = end.date
    return Due(end.date, None, act_by, end.provisional, end.earliest, end.latest, end.reason)
