"""日期用语: 2017年底, 8月底, 第三季度, “十三五”期末, 年内 as text patterns and as days."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from rules.numerals import SMALL, YEAR, number, year

_PARTS = {"上旬": 10, "初": 10, "中旬": 20}  # 下旬, 底, 末: the month's last day
_HALVES = {"上半年": 6, "下半年": 12, "年中": 6}
# 2024-05-10, 2024.5.10, 2024/5/10: the sign after the year stands after the month too.
_YEAR = rf"(?:(?P<year>{YEAR})(?:年(?:度)?的?|(?P<sign>[-/.])(?=[0-9]{{1,2}}[-/.][0-9]{{1,2}}(?![0-9])))|(?P<next>次年|翌年|明年|来年|下一?年度?)|(?P<this>今年|本年度?|当年度?))"
_MONTH = rf"(?P<month>{SMALL})(?(sign)(?P=sign)|月(?:份)?)(?:(?P<day>{SMALL})(?(sign)日?|[日号])|(?P<part>底|末|上旬|中旬|下旬|初))?"
_WEEKDAY = r"(?:（(?:星期|周)[一二三四五六日天][^（）\n]{0,6}）)?"
_CLOCK = rf"(?:(?:上午|下午|晚上?|中午)?{SMALL}(?:(?<=[0-9])：[0-9]{{2}}|[时点](?:{SMALL}分|整|半)?)|下班)?"
_LIMIT = r"(?P<limit>之前|以前|前(?![后述款期三两几置来往列景沿瞻])|之内|以内|内|为止|止|截止)?"
DATE = re.compile(
    rf"{_YEAR}?(?:{_MONTH}|(?P<half>上半年|下半年|年中)|(?P<quarter>第?[一二三四1-4])季(?:度(?:之?[末底])?|(?=[末底]))|(?P<end>年?[底末]|年终))"
    rf"{_WEEKDAY}{_CLOCK}{_LIMIT}"
    rf"|{_YEAR.replace('<', '<only_')}(?P<only_limit>之前|以前|前|之内|以内|内)"
)
_MAY_BE_DATE = re.compile(
    r"[0-9一二三四五六七八九十〇第今本当次翌明来下上年](?:[0-9一二三四五六七八九〇十今本当次翌明来下上]{0,7}[月季年半底末终]|(?<=[12])[0-9]{3}(?=[-/.][0-9]))"
)
PLAN = re.compile(
    r"(?P<plan>[一二三四五六七八九十](?:[一二三四五六七八九十]{0,2})五)[”’]?(?:规划)?(?:时?期|规划期)?(?:期?末|末期|期满|结束|收官|期间?结束)(?:之?前|以前)?"
)


def dates(text: str) -> Iterator[re.Match[str]]:
    """The matches of DATE, one after another."""
    place = 0
    # DATE begins with what may be missing, so that searching for it is slow: match it where it may be.
    for candidate in _MAY_BE_DATE.finditer(text):
        for start in range(max(place, candidate.start()), candidate.end()):
            found = DATE.match(text, start)
            if found:
                place = found.end()
                yield found
                break


def plan_end(numeral: str) -> date | None:
    """The last day of a five-year plan: 十三五 is 2020-12-31."""
    ordinal = number(numeral.removesuffix("五"))
    return date(1970 + 5 * (ordinal - 3), 12, 31) if ordinal and 3 <= ordinal <= 20 else None


def stated_year(found: re.Match[str]) -> int | None:
    """The year that a match of DATE names in figures."""
    words = found["year"] or found["only_year"]
    return year(words) if words else None


def is_next_year(found: re.Match[str]) -> bool:
    """次年, 明年."""
    return bool(found["next"] or found["only_next"])


def month_and_day(found: re.Match[str], within: int | None) -> tuple[int, int] | None:
    """The last month and day of what a match of DATE names; None where no such day exists."""
    month = _month(found)
    if not 1 <= month <= 12:
        return None
    last = monthrange(within or 2023, month)[1]
    # 2月29日 exists where the year is left open.
    longest = last if within else monthrange(2024, month)[1]
    if found["day"]:
        day = number(found["day"]) or 0
        return (month, day) if 1 <= day <= longest else None
    return month, _PARTS.get(found["part"] or "", last)


def _month(found: re.Match[str]) -> int:
    if found["month"]:
        return number(found["month"]) or 0
    if found["quarter"]:
        return 3 * (number(found["quarter"].removeprefix("第")) or 0)
    return _HALVES.get(found["half"] or "", 12)


def day_of(found: re.Match[str], in_year: int | None) -> date | None:
    """The last day of what a match of DATE names, in that year."""
    if not in_year or not 1900 <= in_year <= 2200:
        return None
    named = month_and_day(found, in_year)
    return date(in_year, *named) if named else None
