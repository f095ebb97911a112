"""Tables that come in: what they ask for, each of their faults, and what they must not do."""

import base64
import re
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from browser import fault
from httpx import Response
from office import Client, Office
from openpyxl import Workbook, load_workbook
from tables import Sheets, table, with_parts

from api.import_sheets import HEADINGS
from api.workbook_reading import LARGEST_FILE, read_workbook
from api.workbook_template import import_template
from engine.accounts import Role

RULE, SERVICE = "guangyuan-2017-02", "guangyuan-2017-13"
ARCHIVE = ("archive", "广元市档案馆", "广元市财政局", "档案馆、史志办", "", "console")
ZHAO, QIAN = (
    ("赵六", "承办人", 13900000001, "", "", "钱七"),
    ("钱七", "负责人", "13900000002", "", "", ""),
)
BOTH: Sheets = {
    "单位": [(*ARCHIVE, *ZHAO), ("archive", *[None] * 5, *QIAN)],
    "责任": [(RULE, "广元市档案馆", date(2026, 8, 1), "2026年12月31日", "weekly")],
    "办结": [
        ("archive", RULE, "2026-08", "2026-08-28", "https://example.gov.cn/8"),
        ("广元市财政局", RULE, date(2026, 8, 31), "2026/8/30", ""),
    ],
}
MORNING = datetime(2026, 10, 1, 8, 30)  # noqa: DTZ001 — a cell has no zone
AUGUST = datetime(2026, 8, 1)  # noqa: DTZ001
HTML = {"accept": "text/html"}


def send(office: Office, content: bytes, name: str = "表.xlsx", **more: Any) -> Response:
    body = {"name": name, "content": base64.b64encode(content).decode(), **more}
    return office.post("/import", body)


def faults(answer: Response) -> list[str]:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "import_refused"), answer.text
    return [one["fault"] for one in problem["faults"]]


def refusal(answer: Response) -> str:
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request"), answer.text
    detail: str = problem["detail"]
    return detail


def unchanged(answer: Response) -> bool:
    sheets = answer.json()["sheets"].values()
    return all(count["new"] == count["changed"] == 0 for count in sheets)


def test_a_preview_changes_nothing_and_says_what_the_import_then_does(office: Office) -> None:
    before, content = office.everything(), table(BOTH)
    looked = send(office, content, dry_run=True).json()
    assert office.everything() == before
    assert not looked["applied"]
    assert looked["sheets"] == {
        "单位": {"new": 1, "changed": 0, "unchanged": 0},
        "责任": {"new": 1, "changed": 0, "unchanged": 0},
        "办结": {"new": 0, "changed": 2, "unchanged": 0},
    }
    assert looked["impact"]["added"] == 5
    assert looked["changes"][1] == f"广元市档案馆：规则 {RULE}，2026-08-01 至 2026-12-31"
    done = send(office, content, by="王莉").json()
    assert (done["applied"], done["sheets"]) == (True, looked["sheets"])
    unit = office.agency.units["archive"]
    assert (unit.parent, unit.aliases, unit.channels) == (
        "finance",
        ("档案馆", "史志办"),
        ("console",),
    )
    assert [(one.name, one.mobile, one.substitute) for one in unit.contacts] == [
        ("赵六", "13900000001", "钱七"),
        ("钱七", "13900000002", ""),
    ]
    assert office.agency.duties[f"{RULE}@archive"].ladder.id == "weekly"
    rows = office.get("/obligations", unit="archive", limit=200)["items"]
    assert [row["due_on"] for row in rows][::4] == ["2026-08-31", "2026-12-31"]
    first = rows[0]
    assert (first["status"], first["closed_at"][:10]) == ("done", "2026-08-28")
    assert (first["closed_by"], first["evidence"]) == (
        "王莉（接口令牌：办公系统）",
        "https://example.gov.cn/8",
    )


def test_a_second_import_changes_nothing(office: Office) -> None:
    content = table(BOTH)
    assert send(office, content).json()["applied"]
    before = office.everything()
    again = send(office, content)
    assert unchanged(again)
    assert again.json()["changes"] == []
    assert office.everything() == before


