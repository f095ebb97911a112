"""The template of an import: the sheets with their headings, notes and lists to choose from."""

from collections.abc import Iterable
from io import BytesIO

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from api.import_sheets import HEADINGS, NEEDED, NOTES
from api.workbook_reading import MOST_ROWS
from engine.agency import Agency
from engine.importing import DONE, DUTIES, UNITS
from engine.units import ROLE_NAMES

_AUTHOR = "期限"
_NOTES = {
    (
        UNITS,
        "编号",
    ): "字母、数字、点、下划线、连字符，例如 finance。同一单位有几位联系人，就写几行，编号相同，其余各栏可空着。",
    (UNITS, "名称"): "单位全称，至多 60 字。",
    (UNITS, "上级"): "上级单位的编号或名称；没有的空着。",
    (UNITS, "别名"): "文件中对它的其他叫法，用顿号分开。",
    (UNITS, "地区"): "六位行政区划代码；空着为本机关的。",
    (UNITS, "渠道"): "配置文件中渠道的编号，用顿号分开；空着则由上级单位代收。",
    (UNITS, "联系人"): "姓名，一行一位。",
    (UNITS, "角色"): "承办人、负责人或分管领导；空着为承办人。",
    (UNITS, "手机号"): "群里 @ 本人用。",
    (UNITS, "邮箱"): "邮件渠道用。",
    (UNITS, "账号"): "工作聊天的账号（userid）。",
    (UNITS, "代办人"): "请假时由谁代收：本单位或上级单位的另一位联系人。",
    (DUTIES, "规则"): "规则的编号，在“规则与口径”页面查；本机关的列在表“说明”中，可以下拉选择。",
    (DUTIES, "单位"): "编号或名称；表“单位”中新写的也可以。",
    (DUTIES, "起始日"): "第一个可能到期的日子。2026-03-01 或 2026年3月1日。",
    (DUTIES, "末日"): "最后一个可能到期的日子；长期的空着。",
    (DUTIES, "提醒策略"): "配置文件中 [[ladder]] 的编号；空着为默认。",
    (DONE, "单位"): "编号或名称。",
    (DONE, "规则"): "规则的编号。",
    (
        DONE,
        "期间或到期日",
    ): "期间如 2026-03、2026年3月、2026-Q1、2026年第一季度、2026；或者到期日如 2026-03-31；由事由开始的，写事由的编号。",
    (DONE, "办结日"): "哪一天办结，不晚于今天。",
    (DONE, "证据"): "发布网址、文号等；可空着。",
}
_EXAMPLES = (
    (
        UNITS,
        (
            "archive",
            "市档案馆",
            "gov-office",
            "档案馆",
            "",
            "console",
            "赵六",
            "承办人",
            "13900000001",
            "",
            "",
            "钱七",
        ),
    ),
    (UNITS, ("archive", "", "", "", "", "", "钱七", "负责人", "13900000002", "", "", "")),
    (DUTIES, ("guangyuan-2017-02", "市档案馆", "2026-10-01", "", "")),
    (
        DONE,
        (
            "市档案馆",
            "guangyuan-2017-02",
            "2026-10",
            "2026-10-29",
            "https://www.example.gov.cn/1.html",
        ),
    ),
)
_RULES = (
    "三张表分别导入单位、责任、办结，不用的表可以空着，但不要改表名和表头。带 * 的栏必填。",
    "先预览、后导入；有一处不对，整个文件都不导入。同一个文件再导入一次，什么也不改变。",
    "不要写公式；电话号码、编号请保持“文本”格式。",
    "配置文件中写明的单位和责任不能在这里改；写得与配置文件完全相同的，不算改动。",
    "一行写明整个单位或责任：空着的栏就是没有。要终止责任，请填“末日”。",
    f"每张表至多 {MOST_ROWS} 行。",
)
_DAYS = {(DUTIES, "起始日"), (DUTIES, "末日"), (DONE, "办结日")}
_LISTS = 20  # from this column of the notes on stand the lists that the sheets offer


def import_template(agency: Agency) -> bytes:
    """An .xlsx whose lists offer the units, rules and ladders of this agency."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet, headings in HEADINGS.items():
        _headed(book.create_sheet(sheet), sheet, headings)
    notes = book.create_sheet(NOTES)
    _explain(notes)
    lists = {
        "单位": [unit.name for unit in agency.units.values()],
        "规则": [rule.id for rule in agency.rules],
        "提醒策略": list(agency.named_ladders),
        "角色": list(ROLE_NAMES.values()),
    }
    for place, (name, values) in enumerate(lists.items(), start=_LISTS):
        _offer(book, notes, place, name, values)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _headed(sheet: Worksheet, name: str, headings: Iterable[str]) -> None:
    sheet.freeze_panes = "A2"
    for place, heading in enumerate(headings, start=1):
        needed = heading in NEEDED[name] or (name, heading) == (UNITS, "名称")
        cell = sheet.cell(1, place, f"{heading}{'*' if needed else ''}")
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="F2E3E1")
        cell.comment = Comment(_NOTES[name, heading], _AUTHOR, height=110, width=260)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = 24 if heading in ("名称", "规则", "证据") else 16
        style = "yyyy-mm-dd" if (name, heading) in _DAYS else "@"
        for row in range(2, 202):  # of the others Excel takes the format of the row above
            sheet.cell(row, place).number_format = style


def _explain(notes: Worksheet) -> None:
    row = 1
    for line in ("怎样填写", *_RULES, "", "例子（不会导入）"):
        notes.cell(row, 1, line).font = Font(bold=not line.endswith("。"))
        row += 1
    for sheet, values in _EXAMPLES:
        for place, value in enumerate((f"表“{sheet}”", *HEADINGS[sheet]), start=1):
            notes.cell(row, place, value).font = Font(bold=True)
        for place, value in enumerate(values, start=2):
            notes.cell(row + 1, place, value)
        row += 3
    for (sheet, heading), text in _NOTES.items():
        notes.cell(row, 1, f"{sheet}·{heading}")
        notes.cell(row, 2, text).alignment = Alignment(wrap_text=False)
        row += 1
    notes.column_dimensions["A"].width = 24


def _offer(book: Workbook, notes: Worksheet, place: int, name: str, values: list[str]) -> None:
    """A list on the notes, and the choice from it in every column of that heading."""
    letter = get_column_letter(place)
    notes.cell(1, place, name)
    for row, value in enumerate(values, start=2):
        cell = notes.cell(row, place)
        cell.value = value
        cell.data_type = "s"  # a name that begins like a formula is none
    if not values:
        return
    source = f"'{NOTES}'!${letter}$2:${letter}${len(values) + 1}"
    for sheet, headings in HEADINGS.items():
        for column, heading in enumerate(headings, start=1):
            if heading == name or (heading == "上级" and name == "单位"):
                choice = DataValidation(type="list", formula1=source, allow_blank=True)
                choice.showErrorMessage = False  # it offers; ids and new names are right too
                at = get_column_letter(column)
                choice.add(f"{at}2:{at}{MOST_ROWS + 1}")
                book[sheet].add_data_validation(choice)
