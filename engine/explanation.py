"""推算 Explanation: how a date came about, in Chinese, a step a line.

Someone with a wall calendar can follow the steps and arrive at the same day: every working day
is in a counted stretch, every day off between two stretches has its reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.due_dates import Due, governing, last_day
from engine.due_dates import due as due_of
from engine.instants import ZONE, day_of
from engine.periods import Period, named_day, shifted
from engine.seasons import Season
from engine.workdays import WorkCalendar, weekday_name
from rules.rule import Rule
from rules.terms import Amount, Choices, Kind, Measure, Rhythm, Term

_DAY = timedelta(days=1)
_FIRST_DAY = "《民法典》第二百零一条第一款"
_HOURS = "《民法典》第二百零一条第二款"
_MONTH_END = "《民法典》第二百零二条"
_LAST_DAY_OFF = "《民法典》第二百零三条第一款"
_CIVIL_CODE_DAYS = "《民法典》第二百条"
_WORDS = "原文或口径"


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
) -> tuple[Step, ...]:
    """The steps to a date that `engine.due_dates` gave for this event or this period (of this
    season); `referred` is the rule from which a reference (法定时限) has its limit."""
    steps: list[Step] = []
    if referred and event is not None:
        steps.append(_reference(referred, day_of(event)))
    if term.options and event is not None:
        steps += _options(term, event, calendar)
        term = governing(term, event, calendar)
    if season and period:
        steps.append(_in_season(season, term.rhythms[0].every, period))
    if period and term.kind is Kind.PERIODIC:
        steps += _in_period(term.rhythms[0], period, due, calendar)
    elif event is not None and term.amount:
        sign = -1 if term.kind is Kind.BEFORE_EVENT else 1
        steps += _from_event(term, term.amount, event, due, calendar, sign)
    elif event is not None and term.day is None:
        steps.append(Step(due.due_on, f"与事由同日：{_named(due.due_on)}", "原文"))
    else:
        steps += _on_day("定日：", term.day or due.due_on, term.choices, due, calendar)
    steps += _to_act(due, calendar)
    return tuple(steps)


def _named(day: date) -> str:
    return f"{day}（{weekday_name(day)}）"


def _reference(rule: Rule, day: date) -> Step:
    text = f"原文所指的规定，事由之日{day}施行的文本为{rule.term.in_words()}"
    basis = f"《{rule.document.title}》{rule.number}{rule.place}：“{rule.quote}”"
    return Step(day, text, basis)


def _options(term: Term, event: date | datetime, calendar: WorkCalendar) -> Iterator[Step]:
    """Where each limit ends, and which of them governs."""
    for option in term.options:
        end = due_of(option, event, calendar)
        moment = f" {end.due_at.astimezone(ZONE):%H:%M}" if end.due_at else ""
        yield Step(end.due_on, f"{option.in_words()}：{_named(end.due_on)}{moment}", _WORDS)
    governs = governing(term, event, calendar)
    which = "先" if term.earlier else "后"
    day = due_of(governs, event, calendar).due_on
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
        yield from _count_forward(rhythm.after.number, period.last, calendar)
    if rhythm.workday:
        yield from _nth_working_day(rhythm.workday, period, due, calendar)
    if rhythm.after and rhythm.after.measure is Measure.WORKING_DAY:
        yield Step(due.due_on, f"{rhythm.in_words()}：{_named(due.due_on)}", _WORDS)
        return
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


def _rolled(last: date, due: Due, calendar: WorkCalendar, basis: str) -> Step:
    name = calendar.reason(last).name
    text = f"最后一日逢{name}，顺延至其后第一个工作日{_named(due.due_on)}"
    return Step(due.due_on, text, basis)


def _nth_working_day(
    number: int, period: Period, due: Due, calendar: WorkCalendar
) -> Iterator[Step]:
    """The count within the month, as far as the month has working days."""
    if number > 0:
        there = calendar.count(period.first - _DAY, due.due_on)
        yield from _count_forward(there, period.first - _DAY, calendar)
    else:
        there = calendar.count(due.due_on - _DAY, period.last)
        yield from _count_backward(there, period.last + _DAY, calendar)
    if there < abs(number):
        yield Step(due.due_on, f"本月只有{there}个工作日，计至{_named(due.due_on)}", _WORDS)


def _from_event(
    term: Term,
    amount: Amount,
    event: date | datetime,
    due: Due,
    calendar: WorkCalendar,
    sign: int,
) -> Iterator[Step]:
    start = day_of(event)
    if amount.measure is Measure.HOUR and isinstance(event, datetime) and due.due_at:
        begin, end = event.astimezone(ZONE), due.due_at.astimezone(ZONE)
        yield Step(start, f"{begin:%Y-%m-%d %H:%M}起算，夜间和节假日不停", _HOURS)
        yield Step(due.due_on, f"满{amount.in_words()}：{end:%Y-%m-%d %H:%M}", "原文")
        return
    happens = "发生于" if sign > 0 else "定于"
    first = term.choices.first
    text, basis = ("当日计入", _WORDS) if first else ("当日不计入", _FIRST_DAY)
    yield Step(start, f"事由{happens}{_named(start)}，{text}", basis)
    if amount.measure is Measure.WORKING_DAY:
        count = _count_forward if sign > 0 else _count_backward
        yield from count(amount.number, start - _DAY if first else start, calendar)
    else:
        yield from _calendar_days(term, amount, start, due, calendar, sign)


def _calendar_days(
    term: Term, amount: Amount, start: date, due: Due, calendar: WorkCalendar, sign: int
) -> Iterator[Step]:
    last = last_day(amount, start, term.choices) if sign > 0 else shifted(amount, start, -1)
    whole_months = amount.measure in (Measure.MONTH, Measure.YEAR)
    way = "满" if sign > 0 else "倒数"
    basis = _MONTH_END if whole_months else _CIVIL_CODE_DAYS
    yield Step(last, f"{way}{amount.in_words()}：{_named(last)}", basis)
    if due.due_on != last:
        yield _rolled(last, due, calendar, _LAST_DAY_OFF)


def _count_forward(number: int, start: date, calendar: WorkCalendar) -> Iterator[Step]:
    yield from _count(number, start, calendar, _DAY)


def _count_backward(number: int, start: date, calendar: WorkCalendar) -> Iterator[Step]:
    yield from _count(number, start, calendar, -_DAY)


def _count(number: int, start: date, calendar: WorkCalendar, step: timedelta) -> Iterator[Step]:
    """Stretches of days with one reason each, until the number of working days is reached."""
    counted, day, word = 0, start, "第" if step > timedelta() else "倒数第"
    while counted < number:
        first = day = day + step
        reason = calendar.reason(first)
        size = 1
        while (not reason.workday or counted + size < number) and (
            _same_stretch(calendar, day + step, reason.workday, reason.name)
        ):
            day += step
            size += 1
        span = _named(first) if size == 1 else f"{_named(first)}至{_named(day)}"
        if not reason.workday:
            yield Step(day, f"{span}：{reason.name}，不计入", reason.basis)
            continue
        name = "" if reason.name == "工作日" else f"，{reason.name}"
        numbers = f"{counted + 1}" if size == 1 else f"{counted + 1}至{counted + size}"
        yield Step(day, f"{span}：{word}{numbers}个工作日{name}", reason.basis)
        counted += size


def _same_stretch(calendar: WorkCalendar, day: date, workday: bool, name: str) -> bool:
    reason = calendar.reason(day)
    return reason.workday == workday and reason.name == name


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
        text = f"暂定：放假安排尚未公布，可能在{due.earliest}至{due.latest}之间，提醒按最早的日期"
        if due.earliest == due.latest:
            text = "暂定：所依据的放假安排尚未公布，公布后重新推算"
        yield Step(due.earliest, text, "《全国年节及纪念日放假办法》")