def test_every_fault_is_told_with_its_place_and_nothing_is_imported(office: Office) -> None:
    sheets: Sheets = {
        "单位": [
            ("a b", "一", *[None] * 10),
            ("museum", None, "nobody", None, "99", "pigeon", "孙八", "馆长", "x", *[None] * 3),
            ("museum", "博物馆", *[None] * 10),
            (None, "无编号", *[None] * 10),
            ("finance", "财政局改名", *[None] * 10),
            ("self", "自己", "self", *[None] * 9),
        ],
        "责任": [
            ("nothing", "finance", "2026-10-01", None, None),
            (RULE, "nobody", "昨天", date(2026, 1, 1), None),
            (SERVICE, "finance", "2026-10-01", "2026-09-01", None),
            (SERVICE, "statistics", MORNING, None, None),
            (SERVICE, "commerce", "2026-10-01", None, "steep"),
            (RULE, "commerce", "2026-10-01", None, None),
            (RULE, "广元市商务局", "2026-10-01", None, None),
            (RULE, "finance", "2027-10-01", None, None),
            (RULE, "statistics", 46082, None, None),
        ],
        "办结": [
            ("finance", RULE, "2026-13", "2026-09-01", None),
            ("finance", RULE, "2026-08", "2026-09-26", None),
            ("finance", RULE, None, "2026-09-01", None),
            ("finance", RULE, "2026-07", True, None),
        ],
    }
    before = office.everything()
    told = faults(send(office, table(sheets)))
    assert office.everything() == before
    for place, words in (
        ("表“单位”第 2 行 A 列", "写法不对"),
        ("表“单位”第 3 行 B 列", "不能为空"),
        ("表“单位”第 3 行 C 列", "没有单位“nobody”"),
        ("表“单位”第 3 行 E 列", "行政区划代码"),
        ("表“单位”第 3 行 F 列", "没有渠道“pigeon”"),
        ("表“单位”第 3 行 H 列", "没有角色“馆长”"),
        ("表“单位”第 3 行 I 列", "写法不对"),
        ("表“单位”第 4 行 B 列", "与第 3 行同一单位的名称不同"),
        ("表“单位”第 5 行 A 列", "没有写编号"),
        ("表“单位”第 6 行 A 列", "请在配置文件中修改"),
        ("表“单位”第 7 行 C 列", "绕成了圈"),
        ("表“责任”第 2 行 A 列", "没有规则“nothing”"),
        ("表“责任”第 3 行 B 列", "没有单位“nobody”"),
        ("表“责任”第 3 行 C 列", "“昨天”不是日期"),
        ("表“责任”第 5 行 C 列", "含有时刻"),
        ("表“责任”第 8 行 A 列", "与第 7 行"),
        ("表“责任”第 10 行 C 列", "“46082”不是日期"),
        ("表“办结”第 4 行 C 列", "没有写期间或到期日"),
        ("表“办结”第 5 行 D 列", "不是文字、数字或日期"),
    ):
        assert any(one.startswith(f"{place}：") and words in one for one in told), (place, told)


def test_faults_against_what_there_is_are_told_at_once_too(office: Office) -> None:
    sheets: Sheets = {
        "责任": [
            (SERVICE, "finance", "2026-10-01", "2026-09-01", None),
            (SERVICE, "commerce", "2026-10-01", None, "steep"),
            (RULE, "finance", "2027-10-01", None, None),
        ],
        "办结": [
            ("finance", RULE, "2026-13", "2026-09-01", None),
            ("finance", RULE, "2026-08", "2026-09-26", None),
            ("finance", RULE, "2026年7月", "2026-07-30", None),
        ],
    }
    told = faults(send(office, table(sheets)))
    assert [one.partition("：")[0] for one in told] == [
        *("表“责任”第 2 行 D 列", "表“责任”第 3 行 E 列", "表“责任”第 4 行 C 列"),
        *("表“办结”第 2 行 C 列", "表“办结”第 3 行 D 列"),
    ]
    assert "没有这一期；有的如：2026-01（2026-01-31 到期）" in told[3]
    assert "不能晚于今天" in told[4]
    assert "没有提醒策略“steep”" in told[1]


def test_what_is_done_otherwise_is_not_done_again(office: Office) -> None:
    done = ("finance", RULE, "2026-08", "2026-08-28", "https://example.gov.cn/8")
    assert send(office, table({"办结": [done]})).json()["applied"]
    assert unchanged(send(office, table({"办结": [(*done[:4], "")]})))
    told = faults(send(office, table({"办结": [(*done[:3], "2026-08-27", "")]})))
    assert "已办结（2026-08-28" in told[0]


