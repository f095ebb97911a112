"""qixian absence add | list | cancel"""

import getpass
from typing import Annotated, Any

import typer

from api.commands.context import Context, print_json
from api.people_rows import absence_row, name_typed
from api.typed_dates import day
from engine.absences import Absence, add_absence, cancel_absence, list_absences
from engine.database import reading, writing

app = typer.Typer(help="请假：登记、列出、取消；其间由代办人接收提醒。", no_args_is_help=True)
_By = Annotated[str | None, typer.Option(metavar="NAME", help="谁登记，默认为登录名")]


@app.command()
def add(
    context: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="单位编号")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="联系人姓名")],
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="第一天")],
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="最后一天（含）")],
    by: _By = None,
) -> None:
    """登记一位联系人请假。"""
    shared: Context = context.obj
    days = {"first": day(first, "--from "), "last": day(last, "--to ")}
    who = name_typed(by, getpass.getuser())
    agency = shared.configuration.agency
    with writing(shared.database) as session:
        row = add_absence(session, agency, unit=unit, name=name, **days, by=who, now=shared.now)
        _print(shared, row, f"已登记 {row.id} 号请假：{row.in_words}。")


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出请假，新的在前。"""
    shared: Context = context.obj
    with reading(shared.database) as session:
        rows = [absence_row(row, shared.today) for row in list_absences(session)]
    columns = {
        "id": "编号",
        "unit": "单位",
        "name": "姓名",
        "from": "从",
        "to": "至",
        "over": "已过或取消",
    }
    shared.emit(rows, columns | {"by": "登记人"})


@app.command()
def cancel(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="请假的编号")],
    by: _By = None,
) -> None:
    """取消一次请假（提前回来，或不休了）。"""
    shared: Context = context.obj
    who = name_typed(by, getpass.getuser())
    with writing(shared.database) as session:
        row = cancel_absence(session, number, by=who, now=shared.now)
        _print(shared, row, f"已取消 {row.id} 号请假：{row.in_words}。")


def _print(shared: Context, row: Absence, sentence: str) -> None:
    shown: dict[str, Any] = absence_row(row, shared.today)
    print_json(shown) if shared.json else print(sentence)
