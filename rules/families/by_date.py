"""定日: 年内, 8月底前, 2月20日前, 上半年, 第三季度, “十三五”期末, 9月21日、12月9日前.

A date is a deadline where the words make it one: 前, 内, 底, 截止, a label (完成时限：12月), or
于 and 在 with an act. A year that is not written is the one of a deadline earlier in the sentence,
else the document's.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from rules.calendar_words import (
    PLAN,
    dates,
    day_of,
    is_next_year,
    month_and_day,
    plan_end,
    stated_year,
)
from rules.families.page import Page, Phrase
from rules.terms import Kind

_ACTS = (
    "完成|报[送请备告]?|送|提交|反馈|公布|公开|召开|举行|举办|开展|组织|上报|印发|发布|公示|实现|建成|建立|出台|制定|启动|"
    "全面|基本|达到|力争|争取|形成|编制|要|应|须|必须|对"
)
_ACT_NEXT = re.compile(rf"，?(?:分别|集中|各|统一)?(?:{_ACTS})")
_SET = re.compile(
    r"(?:于|在|力争|争取|确保|请|定于|定在|不迟于|不晚于|最迟|截止(?:日期|时间)?(?:为|是|：|至|到)?|(?:时限|期限|时间|节点|进度|日期)(?:要求|安排)?(?:为|是|：|到)?[ |]{0,3})$"
)
_LABELLED_RANGE = re.compile(
    r"(?:时限|期限|(?<![测查计])时间|节点|进度)(?:安排)?：[^，。；\n]{2,16}[至到—－～-]$"
)
_TO = ("至", "到", "-", "—", "－", "～")
# What a label, or a span's first day, ends with.
_LEADING = (*_TO, *"限间点度期求排为是：| ")
_LABELLED = re.compile(
    r"(?:时限|期限|时间|节点|进度|截止日期)(?:要求|安排)?(?:为|是|：)?[ |]{0,3}$|[|]$"
)
_REPORTED = re.compile(r"(?:截至|截止|截止到|截至到|去|上|自|从|较|比|已于|曾于|去年|上年)$")
_FACT_NEXT = re.compile(
    r"(?:考核|总结|绩效|评比|述职|的|以来|，?(?:全市|全省|全国|全县|全区|我[市省县区]|共|已|累计)|[起至到]|人口|存款|余额|在册|情况)"
)
_HISTORY_NEXT = re.compile(
    r"[^，。；\n]{0,24}(?:通过|修订|修正|施行|第[0-9一二三四五六七八九十]{1,4}次)"
)
_IN_THE_YEAR = re.compile(r"年内(?<![0-9一二三四五六七八九十两半几多数每今本当次明前后近]年内)")
_BY_THE_YEAR = re.compile(
    r"[到在](?P<year>[12][0-9]{3})年(?=[，时]|，?(?:全面|基本|实现|建成|形成|力争|初步))"
)
# How far back 每年 may stand: a text without full stops has no sentences.
_REACH = 200
_EACH_YEAR = re.compile("每年")
_LAW = re.compile(r"(?:法|条例|规定|办法|细则|规则)(?:（[^（）]*）)?$")
_VALIDITY = re.compile(r"有效期|自[^，。；]{4,20}起")
_PAST = re.compile(r"[^。；\n]{0,40}?(?:了|共计|已[经完])")
_STAGE_OPENS = re.compile(
    r"(?:^|[（，。；\n |])(?:从|自|于|在)?$|(?<![测查计划])(?:时间|期限|时限)(?:为|：)$"
)
_STAGE_GOES_ON = re.compile(rf"[）\n |]|$|[为是，]|，?(?:{_ACTS})")
_BETWEEN = re.compile(r"起?(?:[至到—－～-]|——)")
# 到2021年6月，全部联通
_UP_TO = re.compile(r"(?:^|[，。；\n争保划])到$")
_JOINED = frozenset(("、", "和", "及", "，", "以及", "，于", "、于"))


def find(page: Page) -> Iterator[Phrase]:
    """Deadlines on a day of the calendar."""
    yield from _dates(page)
    for match in PLAN.finditer(page.plain):
        end = plan_end(match["plan"])
        if end:
            quoted = page.plain[match.start() - 1 : match.start()] in ("“", "‘")
            yield deadline(match.start() - quoted, match.end(), end)
    for match in _IN_THE_YEAR.finditer(page.plain):
        yield deadline(*match.span(), _year_end(page.document.year))
    for match in _BY_THE_YEAR.finditer(page.plain):
        yield deadline(*match.span(), _year_end(int(match["year"])))


def deadline(start: int, end: int, day: date | None) -> Phrase:
    """Without the document's year the day is open: an act before something, and no date of ours."""
    if day is None:
        return Phrase(start, end, Kind.BEFORE_EVENT)
    return Phrase(start, end, Kind.FIXED_DEADLINE, day.isoformat())


def _year_end(year: int | None) -> date | None:
    return date(year, 12, 31) if year and year <= 2200 else None


def _dates(page: Page) -> Iterator[Phrase]:
    """The dates in their order; one that only leads up to a deadline (9月21日、12月9日前) is one."""
    waiting: list[re.Match[str]] = []
    last_year, last_end = None, 0
    previous: re.Match[str] | None = None
    for match in dates(page.plain):
        between = page.plain[last_end : match.start()]
        opened = previous if _BETWEEN.fullmatch(between) else None
        previous, last_end = match, match.end()
        if "。" in between:
            last_year = None
        if between not in _JOINED:
            waiting = []
        waiting.append(match)
        if opened and _is_stage(page, opened, match):
            last_year = stated_year(match) or stated_year(opened) or last_year
            yield _dated(page, match, last_year)._replace(start=opened.start())
            waiting = []
            continue
        if not _isdeadline(page, match):
            continue
        for date_match in waiting:
            year = stated_year(date_match) or last_year
            yield _dated(page, date_match, year)
            last_year = year
        waiting = []


