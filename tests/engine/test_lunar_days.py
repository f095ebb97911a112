"""Lunar days: the table of months agrees with those of the festivals, and with printed days."""

from datetime import date, timedelta

import pytest

from engine.lunar_days import date_of_lunar
from engine.regional_festivals import FESTIVALS
from engine.statutory import (
    DRAGON_BOAT,
    FIRST_YEAR,
    LAST_YEAR,
    MID_AUTUMN,
    SPRING,
    lunar_day,
)


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_the_months_agree_with_the_festivals(year: int) -> None:
    firsts = {one.name: one.firsts(year) for one in FESTIVALS}
    assert date_of_lunar(year, 1, 1) == lunar_day(SPRING, year)
    assert date_of_lunar(year, 5, 5) == lunar_day(DRAGON_BOAT, year)
    assert date_of_lunar(year, 8, 15) == lunar_day(MID_AUTUMN, year)
    assert (date_of_lunar(year, 3, 3),) == firsts["三月三"]
    assert (date_of_lunar(year, 6, 24),) == firsts["火把节"]


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR))
def test_a_lunar_year_ends_on_the_eve_of_the_next(year: int) -> None:
    last = date_of_lunar(year, 12, 30) or date_of_lunar(year, 12, 29)
    assert last == lunar_day(SPRING, year + 1) - timedelta(1)


@pytest.mark.parametrize(
    ("lunar", "day"),
    [
        ((2025, 12, 28), date(2026, 2, 15)),  # 2月15日（农历腊月二十八）, the notice for 2026
        ((2020, 1, 9), date(2020, 2, 2)),
        ((2025, 12, 30), None),  # a month of 29 days
        ((2008, 13, 1), None),
        ((2007, 12, 29), None),
        ((2101, 1, 1), None),
    ],
)
def test_a_day(lunar: tuple[int, int, int], day: date | None) -> None:
    assert date_of_lunar(*lunar) == day
