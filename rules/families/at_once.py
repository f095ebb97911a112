"""即时: 立即, 第一时间 (no limit in figures); 当日 (the event's day); 次日, 下一个工作日."""

import re
from collections.abc import Iterator

from rules.families.events import event_in
from rules.families.page import Page, Phrase
from rules.terms import Kind

_PROMPT = re.compile(
    r"立即|立刻|即刻|马上|随即|第一时间|即时(?![通消新]|聊天|分数)|随到随[办审批受]|即[收来到申报][即立][办收受审批]|急事急办"
)
_SAME_DAY = re.compile(r"当[日天](?![之起]|[为是]|(?:气|的?(?:气温|数据))|[^，。；\n]{1,4}的[^，])")
_NEXT_DAY = re.compile(r"(?:次日|翌日|第二天|第二日|隔日|隔天)(?![起之]|为)(?:之?内|前)?")
_NEXT_WORKING_DAY = re.compile(r"[次下第][一二]?个?工作日(?:之?内|前|上午|下午)?(?![起之])")
_ON_THE_SPOT = re.compile(
    # 能够当场…的, 当场作出的决定: a condition, or which one.
    r"当场(?<!能当场)(?<!能够当场)(?<!可以当场)(?<!无法当场)(?!能|可以|[^，。；\n]{0,8}的(?:[，外]|行政|处罚))|现场(?<=[，、]现场)(?=办结|答复|受理)"
)
_EVENT = re.compile(r"(?:后|之日起?|的)$")


def find(page: Page) -> Iterator[Phrase]:
    """What is owed at once, on the same day, or on the next."""
    for match in _PROMPT.finditer(page.plain):
        yield Phrase(*match.span(), Kind.VAGUE_PROMPT)
    for match in _ON_THE_SPOT.finditer(page.plain):
        yield Phrase(*match.span(), Kind.SIMULTANEOUS)
    for pattern, value in ((_SAME_DAY, ""), (_NEXT_DAY, "P1D"), (_NEXT_WORKING_DAY, "1WD")):
        for match in pattern.finditer(page.plain):
            words = page.before(match.start(), 40)
            event = event_in(_EVENT.sub("", words)) if _EVENT.search(words) else ""
            yield Phrase(*match.span(), Kind.AFTER_EVENT, value, event)
