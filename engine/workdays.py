"""工作日历: working days from 2004 to 2100, by one index and one list access.

Announced years are real; later ones are an estimate (statutory days and 补假) between two bounds:
the early table, in which every plausible make-up day works, and the late one, in which every
plausible extra weekday is off. Both differ from the point estimate only after `certain_through`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate, compress
from typing import Self

from engine.announced_years import AnnouncedYear, announced_years, notice_title
from engine.errors import OutsideCalendar
from engine.statutory import FIRST_YEAR, days_off, plausible_shifts

FIRST_DAY = date(2004, 1, 1)
LAST_DAY = date(2100, 12, 31)

_EVE = FIRST_DAY.toordinal() - 1  # place 0 of a table: nothing has been counted yet
_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
_WORKING_TIME = "《国务院关于职工工作时间的规定》第七条"  # "星期六和星期日为周休息日"
_REGULATION = "《全国年节及纪念日放假办法》"


Day = date  # for the class that has a field of that name


@dataclass(frozen=True)
class Estimate:
    """The end of a count; `earliest` and `latest` differ from `date` only where it is provisional."""

    date: Day
    provisional: bool
    earliest: Day
    latest: Day


@dataclass(frozen=True)
class DayReason:
    """Why a day is a working day or not: name for people, and the paper it rests on."""

    date: date
    workday: bool
    name: str
    basis: str


def weekday_name(day: date) -> str:
    return _WEEKDAYS[day.weekday()]


class WorkingDays:
    """One table: which days work. `flags` has a byte for each day from FIRST_DAY to LAST_DAY.

    A day outside the table, or a count that leaves it, raises OutsideCalendar.
    """

    def __init__(self, flags: bytes | bytearray) -> None:
        self._days = list(compress(_all_days(), flags))
        # _rank[place]: working days up to and including the day at that place.
        self._rank = [0, *accumulate(flags)]

    def is_workday(self, day: date) -> bool:
        place = self._place(day)
        return self._rank[place] > self._rank[place - 1]

    def add(self, start: date, n: int) -> date:
        """The n-th working day after start, before it for n < 0, start itself for 0.

        民法典 201: "开始的当日不计入，自下一日开始计算", also when start is a day off.
        """
        if n > 0:
            place = start.toordinal() - _EVE
            if place > 0:
                try:
                    return self._days[self._rank[place] + n - 1]
                except IndexError:
                    pass
            raise _outside(start, n)
        return self._back(start, n)

    def _back(self, start: date, n: int) -> date:
        # The day before start is at place - 1, so start is not counted here either.
        index = self._rank[self._place(start) - 1] + n
        if n == 0:
            return start
        if index < 0:
            raise _outside(start, n)
        return self._days[index]

    def count(self, a: date, b: date) -> int:
        """Working days after a, up to and including b; count(b, a) is its negative."""
        return self._rank[self._place(b)] - self._rank[self._place(a)]

    def on_or_before(self, day: date) -> date:
        """The last working day not after the day."""
        index = self._rank[self._place(day)] - 1
        if index < 0:
            raise _outside(day, -1)
        return self._days[index]

    def on_or_after(self, day: date) -> date:
        """The first working day not before the day."""
        try:
            return self._days[self._rank[self._place(day) - 1]]
        except IndexError:
            raise _outside(day, 1) from None

    def _place(self, day: date) -> int:
        place = day.toordinal() - _EVE
        if 0 < place < len(self._rank):
            return place
        raise _outside(day)


class WorkCalendar(WorkingDays):
    """工作日历 built from announced years; itself the point estimate. It does not change."""

    def __init__(self, announced: Sequence[AnnouncedYear]) -> None:
        self.announced_through = max(year.year for year in announced)
        # 21-31 December may still be moved by the next notice: 4 of 20 years were.
        self.certain_through = date(self.announced_through, 12, 20)
        self._reasons = dict(_reasons(announced, self.announced_through))
        flags = _flags(self._reasons.values())
        early, late = _bounds(flags, self.certain_through)
        super().__init__(flags)
        self._early, self._late = WorkingDays(early), WorkingDays(late)
        tables = b"".join((flags, early, late, str(self.certain_through).encode()))
        self.fingerprint = hashlib.sha256(tables).hexdigest()[:12]

    @classmethod
    def of(cls, announced_through: int | None = None) -> Self:
        """The calendar as it was known when this year's notice was the last one."""
        years = announced_years()
        last = years[-1].year if announced_through is None else announced_through
        # Before the text of 2007-12-14 there is no estimate for the year that follows.
        if not FIRST_YEAR - 1 <= last <= years[-1].year:
            raise OutsideCalendar(
                f"已公布的放假安排只能截至{FIRST_YEAR - 1}年至{years[-1].year}年，不能截至{last}年。"
            )
        return cls([year for year in years if year.year <= last])

    def add_span(self, start: date, n: int) -> Estimate:
        """`add` with its bounds. Backwards the late table, with fewer working days, is earlier."""
        day = self.add(start, n)
        last_counted = day if n > 0 else start - timedelta(1)
        if n == 0 or self.certain(last_counted):
            return Estimate(day, False, day, day)
        bounds = (self._early.add(start, n), self._late.add(start, n))
        return Estimate(day, True, min(bounds), max(bounds))

    def span_of(self, count: Callable[[WorkingDays], date]) -> Estimate:
        """A count forwards with its bounds: the same question to each of the three tables."""
        day = count(self)
        if self.certain(day):
            return Estimate(day, False, day, day)
        bounds = (count(self._early), count(self._late))
        return Estimate(day, True, min(bounds), max(bounds))

    def safe_on_or_before(self, day: date) -> date:
        """The last day not after it that works in all three tables: the late one has the fewest."""
        return self._late.on_or_before(day)

    def certain(self, day: date) -> bool:
        """No notice still to come is expected to move the day."""
        return day <= self.certain_through

    def reason(self, day: date) -> DayReason:
        workday = self.is_workday(day)
        if day in self._reasons:
            return self._reasons[day]
        name = "工作日" if workday else "周末"
        if self.certain(day):
            return DayReason(day, workday, name, notice_title(day.year) + "（未作调整）")
        return DayReason(day, workday, name, _WORKING_TIME + _pending(day, self.announced_through))


