"""台账 as a workbook: what stands in it, how it prints, and that nothing in it is ever run."""

import zipfile
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from office import Office, refusal

from api.register_sheet import MOST
from api.routes import exports
from api.workbook_writing import Column, Look, Sheet, write_workbook
from engine.accounts import Role

HEADINGS = [
    *("序号", "责任单位", "事项", "期间或事由", "依据", "周期/时限", "到期日", "状态"),
    *("办结日", "逾期天数（工作日）", "证据", "备注", "编号"),
]


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content))


def register(office: Office, **query: str) -> list[dict[str, Any]]:
    answer = office.client.get("/api/v1/obligations.xlsx", params=query)
    assert answer.status_code == 200, answer.text
    lines = list(opened(answer.content)["台账"].iter_rows())
    assert [cell.value for cell in lines[0]] == HEADINGS
    return [dict(zip(HEADINGS, (cell.value for cell in line), strict=True)) for line in lines[1:]]


def written(*values: Any, look: Look = Look.TEXT) -> tuple[Any, bytes]:
    file = BytesIO()
    rows = [[value] for value in values]
    assert write_workbook(file, [Sheet("表", [Column("栏", 20, look)], rows)]) == len(rows)
    content = file.getvalue()
    return opened(content)["表"], content


def test_a_line_says_what_the_obligation_is_and_how_it_stands(office: Office) -> None:
    rows = office.get("/obligations", unit="finance", limit=200)["items"]
    august = next(row for row in rows if row["due_on"] == "2026-08-31")
    july = next(row for row in rows if row["due_on"] == "2026-07-31")
    done = {"type": "complete", "at": "2026-08-05", "evidence": "http://www.cngy.gov.cn/1"}
    assert office.post(f"/obligations/{july['id']}/events", done).status_code == 200
    lines = register(office, unit="finance")
    assert [line["序号"] for line in lines] == list(range(1, len(rows) + 1))
    assert [line["编号"] for line in lines] == [row["id"] for row in rows]
    by_id = {line["编号"]: line for line in lines}
    line = by_id[august["id"]]
    assert line == {
        "序号": line["序号"],
        "责任单位": "广元市财政局",
        "事项": "按月公开全市财政收支执行总体情况",
        "期间或事由": "2026年8月",
        "依据": "《广元市2017年政务公开工作要点》 一、（一）",
        "周期/时限": "每月一次，每月的最后一日前（默认口径）",
        "到期日": datetime(2026, 8, 31),  # noqa: DTZ001 - a workbook has no zones
        "状态": "逾期未办",
        "办结日": None,
        "逾期天数（工作日）": 19,  # as the page says
        "证据": None,
        "备注": None,
        "编号": august["id"],
    }
    line = by_id[july["id"]]
    assert (line["状态"], line["逾期天数（工作日）"]) == ("已办结", 3)
    assert line["办结日"] == datetime(2026, 8, 5)  # noqa: DTZ001
    assert line["证据"] == "http://www.cngy.gov.cn/1"
    notes = {row["id"]: row["provisional"] for row in rows}
    assert {line["编号"]: line["备注"] == "到期日暂定" for line in lines} == notes


def test_a_limit_in_hours_is_a_time_on_our_clock(office: Office) -> None:
    row = office.disaster().json()["obligations"][0]
    answer = office.client.get("/obligations.xlsx?unit=cyberspace")
    sheet = opened(answer.content)["台账"]
    cells = next(line for line in sheet.iter_rows(min_row=2) if line[12].value == row["id"])
    assert cells[6].value == datetime(2026, 9, 25, 14, 30)  # noqa: DTZ001
    assert cells[6].number_format == "yyyy-mm-dd hh:mm"
    others = {line[6].number_format for line in sheet.iter_rows(min_row=2)} - {"yyyy-mm-dd hh:mm"}
    assert others <= {"yyyy-mm-dd"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status": "overdue"},
        {"status": "open", "due_to": "2026-12-31"},
        {"document": "guangyuan-2017", "due_from": "2026-09-01"},
        {"within": "10wd"},
        {"status": "all", "unit": "finance"},
        {"status": "upcoming", "rule": "guangyuan-2017-02"},
        {"status": "done", "q": "财政"},
    ],
)
def test_the_filters_are_those_of_the_list(office: Office, query: dict[str, str]) -> None:
    listed, cursor = [], {}
    while True:
        page = office.get("/obligations", limit=200, **query, **cursor)
        listed += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [line["编号"] for line in register(office, **query)] == listed


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=late", "status：不是可用的值，可用：open、done、waived、overdue、upcoming、all"),
        ("within=soon", "within：应写作 10wd（十个工作日内）或 30d（三十日内）"),
        ("rule=nope", "rule：没有“nope”"),
        ("due_from=2026-13-01", "due_from “2026-13-01”不是日期"),
        ("q=", "q：不能为空"),
    ],
)
def test_a_value_that_means_nothing_is_refused_as_by_the_list(
    office: Office, query: str, words: str
) -> None:
    for path in ("/obligations.xlsx", "/api/v1/obligations.xlsx", "/api/v1/obligations"):
        detail = refusal(office.client.get(f"{path}?{query}"), 422, "invalid_request")
        assert words in detail


