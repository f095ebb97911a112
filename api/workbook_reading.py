"""表格 Workbook: what stands in the cells of an .xlsx, read as it was typed.

Formulas and macros never run and are not believed: a cell with a formula is a fault, a file with
macros is refused. The parts are unpacked within bounds and looked over before the library sees them.
"""

import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from openpyxl import load_workbook

from api.errors import BadInput
from api.schemas import HIDDEN

LARGEST_FILE = 700 * 1024
LARGEST_XML = 20 * 1024 * 1024
MOST_ENTRIES = 1000
MOST_MARKS = 600_000  # of a part's XML: a full sheet of the template has 420,000
MOST_ROWS = 5000  # with anything in them, of a sheet
COLUMNS = 26  # A to Z
LONGEST_TEXT = 1000
_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory, whatever count the zip declares
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = 1
# Not beyond the next `<`, or many rows without an end are each looked through to the end of all.
_ROW = re.compile(rb'<(?:\w+:)?row\b[^<>]*?\sr="(\d{1,9})"')
# Drawings, pictures, charts, links to other files: nothing of them is read.
_PARTS = re.compile(
    r"(\[Content_Types\]\.xml|_rels/\.rels|docProps/\w+\.xml|xl/[\w.-]+\.xml|xl/_rels/[\w.-]+\.rels"
    r"|xl/(worksheets|theme)/[\w.-]+\.xml)",
    re.ASCII,
)
_HIDDEN = re.compile(f"[{HIDDEN}]")
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_SAVE_AGAIN = "请用 Excel 或 WPS 另存为 .xlsx"


@dataclass(frozen=True)
class Cell:
    """One cell: a text, a date, or nothing; else why it cannot be used. A number is its digits."""

    value: str | date | None = None
    fault: str = ""


@dataclass(frozen=True)
class Row:
    """One row with anything in it; `number` as Excel shows it, cells from column A on."""

    number: int
    cells: tuple[Cell, ...]


