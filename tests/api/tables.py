"""Workbooks for the tests of the import."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

from api.import_sheets import HEADINGS

Sheets = dict[str, Sequence[Sequence[Any]]]


def table(sheets: Sheets, touch: Callable[[Workbook], None] | None = None) -> bytes:
    """A workbook whose sheets have the headings of the template over these rows."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in (HEADINGS.get(title, ()), *rows):
            sheet.append(list(row))
    if touch:
        touch(book)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def with_parts(content: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """The same zip with its parts changed, and with more of them."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as given, ZipFile(out, "w", ZIP_DEFLATED) as made:
        for entry in given.infolist():
            made.writestr(entry.filename, change(entry.filename, given.read(entry)))
        for name, part in more.items():
            made.writestr(name, part)
    return out.getvalue()
