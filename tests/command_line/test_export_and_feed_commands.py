"""qixian export, qixian feed."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from qixian_command import Run

Refused = Callable[..., str]


@pytest.fixture
def office(example: Path, qixian: Run) -> Path:
    """The example with its database, and what its duties owe."""
    assert qixian("migrate").status == 0
    assert qixian("tick").status == 0
    return example


def test_export_writes_the_register(office: Path, qixian: Run) -> None:
    file = office.parent / "台账.xlsx"
    ran = qixian("export", str(file), "--unit", "finance")
    assert (ran.status, ran.err) == (0, "")
    sheet = openpyxl.load_workbook(file)["台账"]
    assert ran.out == f"已导出 {sheet.max_row - 1} 项到 {file}。\n"
    assert {line[1].value for line in sheet.iter_rows(min_row=2)} == {"广元市财政局"}
    row = qixian("export", str(office.parent / "全部.xlsx"), "--json").row
    assert row["rows"] > sheet.max_row


def test_export_refuses_in_one_sentence_and_leaves_nothing(office: Path, refused: Refused) -> None:
    there = office.parent / "a.xlsx"
    there.write_text("有用", encoding="utf-8")
    before = set(office.parent.iterdir())
    assert "已经存在" in refused("export", str(there))
    assert "应以 .xlsx 结尾" in refused("export", "台账.csv")
    assert "不能写入" in refused("export", "没有/台账.xlsx")
    assert "没有“nowhere”" in refused("export", "b.xlsx", "--unit", "nowhere")
    assert "--status" in refused("export", "b.xlsx", "--status", "gone")
    assert "不是日期" in refused("export", "b.xlsx", "--due-from", "2026-13-01")
    assert there.read_text(encoding="utf-8") == "有用"
    assert set(office.parent.iterdir()) == before


@pytest.mark.usefixtures("office")
def test_a_feed_is_made_listed_and_revoked(qixian: Run, refused: Refused) -> None:
    made = qixian("feed", "add", "--unit", "gov-office", "--below", "--json").row
    assert made["name"] == "广元市人民政府办公室（含下级）"
    assert made["address"].endswith(".ics")
    token = made["address"].rpartition("/")[2].removesuffix(".ics")
    listed = qixian("feed", "list", "--json")
    assert [row["id"] for row in listed.rows] == [made["id"]]
    assert token not in listed.out
    assert "以后不能再显示" in qixian("feed", "add", "--document", "guangyuan-2017").out
    assert "已吊销" in qixian("feed", "revoke", str(made["id"])).out
    assert len(qixian("feed", "list", "--json").rows) == 1
    assert "没有编号为 99" in refused("feed", "revoke", "99")
    assert "至少写一项" in refused("feed", "add")
    assert "至多 50 个字" in refused("feed", "add", "--unit", "finance", "--name", "a\nb")
    assert "没有单位" in refused("feed", "add", "--unit", "nowhere")
