"""qixian documents: a text is loaded and checked, its rules exported; audit of what is loaded."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from qixian_command import Run

from rules.catalogue_files import read_catalogue_file

CATALOGUE = """
[document]
id = "paper-1"
title = "某市2026年政务公开工作要点"
number = "某府办〔2026〕3号"
year = 2026
from = 2026-01-10

[[rule]]
id = "paper-1-01"
quote = "按月公开财政收支情况"
kind = "periodic"
value = "P1M"
trigger = ""
holders = ["市财政局"]
place = "一"
example = { period = "2026-09", due_on = 2026-09-30, act_by = 2026-09-30 }

[[rule]]
id = "paper-1-02"
quote = "每年组织一次培训"
kind = "periodic"
value = "P1Y"
trigger = ""
holders = ["市政府办公室"]
place = "二"
example = { period = "2026", due_on = 2026-12-31, act_by = 2026-12-31 }
"""
CONFIG = """
[rules]
files = ["paper.toml"]

[[channel]]
id = "box"
kind = "console"

[[unit]]
id = "finance"
name = "市财政局"
channels = ["box"]

[[duty]]
rule = "paper-1-01"
unit = "finance"
from = 2026-01-10
"""
TEXT = """某市2026年政务公开工作要点
某府办〔2026〕3号
一、市财政局按月公开财政收支情况。
二、市政府办公室每年组织一次培训。
"""


@pytest.fixture(autouse=True)
def paper(folder: Path, qixian: Run) -> Path:
    (folder / "paper.toml").write_text(CATALOGUE, "utf-8")
    (folder / "config.toml").write_text(CONFIG, "utf-8")
    path = folder / "要点.txt"
    path.write_text(TEXT, "utf-8")
    assert qixian("migrate").status == 0
    return path


def test_a_text_is_known_by_its_number_and_its_quotes_are_checked(qixian: Run, paper: Path) -> None:
    ran = qixian("documents", "add", str(paper), "--by", "王莉", "--json")
    assert ran.status == 0
    assert (ran.row["document"], ran.row["covered"], ran.row["open"]) == ("paper-1", 2, 0)
    assert "已经载入，没有变化" in qixian("documents", "add", str(paper)).out
    (listed,) = qixian("documents", "list", "--json").rows
    assert (listed["text"], listed["version"], listed["loaded_by"]) == ("paper-1", 1, "王莉")
    assert qixian("audit").status == 0
    assert qixian("audit", "--document", "paper-1", "--json").row["covered"] == 2


def test_a_planted_sentence_turns_the_audit_of_loaded_texts_red(qixian: Run, paper: Path) -> None:
    paper.write_text(TEXT + "三、市统计局每周发布物价信息。\n", "utf-8")
    ran = qixian("documents", "add", str(paper))
    assert ran.status == 0
    assert "待确认 1 处" in ran.out
    audit = qixian("audit")
    assert audit.status == 1
    assert "第5行“每周”未处理" in audit.out
    assert "paper-1 有 1 条建议待确认" in qixian("doctor").out


def test_a_text_without_a_rule_of_the_catalogue_is_not_stored_before_its_impact_was_seen(
    qixian: Run, paper: Path
) -> None:
    paper.write_text(TEXT.replace("按月", "按季度").replace("每年组织", "适时组织"), "utf-8")
    ran = qixian("documents", "add", str(paper))
    assert ran.status == 1
    assert "没有载入" in ran.out
    assert "第2字是“月”，文件中是“度”" in ran.out
    assert "规则 paper-1-01 改为：" in ran.out
    assert qixian("documents", "list", "--json").rows == []
    applied = qixian("documents", "add", str(paper), "--apply", "--from", "2026-07-01", "--json")
    assert applied.row["stored"]
    assert applied.row["from"] == "2026-07-01"
    assert [one["rule"] for one in applied.row["changed"]] == ["paper-1-01", "paper-1-02"]
    assert applied.row["impact"]["withdrawn"]
    assert qixian("rules", "--json").out.count('"document": "paper-1"') == 2  # nobody accepted yet


def test_the_export_is_a_catalogue_file(qixian: Run, folder: Path) -> None:
    ran = qixian("documents", "export", "paper-1")
    file = folder / "exported.toml"
    file.write_text(ran.out, "utf-8")
    read, written = read_catalogue_file(folder / "paper.toml"), read_catalogue_file(file)
    assert (read.document, read.rules) == (written.document, written.rules)


def test_what_cannot_be_loaded_is_refused(
    refused: Callable[..., str], qixian: Run, folder: Path
) -> None:
    paper = folder / "通知.txt"
    paper.write_text("各部门要按月公开。\n", "utf-8")
    assert "--document" in refused("documents", "add", str(paper))
    paper.write_text("关于某事的通知\n各部门要按月公开。\n", "utf-8")
    assert "小写字母" in refused("documents", "add", str(paper), "--document", "某")
    paper.write_text("按月公开。", "utf-8")
    assert "标题" in refused("documents", "add", str(paper), "--document", "x")
    assert "不是日期" in refused("documents", "add", str(paper), "--document", "x", "--from", "x")
    assert "没有文件“x”" in refused("documents", "export", "x")
    assert "还没有载入正文" in refused("audit")
    assert "--document" in refused("audit", str(paper))
    assert qixian("documents", "list", "--json").rows == []


def test_a_text_that_changed_in_the_database_is_named(
    refused: Callable[..., str], qixian: Run, paper: Path, folder: Path
) -> None:
    qixian("documents", "add", str(paper))
    with sqlite3.connect(folder / "qixian.db") as connection:
        connection.execute("UPDATE loaded_text SET content = replace(content, '按月', '按年')")
    connection.close()
    assert "paper-1" in refused("audit")
    assert "正文 paper-1 与载入时不同" in qixian("doctor").out
