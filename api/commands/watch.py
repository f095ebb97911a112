"""qixian watch"""

import asyncio
import sys
from typing import Any

import typer

from api.commands.context import Context
from engine.instants import local_iso, written
from engine.watching import Missing, last_tick, missing


def watch(context: typer.Context) -> None:
    """巡查：该发的提醒是否都发出了；有漏发的列出来，退出码为 1。供定时任务运行，不写数据库。"""
    shared: Context = context.obj
    configuration, db, now = shared.configuration, shared.database, shared.now
    late = configuration.missed_after
    found = missing(db, configuration.agency, shared.calendar, now, late)
    ticked = last_tick(db)
    stopped = ticked is not None and ticked <= now - late
    if stopped and ticked:
        _complain(f"服务的时钟停了，最近一次推算在 {written(ticked)}，请检查服务是否在运行")
    if found or shared.json:
        shared.emit(map(missing_row, found), _COLUMNS)
    well = not found and not stopped
    if well and configuration.heartbeat:
        fault = asyncio.run(configuration.heartbeat.beat())
        if fault:
            _complain(f"提醒都已发出，但心跳没有送到：{fault}")
        well = not fault
    if well and not shared.json:
        print("该发的提醒都已发出。")
    raise typer.Exit(0 if well else 1)


_COLUMNS = {
    "since": "应发时间",
    "unit": "单位",
    "rule": "规则",
    "period": "期间",
    "rung": "档",
    "channel": "渠道",
    "recipient": "收件人",
    "why": "情况",
}


def missing_row(one: Missing) -> dict[str, Any]:
    """A missing reminder with the keys of the command line."""
    return {
        "since": local_iso(one.since),
        "unit": one.unit,
        "rule": one.rule,
        "period": one.period,
        "rung": one.rung,
        "channel": one.channel,
        "recipient": one.recipient,
        "why": one.why,
    }


def _complain(sentence: str) -> None:
    """On the error stream, so that the output stays one JSON object a line."""
    print(f"qixian: {sentence}", file=sys.stderr)
