"""qixian absence, silence and preview."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from qixian_command import Run

PEOPLE = """
[[channel]]
id = "console"
kind = "console"

[[channel]]
id = "robot"
kind = "wecom_robot"
key = "7b0a5b2e-1c3d-4e5f-8a9b-0c1d2e3f4a5b"

[[unit]]
id = "finance"
name = "市财政局"
channels = ["console", "robot"]
contacts = [{ name = "李四", substitute = "张三" }, { name = "张三" }]

[[unit]]
id = "audit"
name = "市审计局"
channels = ["console"]

[[duty]]
rule = "guangyuan-2017-02"
unit = "finance"
from = 2026-09-01
"""


@pytest.fixture
def people(folder: Path, qixian: Run) -> Path:
    path = folder / "config.toml"
    path.write_text(PEOPLE, encoding="utf-8")
    assert qixian("migrate").status == 0
    return path


@pytest.mark.usefixtures("people")
def test_an_absence_goes_in_and_out(qixian: Run) -> None:
    line = ("absence", "add", "finance", "李四", "--from", "2099-10-08", "--to", "2099-10-10")
    assert qixian(*line, "--by", "王莉").out == "已登记 1 号请假：李四 2099-10-08至2099-10-10。\n"
    row = qixian("absence", "list", "--json").row
    assert (row["id"], row["unit"], row["name"], row["by"]) == (1, "finance", "李四", "王莉")
    assert "李四" in qixian("absence", "list").out
    assert qixian("absence", "cancel", "1", "--by", "王莉", "--json").row["over"] is True


@pytest.mark.usefixtures("people")
def test_a_silence_goes_in_and_out_and_the_doctor_knows(qixian: Run) -> None:
    tomorrow = _in_days(1)
    line = (
        "silence",
        "add",
        "--unit",
        "finance",
        "--until",
        tomorrow,
        "--reason",
        "合并",
        "--by",
        "王莉",
    )
    assert qixian(*line).out.startswith("已登记 1 号静默：单位 finance，至")
    assert "王莉：合并" in qixian("doctor").out
    row = qixian("silence", "list", "--json").row
    assert (row["unit"], row["active"], row["reason"]) == ("finance", True, "合并")
    assert qixian("silence", "end", "1", "--json").row["active"] is False


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("absence add finance 孙七 --from 2099-10-08 --to 2099-10-09", "没有联系人“孙七”"),
        ("absence add finance 李四 --from 2099-10-08 --to 2099-10-07", "早于首日"),
        ("absence add finance 李四 --from 明天 --to 2099-10-07", "不是日期"),
        ("absence add finance 李四 --from 2099-10-08", "--to"),
        ("absence cancel 7", "没有编号为 7 的请假"),
        ("silence add --until 2099-01-01 --reason x --unit finance", "最长30天"),
        ("silence add --until 2099-01-01 --reason x", "应写明一项"),
        ("silence add --until 2099-01-01 --unit finance", "--reason"),
        ("silence end 7", "没有编号为 7 的静默"),
        ("preview", "--unit"),
        ("preview --unit finance --days 3", "二者取一"),
        ("preview --unit nobody", "可用：finance、audit"),
        ("preview --unit finance --channel nothing", "可用：console、robot"),
        ("preview --unit finance --at 2026-10-08", "应写明几点"),
        ("preview --days 3 --channel robot", "只与 --unit"),
        ("preview --days 3 --bytes", "只与 --unit"),
        ("preview --days 0", "太大或太小"),
    ],
)
def test_bad_lines_are_refused(refused: Callable[..., str], line: str, words: str) -> None:
    assert words in refused(*line.split())


@pytest.mark.usefixtures("people")
def test_a_preview_shows_each_channel_and_its_bytes(qixian: Run) -> None:
    at = ("--at", "2026-09-30T09:00")
    ran = qixian("preview", "--unit", "finance", *at, "--json")
    assert [list(row) for row in ran.rows] == [
        ["channel", "recipient", "subject", "body", "bytes", "limit", "request"]
    ] * 2
    by_channel = {row["channel"]: row for row in ran.rows}
    robot = by_channel["robot"]
    assert (robot["recipient"], robot["limit"]) == ("robot", 4096)
    assert robot["bytes"] == len(robot["body"].encode())
    assert robot["body"].startswith("**【期限提醒】市财政局：今日应办1项**\n")
    (only,) = qixian("preview", "--unit", "finance", "--channel", "console", *at, "--json").rows
    assert only == by_channel["console"]
    text = qixian("preview", "--unit", "finance", "--channel", "console", *at).out
    assert f"━━ finance（console） {only['bytes']} / 65536 字节\n{only['body']}" in text
    assert only["request"][0] not in text
    exact = qixian("preview", "--unit", "finance", "--channel", "robot", *at, "--bytes").out
    (request,) = robot["request"]
    assert f"── 发出的原文，{len(request.encode())} 字节\n{request}\n" in exact
    assert json.loads(request)["markdown"]["content"] == robot["body"]
    # Nothing was stored or sent: the same again.
    assert qixian("preview", "--unit", "finance", *at, "--json").rows == ran.rows
    assert qixian("preview", "--unit", "audit", *at, "--json").out == ""
    assert "没有要发的消息" in qixian("preview", "--unit", "audit", *at).out


@pytest.mark.usefixtures("people")
def test_days_without_a_crowd(qixian: Run) -> None:
    assert qixian("preview", "--days", "30").out == "今后30天没有超过渠道限额的日子。\n"
    assert qixian("preview", "--days", "30", "--json").out == ""


def _in_days(number: int) -> str:
    return (datetime.now(UTC) + timedelta(days=number)).date().isoformat()
