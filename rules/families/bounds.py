"""至少与至多: 公示期不少于30日, 延长最长不得超过20个工作日, 办理时限为15个工作日, 公示7日."""

import re
from collections.abc import Iterator

from rules.amount_words import AMOUNT, as_days, value_of
from rules.families.events import event_in
from rules.families.page import Page, Phrase
from rules.numerals import NUMBER
from rules.terms import Kind

_LIMIT_WORDS = r"(?:为|是|在|：|期为)?(?:一般|原则上|通常)?(?:为)?"
_AT_LEAST = re.compile(
    rf"(?:不少于|不得少于|不低于|不得低于|至少|最少|不短于|不得短于|应少于)(?:为)?({AMOUNT})(?![前之的]?(?:前|一次))"
)
_AT_MOST = re.compile(
    rf"(?:不得超过|不能超过|不应超过|不超过|不超|不多于|不得多于|不得长于|不长于|不得迟于|不迟于|不得晚于|不晚于|最长[为是]?"
    rf"|控制[在至到为]|压[缩减][在至到为]|缩[短减][在至到为]|精简[至到为])({AMOUNT})(?:之内|以内|内)?(?!前)"
)
_EXTENDED = re.compile(
    rf"(?<!每)(?:延长|延期|顺延|延迟|宽限)(?:的?期限|时间|答复|办理|公示)?(?:为|至|到)?({AMOUNT})"
)
_SPAN_NOUN = re.compile(
    rf"(?:公示期|公示期限|公示时间|公告期|公告期限|公告时间|公开期限|公开时间|征求意见期|征求意见期限|征求意见时间|征求意见的期限|征集时间|征集期|试点期|试点期限|试行期|试行期限|有效期|有效期限|保存期限|保存期|保管期限|过渡期|观察期|整治期|聘期|任期)"
    rf"{_LIMIT_WORDS}({AMOUNT})"
)
_DOING_NOUN = re.compile(
    rf"(?:时限|办结期限|办理期限|答复期限|审批期限|反馈期限|整改期限|办理时间|审批时间|办结时间|答复时间|受理时间|响应时间){_LIMIT_WORDS}({AMOUNT})"
)
_SHOWN_FOR = re.compile(rf"(?:公示|公告|张贴|展示|悬挂)(?:满|达)?({AMOUNT})(?![前内以之]|后(?!无))")
_KEPT = re.compile(rf"(?:保存|保留|留存|保管)(?:期)?(?:至少)?({AMOUNT})")
_DONE_IN = re.compile(r"办结|办好|办理完毕|答复|回复|反馈|出证|办成|完成审批")
_OR_MORE = re.compile("以上")
_SPAN_CONTEXT = re.compile(
    r"(?:公示|公告|征求意见|征集|保存|留存|保管|展示|张贴|时间|期限|(?<![逾超])期)(?:期|时间|期限)?(?:应当?|须|要|在|为|达到?|不少于)*$"
)
# What these have at least or at most of is no time of a duty: 会议不超过2小时.
_NOT_A_DUTY = re.compile(
    r"(?:年龄|工龄|会议|时长|视频|发言|经验|工作经历|从业|成立|服务满|党龄|任职|车程|排队|等候|等待)"
)
_OF_THE_PAPER = re.compile(r"本(?:办法|规定|通知|意见|细则|方案|规则|制度|文件)$")
# 法定时限（工作日）：20: the unit is in the label.
_UNIT_IN_LABEL = re.compile(
    rf"(?:时限|期限|时间)（(?:单位：)?(?P<unit>工作日|日|天|小时|个?月)）[：| ]{{1,3}}(?P<number>{NUMBER})(?![0-9.年月日])"
)
_EXTENDS = re.compile(r"延长|延期|顺延")


def find(page: Page) -> Iterator[Phrase]:
    """Bounds of a span (at least: window) and of a limit (at most: after_event)."""
    for pattern in (_AT_LEAST, _SPAN_NOUN, _SHOWN_FOR, _KEPT):
        for match in pattern.finditer(page.plain):
            yield from _bound(page, *match.span(), match[1], Kind.WINDOW)
    for pattern in (_AT_MOST, _DOING_NOUN, _EXTENDED):
        for match in pattern.finditer(page.plain):
            yield from _bound(page, *match.span(), match[1], Kind.AFTER_EVENT)
    for match in _UNIT_IN_LABEL.finditer(page.plain):
        unit = match["unit"].replace("个", "")
        unit = unit if unit in ("日", "天") else f"个{unit}"
        yield from _bound(page, *match.span(), match["number"] + unit, Kind.AFTER_EVENT)
    for start, amount, match in page.amounts_before(_DONE_IN):
        yield from _bound(page, start, match.end(), amount, Kind.AFTER_EVENT)
    for start, amount, match in page.amounts_before(_OR_MORE):
        if _SPAN_CONTEXT.search(page.before(start, 20)):
            yield from _bound(page, start, match.end(), amount, Kind.WINDOW)


def _bound(page: Page, start: int, end: int, amount: str, kind: Kind) -> Iterator[Phrase]:
    value = as_days(value_of(amount)) if kind is Kind.WINDOW else value_of(amount)
    nearby = page.before(start, 14)
    if "有效期" in page.plain[start:end] and "施行" in page.plain[page.sentence(start)[0] : start]:
        return  # of the paper itself
    if _NOT_A_DUTY.search(nearby) or _OF_THE_PAPER.search(nearby):
        return
    if not value and kind is Kind.WINDOW:
        return
    words = page.before(start)
    extension = "延长期限" if _EXTENDS.search(words + page.plain[start:end]) else ""
    yield Phrase(start, end, kind, value, extension or _counted_from(words))


def _counted_from(words: str) -> str:
    mark = max(words.rfind("之日起"), words.rfind("后"))
    return event_in(words[:mark]) if mark > 0 else ""
