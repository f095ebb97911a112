"""The text of a holiday notice (放假通知) as published, read into its days. Standard library only.

The sentences are regular: "一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。" A statement is a list
of days or stretches and the word after it: 放假 and 补休 mean off, 上班 worked. Whatever else names a day
(其中…为法定节假日, 公休日调至…) settles nothing, but the weekday and the lunar day that it prints are compared too.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from engine.notices import NoticeDay
from engine.printed_days import WEEKDAY, Printed, compared
from engine.statutory import FIRST_YEAR, LAST_YEAR, statutory_days

_DIGITS = str.maketrans("〇○Oo零一二三四五六七八九", "00000123456789")
_NUMERAL = {word: number for number, word in enumerate("一二三四五六七八九十", 1)}

_DAY = r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})(?:日|(?=[至—–―~〜-]))((?:\([^()]{0,40}\))?)"
_SPAN = re.compile(rf"{_DAY}(?:(?:至|到|[—–―~〜-]{{1,2}}){_DAY})?")
_BETWEEN = re.compile(r"[、和及与]")  # a comma ends a list: 公休日调至2月12日，2月2日上班
_OFF = re.compile(r"(?:为)?(?:全国|全区|全省|全州|全市|统一|均)?(?:调休)?(?:放假|补休)")
_WORKED = re.compile(r"(?:均|都|照常|正常|应当?|须|要|仍|调整?为|作为|为){0,3}(?:上班|工作|补班)")
# What a day is called, or moved from: no statement of its own.
_NAMED_ONLY = re.compile(r"^起|公休|法定|节假日|休息日|周末|调[至到休]|假日|农历|起至|期间")
_MOVED_TO = re.compile(r"[调移换][^,，。]{0,2}(?:\d{4}年)?$")
_OFF_AHEAD = re.compile(r"放假(?:时间|日期)?(?:为|是|:|自|从)$")
_EXTENDED = re.compile(r"延长(?:\d{4}年)?[一-鿿]{2,5}假期至$")
_LENGTH = re.compile(r"(?:放假|共计?)(\d{1,2}|[一二三四五六七八九十])天")

_NAME = r"[“\"]?(?:(?!号)[一-鿿“”\"·0-9]){0,20}?(?:元旦|清明|端午|中秋|国庆|三月三|新年|[族苗羌侗瑶历]年|纪念日|五一[”\"]|节)"
_NAMES = (
    rf"({_NAME}(?:[、和及与]{_NAME}){{0,5}})"  # bounded, or a long list is tried from each place
)
_NUMBERING = r"(?:[一二三四五六七八九十]{1,3}、|\d{1,2}[.、]|\([一二三四五六七八九十]{1,3}\))"
# A numbered head that is no name of this kind may still be one (州庆日, 那达慕大会), but for these words.
_NO_NAME = (
    r"放假|时间|日期|安排|要求|上班|工作|通知|值班|值守|事项|范围|对象|其他|其它|调休|安全|保障"
)
_OTHER = rf"((?:(?!{_NO_NAME})[一-鿿“”\"·]){{2,16}})"
_ITEM = re.compile(
    rf"{_NUMBERING}?{_NAMES}:|{_NUMBERING}{_NAMES},?(?=\d)|{_NUMBERING}{_OTHER}:(?=.{{0,20}}\d)"
)
_TITLED = re.compile(
    r"关于(?:做好|调整|延长)?(?:\d{4}年)?((?!\d|部分|全[国区省州市县])[一-鿿“”\"、·0-9]{2,30}?)(?:的?放假|假期|假日|休假|调休|安排)"
)
_KNOWN = {
    "元旦": "元旦",
    "春节": "春节",
    "清明": "清明节",
    "劳动": "劳动节",
    "五一": "劳动节",
    "端午": "端午节",
    "中秋": "中秋节",
    "国庆": "国庆节",
}

_TITLE = re.compile(r"[一-鿿]{2,20}关于[^。:《》]{2,60}?的通知")
_TITLE_YEAR = re.compile(r"关于[^。]{0,6}?(\d{4})年")
_YEAR = re.compile(r"(\d{4})年(?:部分)?(?:节假日|元旦|春节|劳动节|国庆)")
_NUMBER = re.compile(r"([一-鿿]{2,12})[〔\[(【](\d{4})[〕\])】]第?(\d{1,4})号")
_DATED = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_WRITTEN = re.compile(r"([〇○Oo零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日")  # fmt: skip


@dataclass(frozen=True)
class NoticeText:
    """What a text says. `found` has a line for each thing that was compared and fitted, `faults` one
    for each that did not, by the name of the check."""

    title: str
    number: str
    issued: date | None
    days: tuple[NoticeDay, ...]
    found: Mapping[str, int]
    faults: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Statement:
    """Days with one word after them. `tail` is the text up to the next day that is named."""

    words: str
    days: tuple[date, ...]
    lead: str
    tail: str


@dataclass
class _Reading:
    """What has been read so far."""

    year: int
    days: dict[date, NoticeDay] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    faults: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def compare(self, check: str, fits: bool, detail: str) -> None:
        """Note what was compared."""
        self.found[check] = self.found.get(check, 0) + 1
        if not fits:
            self.faults[check] = (*self.faults.get(check, ()), detail)


def read_notice(text: str) -> NoticeText:
    """Read a notice. Nothing is raised: what is missing or does not fit stands in the result."""
    lines = [_plain(line) for line in text.splitlines()]
    whole = "".join(lines)
    title = _title(whole)
    issued = _issued(lines, whole)
    year = _year(title, whole) or (issued.year if issued else 0)
    reading = _Reading(year)
    if year:
        for names, words in _items(whole, title):
            _read_item(reading, names, words)
    reading.compare("items", bool(reading.days), "没有找到放假或上班的日期")
    days = tuple(sorted(reading.days.values(), key=lambda day: day.date))
    return NoticeText(title, _number(lines), issued, days, reading.found, reading.faults)


def _plain(line: str) -> str:
    """Half width, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", line)).replace("﹝", "〔")


