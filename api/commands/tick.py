"""qixian tick"""

import typer

from api.commands.context import Context, print_json
from engine.channels import register
from engine.clock import read_clock
from engine.database import writing
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.tick import tick as tick_once


def tick(context: typer.Context) -> None:
    """把此刻该做的做一遍：推算事项、生成提醒、发送。"""
    shared: Context = context.obj
    db, agency = shared.database, shared.configuration.agency
    with writing(db) as session:
        register(session, agency.channels)
    drainer = Drainer(db, agency, shared.calendar, read_clock)
    dispatcher = Inline(drainer)
    done = tick_once(db, agency, shared.calendar, dispatcher, shared.now)
    dispatcher.close()
    if shared.json:
        print_json({"derived": done.derived, "planned": done.planned, "sent": drainer.sent})
    else:
        print(f"新增事项 {done.derived} 项，生成消息 {done.planned} 条，发送 {drainer.sent} 次。")
