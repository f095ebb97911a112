"""文件要素: title, number, issuer, dates and the year of 年内, read from a document's text."""

import re
from collections.abc import Iterator
from datetime import date

from rules.manuscript import Manuscript
from rules.numerals import SMALL, YEAR, number, year
from rules.rule import Document

_HEAD, _TAIL = 3000, 600
_DAY = rf"(?P<year>{YEAR})(?:年|[-/.])(?P<month>{SMALL})(?:月|[-/.])(?P<day>{SMALL})日?"
_KINDS = "通知|要点|意见|方案|办法|规定|条例|细则|公告|通告|决定|批复|指引|规划|计划|标准|指标|通报|报告|清单|函|规则|规程|目录|分工|分解表|分工表"
_LABELLED_TITLE = re.compile(
    r"标 {0,4}题 {0,2}：\s{0,4}(?P<title>[^\n|]{4,120}?)(?=\n|\||发文字号|发[布文]日期|$)"
)
_TITLE_END = re.compile(rf"(?:{_KINDS}|法)(?:（[^（）]{{1,16}}）)?$")
_LABELLED_NUMBER = re.compile(
    r"(?:发文字号|文 {0,2}号) {0,2}[：|]\s{0,4}(?P<number>[^\s|]{4,40}号)"
)
_NUMBER = re.compile(
    r"(?:^|(?<=[\n 知]))[ *]{0,60}(?P<number>[一-龥]{1,12}〔[12][0-9]{3}〕 ?第?[0-9]{1,5}号)(?= {0,40}(?:\n|$)| {1,4}|各)"
)
_ORDER = re.compile(
    r"(?P<number>(?:国务院令|(?:人民政府|部|局|委员会|总局|办公厅)令)第?[0-9]{1,4}号)"
)
_LABELLED_ISSUER = re.compile(
    r"(?:发文机关|发文单位|发布机构) {0,2}[：|]\s{0,4}(?P<issuer>[^\s|：]{2,40})"
)
_ISSUER_OF_TITLE = re.compile(r"(?P<issuer>[一-龥（）、 ]{2,40}?)(?:关于|印发)")
_SIGNED = re.compile(
    rf"(?P<issuer>[^\n，。；：]{{1,38}}[办厅局委府会院部署室心组处]） {{0,40}}|[^\n，。；：]{{1,38}}[办厅局委府会院部署室心组处] {{0,40}})\n\s{{0,40}}{_DAY}[ ]{{0,20}}(?:\n|$)"
)
_ADOPTED = re.compile(rf"(?:成文日期|印发日期|生成日期) {{0,2}}[：|]\s{{0,4}}{_DAY}")
_PUBLISHED = re.compile(
    rf"(?:发布日期|发布时间|公布日期|公开日期|时 {{0,2}}间) {{0,2}}[：|]\s{{0,4}}{_DAY}"
)
_DATE_LINE = re.compile(rf"(?:^|\n)\s{{0,60}}{_DAY}[ ]{{0,20}}(?=\n|$)")
_LAW = re.compile(rf"{_DAY} {{0,2}}[^\n，。]{{0,40}}?(?:公布|修订|修正|通过|发布)")
# The title of a text without line breaks ends where its number, its addressees or its body begin.
_ONE_LINE = re.compile(
    rf"[^\n。：《》]{{2,60}}?(?:关于|印发)[^\n。：]{{2,60}}?的(?:{_KINDS})|[^\n。：《》，]{{2,40}}?(?:{_KINDS})(?= |[一-龥]{{2,10}}〔|各|[12][0-9]{{3}}年|为|\n|$)"
)
_TITLE_YEAR = re.compile(rf"(?P<year>{YEAR})(?:[-—–~～至][12][0-9]{{3}})?年")


