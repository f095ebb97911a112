"""qixian account and qixian token."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from qixian_command import Ran, Run

Refused = Callable[..., str]
PASSWORD = "长城内外-2026年"


@pytest.fixture(autouse=True)
def migrated(example: object, qixian: Run) -> None:
    assert example
    qixian("migrate")


@pytest.fixture
def told(qixian: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a line that reads a password from standard input."""

    def run(*arguments: str, password: str = PASSWORD) -> Ran:
        monkeypatch.setattr("sys.stdin", StringIO(f"{password}\n"))
        return qixian(*arguments, "--password-stdin")

    return run


def test_an_account_from_its_making_to_its_end(told: Run, qixian: Run) -> None:
    made = told(
        *("--json", "account", "add", "ZhangSan", "--role", "clerk"),
        *("--unit", "finance", "--shown-name", "张三"),
    ).row
    assert made["name"] == "zhangsan"
    assert (made["role"], made["unit"], made["shown_name"]) == ("clerk", "finance", "张三")
    changed = qixian("--json", "account", "change", "zhangsan", "--role", "office", "--unit", "all")
    assert (changed.row["role"], changed.row["unit"]) == ("office", None)
    bound = qixian("--json", "account", "change", "zhangsan", "--wecom-user", "Zhang")
    assert (bound.row["wecom_user"], bound.row["role"]) == ("zhang", "office")
    freed = qixian("--json", "account", "change", "zhangsan", "--wecom-user", "")
    assert freed.row["wecom_user"] is None
    assert qixian("--json", "account", "disable", "zhangsan").row["disabled"]
    assert not qixian("--json", "account", "enable", "zhangsan").row["disabled"]
    assert told("account", "password", "zhangsan", password="江河湖海-2027年").status == 0
    assert [row["name"] for row in qixian("--json", "account", "list").rows] == ["zhangsan"]
    assert "政务公开办" in qixian("account", "list").out
    kinds = ["added", *["changed"] * 3, "disabled", "enabled", "password"]
    for line in (("account", "log"), ("account", "log", "zhangsan")):
        assert [row["kind"] for row in qixian("--json", *line).rows] == kinds
    assert qixian("--json", "account", "log", "--limit", "1").row["text"] == "修改密码"
    assert "由张三（单位经办，单位 finance）改为" in qixian("account", "log").out


@pytest.mark.parametrize(
    ("line", "password", "sentence"),
    [
        ("add x1 --role clerk --unit finance", "short", "密码太短，至少 10 个字符"),
        ("add x1 --role clerk", PASSWORD, "单位经办须写明单位（--unit）"),
        ("add x1 --role reader", PASSWORD, "只读须写明单位"),
        ("add x1 --role clerk --unit nobody", PASSWORD, "没有单位“nobody”"),
        ("add x1 --role boss", PASSWORD, "--role 没有“boss”"),
        ("add a/b --role office", PASSWORD, "登录名应是"),
        ("add x1 --role office --wecom-user 张", PASSWORD, "应是该成员的 userid"),
        ("add there --role office", PASSWORD, "已经有人用了"),
        ("password nobody", PASSWORD, "没有登录名为“nobody”的帐户"),
        ("password there", "1234567890", "密码太常见"),
    ],
)
def test_what_an_account_cannot_be_is_refused_in_a_sentence(
    told: Run, line: str, password: str, sentence: str
) -> None:
    assert told("account", "add", "there", "--role", "office").status == 0
    ran = told("account", *line.split(), password=password)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err


def test_a_password_is_asked_for_on_a_terminal_only(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("account", "add", "x1", "--role", "office")
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORD))
    assert "--password-stdin" in refused(*line)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    typed = iter([PASSWORD, PASSWORD + "x"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert "两次输入的密码不同" in refused(*line)


def test_a_change_of_nothing_is_refused(told: Run, refused: Refused) -> None:
    told("account", "add", "there", "--role", "office")
    assert "没有写明改什么" in refused("account", "change", "there")
    assert "须写明单位" in refused("account", "change", "there", "--role", "clerk")


def test_the_last_administrator_stays(told: Run, refused: Refused) -> None:
    assert told("account", "add", "boss", "--role", "administrator").status == 0
    for line in (("disable", "boss"), ("change", "boss", "--role", "office")):
        assert "最后一个不限单位的管理员" in refused("account", *line)


def test_who_makes_accounts_need_not_have_the_channels_secrets(
    told: Run, qixian: Run, example: Path
) -> None:
    with example.open("a", encoding="utf-8") as file:
        file.write("[[channel]]\nid='mail'\nkind='wecom_robot'\nkey='env:QIXIAN_NOT_SET'\n")
    assert told("account", "add", "x1", "--role", "office").status == 0
    assert qixian("token", "add", "OA", "--scope", "read", "--unit", "finance").status == 0
    assert qixian("doctor").status == 2


def test_a_token_is_shown_once_and_revoked(qixian: Run, refused: Refused) -> None:
    line = ("token", "add", "OA", "--scope", "act", "--unit", "finance", "--expires", "2030-06-30")
    made = qixian("--json", *line).row
    assert made["token"].startswith("qx_")
    assert (made["scope"], made["unit"], made["expires"]) == ("act", "finance", "2030-06-30")
    listed = qixian("--json", "token", "list")
    assert made["token"] not in listed.out
    assert listed.row["revoked_at"] is None
    assert "已经有了" in refused(*line)
    assert qixian("--json", "token", "revoke", "OA").row["revoked_at"]
    assert "已吊销" in qixian("token", "list").out
    assert "没有名为“OB”的接口令牌" in refused("token", "revoke", "OB")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("add x --scope all", "--scope 没有“all”"),
        ("add x --scope read --unit nobody", "没有单位“nobody”"),
        ("add x --scope read --expires 2020-01-01", "有效期应从今天起"),
        ("add x --scope read --expires 2999-01-01", "至多十年"),
        ("add x --scope read --expires tomorrow", "不是日期"),
    ],
)
def test_what_a_token_cannot_be_is_refused_in_a_sentence(
    refused: Refused, line: str, sentence: str
) -> None:
    assert sentence in refused("token", *line.split())
