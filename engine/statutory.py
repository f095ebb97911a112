"""The days off that the regulation itself gives, for years without a notice (放假通知).

《全国年节及纪念日放假办法》: article 2 names the days, article 6 adds: "全体公民放假的假日，如果适逢
周六、周日，应当在工作日补假。" Which working day that is, only a notice says; here it is the next one.
What a notice may move beyond that (调休) is measured, not written: see `plausible_shifts`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from engine.errors import OutsideCalendar

FIRST_YEAR = 2008  # the text of 2007-12-14 brought 清明, 端午 and 中秋
LAST_YEAR = 2100

# Month and day of 春节 (正月初一), 端午 (五月初五) and 中秋 (八月十五), one line a decade. Made once with
# lunar-python 1.4.8 and compared with borax 4.1.3: all 279 agree but 中秋 2089, where the new moon
# of 4 September falls at 23:57; lunar-python, cnlunar and an ephemeris say 09-18, borax 09-19.
SPRING = """
                                        0207 0126
0214 0203 0123 0210 0131 0219 0208 0128 0216 0205
0125 0212 0201 0122 0210 0129 0217 0206 0126 0213
0203 0123 0211 0131 0219 0208 0128 0215 0204 0124
0212 0201 0122 0210 0130 0217 0206 0126 0214 0202
0123 0211 0201 0219 0208 0128 0215 0204 0124 0212
0202 0121 0209 0129 0217 0205 0126 0214 0203 0123
0211 0131 0219 0207 0127 0215 0205 0124 0212 0202
0122 0209 0129 0217 0206 0126 0214 0203 0124 0210
0130 0218 0207 0127 0215 0205 0125 0212 0201 0121
0209
"""
DRAGON_BOAT = """
                                        0608 0528
0616 0606 0623 0612 0602 0620 0609 0530 0618 0607
0625 0614 0603 0622 0610 0531 0619 0609 0528 0616
0605 0624 0612 0601 0620 0610 0530 0618 0607 0527
0614 0603 0622 0611 0531 0619 0608 0529 0615 0604
0623 0613 0601 0620 0610 0530 0617 0606 0625 0614
0603 0622 0611 0601 0619 0608 0528 0616 0604 0623
0613 0602 0620 0610 0530 0617 0606 0624 0614 0604
0622 0611 0601 0619 0607 0527 0615 0605 0623 0613
0602 0621 0609 0529 0617 0606 0624 0614 0604 0623
0612
"""
MID_AUTUMN = """
                                        0914 1003
0922 0912 0930 0919 0908 0927 0915 1004 0924 0913
1001 0921 0910 0929 0917 1006 0925 0915 1003 0922
0912 1001 0919 0908 0927 0916 1004 0924 0913 1002
0920 0910 0928 0917 1005 0925 0915 1004 0922 0911
0930 0919 0907 0926 0916 1005 0924 0913 1002 0921
0909 0928 0917 1006 0925 0915 1003 0923 0911 0929
0919 0908 0926 0916 1005 0924 0912 1001 0920 0910
0928 0917 1006 0926 0914 1003 0922 0911 0929 0918
0908 0927 0916 1005 0924 0913 0930 0920 0909 0929
0918
"""


@dataclass(frozen=True)
class StatutoryDay:
    """法定节假日: a day off by article 2, or 补假 by article 6."""

    date: date
    name: str
    article: str


@dataclass(frozen=True)
class Shifts:
    """调休 that a notice may bring: weekdays it may turn off, days off it may turn to work."""

    off: frozenset[date]
    worked: frozenset[date]


@cache
def statutory_days(year: int) -> tuple[StatutoryDay, ...]:
    """The days off of article 2, by date; two holidays on one day are two entries."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutsideCalendar(f"法定节假日只能推算{FIRST_YEAR}年至{LAST_YEAR}年，不含{year}年。")
    spring = lunar_day(SPRING, year)
    first = _spring_offset(year)
    days = [
        *_run("元旦", date(year, 1, 1), 1),
        *_run("春节", spring + timedelta(first), 3 if year < 2025 else 4),
        *_run("清明节", _tomb_sweeping(year), 1),
        *_run("劳动节", date(year, 5, 1), 1 if year < 2025 else 2),
        *_run("端午节", lunar_day(DRAGON_BOAT, year), 1),
        *_run("国庆节", date(year, 10, 1), 3),
        *_run("中秋节", lunar_day(MID_AUTUMN, year), 1),
    ]
    return tuple(sorted(days, key=lambda day: day.date))


