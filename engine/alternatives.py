"""读法: how a date reads what law or paper leave open, on which basis, and what else it could be.

Of what the law settles (起算当日不计入, 民法典 201) only the reading is stated. What is open has its
alternatives, each with its date, and `guarded` keeps the day to act before the earliest of them.
An agency that has decided (`roll=no`, `before=included`, …) leaves nothing open.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from engine.due_dates import Due, before, last_day, on_day
from engine.event_clocks import (
    Changes,
    Moment,
    Restart,
    Running,
    counts_forward,
    ending,
    governing,
    replay,
    running,
)
from engine.instants import day_of
from engine.periods import Period, due_day
from engine.workdays import WorkCalendar
from rules.amounts import Amount, Measure
from rules.rule import Anchor, Rule
from rules.terms import Kind, Term

_DAY = timedelta(days=1)
_OF_PAPER = "原文"


@dataclass(frozen=True)
class Answer:
    """One reading of an open question, what it rests on, and the date that it gives."""

    question: str
    reading: str
    basis: str
    due_on: date


@dataclass(frozen=True)
class Answers:
    """读法: the readings that a date has taken, and the alternatives that are open."""

    taken: tuple[Answer, ...]
    alternatives: tuple[Answer, ...]


_Found = tuple[Answer, Answer | None]


def answers(
    rule: Rule,
    term: Term,
    due: Due,
    calendar: WorkCalendar,
    *,
    event: Moment | None = None,
    period: Period | None = None,
    changes: Changes = (),
    decided: str = _OF_PAPER,
) -> Answers:
    """How a rule's date that `engine.due_dates` gave by this term, for this event where it counts
    from one (and these changes of its clock), or this period of its rhythm, was read. `decided`
    says who settled what the term's choices settle."""
    if term.options and event is not None:
        term = governing(term, event, changes, calendar)
    found: list[_Found] = []
    if term.amount and event is not None:
        found += _of_limit(rule, term, event, changes, due, calendar, decided)
    elif term.kind in (Kind.FIXED_DEADLINE, Kind.PERIODIC):
        found += _of_date(rule, term, due, period, calendar, decided)
    return Answers(tuple(taken for taken, _ in found), tuple(other for _, other in found if other))


def guarded(
    rule: Rule,
    term: Term,
    due: Due,
    calendar: WorkCalendar,
    event: Moment | None = None,
    period: Period | None = None,
    changes: Changes = (),
) -> Due:
    """The date with a day to act that is right under every alternative too; after a limit has
    begun no day before it is."""
    if not (period and period.share) and not is_guarded(rule, term):
        return due
    read = answers(rule, term, due, calendar, event=event, period=period, changes=changes)
    earliest = min((other.due_on for other in read.alternatives), default=due.due_on)
    act_by = calendar.safe_on_or_before(min(earliest, due.act_by))
    if event is not None and term.kind is not Kind.BEFORE_EVENT and act_by < day_of(event):
        return due
    return replace(due, act_by=act_by)


def is_guarded(rule: Rule, term: Term) -> bool:
    """Can an alternative of this rule come before `act_by` as `engine.due_dates` has it? Most rules have
    thousands of dates and no such question."""
    return (
        _names_its_day(rule, term)
        or (term.kind is Kind.BEFORE_EVENT and _law_of_working_days(rule, term.amount) != "")
        or (rule.anchor is Anchor.ASSUMED and rule.document.published is not None)
    )


