"""On which database a test runs: SQLite, or a PostgreSQL that `both_databases` chose for it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from sqlite3 import Connection

from sqlalchemy import Engine

from engine.database import open_database
from engine.schema import create_in_memory, migrate, revision
from tests.servers.postgres import postgres_database

_TABLE = "database.toml"


def prepare(db: Engine) -> None:
    """What `migrate` does to a database: to an empty one of SQLite by a copy of one that it was
    done to, for each revision takes its time."""
    if db.dialect.name == "sqlite" and revision(db) is None:
        copy(_migrated(), db)
    else:
        migrate(db)


def copy(source: Engine, target: Engine) -> None:
    """All of one SQLite database into another."""
    giver, taker = source.raw_connection(), target.raw_connection()
    assert isinstance(giver.driver_connection, Connection)
    assert isinstance(taker.driver_connection, Connection)
    giver.driver_connection.backup(taker.driver_connection)
    giver.close()
    taker.close()


@cache
def _migrated() -> Engine:
    db = open_database("sqlite://")
    migrate(db)
    return db


@contextmanager
def sqlite() -> Iterator[Engine]:
    """A database in memory with all tables."""
    db = open_database("sqlite://")
    copy(_empty(), db)
    yield db
    db.dispose()


@cache
def _empty() -> Engine:
    db = open_database("sqlite://")
    create_in_memory(db)
    return db


@contextmanager
def postgresql() -> Iterator[Engine]:
    """A new database on the server of the tests."""
    with postgres_database() as address:
        db = open_database(address)
        try:
            yield db
        finally:
            db.dispose()


CHOSEN: ContextVar[Callable[[], AbstractContextManager[Engine]]] = ContextVar(
    "empty database", default=sqlite
)


@contextmanager
def chosen(name: str, folder: Path) -> Iterator[None]:
    """Within the block `memory` and the offices in `folder` are on this kind of database."""
    if name == "sqlite":
        yield
        return
    token = CHOSEN.set(postgresql)
    with postgres_database() as address:
        (folder / _TABLE).write_text(f'\n[database]\nurl = "{address}"\n', encoding="utf-8")
        try:
            yield
        finally:
            CHOSEN.reset(token)


def on_its_database(folder: Path, settings: str) -> str:
    """A configuration's text, with the database that was chosen for the folder."""
    table = folder / _TABLE
    if "[database]" in settings or not table.exists():
        return settings
    return settings + table.read_text(encoding="utf-8")
