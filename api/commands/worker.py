"""qixian worker"""

import logging
import signal
from threading import Event

import typer

from api.commands.context import Context
from api.commands.serve import keep_what_is_loaded, log_to_stderr, prepare
from api.errors import BadInput
from api.subscription_rows import courier_of
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.postgres import address_of, is_postgres

log = logging.getLogger(__name__)


def worker(context: typer.Context) -> None:
    """只推算、生成提醒和发送，没有页面和接口；须用 PostgreSQL，可在多台机器上运行。"""
    shared: Context = context.obj
    db, configuration = shared.database, shared.configuration
    if not is_postgres(db):
        raise BadInput(
            "qixian worker 须用 PostgreSQL：SQLite 数据库只在一台机器上，由 qixian serve 一并发送"
        )
    log_to_stderr()
    prepare(shared)
    current = CurrentAgency(db, configuration.agency, configuration.files)
    courier = courier_of(db, current, configuration)
    clock = Clock(db, current, shared.calendar, tell_subscribers=courier.tell)
    asked_to_stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked_to_stop.set())
    keep_what_is_loaded()
    clock.start()
    print(f"期限的发送进程已启动：{address_of(db)}", flush=True)
    asked_to_stop.wait()
    clock.stop()
