"""Words of a message: dates, people, and texts that have to be shorter or harmless. Pure."""

from collections.abc import Sequence
from datetime import date

from engine.units import Contact
from engine.workdays import weekday_name

MOST_PEOPLE = 3  # named in a message
_CUT = "…"
# They turn the direction of writing.
_TURNING = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# The robots' markdown has no escape character, so what could act as markup becomes full-width.
_WIDE = str.maketrans("<>`[]#*_~|", "＜＞｀［］＃＊＿～｜")


def visible(text: str) -> str:
    """A text in which nothing acts as markup."""
    return text.translate(_WIDE)


def on_one_line(text: str) -> str:
    """A text without line breaks, and without marks that would turn the direction of what follows
    it: a date read from right to left is another date."""
    return " ".join(text.translate(_TURNING).splitlines())


def bytes_of(text: str) -> int:
    """Its length in UTF-8."""
    return len(text.encode())


def shortened(text: str, excess: int) -> str:
    """`text` without its last `excess` bytes, and with a mark in their place."""
    if excess <= 0:
        return text
    room = bytes_of(text) - excess - bytes_of(_CUT)
    return text.encode()[:room].decode(errors="ignore") + _CUT if room > 0 else ""


def people_of(contacts: Sequence[Contact]) -> str:
    """`张三、李四`; of many the first, and how many there are."""
    names = "、".join(contact.name for contact in contacts[:MOST_PEOPLE])
    more = f"等{len(contacts)}人" if len(contacts) > MOST_PEOPLE else ""
    return names + more


def named(day: date) -> str:
    """`2026-10-12（星期一）`: a date as it stands in messages."""
    return f"{day}（{weekday_name(day)}）"


def named_shortly(day: date, today: date) -> str:
    """`10月12日（周一）`, with its year where that is not this one."""
    year = f"{day.year}年" if day.year != today.year else ""
    return f"{year}{day.month}月{day.day}日（{weekday_name(day).replace('星期', '周')}）"
