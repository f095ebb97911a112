"""台账 as a sheet: the columns in which an office keeps it."""

from collections.abc import Iterable, Iterator

from api.workbook_writing import Column, Look, Sheet, Value
from engine.register import Line

MOST = 100_000  # lines of one download; the command line has no such bound but the sheet's own
MOST_OF_A_SHEET = 1_000_000
_COLUMNS = (
    Column("序号", 6, Look.NUMBER),
    Column("责任单位", 20),
    Column("事项", 40),
    Column("期间或事由", 16),
    Column("依据", 34),
    Column("周期/时限", 24),
    Column("到期日", 17, Look.DAY),
    Column("状态", 10),
    Column("办结日", 12, Look.DAY),
    Column("逾期天数（工作日）", 10, Look.NUMBER),
    Column("证据", 30),
    Column("备注", 16),
    Column("编号", 8, Look.NUMBER),
)


def register_sheet(lines: Iterable[Line]) -> Sheet:
    """台账."""
    return Sheet("台账", _COLUMNS, _rows(lines))


def _rows(lines: Iterable[Line]) -> Iterator[list[Value]]:
    for line in lines:
        row = line.obligation
        yield [
            line.number,
            line.unit,
            line.matter,
            row.period_in_words,
            line.basis,
            row.reading,
            line.due,
            line.status,
            line.done_on,
            line.late_by,
            row.evidence or None,
            "到期日暂定" if row.provisional else None,
            row.id,
        ]