def test_excel_made_a_month_of_what_was_typed(office: Office) -> None:
    def touch(book: Workbook) -> None:
        cell = book["办结"]["C2"]
        cell.value, cell.number_format = AUGUST, 'yyyy"年"m"月"'

    sheets: Sheets = {"办结": [("finance", RULE, None, date(2026, 8, 28), None)]}
    assert send(office, table(sheets, touch)).json()["applied"]
    rows = office.get("/obligations", unit="finance", status="done")["items"]
    assert [row["period"] for row in rows] == ["2026-08"]


def test_a_name_that_two_units_have_is_refused(office: Office) -> None:
    unit = {"id": "x1", "name": "finance", "reason": "x"}
    assert office.post("/units", unit).status_code == 201  # its name is another one's id
    sheets: Sheets = {"责任": [(SERVICE, "finance", "2026-10-01", None, None)]}
    assert "“finance”有 2 个单位（finance、x1），请写编号" in faults(send(office, table(sheets)))[0]


def test_formulas_are_refused_by_name_and_never_computed(office: Office) -> None:
    def touch(book: Workbook) -> None:
        book["责任"]["A2"] = '=HYPERLINK("http://evil.example","x")'
        book["责任"]["C2"] = "=TODAY()"

    before = office.everything()
    sheets: Sheets = {"责任": [(RULE, "statistics", None, None, None)]}
    told = faults(send(office, table(sheets, touch)))
    assert [one.partition("：")[0] for one in told] == [
        "表“责任”第 2 行 A 列",
        "表“责任”第 2 行 C 列",
    ]
    assert all("是公式" in one for one in told)
    assert office.everything() == before


def test_a_text_that_begins_like_a_formula_is_a_text(office: Office) -> None:
    def touch(book: Workbook) -> None:
        cell = book["办结"]["E2"]
        cell.value = "=cmd|' /C calc'!A0"
        cell.data_type = "s"

    sheets: Sheets = {"办结": [("finance", RULE, "2026-08", "2026-08-28", None)]}
    assert send(office, table(sheets, touch)).json()["applied"]
    rows = office.get("/obligations", unit="finance", status="done")["items"]
    assert rows[0]["evidence"] == "=cmd|' /C calc'!A0"


def _same(_name: str, part: bytes) -> bytes:
    return part


def _with_row(xml: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, part: bytes) -> bytes:
        sheet = name == "xl/worksheets/sheet1.xml"
        return part.replace(b"</sheetData>", xml + b"</sheetData>") if sheet else part

    return change


def _doctype(name: str, part: bytes) -> bytes:
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    return entity + part if name.startswith("xl/worksheets/") else part


def _macros(_name: str, part: bytes) -> bytes:
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    enabled = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    return part.replace(plain, enabled)


def _packed(method: int, part: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", method) as made:
        made.writestr("xl/workbook.xml", part)
    return out.getvalue()


PLAIN = table({"责任": [(RULE, "statistics", "2026-10-01", None, None)]})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("表.xls", PLAIN, "只能导入 .xlsx"),
        ("表.xlsm", PLAIN, "只能导入 .xlsx（不带宏）"),
        ("表.csv", b"a,b", "只能导入 .xlsx"),
        ("表.xlsx", b"a,b", "不是 .xlsx 文件或者已经损坏"),
        ("表.xlsx", PLAIN[:-200], "不是 .xlsx 文件或者已经损坏"),
        ("表.xlsx", bytes.fromhex("D0CF11E0A1B11AE1") + PLAIN, "旧版 .xls 或者加了密码"),
        ("表.xlsx", b"\x00" * (LARGEST_FILE + 1), "超过 700 KB"),
        ("表.xlsx", with_parts(PLAIN, _same, **{"xl/vbaProject.bin": b"x"}), "带有宏"),
        ("表.xlsx", with_parts(PLAIN, _macros), "带有宏"),
        ("表.xlsx", with_parts(PLAIN, _doctype), "已经损坏"),
        ("表.xlsx", _packed(ZIP_BZIP2, b"<x/>"), "已经损坏"),
        ("表.xlsx", _packed(ZIP_DEFLATED, b" " * 25_000_000), "解压后太大"),
        ("表.xlsx", _packed(ZIP_DEFLATED, b"<a/>" * 2_000_000), "解压后太大"),
        ("表.xlsx", _packed(ZIP_DEFLATED, b"<row " * 500_000), "已经损坏"),
        ("表.xlsx", with_parts(PLAIN, _with_row(b'<row r="2"/>')), "已经损坏"),
        ("表.xlsx", with_parts(PLAIN, _with_row(b'<row r="1048577"/>')), "已经损坏"),
        ("表.xlsx", b"PK\x01\x02" * 2000, "超过 1000 个"),
        ("表.xlsx", table({"其他": [("x",)]}), "没有名为“单位”“责任”“办结”的表"),
        ("表.xlsx", table({"责任": [("x",)] * 5001}), "超过 5000 行"),
    ],
)
def test_a_hostile_or_foreign_file_is_refused(
    office: Office, name: str, content: bytes, words: str
) -> None:
    before = office.everything()
    assert words in refusal(send(office, content, name))
    assert office.everything() == before


