"""The database: opening it, transactions, and the column type of instants.

Two kinds of writing transaction, named by who has to be alone:

* `writing` is for whoever decides: derive, plan, events, notices, every door of the API. He reads
  what there is and writes what follows, so that there is one of him at a time. On SQLite by BEGIN
  IMMEDIATE, on PostgreSQL by an advisory lock that the transaction holds.
* `recording` is for short transactions whose rows decide by themselves: a slot by its unique key,
  a claim and a record of the drain by the lock of the channel's row. On PostgreSQL many of them
  run side by side, so that many workers send at the same time. On SQLite, which ignores FOR
  UPDATE, they are the same as the others.

SQLite runs in WAL with full fsync. PostgreSQL runs in READ COMMITTED: after a wait for a lock
every statement sees what the one before has committed. What is read by `reading` is one state of
the database in both.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, DateTime, Dialect, Engine, Enum, event, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Session, SQLModel, create_engine

from engine.errors import BadDatabase
from engine.postgres import is_postgres, open_postgres, postgres_url

_AT_ONCE = 10_000
_PATIENCE = 15_000  # milliseconds that a writer waits for another
_Value = TypeVar("_Value", str, int)
WRITERS = 0x51_78_69  # the advisory lock of those who decide: "Qxi"


class Instant(TypeDecorator[datetime]):
    """An aware instant, in UTC. SQLite keeps it without a zone and gives it back naive;
    PostgreSQL has a type for it, so that every client shows it in its own zone."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


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
    """`sqlite:///file.db`, `sqlite://` in memory, or `postgresql+psycopg://…`. Raises BadDatabase;
    of a PostgreSQL server that cannot be reached only when it is first asked."""
    if (address := postgres_url(url)) is not None:
        return open_postgres(address)
    if not url.startswith("sqlite:"):
        raise BadDatabase(
            f"数据库地址“{url.split(':')[0]}:…”不能用，应写作 sqlite:///qixian.db "
            "或 postgresql+psycopg://用户:密码@主机:5432/库名"
        )
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
    """A session in the one writing transaction of this moment: committed at the end, rolled back
    on an exception."""
    with recording(db) as session:
        be_alone(session)
        yield session


@contextmanager
def recording(db: Engine) -> Iterator[Session]:
    """A session in a short writing transaction that may run beside others: what must not happen
    twice in it is decided by a unique key or under the lock of a row."""
    immediate = db.execution_options(immediate=True)
    with Session(immediate, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def noting(db: Engine) -> Iterator[Session]:
    """A session in a short writing transaction for what may be left out: on SQLite it does not wait.
    Raises DBAPIError where somebody else writes."""
    with recording(db.execution_options(patient=False)) as session:
        yield session


@contextmanager
def trying(db: Engine) -> Iterator[Session]:
    """A session in a writing transaction that is rolled back: what would happen, and does not."""
    immediate = db.execution_options(immediate=True)
    with Session(immediate, expire_on_commit=False) as session:
        session.begin()
        try:
            be_alone(session)
            yield session
        finally:
            session.rollback()


@contextmanager
def reading(db: Engine) -> Iterator[Session]:
    """A session for questions; it sees one state of the database."""
    if is_postgres(db):
        db = db.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with Session(db, expire_on_commit=False) as session:
        yield session


def be_alone(session: Session | Connection) -> None:
    """Wait until no other writer decides, and keep the others waiting to the transaction's end."""
    if is_postgres(session):
        session.execute(select(func.pg_advisory_xact_lock(WRITERS)))


def look_over(db: Engine) -> None:
    """After many new rows: let PostgreSQL count them now, or it plans its queries for empty tables.
    SQLite needs nothing."""
    if is_postgres(db):
        with recording(db) as session:
            session.execute(text("ANALYZE"))


def portions(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """As many values, in their order, as one statement may ask for: databases limit that."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def insert_missing(session: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """INSERT … ON CONFLICT DO NOTHING. Ask it for what is new with `returning`: the number of rows
    that the result gives is -1 on PostgreSQL."""
    if is_postgres(session):
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def insert_or_update(session: Session, table: type[SQLModel]) -> sqlite.Insert | postgresql.Insert:
    """INSERT … ON CONFLICT DO UPDATE: the row of a primary key becomes what it is given."""
    columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
    keys = [column.name for column in columns if column.primary_key]
    insert = postgresql.insert if is_postgres(session) else sqlite.insert
    statement = insert(table)
    others = {one.name: statement.excluded[one.name] for one in columns if not one.primary_key}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the transactions are ours: see _on_begin
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={_PATIENCE}",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("immediate", False):
        connection.exec_driver_sql("BEGIN")
    elif options.get("patient", True):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("PRAGMA busy_timeout=0")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENCE}")
