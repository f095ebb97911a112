"""qixian serve"""

import gc
import logging
import os
import socket
from typing import Annotated

import typer
import uvicorn
from sqlmodel import col

from api.app import create_app
from api.commands.context import Context
from api.dependencies import Running, is_loopback
from api.errors import BadInput
from api.notice_folder import NoticeFolder
from api.settings_file import TOKEN_GONE, TOKEN_VARIABLE
from api.subscription_rows import courier_of
from engine.accounts import any_account
from engine.agency import Agency
from engine.channels import register
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.database import look_over, reading, writing
from engine.derivation import derive
from engine.obligations import Obligation, Status, list_obligations
from engine.second_daemon import warn_of_another
from engine.tick import MANY
from engine.wording import named

NEXT = 10  # deadlines printed at the start


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="监听地址，默认取自配置")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="端口，默认取自配置")] = None,
) -> None:
    """运行服务：页面、接口、时钟、发送；用 PostgreSQL 时可在多台机器上运行。"""
    shared: Context = context.obj
    configuration = shared.configuration
    host = host or configuration.server.host
    port = configuration.server.port if port is None else port
    if os.environ.get(TOKEN_VARIABLE):
        raise BadInput(f"环境变量 {TOKEN_GONE.format(TOKEN_VARIABLE)}")
    with reading(shared.database) as session:
        first = not any_account(session)
    if first and not is_loopback(host):
        raise BadInput(
            f"监听 {host} 须先建立帐户（qixian account add 登录名 --role administrator），否则只能监听 127.0.0.1"
        )
    log_to_stderr()
    db, agency = shared.database, configuration.agency
    warn_of_another(db)
    prepare(shared)
    with _listen(host, port) as listener:
        _greet(shared, agency, host, listener.getsockname()[1], first)
        folder = configuration.notice_folder
        current = CurrentAgency(db, agency, configuration.files)
        notices = NoticeFolder(folder, db, current, configuration.region) if folder else None
        take = notices.take if notices else None
        courier = courier_of(db, current, configuration)
        clock = Clock(db, current, shared.calendar, take, courier.tell)
        app = create_app(Running(configuration, db, clock, current))
        keep_what_is_loaded()
        settings = uvicorn.Config(app, log_level="warning", server_header=False)
        uvicorn.Server(settings).run(sockets=[listener])


def log_to_stderr() -> None:
    """What a daemon logs. Of the libraries only what is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("apscheduler", "alembic", "httpx", "procrastinate", "psycopg.pool"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def keep_what_is_loaded() -> None:
    """The catalogue, the configuration and the libraries stay: the collector need not go through
    them again and again, which took a tenth of a message's computing."""
    gc.collect()
    gc.freeze()


def prepare(shared: Context) -> None:
    """The rows that stand before the first tick: channels and obligations."""
    configuration = shared.configuration
    current = CurrentAgency(shared.database, configuration.agency, configuration.files)
    with writing(shared.database) as session:
        register(session, configuration.agency.channels)
        derived = derive(session, current.agency_in(session), shared.calendar, shared.now)
    if derived >= MANY:
        look_over(shared.database)


def _listen(host: str, port: int) -> socket.socket:
    """Raises BadInput when the address cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError):
        raise BadInput(f"不能监听 {host}:{port}，请换一个地址或端口，或停掉占用它的程序") from None


def _greet(shared: Context, agency: Agency, host: str, port: int, first: bool) -> None:
    print(f"期限已启动：http://{f'[{host}]' if ':' in host else host}:{port}/", flush=True)
    if first:
        print(
            "第一步：还没有帐户，请用本机的浏览器打开上面的网址建立第一个管理员（或者运行 qixian account add）。\n"
            "First step: open the address above in a browser on this machine and make the administrator's account.",
            flush=True,
        )
    else:
        print(
            "请用浏览器打开上面的网址登录。 Open the address above in a browser and sign in.",
            flush=True,
        )
    coming = (col(Obligation.status) == Status.OPEN, col(Obligation.due_on) >= shared.today)
    with reading(shared.database) as session:
        rows = list_obligations(session, *coming, limit=NEXT)
    print("最近到期：" if rows else "还没有到期事项，请在配置中写入 [[duty]]。")
    for row in rows:
        rule, unit = agency.catalogue.rules.get(row.rule), agency.units.get(row.unit)
        matter = f"{rule.quote if rule else row.rule}（{row.period_in_words}）"
        print(f"  {named(row.due_on)}　{unit.name if unit else row.unit}　{matter}", flush=True)
