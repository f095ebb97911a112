"""The migrations lead from an empty file to the tables of the models, and do no harm twice."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from engine.database import open_database, reading, writing
from engine.errors import BadDatabase
from engine.journal import JournalEntry
from engine.schema import TABLES, _config, check, create_in_memory, migrate, revision
from engine.slots import Slot, win
from engine.verification import Verified, faults, verified
from tests.servers.postgres import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a table, of each kind."""
    on_server = request.param == "postgresql"
    address = postgres().new("blank") if on_server else f"sqlite:///{tmp_path / 'qixian.db'}"
    db = open_database(address)
    yield db
    db.dispose()
    if on_server:
        postgres().drop(address)


def test_an_empty_database_becomes_the_models(empty: Engine) -> None:
    db = empty
    assert revision(db) is None
    with pytest.raises(BadDatabase, match="还没有建表，请先运行 qixian migrate"):
        check(db)
    before, head = migrate(db)
    assert before is None
    assert revision(db) == head
    check(db)
    with db.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_every_table_is_listed(tmp_path: Path) -> None:
    assert {table.__tablename__ for table in TABLES} == set(SQLModel.metadata.tables)
    assert JournalEntry in TABLES
    created, migrated = open_database("sqlite://"), open_database(f"sqlite:///{tmp_path / 'x.db'}")
    create_in_memory(created)
    migrate(migrated)
    assert _indexes(created) == _indexes(migrated)
    for db in (created, migrated):
        db.dispose()


def _indexes(db: Engine) -> set[str]:
    inspector = inspect(db)
    tables = (name for name in inspector.get_table_names() if name != "alembic_version")
    found = {index["name"] for table in tables for index in inspector.get_indexes(table)}
    return {name for name in found if name}


def test_both_databases_have_the_same_indexes(empty: Engine) -> None:
    migrate(empty)
    created = open_database("sqlite://")
    create_in_memory(created)
    assert _indexes(created) <= _indexes(empty)
    created.dispose()


def test_migrating_twice_keeps_what_is_there(empty: Engine) -> None:
    db = empty
    _, head = migrate(db)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    with writing(db) as session:
        assert win(session, "tick", at)
    assert migrate(db) == (head, head)
    with reading(db) as session:
        assert session.get(Slot, ("tick", at)) is not None


def test_rows_from_before_the_ledger_are_counted_and_not_complained_of(empty: Engine) -> None:
    db = empty
    script = ScriptDirectory.from_config(_config()).get_revision("0010")
    config = _config()
    with db.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(script.down_revision))
        old = (
            "INSERT INTO journal (at, kind, by, text) VALUES ('2026-01-05', 'accept', '甲', '采用')"
        )
        connection.exec_driver_sql(old)
    migrate(db)
    with reading(db) as session:
        assert list(faults(session)) == []
        assert verified(session) == Verified(sealed=0, before=1)
    with db.begin() as connection:
        connection.exec_driver_sql(old)
    with reading(db) as session:
        assert [(one.table, one.id) for one in faults(session)] == [("journal", 2)]
