"""频次: 按月, 按月或季, 逐月, 两周一次, 月调度季通报, 月度、季度发布会, 年度报告."""

import re
from collections.abc import Iterator

from rules.amount_words import AMOUNT, as_days, value_of
from rules.families.page import Page, Phrase
from rules.numerals import NUMBER, number
from rules.terms import Kind

_PERIODS = {
    "工作日": "1WD",
    "日": "P1D",
    "天": "P1D",
    "周": "P1W",
    "旬": "P10D",
    "月": "P1M",
    "月度": "P1M",
    "季": "P3M",
    "季度": "P3M",
    "半年": "P6M",
    "半年度": "P6M",
    "年": "P1Y",
    "年度": "P1Y",
}
_PERIOD = r"(?:工作日|季度|半年度|半年|月度|年度|[日天周旬月季年])"
_BY = re.compile(
    rf"(?:(?<!每)按(?P<first>{_PERIOD})(?P<more>(?:(?:或者?|、|和|及|/)按?{_PERIOD}){{0,3}})|逐(?P<each>[日周月季]))"
    r"(?![份龄级期节边租代限薪息内常均照序岁初程历产])(?!度?(?:计划|目标|任务|预算|工作目标|工作任务|工作计划|工作要点|考核结果))"
)
_UNIT_OF = re.compile(rf"以(?P<first>{_PERIOD})为(?:周期|单位|时间单位)")
_CYCLE_OF = re.compile(rf"以({AMOUNT})为(?:一个?)?周期")
_AT_LEAST = re.compile(
    rf"(?P<amount>全年|一年|半年|一个月|一周)(?P<between>[^，。；\n]{{0,16}}?(?:至少|不少于|不低于|不得少于)[^，。；\n]{{0,10}}?)(?P<count>{NUMBER})(?:次|场|期)"
)
_QUARTER_END = re.compile(r"季度(?<![一二三四上下本每按0-9第各分个该]季度)[底末](?!月)(?:之?前)?")
_EVERY_OTHER = re.compile(
    r"隔(?P<unit>[月周日天])(?=[^，。；\n]{0,8}(?:一次|通报|召开|报|更新|公|组))"
)
_EVERY_SECOND = {"月": "P2M", "周": "P2W", "日": "P2D", "天": "P2D"}
_ODD_MONTHS = re.compile(
    r"每?逢[单双]月|[单双]月(?=[^，。；\n]{0,8}(?:一次|通报|召开|报|公布|发布|组织|开展|调度|检查))"
)
# 日清周结, 日清月结
_CLEARED = re.compile(r"[日周]清、?(?:[日周月][清结报]、?)+")
_TIMES = re.compile(rf"(?P<count>{NUMBER})次(?!数)(?=[^，。；\n]|$)")
# 半年召开一次会议, 三年一次 with the act between.
_ACT_ONCE = re.compile(
    r"(?:召开|组织|开展|进行|举办|举行|报告|报送|发布|更新|评估|检查|听取|调度|通报)[^，。；\n]{0,6}?[一1]次"
)
_ALL_DAYS = re.compile(
    r"(?P<first>[天月周])(?P=first)(?=[^，。；\n]{0,4}(?:查|报|更新|调度|巡|公))"
)
_TEN_DAYS_OR_QUARTER = re.compile(r"[一1](?:旬|季度?)")
_ONCE = re.compile(
    r"(?:[一1](?:次|报|通报|调度|更新|公布|公开|督查|汇总|总结|分析|会商|通告|例会|考核|小结|评比|报告|检查|研判)|至少[一1]次|不少于[一1]次)"
)
_NAMED_ACT = re.compile(
    r"(?P<first>[日周旬月季年])(?<=[，。；：、“‘\n|行持立实按照推格执 半].)(?<![上下]半年)(?:调度|通报|督查|会商|研判|点评|考评|例会|报告制|报制度|公示|更新|清零|分析|汇总|盘点|自查|巡查|巡检|总结)(?!会议)"
)
_REPORT = re.compile(
    r"(?P<first>[月季年])报(?<![人民].报)表?(?![告送请备批名考废经价道账销刊社复])"
)
# one_form writes 零 as 〇.
_DAILY_REPORT = re.compile(
    r"(?P<first>日)报(?<![一-龥]{2}日报)告?(?=制度?|[、和]〇报告)|(?<=[行立落执坚持])(?P<each>日)报(?:告)?(?=制度?|、)"
)
_CELL = re.compile(
    rf"(?:周期|频次|频率|频度)[：| ]{{1,3}}(?P<first>{_PERIOD})(?= |[|\n，。；）]|\Z)"
)
_NOUN = re.compile(
    r"(?P<first>[月季年]度)(?<![一二三四上下本每按0-9第各分个旬前当该某全跨逐为近去今]..)(?P<more>(?:[、和及](?:月度|季度|半年度|年度)){0,2})"
    r"(?=(?P<noun>[^，。；：、\n（）“”《》 |]{0,14}?(?:报告|报表|总结|发布会|例会|会议|通报|抽查|检查|督查|考核|评估|考评|自查|审查|清理|培训|分析|评议|测评|点评|调度|公报|盘点|体检|审计|述职|报送|公布|公开|发布)))"
)
# 年度目标任务, 年度薪酬 name things of the year; they do not recur by these words.
_NAMES = re.compile(
    r"(?:的|工作)?(?:重点|决算|安排|优秀|先进|预期|投资|主题|收支)|[^，。；、\n]{0,8}?(?:计划|目标|任务|要点|方案|预算|薪酬|指标|规划)"
)
_ABOUT = re.compile(
    r"[^，。；\n]{0,14}?报告[”》]?(?:(?:还|中)?的?(?:统一)?(?:格式|质量|模板|内容|应当?包括|包括|中应|编制要求|水平)|还?应当包括)"
)
_INTO = re.compile(r"(?:纳入|列入|作为|计入|结合)[^，。；\n]{0,16}$")

