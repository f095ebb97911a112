"""A configuration that cannot work is refused with the file, the place and the way out."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from qixian_command import EXAMPLE, Run

Refused = Callable[..., str]
UNIT = '[[unit]]\nid = "a"\nname = "甲"\n'
DUTY = '[[duty]]\nrule = "guangyuan-2017-02"\nunit = "a"\nfrom = 2026-01-01\n'
READING = """[[interpretation]]
rule = "{0}"
reading = "{1}"
decided_by = "办公室"
decided_on = 2026-01-05
reason = "口径"
"""

PUBLIC = '[server]\npublic_url = "https://q.example.gov.cn/"\n'
WECOM = "[wecom_sign_in]\nchannel = 'a'\n"
APPLICATION = """[[channel]]
id = "{}"
kind = "wecom_application"
corp_id = "ww0123456789abcdef"
secret = "s3cret"
agent_id = 1000002
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server", "文件末尾写法不对"),
        ('[server]\nhost = "127.0.0.1"\nport = = 1\n', "第3行值的写法不对"),
        (UNIT + DUTY.replace("01-01", "02-30"), "第7行日期不存在"),
        ("x = " + "9" * 5000, "不是正确的 TOML：数字太长"),
        ("x = " + "[" * 5000 + "]" * 5000, "不是正确的 TOML：嵌套太深"),
        ("[server]\n[server]\n", "同一张表写了两次"),
        ("serve = 1", "serve：不认识这一项"),
        ('[server]\nhots = "x"', "hots：不认识这一项"),
        ('[server]\nport = "8000"', "port：应是整数"),
        ("[server]\nport = 65536", "port：应不大于 65535"),
        ("[server]\nport = 99999999999999999999999", "port：应不大于 65535"),
        ('[server]\npublic_url = "qixian"', "public_url：写法不对"),
        ('[server]\nmetrics = "opn"', '应是 "closed"、"open"，或者网段的列表'),
        ('[server]\nmetrics = ["10.0.0.1/8"]', "“10.0.0.1/8”不是网段"),
        ('[subscriptions]\nallow = ["8.8.8.0/24"]', "[subscriptions] 的 allow 只能写内网网段"),
        ("server = 1", "server：应是一张表"),
        ("[unit]\nid = 'a'", "unit：应是方括号括起的列表"),
        ("[[unit]]\nid = 'a'", "unit 第1项的 name：缺少这一项"),
        ("[[unit]]\nid = '财政'\nname = '财政局'", "id：写法不对"),
        ("[[unit]]\nid = 'a'\nname = '局\u202e甲'", "name：含有换行、控制字符或改变书写方向的符号"),
        ('[[unit]]\nid = "a"\nname = "甲\\n乙"', "name：含有换行、控制字符或改变书写方向的符号"),
        (UNIT + "contacts = [{ name = '甲', mail = 'x' }]", "mail：写法不对"),
        (UNIT + "contacts = [{ name = '甲', mobile = '一三八' }]", "mobile：写法不对"),
        (
            UNIT + "contacts = [{ name = '乙', role = '科长' }]",
            "没有角色“科长”，可用：承办人、负责人、分管领导",
        ),
        (
            UNIT + "contacts = [{ name = '乙', substitute = '丙' }]",
            "甲的联系人乙的代办人“丙”不在本单位",
        ),
        (UNIT + "contacts = [{ name = '乙', substitute = '乙' }]", "代办人不能是本人"),
        (
            UNIT
            + "contacts = [{ name = '乙', substitute = '丙' }, { name = '丙' }, { name = '丙' }]",
            "“丙”有2位同名联系人",
        ),
        ("[administrator]\nrole = '负责人'", "role：不认识这一项"),
        ("[[ladder]]\nid = 'a'\nhead = [-1]", "head第1项：应不小于 0"),
        ("[[ladder]]\nid = 'a'\nleader = 3", "leader：应是方括号括起的列表"),
        ("[reminders]\nspread = 1", "spread：应是 true 或 false"),
        ("[reminders]\nbegin = '25:00'", "begin：写法不对"),
        ("[reminders]\nbegin = '18:00'\nend = '09:00'", "begin 应早于 end"),
        ("[reminders]\nhorizon_days = 1000000", "horizon_days：应不大于 3660"),
        ("[reminders]\nladder = 'nope'", "“nope”不存在，可用：default"),
        ("[[ladder]]\nid = 'a'\nbefore = [-1]", "before第1项：应不小于 0"),
        ("[[ladder]]\nid = 'a'\nbefore = [100000]", "before第1项：应不大于 250"),
        ("[[ladder]]\nid = 'a'\n[[ladder]]\nid = 'a'", "[[ladder]] 中“a”出现了两次"),
        (UNIT + UNIT, "[[unit]] 中“a”出现了两次"),
        (UNIT + UNIT.replace('"a"', '"b"'), "中“甲”出现了两次"),
        (UNIT + DUTY + DUTY, "[[duty]] 中“guangyuan-2017-02@a”出现了两次"),
        (UNIT + DUTY.replace("-02", "-99"), "规则“guangyuan-2017-99”不存在"),
        (UNIT + DUTY.replace('"a"', '"b"'), "单位“b”不存在"),
        (UNIT + DUTY.replace('"a"', "[]"), "没有写明单位"),
        (UNIT + DUTY.replace('"a"', "1"), "unit：应是带引号的文字"),
        (UNIT + DUTY + "ladder = 'nope'", "ladder“nope”不存在"),
        (UNIT + DUTY + "until = 2025-12-31", "until 早于 from"),
        (
            "[[season]]\nname = '旺季'\nfrom = 2026-05-20\nuntil = 2026-05-19",
            "“旺季”的 until 早于 from",
        ),
        (
            "[[season]]\nname = '旺季'\nfrom = 2026-05-20\nuntil = 2026-05-21",
            "“旺季”没有规则用到",
        ),
        (UNIT + DUTY.replace("2026-01-01", '"2026-01-01"'), "应是不带引号的日期"),
        (UNIT + DUTY.replace("2026-01-01", "1900-01-01"), "from：应不小于 2004-01-01"),
        (UNIT + DUTY + "until = 2101-01-01", "until：应不大于 2100-12-31"),
        (UNIT + "channels = ['nope']", "渠道“nope”不存在"),
        (UNIT + "parent = 'nope'", "上级“nope”不存在"),
        (UNIT + "parent = 'a'", "上级绕成了圈"),
        (
            UNIT + "parent = 'b'\n[[unit]]\nid = 'b'\nname = '乙'\nparent = 'a'",
            "上级绕成了圈",
        ),
        ("[[channel]]\nid = 'a'\nkind = 'nope'", "没有名为“nope”的渠道"),
        ("[[channel]]\nid = 'a'\nkind = 'console'\ncolour = 1", "不认识“colour”"),
        ("[[channel]]\nid = 'a'\nkind = 'console'\n" * 2, "“a”出现了两次"),
        ("[[channel]]\nid = 'a'\nkind = 'wecom_robot'", "缺少“key”"),
        (WECOM, "“a”不存在，请先写这个 [[channel]]"),
        (WECOM + "[[channel]]\nid = 'a'\nkind = 'console'", "“a”不存在，请先写这个 [[channel]]"),
        (WECOM + APPLICATION.format("b"), "wecom_application 渠道“a”不存在，可用：b"),
        (WECOM + APPLICATION.format("a"), "[wecom_sign_in] 还需要 [server] 的 public_url"),
        (
            PUBLIC + WECOM + "scan_page = 'http://wx.example.gov.cn/'\n" + APPLICATION.format("a"),
            "[wecom_sign_in] 的 scan_page 是明文的 http",
        ),
        (PUBLIC + "[wecom_sign_in]\n", "wecom_sign_in 的 channel：缺少这一项"),
        (
            "[[channel]]\nid = 'a'\nkind = 'wecom_robot'\nkey = 'env:QIXIAN_NOT_SET'",
            "取自环境变量 QIXIAN_NOT_SET，但没有设置它",
        ),
        (
            "[server]\ntoken = 'env:QIXIAN_TOKEN'",
            "server：token 已不再使用，请去掉它；接口令牌用 qixian token add",
        ),
        ("[database]\nurl = 'env:QIXIAN_NOT_SET'", "database 的 url 取自环境变量"),
        ("[rules]\nfiles = ['nope.toml']", "nope.toml"),
        (READING.format("nope", "P1M"), "规则“nope”不存在"),
        (READING.format("guangyuan-2017-27", "每月"), "口径“每月”写法不对"),
        (READING.format("guangyuan-2017-27", "P99999M"), "写法不对"),
        (READING.format("guangyuan-2017-27", "2026-02-30"), "写法不对"),
        (READING.format("guangyuan-2017-02", "P3M"), "超出了原文"),
        (READING.format("guangyuan-2017-59", "PT6H"), "超出了原文"),
        (READING.format("guangyuan-2017-27", "P1M") * 2, "“guangyuan-2017-27”出现了两次"),
    ],
)
def test_a_bad_configuration_is_refused(
    refused: Refused, folder: Path, text: str, words: str
) -> None:
    (folder / "config.toml").write_text(text, encoding="utf-8")
    sentence = refused("plan", "--from", "2026-01-01", "--to", "2026-01-31")
    assert "config.toml" in sentence
    assert words in sentence


