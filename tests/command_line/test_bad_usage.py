"""Every slip on the command line is one Chinese sentence and exit status 2."""

from collections.abc import Callable

import pytest

Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "没有写明命令"),
        ("workday", "没有写明命令"),
        ("nope", "没有命令“nope”"),
        ("rule", "是否想用 rules"),
        ("workday nope", "没有命令“nope”"),
        ("rules --nope", "没有选项 --nope"),
        ("plan --fro 2026-01-01", "没有选项 --fro，是否想用 --from"),
        ("rules -j", "没有选项 -j"),
        ("rules --json=1", "没有选项 --json"),
        ("rules extra", "多出了“extra”"),
        ("--config", "选项 --config 后面缺少值"),
        ("due guangyuan-2017-59 --event", "选项 --event 后面缺少值"),
        ("due guangyuan-2017-59", "缺少选项 --event"),
        ("due", "缺少参数 RULE"),
        ("workday add", "缺少参数 DATE"),
        ("workday add 2026-03-02", "缺少参数 N"),
        ("workday add 2026-03-02 x", "N 应是整数"),
        ("workday add 2026-03-02 1.5", "N 应是整数"),
        ("workday count 2026-03-02", "缺少参数 DATE"),
        ("send-test", "缺少参数 CHANNEL"),
        ("serve --port x", "--port 应是整数"),
    ],
)
def test_wrong_usage_is_explained(refused: Refused, line: str, words: str) -> None:
    sentence = refused(*line.split())
    assert words in sentence
    assert "qixian --help" in sentence


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("workday add 2026-02-30 1", "“2026-02-30”不是日期"),
        ("workday add 2026-3-2 1", "“2026-3-2”不是日期"),
        ("workday check 20260302", "不是日期"),
        ("workday check ２０２６-０３-０２", "不是日期"),
        ("workday count 2026-01-01 x", "“x”不是日期"),
        ("workday check 2003-12-31", "超出工作日历的范围"),
        ("workday check 2101-01-01", "超出工作日历的范围"),
        ("workday add 2100-12-31 1", "超出工作日历的范围"),
        ("workday add 2004-01-01 -1", "超出工作日历的范围"),
        ("workday add 2026-03-02 99999999999999999999999", "超出工作日历的范围"),
        ("workday count 2026-01-01 9999-12-31", "超出工作日历的范围"),
        ("due nope --event 2026-01-01", "没有规则“nope”"),
        ("due guangyuan-2017-59 --event 2026-02-30", "不是日期或时刻"),
        ("due guangyuan-2017-59 --event 2026-02-03T25:00", "不是日期或时刻"),
        ("due guangyuan-2017-59 --event 0001-01-01T00:00", "不是日期或时刻"),
        ("due guangyuan-2017-59 --event 2003-12-31T08:00", "超出工作日历的范围"),
        ("due guangyuan-2017-59 --event 9999-12-31T23:00", "超出工作日历的范围"),
        ("due guangyuan-2017-59 --event 2026-01-01", "须给出事由的时刻"),
        ("due guangyuan-2017-27 --event 2026-01-01", "须先由机关确定口径"),
        ("plan --from 2026-01-01 --to 2026-01-31", "找不到配置文件 config.toml"),
    ],
)
def test_wrong_values_are_explained(refused: Refused, line: str, words: str) -> None:
    assert words in refused(*line.split())


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("command", ["plan", "simulate"])
@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-02-01", "2026-01-31", "早于"),
        ("2026-02-30", "2026-03-31", "--from “2026-02-30”不是日期"),
        ("2026-01-01", "", "--to “”不是日期"),
        ("2003-12-31", "2004-01-31", "超出工作日历的范围"),
        ("2100-12-01", "2101-01-01", "超出工作日历的范围"),
        ("9999-12-01", "9999-12-31", "超出工作日历的范围"),
        ("2026-01-01", "2036-12-31", "不能超过十年"),
    ],
)
def test_a_stretch_has_an_order_and_a_size(
    refused: Refused, command: str, first: str, last: str, words: str
) -> None:
    assert words in refused(command, "--from", first, "--to", last)


@pytest.mark.usefixtures("example")
def test_an_unknown_channel_is_told_the_known_ones(refused: Refused) -> None:
    assert refused("send-test", "nope") == "没有渠道“nope”，可用：console"