def _dated(page: Page, match: re.Match[str], year: int | None) -> Phrase:
    document = page.document
    sentence = max(page.sentence(match.start())[0], match.start() - _REACH)
    # A law is in force for years: 3月31日前 in it comes every year.
    law = not match["this"] and match["month"] and _LAW.search(document.title)
    if not year and (law or _EACH_YEAR.search(page.plain, sentence, match.start())):
        named = month_and_day(match, None)
        if named and (match["month"] or match["quarter"] or match["half"]):
            return Phrase(*match.span(), Kind.PERIODIC, "P1Y;by={:02}-{:02}".format(*named))
    if is_next_year(match):
        year = document.year + 1 if document.year else None
    day = day_of(match, year or document.year)
    # 1月31日前 in a notice of November is next year's January.
    said = year or match["this"] or not document.adopted
    if day and not said and day < document.adopted - timedelta(183):  # type: ignore[operator]
        day = day_of(match, day.year + 1)
    return deadline(*match.span(), day)


def _isdeadline(page: Page, match: re.Match[str]) -> bool:
    start = match.start()
    before = page.plain[max(0, start - 10) : start]
    # The cheap question first: most dates are no deadlines.
    if match["limit"] or match["only_limit"]:
        ends = not _counts_months(match)
        if match["limit"] == "止" and _VALIDITY.search(page.before(start, 40)):
            return False
    else:
        ends = _is_set(page, match, before) and not _is_told(page, match, before)
    return ends and not _is_relative(match, before)


def _is_relative(match: re.Match[str], before: str) -> bool:
    """每年底, 上月底, 月底: of a period that another family reads, or that has passed."""
    if match["end"] in ("底", "末") and not (match["year"] or match["this"] or match["next"]):
        return True
    return before.endswith(("每", "上", "去", "前", "历", "近", "往")) and not match["year"]


def _is_told(page: Page, match: re.Match[str], before: str) -> bool:
    """截至2018年底, 2019年4月3日修订: what was, or what is reported."""
    if _REPORTED.search(before) and not before.endswith(("截止", "截止到")):
        return True
    dated = match["day"] or match["year"]
    return bool(dated and _HISTORY_NEXT.match(page.plain, match.end()))


def _counts_months(match: re.Match[str]) -> bool:
    """八月内、三年内: 内 after a numeral month counts months, which is another family's."""
    inside = match["limit"] in ("内", "之内", "以内")
    return inside and bool(match["month"]) and not match["month"].isascii() and not match["day"]


def _is_set(page: Page, match: re.Match[str], before: str) -> bool:
    """A date without 前 or 内: do the words around it set it as a day to be kept?"""
    following = page.plain[match.end() : match.end() + 12]
    if before.endswith(_LEADING) and _is_labelled(page, match, before, following):
        return True
    if following[:1] in ("", "\n", " ", "|") and _is_cell(page, match) and _is_ahead(page, match):
        return True
    if following.startswith("，") and _UP_TO.search(before) and _is_ahead(page, match):
        return True
    ends = match["end"] or match[0].endswith(("底", "末")) or "截止" in before
    acts = _ACT_NEXT.match(following)
    if not (ends or acts) or _FACT_NEXT.match(following):
        return False
    if ends:
        return True
    # 9月20日召开 may be news; 于9月20日召开, 9月召开 and 第三季度召开 set a time.
    may_be_news = match["day"] and not _SET.search(before)
    if may_be_news or match["half"] == "年中":
        return False
    return _is_ahead(page, match) and not _PAST.match(page.plain, match.end())


def _is_labelled(page: Page, match: re.Match[str], before: str, following: str) -> bool:
    """完成时限：2020年10月, and the end of a span behind such a label; 即日起至4月10日."""
    if _LABELLED.search(before):
        return not following.startswith((*_TO, "起"))
    if before.endswith(("即日起至", "即日起到")):
        return True
    opening = page.plain[max(0, match.start() - 24) : match.start()]
    return bool(_LABELLED_RANGE.search(opening))


def _is_cell(page: Page, match: re.Match[str]) -> bool:
    """3 修订指南 市政府办公室 2020年6月: a month that ends a line of words set apart by blanks."""
    if match["day"]:
        return False
    start = match.start()
    cells = page.before(start)
    return page.plain[page.sentence(start)[0] : start] == cells and " " in cells.strip()


def _is_stage(page: Page, first: re.Match[str], last: re.Match[str]) -> bool:
    """（3月1日—3月31日）, 9月至10月，…: a stage of the work, which ends on its last day."""
    start, end = first.start(), last.end()
    return (
        bool(_STAGE_OPENS.search(page.plain[max(0, start - 8) : start]))
        and bool(_STAGE_GOES_ON.match(page.plain, end))
        and not _PAST.match(page.plain, end)
        and _is_ahead(page, last)
    )


def _is_ahead(page: Page, match: re.Match[str]) -> bool:
    """Not before the document: 2019年4月印发 in a paper of 2020 is history."""
    issued = page.document.adopted
    day = day_of(match, stated_year(match) or page.document.year)
    return day is not None and (issued is None or day >= issued)