def test_a_secret_is_never_repeated(refused: Refused, folder: Path) -> None:
    text = "[[channel]]\nid = 'a'\nkind = 'wecom_robot'\nkey = 'hush hush'"
    (folder / "config.toml").write_text(text, encoding="utf-8")
    assert "hush" not in refused("doctor")


def test_an_absent_file_a_folder_and_another_encoding_are_named(
    refused: Refused, folder: Path
) -> None:
    assert "找不到配置文件 nope.toml" in refused("doctor", "--config", "nope.toml")
    assert "是目录" in refused("doctor", "--config", str(folder))
    assert "是目录" in refused("doctor", "--config", "")
    gbk = EXAMPLE.read_text(encoding="utf-8").encode("gb18030")
    (folder / "config.toml").write_bytes(gbk)
    assert "不是 UTF-8" in refused("doctor")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hush@h/d", "应写作 sqlite:///qixian.db 或 postgresql"),
        ("postgres", "应写作 sqlite:///qixian.db"),
        ("sqlite:nope", "写法不对"),
        ("sqlite:///no/such/folder/x.db", "打不开数据库文件"),
        ("sqlite:///config.toml", "不是 SQLite 数据库"),
        ("sqlite:///.", "打不开数据库文件"),
    ],
)
def test_a_bad_database_is_refused(refused: Refused, folder: Path, url: str, words: str) -> None:
    (folder / "config.toml").write_text(f'[database]\nurl = "{url}"\n# {"x" * 2000}', "utf-8")
    for command in ("migrate", "tick"):
        sentence = refused(command)
        assert words in sentence
        assert "hush" not in sentence


