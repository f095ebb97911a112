"""A backup that is made while the daemon works can be put in its place, and nothing goes out twice."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.backup import back_up
from engine.clock import read_clock
from engine.database import open_database, reading, writing
from engine.deliveries import State
from engine.errors import BadBackup
from engine.obligations import complete
from engine.verification import faults
from tests.scenarios.playing import Office, wait_until
from tests.scenarios.processes import KEYS, SilentServer, prepare, serving, settings, states
from tests.servers.postgres import postgres_database


def restored(folder: Path, copy: Path) -> Path:
    """The folder as after a restore by the book: configuration and backup, and nothing else."""
    new = folder / "restored"
    new.mkdir()
    shutil.copy(folder / "config.toml", new)
    shutil.copy(copy, new / "qixian.db")
    return new / "config.toml"


def test_while_the_daemon_writes(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server, number=5))
        server.fail_next("silent")
        with serving(config) as daemon:
            wait_until(server.on_the_wire.is_set)
            wait_until(lambda: len(server.received) == len(KEYS) - 1)
            wait_until(lambda: states(config).count(State.ACCEPTED) == len(KEYS) - 1)
            db = open_database(f"sqlite:///{tmp_path / 'qixian.db'}")
            back_up(db, copy)  # one message is on the wire
            db.dispose()
            server.go_on.set()
            wait_until(daemon.ready)
        wait_until(lambda: len(server.received) == len(KEYS))
        config = restored(tmp_path, copy)
        tables = config.read_text(encoding="utf-8")
        with Office(config.parent, tables, read_clock() + timedelta(minutes=5)) as office:
            with reading(office.db) as session:
                assert list(faults(session)) == []
            office.tick()
            office.tick()
            assert {row.state for row in office.deliveries()} == {State.ACCEPTED}
            with reading(office.db) as session:
                assert list(faults(session)) == []
    assert sorted({one.key for one in server.received}) == KEYS
    *once, again = server.received  # only what was on the wire came again, and says so
    assert len(once) == len(KEYS)
    assert "（可能重复）" in again.content


def test_what_is_not_committed_is_not_in_it(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        tables = config.read_text(encoding="utf-8")
        with Office(tmp_path, tables, read_clock()) as office:
            (row,) = office.obligations()
            with writing(office.db) as session:
                assert row.id
                complete(session, row.id, by="甲", at=office.now, evidence="", now=office.now)
                session.flush()
                back_up(office.db, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT status FROM obligation").fetchall() == [("open",)]


def test_postgresql_is_left_to_its_own_tool(tmp_path: Path) -> None:
    with postgres_database() as address:
        db = open_database(address)
        with pytest.raises(BadBackup, match="pg_dump --format=custom"):
            back_up(db, tmp_path / "copy.dump")
        db.dispose()
    assert not (tmp_path / "copy.dump").exists()