def read_workbook(name: str, content: bytes) -> dict[str, list[Row]]:
    """The rows of each sheet by its title. Raises BadInput."""
    if not name.lower().endswith(".xlsx"):
        raise BadInput(f"{name}：只能导入 .xlsx（不带宏），{_SAVE_AGAIN}")
    if content.startswith(_OLE):
        raise BadInput(f"{name}：是旧版 .xls 或者加了密码的文件，去掉密码，{_SAVE_AGAIN}")
    if len(content) > LARGEST_FILE:
        raise BadInput(f"{name}：超过 {LARGEST_FILE // 1024} KB，请只留要导入的表，或分几次导入")
    try:
        parts = _bounded(name, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that it does not know; we read no formats
            book = load_workbook(parts, read_only=True, data_only=False, keep_links=False)
            return {sheet.title: list(_rows(name, sheet)) for sheet in book.worksheets}
    except BadInput:
        raise
    except Exception as error:  # of a damaged file the library raises whatever it comes upon
        raise BadInput(f"{name}：不是 .xlsx 文件或者已经损坏，{_SAVE_AGAIN}") from error


def column_letter(index: int) -> str:
    """`A` for 0."""
    return chr(ord("A") + index)


def _bounded(name: str, content: bytes) -> BytesIO:
    """The parts that are read, unpacked within bounds, in a zip of our own."""
    if content.count(_ENTRY) > MOST_ENTRIES:
        raise BadInput(f"{name}：里面的文件超过 {MOST_ENTRIES} 个，不像表格，{_SAVE_AGAIN}")
    clean, left, seen = BytesIO(), LARGEST_XML, set[str]()
    with ZipFile(BytesIO(content)) as archive, ZipFile(clean, "w") as target:
        for entry in archive.infolist():
            if "vbaproject" in entry.filename.lower():
                raise BadInput(f"{name}：带有宏，不能导入，{_SAVE_AGAIN}（不带宏）")
            if not _PARTS.fullmatch(entry.filename):
                continue
            if entry.filename in seen:
                raise BadZipFile("a part stands in it twice")
            seen.add(entry.filename)
            xml = _part(name, archive, entry, left)
            left -= len(xml)
            target.writestr(entry.filename, xml)
    return clean


def _part(name: str, archive: ZipFile, entry: ZipInfo, left: int) -> bytes:
    too_large = BadInput(
        f"{name}：解压后太大或者格式过于零碎，请只留要导入的表，删去空行空列的格式"
    )
    if entry.flag_bits & _ENCRYPTED:
        raise BadInput(f"{name}：加了密码，请去掉密码，{_SAVE_AGAIN}")
    # Other methods (bzip2, LZMA) unpack without a bound; Excel knows only these two.
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadZipFile(f"compression {entry.compress_type}")
    if entry.file_size > left:
        raise too_large
    try:
        with archive.open(entry) as file:
            # Never read(): it unpacks all there is, and only then cuts to the declared size.
            xml = file.read(entry.file_size + 1)
    except zlib.error as error:
        raise BadZipFile(str(error)) from error
    if xml.count(b"<") + xml.count(b"=") > MOST_MARKS:
        raise too_large
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or b"\x00" in xml:  # UTF-16 could hide them
        raise BadZipFile("a document type")
    if b"macroEnabled" in xml:
        raise BadInput(f"{name}：带有宏，不能导入，{_SAVE_AGAIN}（不带宏）")
    numbers = [int(number) for number in _ROW.findall(xml)]
    if any(after <= before for before, after in pairwise(numbers)):
        raise BadZipFile("rows out of order")  # of which the library would leave some out
    if numbers and numbers[-1] > 1_048_576:
        raise BadZipFile("more rows than a sheet has")
    return xml


def _rows(name: str, sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what the file declares need not be so
    found, empty = 0, None
    for number, cells in enumerate(sheet.iter_rows(max_col=COLUMNS), start=1):
        if (
            cells is empty
        ):  # the library gives the same one for each row that is not there: a million
            continue
        if all(cell.value is None for cell in cells):
            empty = cells
            continue
        row = tuple(map(_cell, cells))
        if all(cell == Cell() for cell in row):
            continue
        found += 1
        if found > MOST_ROWS + 1:
            raise BadInput(f"{name}：表“{sheet.title}”超过 {MOST_ROWS} 行，请分几次导入")
        yield Row(number, row)


def _cell(cell: Any) -> Cell:
    value, kind = cell.value, getattr(cell, "data_type", "n")
    if kind == "f":
        return Cell(fault="是公式，公式不会计算，请改成数值（复制后选择性粘贴为数值）")
    if kind == "e":
        return Cell(fault=f"是错误值 {value}，请改正")
    match value:
        case None:
            return Cell()
        case bool() | time():
            return Cell(fault="不是文字、数字或日期，请改正")
        case str():
            return _text(value)
        case int() | float():
            whole = isinstance(value, int) or value.is_integer()
            return Cell(str(int(value)) if whole else repr(value))
        case datetime():
            return _date(value, cell.number_format)
        case date():
            return Cell(value)
    return Cell(fault="不是文字、数字或日期，请改正")


def _text(value: str) -> Cell:
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        return Cell(fault=f"超过 {LONGEST_TEXT} 字，请缩短")
    if _HIDDEN.search(text):
        return Cell(fault="含有换行、控制字符或改变书写方向的字符，请重新键入")
    return Cell(text or None)


def _date(value: datetime, number_format: str) -> Cell:
    """A date; where its format shows no day, the month: Excel makes a date of a typed 2026年3月."""
    if value.time() != time():
        return Cell(fault="含有时刻，请只写日期")
    if "d" not in _QUOTED.sub("", str(number_format)).lower():
        return Cell(f"{value:%Y-%m}")
    return Cell(value.date())