def _title(whole: str) -> str:
    """The first title that is not a citation in 《》."""
    return next((m[0] for m in _TITLE.finditer(whole) if whole[: m.start()][-1:] != "《"), "")


def _year(title: str, whole: str) -> int | None:
    found = _TITLE_YEAR.search(title) or _YEAR.search(whole)
    return int(found[1]) if found and FIRST_YEAR <= int(found[1]) <= LAST_YEAR else None


def _number(lines: list[str]) -> str:
    """The first document number that is not a citation after 》."""
    for line in lines:
        for match in _NUMBER.finditer(line):
            if line[: match.start()].endswith(("》(", "》")):
                continue
            office = re.split(r"通知|文号|字号|发布", match[1])[-1]
            return f"{office}〔{match[2]}〕{match[3]}号"
    return ""


def _issued(lines: list[str], whole: str) -> date | None:
    """The day in the page's head (成文日期), else of the signature: alone on the last such line, or
    behind the issuer's name."""
    stated = re.search(rf"成文日期:?{_DATED.pattern}", whole)
    signed = [
        match
        for line in lines
        for match in (_DATED.search(_arabic(line)),)
        if match and re.fullmatch(rf"[一-鿿]{{0,20}}{_DATED.pattern}", _arabic(line))
    ]
    behind = list(re.finditer(rf"(?:办公厅|国务院|人民政府){_DATED.pattern}", _arabic(whole)))
    for found in (stated, *signed[-1:], *behind[-1:]):
        if found:
            try:
                return date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                return None
    return None


def _arabic(line: str) -> str:
    """二○○八年十二月十日 in digits."""
    return _WRITTEN.sub(
        lambda m: f"{m[1].translate(_DIGITS)}年{_numeral(m[2])}月{_numeral(m[3])}日", line
    )


def _numeral(word: str) -> int:
    """一 to 三十一, or digits."""
    if word.isdigit():
        return int(word)
    tens, ten, ones = word.rpartition("十")
    return (_NUMERAL.get(tens, 1) * 10 if ten else 0) + _NUMERAL.get(ones, 0)


