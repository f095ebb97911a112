"""期间: 通过两年时间, 用三年左右时间, 为期三个月."""

import re
from collections.abc import Iterator

from rules.amount_words import AMOUNT, value_of
from rules.families.page import Page, Phrase
from rules.terms import Kind

_SPENT = re.compile(
    rf"(?:通过|利用|经过|力争用|争取用|计划用|再用|用)(?:大约|约|近)?({AMOUNT})(?:左右)?(?:的?(?:时间|努力|攻坚|集中)|左右)"
)
_LASTING = re.compile(rf"(?:为期|历时|为时)(?:约)?({AMOUNT})")
# 经过三年努力，改革取得成果: what was.
_DONE = re.compile(r"[^。；\n]{0,20}?(?:取得|已经?|完成了|实现了)")
_TAKEN = re.compile(rf"(?<=，)({AMOUNT})左右的?时间")


def find(page: Page) -> Iterator[Phrase]:
    """Spans of time that a task is given."""
    for pattern in (_SPENT, _LASTING, _TAKEN):
        for match in pattern.finditer(page.plain):
            value = value_of(match[1])
            if value and not _DONE.match(page.plain, match.end()):
                yield Phrase(*match.span(), Kind.WINDOW, value)
