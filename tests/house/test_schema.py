"""The migrations lead from an empty file to the tables of the models, and do no harm twice."""

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from engine.database import open_database, reading, writing
from engine.journal import JournalEntry
from engine.schema import TABLES, _config, check, create_in_memory, migrate, revision
from engine.slots import Slot, win
from engine.verification import Verified, faults, verified


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


def test_rows_from_before_the_ledger_are_counted_and_not_complained_of(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'qixian.db'}")
    script = ScriptDirectory.from_config(_config()).get_revision("0012")
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
    db.dispose()
