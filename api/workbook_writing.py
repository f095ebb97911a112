"""工作簿 Workbook: sheets as an office prints them, written row by row (openpyxl's writing address).

Nothing in a cell is ever a formula. Text is stored as text; what begins like a formula also gets
the quote prefix and the text format, so that Excel, WPS and LibreOffice keep it text when somebody
edits the cell. What is then saved as CSV has lost its cell types: that is not ours to prevent.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from engine.instants import ZONE

Value = str | int | float | date | datetime | None
_LONGEST = 16_000  # characters; a cell holds 32,767 units of UTF-16
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|\t")
# What XML cannot hold, and marks that turn the direction of writing.
_ILLEGAL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what a reader of a workbook would turn into a sign
_WIDE = re.compile(r"[^\x00-\u02ff]")
_SEEN = 2000  # characters of a cell; a row is no higher than that
_LINE_HEIGHT = 16.5  # points
_LINE = Side(style="thin", color="FFB7B7B7")


class Look(StrEnum):
    """How the values of a column are shown: the number format."""

    TEXT = "General"
    DAY = "yyyy-mm-dd"
    MINUTE = "yyyy-mm-dd hh:mm"
    NUMBER = "0"
    RATE = "0.0%"


@dataclass(frozen=True)
class Column:
    """A column: its heading, its width in characters, how its values are shown."""

    heading: str
    width: int = 12
    look: Look = Look.TEXT


@dataclass(frozen=True)
class Sheet:
    """A sheet: the headings stand in the first row, which stays in sight and on every printed page."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]


def write_workbook(file: IO[bytes], sheets: Iterable[Sheet]) -> int:
    """Write the sheets one after the other; how many rows, without the headings. An instant is shown
    by the clock of Asia/Shanghai. Memory does not grow with the rows."""
    book = Workbook(write_only=True)
    written = sum(_write(book, sheet) for sheet in sheets)
    book.save(file)
    return written


def _write(book: Workbook, sheet: Sheet) -> int:
    page: Any = book.create_sheet(sheet.title)
    _lay_out(page, sheet)
    _high(page, 1, sheet.columns, [column.heading for column in sheet.columns])
    page.append([_heading(page, column) for column in sheet.columns])
    cells = [_Cells(page, column) for column in sheet.columns]
    written = 0
    for row in sheet.rows:
        _high(page, written + 2, sheet.columns, row)
        page.append([of.filled(value) for of, value in zip(cells, row, strict=True)])
        page.row_dimensions.pop(written + 2, None)
        written += 1
    last = get_column_letter(len(sheet.columns))
    page.auto_filter.ref = f"A1:{last}{written + 1}"
    page.close()
    return written


def _high(page: Any, number: int, columns: Sequence[Column], row: Sequence[Value]) -> None:
    """A row that holds its longest text: LibreOffice does not look for itself, and prints what it
    sees. A Chinese character is as wide as two of the font's figures."""
    lines = max(
        (
            -(-(len(value) + len(_WIDE.findall(value[:_SEEN]))) // max(column.width - 1, 1))
            for column, value in zip(columns, row, strict=True)
            if isinstance(value, str)
        ),
        default=1,
    )
    if lines > 1:
        page.row_dimensions[number].height = min(lines * _LINE_HEIGHT, 400)


def _lay_out(page: Any, sheet: Sheet) -> None:
    """What has to stand before the first row."""
    page.freeze_panes = "A2"
    page.print_title_rows = "1:1"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9  # A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_margins.left = page.page_margins.right = 0.4
    page.oddFooter.center.text = "第 &P 页，共 &N 页"
    for number, column in enumerate(sheet.columns, 1):
        page.column_dimensions[get_column_letter(number)].width = column.width


def _heading(page: Any, column: Column) -> Cell:
    cell: Cell = WriteOnlyCell(page, column.heading)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FFEDEDED")
    cell.alignment = Alignment("center", "center", wrap_text=True)
    cell.border = Border(_LINE, _LINE, _LINE, _LINE)
    return cell


def _cell(page: Any, column: Column, number_format: str, quoted: bool = False) -> Cell:
    cell: Cell = WriteOnlyCell(page)
    side = "left" if column.look is Look.TEXT else "center"
    cell.alignment = Alignment(side, "top", wrap_text=True)
    cell.border = Border(_LINE, _LINE, _LINE, _LINE)
    cell.number_format, cell.quotePrefix = number_format, quoted
    return cell


class _Cells:
    """The cells of a column, filled anew for each row: to make one takes longer than to write one.
    Their style never changes, for openpyxl keeps it by reference."""

    def __init__(self, page: Any, column: Column) -> None:
        self._usual = _cell(page, column, column.look.value)
        self._minute = _cell(page, column, Look.MINUTE.value)
        self._quoted = _cell(page, column, "@", quoted=True)

    def filled(self, value: Value) -> Cell:
        """The cell that holds a value."""
        if isinstance(value, str) and value:
            text = plain(value)
            cell = self._quoted if _FORMULA.match(text) else self._usual
            cell.value = text
            cell.data_type = "s"  # whatever openpyxl takes it for
            return cell
        if isinstance(value, datetime):
            self._minute.value = value.astimezone(ZONE).replace(tzinfo=None)
            return self._minute
        self._usual.value = value or None if isinstance(value, str) else value
        return self._usual


def plain(text: str) -> str:
    """A text that a cell can hold: no sign that XML forbids, none that turns the line, not too long."""
    text = _ILLEGAL.sub("�", text.replace("\r\n", "\n"))
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…（已截断）"
    return _ESCAPE.sub("_x005F_", text)
