"""The database: opening it, transactions, and the column type of instants.

SQLite runs in WAL with full fsync. A writing transaction begins with BEGIN IMMEDIATE, because
SQLite ignores FOR UPDATE: whoever writes has the file to himself from the first statement on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, Enum, event
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator
from sqlmodel import Session, create_engine

from engine.errors import BadDatabase


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC: SQLite gives back naive ones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


def words(names: type[StrEnum]) -> Enum:
    """A column type that stores an enumeration by its values, readable in any client."""
    return Enum(
        names,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        length=20,
    )


def open_database(url: str) -> Engine:
    """`sqlite:///file.db`, or `sqlite://` in memory. Raises BadDatabase."""
    if not url.startswith("sqlite:"):
        raise BadDatabase(f"数据库地址“{url.split(':')[0]}:…”不能用，应写作 sqlite:///qixian.db")
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if url == "sqlite://":
        options["poolclass"] = StaticPool
    try:
        db = create_engine(url, **options)
    except ArgumentError:
        raise BadDatabase(f"数据库地址“{url}”写法不对，应写作 sqlite:///qixian.db") from None
    event.listen(db, "connect", _on_connect)
    event.listen(db, "begin", _on_begin)
    return db


@contextmanager
def writing(db: Engine) -> Iterator[Session]:
    """A session in one writing transaction: committed at the end, rolled back on an exception."""
    immediate = db.execution_options(immediate=True)
    with Session(immediate, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def trying(db: Engine) -> Iterator[Session]:
    """A session in a writing transaction that is rolled back: what would happen, and does not."""
    immediate = db.execution_options(immediate=True)
    with Session(immediate, expire_on_commit=False) as session:
        session.begin()
        try:
            yield session
        finally:
            session.rollback()


@contextmanager
def reading(db: Engine) -> Iterator[Session]:
    """A session for questions; it sees one state of the database."""
    with Session(db, expire_on_commit=False) as session:
        yield session


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the transactions are ours: see _on_begin
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "busy_timeout=15000",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
