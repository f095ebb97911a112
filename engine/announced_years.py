"""The announced years: what the yearly notices (放假通知) settled. Only here is chinese_calendar read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from chinese_calendar.constants import Holiday, holidays, workdays

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

# Amendments that came after the yearly notice: first day, last day, what they rest on.
_AMENDMENTS = (
    (date(2015, 9, 3), date(2015, 9, 6), "国发明电〔2015〕1号"),
    (date(2019, 4, 28), date(2019, 5, 5), "国务院办公厅关于调整2019年劳动节假期安排的通知"),
    (date(2020, 1, 31), date(2020, 2, 2), "国办发明电〔2020〕1号"),
)


@dataclass(frozen=True)
class AnnouncedYear:
    """What one year's notice says, its amendments included; also of the December before.

    `off` are the days off for a holiday, also those that fall on a weekend; `worked` the make-up
    days (调休上班日); each with the name of its holiday.
    """

    year: int
    off: Mapping[date, str]
    worked: Mapping[date, str]

    def basis(self, day: date) -> str:
        """The paper that settles the day: the year's notice or its amendment."""
        for first, last, number in _AMENDMENTS:
            if first <= day <= last:
                return number
        return notice_title(self.year)


def notice_title(year: int) -> str:
    return f"国务院办公厅关于{year}年部分节假日安排的通知"


@cache
def announced_years() -> tuple[AnnouncedYear, ...]:
    """Every announced year, in order."""
    off, worked = _by_notice(holidays), _by_notice(workdays)
    return tuple(
        AnnouncedYear(year, off.get(year, {}), worked.get(year, {})) for year in sorted(off)
    )


def _by_notice(days: Mapping[date, str]) -> dict[int, dict[date, str]]:
    years: dict[int, dict[date, str]] = {}
    for day, english in sorted(days.items()):
        # A name that a later release brings stays as it is, rather than stopping the calendar.
        name = _NAMES.get(english, english)
        # 元旦 in December stands in the next year's notice (2006, 2007, 2011, 2018).
        notice = day.year + 1 if name == "元旦" and day.month == 12 else day.year
        years.setdefault(notice, {})[day] = name
    return years
