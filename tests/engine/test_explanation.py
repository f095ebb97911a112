"""The steps to a date, and that somebody with a wall calendar could follow them."""

import re
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.due_dates import due, on_day
from engine.explanation import Step, explain
from engine.instants import parse_event
from engine.periods import due_day, period_of
from rules.amounts import Amount
from rules.rhythms import Rhythm
from rules.terms import Term
from tests.builders import CALENDAR, day

DAY = timedelta(days=1)


def steps_of(kind: str, value: str, event: str) -> tuple[Step, ...]:
    term, moment = Term.parse(kind, value), parse_event(event)
    return explain(term, due(term, moment, CALENDAR), CALENDAR, event=moment)


def steps_of_period(value: str, inside: str) -> tuple[Step, ...]:
    term, rhythm = Term.parse("periodic", value), Rhythm.parse(value)
    period = period_of(rhythm.every, day(inside), day(inside), CALENDAR)
    end = on_day(due_day(rhythm, period, CALENDAR), CALENDAR)
    return explain(term, end, CALENDAR, period=period)


def texts(steps: tuple[Step, ...]) -> list[str]:
    return [step.text for step in steps]


def test_working_days_over_the_national_holiday() -> None:
    assert texts(steps_of("after_event", "6WD", "2026-09-28")) == [
        "事由发生于2026-09-28（星期一），当日不计入",
        "2026-09-29（星期二）至2026-09-30（星期三）：第1至2个工作日",
        "2026-10-01（星期四）至2026-10-07（星期三）：国庆节，不计入",
        "2026-10-08（星期四）至2026-10-09（星期五）：第3至4个工作日",
        "2026-10-10（星期六）：第5个工作日，调休上班（国庆节）",
        "2026-10-11（星期日）：周末，不计入",
        "2026-10-12（星期一）：第6个工作日",
    ]


def test_working_days_before_a_hearing_are_counted_backwards() -> None:
    assert texts(steps_of("before_event", "3WD", "2026-10-09")) == [
        "事由定于2026-10-09（星期五），当日不计入",
        "2026-10-08（星期四）：倒数第1个工作日",
        "2026-10-07（星期三）至2026-10-01（星期四）：国庆节，不计入",
        "2026-09-30（星期三）至2026-09-29（星期二）：倒数第2至3个工作日",
    ]


def test_calendar_days_that_roll_say_so_and_advise_the_safe_day() -> None:
    steps = steps_of("after_event", "P20D", "2026-01-28")
    assert texts(steps) == [
        "事由发生于2026-01-28（星期三），当日不计入",
        "满20日：2026-02-17（星期二）",
        "最后一日逢春节，顺延至其后第一个工作日2026-02-24（星期二）",
        "宜在2026-02-14（星期六）前办理，按各种算法都不逾期",
    ]
    assert steps[2].basis == "《民法典》第二百零三条第一款"


def test_of_two_limits_the_steps_name_the_one_that_governs() -> None:
    steps = texts(steps_of("after_event", "earlier(20WD,P1M)", "2026-09-14"))
    assert steps[:6] == [
        "20个工作日内：2026-10-16（星期五）",
        "1个月内：2026-10-14（星期三）",
        "以先到者为准，即1个月内，推算如下",
        "事由发生于2026-09-14（星期一），当日不计入",
        "满1个月：2026-10-14（星期三）",
    ]
    steps = texts(steps_of("after_event", "later(PT24H,1WD)", "2026-09-30T22:00"))
    assert steps[:3] == [
        "24小时内：2026-10-01（星期四） 22:00",
        "1个工作日内：2026-10-08（星期四）",
        "以后到者为准，即1个工作日内，推算如下",
    ]


