"""qixian extract FILE: the keys of --json, the table for people, one sentence for a bad file."""

import json
from pathlib import Path

import pytest

from api.command_line import main

TEXT = "某市2020年政务公开工作要点\n\n各部门要在8月底前完成自查，每季度通报一次。\n"
KEYS = "start end line time_phrase quote kind value trigger duty_holder hard"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return int(left.value.code or 0)


def test_json_has_exactly_the_keys_of_the_design(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    assert run("extract", str(path), "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(row) for row in rows] == [KEYS.split()] * 2
    assert [(row["kind"], row["value"]) for row in rows] == [
        ("fixed_deadline", "2020-08-31"),
        ("periodic", "P3M"),
    ]
    assert rows[0]["duty_holder"] == "各部门"
    assert TEXT[rows[0]["start"] : rows[0]["end"]] == rows[0]["time_phrase"] == "8月底前"


def test_people_get_a_table_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.md"
    path.write_text(TEXT, encoding="gb18030")
    assert run("extract", str(path)) == 0
    printed = capsys.readouterr().out
    assert "某市2020年政务公开工作要点：时间用语 2 处，“年内”指 2020 年" in printed
    assert "2020年8月31日前" in printed


def test_a_file_that_cannot_be_read_ends_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")
    assert run("extract", str(path)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert ".txt、.md、.html、.docx" in captured.err
