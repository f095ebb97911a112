"""工作日历: working days from 2004 to 2100, by one index and one list access.

Announced years are real; later ones are an estimate (statutory days and 补假) between two bounds:
the early table, in which every plausible make-up day works, and the late one, in which every
plausible extra weekday is off. Both differ from the point estimate only after `certain_through`,
and around a region's own festival of which no notice is known.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import accumulate, compress
from typing import NamedTuple

from engine.announced_years import built_in_notices, notice_title
from engine.errors import OutsideCalendar
from engine.notices import CN, Notice, NoticeDay, announced, in_force
from engine.regional_festivals import ARTICLE, OpenFestival, open_festivals
from engine.statutory import FIRST_YEAR, days_off, plausible_shifts

FIRST_DAY = date(2004, 1, 1)
LAST_DAY = date(2100, 12, 31)

_EVE = FIRST_DAY.toordinal() - 1  # place 0 of a table: nothing has been counted yet
_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
_WORKING_TIME = "《国务院关于职工工作时间的规定》第七条"  # "星期六和星期日为周休息日"
_REGULATION = "《全国年节及纪念日放假办法》"


_DAY = timedelta(days=1)

Day = date  # for the class that has a field of that name


class Estimate(NamedTuple):  # made at each count, and a frozen dataclass is slower to make
    """The end of a count; `earliest` and `latest` differ from `date` only where it is provisional.

    `reason` says then, in Chinese, what is not announced yet.
    """

    date: Day
    provisional: bool
    earliest: Day
    latest: Day
    reason: str = ""


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
    """工作日历 of one region, built from notices; itself the point estimate. It does not change.

    The notices must arrange 2007 at least, else OutsideCalendar: before the text of 2007-12-14 there
    is no estimate for the year that follows.
    """

    def __init__(self, notices: Sequence[Notice], region: str = CN) -> None:
        self.region = region
        self._notices, self._elsewhere = notices, {region: self}
        self.announced_through = _announced_through(notices)
        # 21-31 December may still be moved by the next notice: 4 of 20 years were.
        self.certain_through = date(self.announced_through, 12, 20)
        noticed = in_force(notices, region)
        local = [day for day, (_, notice) in noticed.items() if notice.scope != CN]
        open_ = tuple(open_festivals(region, local))
        self._open = {day: one.sentence for one in open_ for day in _touched(one)}
        self._open_days = sorted(self._open)
        self._reasons = _reasons(noticed, notices, self.announced_through, open_)
        flags = _flags(self._reasons.values())
        early, late = _bounds(flags, self.certain_through, noticed, self._open_days, self._reasons)
        super().__init__(flags)
        self._early, self._late = WorkingDays(early), WorkingDays(late)
        tables = b"".join((flags, early, late, str(self.certain_through).encode()))
        self.fingerprint = hashlib.sha256(tables).hexdigest()[:12]

    def knowing(self, imported: Sequence[Notice]) -> "WorkCalendar":
        """This calendar, or one that knows these notices besides where it does not yet."""
        known = set(self._notices)
        new = [notice for notice in imported if notice not in known]
        return WorkCalendar((*self._notices, *new), self.region) if new else self

    def in_region(self, region: str) -> "WorkCalendar":
        """The calendar of another region (GB/T 2260) by the same notices."""
        if region not in self._elsewhere:
            self._elsewhere[region] = WorkCalendar(self._notices, region)
        return self._elsewhere[region]

    def add_span(self, start: date, n: int) -> Estimate:
        """`add` with its bounds. Backwards the late table, with fewer working days, is earlier."""
        day = self.add(start, n)
        first, last = (start + _DAY, day) if n > 0 else (day, start - _DAY)
        if n == 0 or self._settled(first, last):
            return Estimate(day, False, day, day)
        bounds = (self._early.add(start, n), self._late.add(start, n))
        return Estimate(day, True, min(bounds), max(bounds), self.doubt(first, last))

    def span_of(self, first: date, count: Callable[[WorkingDays], date]) -> Estimate:
        """A count from a first day on with its bounds: the same question to each of the tables."""
        day = count(self)
        if self._settled(first, day):
            return Estimate(day, False, day, day)
        bounds = (count(self._early), count(self._late))
        return Estimate(day, True, min(bounds), max(bounds), self.doubt(first, day))

    def _settled(self, first: date, last: date) -> bool:
        if last > self.certain_through:
            return False
        return not self._open_days or not self._first_open(first, last)

    def safe_on_or_before(self, day: date) -> date:
        """The last day not after it that works in all three tables: the late one has the fewest."""
        return self._late.on_or_before(day)

    def certain(self, day: date) -> bool:
        """No notice still to come is expected to move the day."""
        return day <= self.certain_through and day not in self._open

    def reason(self, day: date) -> DayReason:
        """Why the day is a working day or not; the basis says so when that is provisional."""
        workday = self.is_workday(day)
        found = self._reasons.get(day)
        doubt = "" if self.certain(day) else f"（{self.doubt(day, day)}）"
        if found:
            return replace(found, basis=found.basis + doubt) if doubt else found
        name = "工作日" if workday else "周末"
        basis = _WORKING_TIME + doubt if doubt else notice_title(day.year) + "（未作调整）"
        return DayReason(day, workday, name, basis)

    def differs_from(self, other: WorkingDays) -> list[date]:
        """The days that are working days in only one of the two calendars."""
        return sorted(set(self._days) ^ set(other._days))

    def _first_open(self, first: date, last: date) -> date | None:
        index = bisect_left(self._open_days, first)
        found = self._open_days[index : index + 1]
        return found[0] if found and found[0] <= last else None

    def doubt(self, first: date, last: date) -> str:
        """What is still to be announced for these days, one of which is not certain."""
        begin = max(first.year, self.announced_through + 1) if last > self.certain_through else 0
        near = self._first_open(first, last) if self._open_days else None
        return _sentence(begin, last.year, self._open[near] if near else "")


def work_calendar(
    imported: tuple[Notice, ...] = (), region: str = CN, known_on: date | None = None
) -> WorkCalendar:
    """The calendar of a region by the built-in and the imported notices; `known_on` leaves out what
    was issued after that day. Raises OutsideCalendar for a day before the notice for 2007.
    """
    by_then = known_on or date.max
    built_in = sum(notice.issued <= by_then for notice in built_in_notices())
    known = tuple(notice for notice in imported if notice.issued <= by_then)
    return _calendar(built_in, known, region)


@lru_cache(maxsize=16)
def _calendar(built_in: int, imported: tuple[Notice, ...], region: str) -> WorkCalendar:
    return WorkCalendar((*built_in_notices()[:built_in], *imported), region)


@cache
def _sentence(begin: int, end: int, local: str) -> str:
    """What waits for the notices of the years from `begin` (0 for none) to `end`, and a local one."""
    years = f"{begin}年" if end <= begin else f"{begin}年至{end}年"
    waits = (f"{years}放假安排尚未公布" if begin else "", local)
    return f"暂定：{'，'.join(filter(None, waits))}"


@cache
def _all_days() -> tuple[date, ...]:
    return tuple(map(date.fromordinal, range(_EVE + 1, LAST_DAY.toordinal() + 1)))


def _announced_through(notices: Iterable[Notice]) -> int:
    """The last year up to which every year is arranged: one that is missing ends what is known."""
    years = announced(notices)
    through = min(years, default=0)
    while through + 1 in years:
        through += 1
    if through < FIRST_YEAR - 1:
        first = built_in_notices()[FIRST_YEAR - 1 - FIRST_DAY.year].issued
        raise OutsideCalendar(f"工作日历只能追溯到{first}至今所知的放假安排，更早的没有收录。")
    return through


def _reasons(
    noticed: Mapping[date, tuple[NoticeDay, Notice]],
    notices: Iterable[Notice],
    through: int,
    festivals: Iterable[OpenFestival],
) -> dict[date, DayReason]:
    """The days that are not simply weekdays or weekends: estimated, then noticed."""
    reasons = {}
    arranged = announced(notices)
    for year in range(through + 1, LAST_DAY.year + 1):
        if year not in arranged:
            for day, off in days_off(year).items():
                reasons[day] = DayReason(day, False, off.name, _REGULATION + off.article)
    for day, (said, notice) in noticed.items():
        name = f"调休上班（{said.name}）" if said.workday else said.name
        reasons[day] = DayReason(day, said.workday, name, notice.basis)
    for festival in festivals:
        for day in festival.off:
            while day.weekday() >= 5 or day in reasons:  # 补假: on the next working weekday
                day += _DAY
            reasons[day] = DayReason(day, False, festival.name, ARTICLE)
    return reasons


def _flags(reasons: Iterable[DayReason]) -> bytearray:
    flags = bytearray(day.weekday() < 5 for day in _all_days())
    for reason in reasons:
        flags[reason.date.toordinal() - _EVE - 1] = reason.workday
    return flags


def _bounds(
    flags: bytearray,
    certain_through: date,
    noticed: Container[date],
    open_days: Iterable[date],
    reasons: Mapping[date, DayReason],
) -> tuple[bytearray, bytearray]:
    """The early and the late table. Early only adds and late only takes away, so that the three
    tables are nested, and earliest <= date <= latest for every count."""
    early, late = bytearray(flags), bytearray(flags)
    for year in range(certain_through.year + 1, LAST_DAY.year + 1):
        shifts = plausible_shifts(year)
        for table, days, works in ((early, shifts.worked, True), (late, shifts.off, False)):
            for day in days:
                if day not in noticed:
                    table[day.toordinal() - _EVE - 1] = works
    for day in open_days:
        place = day.toordinal() - _EVE - 1
        if day not in noticed or reasons[day].workday:  # a make-up day may be turned off
            late[place] = False
        if day not in noticed and (day not in reasons or reasons[day].basis == ARTICLE):
            early[place] = True
    return early, late


def _touched(festival: OpenFestival) -> Iterator[date]:
    """The days that a festival without notice may move, 补假 included."""
    for first, last in festival.stretches:
        for offset in range((last - first).days + 1):
            yield first + timedelta(offset)


def _outside(day: date, n: int = 0) -> OutsideCalendar:
    counted = f"起数{n}个工作日" if n else ""
    return OutsideCalendar(f"{day}{counted}超出工作日历的范围（{FIRST_DAY}至{LAST_DAY}）。")
