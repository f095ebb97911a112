"""周期 Period: the calendar stretches in which a rhythm owes one occurrence each.

Occurrence n is computed from the anchor, never from occurrence n - 1, so month ends do not
drift. Months, quarters, half-years and years follow the calendar, weeks are ISO weeks; what
does not divide the year (every five days, every two weeks) counts from the duty's first day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from engine.errors import OutsideCalendar
from engine.workdays import FIRST_DAY, Estimate, WorkCalendar
from rules.amounts import Amount, Measure
from rules.rhythms import Rhythm

_DAY = timedelta(days=1)
_MONTHS = {Measure.MONTH: 1, Measure.YEAR: 12}
_LONGEST_BLOCK = 20 * _DAY  # of holidays
_DAYS = {Measure.DAY: 1, Measure.WEEK: 7}


@dataclass(frozen=True)
class Period:
    """One stretch, first and last day included. The key names it: `2026-09`, `2026-Q3`.

    Where a rhythm asks for several times (每年至少两次) each has its `number` and key (`2026#1`), and
    all but the last the end of its equal `share` of the stretch.
    """

    key: str
    first: date
    last: date
    number: int = 1
    share: date | None = None


@dataclass(frozen=True)
class Occurrence:
    """What a rhythm owes for one period, and the last good day for it."""

    period: Period
    due_on: date


def occurrences(
    rhythm: Rhythm, start: date, end: date, anchor: date, calendar: WorkCalendar
) -> Iterator[Occurrence]:
    """Occurrences whose due day lies from `start` to `end`, both included, in order.

    `anchor` is the day from which rhythms are counted that the calendar year does not contain.
    """
    for period in _periods(rhythm.every, start - _reach(rhythm), end, anchor, calendar):
        due_on = due_day(rhythm, period, calendar)
        if start <= due_on <= end:
            for one in each_time(rhythm, period):
                yield Occurrence(one, due_on)


def each_time(rhythm: Rhythm, period: Period) -> Iterator[Period]:
    """The period once for each time that it asks for; once where it says nothing."""
    times = rhythm.minimum or 1
    if times == 1:
        yield period
        return
    for number in range(1, times + 1):
        share = _share(rhythm, period, number, times) if number < times else None
        yield replace(period, key=f"{period.key}#{number}", number=number, share=share)


def _share(rhythm: Rhythm, period: Period, number: int, times: int) -> date:
    """The last day of the first `number` of equal parts: whole months where they divide."""
    months = rhythm.every.number * _MONTHS.get(rhythm.every.measure, 0) * number
    if months and months % times == 0:
        return period.first + relativedelta(months=months // times) - _DAY
    days = ((period.last - period.first).days + 1) * number // times
    return max(period.first, period.first + (days - 1) * _DAY)


def period_of(every: Amount, day: date, anchor: date, calendar: WorkCalendar) -> Period:
    """The period that holds a day (for a rhythm in working days: the day or the next one)."""
    if every.measure is Measure.WORKING_DAY:
        day = calendar.on_or_after(day)
    return next(_periods(every, day, day, anchor, calendar))


def due_day(rhythm: Rhythm, period: Period, calendar: WorkCalendar) -> date:
    """The last good day of a period, as the rhythm's choices read the day that it names."""
    day = named_day(rhythm, period, calendar)
    if rhythm.choices.before is False:
        day -= _DAY
    return calendar.on_or_after(day) if rhythm.choices.roll else day


def named_day(rhythm: Rhythm, period: Period, calendar: WorkCalendar) -> date:
    """The day that a rhythm names: its period's last, unless its options say otherwise."""
    if rhythm.by:
        month, day = rhythm.by
        return period.first + relativedelta(month=month, day=day)
    if rhythm.after:
        return days_after(rhythm.after, period.last, calendar)
    if rhythm.day:
        return period.last + relativedelta(day=rhythm.day)
    if rhythm.workday:
        return nth_working_day(rhythm.workday, period, calendar).date
    if rhythm.weekday:
        return period.first + (rhythm.weekday - 1) * _DAY
    return period.last


def nth_working_day(number: int, period: Period, calendar: WorkCalendar) -> Estimate:
    """The Nth working day of a period, from its end where negative. A month that has fewer, as
    one around 春节 may, ends the count at its own last (first) one."""
    if number > 0:
        # 1 January is never a working day, so the calendar's first day can stand for its eve.
        found, edge = calendar.add_span(max(period.first - _DAY, FIRST_DAY), number), -1
    else:
        found, edge = calendar.add_span(period.last + _DAY, number), 1
    if period.first <= found.earliest and found.latest <= period.last:
        return found
    outer = calendar.add_span(period.last + _DAY if edge < 0 else period.first - _DAY, edge)
    nearer = min if edge < 0 else max
    return Estimate(
        nearer(found.date, outer.date),
        found.provisional or outer.provisional,
        nearer(found.earliest, outer.earliest),
        nearer(found.latest, outer.latest),
        found.reason or outer.reason,
    )


