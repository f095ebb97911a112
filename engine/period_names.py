"""The keys of periods in Chinese: `2026-Q3` is 2026年第三季度."""

import re
from collections.abc import Callable

_NUMERALS = {"1": "一", "2": "二", "3": "三", "4": "四"}
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(\d{4})"), lambda m: f"{m[1]}年"),
    (re.compile(r"(\d{4})-(\d\d)"), lambda m: f"{m[1]}年{int(m[2])}月"),
    (re.compile(r"(\d{4})-Q([1-4])"), lambda m: f"{m[1]}年第{_NUMERALS[m[2]]}季度"),
    (re.compile(r"(\d{4})-H([12])"), lambda m: f"{m[1]}年{'上' if m[2] == '1' else '下'}半年"),
    (re.compile(r"(\d{4})-W(\d\d)"), lambda m: f"{m[1]}年第{int(m[2])}周"),
    (re.compile(r"(\d{4})-(\d\d)-(\d\d)"), lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日"),
    (re.compile(r"(\d{4})-(\d\d)/.+"), lambda m: f"{m[1]}年{int(m[2])}月起的一期"),
    (
        re.compile(r"(\d{4})-(\d\d)-(\d\d)/.+"),
        lambda m: f"{m[1]}年{int(m[2])}月{int(m[3])}日起的一期",
    ),
)


def period_in_words(key: str) -> str:
    """A period's key in Chinese; anything else, such as an event's reference, as it is."""
    for pattern, words in _PATTERNS:
        if match := pattern.fullmatch(key):
            return words(match)
    whole, number, times = key.rpartition("#")
    if number and times.isdigit() and (named := period_in_words(whole)) != whole:
        return f"{named}第{times}次"
    return key
