"""时间量: 20个工作日, 两周, 半年, 3至5日, as text patterns and as the values of rules.terms."""

import re
from functools import lru_cache

from rules.numerals import NUMBER, number

# The longest first: 个工作日 before 日, 个月 before 月.
_UNIT_MEASURES = {
    "工作日": "WD",
    "自然日": "D",
    "日历日": "D",
    "小时": "H",
    "钟头": "H",
    "分钟": "",
    "星期": "W",
    "季度": "Q",
    "学期": "",
    "天": "D",
    "日": "D",
    "周": "W",
    "月": "M",
    "年": "Y",
}
UNIT = rf"(?:个?(?:法定)?(?:{'|'.join(list(_UNIT_MEASURES)[:9])}|月)|天|日|周|年)"
_RANGE = r"[-－—–~～至到或]"
# 3至5个工作日, 15（十五）日, 20日（不含公示时间）内: the larger number counts.
# It begins with a set of characters, which lets the search skip fast to where an amount can begin.
AMOUNT = (
    r"[0-9一二两三四五六七八九十百廿半](?!(?<=[0-9])[0-9]?月)(?:[0-9]{0,3}|[一二两三四五六七八九十百廿]{0,5})"
    rf"(?:个?(?:工作日|月|日|天|周)?{_RANGE}{{1,2}}{NUMBER})?(?:（{NUMBER}）)?多?{UNIT}"
    # 2017年 and 8月 are dates.
    r"(?<![0-9]月)(?<![0-9]{4}年)"
)

_NUMBERS = re.compile(NUMBER)
_HALVES = {"半年": "P6M", "半月": "P15D", "半个月": "P15D"}


@lru_cache(maxsize=1024)
def value_of(amount: str) -> str:
    """`20WD`, `PT5H`, `P2W`; empty where the grammar of values has no word for it (30分钟)."""
    if amount.startswith("半"):
        return _HALVES.get(amount, "")
    # 十五（15）日 says its number twice; the last one is the upper end of 3至5日 too.
    count = number(_NUMBERS.findall(amount)[-1])
    unit = next(unit for unit in _UNIT_MEASURES if amount.endswith(unit))
    return written(count, _UNIT_MEASURES[unit])


def written(count: int | None, measure: str) -> str:
    """Count and measure in the grammar of values; empty where it has no such value."""
    if measure == "Q":
        count, measure = (count or 0) * 3, "M"
    limit = 99 if measure == "Y" else 9999
    if not count or not measure or count > limit:
        return ""
    if measure == "WD":
        return f"{count}WD"
    return f"PT{count}H" if measure == "H" else f"P{count}{measure}"


def as_days(value: str) -> str:
    """Hours as whole days, for kinds that know no hours; empty where they are no whole days."""
    if not value.startswith("PT"):
        return value
    days, rest = divmod(int(value[2:-1]), 24)
    return f"P{days}D" if days and not rest else ""