def days_after(amount: Amount, day: date, calendar: WorkCalendar) -> date:
    """A day plus an amount; months and years end on the corresponding day, else the month's last.

    《民法典》第二百零二条. Hours are not days: they raise ValueError.
    """
    if amount.measure is Measure.WORKING_DAY:
        return calendar.add(day, amount.number)
    return shifted(amount, day)


def shifted(amount: Amount, day: date, sign: int = 1) -> date:
    """A day moved by an amount in days, weeks, months or years, forwards or backwards."""
    try:
        if amount.measure in _DAYS:
            return day + sign * amount.number * _DAYS[amount.measure] * _DAY
        if amount.measure in _MONTHS:
            return day + relativedelta(months=sign * amount.number * _MONTHS[amount.measure])
    except (ValueError, OverflowError):  # before the year 1, or after the year 9999
        raise OutsideCalendar(f"{day}起数{amount.in_words()}超出工作日历的范围。") from None
    raise ValueError(f"{amount} is not an amount of calendar days")


def span(rhythm: Rhythm) -> timedelta:
    """How long after its period's beginning an occurrence can fall due, at most."""
    return _at_most(rhythm.every) + _reach(rhythm)


def _reach(rhythm: Rhythm) -> timedelta:
    """How long after its period's end an occurrence can fall due, at most."""
    rolled = _LONGEST_BLOCK if rhythm.choices.roll else timedelta()
    return rolled + (_at_most(rhythm.after) if rhythm.after else timedelta())


def _at_most(amount: Amount) -> timedelta:
    days = {Measure.WORKING_DAY: 2, Measure.DAY: 1, Measure.WEEK: 7, Measure.MONTH: 31}
    # Two calendar days for each working day, and the longest block of holidays.
    return _LONGEST_BLOCK + amount.number * days.get(amount.measure, 366) * _DAY


def _periods(
    every: Amount, start: date, end: date, anchor: date, calendar: WorkCalendar
) -> Iterator[Period]:
    if every.measure in _MONTHS:
        return _month_periods(every.number * _MONTHS[every.measure], start, end, anchor)
    if every.measure in _DAYS:
        return _day_periods(every, start, end, anchor)
    return _working_day_periods(every.number, start, end, anchor, calendar)


def _month_periods(months: int, start: date, end: date, anchor: date) -> Iterator[Period]:
    offset = 0 if 12 % months == 0 else _month_number(anchor) % months
    number = _month_number(start)
    number -= (number - offset) % months
    while (first := date(number // 12, number % 12 + 1, 1)) <= end:
        last = first + relativedelta(months=months) - _DAY
        yield Period(_month_key(first, months), first, last)
        number += months


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_key(first: date, months: int) -> str:
    match months:
        case 1:
            return f"{first:%Y-%m}"
        case 3:
            return f"{first:%Y}-Q{(first.month + 2) // 3}"
        case 6:
            return f"{first:%Y}-H{1 if first.month == 1 else 2}"
        case 12:
            return f"{first:%Y}"
    return f"{first:%Y-%m}/P{months}M"


def _day_periods(every: Amount, start: date, end: date, anchor: date) -> Iterator[Period]:
    length = every.number * _DAYS[every.measure]
    if every.measure is Measure.WEEK:
        anchor -= anchor.weekday() * _DAY  # weeks begin on Monday
    number = (start - anchor).days // length
    while (first := anchor + number * length * _DAY) <= end:
        yield Period(_day_key(first, every), first, first + (length - 1) * _DAY)
        number += 1


def _day_key(first: date, every: Amount) -> str:
    if every == Amount(1, Measure.WEEK):
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    if every == Amount(1, Measure.DAY):
        return first.isoformat()
    return f"{first.isoformat()}/P{every.number}{every.measure}"


def _working_day_periods(
    length: int, start: date, end: date, anchor: date, calendar: WorkCalendar
) -> Iterator[Period]:
    anchor = calendar.on_or_after(anchor)
    number = calendar.count(anchor, calendar.on_or_after(start)) // length
    while (first := calendar.add(anchor, number * length)) <= end:
        last = calendar.add(first, length - 1)
        key = first.isoformat() if length == 1 else f"{first.isoformat()}/{length}WD"
        yield Period(key, first, last)
        number += 1
