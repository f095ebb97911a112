"""周期: 每月, 每季度结束后10日内, 每年1月31日前, 每两周至少一次, 收购旺季时每五日."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rules.amount_words import AMOUNT, as_days, value_of, written
from rules.calendar_words import DATE, month_and_day
from rules.families.page import Page, Phrase
from rules.numerals import NUMBER, number
from rules.terms import Kind

# 每年每季度: the last one tells the rhythm.
_EACH = re.compile(
    rf"每(?>(?:隔|间隔|满)?(?P<count>{NUMBER})?"
    r"(?P<unit>个?工作日|个?小时|天|日|个?星期|周(?![岁年])|旬|个?月|个?季度?|半年度?|半个?月|年(?![级龄])度?|个?学期|个?财年))(?!每)"
    r"(?!按[^，。；\n]{0,20}(?:罚款|加处|加收|滞纳金))"
)
_UNITS = {"工作日": "WD", "小时": "H", "天": "D", "日": "D", "星期": "W", "周": "W", "月": "M"}
_UNITS |= {"季": "Q", "季度": "Q", "年": "Y", "年度": "Y", "财年": "Y"}
_WHOLE = {"旬": "P10D", "半年": "P6M", "半年度": "P6M", "半月": "P15D", "半个月": "P15D"}

_ENDED = re.compile(
    rf"度?(?:(?:结束|终了|期满|届满|过)(?:之?后|的)?|之?后)的?({AMOUNT})(?:之?内|以内|前)"
    rf"|(?:首|的?第一个?)月的?(?P<first>[0-9]{{1,2}})[日号](?:之前|以前|前)?"
    rf"|的?(?:前|头)({AMOUNT})(?:之?内|以内|内)?|的?(?P<first_day>第一个|首个)工作日"
)
_NEXT = re.compile(
    rf"(?:次|下个?)月的?(?:([0-9]{{1,2}})[日号](?:之前|以前|前|内)?|(?:前)?({AMOUNT})(?:之内|以内|内))"
)
_PERIOD_ENDED = re.compile(
    rf"(?P<period>[年月季]|半年)度(?:终了|结束)(?:之?后)?的?({AMOUNT})(?:之?内|以内)"
)
_MONTH_DAY = re.compile(
    r"度?(?:的|末月的?|最后一个?月的?|于)?(?P<day>[0-9]{1,2})[日号]?(?P<more>(?:[、和及][0-9]{1,2}[日号])*)(?:(?<=[日号])|(?=[-—~～至到]))"
    r"(?:[-—~～至到](?P<until>[0-9]{1,2})[日号])?(?:下班)?(?:之前|以前|前)?"
)
_MONTH_PART = re.compile(
    r"的?(?:(?P<ten>上旬)|(?P<twenty>中旬)|下旬|月?[底末](?!月)(?:[0-9]{1,2}日内)?)(?:之前|以前|前)?"
)
_WEEKDAY = re.compile(
    r"(?P<day>[一二三四五六日天])(?P<range>[至到—-]周?五)?(?:下午|上午|晚)?(?:下班)?(?:之前|以前|前)?"
)
_YEAR_OPENS = re.compile(r"度?的?(?:于|在)?(?:次年)?")
_NUMBER = re.compile(NUMBER)
_LEAST = re.compile(
    rf"[^，。；：\n]{{0,16}}?(?P<least>不少于|不低于|不得少于|不得低于|至少|最少)?[^，。；：\n0-9一二两三四五六七八九十]{{0,12}}?"
    rf"(?P<count>{NUMBER})(?:[-—至到~]{NUMBER})?个?(?:次|轮|场|期|回|批)(?!级|性)"
)
_SEASONS = (
    *("旺季", "淡季", "汛期", "防火期", "采暖期", "供暖季", "供暖期", "高峰期", "敏感期"),
    *("节假日", "时期", "期间", "季节", "防控期"),
)
_SEASON = re.compile(rf"[^，。；：、\n]{{0,10}}?(?:{'|'.join(_SEASONS)})$")


def find(page: Page) -> Iterator[Phrase]:
    """Rhythms that are told with 每."""
    for match in _EACH.finditer(page.plain):
        base = _base(match["count"], match["unit"])
        if not base:
            yield Phrase(*match.span(), Kind.VAGUE_PERIODIC)
            continue
        for start, end, value in _with_day(page, match, base):
            options = _least(page, end) + _season(page, match.start())
            yield Phrase(start, end, Kind.PERIODIC, value + options)
    yield from _next_month(page)
    yield from _ended_period(page)


def _next_month(page: Page) -> Iterator[Phrase]:
    """次月10日前, 次月5个工作日内: what is owed for each month, in the next."""
    for match in _NEXT.finditer(page.plain):
        value = as_days(value_of(match[2])).removeprefix("P") if match[2] else f"{match[1]}D"
        if value and (match[2] or 0 < int(match[1]) < 32) and not value.endswith("Y"):
            yield Phrase(*match.span(), Kind.PERIODIC, f"P1M;after={value}")


def _ended_period(page: Page) -> Iterator[Phrase]:
    """年度终了后五个月内, 季度结束后15日内: the event is the end of every period."""
    bases = {"年": "P1Y", "半年": "P6M", "季": "P3M", "月": "P1M"}
    for match in _PERIOD_ENDED.finditer(page.plain):
        value = value_of(match[2])
        if value and not value.startswith("PT") and not value.endswith("Y"):
            after = f"{bases[match['period']]};after={value.removeprefix('P')}"
            yield Phrase(*match.span(), Kind.PERIODIC, after)


@lru_cache(maxsize=1024)
def _base(count_words: str | None, unit: str) -> str:
    if unit in _WHOLE:
        return _WHOLE[unit]
    count = number(count_words) if count_words else 1
    return as_days(written(count, _UNITS.get(unit.removeprefix("个"), "")))


def _with_day(page: Page, match: re.Match[str], base: str) -> Iterator[tuple[int, int, str]]:
    """The spans and values that the words after 每… make of the period: its day, if they say one."""
    start, end = match.span()
    if base == "P1Y":
        days = list(_days_of_year(page, start, end))
        if days:
            yield from days
            return
    ended = _ENDED.match(page.plain, end)
    if ended and base != "1WD" and _after(ended):
        yield start, ended.end(), f"{base};after={_after(ended)}"
    elif base.endswith("M"):
        yield from _days_of_month(page, start, end, base)
    elif base == "P1W":
        yield _day_of_week(page, start, end)
    else:
        yield start, end, base


def _after(ended: re.Match[str]) -> str:
    if ended["first_day"]:
        return "1WD"
    if ended["first"]:
        return f"{int(ended['first'])}D" if 0 < int(ended["first"]) < 32 else ""
    value = value_of(ended[1] or ended[3])
    return "" if value.startswith("PT") or value.endswith("Y") else value.removeprefix("P")


def _days_of_year(page: Page, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    place = _YEAR_OPENS.match(page.plain, end).end()  # type: ignore[union-attr]
    while found := DATE.match(page.plain, place):
        if found["year"] or not (
            found["month"] or found["half"] or found["quarter"] or found["end"]
        ):
            return
        named = month_and_day(found, None)
        if named is None:
            return
        following = page.plain[found.end() : found.end() + 1]
        if following not in ("至", "到", "-", "—"):
            yield start, found.end(), "P1Y;by={:02}-{:02}".format(*named)
            start = found.end()
        place = found.end() + 1
        if following not in ("、", "和", "及", "至", "到", "-", "—"):
            return
        start = place if start == found.end() else start


def _days_of_month(page: Page, start: int, end: int, base: str) -> Iterator[tuple[int, int, str]]:
    part = _MONTH_PART.match(page.plain, end)
    if part:
        tenth = "10" if part["ten"] else "20" if part["twenty"] else ""
        yield start, part.end(), base + (f";day={tenth}" if tenth else "")
        return
    found = _MONTH_DAY.match(page.plain, end)
    days = [int(day) for day in re.findall("[0-9]+", found[0])] if found else []
    if found is None or not all(1 <= day <= 31 for day in days):
        yield start, end, base
        return
    if found["until"]:
        days = days[-1:]
    cut = [*(m.end() for m in re.finditer("[0-9]+", found[0])), len(found[0])]
    for index, day in enumerate(days):
        last = found.end() if index == len(days) - 1 else found.start() + cut[index]
        yield start, last, f"{base};day={day}"
        start = last


def _day_of_week(page: Page, start: int, end: int) -> tuple[int, int, str]:
    found = _WEEKDAY.match(page.plain, end)
    if found is None:
        return start, end, "P1W"
    if found["range"]:
        return start, found.end(), "1WD"
    return (
        start,
        found.end(),
        f"P1W;weekday={'一二三四五六日'.find(found['day'].replace('天', '日')) + 1}",
    )


def _least(page: Page, end: int) -> str:
    """每年至少一次 and 每年两次 ask for a number; 每年一次 only says the rhythm again."""
    # Most of what follows 每… holds no number at all, which is quickly seen.
    found = _NUMBER.search(page.plain, end, end + 40) and _LEAST.match(page.plain, end)
    count = number(found["count"]) if found else None
    if found is None or not count or count > 366 or (count == 1 and not found["least"]):
        return ""
    return f";min={count}"


def _season(page: Page, start: int) -> str:
    words = page.before(start, 14) or page.plain[max(0, start - 14) : start]
    words = words[:-1] if words.endswith(("时", "里", "内", "，")) else words
    found = _SEASON.search(words) if words.endswith(_SEASONS) else None
    if found is None or "五" in found[0] or "规划" in found[0]:
        return ""  # “十四五”期间，每年: a plan is no season
    season = "".join(found[0].removesuffix("期间").removeprefix("在").split())
    return f";season={season}" if season and not set(season) & set(";|=\ue000") else ""
