"""The working calendar: tables of cases, chinese_calendar as the truth, properties, borders."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OutsideCalendar
from engine.workdays import FIRST_DAY, LAST_DAY, Estimate, weekday_name, work_calendar
from tests.builders import calendar_through

CALENDAR = work_calendar()
ONE_DAY = timedelta(days=1)
VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "workdays.json"

# Room on both sides, so that no count leaves the calendar.
DAYS = st.dates(FIRST_DAY + 400 * ONE_DAY, LAST_DAY - 400 * ONE_DAY)
ANNOUNCED_DAYS = st.dates(date(2005, 6, 1), date(2026, 6, 1))
NUMBERS = st.integers(1, 120)


def day_by_day(start: date, n: int) -> date:
    """The slow reference: walk from start and ask chinese_calendar about each day."""
    step = ONE_DAY if n > 0 else -ONE_DAY
    day, left = start, abs(n)
    while left:
        day += step
        left -= chinese_calendar.is_workday(day)
    return day


def test_known_counts_of_working_days() -> None:
    cases = [
        # start,      n,  expected
        ("2026-02-13", 20, "2026-03-19"),  # 春节 and its make-up days
        ("2026-02-13", 7, "2026-03-02"),
        ("2026-09-28", 20, "2026-10-30"),  # 国庆节
        ("2025-09-26", 20, "2025-10-30"),
        ("2024-09-29", 20, "2024-10-31"),  # a Sunday that is a working day
        ("2017-03-09", 30, "2017-04-21"),
        ("2018-04-27", 1, "2018-04-28"),  # a Saturday that is a working day
        ("2018-04-28", 1, "2018-05-02"),
        ("2026-01-28", 7, "2026-02-06"),
        ("2026-01-28", 20, "2026-03-03"),
        ("2026-03-02", 20, "2026-03-30"),
        ("2026-10-12", -10, "2026-09-21"),
        ("2019-04-22", 7, "2019-04-30"),  # after the notice of 2019-03-22
        ("2020-01-22", 5, "2020-02-06"),  # after 国办发明电〔2020〕1号
        ("2020-02-28", 1, "2020-03-02"),
        ("2024-02-28", 1, "2024-02-29"),  # leap day
        ("2021-12-31", 1, "2022-01-04"),  # over the year's end
        ("2019-12-31", 1, "2020-01-02"),
        ("2020-01-02", -1, "2019-12-31"),
        ("2026-10-03", 0, "2026-10-03"),
        ("2026-12-15", 20, "2027-01-13"),
    ]
    found = [(s, n, CALENDAR.add(date.fromisoformat(s), n).isoformat()) for s, n, _ in cases]
    assert found == cases


def test_shared_vectors_hold() -> None:
    if not VECTORS.exists():
        pytest.skip("the vectors lie beside the repository, and the folder is not here")
    for case in json.loads(VECTORS.read_text(encoding="utf-8")):
        assert case["op"] == "add"
        found = CALENDAR.add(date.fromisoformat(case["start"]), case["n"])
        assert found.isoformat() == case["expect"], case


def test_a_ladder_before_a_holiday_uses_the_make_up_saturday() -> None:
    ladder = [CALENDAR.add(date(2026, 10, 12), -n) for n in (5, 3, 1, 0)]
    assert ladder == [date(2026, 9, 29), date(2026, 10, 8), date(2026, 10, 10), date(2026, 10, 12)]


def test_every_announced_day_is_as_chinese_calendar_says() -> None:
    day = FIRST_DAY
    while day.year <= CALENDAR.announced_through:
        assert CALENDAR.is_workday(day) == chinese_calendar.is_workday(day), day
        day += ONE_DAY


@given(ANNOUNCED_DAYS, st.integers(-120, 120))
def test_add_agrees_with_a_walk_day_by_day(start: date, n: int) -> None:
    assert CALENDAR.add(start, n) == day_by_day(start, n)


@given(ANNOUNCED_DAYS, st.integers(0, 150))
def test_count_agrees_with_a_walk_day_by_day(a: date, length: int) -> None:
    days = [a + k * ONE_DAY for k in range(1, length + 1)]
    assert CALENDAR.count(a, a + length * ONE_DAY) == sum(map(chinese_calendar.is_workday, days))


@given(DAYS, NUMBERS)
def test_the_nth_working_day_after_is_n_working_days_away(start: date, n: int) -> None:
    end = CALENDAR.add(start, n)
    assert CALENDAR.is_workday(end)
    assert CALENDAR.count(start, end) == n


@given(DAYS, NUMBERS)
def test_the_nth_working_day_before_is_n_working_days_away(start: date, n: int) -> None:
    end = CALENDAR.add(start, -n)
    assert CALENDAR.is_workday(end)
    # The mirror: the result counts and start does not.
    assert CALENDAR.count(end - ONE_DAY, start - ONE_DAY) == n


@given(DAYS, NUMBERS, NUMBERS, st.sampled_from((1, -1)))
def test_adding_twice_is_adding_the_sum(start: date, n: int, m: int, sign: int) -> None:
    assert CALENDAR.add(CALENDAR.add(start, sign * n), sign * m) == CALENDAR.add(
        start, sign * (n + m)
    )


@given(DAYS, NUMBERS)
def test_adding_back_returns_to_a_working_day(start: date, n: int) -> None:
    start = CALENDAR.on_or_after(start)
    assert CALENDAR.add(CALENDAR.add(start, n), -n) == start


@given(DAYS, DAYS, st.integers(-120, 120))
def test_a_later_start_never_ends_earlier(a: date, b: date, n: int) -> None:
    a, b = sorted((a, b))
    assert CALENDAR.add(a, n) <= CALENDAR.add(b, n)
    assert CALENDAR.count(a, b) == -CALENDAR.count(b, a) >= 0


@given(DAYS)
def test_the_nearest_working_days_lie_around_the_day_and_stay(day: date) -> None:
    before, after = CALENDAR.on_or_before(day), CALENDAR.on_or_after(day)
    assert before <= day <= after
    assert (before == after == day) == CALENDAR.is_workday(day)
    assert (CALENDAR.on_or_before(before), CALENDAR.on_or_after(after)) == (before, after)


def test_the_calendar_ends_with_2004_and_2100() -> None:
    assert CALENDAR.add(FIRST_DAY, 1) == CALENDAR.on_or_after(FIRST_DAY) == date(2004, 1, 2)
    assert CALENDAR.add(date(2004, 1, 5), -1) == date(2004, 1, 2)
    assert CALENDAR.on_or_before(LAST_DAY) == CALENDAR.add(date(2100, 12, 30), 1) == LAST_DAY
    assert CALENDAR.is_workday(LAST_DAY)
    assert not CALENDAR.is_workday(FIRST_DAY)


@pytest.mark.parametrize(
    "outside",
    [
        lambda: CALENDAR.is_workday(FIRST_DAY - ONE_DAY),
        lambda: CALENDAR.is_workday(LAST_DAY + ONE_DAY),
        lambda: CALENDAR.add(FIRST_DAY - ONE_DAY, 1),
        lambda: CALENDAR.add(FIRST_DAY - ONE_DAY, 0),
        lambda: CALENDAR.add(date(1990, 1, 1), 20),
        lambda: CALENDAR.add(LAST_DAY, 1),
        lambda: CALENDAR.add(LAST_DAY + ONE_DAY, -1),
        lambda: CALENDAR.add(LAST_DAY + ONE_DAY, 1),
        lambda: CALENDAR.add(date(2004, 1, 2), -1),
        lambda: CALENDAR.add(date(2004, 1, 5), -2),
        lambda: CALENDAR.add(date(2026, 1, 5), 10**9),
        lambda: CALENDAR.add(date(2026, 1, 5), -(10**9)),
        lambda: CALENDAR.add_span(date(2100, 12, 30), 2),
        lambda: CALENDAR.count(date(2003, 12, 31), date(2004, 1, 5)),
        lambda: CALENDAR.on_or_before(FIRST_DAY),
        lambda: CALENDAR.on_or_after(LAST_DAY + ONE_DAY),
        lambda: CALENDAR.safe_on_or_before(FIRST_DAY),
        lambda: CALENDAR.reason(LAST_DAY + ONE_DAY),
        lambda: work_calendar(known_on=date(2006, 12, 19)),
    ],
)
def test_outside_the_calendar_is_one_chinese_sentence(outside: Callable[[], object]) -> None:
    with pytest.raises(OutsideCalendar, match=r"(2004|2006).*(至2|收录).*。$"):
        outside()


def test_a_count_within_the_announced_year_is_certain() -> None:
    day = date(2026, 10, 30)
    assert calendar_through(2026).add_span(date(2026, 9, 28), 20) == Estimate(day, False, day, day)


def test_a_count_that_passes_20_december_is_provisional() -> None:
    calendar = calendar_through(2026)
    cases = [
        # start,             n,  provisional
        (date(2026, 12, 11), 5, False),  # ends on 18 December
        (date(2026, 12, 11), 6, True),  # ends on 21 December, which may still change
        (date(2026, 12, 15), 20, True),
        (date(2026, 12, 21), -3, False),  # counts 18, 17 and 16 December
        (date(2026, 12, 22), -1, True),
        (date(2027, 1, 4), -20, True),
        (date(2027, 6, 1), 0, False),  # nothing is counted
    ]
    assert [(s, n, calendar.add_span(s, n).provisional) for s, n, _ in cases] == cases
    assert calendar.add_span(date(2026, 12, 15), 20).date == date(2027, 1, 13)


def test_december_moves_only_where_a_notice_could_move_it() -> None:
    # 2027-01-01 is a Friday and asks for no change; 2019-01-01 was a Tuesday, and 12-31 was given.
    calm, moved = calendar_through(2026), calendar_through(2018)
    assert calm.add_span(date(2026, 12, 18), 5).latest == date(2026, 12, 25)
    assert moved.add_span(date(2018, 12, 28), 1) == Estimate(
        date(2018, 12, 31),
        True,
        date(2018, 12, 29),
        date(2019, 1, 4),
        "暂定：2019年放假安排尚未公布",
    )
    assert moved.is_workday(date(2018, 12, 31))
    assert not CALENDAR.is_workday(date(2018, 12, 31))


@given(DAYS, st.integers(-120, 120))
def test_the_estimate_lies_within_its_bounds(start: date, n: int) -> None:
    span = CALENDAR.add_span(start, n)
    assert span.earliest <= span.date == CALENDAR.add(start, n) <= span.latest
    assert span.provisional or span.earliest == span.latest


@given(DAYS)
def test_the_safe_day_works_in_every_table(day: date) -> None:
    safe = CALENDAR.safe_on_or_before(day)
    assert safe <= day
    assert CALENDAR.add_span(safe - ONE_DAY, 1).latest == safe
    assert not CALENDAR.certain(day) or safe == CALENDAR.on_or_before(day)


def test_the_interval_held_the_true_date_in_the_years_that_are_known() -> None:
    """Each year 2012-2026 as it looked on 1 December before it, 20 working days from every day."""
    held = exact = total = width = 0
    for year in range(2012, 2027):
        before = calendar_through(year - 1)
        start = date(year - 1, 12, 1)
        while start.year <= year and (truth := CALENDAR.add(start, 20)).year <= 2026:
            span = before.add_span(start, 20)
            if span.provisional:
                total += 1
                held += span.earliest <= truth <= span.latest
                exact += span.date == truth
                width += (span.latest - span.earliest).days
            start += ONE_DAY
    assert total > 5000
    assert held / total >= 0.995
    assert exact / total >= 0.85
    assert width / total <= 6


def test_a_new_year_changes_the_fingerprint() -> None:
    assert work_calendar(known_on=date(2026, 11, 22)).fingerprint == CALENDAR.fingerprint
    assert len({calendar_through(year).fingerprint for year in range(2015, 2027)}) == 12


def test_every_day_says_why() -> None:
    calendar = calendar_through(2026)
    notice, waits = "国务院办公厅关于{}年部分节假日安排的通知", "（暂定：2027年放假安排尚未公布）"
    regulation, hours = "《全国年节及纪念日放假办法》", "《国务院关于职工工作时间的规定》第七条"
    cases = [
        # day,         works, name,                        basis
        ("2026-02-15", False, "春节", notice.format(2026)),
        ("2026-10-10", True, "调休上班（国庆节）", notice.format(2026)),
        ("2026-03-02", True, "工作日", notice.format(2026) + "（未作调整）"),
        ("2026-03-07", False, "周末", notice.format(2026) + "（未作调整）"),
        ("2015-09-03", False, "抗战胜利纪念日", "国发明电〔2015〕1号"),
        ("2018-12-29", True, "调休上班（元旦）", notice.format(2019)),
        ("2020-01-31", False, "春节", "国办发明电〔2020〕1号"),
        ("2026-12-22", True, "工作日", hours + waits),
        ("2027-02-05", False, "春节", regulation + "第二条" + waits),
        ("2027-02-09", False, "春节", regulation + "第六条" + waits),
        ("2027-03-02", True, "工作日", hours + waits),
    ]
    reasons = [calendar.reason(date.fromisoformat(case[0])) for case in cases]
    assert [(r.date.isoformat(), r.workday, r.name, r.basis) for r in reasons] == cases


def test_every_reason_agrees_with_the_table() -> None:
    day = FIRST_DAY
    while day <= LAST_DAY:
        reason = CALENDAR.reason(day)
        assert (reason.date, reason.workday) == (day, CALENDAR.is_workday(day))
        assert ("暂定" in reason.basis) != CALENDAR.certain(day)
        day += ONE_DAY


def test_weekdays_have_chinese_names() -> None:
    assert weekday_name(date(2026, 11, 22)) == "星期日"
    assert weekday_name(date(2026, 11, 23)) == "星期一"