def _of_limit(
    rule: Rule,
    term: Term,
    event: Moment,
    changes: Changes,
    due: Due,
    calendar: WorkCalendar,
    decided: str,
) -> Iterator[_Found]:
    clock = running(term, event, changes if counts_forward(term) else ())
    amount = clock.amount
    if amount.measure is Measure.HOUR:
        # From which event is the paper's to say; another moment is known to nobody here.
        basis = "原文没有写明从何时起算" if rule.anchor is Anchor.ASSUMED else "原文"
        basis += "；《民法典》第二百零一条第二款"
        text = "自登记的事由时刻起算，夜间和节假日不停"
        yield Answer("小时从何时起算", text, basis, due.due_on), None
        return
    # Settled by law, so not open: "开始的当日不计入" (民法典 201; 民诉法 85).
    first = (
        ("当日计入", decided)
        if term.choices.first
        else ("当日不计入", "《民法典》第二百零一条第一款")
    )
    yield Answer("起算当日算不算", *first, due.due_on), None
    if amount.measure is Measure.DAY:
        yield _days(rule, term, clock, due, calendar)
    elif rule.term.amount and rule.term.amount.measure is Measure.DAY:
        yield Answer("“日”是自然日还是工作日", "工作日", decided, due.due_on), None
    if amount.measure is not Measure.WORKING_DAY:
        yield from _last_day_of_limit(term, clock, due, calendar, decided)
    # A restart has a day of its own, whatever the limit counted from before.
    if rule.anchor is Anchor.ASSUMED and not any(isinstance(one, Restart) for one in changes):
        yield _anchor(rule, term, event, changes, due, calendar)


def _days(rule: Rule, term: Term, clock: Running, due: Due, calendar: WorkCalendar) -> _Found:
    """Open only under a law that says of its own 日 that they are working days."""
    question = "“日”是自然日还是工作日"
    taken = Answer(question, "自然日", "《民法典》第二百条", due.due_on)
    law = _law_of_working_days(rule, term.amount)
    if not law:
        return taken, None
    working = Amount(clock.amount.number, Measure.WORKING_DAY)
    other = (
        before(working, day_of(clock.start), calendar)
        if term.kind is Kind.BEFORE_EVENT
        else ending(replace(clock, amount=working), calendar)
    )
    return taken, Answer(question, "工作日", law, other.due_on)


def _last_day_of_limit(
    term: Term,
    clock: Running,
    due: Due,
    calendar: WorkCalendar,
    decided: str,
) -> Iterator[_Found]:
    question = "最后一日逢休息日"
    if term.kind is Kind.BEFORE_EVENT:
        if not calendar.is_workday(due.due_on):
            taken = Answer(
                question, "不移动，仍为当日", "倒数的期限须足数，法律没有规定移动", due.due_on
            )
            ahead = calendar.on_or_before(due.due_on)
            basis = "《民法典》第二百零三条第一款只写顺延，倒数时往前才足数"
            yield taken, Answer(question, "提前至前一个工作日", basis, ahead)
        return
    last = last_day(clock.amount, day_of(clock.start), clock.choices, clock.pauses)
    if calendar.is_workday(last):
        return
    if term.choices.roll is not None:
        text = "顺延至其后第一个工作日" if term.choices.roll else "不顺延"
        yield Answer(question, text, decided, due.due_on), None
        return
    law = "《民法典》第二百零三条第一款"
    taken = Answer(question, "顺延至其后第一个工作日", law, due.due_on)
    yield taken, Answer(question, "不顺延", "按期间的字面，满数之日即为最后一日", last)


def _anchor(
    rule: Rule,
    term: Term,
    event: Moment,
    changes: Changes,
    due: Due,
    calendar: WorkCalendar,
) -> _Found:
    """Between the day on which a document was written (成文) and that of its publication (发布)
    lies a choice where the event is one of them and the paper does not say which is meant."""
    question, paper = "从何时起算", rule.document
    names = {paper.adopted: "成文", paper.published: "发布"}
    name = names.get(day_of(event), "")
    words = f"自{name}之日起算" if name else "自登记的事由之日起算"
    taken = Answer(question, words, "原文没有写明从何时起算", due.due_on)
    for day, other in names.items():
        if name and day and day != day_of(event):
            ends = replay(term, day, changes, calendar).due_on
            return taken, Answer(question, f"自{other}之日{day}起算", f"文件的{other}日期", ends)
    return taken, None