def read_document_data(manuscript: Manuscript, document_id: str = "") -> Document:
    """What the text says of itself; what it does not say stays empty."""
    plain = manuscript.plain
    head, tail = plain[:_HEAD], plain[max(0, len(plain) - _TAIL) :]
    title = _title(head)
    number_span = _number_span(head)
    number_text = _verbatim(manuscript, number_span)
    adopted = (
        _day(_ADOPTED, head)
        or _day(_DATE_LINE, head)
        or _last_day(_LAW, head)
        or _day(_DATE_LINE, tail)
    )
    return Document(
        id=document_id,
        title=_verbatim(manuscript, *title),
        number=number_text,
        issuer=_verbatim(manuscript, _issuer_span(head, title)),
        adopted=adopted,
        published=_day(_PUBLISHED, head),
        year=_year(head, title, adopted, number_text),
    )


Span = tuple[int, int]


def _verbatim(manuscript: Manuscript, *spans: Span | None) -> str:
    pieces = []
    for span in spans:
        if span and span[1] > span[0]:
            start, end = manuscript.verbatim(*span)
            pieces.append("".join(manuscript.text[start:end].split()))
    return "".join(pieces)


def _title(head: str) -> list[Span]:
    """The spans of the title's lines: it may be broken over several."""
    labelled = _LABELLED_TITLE.search(head)
    if labelled:
        return [labelled.span("title")]
    lines: list[Span] = []
    for start, end in _lines(head):
        words = head[start:end]
        if len(words) > 60 or any(mark in words for mark in "，。；：") or words.startswith("《"):
            lines = []
        elif _TITLE_END.search(words):
            return [*(lines[-2:] if lines else []), (start, end)]
        elif _opens_title(words):
            lines.append((start, end))
        else:
            lines = []
    found = _ONE_LINE.match(head.lstrip())
    offset = len(head) - len(head.lstrip())
    return [(found.start() + offset, found.end() + offset)] if found else []


def _opens_title(words: str) -> bool:
    return bool(re.search(r"(?:关于|印发|[年市省县区厅局委])$|关于[^\n]{2,40}$", words))


def _lines(head: str) -> Iterator[Span]:
    """The lines that are not blank, without the blanks and markdown signs around them."""
    for match in re.finditer(r"[^\n]+", head):
        words = match[0].strip(" #*\ufeff")
        if words:
            start = match.start() + match[0].index(words)
            yield start, start + len(words)


def _number_span(head: str) -> Span | None:
    for pattern in (_LABELLED_NUMBER, _NUMBER):
        found = pattern.search(head[:1500])
        if found:
            return found.span("number")
    # A law that was revised names the orders in turn.
    orders = list(_ORDER.finditer(head[:400]))
    return orders[-1].span("number") if orders else None


def _issuer_span(head: str, title: list[Span]) -> Span | None:
    labelled = _LABELLED_ISSUER.search(head)
    if labelled:
        return labelled.span("issuer")
    signed = _SIGNED.search(head)
    if signed and not _TITLE_END.search(signed["issuer"].strip()):
        words = signed["issuer"]
        start = signed.start("issuer") + len(words) - len(words.lstrip())
        return start, start + len(words.strip())
    found = _ISSUER_OF_TITLE.match(head, *title[0]) if title else None
    return found.span("issuer") if found else None


def _day(pattern: re.Pattern[str], text: str) -> date | None:
    found = pattern.search(text)
    return _as_date(found) if found else None


def _last_day(pattern: re.Pattern[str], text: str) -> date | None:
    """A law tells its history in order; the last step made the wording."""
    days = [_as_date(found) for found in pattern.finditer(text[:400])]
    return next((day for day in reversed(days) if day), None)


def _as_date(found: re.Match[str]) -> date | None:
    try:
        return date(
            year(found["year"]) or 0, number(found["month"]) or 0, number(found["day"]) or 0
        )
    except ValueError:
        return None


def _year(head: str, title: list[Span], adopted: date | None, number_text: str) -> int | None:
    """The year that 年内 means: the title's, else that of the day of adoption, else the number's."""
    for span in title:
        found = _TITLE_YEAR.search(head, *span)
        if found:
            return year(found["year"])
    if adopted:
        return adopted.year
    found = re.search(r"〔?([12][0-9]{3})〕?", number_text)
    return int(found[1]) if found else None