_SHORT_NOUN = 5


def find(page: Page) -> Iterator[Phrase]:
    """Rhythms that are told without 每."""
    for match in _CLEARED.finditer(page.plain):
        start = match.start()
        for word in re.finditer("[日周月].", match[0]):
            end = match.start() + word.end()
            yield Phrase(start, end, Kind.PERIODIC, _PERIODS[word[0][0]])
            start = end
    for pattern in (_BY, _UNIT_OF, _NAMED_ACT, _REPORT, _DAILY_REPORT, _ALL_DAYS, _CELL):
        for match in pattern.finditer(page.plain):
            yield from _listed(match)
    for match in _AT_LEAST.finditer(page.plain):
        count, start = number(match["count"]), match.start()
        if count and count <= 366 and page.plain[start - 1 : start] not in ("每", "第", "近"):
            value = f"{_once(match['amount'].replace('全', '一'))};min={count}"
            yield Phrase(start, match.start("between"), Kind.PERIODIC, value)
    for match in _QUARTER_END.finditer(page.plain):
        yield Phrase(*match.span(), Kind.PERIODIC, "P3M")
    for match in _EVERY_OTHER.finditer(page.plain):
        yield Phrase(*match.span(), Kind.PERIODIC, _EVERY_SECOND[match["unit"]])
    for match in _ODD_MONTHS.finditer(page.plain):
        yield Phrase(*match.span(), Kind.PERIODIC, "P2M")
    for start, amount, match in page.amounts_before(_TIMES):
        period, count = _once(amount), number(match["count"])
        if amount[0] in "一1半" and period and count and 1 < count <= 366:
            yield Phrase(start, match.end(), Kind.PERIODIC, f"{period};min={count}")
    for match in _CYCLE_OF.finditer(page.plain):
        if as_days(value_of(match[1])):
            yield Phrase(*match.span(), Kind.PERIODIC, as_days(value_of(match[1])))
    for start, amount, match in (
        *page.amounts_before(_ONCE),
        *page.amounts_before(_ACT_ONCE),
        *_named_periods(page),
    ):
        value = _once(amount)
        if value and page.plain[start - 1 : start] not in ("每", "第", "近", "的"):
            yield Phrase(start, match.end(), Kind.PERIODIC, value)
    for match in _NOUN.finditer(page.plain):
        if not _is_name(page, match):
            yield from _listed(match, len(match["noun"]))


def _named_periods(page: Page) -> Iterator[tuple[int, str, re.Match[str]]]:
    """一旬一次, 一季度一次."""
    for match in _TEN_DAYS_OR_QUARTER.finditer(page.plain):
        found = _ONCE.match(page.plain, match.end())
        if found:
            yield match.start(), match[0], found


def _once(amount: str) -> str:
    period = amount.lstrip("一1个")
    return _PERIODS.get(period) or as_days(value_of(amount))


def _is_name(page: Page, match: re.Match[str]) -> bool:
    end = match.end()
    if _NAMES.match(page.plain, end) or _ABOUT.match(page.plain, end):
        return True
    into = _INTO.search(page.before(match.start(), 24))
    return bool(into) and "报告" not in match["noun"]


def _listed(match: re.Match[str], noun: int = 99) -> Iterator[Phrase]:
    """按月或季: alternatives in one phrase. 月度、季度: two rhythms. A short noun belongs to it."""
    groups = match.groupdict()
    first, more = groups.get("first") or groups.get("each") or "", groups.get("more") or ""
    start, end = match.span()
    if first.startswith("年") and match.string[start - 1 : start] == "半":
        first, start = f"半{first}", start - 1
    words = [*re.finditer(_PERIOD, more)]
    values = [_PERIODS[first], *(_PERIODS[word[0]] for word in words)]
    if "或" in more:
        yield Phrase(start, end, Kind.PERIODIC, "|".join(dict.fromkeys(values)))
        return
    if not more and noun <= _SHORT_NOUN:
        end += noun
    ends = [match.end("more") - len(more)] if more else [end]
    ends += [match.start("more") + word.end() for word in words]
    for end, value in zip(ends, values, strict=True):
        yield Phrase(start, end, Kind.PERIODIC, value)
        start = end + 1
