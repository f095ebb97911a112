"""qixian init"""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from api.commands.context import DEFAULT_CONFIG, Context, print_json
from api.configuration import load_configuration
from api.errors import BadInput
from api.faults import fault_in_words
from api.new_configuration import Answers, UnitAnswer, configuration_text
from api.refusals import database_in_words
from api.secret_files import keep_secret
from api.settings_file import AdministratorTable, UnitTable
from engine.database import open_database
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


KINDS = {
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


def init(
    context: typer.Context,
    yes: Annotated[
        bool, typer.Option("--yes", help="不问，全部用默认值；不覆盖已有的文件")
    ] = False,
) -> None:
    """问几个问题，写成一份配置；每个回答当场检查，最后一起写入。"""
    shared: Context = context.obj
    path = shared.config_path or DEFAULT_CONFIG
    try:
        if path.exists() and not _may_replace(path, yes):
            print("没有改动。")
            return
        answers = _usual() if yes else _ask_all(path)
    except typer.Abort:
        raise BadInput("没有答完，没有写入任何文件，请重新运行 qixian init") from None
    _write(path, answers)
    if shared.json:
        print_json({"config": str(path), "secrets": list(answers.secret_files)})
    else:
        _tell(path, answers)


def _may_replace(path: Path, yes: bool) -> bool:
    if yes:
        raise BadInput(f"已有 {path}，没有改动；要重写，请先移走它，或者不加 --yes")
    return typer.confirm(f"已有 {path}，用新的替换它吗？原文件不保留", default=False)


def _usual() -> Answers:
    return Answers(
        UnitAnswer("本机关"), (), "", "console", {}, frozenset(), "sqlite:///qixian.db", 8000
    )


def _ask_all(path: Path) -> Answers:
    print("请回答几个问题，方括号里是默认值，回车即采用。写错了可以重来，最后才写入文件。")
    agency = _ask("机关名称", _unit_name, "本机关")
    names = _ask("所属单位，用顿号隔开，没有就回车", lambda text: _unit_names(text, agency), "")
    administrator = _ask("系统管理员的邮箱，没有就回车", _mail, "")
    kind = _ask_kind()
    mails = {}
    if kind == "mail":
        for name in (agency, *names):
            usual = administrator if name == agency else None
            mails[name] = _ask(f"{name}收提醒的邮箱", _needed_mail, usual or None)
    options = _ask_options(kind)
    database = _ask(
        "数据库：文件名，或 postgresql+psycopg:// 开头的地址",
        lambda text: _database(text, path.parent),
        "qixian.db",
    )
    port = _ask("网页的端口", _port, "8000")
    units = [UnitAnswer(name, mails.get(name, "")) for name in (agency, *names)]
    secrets = frozenset(key for key in options if key in KINDS[kind].secrets)
    return Answers(
        units[0], tuple(units[1:]), administrator, kind, options, secrets, database, port
    )


def _ask(
    question: str, check: Callable[[str], _Answer], usual: str | None, hidden: bool = False
) -> _Answer:
    """Until the answer is a good one."""
    while True:
        text = typer.prompt(
            question,
            default=usual,
            show_default=bool(usual),
            hide_input=hidden and sys.stdin.isatty(),
        )
        try:
            return check(text.strip())
        except (BadInput, EngineError, NotifierError) as refused:
            print(f"  {refused}，请再输入一次。".replace("。，", "，"))


def _ask_kind() -> str:
    for number, kind in enumerate(KINDS.values(), 1):
        print(f"  {number} {kind.title}")
    return _ask("提醒从哪里发出（填数字；以后可在配置中再加）", _kind, "1")


def _ask_options(kind: str) -> dict[str, str | int]:
    """The keys of the channel, asked again until the channel can be built of them."""
    while True:
        given: dict[str, str | int] = {}
        for key, (question, usual) in KINDS[kind].questions.items():
            if text := _ask(question, str, usual, hidden=key in KINDS[kind].secrets):
                given[key] = text
        if kind == "mail":
            given["port"] = 465 if given["security"] == "tls" else 587
        try:
            build(kind, given, open_client())
            return given
        except NotifierError as refused:
            print(f"  {refused}请再输入一次。")


def _kind(text: str) -> str:
    if text not in map(str, range(1, len(KINDS) + 1)):
        raise BadInput(f"“{text}”不是 1 到 {len(KINDS)} 的数字")
    return list(KINDS)[int(text) - 1]


def _unit_name(text: str) -> str:
    _valid(UnitTable, {"id": "x", "name": text})
    return text


def _unit_names(text: str, agency: str) -> list[str]:
    parts = text.replace("，", "、").replace(",", "、").split("、")
    names = [_unit_name(part.strip()) for part in parts if part.strip()]
    for name in names:
        if [agency, *names].count(name) > 1:
            raise BadInput(f"“{name}”写了两次")
    return names


def _mail(text: str) -> str:
    _valid(AdministratorTable, {"mail": text})
    return text


def _needed_mail(text: str) -> str:
    if not text:
        raise BadInput("没有邮箱就收不到提醒")
    return _mail(text)


def _valid(table: type[UnitTable | AdministratorTable], given: Mapping[str, str]) -> None:
    try:
        table.model_validate(dict(given))
    except ValidationError as error:
        raise BadInput(
            f"“{error.errors()[0]['input']}”{fault_in_words(error.errors()[0])}"
        ) from None


def _database(text: str, folder: Path) -> str:
    """The address; it is opened, and nothing is made there."""
    if "://" in text:
        db = open_database(text)
        try:
            db.connect().close()
        except DBAPIError as error:
            raise BadInput(database_in_words(error)) from None
        finally:
            db.dispose()
        return text
    if not (folder / text).parent.is_dir() or (folder / text).is_dir():
        raise BadInput(f"没有文件夹 {(folder / text).parent}，或者 {text} 是文件夹")
    return f"sqlite:///{text}"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise BadInput(f"“{text}”不是 1 到 65535 的数字")
    try:
        socket.create_server(("127.0.0.1", int(text))).close()
    except OSError:
        raise BadInput(f"端口 {text} 不能用，可能被别的程序占用") from None
    return int(text)


def _write(path: Path, answers: Answers) -> None:
    """All or nothing: the configuration takes its place when it has been read as a whole."""
    new = path.with_name(f"{path.name}.new")
    try:
        for name, text in answers.secret_files.items():
            keep_secret(path.parent / name, text)
        new.write_text(configuration_text(answers), encoding="utf-8")
        load_configuration(new)
        os.replace(new, path)
    except OSError as error:
        raise BadInput(f"写不了 {path}（{error.strerror}），请检查文件夹的权限") from None
    finally:
        new.unlink(missing_ok=True)


def _tell(path: Path, answers: Answers) -> None:
    command = "qixian" if path == DEFAULT_CONFIG else f"qixian --config {path}"
    print(f"\n已写入 {path}。", end="")
    if answers.secret_files:
        print(f"密钥在 {'、'.join(answers.secret_files)} 中，只有您能读，请勿外传。", end="")
    print("\n接下来依次运行：")
    print(f"  {command} migrate            建立数据库")
    print(f"  {command} doctor             检查配置")
    print(f"  {command} send-test {answers.channel}    试发一条消息，再用 confirm 确认收到")
    print(
        f"  {command} serve              启动，用浏览器打开 http://127.0.0.1:{answers.port}/ 建立管理员"
    )
