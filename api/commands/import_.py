"""qixian import FILE.xlsx, qixian import --template FILE.xlsx"""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import Context, at_work, print_json
from api.document_rows import impact_in_words
from api.errors import BadInput
from api.people_rows import name_typed
from api.table_import import (
    EFFECT_NAMES,
    MOST_CHANGES,
    Imported,
    Table,
    TableImport,
    fault_row,
    import_row,
)
from api.workbook_reading import LARGEST_FILE
from api.workbook_template import import_template
from engine.registering import Decision


def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="按模板填好的表格")],
    template: Annotated[bool, typer.Option("--template", help="写一份空白模板到这个文件")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改变什么，不导入")] = False,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="谁导入，默认为登录名")] = None,
    reason: Annotated[str, typer.Option(help="理由，记入日志；默认写文件名")] = "",
) -> None:
    """从表格导入单位、责任、办结：有一处不对就什么也不导入；同一文件再导入一次不改变什么。"""
    shared: Context = context.obj
    if template:
        _write_template(shared, file)
        return
    if reason and not reason.isprintable():
        raise BadInput("--reason 应写在一行内，不能含有控制字符")
    who = name_typed(by, getpass.getuser())
    table = Table(file.name, _content(file))
    decision = Decision(who, reason or f"导入 {file.name}", shared.now)
    doors = TableImport(shared.database, shared.current, shared.calendar, None)
    with at_work(f"正在读取和核对 {file.name}，推算待办；表大时要等一会儿……"):
        done = doors.look(table, decision, dry_run)
    if done.faults:
        _tell_faults(shared, done)
        raise typer.Exit(2)
    print_json(import_row(done)) if shared.json else _tell(done)


def _write_template(shared: Context, file: Path) -> None:
    if file.exists():
        raise BadInput(f"{file} 已经存在，请另写一个文件名")
    try:
        file.write_bytes(import_template(shared.configuration.agency))
    except OSError as error:
        raise BadInput(f"写不了 {file}（{error.strerror}），请换一个位置") from None
    print(f"模板已写到 {file}：填写“单位”“责任”“办结”三张表，怎样填见表“说明”。")


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise BadInput(f"找不到文件 {file}") from None
    except OSError as error:
        raise BadInput(f"读不了 {file}（{error.strerror}）") from None


def _tell_faults(shared: Context, done: Imported) -> None:
    if shared.json:
        for fault, words in done.faults:
            print_json(fault_row(fault, words, done.letters))
    print(f"qixian: {done.refusal}", file=sys.stderr)
    if not shared.json:
        for _, words in done.faults:
            print(f"  {words}", file=sys.stderr)


def _tell(done: Imported) -> None:
    report = done.report
    for sheet, count in report.counts.items():
        told = "，".join(f"{name} {count[effect]}" for effect, name in EFFECT_NAMES.items())
        print(f"{sheet}：{told}")
    for words in report.changes[:MOST_CHANGES]:
        print(f"  {words}")
    if (more := len(report.changes) - MOST_CHANGES) > 0:
        print(f"  另有 {more} 处。")
    for line in impact_in_words(done.impact):
        print(f"  {line}")
    if not report.changes_something:
        print("表中的内容都已经有了，没有改动。")
    elif done.applied:
        print("已导入。")
    else:
        print("以上是预览，没有导入；确认后去掉 --dry-run 再运行一次。")