def _of_date(
    rule: Rule,
    term: Term,
    due: Due,
    period: Period | None,
    calendar: WorkCalendar,
    decided: str,
) -> Iterator[_Found]:
    """Of a date that is a date, not the end of a limit that is counted."""
    if period and period.share and period.share < due.due_on:
        # 每年至少两次 says how often, not when; two reminders in December would come too late.
        question, number = "至少几次各在何时", period.number
        taken = Answer(question, "各次都以期末为限", "原文只写次数", due.due_on)
        basis = "把期间按次数均分"
        yield taken, Answer(question, f"第{number}次在其均分的期间内", basis, period.share)
    if "roll" not in term.may_settle:
        return
    question = "这一日逢休息日"
    if term.choices.roll is not None:
        text = "顺延至其后第一个工作日" if term.choices.roll else "不顺延"
        yield Answer(question, text, decided, due.due_on), None
    elif not calendar.is_workday(due.due_on):
        rolled = calendar.add(due.due_on, 1)
        taken = Answer(question, "不顺延", "写明的是日期，不是期间", due.due_on)
        basis = "《民法典》第二百零三条第一款（读作期间时）"
        yield taken, Answer(question, "顺延至其后第一个工作日", basis, rolled)
    if term.choices.before is not None:
        text = "含当日" if term.choices.before else "不含当日"
        yield Answer("“前”含不含当日", text, decided, due.due_on), None
    elif _names_its_day(rule, term):
        # No law says it: 民法典 1259 counts 以上、以下、以内、届满 in, and is silent on 前.
        taken = Answer("“前”含不含当日", "含当日", "“前”的通常用法", due.due_on)
        basis = "《民法典》第一千二百五十九条没有写“前”包括本数"
        without = _without_the_day(term, period, calendar)
        yield taken, Answer("“前”含不含当日", "不含当日", basis, without or due.due_on - _DAY)


def _without_the_day(term: Term, period: Period | None, calendar: WorkCalendar) -> date | None:
    """The date without the day that is named; None where a rhythm's period is not known."""
    choices = replace(term.choices, before=False)
    if term.day:
        return on_day(term.day, calendar, choices).due_on
    rhythm = replace(term.rhythms[0], choices=choices)
    return due_day(rhythm, period, calendar) if period else None


# 3月31日前, 9月15日之前: a day by its number. 年底前 and 8月底前 end with the year and the month.
_NAMED_DAY = re.compile(r"[0-9０-９一二三四五六七八九十]日(?:以|之)?前")


def names_day_before(quote: str) -> bool:
    """Do the words name a day by its number, with 前?"""
    return _NAMED_DAY.search(quote) is not None


def _names_its_day(rule: Rule, term: Term) -> bool:
    """Does the paper itself name the day with 前, and has nobody said yet what that means? A day
    that the agency chose in its place is meant as it is written there."""
    if term.choices.before is not None or not names_day_before(rule.quote):
        return False
    if term.kind is Kind.FIXED_DEADLINE:
        return term.day == rule.term.day
    if term.kind is not Kind.PERIODIC or len(rule.term.rhythms) != 1:
        return False
    read, words = term.rhythms[0], rule.term.rhythms[0]
    return bool(read.by or read.day) and (read.by, read.day) == (words.by, words.day)


# 行政许可法 82 "本法规定的行政机关实施行政许可的期限以工作日计算，不含法定节假日", 行政处罚法 85,
# 行政复议法 88 (of 2017: only 5 and 7): the laws that say it, and the numbers of which they say it.
_REVIEW_ACT_OF_2023 = date(2024, 1, 1)
_WORKING_DAY_LAWS = {
    "行政许可法": ("《行政许可法》第八十二条", None),
    "行政处罚法": ("《行政处罚法》第八十五条", {2, 3, 5, 7}),
    "行政复议法": ("《行政复议法》第八十八条", {3, 5, 7, 10}),
}


def _law_of_working_days(rule: Rule, amount: Amount | None) -> str:
    """The article by which an amount of 日 in this rule's document means working days; or empty."""
    if amount is None or amount.measure is not Measure.DAY:
        return ""
    for title, (article, numbers) in _WORKING_DAY_LAWS.items():
        if not rule.document.title.removeprefix("中华人民共和国").startswith(title):
            continue
        if title == "行政复议法" and rule.until and rule.until < _REVIEW_ACT_OF_2023:
            article, numbers = "《行政复议法》（2017年修正）", {5, 7}
        if numbers is None or amount.number in numbers:
            return article
    return ""


def days_are_working_days(rule: Rule, amount: Amount) -> bool:
    """Does the law in which a rule stands say that this many 日 are working days?"""
    return _law_of_working_days(rule, amount) != ""