def _items(whole: str, title: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The names of each item's holidays, and its text; a notice without items is one."""
    heads = list(_ITEM.finditer(whole))
    ends = [*(head.start() for head in heads), len(whole)][1:]
    for head, end in zip(heads, ends, strict=True):
        yield _names(head[1] or head[2] or head[3]), whole[head.end() : end]
    if heads:
        return
    named = _TITLED.search(title)
    yield _names(named[1] if named else "放假"), whole[whole.find(title) + len(title) :]


def _names(words: str) -> tuple[str, ...]:
    names = []
    for word in re.split(r"[、和及与]", words):
        plain = re.sub(r"[“”\"]|^\d+年?", "", word)
        names.append(next((name for key, name in _KNOWN.items() if key in plain), plain))
    return tuple(dict.fromkeys(names))


def _read_item(reading: _Reading, names: tuple[str, ...], words: str) -> None:
    named: set[date] = set()
    for statement in _statements(reading, names, words):
        off = _OFF.match(statement.tail) or _OFF_AHEAD.search(statement.lead)
        extended = _EXTENDED.search(statement.lead)
        if not off and not extended and not _WORKED.match(statement.tail):
            named_only = _NAMED_ONLY.search(statement.tail) or _MOVED_TO.search(statement.lead)
            told = not WEEKDAY.search(statement.words) or named_only
            unread = f"{names[0]}“{statement.words}”之后没有读到放假或上班，请核对原文"
            reading.compare("items", bool(told), unread)
            continue
        days = statement.days
        if extended:
            days = _extended(reading.year, names, days)
        elif off and "与周末连休" in statement.tail:
            days = _with_weekends(days)
        for day in days:
            if day in named and reading.days[day].workday != bool(off or extended):
                continue  # 其中 names a day again
            fits = day not in reading.days
            reading.compare("once", fits, f"{names[0]}中的{day}已在别处写明")
            reading.days[day] = NoticeDay(day, not (off or extended), _name_of(day, names))
            named.add(day)
        _compare_length(reading, names, statement, days, named)


def _compare_length(
    reading: _Reading,
    names: tuple[str, ...],
    statement: _Statement,
    days: tuple[date, ...],
    named: set[date],
) -> None:
    """共N天 is about the statement's own days, or about all that the item gave so far."""
    for match in _LENGTH.finditer(statement.tail):
        off = sum(not reading.days[day].workday for day in named)
        fits = _numeral(match[1]) in (len(statement.days), len(days), off)
        detail = f"{names[0]}“{statement.words}”写{match[0]}，实为{len(days)}天"
        reading.compare("length", fits, detail)


def _statements(reading: _Reading, names: tuple[str, ...], words: str) -> Iterator[_Statement]:
    """Lists of days, each with the text before and after it."""
    spans = list(_SPAN.finditer(words))
    month: int | None = None
    first, days, shared = 0, [], []
    for index, span in enumerate(spans):
        stretch, month = _stretch(reading, names, span, month)
        days += stretch
        shared.append(Printed(tuple(stretch), span[4] or "", span[8] or ""))
        begin = spans[index + 1].start() if index + 1 < len(spans) else len(words)
        tail = words[span.end() : begin]
        if _BETWEEN.fullmatch(tail):
            continue
        for check, fits, fault in compared(shared):
            reading.compare(check, fits, fault)
        lead = words[spans[first - 1].end() if first else 0 : spans[first].start()]
        listed = words[spans[first].start() : span.end()]
        yield _Statement(listed, tuple(days), lead, tail)
        first, days, shared = index + 1, [], []


def _stretch(
    reading: _Reading, names: tuple[str, ...], span: re.Match[str], month: int | None
) -> tuple[list[date], int | None]:
    """The days from first to last; and the month, which the next day may leave out."""
    try:
        month = int(span[2]) if span[2] else month
        begin = _date(reading.year, names, span[1], month, span[3])
        if span[7] is None:
            return [begin], month
        end_month = int(span[6]) if span[6] else month
        year = int(span[5]) if span[5] else begin.year
        end = _valid(year, end_month, span[7])
        if end < begin and not span[5]:
            end = end.replace(year=year + 1)
        if not begin <= end <= begin + timedelta(31):
            raise ValueError
    except ValueError:
        reading.compare("dates", False, f"{names[0]}中的“{span[0]}”不是日期")
        return [], month
    reading.compare("dates", True, "")
    return [begin + timedelta(k) for k in range((end - begin).days + 1)], end_month


def _date(base: int, names: tuple[str, ...], year: str | None, month: int | None, day: str) -> date:
    """A day without a year is of the notice's year; of 元旦 December is the year before."""
    if year:
        return _valid(int(year), month, day)
    return _valid(base - (month == 12 and "元旦" in names), month, day)


def _valid(year: int, month: int | None, day: str) -> date:
    """Raises ValueError for a day that is none, or of another century."""
    if not FIRST_YEAR - 1 <= year <= LAST_YEAR:
        raise ValueError
    return date(year, month or 0, int(day))


def _with_weekends(days: tuple[date, ...]) -> tuple[date, ...]:
    """The days and the weekends that touch them."""
    joined = set(days)
    for step in (timedelta(-1), timedelta(1)):
        for day in days:
            while (day := day + step).weekday() >= 5:
                joined.add(day)
    return tuple(sorted(joined))


def _extended(year: int, names: tuple[str, ...], days: tuple[date, ...]) -> tuple[date, ...]:
    """延长春节假期至2月2日: from the first statutory day on."""
    if not days:
        return ()
    by_law = [day.date for day in statutory_days(year) if day.name in names]
    begin = min(by_law, default=days[0])
    return tuple(begin + timedelta(k) for k in range((days[-1] - begin).days + 1))


def _name_of(day: date, names: tuple[str, ...]) -> str:
    """Of two holidays in one item a statutory day has its own name, the others the longer one's."""
    if len(names) == 1 or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return names[0]
    by_law = [one for one in statutory_days(day.year) if one.name in names]
    longest = max(names, key=lambda name: sum(one.name == name for one in by_law))
    own = [one.name for one in by_law if one.date == day]
    return own[0] if len(own) == 1 else longest
