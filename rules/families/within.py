"""事后期限: 公布后30个工作日内, 自收到申请之日起20个工作日内, 最迟5小时内, 两年时间内."""

import re
from collections.abc import Iterator

from rules.amount_words import as_days, value_of
from rules.families.events import MODAL, event_in, event_without_mark
from rules.families.page import Page, Phrase
from rules.terms import Kind

_WITHIN = re.compile(r"(?:的?时间)?[之以]?内")
# 公布之日起满1年后: no sooner; a paper's own commencement is no requirement.
_LATER = re.compile(
    r"[之以]?后(?![^，。；\n]{0,4}(?:施行|实施|生效|方可|可以|才))|的(?=，(?:应当?|须|要))"
)
_FULL = re.compile(r"(?:满|日起)$")
_LEADS = re.compile(
    r"(?:最迟|最晚|最长|至迟|一般|原则上|不超过|不得超过|控制|压缩|缩短|缩减|要|应当?|须|必须|可|都|均|即|的|在|于|至|到|，|为|：)+$"
)
_MARK = re.compile(r"(?:之?日起?的?|之时起|时起|以后|之后|后|满|起)$")
_MODAL = re.compile(MODAL)
_STRICT = re.compile("最迟|最晚|最长|至迟|不超过|不得超过")
_LOOKS_BACK = re.compile(r"(?:近|过去|上|前|最近|连续|每|已)的?$")
_BEFORE_EVENT = re.compile(r"(?:届满|期满|到期|召开|举行|开始|结束|实施|截止)前的?$")
# 一年内累计两次: a count in a period, not a limit.
_COUNTS = re.compile(r"(?:，?(?:累计|连续|曾|有过|发生过?|受到|被|出现|因|未发生|未被|无(?!异议)))")
_AFTERWARDS = re.compile(
    r"事后(?=公示|公告|公开|报告|报备|备案|补办|补报|评估|告知|通报|追认|补充|(?:及时)?(?:公布|向社会))"
    r"|(?:施行|实施|印发|公布|发布|出台|完成|作出|通过|批准|结束|合格|受理|办结|竣工|修订|审议|召开|终止|终结|到期|期满|届满)(?:之后|以后|后)"
    r"(?=，(?![^，。；：\n]{0,16}[日月年周时天][之以]?内)[^，。；：\n及]{0,18}(?:应当?|要|须|必须)|，由)"
)
_UNMET = re.compile(r"(?:不能|未能|无法)")
_BANS = re.compile(r"，?(?:不得|不再|禁止|不予)")


def find(page: Page) -> Iterator[Phrase]:
    """Limits that end a stated time after an event."""
    for start, amount, match in page.amounts_before(_WITHIN):
        if _COUNTS.match(page.plain, match.end()) or _UNMET.match(page.plain, match.end()):
            continue
        phrase = _phrase(page, start, match.end(), value_of(amount))
        if phrase:
            yield phrase
    for start, amount, match in page.amounts_before(_LATER):
        if _FULL.search(page.before(start, 4)):
            phrase = _phrase(page, start, match.end(), value_of(amount))
            if phrase:
                yield phrase
    for match in _AFTERWARDS.finditer(page.plain):
        words = page.before(match.end()).removesuffix("后").removesuffix("之").removesuffix("以")
        yield Phrase(
            *match.span(), Kind.AFTER_EVENT, "", "" if words.endswith("事") else event_in(words)
        )


def _phrase(page: Page, start: int, end: int, value: str) -> Phrase | None:
    before = page.before(start)
    if _BEFORE_EVENT.search(before[-6:]):
        return Phrase(
            start, end, Kind.BEFORE_EVENT, as_days(value), event_in(before.rstrip("的前"))
        )
    if _LOOKS_BACK.search(before[-4:]):
        return None
    if value and _BANS.match(page.plain, end):
        return Phrase(start, end, Kind.WINDOW, value)
    lead = _LEADS.search(before[-20:])
    opening = start - len(lead[0]) if lead else start
    told = before[: len(before) - (len(lead[0]) if lead else 0)]
    mark = _MARK.search(told[-4:])
    if mark:
        event = event_in(told[: -len(mark[0])])
        first = page.plain.rfind(event, page.clause_start(start), opening) if event else -1
        return Phrase(first if first >= 0 else opening, end, Kind.AFTER_EVENT, value, event)
    previous = page.before(max(0, start - len(before) - 1)) if len(before) < 80 else ""
    # 行政机关应当在二十日内: what stands before the modal verb acts, and is no event.
    acting = lead is not None and _MODAL.search(lead[0])
    event = event_without_mark("" if acting else told, previous)
    return Phrase(_shown(page, opening, start), end, Kind.AFTER_EVENT, value, event)


def _shown(page: Page, opening: int, start: int) -> int:
    """最迟, 最长 belong to the phrase; 应当在 does not."""
    lead = page.plain[opening:start]
    strict = _STRICT.search(lead)
    return opening + strict.start() if strict else start
