"""任务表: tables whose rows are lines and whose cells stand between `|`, read by their header row.

A cell under 完成时限 or 更新频次 says a limit without further words, and a cell under 责任单位 whose it is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rules.amount_words import AMOUNT, value_of
from rules.calendar_words import DATE, stated_year
from rules.families.by_date import dated
from rules.families.page import Page, Phrase
from rules.families.rhythms import PERIODS
from rules.numerals import NUMBER
from rules.terms import Kind

Span = tuple[int, int]

_ROW = re.compile(r"^[^|\n]*\|[^\n]*$", re.MULTILINE)
_UNIT = r"（(?:单位：)?(?P<unit>工作日|日|天|小时|个?月)）"
_RHYTHM = re.compile(r".{0,4}(?:频次|频率|频度|周期)")
_LIMIT = re.compile(
    r"(?:(?:法定|承诺)?(?:完成|办理|办结|公开|报送|上报|整改|反馈|答复|审批|受理|落实|提交|任务|工作)?(?:时限|期限)(?:要求)?"
    rf"|(?:完成|办结|整改|报送|上报|提交|反馈|截止)(?:时间|日期|节点)|时间(?:要求|节点|安排))(?:{_UNIT})?"
)
_HOLDER = re.compile(
    "(?:责任|牵头|主办|承办|实施)(?:单位|部门|主体|科室|处室|人)|公开主体|(?:责任|牵头)(?:单位|部门)（[^）]*）"
)
_TASK = re.compile(".*(?:任务|事项|内容|工作|项目|名称|措施|指标)")
_COUNT = re.compile(rf"(?:不超过)?(?P<number>{NUMBER})(?:{_UNIT})?")
_AMOUNT = re.compile(AMOUNT)
_LONGEST_QUOTE = 160
_MOST_COLUMNS = 40


@dataclass(frozen=True)
class _Columns:
    """What the header row says: for each column its words, and where limits, holder and task are."""

    header: tuple[str, ...]
    limits: tuple[int, ...]
    holder: int | None
    task: int | None


@dataclass(frozen=True)
class _Row:
    columns: _Columns
    cells: tuple[Span, ...]


@dataclass(frozen=True)
class TaskTables:
    """The rows below a header row, and the header rows, by where their lines begin."""

    plain: str
    # Where the lines begin and end; None for a header row.
    _lines: tuple[Span, ...]
    _rows: tuple[_Row | None, ...]

    @classmethod
    def of(cls, plain: str) -> "TaskTables":
        """The tables of a text in one form."""
        rows: dict[Span, _Row | None] = {}
        columns, header, last = None, (0, 0), -1
        for match in _ROW.finditer(plain) if "|" in plain else ():
            if match.start() != last + 1:
                columns = None
            last = match.end()
            cells = tuple(_cells(plain, *match.span()))
            found = _columns(tuple(plain[start:end] for start, end in cells))
            if found:
                columns, header = found, match.span()
            elif columns and len(cells) == len(columns.header):
                rows[header] = None
                rows[match.span()] = _Row(columns, cells)
        return cls(plain, tuple(rows), tuple(rows.values()))

    def find(self, page: Page) -> Iterator[Phrase]:
        """The cells that say a limit only because of their header."""
        for row in filter(None, self._rows):
            for index in row.columns.limits:
                start, end = row.cells[index]
                phrase = _phrase(page, start, end, row.columns.header[index])
                if phrase:
                    yield phrase

    def is_header(self, place: int) -> bool:
        """Does the place lie in a header row?"""
        index = self._index(place)
        return index is not None and self._rows[index] is None

    def holder(self, place: int) -> str:
        """What the row of the place has under 责任单位; empty outside of tables."""
        row = self._row(place)
        if row is None or row.columns.holder is None:
            return ""
        start, end = row.cells[row.columns.holder]
        return self.plain[start:end]

    def quote(self, place: int) -> Span | None:
        """For a place in a limit's cell: the cells from the task to the limit, in one piece."""
        row = self._row(place)
        if row is None:
            return None
        limit = next((i for i, (start, end) in enumerate(row.cells) if start <= place < end), None)
        if limit not in row.columns.limits:
            return None
        neighbours = (row.columns.task, max(limit - 1, 0))
        spans = (_hull(row.cells[limit], row.cells[i]) for i in neighbours if i is not None)
        return next((span for span in spans if span[1] - span[0] <= _LONGEST_QUOTE), None)

    def _index(self, place: int) -> int | None:
        index = bisect_right(self._lines, (place, len(self.plain))) - 1
        return index if index >= 0 and place <= self._lines[index][1] else None

    def _row(self, place: int) -> _Row | None:
        index = self._index(place)
        return None if index is None else self._rows[index]


def _hull(first: Span, second: Span) -> Span:
    return min(first[0], second[0]), max(first[1], second[1])


def _cells(plain: str, start: int, end: int) -> Iterator[Span]:
    """The cells of a row without the blanks around them; what stands outside outer bars is none."""
    pieces = plain[start:end].split("|")
    for index, piece in enumerate(pieces):
        words = piece.strip()
        outside = not words and index in (0, len(pieces) - 1)
        if not outside:
            first = start + len(piece) - len(piece.lstrip())
            yield first, first + len(words)
        start += len(piece) + 1


def _columns(cells: tuple[str, ...]) -> _Columns | None:
    """None where the row is no header: a header has short cells, without a figure."""
    if not 2 <= len(cells) <= _MOST_COLUMNS or any(
        len(cell) > 16 or re.search("[0-9]", cell) for cell in cells
    ):
        return None
    limits = tuple(i for i, cell in enumerate(cells) if _of_limit(cell))
    holder = next((i for i, cell in enumerate(cells) if _HOLDER.fullmatch(cell)), None)
    task = next((i for i, cell in enumerate(cells) if _TASK.fullmatch(cell)), None)
    # 时限 | 5日内: a label with its value, unless another label stands beside it.
    labels = len(limits) + (holder is not None) + (task is not None) + ("序号" in cells)
    return _Columns(cells, limits, holder, task) if limits and labels > 1 else None


def _of_limit(cell: str) -> bool:
    return bool(_LIMIT.fullmatch(cell) or _RHYTHM.fullmatch(cell))


def _phrase(page: Page, start: int, end: int, header: str) -> Phrase | None:
    words = page.plain[start:end]
    if _RHYTHM.fullmatch(header):
        value = PERIODS.get(words)
        return Phrase(start, end, Kind.PERIODIC, value) if value else None
    date = DATE.fullmatch(page.plain, start, end)
    if date and (date["month"] or date["half"] or date["quarter"] or date["year"] or "年" in words):
        return dated(page, date, stated_year(date))
    count, label = _COUNT.fullmatch(words), _LIMIT.fullmatch(header)
    unit = (count and count["unit"]) or (label and label["unit"])
    if count and unit:
        unit = unit.removeprefix("个")
        amount = count["number"] + (unit if unit in ("日", "天") else f"个{unit}")
    else:
        amount = words
    if not _AMOUNT.fullmatch(amount):
        return None
    return Phrase(start, end, Kind.AFTER_EVENT, value_of(amount))
