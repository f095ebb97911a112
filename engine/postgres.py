"""PostgreSQL: its address, how it is reached, and what it says when it is not.

The driver is imported only when such an address is opened; an installation without the extra
`postgres` has none.
"""

from importlib.util import find_spec
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session

from engine.errors import BadDatabase

_FORM = "postgresql+psycopg://用户:密码@主机:5432/库名"
# Of a machine that died the server must let go: its locks would stay for hours. A writer who
# waits longer for another than on SQLite is told so.
_SETTINGS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "timezone": "UTC",
    "lock_timeout": "15s",
}
_CLIENT = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "qixian",
}
# What the server or its library says, in English or in Chinese, before there is a connection; the
# first that fits. It has no code that could be asked for.
_REFUSALS = (
    (("pg_hba.conf",), "服务器不允许本机用这个用户连接这个库，请管理员修改 pg_hba.conf"),
    (("too many", "remaining connection slots", "过多"), "服务器的连接数已满，请稍后再试"),
    (("starting up", "shutting down"), "服务器正在启动或关闭，请稍后再试"),
    (("SSL",), "加密连接（sslmode）的设置与服务器不符"),
    (("permission denied", "权限"), "这个用户没有连接这个库的权限，请管理员授权"),
    (("password", "authentication", "认证", "口令", "role", "角色"), "用户名或密码不对"),
    (("does not exist", "不存在"), "没有这个库，请管理员先建立（CREATE DATABASE）"),
)


def is_postgres(bound: Engine | Connection | Session) -> bool:
    """Is it PostgreSQL that an engine, a connection or a session talks to?"""
    return (bound.get_bind() if isinstance(bound, Session) else bound).dialect.name == "postgresql"


def postgres_url(url: str) -> URL | None:
    """The address, if it is one of PostgreSQL; `postgresql://` means our driver. Raises BadDatabase
    with nothing of the address in it: it holds a password."""
    if url.partition("://")[0] not in ("postgresql", "postgresql+psycopg"):
        return None
    try:
        address = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise BadDatabase(
            f"PostgreSQL 数据库地址写法不对，应写作 {_FORM}，密码中的特殊字符用 %XX 表示"
        ) from None
    if not address.database:
        raise BadDatabase(f"PostgreSQL 数据库地址没有写明库名，应写作 {_FORM}")
    return address


def open_postgres(url: URL) -> Engine:
    """An engine over `url`; nothing is asked of the server yet. Raises BadDatabase without the
    libraries of the extra."""
    if not (find_spec("psycopg") and find_spec("procrastinate")):
        raise BadDatabase(
            "使用 PostgreSQL 须另外安装 qixian[postgres]（源码目录中：.venv/bin/pip install -e '.[postgres]'）"
        )
    try:
        db = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args=connect_arguments(url),
        )
    except ImportError:  # the driver without its C library
        raise BadDatabase(
            "PostgreSQL 的驱动 psycopg 装得不完整，请重新安装 'qixian[postgres]'"
        ) from None
    event.listen(db, "do_connect", _connect)
    return db


def connect_arguments(url: URL, **settings: str) -> dict[str, Any]:
    """What every connection asks for, beside what the address says itself."""
    own = url.query.get("options", "")
    wanted = (f"-c {name}={value}" for name, value in (_SETTINGS | settings).items())
    return {**_CLIENT, "options": " ".join((own if isinstance(own, str) else "", *wanted)).strip()}


def address_of(db: Engine) -> str:
    """Where the database is, for people and without the password."""
    if not is_postgres(db):
        return db.url.render_as_string()
    host = db.url.host or str(db.url.query.get("host", "localhost"))
    return f"PostgreSQL {host}:{db.url.port or 5432}/{db.url.database}"


def _connect(dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
    """Connect, or say in one sentence why not."""
    try:
        return dialect.connect(*arguments, **options)
    except dialect.loaded_dbapi.OperationalError as error:
        said = str(error)
        host = f"{options.get('host', 'localhost')}:{options.get('port', 5432)}"
        for signs, words in _REFUSALS:
            if any(sign in said for sign in signs):
                raise BadDatabase(f"数据库服务器 {host} 拒绝连接：{words}") from None
        raise BadDatabase(
            f"连不上数据库服务器 {host}，请检查地址、端口、网络，以及服务器是否已启动"
        ) from None
