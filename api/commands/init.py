"""qixian init"""

import os
from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import DEFAULT_CONFIG, Context, print_json
from api.configuration import load_configuration
from api.errors import BadInput
from api.init_questions import ask_all
from api.new_configuration import Answers, UnitAnswer, configuration_text
from api.secret_files import keep_secret


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
        answers = _usual() if yes else ask_all(path)
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
