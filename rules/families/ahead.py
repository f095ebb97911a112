"""事前期限: 听证会举行7日前, 届满前30日, 提前3天; 决策前, 报批前, 事前 where no number is given."""

import re
from collections.abc import Iterator

from rules.amount_words import AMOUNT, as_days, value_of
from rules.families.events import event_in
from rules.families.page import Page, Phrase
from rules.terms import Kind

_AHEAD = re.compile(rf"提前(?:至少|不少于|不得少于|最少)?({AMOUNT})(?:以上)?")
_COUNTED = re.compile(r"(?:之前|以前|前)(?![三两几一二1-9期款述后]|年[度内])")
_AFTER_WORD = re.compile(
    rf"(?<![目当以之此提日眼跟空从生年])前(?:的|，)?(?:至少|不少于|不得少于|最迟|提前)?({AMOUNT})(?:之?内|以内|以上)?"
)
_EVENTS = (
    "公开|公布|发布|决策|决定|出台|印发|报批|报审|审议|上报|报送|实施|施行|执行|举行|召开|举办|开工|启动|提交|作出|"
    "制定|签发|签订|上线|生效|送达|发文|审签|审批|批准|使用|验收|届满|期满|结束|开始|开展|到期|截止|表决|上会|会签|"
    "付印|刊登|播发|开标|竣工|交付|投产|归档|移交|销毁|注销|撤销|关停|下线|迁移|改版|立项|拨付|讨论|会议|考试|入学|"
    "开学|汛期|来临|到来|下班|听证会|发布会|调整|处罚|登记|办结|起草|备案|申报|发放|换届|选举|放假|节假日|运行|启用|"
    "录用|任命|离任|上岗|出境|出行|招标|采购|拍卖|评审|论证|征收|拆迁|施工"
)
_FEASTS = "春节|国庆节?|五一|十一|劳动节|端午节?|中秋节?|清明节?|元旦节?|元宵节?|两会"
_UNCOUNTED = re.compile(
    r"(?:之前|以前|前)(?![期述款沿置景后夕]|无法|不能|未)(?!的(?:实施|工作)?情况)"
)
_NAMED = re.compile(rf"(?:{_EVENTS}|“?(?:{_FEASTS})”?)$")
_WITH_MODAL = re.compile(
    r"(?<![目日当以之此提眼面跟空史从生年月底末往事天周期午末])前，?(?:应当?|须|必须|要|需|不得|先)"
)
_BEFOREHAND = re.compile(
    r"事前(?=公示|公告|公开|审查|审核|报告|报备|评估|征求|告知|备案|通报|论证|听证|征询|请示|承诺|申请|沟通|预警)"
    r"|(?:事先|预先)(?=公示|公告|公开|告知|通知|征求|报告|公布|征询|审查)"
    r"|提前(?<!不得提前)(?<!擅自提前)(?=告知|通知|公布|公开|公示|公告|发布|报告|报送|报备|预告|征求|向)"
    r"|会前(?=公开|公布|征求|审|报|送|分发|印发|提交|通知|听取|，)"
)
_YEARS_AGO = re.compile(r"(?:几|数|多)?(?:年|个月|周|星期|天)(?:之前|以前|前)$")
_EVENT_ENDS = re.compile(rf"(?:{_EVENTS}|会|期|节|日|前|的|时)$")
_TOLD = re.compile(
    r"，?(?:应当?|要|须|必须|书面)?(?:将|把|向|以|通知|公告|告知|报|送|公布|发布|提交|发出)"
)


def find(page: Page) -> Iterator[Phrase]:
    """Limits that end, or acts that lie, before an event."""
    for match in _AHEAD.finditer(page.plain):
        yield _counted(page, *match.span(), match[1], "")
    yield from _before_counted(page)
    for match in _AFTER_WORD.finditer(page.plain):
        words = page.before(match.start())
        if _EVENT_ENDS.search(words):
            yield _counted(page, *match.span(), match[1], event_in(words))
    yield from _uncounted(page)


def _before_counted(page: Page) -> Iterator[Phrase]:
    for start, amount, match in page.amounts_before(_COUNTED):
        words = page.before(start)
        named = bool(_EVENT_ENDS.search(words.rstrip("至少最迟提不晚于在")))
        if words.endswith(("月", "年", "每", "本", "当", "下", "上", "第")):
            continue  # 2月20日前 is a date
        years_ago = _YEARS_AGO.search(page.plain[start : match.end()])
        if not named and (years_ago or not _TOLD.match(page.plain, match.end())):
            continue
        if not named and amount.endswith("日") and words[-1:] in ("", "于", "在", "请"):
            continue  # 请于20日前: a day of the month
        event = event_in(words.rstrip("至少最迟提不晚于在的")) if named else ""
        yield _counted(page, start, match.end(), amount, event)


def _counted(page: Page, start: int, end: int, amount: str, event: str) -> Phrase:
    first = page.plain.rfind(event, max(0, start - 80), start) if event else -1
    near = first >= 0 and start - first <= 30
    value = as_days(value_of(amount))
    return Phrase(first if near else start, end, Kind.BEFORE_EVENT, value, event)


def _uncounted(page: Page) -> Iterator[Phrase]:
    for match in _BEFOREHAND.finditer(page.plain):
        yield Phrase(*match.span(), Kind.BEFORE_EVENT)
    for match in _UNCOUNTED.finditer(page.plain):
        named = _NAMED.search(page.plain[max(0, match.start() - 5) : match.start()])
        if named:
            event = event_in(page.before(match.start()))
            start = match.start() - len(named[0])
            yield Phrase(start, match.end(), Kind.BEFORE_EVENT, "", event)
    for match in _WITH_MODAL.finditer(page.plain):
        words = page.before(match.start())
        if len(words) > 1:
            end = match.start() + 1
            yield Phrase(max(end - 3, 0), end, Kind.BEFORE_EVENT, "", event_in(words))