def test_choices_stand_among_the_steps() -> None:
    assert texts(steps_of("after_event", "P3D;first=counted;roll=no", "2026-03-05")) == [
        "事由发生于2026-03-05（星期四），当日计入",
        "满3日：2026-03-07（星期六）",
        "到期日逢周末，宜在2026-03-06（星期五）前办理，按各种算法都不逾期",
    ]
    assert texts(
        steps_of("fixed_deadline", "2026-02-01;before=excluded;roll=yes", "2026-01-01")
    ) == [
        "定日：2026-02-01（星期日）",
        "不含当日，止于其前一日2026-01-31（星期六）",
        "最后一日逢周末，顺延至其后第一个工作日2026-02-02（星期一）",
    ]


def test_seven_days_before_a_hearing() -> None:
    assert texts(steps_of("before_event", "P7D", "2026-10-12")) == [
        "事由定于2026-10-12（星期一），当日不计入",
        "倒数7日：2026-10-05（星期一）",
        "到期日逢国庆节，宜在2026-09-30（星期三）前办理，按各种算法都不逾期",
    ]


def test_a_month_rests_on_its_own_article() -> None:
    steps = steps_of("after_event", "P1M", "2025-01-31")
    assert (steps[1].text, steps[1].basis) == (
        "满1个月：2025-02-28（星期五）",
        "《民法典》第二百零二条",
    )


def test_hours_do_not_stop() -> None:
    assert texts(steps_of("after_event", "PT5H", "2026-10-01T22:40")) == [
        "2026-10-01 22:40起算，夜间和节假日不停",
        "满5小时：2026-10-02 03:40",
    ]


def test_an_event_given_in_utc_is_told_in_the_time_of_shanghai() -> None:
    assert texts(steps_of("after_event", "PT5H", "2026-10-01T16:10Z"))[0] == (
        "2026-10-02 00:10起算，夜间和节假日不停"
    )


def test_a_period_is_told_with_its_days() -> None:
    assert texts(steps_of_period("P1M", "2026-05-20")) == [
        "本期为2026-05-01（星期五）至2026-05-31（星期日）",
        "每月一次，每月的最后一日前：2026-05-31（星期日）",
        "到期日逢周末，宜在2026-05-29（星期五）前办理，按各种算法都不逾期",
    ]


def test_working_days_after_a_period_are_counted() -> None:
    assert texts(steps_of_period("P3M;after=3WD", "2026-08-01")) == [
        "本期为2026-07-01（星期三）至2026-09-30（星期三）",
        "2026-10-01（星期四）至2026-10-07（星期三）：国庆节，不计入",
        "2026-10-08（星期四）至2026-10-09（星期五）：第1至2个工作日",
        "2026-10-10（星期六）：第3个工作日，调休上班（国庆节）",
        "每季度一次，每季度结束后3个工作日内：2026-10-10（星期六）",
    ]


def test_the_nth_working_day_of_a_month_is_counted_within_it() -> None:
    assert texts(steps_of_period("P1M;workday=3", "2026-10-20")) == [
        "本期为2026-10-01（星期四）至2026-10-31（星期六）",
        "2026-10-01（星期四）至2026-10-07（星期三）：国庆节，不计入",
        "2026-10-08（星期四）至2026-10-09（星期五）：第1至2个工作日",
        "2026-10-10（星期六）：第3个工作日，调休上班（国庆节）",
        "每月一次，每月第3个工作日前：2026-10-10（星期六）",
    ]
    assert texts(steps_of_period("P1M;workday=-2", "2026-10-20"))[1:] == [
        "2026-10-31（星期六）：周末，不计入",
        "2026-10-30（星期五）至2026-10-29（星期四）：倒数第1至2个工作日",
        "每月一次，每月倒数第2个工作日前：2026-10-29（星期四）",
    ]
    short = steps_of_period("P1M;workday=20", "2026-02-03")
    assert short[-2].text == "本月只有16个工作日，计至2026-02-28（星期六）"


def test_the_events_own_day_and_a_fixed_day() -> None:
    assert texts(steps_of("simultaneous", "", "2026-03-30")) == ["与事由同日：2026-03-30（星期一）"]
    assert texts(steps_of("fixed_deadline", "2026-12-18", "2026-01-01")) == [
        "定日：2026-12-18（星期五）"
    ]


