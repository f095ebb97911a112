"""及时: 及时, 适时, 尽快, 抓紧, 限时, 快速反应: prompt, with no limit in figures."""

import re
from collections.abc import Iterator

from rules.families.events import event_in
from rules.families.page import Page, Phrase
from rules.terms import Kind

_ACTS = "反应|响应|处置|回应|办理|核查|发布|报告|组织|上报|启动|整改|查处|应对|开展|采取|作出|到位|公开|引导"
_PROMPT = re.compile(
    r"及时(?!雨)性?|适时|尽快|尽早|尽速|及早|从速|即办(?!件)|即日起(?![至到—-]|[^。；\n]{0,20}(?:执行|施行|实施|废止|生效|失效))|抓紧(?!抓)|限时|限期"
    rf"|快速(?:{_ACTS})|迅速(?:{_ACTS})|合理的?(?:期限|时间|时限)之?内|最短的?(?:期限|时间|时限)之?内"
)
_MODALS = "，应当要须必将"
_FOUND_ENDS = ("的", "发现", "问题", "隐患", "错误", "情况")
_LEAD = re.compile(r"(?:更加|更|不|准确|主动|客观)\Z")
_AFTER_EVENT = re.compile(r"([^，。；：\n]{2,30}?)(?:之后|以后|后)，?(?:应当?|要|须|必须|将)?$")
_ABOUT = re.compile(r"(?:^|.*[^面])(?:对于?|针对)([^，。；：\n]{2,40}?)，?(?:应当?|要|须|必须)?$")
_FOUND = re.compile(
    r"([^，。；：\n]{0,6}发现(?:的?(?:问题|隐患|错误|情况))?|[^，。；：\n]{2,30}的)，?(?:应当?|要|须|必须)?$"
)


def find(page: Page) -> Iterator[Phrase]:
    """Promptness without a number."""
    for match in _PROMPT.finditer(page.plain):
        start, end = match.span()
        lead = _LEAD.search(page.plain, max(0, start - 2), start)
        start = lead.start() if lead else start
        opening = page.clause_start(start)
        if not page.plain[opening:start].strip(_MODALS):
            opening = page.clause_start(opening - 1, 60) if opening else 0
        words = page.plain[opening:start]
        after = _AFTER_EVENT.search(words) if words.rstrip(_MODALS).endswith("后") else None
        if after:
            begin = start - (len(words) - after.end(1)) - min(4, len(after[1]))
            yield Phrase(begin, end, Kind.VAGUE_PROMPT, "", event_in(after[1]))
            continue
        # 回应不及时的: what it is about stands inside the word's own clause
        event = "" if lead and lead[0] == "不" else _about(words)
        yield Phrase(start, end, Kind.VAGUE_PROMPT, "", event)


def _about(words: str) -> str:
    """对…问题，要及时; 发现问题及时: what the promptness answers."""
    told = _ABOUT.match(words) if "对" in words else None
    if told is None and words.rstrip(_MODALS).endswith(_FOUND_ENDS):
        told = _FOUND.search(words)
    return told[1].strip("，的“”") if told else ""
