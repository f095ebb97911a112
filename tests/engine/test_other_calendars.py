"""Every day 2004-2026 against a second, independent library."""

from datetime import date, timedelta

import pytest

from engine.workdays import work_calendar

holidays = pytest.importorskip("holidays", reason="holidays is a test dependency: make setup")

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
# Days on which the two differ, and why.
AS_FIRST_ANNOUNCED = "holidays has 2019 as first announced, without the change of 2019-03-22"
DIFFERENCES = {
    date(
        2005, 12, 31
    ): "holidays has it as a make-up day of 元旦 2006, chinese-calendar as a day off",
    date(2019, 4, 28): AS_FIRST_ANNOUNCED,
    date(2019, 5, 2): AS_FIRST_ANNOUNCED,
    date(2019, 5, 3): AS_FIRST_ANNOUNCED,
    date(2019, 5, 5): AS_FIRST_ANNOUNCED,
}


def test_every_day_is_as_in_the_other_library() -> None:
    theirs = holidays.China(years=range(FIRST.year, LAST.year + 1))
    ours = work_calendar()
    days = (FIRST + timedelta(k) for k in range((LAST - FIRST).days + 1))
    found = {day for day in days if ours.is_workday(day) != theirs.is_working_day(day)}
    assert found == set(DIFFERENCES)
