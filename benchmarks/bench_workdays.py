"""Counting working days, as ratios within one run: against chinese_calendar, and a bare lookup.

The bare lookup is the least that any table can do: one index and one list access, nothing checked.
It reports and always ends with status 0.
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import accumulate
from statistics import median
from timeit import repeat

import chinese_calendar

from engine.workdays import FIRST_DAY, work_calendar

CALENDAR = work_calendar()
N = 20
REPEATS = 9
ALL = [FIRST_DAY + timedelta(k) for k in range((date(2026, 12, 31) - FIRST_DAY).days + 1)]
DAYS = [day for day in ALL if CALENDAR.is_workday(day)]
RANK = [0, *accumulate(CALENDAR.is_workday(day) for day in ALL)]
BASE = FIRST_DAY.toordinal() - 1
STARTS = [day for day in ALL if day < date(2026, 11, 1)]
SOME = STARTS[:: len(STARTS) // 50]  # enough for what takes a millisecond a call


def bare_lookup(start: date, n: int) -> date:
    return DAYS[RANK[start.toordinal() - BASE] + n - 1]


def bare_count(a: date, b: date) -> int:
    return RANK[b.toordinal() - BASE] - RANK[a.toordinal() - BASE]


def find_workday(start: date, n: int) -> date:
    found: date = chinese_calendar.find_workday(n, start)
    return found


def get_workdays(a: date, b: date) -> int:
    return len(chinese_calendar.get_workdays(a + timedelta(1), b))


def run_add(add: Callable[[date, int], date], starts: list[date]) -> None:
    for start in starts:
        add(start, N)


def run_count(count: Callable[[date, date], int], pairs: list[tuple[date, date]]) -> None:
    for a, b in pairs:
        count(a, b)


def each(run: Callable[[], None], calls: int) -> float:
    """Seconds a call: the median of several repeats."""
    return median(repeat(run, number=1, repeat=REPEATS)) / calls


def adding() -> dict[str, float]:
    return {
        "add": each(lambda: run_add(CALENDAR.add, STARTS), len(STARTS)),
        "bare": each(lambda: run_add(bare_lookup, STARTS), len(STARTS)),
        "theirs": each(lambda: run_add(find_workday, SOME), len(SOME)),
    }


def counting() -> dict[str, float]:
    many = [(day, day + timedelta(28)) for day in STARTS]
    some = [(day, day + timedelta(28)) for day in SOME]
    return {
        "count": each(lambda: run_count(CALENDAR.count, many), len(many)),
        "bare": each(lambda: run_count(bare_count, many), len(many)),
        "theirs": each(lambda: run_count(get_workdays, some), len(some)),
    }


def line(name: str, ours: float, other: float, ratio: float, aim: str) -> None:
    print(f"{name:<42}{ours * 1e6:>9.3f}{other * 1e6:>12.3f}{ratio:>10.1f}  {aim}")


def main() -> None:
    for start in STARTS:
        assert CALENDAR.add(start, N) == bare_lookup(start, N)
    a, c = adding(), counting()
    print(f"{'microseconds a call':<42}{'ours':>9}{'other':>12}{'ratio':>10}  aim")
    line(
        "add 20, chinese_calendar.find_workday",
        a["add"],
        a["theirs"],
        a["theirs"] / a["add"],
        ">= 1000",
    )
    line("add 20, a bare list lookup", a["add"], a["bare"], a["add"] / a["bare"], "<= 3")
    line(
        "count 28 days, chinese_calendar",
        c["count"],
        c["theirs"],
        c["theirs"] / c["count"],
        ">= 1000",
    )
    line("count 28 days, a bare list lookup", c["count"], c["bare"], c["count"] / c["bare"], "<= 3")


if __name__ == "__main__":
    main()
