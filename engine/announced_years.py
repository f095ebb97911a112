"""The notices (放假通知) that the program knows itself. Only here is chinese_calendar read.

Its table holds each year as it ended. The three amendments are notices of their own on top of the
year as it was first announced, so that the calendar of any day in between can be built again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from chinese_calendar.constants import Holiday, holidays, workdays

from engine.notices import CN, Notice, NoticeDay

_NAMES = {
    Holiday.new_years_day.value: "元旦",
    Holiday.spring_festival.value: "春节",
    Holiday.tomb_sweeping_day.value: "清明节",
    Holiday.labour_day.value: "劳动节",
    Holiday.dragon_boat_festival.value: "端午节",
    Holiday.mid_autumn_festival.value: "中秋节",
    Holiday.national_day.value: "国庆节",
    Holiday.anti_fascist_70th_day.value: "抗战胜利纪念日",
}

# The day on which each year's notice came out.
_ISSUED = {
    2009: (2008, 12, 10),
    2010: (2009, 12, 8),
    2011: (2010, 12, 10),
    2012: (2011, 12, 6),
    2013: (2012, 12, 10),
    2015: (2014, 12, 16),
    2016: (2015, 12, 10),
    2017: (2016, 12, 1),
    2018: (2017, 11, 30),
    2019: (2018, 12, 6),
    2020: (2019, 11, 21),
    2021: (2020, 11, 25),
    2022: (2021, 10, 25),
    2023: (2022, 12, 8),
    2024: (2023, 10, 25),
    2025: (2024, 11, 12),
    2026: (2025, 11, 4),
}
# For 2004-2008 and 2014 no day was found. Taken is the 20th of the December before: every day
# that is known is earlier, and what came later nobody may be said to have known.
_ISSUED_AT_LATEST = (12, 20)

_NUMBERS = {2019: "国办发明电〔2018〕15号"}  # where a text was read; the others stay empty


@dataclass(frozen=True)
class _Amendment:
    """A notice after the yearly one. `before` is what the yearly one had said of its days, where
    that was not simply weekday and weekend."""

    number: str
    title: str
    issued: date
    off: tuple[date, date]  # first and last
    worked: tuple[date, ...]
    name: str
    before: tuple[NoticeDay, ...] = ()


_AMENDMENTS = (
    # 9月3日至5日调休放假，9月6日（星期日）上班. The yearly notice had nothing for these days.
    _Amendment(
        "国发明电〔2015〕1号",
        "",
        date(2015, 5, 13),
        (date(2015, 9, 3), date(2015, 9, 5)),
        (date(2015, 9, 6),),
        "抗战胜利纪念日",
    ),
    # 5月1日至4日放假调休，4月28日、5月5日上班. The yearly notice: 5月1日放假.
    _Amendment(
        "",
        "国务院办公厅关于调整2019年劳动节假期安排的通知",
        date(2019, 3, 22),
        (date(2019, 5, 1), date(2019, 5, 4)),
        (date(2019, 4, 28), date(2019, 5, 5)),
        "劳动节",
        before=(NoticeDay(date(2019, 5, 1), False, "劳动节"),),
    ),
    # 延长2020年春节假期至2月2日. The yearly notice: 1月24日至30日放假调休，1月19日、2月1日上班.
    _Amendment(
        "国办发明电〔2020〕1号",
        "",
        date(2020, 1, 26),
        (date(2020, 1, 31), date(2020, 2, 2)),
        (),
        "春节",
        before=(NoticeDay(date(2020, 2, 1), True, "春节"),),
    ),
)


def notice_title(year: int) -> str:
    """The title that the yearly notices have had since 2007."""
    return f"国务院办公厅关于{year}年部分节假日安排的通知"


@cache
def built_in_notices() -> tuple[Notice, ...]:
    """Every notice that the program brings along, by its day of issue."""
    years = _by_year()
    notices = [_notice_of(amendment) for amendment in _AMENDMENTS]
    for amendment, notice in zip(_AMENDMENTS, tuple(notices), strict=True):
        days = years[notice.year]
        for day in notice.days:
            days.pop(day.date, None)
        days |= {day.date: day for day in amendment.before}
    for year, days in years.items():
        issued = date(*_ISSUED.get(year, (year - 1, *_ISSUED_AT_LATEST)))
        notices.append(_notice(_NUMBERS.get(year, ""), issued, notice_title(year), days.values()))
    return tuple(sorted(notices, key=lambda notice: notice.issued))


def _notice_of(amendment: _Amendment) -> Notice:
    first, last = amendment.off
    off = (first + timedelta(k) for k in range((last - first).days + 1))
    days = [
        *(NoticeDay(day, False, amendment.name) for day in off),
        *(NoticeDay(day, True, amendment.name) for day in amendment.worked),
    ]
    return _notice(amendment.number, amendment.issued, amendment.title, days)


def _notice(number: str, issued: date, title: str, days: Iterable[NoticeDay]) -> Notice:
    return Notice(CN, number, issued, title, tuple(sorted(days, key=lambda day: day.date)))


def _by_year() -> dict[int, dict[date, NoticeDay]]:
    years: dict[int, dict[date, NoticeDay]] = {}
    tables: tuple[tuple[Mapping[date, str], bool], ...] = ((holidays, False), (workdays, True))
    for table, works in tables:
        for day, english in table.items():
            # A name that a later release brings stays as it is, rather than stopping the calendar.
            name = _NAMES.get(english, english)
            # 元旦 in December stands in the next year's notice (2006, 2007, 2011, 2018).
            year = day.year + 1 if name == "元旦" and day.month == 12 else day.year
            years.setdefault(year, {})[day] = NoticeDay(day, works, name)
    return years
