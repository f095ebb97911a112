"""qixian interpretation set | withdraw | list"""

import getpass
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.document_rows import impact_in_words
from api.interpretation_desk import NewInterpretation, Withdrawal, interpreted_row
from api.posted_forms import checked
from api.reading_form import written_value
from api.typed_dates import day
from engine.current_agency import CurrentAgency
from engine.interpreting import Desk, Interpreted, interpret, withdraw_interpretation
from engine.readings import Interpretation

app = typer.Typer(help="口径：确定、撤回、列出；确定以前先看影响。", no_args_is_help=True)
_Rule = Annotated[str, typer.Argument(metavar="RULE", help="规则编号")]
_Reason = Annotated[str, typer.Option(metavar="TEXT", help="为什么")]
_By = Annotated[str | None, typer.Option(metavar="NAME", help="谁登记，默认为登录名")]
_NAMES = {  # how the command calls what the interface asks for
    "reading": "READING",
    "decided_by": "--decided-by",
    "decided_on": "--decided-on",
    "reason": "--reason",
    "by": "--by",
}
_Apply = Annotated[bool, typer.Option("--apply", help="看过影响后，照此办理")]


@app.command("set")
def set_(
    context: typer.Context,
    rule: _Rule,
    reading: Annotated[
        str,
        typer.Argument(
            metavar="READING", help="次月15日前、20个工作日内之类，或 P1M;after=15D、20WD"
        ),
    ],
    decided_by: Annotated[str, typer.Option(metavar="NAME", help="由谁决定，例如市政府办公室")],
    decided_on: Annotated[str, typer.Option(metavar="DATE", help="决定日期")],
    reason: _Reason,
    by: _By = None,
    apply: _Apply = False,
) -> None:
    """确定一条规则的口径；不写 --apply 只看影响，什么也不改变。"""
    shared: Context = context.obj
    values = {"reading": reading, "decided_by": decided_by, "decided_on": decided_on}
    asked = checked(NewInterpretation, values | {"reason": reason, "by": by}, _NAMES)
    decided = day(asked.decided_on, "--decided-on ")
    found = shared.configuration.agency.catalogue.rules.get(rule)
    said = written_value(asked.reading, found) if found else asked.reading
    wanted = Interpretation(rule, said, asked.decided_by, decided, asked.reason)
    _tell(shared, rule, interpret(_desk(shared, asked.by, apply), wanted))


@app.command()
def withdraw(
    context: typer.Context,
    rule: _Rule,
    reason: _Reason,
    by: _By = None,
    apply: _Apply = False,
) -> None:
    """撤回一条规则的口径；不写 --apply 只看影响，什么也不改变。"""
    shared: Context = context.obj
    asked = checked(Withdrawal, {"reason": reason, "by": by}, _NAMES)
    _tell(shared, rule, withdraw_interpretation(_desk(shared, asked.by, apply), rule, asked.reason))


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出现行的口径：配置文件写的，和在这里或页面上确定的。"""
    shared: Context = context.obj
    agency = shared.configuration.agency
    rows = [
        {
            "rule": one.rule,
            "value": one.reading,
            "reading": agency.readings[one.rule].in_words,
            "decided_by": one.decided_by,
            "decided_on": one.decided_on,
            "reason": one.reason,
            "file": one.file or None,
        }
        for one in agency.interpretations.values()
    ]
    columns = {"rule": "规则", "value": "写法", "reading": "口径", "decided_by": "由谁决定"}
    shared.emit(rows, columns | {"decided_on": "决定日期", "reason": "理由", "file": "配置文件"})


def _desk(shared: Context, by: str | None, apply: bool) -> Desk:
    db, configuration = shared.database, shared.configuration
    current = CurrentAgency(db, configuration.agency, configuration.files)
    return Desk(db, current, shared.calendar, by or getpass.getuser(), shared.now, apply)


def _tell(shared: Context, rule: str, done: Interpreted) -> None:
    if shared.json:
        return print_json(interpreted_row(rule, done))
    print(f"规则 {rule} 的口径：{done.reading.in_words if done.reading else '没有这条规则'}")
    for line in impact_in_words(done.impact):
        print(f"  {line}")
    print("已办理。" if done.applied else "以上是预览，没有改动；确认后加上 --apply 再运行一次。")
    return None
