"""检查标准: 超过2周未更新, 3个月未回应, 监测时间点前2周内: a duty told by its failure."""

import re
from collections.abc import Iterator

from rules.amount_words import AMOUNT, as_days, value_of
from rules.families.page import Page, Phrase
from rules.terms import Kind

_FAILED = re.compile(
    r"(?:（含）)?(?:以上|之内|以内|内)?[^，。；：\n]{0,8}?"
    r"(?:未|没有|无)(?:及时|予以|进行|按要求|信息|内容|有效)?(更新|发布|维护|新增|公开|回应|答复|办理|处理|反馈|回复|受理|整改|办结)"
)
_RENEWED = frozenset(("更新", "发布", "维护", "新增", "公开"))
_LOOKED_AT = re.compile(
    rf"(?:监测|检查|考察|抽查|评估|扫描)(?:(?:时间|时)?(?:点|日|期)?之?前({AMOUNT})(?:之内|以内|内)?|({AMOUNT})(?=，))"
)
_UNCHANGED_FOR = re.compile(
    rf"(?:未|没有|无)(?:及时)?(?:更新|发布|维护|新增|公开)[^，。；：\n]{{0,12}}?(?:超过|超|达到|达|满)({AMOUNT})"
)
_UNANSWERED = re.compile(r"，?[^0-9，。；]{0,20}[未无没][^，。；]{0,4}(?:反馈|答复|回复|回应|办理)")
_LEAD = re.compile(r"(?:连续)?(?:超过|超|已达|达|满|长达)?(?:（含）)?$")


def find(page: Page) -> Iterator[Phrase]:
    """Inspection standards: how long a page may stay unchanged, a letter unanswered."""
    for start, amount, match in page.amounts_before(_FAILED):
        if page.before(start, 4).endswith(("逾期", "超期", "超时")):
            continue  # 逾期3天未办结: the limit itself stands elsewhere
        value = value_of(amount)
        start -= len(_lead(page, start))
        if match[1] not in _RENEWED:
            yield Phrase(start, match.end(), Kind.AFTER_EVENT, value)
        elif as_days(value):
            yield Phrase(start, match.end(), Kind.PERIODIC, as_days(value))
    for match in _UNCHANGED_FOR.finditer(page.plain):
        if value := as_days(value_of(match[1])):
            yield Phrase(*match.span(), Kind.PERIODIC, value)
    for match in _LOOKED_AT.finditer(page.plain):
        value = as_days(value_of(match[1] or match[2]))
        start, end = page.sentence(match.start())
        told = page.plain[match.end() : min(end, match.end() + 80)]
        if value:
            yield Phrase(*match.span(), _kind_of(told), value)


def _kind_of(told: str) -> Kind:
    """A page has to be renewed again and again, a letter answered; the rest is only looked at."""
    if "更新" in told:
        return Kind.PERIODIC
    return Kind.AFTER_EVENT if _UNANSWERED.match(told) else Kind.WINDOW


def _lead(page: Page, start: int) -> str:
    found = _LEAD.search(page.plain[max(0, start - 8) : start])
    return found[0] if found else ""