@pytest.mark.usefixtures("example")
def test_a_database_without_a_schema_is_told_to_migrate(refused: Refused) -> None:
    for line in (("tick",), ("serve", "--port", "0")):
        assert "请先运行 qixian migrate" in refused(*line)


@pytest.mark.usefixtures("example")
def test_a_database_of_another_version_is_refused(
    refused: Refused, qixian: Run, folder: Path
) -> None:
    qixian("migrate")
    with sqlite3.connect(folder / "example.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "9999" in refused("tick")
    assert "比本程序新" in refused("migrate")
    assert qixian("doctor").status == 1


@pytest.mark.usefixtures("example")
def test_a_database_of_other_software_is_left_alone(refused: Refused, folder: Path) -> None:
    with sqlite3.connect(folder / "example.db") as connection:
        connection.execute("CREATE TABLE obligation (x)")
    connection.close()
    assert "已有别的软件的表" in refused("migrate")


@pytest.mark.usefixtures("example")
def test_a_file_that_is_no_database_is_a_finding_of_the_doctor(qixian: Run, folder: Path) -> None:
    (folder / "example.db").write_text("这不是数据库" * 1000, encoding="utf-8")
    ran = qixian("doctor", "--json")
    assert ran.status == 1
    (fault,) = [row for row in ran.rows if row["level"] == "fault"]
    assert "不是 SQLite 数据库" in fault["detail"]
