"""Due dates: the table of the counting rules, the vectors, and what must always hold."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.due_dates import Due, due, on_day
from engine.errors import NoDate, OutsideCalendar
from engine.event_clocks import governing
from engine.instants import day_of, end_of, local_day, local_iso, parse_event, start_of
from engine.workdays import WorkCalendar
from rules.terms import Term
from tests.builders import CALENDAR, calendar_through, day

DAY = timedelta(days=1)


def computed(kind: str, value: str, event: str) -> Due:
    return due(Term.parse(kind, value), parse_event(event), CALENDAR)


def test_limits_end_on_their_days() -> None:
    cases = [
        # kind,        value,  event,        due_on,       act_by
        ("after_event", "20WD", "2026-03-02", "2026-03-30", "2026-03-30"),
        ("after_event", "20WD", "2026-03-18", "2026-04-16", "2026-04-16"),  # 补正: begun anew
        ("after_event", "30WD", "2017-03-09", "2017-04-21", "2017-04-21"),
        ("after_event", "7WD", "2019-04-22", "2019-04-30", "2019-04-30"),
        ("after_event", "5WD", "2020-01-22", "2020-02-06", "2020-02-06"),
        ("after_event", "1WD", "2026-10-03", "2026-10-08", "2026-10-08"),  # begun on a day off
        ("after_event", "2WD", "2026-10-03", "2026-10-09", "2026-10-09"),
        ("after_event", "3WD", "2026-10-08", "2026-10-12", "2026-10-12"),  # over a working Saturday
        ("after_event", "1WD", "2026-10-09", "2026-10-10", "2026-10-10"),
        # days roll to the first working day after; a make-up Saturday stays
        ("after_event", "P20D", "2026-01-28", "2026-02-24", "2026-02-14"),
        ("after_event", "P7D", "2026-10-03", "2026-10-10", "2026-10-10"),
        ("after_event", "P8D", "2026-10-03", "2026-10-12", "2026-10-10"),
        ("after_event", "P1D", "2026-03-02", "2026-03-03", "2026-03-03"),
        ("after_event", "P2W", "2026-03-02", "2026-03-16", "2026-03-16"),
        # months end on the corresponding day, else on the month's last
        ("after_event", "P1M", "2026-01-31", "2026-02-28", "2026-02-28"),  # works: make-up day
        ("after_event", "P1M", "2025-01-31", "2025-02-28", "2025-02-28"),
        ("after_event", "P1M", "2024-01-31", "2024-02-29", "2024-02-29"),
        ("after_event", "P3M", "2025-11-30", "2026-02-28", "2026-02-28"),
        ("after_event", "P1M", "2026-03-31", "2026-04-30", "2026-04-30"),
        ("after_event", "P1Y", "2024-02-29", "2025-02-28", "2025-02-28"),
        ("after_event", "P4Y", "2020-02-29", "2024-02-29", "2024-02-29"),
        ("after_event", "P1M", "2026-09-05", "2026-10-08", "2026-09-30"),
        ("window", "P2Y", "2024-03-04", "2026-03-04", "2026-03-04"),
        # no working day is left before the last day: then the day it rolls to
        ("after_event", "P3D", "2026-02-16", "2026-02-24", "2026-02-24"),
        ("after_event", "P3D", "2026-02-14", "2026-02-24", "2026-02-14"),
        # backwards nothing rolls, and one acts before the holiday
        ("before_event", "P7D", "2026-10-12", "2026-10-05", "2026-09-30"),
        ("before_event", "10WD", "2026-10-12", "2026-09-21", "2026-09-21"),
        ("before_event", "1WD", "2026-10-08", "2026-09-30", "2026-09-30"),
        ("before_event", "P1M", "2026-03-31", "2026-02-28", "2026-02-28"),
        ("before_event", "", "2026-10-05", "2026-10-05", "2026-09-30"),
        ("simultaneous", "", "2026-03-30", "2026-03-30", "2026-03-30"),
        ("simultaneous", "", "2026-10-04T23:59", "2026-10-04", "2026-09-30"),
        # of several limits the one whose date comes first, or last
        ("after_event", "earlier(20WD,P1M)", "2026-09-14", "2026-10-14", "2026-10-14"),
        ("after_event", "later(20WD,P1M)", "2026-09-14", "2026-10-16", "2026-10-16"),
        ("after_event", "earlier(20WD,P1M)", "2026-03-02", "2026-03-30", "2026-03-30"),
        ("after_event", "earlier(P8D,P9D)", "2026-10-03", "2026-10-12", "2026-10-10"),
        ("before_event", "earlier(P7D,5WD)", "2026-10-12", "2026-09-29", "2026-09-29"),
        ("before_event", "later(P7D,5WD)", "2026-10-12", "2026-10-05", "2026-09-30"),
        # a fixed date does not move
        ("fixed_deadline", "2026-01-31", "2026-01-01", "2026-01-31", "2026-01-30"),
        ("fixed_deadline", "2017-12-31", "2017-01-01", "2017-12-31", "2017-12-29"),
        ("periodic", "P1Y;by=01-31", "2026-07-01", "2026-01-31", "2026-01-30"),
        ("periodic", "P1M", "2026-10-03", "2026-10-31", "2026-10-30"),
        ("periodic", "1WD", "2026-10-03", "2026-10-08", "2026-10-08"),
        ("periodic", "P1M;workday=5", "2026-10-20", "2026-10-13", "2026-10-13"),
        ("periodic", "P1M;workday=-1", "2026-10-20", "2026-10-30", "2026-10-30"),
        ("periodic", "P1M;after=10WD", "2026-09-15", "2026-10-20", "2026-10-20"),
    ]  # fmt: skip
    for kind, value, event, due_on, act_by in cases:
        found = computed(kind, value, event)
        expected = Due(day(due_on), None, day(act_by), False, day(due_on), day(due_on))
        assert found == expected, (kind, value, event)


def test_hours_run_through_nights_and_holidays() -> None:
    cases = [
        # hours,  event,                     due_at
        ("PT5H", "2026-10-01T22:40+08:00", "2026-10-02T03:40:00+08:00"),
        ("PT24H", "2026-10-01T22:40+08:00", "2026-10-02T22:40:00+08:00"),
        ("PT24H", "2026-10-01T22:40", "2026-10-02T22:40:00+08:00"),
        ("PT5H", "2026-10-01T14:40Z", "2026-10-02T03:40:00+08:00"),
        ("PT1H", "2026-12-31T23:00", "2027-01-01T00:00:00+08:00"),
        ("PT1H", "2026-12-31T22:59:59", "2026-12-31T23:59:59+08:00"),
        ("PT24H", "2028-02-28T12:00", "2028-02-29T12:00:00+08:00"),
    ]
    for hours, event, due_at in cases:
        found = computed("after_event", hours, event)
        assert local_iso(found.due_at) == due_at
        on = day(due_at[:10])
        assert found == Due(on, found.due_at, on, False, on, on)


def test_hours_are_real_hours_where_clocks_are_put_forward() -> None:
    event = datetime(2026, 3, 8, 1, 0, tzinfo=ZoneInfo("America/New_York"))
    found = due(Term.parse("after_event", "PT5H"), event, CALENDAR)
    assert found.due_at == datetime(2026, 3, 8, 11, 0, tzinfo=UTC)


def test_hours_from_a_day_without_a_time_are_refused() -> None:
    for text in ("2026-10-01", "20261001"):
        with pytest.raises(NoDate, match="须给出事由的时刻"):
            computed("after_event", "PT5H", text)


def test_a_minute_before_midnight_and_a_minute_after_are_two_days() -> None:
    cases = [
        # event,                    day in Shanghai, 20 working days later
        ("2026-03-02T23:59+08:00", "2026-03-02", "2026-03-30"),
        ("2026-03-03T00:01+08:00", "2026-03-03", "2026-03-31"),
        ("2026-03-02T15:59Z", "2026-03-02", "2026-03-30"),
        ("2026-03-02T16:00Z", "2026-03-03", "2026-03-31"),  # already tomorrow in Shanghai
        ("2026-03-02T11:01-05:00", "2026-03-03", "2026-03-31"),
    ]
    for event, legal_day, expected in cases:
        assert day_of(parse_event(event)) == day(legal_day)
        assert computed("after_event", "20WD", event).due_on == day(expected), event


def test_a_day_ends_at_midnight_in_shanghai() -> None:
    assert start_of(day("2026-03-02")) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert end_of(day("2026-03-02")) == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert local_day(end_of(day("2026-03-02"))) == day("2026-03-03")


def test_a_term_without_a_number_gives_no_date() -> None:
    for kind, value in (
        ("vague_periodic", ""),
        ("vague_prompt", ""),
        ("continuous", ""),
        ("statutory_reference", ""),
        ("after_event", ""),
        ("periodic", "P1M|P3M"),
        ("periodic", "P5D;season=收购旺季"),
    ):
        with pytest.raises(NoDate, match="口径"):
            computed(kind, value, "2026-03-02")


def test_a_count_into_a_year_without_a_notice_is_provisional() -> None:
    found = computed("after_event", "20WD", "2026-12-15")
    assert found.due_on == day("2027-01-13")
    assert found.provisional
    assert found.earliest <= found.due_on <= found.latest
    assert found.act_by <= found.earliest


def test_what_ends_before_the_uncertain_days_is_not_provisional() -> None:
    assert not computed("after_event", "20WD", "2026-11-20").provisional  # ends on 12-18
    assert computed("after_event", "20WD", "2026-11-24").provisional


def test_a_day_that_may_become_a_holiday_says_how_late_it_may_get() -> None:
    found = computed("after_event", "P1W", "2027-09-29")  # into 国庆节, or after a short one
    assert found.provisional
    assert found.earliest == day("2027-10-06")
    assert found.latest == day("2027-10-08")
    assert day("2027-09-29") <= found.act_by <= day("2027-09-30")


def test_the_nth_working_day_of_a_month_without_a_notice_is_provisional() -> None:
    found = computed("periodic", "P1M;workday=5", "2027-10-20")
    assert found.provisional
    assert day("2027-10-07") <= found.earliest <= found.due_on <= found.latest
    assert found.act_by <= found.earliest
    short = computed("periodic", "P1M;workday=23", "2027-02-20")
    assert short.earliest <= short.due_on <= short.latest <= day("2027-02-28")


def test_a_fixed_date_in_an_unannounced_year_stays_and_is_provisional() -> None:
    found = on_day(day("2027-01-31"), CALENDAR)
    assert (found.due_on, found.earliest, found.latest) == (day("2027-01-31"),) * 3
    assert found.provisional
    assert found.act_by < day("2027-01-31")


def test_working_days_after_a_period_may_end_earlier_than_estimated() -> None:
    found = computed("periodic", "P3M;after=10WD", "2027-08-15")
    assert found.provisional
    assert found.earliest < found.due_on < found.latest
    assert found.act_by <= found.earliest


def test_a_date_beyond_the_calendar_is_refused_and_not_guessed() -> None:
    for kind, value, event in (
        ("after_event", "P99Y", "2026-03-02"),
        ("after_event", "P99Y", "9950-01-01"),
        ("before_event", "P9999D", "0009-01-01"),
        ("simultaneous", "", "2101-01-01"),
        ("after_event", "1WD", "2003-12-31"),
    ):
        with pytest.raises(OutsideCalendar):
            computed(kind, value, event)


def test_a_day_in_any_spelling_is_a_day() -> None:
    for text in ("2026-03-02", "20260302", "2026-W10-1"):
        assert parse_event(text) == date(2026, 3, 2)
        assert not isinstance(parse_event(text), datetime)


def test_what_is_no_day_and_no_instant_is_refused() -> None:
    for text in (
        "",
        "2026-02-30",
        "2026-13-01",
        "昨天",
        "2026-03-02T25:00",
        "1767225600",
        "2026-3-2",
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            parse_event(text)


SCRIPT = """
import time
from engine.due_dates import due
from engine.instants import local_iso, parse_event
from engine.workdays import work_calendar
from rules.terms import Term
for value, event in (("20WD", "2026-03-02T16:00Z"), ("PT5H", "2026-10-01T22:40"), ("P1M", "2026-01-30T16:30Z")):
    found = due(Term.parse("after_event", value), parse_event(event), work_calendar())
    print(found.due_on, local_iso(found.due_at))
