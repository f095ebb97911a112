"""Periods: tables of cases, and a slow reference that walks through the days."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import OutsideCalendar
from engine.periods import Occurrence, due_day, occurrences, period_of, shifted, span
from rules.amounts import Amount, Measure
from rules.rhythms import Rhythm
from tests.builders import CALENDAR, day

DAY = timedelta(days=1)


def listed(value: str, start: str, end: str, anchor: str = "2026-01-01") -> list[Occurrence]:
    rhythm = Rhythm.parse(value)
    return list(occurrences(rhythm, day(start), day(end), day(anchor), CALENDAR))


def test_each_rhythm_names_its_periods_and_its_days() -> None:
    cases = [
        # value,            from,         to,           key,                 first,        last,         due
        ("P1M", "2026-02-01", "2026-02-28", "2026-02", "2026-02-01", "2026-02-28", "2026-02-28"),
        ("P1M", "2028-02-01", "2028-02-29", "2028-02", "2028-02-01", "2028-02-29", "2028-02-29"),
        ("P3M", "2026-07-01", "2026-09-30", "2026-Q3", "2026-07-01", "2026-09-30", "2026-09-30"),
        ("P6M", "2026-07-01", "2026-12-31", "2026-H2", "2026-07-01", "2026-12-31", "2026-12-31"),
        ("P1Y", "2026-01-01", "2026-12-31", "2026", "2026-01-01", "2026-12-31", "2026-12-31"),
        ("P1W", "2026-10-05", "2026-10-11", "2026-W41", "2026-10-05", "2026-10-11", "2026-10-11"),
        ("P1D", "2026-10-03", "2026-10-03", "2026-10-03", "2026-10-03", "2026-10-03", "2026-10-03"),
        ("P2M", "2026-03-01", "2026-04-30", "2026-03/P2M", "2026-03-01", "2026-04-30", "2026-04-30"),
        ("P1M;day=31", "2026-02-28", "2026-02-28", "2026-02", "2026-02-01", "2026-02-28", "2026-02-28"),
        ("P1M;day=31", "2026-04-30", "2026-04-30", "2026-04", "2026-04-01", "2026-04-30", "2026-04-30"),
        ("P1M;day=25", "2026-04-25", "2026-04-25", "2026-04", "2026-04-01", "2026-04-30", "2026-04-25"),
        ("P3M;day=10", "2026-01-01", "2026-03-31", "2026-Q1", "2026-01-01", "2026-03-31", "2026-03-10"),
        ("P1M;workday=5", "2026-10-01", "2026-10-31", "2026-10", "2026-10-01", "2026-10-31", "2026-10-13"),
        ("P1M;workday=1", "2026-10-01", "2026-10-31", "2026-10", "2026-10-01", "2026-10-31", "2026-10-08"),
        ("P1M;workday=-1", "2026-10-01", "2026-10-31", "2026-10", "2026-10-01", "2026-10-31", "2026-10-30"),
        ("P1M;workday=-3", "2026-02-01", "2026-02-28", "2026-02", "2026-02-01", "2026-02-28", "2026-02-26"),
        # February 2026 has 16 working days, two of them Saturdays
        ("P1M;workday=16", "2026-02-01", "2026-02-28", "2026-02", "2026-02-01", "2026-02-28", "2026-02-28"),
        ("P1M;workday=20", "2026-02-01", "2026-02-28", "2026-02", "2026-02-01", "2026-02-28", "2026-02-28"),
        ("P1M;workday=-20", "2026-02-01", "2026-02-28", "2026-02", "2026-02-01", "2026-02-28", "2026-02-02"),
        ("P1W;weekday=5", "2026-10-09", "2026-10-09", "2026-W41", "2026-10-05", "2026-10-11", "2026-10-09"),
        ("P1W;weekday=7", "2027-01-03", "2027-01-03", "2026-W53", "2026-12-28", "2027-01-03", "2027-01-03"),
        ("P1Y;by=01-31", "2026-01-01", "2026-12-31", "2026", "2026-01-01", "2026-12-31", "2026-01-31"),
        ("P1Y;by=02-29", "2026-01-01", "2026-12-31", "2026", "2026-01-01", "2026-12-31", "2026-02-28"),
        ("P1Y;by=02-29", "2028-01-01", "2028-12-31", "2028", "2028-01-01", "2028-12-31", "2028-02-29"),
        ("P1M;after=15D", "2026-02-15", "2026-02-15", "2026-01", "2026-01-01", "2026-01-31", "2026-02-15"),
        ("P1M;after=15D", "2026-01-01", "2026-01-31", "2025-12", "2025-12-01", "2025-12-31", "2026-01-15"),
        ("P3M;after=10WD", "2026-10-01", "2026-10-31", "2026-Q3", "2026-07-01", "2026-09-30", "2026-10-20"),
        ("P1M;after=10WD", "2026-02-13", "2026-02-15", "2026-01", "2026-01-01", "2026-01-31", "2026-02-13"),
        ("P1Y;after=3M", "2026-03-01", "2026-03-31", "2025", "2025-01-01", "2025-12-31", "2026-03-31"),
        ("P6M;after=2M", "2026-08-01", "2026-08-31", "2026-H1", "2026-01-01", "2026-06-30", "2026-08-30"),
        ("P1Y;after=2M", "2026-02-01", "2026-02-28", "2025", "2025-01-01", "2025-12-31", "2026-02-28"),
        ("P1Y;after=2W", "2026-01-01", "2026-01-31", "2025", "2025-01-01", "2025-12-31", "2026-01-14"),
    ]  # fmt: skip
    for value, start, end, *expected in cases:
        (one,) = listed(value, start, end)
        period = one.period
        found = [period.key, *map(str, (period.first, period.last, one.due_on))]
        assert found == expected, value


def test_months_ends_do_not_drift() -> None:
    found = [str(one.due_on) for one in listed("P1M", "2026-01-01", "2026-06-30")]
    assert [text[5:] for text in found] == ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]


def test_the_thirtieth_comes_back_after_february() -> None:
    found = [str(one.due_on)[5:] for one in listed("P1M;day=30", "2026-01-01", "2026-04-30")]
    assert found == ["01-30", "02-28", "03-30", "04-30"]


def test_weeks_carry_the_iso_year() -> None:
    found = [one.period.key for one in listed("P1W", "2026-12-21", "2027-01-17")]
    assert found == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]


def test_what_does_not_divide_the_year_counts_from_the_duty() -> None:
    cases = [
        # value, anchor, due days from 2026-01-01 to 2026-02-10
        ("P2W", "2026-01-07", ["2026-01-04", "2026-01-18", "2026-02-01"]),
        ("P2W", "2026-01-14", ["2026-01-11", "2026-01-25", "2026-02-08"]),
        ("P10D", "2026-01-03", ["2026-01-02", "2026-01-12", "2026-01-22", "2026-02-01"]),
        ("P5D", "2026-01-29", ["2026-01-03", "2026-01-08", "2026-01-13", "2026-01-18", "2026-01-23", "2026-01-28", "2026-02-02", "2026-02-07"]),
    ]  # fmt: skip
    for value, anchor, expected in cases:
        found = [str(one.due_on) for one in listed(value, "2026-01-01", "2026-02-10", anchor)]
        assert found == expected, (value, anchor)


def test_five_months_go_on_over_the_years_end() -> None:
    found = listed("P5M", "2026-01-01", "2027-12-31", anchor="2026-03-09")
    assert [(one.period.key, str(one.due_on)) for one in found] == [
        ("2025-10/P5M", "2026-02-28"),
        ("2026-03/P5M", "2026-07-31"),
        ("2026-08/P5M", "2026-12-31"),
        ("2027-01/P5M", "2027-05-31"),
        ("2027-06/P5M", "2027-10-31"),
    ]


def test_two_years_count_from_the_duty() -> None:
    found = [str(one.due_on) for one in listed("P2Y", "2026-01-01", "2030-01-01", "2026-01-01")]
    assert found == ["2027-12-31", "2029-12-31"]


def test_every_working_day_leaves_the_national_holiday_out() -> None:
    found = [str(one.due_on) for one in listed("1WD", "2026-09-29", "2026-10-12")]
    assert found == ["2026-09-29", "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12"]  # fmt: skip


def test_three_working_days_go_on_through_the_national_holiday() -> None:
    found = listed("3WD", "2026-09-28", "2026-10-13", anchor="2026-09-28")
    assert [(str(one.period.first), str(one.due_on)) for one in found] == [
        ("2026-09-28", "2026-09-30"),
        ("2026-10-08", "2026-10-10"),
    ]


def test_a_rhythm_in_working_days_begins_on_the_next_one_when_the_duty_begins_on_a_holiday() -> (
    None
):
    found = listed("2WD", "2026-10-01", "2026-10-12", anchor="2026-10-03")
    assert [one.period.key for one in found] == ["2026-10-08/2WD", "2026-10-10/2WD"]
    assert period_of(Amount.parse("2WD"), day("2026-10-03"), day("2026-10-03"), CALENDAR).first == (
        day("2026-10-08")
    )


def test_hours_are_no_rhythm_of_days() -> None:
    with pytest.raises(ValueError, match="not an amount of calendar days"):
        shifted(Amount(5, Measure.HOUR), day("2026-01-01"))


def test_an_amount_beyond_the_year_9999_is_refused_in_words() -> None:
    for text in ("P99Y", "P9999D"):
        with pytest.raises(OutsideCalendar, match="超出工作日历"):
            shifted(Amount.parse(text), date(9990, 1, 1))


# The slow reference: a step at a time through all periods of the years.

FROM, TO = date(2025, 1, 1), date(2028, 12, 31)
ANCHORS = st.dates(date(2025, 1, 1), date(2028, 6, 30))
DAYS = st.dates(date(2026, 6, 1), date(2027, 12, 31))
EVERY = st.sampled_from(
    ["P1D", "P5D", "P10D", "P1W", "P2W", "P3W", "P1M", "P2M", "P3M", "P4M", "P5M", "P6M", "P7M", "P1Y", "1WD", "2WD", "3WD", "7WD"]
)  # fmt: skip


WORKING = [
    one for one in (date(2023, 1, 1) + n * DAY for n in range(2600)) if CALENDAR.is_workday(one)
]


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    every = draw(EVERY)
    options = [""]
    if not every.endswith("WD"):
        options += [
            ";after=1D",
            ";after=40D",
            ";after=1WD",
            ";after=12WD",
            ";after=2M",
            ";after=1W",
        ]
    if every.endswith(("M", "Y")):
        options += [";day=1", ";day=29", ";day=31"]
    if every == "P1M":
        options += [f";workday={number}" for number in (1, 5, 16, 23, -1, -3, -23)]
    if every == "P1W":
        options += [f";weekday={number}" for number in range(1, 8)]
    if every == "P1Y":
        options += [";by=01-31", ";by=02-29", ";by=12-31"]
    return Rhythm.parse(every + draw(st.sampled_from(options)))


def beginnings(every: Amount, anchor: date) -> Iterator[date]:
    """First days of periods from long before FROM to after TO, in order."""
    number, measure = every.number, every.measure
    if measure is Measure.WORKING_DAY:
        anchored = next(n for n, one in enumerate(WORKING) if one >= anchor)
        yield from WORKING[anchored % number :: number]
    elif measure in (Measure.DAY, Measure.WEEK):
        length = number * (7 if measure is Measure.WEEK else 1)
        first = anchor - anchor.weekday() * DAY if measure is Measure.WEEK else anchor
        while first > date(2023, 6, 1):
            first -= length * DAY
        while first <= date(2029, 6, 1):
            yield first
            first += length * DAY
    else:
        months = number * (12 if measure is Measure.YEAR else 1)
        origin = date(2000, 1, 1) if 12 % months == 0 else anchor.replace(day=1) - relativedelta(months=months * 30)  # fmt: skip
        for n in range(2000):
            first = origin + relativedelta(months=months * n)
            if first > date(2030, 1, 1):
                return
            if first >= date(2023, 1, 1):
                yield first


def slow(rhythm: Rhythm, start: date, end: date, anchor: date) -> list[tuple[date, date]]:
    found = []
    for first, following in pairwise(beginnings(rhythm.every, anchor)):
        last = following - DAY
        if not start - 800 * DAY <= first <= end:
            continue
        if rhythm.every.measure is Measure.WORKING_DAY:
            last = CALENDAR.on_or_before(last)
        due = slow_due(rhythm, first, last)
        if start <= due <= end:
            found.append((first, due))
    return found


def slow_due(rhythm: Rhythm, first: date, last: date) -> date:
    if rhythm.by:
        month, number = rhythm.by
        return date(first.year, month, min(number, 28 if month == 2 and first.year % 4 else 31))
    if rhythm.weekday:
        return next(first + n * DAY for n in range(7) if (first + n * DAY).isoweekday() == rhythm.weekday)  # fmt: skip
    if rhythm.workday:
        days = [one for one in WORKING if first <= one <= last]
        ordered = days if rhythm.workday > 0 else days[::-1]
        return [*ordered, *[ordered[-1]] * 23][abs(rhythm.workday) - 1]
    if rhythm.day:
        due = last
        while due.day > rhythm.day:
            due -= DAY
        return due
    if rhythm.after is None:
        return last
    if rhythm.after.measure is Measure.MONTH:
        wanted = last.year * 12 + last.month - 1 + rhythm.after.number
        due = date(wanted // 12, wanted % 12 + 1, min(last.day, 28))
        while due.day < last.day and (due + DAY).day != 1:
            due += DAY
        return due
    left = rhythm.after.number * (7 if rhythm.after.measure is Measure.WEEK else 1)
    due = last
    while left:
        due += DAY
        left -= rhythm.after.measure is not Measure.WORKING_DAY or CALENDAR.is_workday(due)
    return due


@given(rhythms(), DAYS, st.integers(0, 500), ANCHORS)
@settings(max_examples=250, deadline=None)
def test_the_occurrences_are_those_of_the_slow_reference(
    rhythm: Rhythm, start: date, length: int, anchor: date
) -> None:
    end = start + length * DAY
    found = list(occurrences(rhythm, start, end, anchor, CALENDAR))
    assert [(one.period.first, one.due_on) for one in found] == slow(rhythm, start, end, anchor)
    keys = [one.period.key for one in found]
    assert len(keys) == len(set(keys))
    for one in found:
        assert one.due_on == due_day(rhythm, one.period, CALENDAR)
        assert one.due_on - one.period.first <= span(rhythm)


@given(rhythms(), DAYS, st.integers(1, 300), st.integers(0, 300), ANCHORS)
@settings(max_examples=60, deadline=None)
def test_two_stretches_owe_what_one_stretch_owes(
    rhythm: Rhythm, start: date, first: int, second: int, anchor: date
) -> None:
    middle, end = start + first * DAY, start + (first + second) * DAY
    halves = [
        *occurrences(rhythm, start, middle - DAY, anchor, CALENDAR),
        *occurrences(rhythm, middle, end, anchor, CALENDAR),
    ]
    assert halves == list(occurrences(rhythm, start, end, anchor, CALENDAR))


@given(EVERY, DAYS, ANCHORS)
@settings(max_examples=60, deadline=None)
def test_periods_tile_the_calendar(text: str, start: date, anchor: date) -> None:
    every = Amount.parse(text)
    period, keys = period_of(every, start, anchor, CALENDAR), set()
    for _ in range(4):
        keys.add(period.key)
        assert period.first <= period.last
        middle = period.first + (period.last - period.first) // 2
        for inside in (period.last, middle, period.first):
            assert every.measure is Measure.WORKING_DAY or (
                period_of(every, inside, anchor, CALENDAR) == period
            )
        following = period_of(every, period.last + DAY, anchor, CALENDAR)
        gap = range(1, (following.first - period.last).days)
        if every.measure is Measure.WORKING_DAY:
            assert not any(CALENDAR.is_workday(period.last + n * DAY) for n in gap)
            assert CALENDAR.count(period.first - DAY, period.last) == every.number
        else:
            assert not gap
        period = following
    assert len(keys) == 4
