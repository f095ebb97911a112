"""地方民族节日: festivals that a region's own notice arranges, and what is known without it.

《全国年节及纪念日放假办法》第四条: "少数民族习惯的节日，由各少数民族聚居地区的地方人民政府，按照各该
民族习惯，规定放假日期。" So a year without that notice is provisional around the festival. Names, lengths
and first years are from memory, and only bound what a notice may bring.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from engine.notices import scopes_of
from engine.statutory import LAST_YEAR, SPRING, lunar_day

ARTICLE = "《全国年节及纪念日放假办法》第四条"
REACH = timedelta(days=3)  # 凉山 2021-07-31 worked for 08-02, 拉萨 2023-02-18 for 02-21

# Month and day of 三月初三 and 六月廿四, one line a decade, from a table of month lengths that agrees with
# 春节, 端午 and 中秋 of `statutory` in every year.
_THIRD_OF_THIRD = """
                                        0408 0329
0416 0405 0324 0412 0402 0421 0409 0330 0418 0407
0326 0414 0403 0422 0411 0331 0419 0409 0328 0416
0405 0325 0412 0402 0421 0410 0330 0418 0407 0327
0413 0403 0422 0412 0331 0419 0408 0328 0415 0404
0325 0413 0402 0421 0410 0330 0417 0406 0326 0414
0403 0324 0412 0401 0419 0408 0328 0416 0404 0325
0413 0402 0420 0409 0329 0417 0406 0326 0414 0404
0323 0411 0331 0419 0407 0328 0416 0405 0325 0413
0402 0421 0409 0329 0417 0407 0326 0414 0404 0422
0412
"""
_TORCHES = """
                                        0726 0814
0804 0724 0811 0731 0720 0808 0727 0717 0805 0726
0813 0802 0722 0810 0729 0718 0806 0727 0814 0803
0724 0811 0730 0720 0808 0728 0717 0805 0725 0813
0801 0721 0809 0730 0718 0806 0727 0815 0803 0723
0811 0731 0720 0808 0728 0718 0805 0725 0812 0802
0721 0809 0730 0719 0806 0727 0814 0803 0722 0810
0731 0721 0808 0728 0717 0805 0724 0812 0801 0722
0809 0730 0719 0807 0726 0814 0803 0723 0810 0731
0721 0808 0728 0717 0804 0725 0812 0801 0722 0810
0730
"""

_MUHARRAM = date(622, 7, 19)  # the first day of the Islamic calendar, reckoned backwards


@dataclass(frozen=True)
class Festival:
    """A festival of a region. `firsts` gives the days on which it may begin in a year: one where
    the day can be computed, several where it cannot. `days` is how long it lasts at most."""

    scope: str
    region: str
    name: str
    days: int
    since: int
    firsts: Callable[[int], tuple[date, ...]]


@dataclass(frozen=True)
class OpenFestival:
    """A festival in a year without its notice: the stretches of days that one may touch."""

    name: str
    sentence: str
    off: tuple[date, ...]  # the days themselves, where they can be computed
    stretches: tuple[tuple[date, date], ...]


def _computed(table: str) -> Callable[[int], tuple[date, ...]]:
    return lambda year: (lunar_day(table, year),)


def _tibetan(year: int) -> tuple[date, ...]:
    """藏历新年 is 正月初一, a day off, or a month later, by the almanac of Lhasa."""
    spring = lunar_day(SPRING, year)
    return tuple(spring + timedelta(k) for k in (-1, 0, 1, 29, 30, 31))


def _islamic(month: int, day: int) -> Callable[[int], tuple[date, ...]]:
    """By the tabular calendar; the moon that is seen may be a day before or after."""

    def firsts(year: int) -> tuple[date, ...]:
        lunar_year = (date(year, 1, 1) - _MUHARRAM).days // 354
        days = (_tabular(lunar_year + k, month, day) for k in (-2, -1, 0, 1, 2))
        return tuple(day + timedelta(k) for day in days if day.year == year for k in (-1, 0, 1))

    return firsts


def _tabular(year: int, month: int, day: int) -> date:
    count = (year - 1) * 354 + (3 + 11 * year) // 30 + (59 * (month - 1) + 1) // 2 + day - 1
    return _MUHARRAM + timedelta(count)


FESTIVALS = (
    Festival("450000", "广西壮族自治区", "三月三", 2, 2014, _computed(_THIRD_OF_THIRD)),
    Festival("513400", "凉山彝族自治州", "火把节", 3, 2008, _computed(_TORCHES)),
    Festival("540000", "西藏自治区", "藏历新年", 7, 2008, _tibetan),
    Festival("640000", "宁夏回族自治区", "开斋节", 3, 2008, _islamic(10, 1)),
    Festival("640000", "宁夏回族自治区", "古尔邦节", 3, 2008, _islamic(12, 10)),
)


def open_festivals(region: str, settled: Collection[date]) -> Iterator[OpenFestival]:
    """The region's festivals in the years in which no day near them is `settled` by a local notice."""
    for festival in FESTIVALS:
        if festival.scope not in scopes_of(region):
            continue
        for year in range(festival.since, LAST_YEAR + 1):
            stretches = tuple(_stretches(festival, year))
            if not any(first <= day <= last for day in settled for first, last in stretches):
                yield _open(festival, year, stretches)


def _stretches(festival: Festival, year: int) -> Iterator[tuple[date, date]]:
    for first in festival.firsts(year):
        yield first - REACH, first + timedelta(festival.days - 1) + REACH


def _open(festival: Festival, year: int, stretches: tuple[tuple[date, date], ...]) -> OpenFestival:
    firsts = festival.firsts(year)
    days = range(festival.days) if len(firsts) == 1 else ()
    off = tuple(firsts[0] + timedelta(k) for k in days)
    sentence = f"{festival.region}{year}年{festival.name}放假安排尚未公布"
    return OpenFestival(festival.name, sentence, off, stretches)
