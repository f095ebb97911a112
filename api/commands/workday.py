"""qixian workday add | count | check"""

from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.json_rows import added_row, checked_row, counted_row
from api.typed_dates import day
from engine.workdays import weekday_name

app = typer.Typer(help="工作日推算：按国务院放假通知，含调休上班日。", no_args_is_help=True)

KnownOn = Annotated[
    str | None, typer.Option("--known-on", metavar="DATE", help="按这一天已知的放假安排")
]
Region = Annotated[
    str | None, typer.Option("--region", metavar="CODE", help="行政区划代码，默认为本机关所在地")
]
_Date = Annotated[str, typer.Argument(metavar="DATE", help="日期，例如 2026-03-02")]


@app.command(context_settings={"ignore_unknown_options": True})
def add(
    context: typer.Context,
    start: _Date,
    number: Annotated[int, typer.Argument(metavar="N")],
    known_on: KnownOn = None,
    region: Region = None,
) -> None:
    """DATE 之后第 N 个工作日（当日不计入）；N 为负则向前数。"""
    shared: Context = context.obj
    row = added_row(shared.calendar_as(region, known_on), start, number)
    if shared.json:
        return print_json(row)
    print(_named(row["date"]), f"（{row['reason']}）" if row["provisional"] else "")
    if row["earliest"] != row["latest"]:
        print(f"最早 {_named(row['earliest'])}，最晚 {_named(row['latest'])}")
    return None


@app.command()
def count(
    context: typer.Context, a: _Date, b: _Date, known_on: KnownOn = None, region: Region = None
) -> None:
    """A 之后到 B（含）有几个工作日。"""
    shared: Context = context.obj
    row = counted_row(shared.calendar_as(region, known_on), a, b)
    print_json(row) if shared.json else print(row["count"], "个工作日")


@app.command()
def check(
    context: typer.Context, date: _Date, known_on: KnownOn = None, region: Region = None
) -> None:
    """某日是否工作日，依据是什么。"""
    shared: Context = context.obj
    row = checked_row(shared.calendar_as(region, known_on), date)
    if shared.json:
        return print_json(row)
    print(_named(row["date"]), "上班" if row["workday"] else "休息", row["name"], row["basis"])
    return None


def _named(text: str) -> str:
    return f"{text}（{weekday_name(day(text, '日期'))}）"