def test_a_provisional_date_names_its_bounds() -> None:
    *_, last = steps_of("after_event", "35WD", "2026-12-15")
    bounds = due(Term.parse("after_event", "35WD"), day("2026-12-15"), CALENDAR)
    assert bounds.earliest < bounds.latest
    assert last.text == (
        f"暂定：2027年放假安排尚未公布，可能在{bounds.earliest}至{bounds.latest}之间，提醒按最早的日期"
    )


def test_a_provisional_date_that_no_notice_is_likely_to_move_says_that_too() -> None:
    for steps in (
        steps_of("after_event", "20WD", "2026-12-15"),
        steps_of("fixed_deadline", "2027-01-20", "2026-12-15"),
    ):
        assert steps[-1].text == "暂定：2027年放假安排尚未公布，公布后重新推算"


COUNTED = re.compile(
    r"(?P<first>\S{10})（\S+?）(?:至(?P<last>\S{10})（\S+?）)?："
    r"(?:(?P<off>.+，不计入)|(?:倒数)?第(?P<from>\d+)(?:至(?P<to>\d+))?个工作日)"
)


def follow(steps: tuple[Step, ...], start: date, number: int, way: int) -> date:
    """Walk the steps with a wall calendar; the day at which they arrive."""
    here, counted = start, 0
    for step in steps:
        match = COUNTED.match(step.text)
        if match is None:
            continue
        first = day(match["first"])
        last = day(match["last"]) if match["last"] else first
        assert first == here + way * DAY, "a day was left out or told twice"
        days = [first + way * n * DAY for n in range(abs((last - first).days) + 1)]
        assert days[-1] == last
        assert step.date == last
        if match["off"]:
            assert not any(CALENDAR.is_workday(one) for one in days)
        else:
            assert all(CALENDAR.is_workday(one) for one in days)
            assert int(match["from"]) == counted + 1
            counted += len(days)
            assert int(match["to"] or match["from"]) == counted
        assert step.basis
        here = last
    assert counted == number
    return here


EVENTS = st.dates(date(2015, 1, 1), date(2027, 12, 31))


@given(st.integers(1, 90), EVENTS)
@settings(deadline=None, max_examples=60)
def test_the_steps_lead_to_the_date_day_by_day(number: int, event: date) -> None:
    for kind, way in (("after_event", 1), ("before_event", -1)):
        term = Term.parse(kind, f"{number}WD")
        end = due(term, event, CALENDAR)
        steps = explain(term, end, CALENDAR, event=event)
        assert steps[0].date == event
        assert follow(steps, event, number, way) == end.due_on


@given(st.integers(1, 40), EVENTS)
@settings(deadline=None, max_examples=40)
def test_the_steps_after_a_period_lead_to_its_date(number: int, inside: date) -> None:
    value = f"P3M;after={number}WD"
    steps = steps_of_period(value, str(inside))
    last = period_of(Amount.parse("P3M"), inside, inside, CALENDAR).last
    assert follow(steps, last, number, 1) == CALENDAR.add(last, number)


@given(st.sampled_from(["P1D", "P7D", "P20D", "P2W", "P1M", "P1Y"]), EVENTS)
@settings(deadline=None, max_examples=60)
def test_the_steps_of_calendar_days_arrive_at_the_date(value: str, event: date) -> None:
    for kind in ("after_event", "before_event"):
        term = Term.parse(kind, value)
        end = due(term, event, CALENDAR)
        steps = explain(term, end, CALENDAR, event=event)
        assert end.due_on in [step.date for step in steps]
        told = [step for step in steps if "宜在" not in step.text and "暂定" not in step.text]
        assert told[-1].date == end.due_on
        assert str(end.due_on) in told[-1].text
        if end.act_by != end.due_on:
            assert any(f"宜在{end.act_by}" in step.text for step in steps)