"""


def test_the_zone_of_the_process_changes_nothing() -> None:
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        environment = {**os.environ, "TZ": zone}
        answer = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
        )  # fmt: skip
        assert answer.stdout.splitlines() == [
            "2026-03-31 None",
            "2026-10-02 2026-10-02T03:40:00+08:00",
            "2026-02-28 None",
        ]


AMOUNTS = st.sampled_from(["1WD", "5WD", "20WD", "60WD", "P1D", "P3D", "P7D", "P20D", "P2W", "P1M", "P6M", "P1Y"])  # fmt: skip
EVENTS = st.dates(date(2008, 1, 1), date(2029, 12, 31))
CALENDARS = st.sampled_from([CALENDAR, calendar_through(2019)])


@given(AMOUNTS, EVENTS, CALENDARS)
@settings(deadline=None)
def test_a_limit_is_between_its_bounds_and_the_day_to_act_is_safe(
    value: str, event: date, calendar: WorkCalendar
) -> None:
    found = due(Term.parse("after_event", value), event, calendar)
    assert event < found.due_on
    assert calendar.is_workday(found.due_on)
    assert calendar.is_workday(found.act_by)
    assert found.earliest <= found.due_on <= found.latest
    assert event <= found.act_by <= found.due_on
    assert found.provisional or found.earliest == found.due_on == found.latest


@given(AMOUNTS, EVENTS)
@settings(deadline=None)
def test_no_later_notice_moved_what_was_certain_in_2019(value: str, event: date) -> None:
    before = due(Term.parse("after_event", value), event, calendar_through(2019))
    after = due(Term.parse("after_event", value), event, CALENDAR)
    if not before.provisional:
        assert before == after


@given(st.sampled_from(["1WD", "5WD", "20WD", "P1D", "P7D", "P1M"]), EVENTS)
@settings(deadline=None)
def test_a_date_before_an_event_leaves_the_whole_time(value: str, event: date) -> None:
    found = due(Term.parse("before_event", value), event, CALENDAR)
    assert found.act_by <= found.due_on < event
    if value.endswith("WD") and not found.provisional:
        # From the day after the due day to the event's eve: the number less the due day itself.
        assert CALENDAR.count(found.due_on - DAY, event - DAY) == int(value[:-2])


@settings(deadline=None, max_examples=200)
@given(
    options=st.lists(
        st.sampled_from(["1WD", "20WD", "P7D", "P20D", "P1M", "P3M;roll=no"]),
        min_size=2,
        max_size=4,
        unique=True,
    ),
    event=st.dates(date(2015, 1, 1), date(2027, 12, 1)),
)
def test_of_several_limits_each_bound_is_that_of_their_bounds(
    options: list[str], event: date
) -> None:
    each = [due(Term.parse("after_event", one), event, CALENDAR) for one in options]
    for word, choose in (("earlier", min), ("later", max)):
        term = Term.parse("after_event", f"{word}({','.join(options)})")
        found = due(term, event, CALENDAR)
        assert found.due_on == choose(one.due_on for one in each)
        assert found.earliest == choose(one.earliest for one in each)
        assert found.latest == choose(one.latest for one in each)
        assert found.earliest <= found.due_on <= found.latest
        assert due(governing(term, event, (), CALENDAR), event, CALENDAR).due_on == found.due_on
