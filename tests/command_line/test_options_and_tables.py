"""Where the global options may stand, which configuration is taken, and what people read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from qixian_command import EXAMPLE, Run

JANUARY = ("--from", "2026-01-01", "--to", "2026-01-31")


@pytest.mark.parametrize(
    "line",
    [
        ("--json", "--config", str(EXAMPLE), "plan", *JANUARY),
        ("plan", "--json", *JANUARY, "--config", str(EXAMPLE)),
        ("--config", str(EXAMPLE), "plan", "--json", *JANUARY),
        (f"--config={EXAMPLE}", "plan", *JANUARY, "--json"),
        ("plan", f"--config={EXAMPLE}", *JANUARY, "--json"),
    ],
)
def test_global_options_stand_anywhere(qixian: Run, line: tuple[str, ...]) -> None:
    ran = qixian(*line)
    assert ran.status == 0
    assert {row["unit"] for row in ran.rows} > {"finance", "agriculture"}


def test_the_default_configuration_comes_before_the_environment(
    qixian: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, unit = folder / "named.toml", '[[unit]]\nid = "{0}"\nname = "{0}"\n'
    duty = '[[duty]]\nrule = "guangyuan-2017-02"\nunit = "{0}"\nfrom = 2026-01-01\n'
    named.write_text((unit + duty).format("by-environment"), encoding="utf-8")
    monkeypatch.setenv("QIXIAN_CONFIG", str(named))
    assert qixian("plan", *JANUARY, "--json").row["unit"] == "by-environment"
    (folder / "config.toml").write_text((unit + duty).format("by-default"), encoding="utf-8")
    assert qixian("plan", *JANUARY, "--json").row["unit"] == "by-default"
    given = folder / "given.toml"
    given.write_text((unit + duty).format("by-option"), encoding="utf-8")
    assert qixian("plan", *JANUARY, "--json", "--config", "given.toml").row["unit"] == "by-option"


def test_the_database_lies_beside_its_configuration(qixian: Run, folder: Path) -> None:
    (folder / "office").mkdir()
    (folder / "office" / "config.toml").write_text("", encoding="utf-8")
    assert qixian("migrate", "--config", "office/config.toml").status == 0
    assert (folder / "office" / "qixian.db").exists()
    assert not (folder / "qixian.db").exists()


def test_a_configuration_saved_by_notepad_is_read(qixian: Run, folder: Path) -> None:
    (folder / "config.toml").write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert qixian("plan", *JANUARY).status == 0


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("rules",), ["规则", "原文", "类型", "期限", "责任主体", "每月一次"]),
        (("plan", *JANUARY), ["到期日", "宜办日", "单位", "口径", "广元市财政局", "默认口径"]),
        (("workday", "add", "2026-03-02", "20"), ["2026-03-30（星期一）"]),
        (("workday", "add", "2028-09-25", "10"), ["暂定", "最早", "最晚"]),
        (("workday", "count", "2026-03-02", "2026-03-30"), ["20 个工作日"]),
        (("workday", "check", "2026-10-10"), ["2026-10-10（星期六）", "上班", "调休"]),
        (("workday", "check", "2026-10-01"), ["休息", "国庆节"]),
        (
            ("due", "guangyuan-2017-27", "--event", "2026-02-03"),
            ["到期：2026-03-15", "1. ", "口径"],
        ),
        (("simulate", "--from", "2026-01-30", "--to", "2026-01-30"), ["【期限提醒】", "共 "]),
        (("migrate",), ["数据库已从 空 升级到"]),
        (("send-test", "console"), ["测试消息", "对方已接收"]),
        (("--help",), ["政策文件", "simulate"]),
    ],
)
def test_people_read_chinese(qixian: Run, line: tuple[str, ...], words: list[str]) -> None:
    ran = qixian(*line)
    assert (ran.status, ran.err) == (0, "")
    for word in words:
        assert word in ran.out


@pytest.mark.usefixtures("example")
def test_doctor_says_in_chinese_what_is_wrong(qixian: Run) -> None:
    ran = qixian("doctor")
    assert ran.status == 1
    assert "错误" in ran.out
    assert "请先运行 qixian migrate" in ran.out


def duty(rule: str, unit: str, more: str = "from = 2026-01-01") -> str:
    return f'\n[[duty]]\nrule = "{rule}"\nunit = "{unit}"\n{more}\n'


def test_doctor_names_the_duties_whose_days_are_not_those_of_the_configuration(
    qixian: Run, example: Path
) -> None:
    text = example.read_text(encoding="utf-8")
    text += duty("zfxxgk-tiaoli-2007-24-reply", "finance", "from = 2018-01-01")
    text += duty("gbf-2018-23-04", "gov-office")
    example.write_text(text, encoding="utf-8")
    details = {row["detail"] for row in qixian("doctor", "--json").rows if row["name"] == "责任"}
    assert {
        "zfxxgk-tiaoli-2007-24-reply（广元市财政局）按规则的施行期间自2018-01-01起承担，至2019-05-14止",
        "zfxxgk-tiaoli-2019-33-reply（广元市财政局）是 zfxxgk-tiaoli-2007-24-reply 的后一文本，"
        "自2019-05-15起接着承担",
        "gbf-2018-23-04（广元市人民政府办公室）在规则的施行期间之外，不产生事项，请核对 from 和 until",
    } <= details


def test_a_plan_holds_the_stricter_of_linked_duties_and_names_the_other(
    qixian: Run, example: Path
) -> None:
    text = example.read_text(encoding="utf-8") + duty("gbf-2017-24-04", "statistics")
    example.write_text(text, encoding="utf-8")
    asked = ("plan", "--from", "2026-03-01", "--to", "2026-03-31")
    rules = [row["rule"] for row in qixian(*asked, "--json").rows if row["unit"] == "statistics"]
    assert rules == ["gbf-2017-24-04", "guangyuan-2017-04"]
    assert "同一事项" in qixian(*asked).out


def test_a_terminal_that_is_not_utf_8_shows_what_it_can(folder: Path) -> None:
    command = [sys.executable, "-m", "api.command_line", "workday", "check", "2026-10-01", "--json"]
    path = str(EXAMPLE.parent)
    env = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=True)
    assert json.loads(done.stdout)["name"] == "国庆节"


SEASON = """
[[season]]
name = "收购旺季"
from = {0}
until = {1}
"""


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("2026-05-22", "5日一期，不间断，本期为第1期"),
        ("2026-05-25", "2026-05-25（星期一）至2026-05-29（星期五）"),
        ("2026-06-10", "自2026-06-09起的一期到时段“收购旺季”结束（2026-06-10）时未满，不产生事项"),
        ("2026-06-11", "--event 2026-06-11不在时段“收购旺季”内（2026-05-20至2026-06-10）"),
    ],
)
def test_a_date_within_a_season(qixian: Run, example: Path, event: str, says: str) -> None:
    text = example.read_text(encoding="utf-8") + SEASON.format("2026-05-20", "2026-06-10")
    example.write_text(text, encoding="utf-8")
    ran = qixian("due", "gbf-2017-24-21", "--event", event)
    assert says in ran.out + ran.err


def test_a_season_without_dates_is_named_by_due_and_doctor(qixian: Run, example: Path) -> None:
    owing = example.read_text(encoding="utf-8") + duty("gbf-2017-24-21", "agriculture")
    example.write_text(owing, encoding="utf-8")
    asked = qixian("due", "gbf-2017-24-21", "--event", "2026-05-22")
    assert (asked.status, "[[season]]" in asked.err) == (2, True)
    details = [row["detail"] for row in qixian("doctor", "--json").rows]
    assert any("待定时段（请写 [[season]]），暂不提醒" in detail for detail in details)
    example.write_text(owing + SEASON.format("2005-05-20", "2005-06-10"), encoding="utf-8")
    details = [row["detail"] for row in qixian("doctor", "--json").rows]
    assert any("时段“收购旺季”今后没有写明起止" in detail for detail in details)


def test_due_states_how_it_read_and_what_else_is_open(qixian: Run, example: Path) -> None:
    asked = ("due", "zfxxgk-tiaoli-2019-49-governments", "--event", "2026-06-01")
    row = qixian(*asked, "--json").row
    assert (row["due_on"], row["act_by"]) == ("2026-03-31", "2026-03-30")
    assert row["readings"] == [
        {
            "question": "“前”含不含当日",
            "reading": "含当日",
            "basis": "“前”的通常用法",
            "due_on": "2026-03-31",
        }
    ]
    assert row["alternatives"] == [
        {
            "question": "“前”含不含当日",
            "reading": "不含当日",
            "basis": "《民法典》第一千二百五十九条没有写“前”包括本数",
            "due_on": "2026-03-30",
        }
    ]
    assert "另一读法　“前”含不含当日：不含当日，到期日2026-03-30" in qixian(*asked).out
    decided = (
        example.read_text(encoding="utf-8")
        + """
[[interpretation]]
rule = "zfxxgk-tiaoli-2019-49-governments"
reading = "P1Y;by=03-31;before=included"
decided_by = "市政府信息公开办公室"
decided_on = 2026-01-05
reason = "历年如此"
"""
    )
    example.write_text(decided, encoding="utf-8")
    row = qixian(*asked, "--json").row
    assert (row["act_by"], row["alternatives"]) == ("2026-03-31", [])
    assert row["readings"][0]["basis"] == "口径（市政府信息公开办公室，2026-01-05）"
