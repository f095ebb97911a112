"""The questions of `qixian init`, each asked until its answer is a good one."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import typer

from api.answer_checks import (
    database_address,
    free_port,
    mail_address,
    needed_mail_address,
    unit_name,
    unit_names,
)
from api.errors import BadInput
from api.new_configuration import Answers, UnitAnswer
from engine.errors import EngineError
from notifiers.errors import NotifierError
from notifiers.http_client import open_client
from notifiers.registry import build

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class _Kind:
    """A channel as it is asked for: each key with its question and its usual answer, None where there
    is none; `secrets` are not shown."""

    title: str
    questions: Mapping[str, tuple[str, str | None]]
    secrets: frozenset[str] = frozenset()


_KINDS = {
    "console": _Kind("控制台：打印在服务的输出中，不外发，先试用", {}),
    "wecom_robot": _Kind(
        "企业微信群机器人", {"key": ("机器人的 key，或整个地址", None)}, frozenset({"key"})
    ),
    "dingtalk_robot": _Kind(
        "钉钉群机器人",
        {
            "token": ("access_token，或整个地址", None),
            "secret": ("加签的密钥，没有选加签就回车", ""),
        },
        frozenset({"token", "secret"}),
    ),
    "feishu_robot": _Kind(
        "飞书群机器人",
        {
            "token": ("地址的最后一段，或整个地址", None),
            "secret": ("签名校验的密钥，没有就回车", ""),
        },
        frozenset({"token", "secret"}),
    ),
    "mail": _Kind(
        "邮件",
        {
            "host": ("邮件服务器", None),
            "security": ("加密方式，465 端口用 tls，587 端口用 starttls", "tls"),
            "username": ("登录名", None),
            "password": ("密码或授权码", None),
            "sender": ("发件地址", None),
        },
        frozenset({"password"}),
    ),
}


def ask_all(path: Path) -> Answers:
    """All of them; `path` is where the configuration will lie. Raises typer.Abort at the end of input."""
    print("请回答几个问题，方括号里是默认值，回车即采用。写错了可以重来，最后才写入文件。")
    agency = _ask("机关名称", unit_name, "本机关")
    names = _ask("所属单位，用顿号隔开，没有就回车", lambda text: unit_names(text, agency), "")
    administrator = _ask("系统管理员的邮箱，没有就回车", mail_address, "")
    kind = _ask_kind()
    mails = {}
    if kind == "mail":
        for name in (agency, *names):
            usual = administrator if name == agency else None
            mails[name] = _ask(f"{name}收提醒的邮箱", needed_mail_address, usual or None)
    options = _ask_options(kind)
    database = _ask(
        "数据库：文件名，或 postgresql+psycopg:// 开头的地址",
        lambda text: database_address(text, path.parent),
        "qixian.db",
    )
    port = _ask("网页的端口", free_port, "8000")
    units = [UnitAnswer(name, mails.get(name, "")) for name in (agency, *names)]
    secrets = frozenset(key for key in options if key in _KINDS[kind].secrets)
    return Answers(
        units[0], tuple(units[1:]), administrator, kind, options, secrets, database, port
    )


def _ask(
    question: str, check: Callable[[str], _Answer], usual: str | None, hidden: bool = False
) -> _Answer:
    """Until the answer is a good one."""
    hidden = hidden and sys.stdin.isatty()
    while True:
        text = typer.prompt(
            f"{question}（输入时不显示）" if hidden else question,
            default=usual,
            show_default=bool(usual),
            hide_input=hidden,
        )
        try:
            return check(text.strip())
        except (BadInput, EngineError, NotifierError) as refused:
            print(f"  {refused}，请再输入一次。".replace("。，", "，"))


def _ask_kind() -> str:
    for number, kind in enumerate(_KINDS.values(), 1):
        print(f"  {number} {kind.title}")
    return _ask("提醒从哪里发出（填数字；以后可在配置中再加）", _kind, "1")


def _ask_options(kind: str) -> dict[str, str | int]:
    """The keys of the channel, asked again until the channel can be built of them."""
    while True:
        given: dict[str, str | int] = {}
        for key, (question, usual) in _KINDS[kind].questions.items():
            if text := _ask(question, str, usual, hidden=key in _KINDS[kind].secrets):
                given[key] = text
        if kind == "mail":
            given["port"] = 465 if given["security"] == "tls" else 587
        try:
            build(kind, given, open_client())
            return given
        except NotifierError as refused:
            print(f"  {refused}请再输入一次。")


def _kind(text: str) -> str:
    if text not in map(str, range(1, len(_KINDS) + 1)):
        raise BadInput(f"“{text}”不是 1 到 {len(_KINDS)} 的数字")
    return list(_KINDS)[int(text) - 1]
