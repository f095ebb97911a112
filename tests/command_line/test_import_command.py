"""qixian import, and a configuration file that contradicts what was registered."""

import os
from collections.abc import Callable
from contextlib import redirect_stderr
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from qixian_command import Run

RULE = "guangyuan-2017-02"
UNIT = '\n[[unit]]\nid = "archive"\nname = "广元市档案局"\nchannels = ["console"]\n'
DECEMBER = ("plan", "--from", "2026-12-01", "--to", "2026-12-31", "--json")
DUTY = f'\n[[duty]]\nrule = "{RULE}"\nunit = "archive"\nfrom = 2026-01-01\n'


@pytest.fixture(autouse=True)
def filled(qixian: Run, example: Path, folder: Path) -> Path:
    """The template of the example office, with a unit, its duty and what it did."""
    assert example.exists()
    assert qixian("migrate").status == 0
    assert "模板已写到" in qixian("import", "--template", "表.xlsx").out
    book = load_workbook(folder / "表.xlsx")
    rows = {
        "单位": ["archive", "广元市档案馆", "gov-office", None, None, "console"],
        "责任": [RULE, "广元市档案馆", date(2026, 1, 1)],
        "办结": ["archive", RULE, "2026年1月", "2026年1月30日"],
    }
    for sheet, values in rows.items():
        for column, value in enumerate(values, start=1):
            book[sheet].cell(2, column, value)
    book.save(folder / "表.xlsx")
    return folder / "表.xlsx"


def test_a_table_is_previewed_imported_and_imported_again(qixian: Run) -> None:
    looked = qixian("import", "表.xlsx", "--dry-run")
    assert (looked.status, "单位：新增 1，变动 0，不变 0" in looked.out) == (0, True)
    assert "新增待办" in looked.out
    assert looked.out.endswith("去掉 --dry-run 再运行一次。\n")
    assert "archive" not in qixian(*DECEMBER).out
    done = qixian("import", "表.xlsx", "--by", "王莉", "--json").row
    assert (done["applied"], done["sheets"]["办结"]["changed"]) == (True, 1)
    again = qixian("import", "表.xlsx")
    assert (again.status, again.out.splitlines()[-1]) == (0, "表中的内容都已经有了，没有改动。")
    assert qixian(*DECEMBER).out.count("archive") == 1
    ledger = qixian("ledger", "--from", "2026-01-01", "--to", "2035-12-31", "--json").rows
    assert any(
        row["what"].startswith("登记单位 广元市档案馆") and row["by"] == "王莉" for row in ledger
    )
    assert qixian("verify").status == 0
    qixian("tick")  # with the whole office, and not with the file's alone
    assert qixian(*DECEMBER).out.count("archive") == 1


def test_on_a_terminal_it_says_what_takes_so_long(
    qixian: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown, terminal = os.openpty()
    with open(terminal, "w", encoding="utf-8") as screen, redirect_stderr(screen):
        assert qixian("import", "表.xlsx", "--dry-run").status == 0
        screen.flush()
        assert "正在读取和核对 表.xlsx" in os.read(shown, 65_536).decode(errors="replace")
    os.close(shown)


def test_faults_are_listed_and_the_exit_status_is_2(qixian: Run, filled: Path) -> None:
    book = load_workbook(filled)
    book["责任"]["A2"], book["办结"]["D2"] = "nothing", "昨天"
    book.save(filled)
    ran = qixian("import", "表.xlsx")
    assert (ran.status, ran.out) == (2, "")
    first, *rest = ran.err.splitlines()
    assert first == "qixian: 表.xlsx：有 2 处要改，没有导入任何内容"
    assert [line.partition("：")[0] for line in rest] == [
        "  表“责任”第 2 行 A 列",
        "  表“办结”第 2 行 D 列",
    ]
    rows = qixian("import", "表.xlsx", "--json", "--dry-run").rows
    assert [(row["sheet"], row["row"], row["column"]) for row in rows] == [
        ("责任", 2, "A"),
        ("办结", 2, "D"),
    ]


def test_what_cannot_be_read_is_refused_in_a_sentence(refused: Callable[..., str]) -> None:
    assert "找不到文件" in refused("import", "nobody.xlsx")
    assert "已经存在" in refused("import", "--template", "表.xlsx")
    assert "只能导入 .xlsx" in refused("import", "config.toml")
    assert "--reason 应写在一行内" in refused("import", "表.xlsx", "--reason", "a\nb")


def test_a_later_configuration_that_contradicts_is_refused_with_a_sentence(
    qixian: Run, refused: Callable[..., str], example: Path
) -> None:
    assert qixian("import", "表.xlsx").status == 0
    plain = example.read_text("utf-8")
    for more, words in (
        (UNIT, "单位 archive 已在“单位”页面登记"),
        (UNIT + DUTY, "配置文件不能再写它的 [[unit]]，请从配置文件中去掉"),
        (
            UNIT.replace('"archive"', '"other"').replace("档案局", "档案馆"),
            "名称或别名都是“广元市档案馆”",
        ),
    ):
        example.write_text(plain + more, "utf-8")
        for verb in (("tick",), DECEMBER):
            sentence = refused(*verb)
            assert words in sentence
            assert "config.toml" in sentence
    example.write_text(plain.replace('id = "console"', 'id = "screen"'), "utf-8")
    assert "渠道“console”不存在" in refused("tick")
    example.write_text(plain, "utf-8")
    assert qixian("tick").status == 0


def test_an_account_may_be_bound_to_a_registered_unit(qixian: Run) -> None:
    assert qixian("import", "表.xlsx").status == 0
    token = qixian("token", "add", "档案系统", "--scope", "read", "--unit", "archive")
    assert token.status == 0, token.err
    assert qixian("token", "add", "x", "--scope", "read", "--unit", "nobody").status == 2