@cache
def work_calendar() -> WorkCalendar:
    """The calendar of every year that is announced."""
    return WorkCalendar.of()


@cache
def _all_days() -> tuple[date, ...]:
    return tuple(map(date.fromordinal, range(_EVE + 1, LAST_DAY.toordinal() + 1)))


def _reasons(announced: Sequence[AnnouncedYear], through: int) -> Iterator[tuple[date, DayReason]]:
    """The days that are not simply weekdays or weekends: noticed, then estimated."""
    for year in announced:
        for day, name in year.off.items():
            yield day, DayReason(day, False, name, year.basis(day))
        for day, name in year.worked.items():
            yield day, DayReason(day, True, f"调休上班（{name}）", year.basis(day))
    for number in range(through + 1, LAST_DAY.year + 1):
        for day, off in days_off(number).items():
            basis = _REGULATION + off.article + _pending(day, through)
            yield day, DayReason(day, False, off.name, basis)


def _flags(reasons: Iterable[DayReason]) -> bytearray:
    flags = bytearray(day.weekday() < 5 for day in _all_days())
    for reason in reasons:
        flags[reason.date.toordinal() - _EVE - 1] = reason.workday
    return flags


def _bounds(flags: bytearray, certain_through: date) -> tuple[bytearray, bytearray]:
    """The early and the late table. Early only adds and late only takes away, so that the three
    tables are nested, and earliest <= date <= latest for every count."""
    early, late = bytearray(flags), bytearray(flags)
    for year in range(certain_through.year + 1, LAST_DAY.year + 1):
        shifts = plausible_shifts(year)
        for table, days, works in ((early, shifts.worked, True), (late, shifts.off, False)):
            for day in days:
                table[day.toordinal() - _EVE - 1] = works
    return early, late


def _pending(day: date, announced_through: int) -> str:
    """Provisional wording: the notice that can still move the day."""
    return f"（暂定：{max(day.year, announced_through + 1)}年放假安排尚未公布）"


def _outside(day: date, n: int = 0) -> OutsideCalendar:
    counted = f"起数{n}个工作日" if n else ""
    return OutsideCalendar(f"{day}{counted}超出工作日历的范围（{FIRST_DAY}至{LAST_DAY}）。")
