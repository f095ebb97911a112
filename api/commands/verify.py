"""qixian verify"""

import typer
from sqlalchemy.exc import DBAPIError

from api.commands.context import Context, print_json
from api.refusals import database_in_words
from engine.database import open_database, reading
from engine.schema import check
from engine.verification import Fault, Verified, faults, verified


def verify(context: typer.Context) -> None:
    """核对数据库和留痕：发送记录、日志有没有被改动或删除；有问题时退出码为 1。"""
    shared: Context = context.obj
    db = open_database(shared.database_url)
    check(db)
    found: list[Fault] = []
    size = Verified(0, 0)
    try:
        with reading(db) as session:
            found.extend(faults(session))
            size = verified(session)
    except DBAPIError as error:  # the file is damaged so far that it cannot be read to the end
        found.append(Fault("", None, database_in_words(error)))
    for fault in found:
        if shared.json:
            print_json({"table": fault.table, "id": fault.id, "fault": fault.fault})
        else:
            print(f"{_place(fault)}{fault.fault}")
    if not shared.json:
        print(_summary(size, len(found)))
    raise typer.Exit(1 if found else 0)


def _place(fault: Fault) -> str:
    return f"{fault.table} 第 {fault.id} 行：" if fault.id is not None else ""


def _summary(size: Verified, wrong: int) -> str:
    older = f"；另有 {size.before} 行早于留痕，无从核对" if size.before else ""
    result = f"发现 {wrong} 处问题，请保留现场，并与备份对照。" if wrong else "没有发现问题。"
    return f"核对留痕 {size.sealed} 条{older}。{result}"
