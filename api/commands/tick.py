"""qixian tick"""

from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.document_rows import impact_in_words, impact_row
from api.subscription_rows import courier_of
from engine.channels import register
from engine.clock import clock_of
from engine.current_agency import CurrentAgency
from engine.database import writing
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.impact import Basis, Impact, impact
from engine.tick import tick as tick_once


def tick(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看配置改动后待办会怎样变动，不保存，不发送")
    ] = False,
) -> None:
    """把此刻该做的做一遍：推算事项、生成提醒、发送。"""
    shared: Context = context.obj
    db, agency = shared.database, shared.configuration.agency
    if dry_run:
        return _preview(shared, impact(db, Basis(agency, shared.calendar), shared.now))
    with writing(db) as session:
        register(session, agency.channels)
    drainer = Drainer(db, agency, shared.calendar, clock_of(db))
    dispatcher = Inline(drainer)
    current = CurrentAgency(db, agency, shared.configuration.files)
    done = tick_once(db, current, shared.calendar, dispatcher, shared.now)
    dispatcher.close()
    courier_of(db, current, shared.configuration).tell()
    if shared.json:
        print_json({"derived": done.derived, "planned": done.planned, "sent": drainer.sent})
    else:
        print(f"新增事项 {done.derived} 项，生成消息 {done.planned} 条，发送 {drainer.sent} 次。")
    return None


def _preview(shared: Context, seen: Impact) -> None:
    if shared.json:
        return print_json(impact_row(seen))
    for line in impact_in_words(seen):
        print(line)
    return None
