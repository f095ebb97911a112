"""What a holiday notice prints in brackets behind its dates: weekdays and lunar days, to be compared.

`1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）`: a bracket speaks of the day before it; one behind a
stretch may speak of both ends (周四至周六), one behind a list of all its days.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from engine.lunar_days import date_of_lunar
from engine.statutory import FIRST_YEAR, LAST_YEAR

WEEKDAY = re.compile(r"(?:星期|周|礼拜)([一二三四五六日天])")
_WEEKDAYS = "一二三四五六日"
_TO = re.compile(r"[至到—–―~〜-]")

_NUMERALS = "一二三四五六七八九十"
_EVE = r"除夕|大?年三十"
_MONTH = r"正|十[一二]?|[一二三四五六七八九冬腊]"
_DAY = rf"初[{_NUMERALS}]|二?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十|卅"
# A written date of the common calendar (十月一日) is none of the lunar year.
_LUNAR = re.compile(
    rf"{_EVE}|(闰?(?:{_MONTH})月)({_DAY})(?![{_NUMERALS}日号])|(大?年)?(初[{_NUMERALS}])"
)


@dataclass(frozen=True)
class Printed:
    """A day or a stretch of days, with the bracket behind its first and behind its last day."""

    days: tuple[date, ...]
    behind_first: str
    behind_last: str


def compared(listed: Sequence[Printed]) -> Iterator[tuple[str, bool, str]]:
    """For each weekday and lunar day printed behind these days: the check, whether it fits, and
    what would be the fault."""
    for day, word in _pairs(listed, WEEKDAY.findall):
        printed, weekday = word.replace("天", "日"), _WEEKDAYS[day.weekday()]
        yield "weekday", printed == weekday, f"{day}印作星期{printed}，实为星期{weekday}"
    for day, word in _pairs(listed, _lunar_words):
        if (nearest := _nearest(word, day)) is not None:
            yield "lunar", nearest == day, f"{day}印作农历{word}，{word}是{nearest}"


def _pairs(
    listed: Sequence[Printed], find: Callable[[str], list[str]]
) -> Iterator[tuple[date, str]]:
    """Each printed word with the day that it is about."""
    last = find(listed[-1].behind_last or listed[-1].behind_first)
    if len(listed) > 1 and len(last) == len(listed):
        for one, word in zip(listed, last, strict=True):
            yield from ((day, word) for day in one.days[:1])
        return
    for one in listed:
        begin, end = find(one.behind_first), find(one.behind_last)
        if len(end) == 2 and _TO.search(one.behind_last):  # 1月1日至3日（周四至周六）
            begin, end = end[:1], end[1:]
        yield from zip(one.days[:1], begin[:1], strict=False)
        yield from zip(one.days[-1:], end[:1], strict=False)


def _lunar_words(bracket: str) -> list[str]:
    """`除夕` or `正月初六` for each lunar day; a bare 初七 is of the month named before it."""
    words: list[str] = []
    month = "正月"
    for found in _LUNAR.finditer(bracket):
        named, day, of_new_year, early_day = found.groups()
        month = "正月" if of_new_year else named or month
        words.append(month + (day or early_day) if day or early_day else "除夕")
    return words


def _nearest(word: str, day: date) -> date | None:
    """The date of a lunar day that is nearest to this one; None where it cannot be said: of a leap
    month, or before the tables begin."""
    if not FIRST_YEAR < day.year <= LAST_YEAR or word.startswith("闰"):
        return None
    found = (_date_of(word, year) for year in (day.year - 1, day.year))
    return min((one for one in found if one), key=lambda one: abs(one - day), default=None)


def _date_of(word: str, year: int) -> date | None:
    if word == "除夕":
        following = date_of_lunar(year + 1, 1, 1)
        return following - timedelta(1) if following else None
    month, _, number = word.partition("月")
    return date_of_lunar(year, _month(month), _number(number))


def _month(word: str) -> int:
    return {"正": 1, "冬": 11, "腊": 12}.get(word) or _number(word)


def _number(word: str) -> int:
    """初一 to 三十; 廿四."""
    word = word.removeprefix("初").replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = word.rpartition("十")
    return (_digit(tens) or 1) * 10 * bool(ten) + _digit(ones)


def _digit(word: str) -> int:
    return _NUMERALS.index(word) + 1 if word else 0