def test_a_cell_far_away_and_declared_sizes_are_not_believed(office: Office) -> None:
    far = with_parts(PLAIN, _with_row(b'<row r="1048576"><c r="A1048576" t="s"/></row>'))
    assert len(read_workbook("x.xlsx", far)["责任"]) == 2
    lies = with_parts(PLAIN, lambda _n, part: part.replace(b'ref="A1:E2"', b'ref="A1:A1"'))
    assert send(office, lies, dry_run=True).json()["sheets"]["责任"]["new"] == 1


@pytest.mark.parametrize(
    ("touch", "words"),
    [
        (lambda sheet: sheet.cell(1, 3, "开始"), "表“责任”第 1 行 C 列：表头“开始”不认识"),
        (lambda sheet: sheet.cell(2, 7, "x"), "表“责任”第 2 行 G 列：这一列没有表头"),
        (lambda sheet: sheet.delete_cols(5), "表“责任”第 1 行：缺少表头：提醒策略"),
        (
            lambda sheet: sheet.cell(2, 2, "市\u202e局"),
            "第 2 行 B 列：含有换行、控制字符或改变书写方向",
        ),
        (lambda sheet: sheet.cell(2, 2, "长" * 1001), "第 2 行 B 列：超过 1000 字"),
        (lambda sheet: sheet.parent.create_sheet("附表").append(["x"]), "表“附表”：不认识这张表"),
    ],
)
def test_a_table_that_is_not_the_templates_is_refused_at_its_place(
    office: Office, touch: Callable[[Any], Any], words: str
) -> None:
    sheets: Sheets = {"责任": [(RULE, "statistics", "2026-10-01", None, None)]}
    told = faults(send(office, table(sheets, lambda book: touch(book["责任"]))))
    assert any(words in one for one in told), told


def test_the_template_is_empty_offers_what_there_is_and_is_imported_again(office: Office) -> None:
    unit = {"id": "formula", "name": "=1+1", "reason": "x"}
    assert office.post("/units", unit).status_code == 201
    content = import_template(office.agency)
    assert unchanged(send(office, content))
    book = load_workbook(BytesIO(content))
    assert book.sheetnames == ["单位", "责任", "办结", "说明"]
    for sheet, headings in HEADINGS.items():
        assert [cell.value.rstrip("*") for cell in book[sheet][1]] == list(headings)
        assert all(cell.comment for cell in book[sheet][1])
    offered = {one.formula1 for one in book["责任"].data_validations.dataValidation}
    assert len(offered) == 3
    assert b"<f>" not in content
    assert "=1+1" in [cell.value for cell in book["说明"]["T"]]
    for row, values in enumerate(BOTH["责任"], start=2):
        for column, value in enumerate(values, start=1):
            book["责任"].cell(row, column, value)
    book["责任"]["B2"] = "广元市统计局"
    out = BytesIO()
    book.save(out)
    assert send(office, out.getvalue(), dry_run=True).json()["sheets"]["责任"]["new"] == 1