def test_a_bad_filter_and_another_units_lines_are_refused(office: Office) -> None:
    person = office.person(Role.CLERK, "finance")
    for path in ("/obligations.xlsx", "/api/v1/obligations.xlsx"):
        refusal(office.client.get(f"{path}?unit=nowhere"), 422, "invalid_request")
        refusal(office.client.get(f"{path}?limit=5"), 422, "invalid_request")
        refusal(person.get(f"{path}?unit=statistics"), 404, "not_found")
        sheet = opened(person.get(path).content)["台账"]
        names = {line[1].value for line in sheet.iter_rows(min_row=2)}
        assert names == {"广元市财政局"}


def test_more_lines_than_one_download_takes_are_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST == 100_000
    monkeypatch.setattr(exports, "MOST", 10)
    detail = refusal(office.client.get("/api/v1/obligations.xlsx"), 422, "invalid_request")
    assert "一次至多导出 10 项" in detail


def test_it_prints_on_wide_paper_with_its_headings_and_filters(office: Office) -> None:
    answer = office.client.get("/api/v1/obligations.xlsx?unit=finance")
    sheet = opened(answer.content)["台账"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:M{sheet.max_row}"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.column_dimensions["C"].width == 40
    assert all(cell.font.bold for cell in sheet[1])
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-disposition"] == (
        "attachment; filename=qixian.xlsx; filename*=UTF-8''%E5%8F%B0%E8%B4%A62026-09-25.xlsx"
    )


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =cmd|' /C calc'!A0", "\n=1"),
        *("＝1+1", "＋1", "－1", "＠A1", '=HYPERLINK("http://evil.example","x")'),
    ],
)
def test_what_begins_like_a_formula_is_text_and_stays_so_when_edited(text: str) -> None:
    sheet, content = written(text, "甲")
    cell = sheet["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix, cell.number_format) == (
        *(text, "s"),
        *(True, "@"),
    )
    assert not sheet["A3"].quotePrefix
    page = zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in page
    assert page.count(b'inlineStr"') == 3


def test_what_an_officer_typed_is_escaped_in_the_register(office: Office) -> None:
    rows = office.get("/obligations", unit="finance", status="open")["items"]
    done = {"type": "complete", "evidence": '=HYPERLINK("http://evil.example")'}
    assert office.post(f"/obligations/{rows[0]['id']}/events", done).status_code == 200
    office.disaster(reference="@SUM(1+1)*cmd|'/C calc'!A0")
    sheet = opened(office.client.get("/obligations.xlsx").content)["台账"]
    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    risky = [cell for cell in cells if cell.data_type == "s" and cell.value[0] in "=+-@"]
    assert len(risky) >= 2
    assert all(cell.quotePrefix for cell in risky)


@given(st.text(max_size=40))
def test_any_text_is_written_as_text_without_signs_that_no_file_can_hold(text: str) -> None:
    sheet, content = written(text)
    assert b"<f>" not in zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert sheet["A2"].data_type in ("s", "n")
    read = sheet["A2"].value or ""
    assert len(read.replace("_x005F_", "_")) <= len(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\x00b\x1fc", "a�b�c"),
        ("甲\u202e乙", "甲�乙"),
        ("a\r\nb", "a\nb"),
        ("_x003D_1", "_x005F_x003D_1"),
        ("x" * 10_000, "x" * 10_000),
        ("x" * 40_000, "x" * 16_000 + "…（已截断）"),
    ],
)
def test_signs_that_a_cell_cannot_hold_are_shown_as_such(text: str, read: str) -> None:
    assert written(text)[0]["A2"].value == read


def test_an_instant_is_shown_by_our_clock_and_a_day_after_it_as_a_day() -> None:
    moment = datetime(2026, 9, 25, 6, 30, tzinfo=UTC)
    sheet, _ = written(moment, date(2026, 9, 26), None, look=Look.DAY)
    assert sheet["A2"].value == datetime(2026, 9, 25, 14, 30)  # noqa: DTZ001
    assert [sheet[f"A{n}"].number_format for n in (2, 3)] == ["yyyy-mm-dd hh:mm", "yyyy-mm-dd"]
    assert sheet["A4"].value is None


def test_a_row_is_as_high_as_its_longest_text() -> None:
    page, _ = written("短", "按月公开全市财政收支执行总体情况", "x" * 18, "长" * 10_000)
    heights = [page.row_dimensions[row].height for row in range(1, 6)]
    assert heights == [None, None, 33.0, None, 400.0]
