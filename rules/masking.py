"""遮盖: what holds digits or time words without being a requirement is taken out before reading.

Document numbers, quoted titles, headings, the numbers of items, the lines of the document's own data
and attachment lists.
Each character becomes MASK, so that places stay as they are.
"""

import re
from collections.abc import Iterator

from rules.families.page import MASK
from rules.manuscript import blank_out

_NUMBER = re.compile(r"[〔（][12][0-9]{3}〕?）?第?[0-9]{1,5}号")
_TITLE = re.compile(
    r"《[^《》\n]{1,120}(?:《[^《》\n]{1,80}》[^《》\n]{0,80}){0,2}》|〈[^〈〉\n]{1,80}〉"
)
_DATA_LINE = re.compile(
    r"^[ *|>-]{0,4}(?:索 {0,2}引 {0,2}号|主题(?:分类|词)|发文机关|发文单位|发布机构|公开主体|成文日期|标 {0,4}题|发文字号|文 {0,2}号|发[布文]日期|发布时间|公布日期"
    r"|印发日期|生成日期|废止日期|信息来源|来 {0,2}源|关键词|公开方式|体裁分类|组配分类|浏览次数)[ *]{0,2}[：|][^\n]*",
    re.MULTILINE,
)
_ATTACHMENT = re.compile(
    r"^ {0,8}附 {0,2}件 ?[0-9一二三四五六七八九十]{0,2} ?(?:[：.．、 ][^\n]{0,120})?$", re.MULTILINE
)
_ITEM = re.compile(
    r"(?:^|(?<=[。；])) {0,8}(?:[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）|（[0-9]{1,2}）|[0-9]{1,2}[.．、](?![0-9])|[①-⑳]|第[一二三四五六七八九十百]{1,5}条(?:之[一二三四五])? {0,2}(?![一二三四五六七八九十第、和至款规的]))",
    re.MULTILINE,
)
_STAMP = re.compile(
    r"(?:https?：//|www\.)[^ \n一-龥]{1,200}|[12][0-9]{3}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?: {1,2}[0-9]{1,2}：[0-9：]{2,5})?"
)
# Telephone numbers and the like: no amount is that long.
_LONG_NUMERAL = re.compile(r"[0-9]{9,}|[一二三四五六七八九十百〇]{9,}")
_TITLE_LINE = re.compile(
    r"^[ #*]{0,20}[^，。；：\n]{4,60}(?:通知|要点|意见|方案|办法|规定|条例|细则|公告|通告|决定|批复|指引|规划|计划|标准|指标|通报|报告|分工表|分解表|任务表|清单)(?:（[^（）\n]{1,16}）)? {0,12}$",
    re.MULTILINE,
)
_HEADING = re.compile(
    r"^ {0,8}(?:(?P<deep>第[一二三四五六七八九十百]{1,4}[章节编]|#{1,6} )|(?P<level>[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十]{1,3}）))(?P<words>[^。；\n]{0,45})(?P<stop>。?) {0,8}$",
    re.MULTILINE,
)
_RUN_IN = re.compile(
    r"(?:^|(?<=[。\n]) ?) {0,8}(?:（[一二三四五六七八九十]{1,3}）|[一二三四五六七八九十]{1,3}、|[0-9]{1,2}[.．、])(?P<words>[^，。；：\n]{2,32})。(?=[^\n]{8})",
    re.MULTILINE,
)
# A heading that gives a day, a number or a rhythm is a requirement all the same.
_REQUIRES = re.compile(
    r"[0-9一二三四五六七八九十]+个?(?:工作日|日|小时|天|周|星期|月底?前|个月)|每[年月周日季半个0-9]|按[月季周年]|[底末内]前|年内"
)
_DATED = re.compile(r"[12][0-9]{3}|印发")
_HEAD_OF_TEXT = 2500


def masked(plain: str) -> str:
    """The text with everything masked that is no requirement."""
    return blank_out(plain, _spans(plain), MASK)


def _spans(plain: str) -> Iterator[tuple[int, int]]:
    for pattern in (_NUMBER, _DATA_LINE, _ATTACHMENT, _ITEM, _STAMP, _LONG_NUMERAL):
        yield from (match.span() for match in pattern.finditer(plain))
    for match in _TITLE.finditer(plain):
        yield match.start() + 1, match.end() - 1
    for match in _TITLE_LINE.finditer(plain, 0, _HEAD_OF_TEXT):
        # 每季度通报 ends like a title and is none.
        if "关于" in match[0] or (_DATED.search(match[0]) and not _REQUIRES.search(match[0])):
            yield match.span()
    yield from _headings(plain)
    for match in _RUN_IN.finditer(plain):
        if not _REQUIRES.search(match["words"]):
            yield match.span("words")


def _headings(plain: str) -> Iterator[tuple[int, int]]:
    """Headings on a line of their own; lines of one level in a row are a list, not headings."""
    found = list(_HEADING.finditer(plain))
    for index, match in enumerate(found):
        if match["deep"]:
            yield match.span()
            continue
        listed = any(
            0 <= index + step < len(found) and _neighbours(match, found[index + step])
            for step in (-1, 1)
        )
        if not listed and not (match["stop"] and _REQUIRES.search(match["words"])):
            yield match.span()


def _neighbours(match: re.Match[str], other: re.Match[str]) -> bool:
    first, second = sorted((match, other), key=lambda found: found.start())
    same_level = bool(first["level"] and second["level"]) and (
        first["level"].startswith("（") == second["level"].startswith("（")
    )
    return same_level and not match.string[first.end() : second.start()].strip()
