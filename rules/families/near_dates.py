"""近日: 本月底前, 本周五前, 请于20日前: days that the document's own date tells."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from rules.families.by_date import deadline
from rules.families.page import Page, Phrase

_MONTH_END = re.compile(
    r"(?:本月(?P<day>[0-9]{1,2})日|本月[底末]?(?=之?内)|本月[底末]|月(?<![0-9一二三四五六七八九十每个季本]月)[底末])(?:之前|以前|前|之?内)"
)
_NEXT_MONTH_END = re.compile(r"下个?月[底末]?(?:之前|以前|前|之?内)")
_THIS_QUARTER = re.compile(r"本季度?(?:之?内|[底末](?:之?前|以前)?)")
_THIS_WEEK = re.compile(
    r"(?P<which>[本下])周(?P<weekday>[一二三四五六日])?(?P<limit>之前|以前|前|内|下班前)"
)
_DAY_ONLY = re.compile(r"[于在](?P<day>[0-9]{1,2})日(?:下班)?(?:之前|以前|前)")


def find(page: Page) -> Iterator[Phrase]:
    """Days that are counted from the day of the document."""
    issued = page.document.adopted
    for match in _NEXT_MONTH_END.finditer(page.plain):
        yield deadline(*match.span(), _month_end(issued, 1))
    for match in _MONTH_END.finditer(page.plain):
        yield deadline(*match.span(), _in_month(issued, match["day"]))
    for match in _THIS_QUARTER.finditer(page.plain):
        ahead = 2 - (issued.month - 1) % 3 if issued else 0
        yield deadline(*match.span(), _month_end(issued, ahead))
    for match in _DAY_ONLY.finditer(page.plain):
        yield deadline(*match.span(), _in_month(issued, match["day"]))
    for match in _THIS_WEEK.finditer(page.plain):
        yield deadline(*match.span(), _in_week(issued, match))


def _month_end(issued: date | None, ahead: int) -> date | None:
    """The last day of the month that is so many months after the document's."""
    if issued is None:
        return None
    months = issued.month + ahead
    return date(issued.year + months // 12, months % 12 + 1, 1) - timedelta(1)


def _in_month(issued: date | None, day: str | None) -> date | None:
    end = _month_end(issued, 0)
    if end is None or day is None:
        return end
    return end.replace(day=int(day)) if 1 <= int(day) <= end.day else None


def _in_week(issued: date | None, match: re.Match[str]) -> date | None:
    if issued is None:
        return None
    weekday = "一二三四五六日".index(match["weekday"] or "日")
    weeks = 1 if match["which"] == "下" else 0
    return issued + timedelta(weekday - issued.weekday() + 7 * weeks)