def test_who_is_bound_to_a_unit_imports_for_those_below_it(office: Office) -> None:
    bound = office.person(Role.OFFICE, "finance", "bound")

    def sent(sheets: Sheets) -> Response:
        content = base64.b64encode(table(sheets)).decode()
        return bound.post("/api/v1/import", json={"name": "x.xlsx", "content": content})

    told = faults(
        sent(
            {
                "单位": [
                    ("new", "新单位", *[None] * 10),
                    ("statistics", "统计局", "finance", *[None] * 9),
                ],
                "责任": [(RULE, "statistics", "2026-10-01", None, None)],
                "办结": [("statistics", RULE, "2026-08", "2026-08-28", None)],
            }
        )
    )
    assert any("您只能在自己的单位之下登记" in one for one in told)
    assert any("编号“statistics”已有人用" in one for one in told)
    assert not any("统计局" in one for one in told)
    below: Sheets = {"单位": [("treasury", "国库支付中心", "finance", *[None] * 9)]}
    assert sent(below).json()["applied"]
    inside = office.person(Role.OFFICE, "treasury", "inside")
    renamed: Sheets = {"单位": [("treasury", "国库中心", *[None] * 10)]}
    body = {"name": "x.xlsx", "content": base64.b64encode(table(renamed)).decode()}
    assert inside.post("/api/v1/import", json=body).json()["applied"]
    unit = office.agency.units["treasury"]
    assert (unit.name, unit.parent) == ("国库中心", "finance")  # where it belongs is not his to say
    clerk = office.person(Role.CLERK, "finance", "clerk")
    assert clerk.post("/api/v1/import", json={}).status_code == 403


def test_the_page_previews_then_imports(office: Office) -> None:
    wang = office.person(Role.OFFICE, "", "wang")
    assert "下载模板" in wang.get("/import", headers=HTML).text
    given = wang.get("/import/template", headers=HTML)
    assert given.headers["content-type"].endswith("spreadsheetml.sheet")
    assert read_workbook("x.xlsx", given.content)["责任"][0].number == 1

    def upload(content: bytes, name: str = "表.xlsx") -> Response:
        more: Any = {
            "files": {"file": (name, content)},
            "data": {"reason": "年度"},
            "headers": HTML,
        }
        return wang.post("/import", **more)

    before = office.everything()
    assert "只能导入" in fault(upload(b"x", "x.xls"))
    wrong = upload(table({"责任": [(RULE, "nobody", "2026-10-01", None, None)]}))
    assert (wrong.status_code, "有 1 处要改" in fault(wrong)) == (422, True)
    assert "表“责任”第 2 行 B 列" in wrong.text
    assert fault(wang.post("/import", data={}, headers=HTML)) == "请选择一个 .xlsx 文件"
    shown = upload(table(BOTH))
    assert (shown.status_code, "还没有导入" in shown.text) == (200, True)
    assert "新增待办 5 项" in shown.text
    assert office.everything() == before
    applied = _apply(wang, shown)
    assert applied.headers["location"] == "/import?said=done"
    assert "已导入" in wang.get("/import?said=done", headers=HTML).text
    assert "archive" in office.agency.units
    again = upload(table(BOTH))
    assert "不必导入" in again.text
    assert _apply(wang, shown).headers["location"] == "/import?said=same"


def test_a_form_without_its_token_uploads_nothing(office: Office) -> None:
    wang = office.person(Role.OFFICE, "", "wang")
    held = {name: value for name, value in wang.headers.items() if name != "x-csrf-token"}
    browser = Client(office.app, held)
    shown = browser.get("/import", headers=HTML).text
    token = re.findall(r'name="csrf" value="([0-9a-f]{64})"', shown)[-1]
    upload: Any = {"files": {"file": ("表.xlsx", table(BOTH))}, "headers": HTML}
    answer = browser.post("/import", data={"csrf": token}, **upload)
    assert (answer.status_code, "还没有导入" in answer.text) == (200, True)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    before = office.everything()
    refused = browser.post("/import/apply", data=fields | {"csrf": ""}, headers=HTML)
    assert (refused.status_code, office.everything() == before) == (403, True)
    assert browser.post("/import/apply", data=fields, headers=HTML).status_code == 303


def _apply(person: Client, shown: Response) -> Response:
    fields = dict(
        re.findall(r'type="hidden" name="(name|reason|content)" value="([^"]*)"', shown.text)
    )
    return person.post("/import/apply", data=fields, headers=HTML)


def test_the_largest_file_passes_through_the_form(office: Office) -> None:
    wang = office.person(Role.OFFICE, "", "wang")
    content = base64.urlsafe_b64encode(b"\x00" * LARGEST_FILE).decode()
    form = {"name": "x.xlsx", "content": content, "reason": ""}
    answer = wang.post("/import/apply", data=form, headers=HTML)
    assert (answer.status_code, "已经损坏" in fault(answer)) == (422, True)
