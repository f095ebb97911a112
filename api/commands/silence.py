"""qixian silence add | list | end"""

import getpass
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.people_rows import end_typed, name_typed, silence_row
from engine.database import reading, writing
from engine.silences import Scope, Silence, add_silence, end_silence, list_silences

app = typer.Typer(
    help="静默：一段时间内不发普通提醒；督办和以小时计的时限照发。", no_args_is_help=True
)
_By = Annotated[str | None, typer.Option(metavar="NAME", help="谁登记，默认为登录名")]


@app.command()
def add(
    context: typer.Context,
    until: Annotated[
        str, typer.Option(metavar="WHEN", help="到何时为止：日期（含当日）或时刻，最长30天")
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="为什么")],
    obligation: Annotated[int | None, typer.Option(metavar="ID", help="一个待办事项的编号")] = None,
    rule: Annotated[str | None, typer.Option(metavar="RULE", help="一条规则")] = None,
    unit: Annotated[str | None, typer.Option(metavar="UNIT", help="一个单位")] = None,
    by: _By = None,
) -> None:
    """静默一个待办事项、一条规则或一个单位。"""
    shared: Context = context.obj
    who = name_typed(by, getpass.getuser())
    if not (reason.strip() and reason.isprintable()):
        raise BadInput("--reason 应写明原因，不能是空的，也不能含有控制字符")
    scope, end = Scope(obligation, rule or "", unit or ""), end_typed(until)
    agency = shared.configuration.agency
    with writing(shared.database) as session:
        row = add_silence(session, agency, scope, until=end, by=who, reason=reason, now=shared.now)
        _print(shared, row, f"已登记 {row.id} 号静默：{row.in_words}。")


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出静默，新的在前。"""
    shared: Context = context.obj
    with reading(shared.database) as session:
        rows = [silence_row(row, shared.now) for row in list_silences(session)]
    columns = {"id": "编号", "obligation": "事项", "rule": "规则", "unit": "单位", "until": "至"}
    shared.emit(rows, columns | {"active": "有效", "by": "登记人", "reason": "原因"})


@app.command()
def end(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="静默的编号")],
    by: _By = None,
) -> None:
    """提前结束一个静默。"""
    shared: Context = context.obj
    who = name_typed(by, getpass.getuser())
    with writing(shared.database) as session:
        row = end_silence(session, number, by=who, now=shared.now)
        _print(shared, row, f"已结束 {row.id} 号静默：{row.in_words}。")


def _print(shared: Context, row: Silence, sentence: str) -> None:
    print_json(silence_row(row, shared.now)) if shared.json else print(sentence)
