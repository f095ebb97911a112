"""推算 Explanation: how a date came about, in Chinese, a step a line.

Someone with a wall calendar can follow the steps and arrive at the same day: every working day
is in a counted stretch, every day off between two stretches has its reason.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.due_dates import Due, last_day
from engine.event_clocks import (
    Change,
    Changes,
    Exclude,
    Extend,
    Moment,
    Restart,
    Running,
    governing,
    in_order,
    instant,
    replay,
    running,
    why,
)
from engine.instants import ZONE, day_of, written
from engine.periods import Period, named_day, shifted
from engine.seasons import Season
from engine.workdays import DayReason, WorkCalendar, weekday_name
from rules.amounts import Amount, Measure
from rules.choices import Choices
from rules.rhythms import Rhythm
from rules.rule import Rule
from rules.terms import Kind, Term

_DAY = timedelta(days=1)
_FIRST_DAY = "《民法典》第二百零一条第一款"
_HOURS = "《民法典》第二百零一条第二款"
_MONTH_END = "《民法典》第二百零二条"
_LAST_DAY_OFF = "《民法典》第二百零三条第一款"
_CIVIL_CODE_DAYS = "《民法典》第二百条"
_WORDS = "原文或口径"
_ENTERED = "机关登记"


@dataclass(frozen=True)
class Step:
    """One step: the day it arrives at, what happens there, and the article or notice."""

    date: date
    text: str
    basis: str


def explain(
    term: Term,
    due: Due,
    calendar: WorkCalendar,
    *,
    event: date | datetime | None = None,
    period: Period | None = None,
    season: Season | None = None,
    referred: Rule | None = None,
    changes: Changes = (),
) -> tuple[Step, ...]:
    """The steps to a date that `engine.due_dates` gave for this event or this period (of this
    season), or a replay of these changes; `referred` is the rule from which a reference
    (法定时限) has its limit."""
    steps: list[Step] = []
    if referred and event is not None:
        steps.append(_reference(referred, day_of(event)))
    if term.options and event is not None:
        steps += _options(term, event, changes, calendar)
        term = governing(term, event, changes, calendar)
    if season and period:
        steps.append(_in_season(season, term.rhythms[0].every, period))
    if period and term.kind is Kind.PERIODIC:
        steps += _in_period(term.rhythms[0], period, due, calendar)
    elif event is not None and term.amount:
        if term.kind is Kind.BEFORE_EVENT:
            steps += _before_event(term.amount, day_of(event), calendar)
        else:
            steps += _after_event(term, event, changes, due, calendar)
    elif event is not None and term.day is None:
        steps.append(Step(due.due_on, f"与事由同日：{_named(due.due_on)}", "原文"))
    else:
        steps += _on_day("定日：", term.day or due.due_on, term.choices, due, calendar)
    steps += _to_act(due, calendar)
    return tuple(steps)


def _named(day: date) -> str:
    return f"{day}（{weekday_name(day)}）"


def _span(first: date, last: date) -> str:
    return _named(first) if first == last else f"{_named(first)}至{_named(last)}"


def _reference(rule: Rule, day: date) -> Step:
    text = f"原文所指的规定，事由之日{day}施行的文本为{rule.term.in_words()}"
    basis = f"《{rule.document.title}》{rule.number}{rule.place}：“{rule.quote}”"
    return Step(day, text, basis)


def _options(term: Term, event: Moment, changes: Changes, calendar: WorkCalendar) -> Iterator[Step]:
    """Where each limit ends, and which of them governs."""
    for option in term.options:
        end = replay(option, event, changes, calendar)
        moment = f" {end.due_at.astimezone(ZONE):%H:%M}" if end.due_at else ""
        yield Step(end.due_on, f"{option.in_words()}：{_named(end.due_on)}{moment}", _WORDS)
    governs = governing(term, event, changes, calendar)
    which = "先" if term.earlier else "后"
    day = replay(governs, event, changes, calendar).due_on
    yield Step(day, f"以{which}到者为准，即{governs.in_words()}，推算如下", _WORDS)


def _in_season(season: Season, every: Amount, period: Period) -> Step:
    text = f"“{season.name}”为{_named(season.first)}至{_named(season.last)}"
    if every.measure is Measure.DAY:
        number = (period.first - season.first).days // every.number + 1
        text += f"，自首日起每{every.in_words()}一期，不间断，本期为第{number}期"
    return Step(season.first, text, "机关写明的时段（[[season]]）")


def _in_period(rhythm: Rhythm, period: Period, due: Due, calendar: WorkCalendar) -> Iterator[Step]:
    yield Step(period.last, f"本期为{_named(period.first)}至{_named(period.last)}", "原文")
    if rhythm.minimum and rhythm.minimum > 1:
        text = f"本期至少{rhythm.minimum}次，这是第{period.number}次，都以期末为限"
        if period.share:
            text += f"；提醒按均分的期间，至{_named(period.share)}"
        yield Step(period.share or period.last, text, _WORDS)
    if rhythm.after and rhythm.after.measure is Measure.WORKING_DAY:
        yield from _count(rhythm.after.number, period.last, calendar.reason, _DAY)
        yield Step(due.due_on, f"{rhythm.in_words()}：{_named(due.due_on)}", _WORDS)
        return
    if rhythm.workday:
        yield from _nth_working_day(rhythm.workday, period, due, calendar)
    day = named_day(rhythm, period, calendar)
    yield from _on_day(f"{rhythm.in_words()}：", day, rhythm.choices, due, calendar)


def _on_day(
    words: str, day: date, choices: Choices, due: Due, calendar: WorkCalendar
) -> Iterator[Step]:
    """A day that is named, and what the choices make of it."""
    yield Step(day, f"{words}{_named(day)}", _WORDS)
    if choices.before is False:
        day -= _DAY
        yield Step(day, f"不含当日，止于其前一日{_named(day)}", _WORDS)
    if choices.roll and day != due.due_on:
        yield _rolled(day, due, calendar, _WORDS)


def _rolled(last: date, due: Due, calendar: WorkCalendar, basis: str, counted: str = "") -> Step:
    name = calendar.reason(last).name
    text = f"最后一日逢{name}，顺延至其后第一个{counted}工作日{_named(due.due_on)}"
    return Step(due.due_on, text, basis)


def _nth_working_day(
    number: int, period: Period, due: Due, calendar: WorkCalendar
) -> Iterator[Step]:
    """The count within the month, as far as the month has working days."""
    if number > 0:
        there = calendar.count(period.first - _DAY, due.due_on)
        yield from _count(there, period.first - _DAY, calendar.reason, _DAY)
    else:
        there = calendar.count(due.due_on - _DAY, period.last)
        yield from _count(there, period.last + _DAY, calendar.reason, -_DAY)
    if there < abs(number):
        yield Step(due.due_on, f"本月只有{there}个工作日，计至{_named(due.due_on)}", _WORDS)


def _before_event(amount: Amount, day: date, calendar: WorkCalendar) -> Iterator[Step]:
    yield Step(day, f"事由定于{_named(day)}，当日不计入", _FIRST_DAY)
    if amount.measure is Measure.WORKING_DAY:
        yield from _count(amount.number, day, calendar.reason, -_DAY)
    else:
        last = shifted(amount, day, -1)
        yield Step(last, f"倒数{amount.in_words()}：{_named(last)}", _article(amount))


def _after_event(
    term: Term, event: Moment, changes: Changes, due: Due, calendar: WorkCalendar
) -> Iterator[Step]:
    clock = running(term, event, changes)
    hours, first = clock.amount.measure is Measure.HOUR, clock.choices.first
    own_day = "当日计入" if first else "当日不计入"
    if hours:
        text = f"{written(event)}起算，夜间和节假日不停"
        yield Step(day_of(event), text, _HOURS)
    else:
        text = f"事由发生于{_named(day_of(event))}，{own_day}"
        yield Step(day_of(event), text, _WORDS if first else _FIRST_DAY)
    yield from _changed(term, changes, "" if hours else f"，{own_day}")
    if hours:
        yield from _hours(clock)
    elif clock.amount.measure is Measure.WORKING_DAY:
        start, reason = day_of(clock.start), _reasons(clock, calendar)
        yield from _count(clock.amount.number, start - _DAY if first else start, reason, _DAY)
    else:
        yield from _calendar_days(clock, due, calendar)


def _changed(term: Term, changes: Changes, own_day: str) -> Iterator[Step]:
    """Restarts and extensions in the order of their times; what they leave of the limit."""
    assert term.amount
    total, measure = term.amount.number, term.amount.measure
    for change in in_order(changes):
        hours = measure is Measure.HOUR
        when = written(change.at) if hours else _named(day_of(change.at))
        if isinstance(change, Restart):
            total = term.amount.number
            text = f"{when}重新起算{_because(change)}，此前的计数和延期不再算{own_day}"
            yield Step(day_of(change.at), text, _basis(change))
        elif isinstance(change, Extend):
            total += change.amount.number
            whole = Amount(total, measure).in_words()
            text = f"{when}经{change.approver}批准延期{change.amount.in_words()}{_because(change)}，共{whole}"
            yield Step(day_of(change.at), text, _basis(change))


def _because(change: Restart | Extend) -> str:
    return f"（{why(change)}）" if why(change) else ""


def _hours(clock: Running) -> Iterator[Step]:
    """The hours run out; each exclusion that began before moves their end."""
    end = instant(clock.start) + timedelta(hours=clock.amount.number)
    yield Step(day_of(end), f"满{clock.amount.in_words()}：{written(end)}", "原文")
    for change, (begin, until) in zip(clock.excluded, clock.instant_pauses, strict=True):
        if begin >= end:
            break
        end += until - begin
        out = f"{written(begin)}至{written(until)}：{_reason(change)}，不计入"
        yield Step(day_of(end), f"{out}，推至{written(end)}", _basis(change))


def _calendar_days(clock: Running, due: Due, calendar: WorkCalendar) -> Iterator[Step]:
    last = last_day(clock.amount, day_of(clock.start), clock.choices)
    yield Step(last, f"满{clock.amount.in_words()}：{_named(last)}", _article(clock.amount))
    for change, (begin, until) in zip(clock.excluded, clock.pauses, strict=True):
        if begin >= last:
            break
        days = until - begin
        last += days
        if days:
            out = f"{_span(begin + _DAY, until)}：{_reason(change)}，{days.days}日不计入"
            yield Step(last, f"{out}，最后一日推至{_named(last)}", _basis(change))
    if due.due_on != last:
        over = any(begin < due.due_on and last < until for begin, until in clock.pauses)
        yield _rolled(last, due, calendar, _LAST_DAY_OFF, "计入期限的" if over else "")


def _article(amount: Amount) -> str:
    whole_months = amount.measure in (Measure.MONTH, Measure.YEAR)
    return _MONTH_END if whole_months else _CIVIL_CODE_DAYS


def _reason(change: Exclude) -> str:
    return why(change) or "机关登记的时间"


def _basis(change: Change) -> str:
    return change.clause.cited if change.clause else _ENTERED


def _reasons(clock: Running, calendar: WorkCalendar) -> Callable[[date], DayReason]:
    """Why a day counts or not: what was taken out of the limit, else the calendar."""

    def reason(day: date) -> DayReason:
        for change, (begin, until) in zip(clock.excluded, clock.pauses, strict=True):
            if begin < day <= until:
                return DayReason(day, False, _reason(change), _basis(change))
        return calendar.reason(day)

    return reason


def _count(
    number: int, start: date, reason_of: Callable[[date], DayReason], step: timedelta
) -> Iterator[Step]:
    """Stretches of days with one reason each, until the number of working days is reached."""
    counted, day, word = 0, start, "第" if step > timedelta() else "倒数第"
    while counted < number:
        first = day = day + step
        reason = reason_of(first)
        size = 1
        while (not reason.workday or counted + size < number) and (
            _same_stretch(reason_of(day + step), reason)
        ):
            day += step
            size += 1
        span = _span(first, day)
        if not reason.workday:
            yield Step(day, f"{span}：{reason.name}，不计入", reason.basis)
            continue
        name = "" if reason.name == "工作日" else f"，{reason.name}"
        numbers = f"{counted + 1}" if size == 1 else f"{counted + 1}至{counted + size}"
        yield Step(day, f"{span}：{word}{numbers}个工作日{name}", reason.basis)
        counted += size


def _same_stretch(one: DayReason, other: DayReason) -> bool:
    return one.workday == other.workday and one.name == other.name


def _to_act(due: Due, calendar: WorkCalendar) -> Iterator[Step]:
    if due.due_at is None and due.act_by != due.due_on:
        name = (
            ""
            if calendar.is_workday(due.due_on)
            else f"到期日逢{calendar.reason(due.due_on).name}，"
        )
        text = f"{name}宜在{_named(due.act_by)}前办理，按各种算法都不逾期"
        yield Step(due.act_by, text, "宜办日：不晚于到期日的最后一个工作日")
    if due.provisional:
        text = f"{due.reason}，可能在{due.earliest}至{due.latest}之间，提醒按最早的日期"
        if due.earliest == due.latest:
            text = f"{due.reason}，公布后重新推算"
        yield Step(due.earliest, text, "《全国年节及纪念日放假办法》")
