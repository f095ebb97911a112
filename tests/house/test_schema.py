"""The migrations lead from an empty file to the tables of the models, and do no harm twice."""

from datetime import UTC, datetime
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from engine.database import open_database, reading, writing
from engine.journal import JournalEntry
from engine.schema import TABLES, check, create_in_memory, migrate, revision
from engine.slots import Slot, win


def test_an_empty_database_becomes_the_models(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'qixian.db'}")
    before, head = migrate(db)
    assert before is None
    assert revision(db) == head
    check(db)
    with db.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    db.dispose()


def test_every_table_is_listed(tmp_path: Path) -> None:
    assert {table.__tablename__ for table in TABLES} == set(SQLModel.metadata.tables)
    assert JournalEntry in TABLES
    created, migrated = open_database("sqlite://"), open_database(f"sqlite:///{tmp_path / 'x.db'}")
    create_in_memory(created)
    migrate(migrated)
    indexes = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL"
    found = []
    for db in (created, migrated):
        with db.connect() as connection:
            found.append({row[0] for row in connection.exec_driver_sql(indexes)})
        db.dispose()
    assert found[0] == found[1]


def test_migrating_twice_keeps_what_is_there(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'qixian.db'}")
    _, head = migrate(db)
    at = datetime(2026, 3, 2, tzinfo=UTC)
    with writing(db) as session:
        assert win(session, "tick", at)
    assert migrate(db) == (head, head)
    with reading(db) as session:
        assert session.get(Slot, ("tick", at)) is not None
    db.dispose()