@cache
def days_in_lieu(year: int) -> tuple[StatutoryDay, ...]:
    """The 补假 of article 6, each on the next working weekday.

    Two holidays on one day also give one more: 2020-10-01 was 国庆节 and 中秋节, with 8 days off.
    """
    taken = {day.date for day in statutory_days(year)}
    seen: set[date] = set()
    found = []
    for day in statutory_days(year):
        if day.date.weekday() >= 5 or day.date in seen:
            free = _next_free(day.date, taken)
            taken.add(free)
            found.append(StatutoryDay(free, day.name, "第六条"))
        seen.add(day.date)
    return tuple(found)


def days_off(year: int) -> dict[date, StatutoryDay]:
    """The point estimate of a year without a notice: articles 2 and 6 together."""
    by_date: dict[date, StatutoryDay] = {}
    for day in (*statutory_days(year), *days_in_lieu(year)):
        by_date.setdefault(day.date, day)
    return by_date


# A holiday of one day and the weekdays that the notices of 2008-2026 joined to it, by its own weekday
# (0 is Monday): Tuesday the Monday before or the two days after, and so on. On a Saturday or Sunday
# it was once the Friday instead of the Monday (端午节 2012).
_ONE_DAY = ("元旦", "清明节", "端午节", "中秋节")
_BRIDGES = {1: (-1, 1, 2), 2: (-2, -1, 1, 2), 3: (1,), 5: (-1,), 6: (-2, 2)}
# How far from a holiday its make-up days lie at most: 2026-09-20 works for 10-01.
_REACH = {"春节": (7, 6), "劳动节": (8, 8), "国庆节": (12, 6)}
_REACH_ONE_DAY = (5, 5)


@cache
def plausible_shifts(year: int) -> Shifts:
    """What the notice of `year` may move, for bounds; also days of the December before.

    Found by measuring: of the 255 days on which the notices of 2008-2026 left the point estimate, it
    has all but the three of 抗战胜利纪念日 2015. It is wide on purpose: what is missing here, no bound holds.
    """
    statutory = {day.date for day in statutory_days(year)}
    off: set[date] = set()
    worked = {day.date for day in days_in_lieu(year)}  # 补假 may be joined to another holiday
    for name, first, last in _blocks(year):
        before, after = _REACH.get(name, _REACH_ONE_DAY)
        off.update(day for day in _days(first, last) if day.weekday() < 5)
        around = _days(first - timedelta(before), last + timedelta(after))
        worked.update(day for day in around if day.weekday() >= 5)
    return Shifts(frozenset(off - statutory), frozenset(worked - statutory))


def _blocks(year: int) -> Iterator[tuple[str, date, date]]:
    """Each holiday that may be drawn out, with the first and last day it may reach."""
    holidays = {day.name: day.date for day in reversed(statutory_days(year))}
    for name in _ONE_DAY:
        day = holidays[name]
        if reach := _BRIDGES.get(day.weekday()):
            yield name, day + timedelta(min(*reach, 0)), day + timedelta(max(*reach, 0))
    spring = lunar_day(SPRING, year)
    yield "春节", spring - timedelta(1), spring + timedelta(7)
    yield "劳动节", _bridged(date(year, 5, 1)), date(year, 5, 5)
    joined = holidays["中秋节"] >= date(year, 9, 29)  # then the two are one block of eight days
    yield "国庆节", _bridged(date(year, 10, 1)), date(year, 10, 8 if joined else 7)


def _bridged(first: date) -> date:
    """A block on a Tuesday or Wednesday may begin on the Monday (2008-09-29, 2013-04-29)."""
    return first - timedelta(first.weekday() if first.weekday() in (1, 2) else 0)


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(offset)


def _run(name: str, first: date, length: int) -> Iterator[StatutoryDay]:
    for offset in range(length):
        yield StatutoryDay(first + timedelta(offset), name, "第二条")


def _spring_offset(year: int) -> int:
    """Where 春节 begins, in days from 初一: 2014-2024 初一, before and after 除夕."""
    return 0 if 2014 <= year < 2025 else -1


def lunar_day(table: str, year: int) -> date:
    """A day of a table with a month and day for each year from FIRST_YEAR on."""
    month_day = table.split()[year - FIRST_YEAR]
    return date(year, int(month_day[:2]), int(month_day[2:]))


def _tomb_sweeping(year: int) -> date:
    # The formula holds for 2001-2099; in 2100, which is no leap year, 清明 is 5 April.
    if year == 2100:
        return date(2100, 4, 5)
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def _next_free(day: date, taken: set[date]) -> date:
    while day.weekday() >= 5 or day in taken:
        day += timedelta(1)
    return day
