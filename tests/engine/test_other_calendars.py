"""Every day 2004-2026 against a second, independent library."""

from datetime import date, timedelta

import pytest

from engine.workdays import work_calendar

holidays = pytest.importorskip("holidays", reason="holidays is a test dependency: make setup")

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
# Days on which the two differ, and why. None is known for 2007-2026.
DIFFERENCES: dict[date, str] = {}


def test_every_day_is_as_in_the_other_library() -> None:
    theirs = holidays.China(years=range(FIRST.year, LAST.year + 1))
    ours = work_calendar()
    days = (FIRST + timedelta(k) for k in range((LAST - FIRST).days + 1))
    found = {day for day in days if ours.is_workday(day) != theirs.is_working_day(day)}
    assert found == set(DIFFERENCES)
