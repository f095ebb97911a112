"""Statutory days and 补假, against the law's own counts and against what was announced."""

from datetime import date

import chinese_calendar
import pytest

from engine.announced_years import built_in_notices
from engine.errors import OutsideCalendar
from engine.statutory import days_in_lieu, days_off, plausible_shifts, statutory_days

MEASURED = range(2008, 2027)
ALL_YEARS = range(2008, 2101)
YEARLY = [one for one in built_in_notices() if one.whole and one.year in MEASURED]


@pytest.mark.parametrize("year", MEASURED)
def test_each_statutory_day_is_off(year: int) -> None:
    assert [day for day in statutory_days(year) if chinese_calendar.is_workday(day.date)] == []


def test_days_in_lieu_are_off_but_where_a_notice_gave_another_day() -> None:
    days = [day.date for year in MEASURED for day in days_in_lieu(year)]
    worked = [day for day in days if chinese_calendar.is_workday(day)]
    # 2012: the Friday before; 2015: joined to 国庆节.
    assert worked == [date(2012, 6, 25), date(2015, 9, 28)]
    assert len(days) > 50


def test_the_estimate_has_the_number_of_days_off_that_the_law_gives() -> None:
    for year in ALL_YEARS:
        given = 13 if year >= 2025 else 11
        assert len(statutory_days(year)) == given
        # Each holiday costs one weekday, its own or the one in lieu.
        assert sum(day.weekday() < 5 for day in days_off(year)) == given, year


def test_notices_give_as_many_weekdays_as_the_law() -> None:
    """Days off on weekdays less make-up days: the check of 'a notice is complete'. The amendments of
    2015 and 2020 are not among them, and gave one and two more."""
    assert {notice.year for notice in YEARLY} == set(MEASURED)
    for notice in YEARLY:
        off = sum(not day.workday and day.date.weekday() < 5 for day in notice.days)
        worked = sum(day.workday for day in notice.days)
        assert off - worked == (13 if notice.year >= 2025 else 11), notice.year


def test_statutory_days_of_2027() -> None:
    found = [day.date.isoformat()[5:] for day in statutory_days(2027)]
    assert found == [
        *("01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02"),
        *("06-09", "09-15", "10-01", "10-02", "10-03"),
    ]


def test_days_in_lieu_of_2027() -> None:
    found = [(day.date.isoformat()[5:], day.name, day.article) for day in days_in_lieu(2027)]
    assert found == [
        ("02-09", "春节", "第六条"),
        ("02-10", "春节", "第六条"),
        ("05-03", "劳动节", "第六条"),
        ("05-04", "劳动节", "第六条"),
        ("10-04", "国庆节", "第六条"),
        ("10-05", "国庆节", "第六条"),
    ]


@pytest.mark.parametrize(
    ("year", "first_of_spring_festival"),
    [
        (2013, date(2013, 2, 9)),  # 除夕
        (2014, date(2014, 1, 31)),  # 初一
        (2024, date(2024, 2, 10)),
        (2025, date(2025, 1, 28)),  # 除夕 again, and four days
    ],
)
def test_the_text_in_force_says_where_spring_festival_begins(
    year: int, first_of_spring_festival: date
) -> None:
    days = [day.date for day in statutory_days(year) if day.name == "春节"]
    assert days[0] == first_of_spring_festival
    assert len(days) == (4 if year >= 2025 else 3)


def test_two_holidays_on_one_day_give_one_more() -> None:
    # 2020-10-01 was 国庆节 and 中秋节; 10-03 was a Saturday.
    assert [day.date for day in days_in_lieu(2020) if day.date.month == 10] == [
        date(2020, 10, 5),
        date(2020, 10, 6),
    ]


def test_tomb_sweeping_day_of_2100_is_not_by_the_formula() -> None:
    days = {day.name: day.date for year in (2099, 2100) for day in statutory_days(year)}
    assert days["清明节"] == date(2100, 4, 5)


def test_lunar_festivals_stay_in_their_season() -> None:
    for year in ALL_YEARS:
        first = {day.name: day.date for day in reversed(statutory_days(year))}
        assert date(year, 1, 20) <= first["春节"] <= date(year, 2, 21)
        assert date(year, 5, 27) <= first["端午节"] <= date(year, 6, 25)
        assert date(year, 9, 7) <= first["中秋节"] <= date(year, 10, 8)
        # 正月初一, 五月初五 and 八月十五 are whole lunar months apart, give or take a leap month.
        assert (first["中秋节"] - first["端午节"]).days in (*range(97, 101), *range(126, 130))


@pytest.mark.parametrize("year", ALL_YEARS)
def test_shifts_never_touch_a_statutory_day(year: int) -> None:
    shifts, statutory = plausible_shifts(year), {day.date for day in statutory_days(year)}
    assert not statutory & (shifts.off | shifts.worked)
    assert all(day.weekday() < 5 for day in shifts.off)
    assert min(shifts.off | shifts.worked) > date(year - 1, 12, 20)


def test_what_notices_moved_was_plausible() -> None:
    for notice in YEARLY:
        shifts, expected = plausible_shifts(notice.year), set(days_off(notice.year))
        worked = {day.date for day in notice.days if day.workday}
        off = {day.date for day in notice.days if not day.workday and day.date.weekday() < 5}
        assert off - expected <= shifts.off
        assert worked <= shifts.worked


def test_the_last_announced_year_is_the_last_that_chinese_calendar_knows() -> None:
    last = YEARLY[-1].year
    assert chinese_calendar.is_holiday(date(last, 10, 1))
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_holiday(date(last + 1, 10, 1))


@pytest.mark.parametrize("year", [2007, 2101])
def test_a_year_without_a_table_is_refused(year: int) -> None:
    with pytest.raises(OutsideCalendar, match="2008年至2100年"):
        statutory_days(year)
