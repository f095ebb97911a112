"""同步: 同步发布, 一并报送, 答复的同时, 与文件同时公布, 报批时应当: at the time of another act."""

import re
from collections.abc import Iterator

from rules.families.events import event_in
from rules.families.page import Page, Phrase
from rules.terms import Kind

_ACTS = (
    "组织|审签|部署|发布|公布|公开|公示|解读|报送|报批|上报|报|送|上网|上传|上线|发行|推送|联动|推进|更新|印发|起草|"
    "研究|谋划|制定|审批|审议|实施|开展|办理|移交|提交|告知|通知|说明|抄送|抄报|附|送达|刊登|转载|建设|考核|调整|落实"
)
_IN_STEP = re.compile(rf"同步(?<!不同步)(?![率性卫辐])(?:(?:{_ACTS})|进行)?")
_AND_ALSO = re.compile(
    rf"一[并同](?=[^，。；\n]{{0,4}}(?:{_ACTS}|提|交|公|附|纳入|考))|随(?:文|件|同)(?=公布|公开|印发|报送|发布|报批|附|一并)"
)
_WITH_PAPER = re.compile(r"随[^，。；\n]{1,10}$")
_WHILE = re.compile(r"的同时(?![代期性])")
# 在做好…的同时，加强…: rhetoric, no act with a time.
_RHETORIC = re.compile(
    r"(?:做好|加强|抓好|推进|坚持|注重|强化|促进|保障|确保|完善|提升|提高|扩大|优化|不断|继续|发展|深化|重视|履行|落实|加大|加快|与此|巩固|保持|严格)"
)
_SAME_TIME = re.compile(
    rf"同时(?<=[一-龥）”]同时)(?={_ACTS})(?!期)|同时(?<=，同时)(?=抄送|抄报|抄告|报送|上报|报备)"
)
_WHEN = re.compile(
    r"时(?<![及适实同按届随小即准临平当有暂定何此那不历耗用工课学费超限计省瞬顿旧古战时要需迟长短费过每几多年好守到日]时)"
    r"(?:，(?=[^，。；：\n]{0,22}(?:应当|应|要|须|必须|不得|需|着重))|(?=应当|应(?!急)|要(?!求|点)|须|必须|不得|一并|同步|着重|由))"
)
_ABOUT_A_FEAST = re.compile(
    r"(?:春节|国庆节?|劳动节|端午节?|中秋节?|清明节?|元旦|元宵节?|[“]?两会[”]?|节假日)前后"
)
_CONDITION = re.compile(r"(?:不能|无法|不宜|确需|确有|必要|特殊|情况|不同|如果|若|不足|不明|困难)")
_DURING = re.compile(r"过程中(?<=[一-龥]过程中)(?=，(?:应当?|要|须|必须))")


def find(page: Page) -> Iterator[Phrase]:
    """What is done at the same time as something else."""
    for match in _IN_STEP.finditer(page.plain):
        words = page.before(match.start(), 40)
        yield Phrase(*match.span(), Kind.SIMULTANEOUS, "", _with(words))
    for pattern in (_AND_ALSO, _SAME_TIME):
        for match in pattern.finditer(page.plain):
            words = page.before(match.start(), 40)
            with_paper = _WITH_PAPER.search(words)
            start = match.start() - (len(with_paper[0]) if with_paper else 0)
            yield Phrase(start, match.end(), Kind.SIMULTANEOUS, "", _with(words))
    for match in _ABOUT_A_FEAST.finditer(page.plain):
        yield Phrase(*match.span(), Kind.SIMULTANEOUS, "", match[0].removesuffix("前后"))
    yield from _while(page)
    yield from _when(page)


def _with(words: str) -> str:
    """与文件同步: the event is what stands after 与."""
    for joint in ("与", "和", "随"):
        _, found, event = words.rpartition(joint)
        if found and len(event.partition("同步")[0]) <= 20:
            return event.partition("同步")[0].strip("“”、")
    return ""


def _while(page: Page) -> Iterator[Phrase]:
    for match in _WHILE.finditer(page.plain):
        event = event_in(page.before(match.start(), 40))
        if event and not _RHETORIC.match(event):
            yield Phrase(match.start() + 1, match.end(), Kind.SIMULTANEOUS, "", event)


def _when(page: Page) -> Iterator[Phrase]:
    for match in _WHEN.finditer(page.plain):
        words = page.before(match.start(), 60)
        event = event_in(words)
        if len(words) < 2 or len(event) < 2 or _CONDITION.search(words):
            continue
        yield Phrase(
            match.start() - min(len(event), 6), match.start() + 1, Kind.SIMULTANEOUS, "", event
        )
    for match in _DURING.finditer(page.plain):
        yield Phrase(*match.span(), Kind.SIMULTANEOUS, "", event_in(page.before(match.start(), 40)))
