"""Both databases give back what they were given, and PostgreSQL says in one sentence what is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import StatementError
from sqlmodel import col, select

from engine import postgres as address_book
from engine.channels import ChannelState, register, shard_of
from engine.database import look_over, open_database, reading, recording, writing
from engine.errors import BadDatabase
from engine.postgres import address_of
from engine.schema import check, migrate
from engine.second_daemon import warn_of_another
from engine.slots import Slot, win
from tests.builders import Box, memory
from tests.servers.postgres import CLERK, PASSWORD, Postgres, postgres

SHANGHAI = timezone(timedelta(hours=8))


@cache
def guarded() -> Postgres:
    """The server, with a user who needs a password."""
    postgres().ask_for_passwords()
    return postgres()


@pytest.mark.usefixtures("both_databases")
def test_an_instant_is_the_same_instant_in_every_zone() -> None:
    given = datetime(2026, 1, 1, 0, 30, 15, 123456, SHANGHAI)
    with memory() as db:
        with writing(db) as session:
            session.add(Slot(name="tick", at=given))
        with reading(db) as session:
            (found,) = session.exec(select(Slot.at)).all()
            later = session.exec(select(Slot).where(col(Slot.at) > given.astimezone(UTC))).all()
            same = session.exec(select(Slot).where(Slot.at == given.astimezone(UTC))).all()
        assert (found, found.tzinfo) == (given, UTC)
        assert (len(later), len(same)) == (0, 1)


@pytest.mark.usefixtures("both_databases")
def test_an_instant_without_a_zone_is_refused() -> None:
    refused = pytest.raises(StatementError, match="an instant needs a zone")
    with memory() as db, refused, writing(db) as session:
        session.add(Slot(name="tick", at=datetime(2026, 1, 1)))  # noqa: DTZ001


@pytest.mark.usefixtures("both_databases")
def test_reading_sees_one_state_of_the_database(both_databases: str, tmp_path: Path) -> None:
    if both_databases == "sqlite":
        db = open_database(f"sqlite:///{tmp_path / 'q.db'}")
        migrate(db)
    else:
        db = open_database(_address(tmp_path))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with reading(db) as session:
        assert session.exec(select(Slot)).all() == []
        with recording(db) as other:
            assert win(other, "tick", at)
        assert session.exec(select(Slot)).all() == []
    with reading(db) as session:
        assert len(session.exec(select(Slot)).all()) == 1
    db.dispose()


def _address(folder: Path) -> str:
    return (folder / "database.toml").read_text(encoding="utf-8").split('"')[1]


def test_a_channel_s_shard_is_the_row_s_and_follows_their_number(
    both_databases: str,
) -> None:
    number = {"sqlite": 8, "postgresql": 256}[both_databases]
    with memory() as db:
        for _ in range(2):
            with writing(db) as session:
                register(session, {"box": Box()})
                row = session.get_one(ChannelState, "box")
                assert row.shard == shard_of("box", number) < number
                row.shard = number + 5  # as another version of the program would have it


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://h:port/d", "写法不对"),
        ("postgresql+psycopg://u:hush@h:5432", "没有写明库名"),
        ("postgresql+psycopg2://u:hush@h/d", "不能用，应写作"),
        ("mysql://u:hush@h/d", "不能用，应写作"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_password(
    url: str, sentence: str
) -> None:
    with pytest.raises(BadDatabase, match=sentence) as refused:
        open_database(url)
    assert "hush" not in str(refused.value)


def test_without_the_extra_the_way_to_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_book, "find_spec", lambda _name: None)
    with pytest.raises(BadDatabase, match=r"qixian\[postgres\]"):
        open_database("postgresql://u:hush@h/d")


def refusal(address: str) -> str:
    """What is said when the database is first asked."""
    db = open_database(address)
    with pytest.raises(BadDatabase) as refused:
        check(db)
    db.dispose()
    assert "\n" not in str(refused.value)
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


def test_a_server_that_cannot_be_reached() -> None:
    said = refusal("postgresql://u:hush@127.0.0.1:1/d")
    assert said.startswith("连不上数据库服务器 127.0.0.1:1，请检查")
    assert "hush" not in said


def test_a_wrong_password() -> None:
    assert "用户名或密码不对" in refusal(guarded().address("blank", CLERK, "wrong"))
    assert "用户名或密码不对" in refusal(guarded().address("blank", "nobody", PASSWORD))
    assert "还没有建表" in refusal(guarded().address("blank", CLERK, PASSWORD))


def test_a_database_that_is_not_there() -> None:
    assert "没有这个库" in refusal(postgres().address("nowhere"))


def test_an_address_is_shown_without_its_password() -> None:
    db = open_database("postgresql://u:hush@db.example.gov.cn/qixian")
    assert address_of(db) == "PostgreSQL db.example.gov.cn:5432/qixian"


@pytest.fixture
def blank() -> Iterator[str]:
    address = postgres().new("blank")
    yield address
    postgres().drop(address)


def test_what_the_address_asks_of_the_server_is_kept(blank: str) -> None:
    db = open_database(f"{blank}&options=-c%20application_name%3Doffice%20-c%20work_mem%3D8MB")
    with db.connect() as connection:
        shown = [
            connection.execute(text(f"SHOW {name}")).scalar()
            for name in ("work_mem", "lock_timeout", "TimeZone", "transaction_isolation")
        ]
    db.dispose()
    assert shown == ["8MB", "15s", "UTC", "read committed"]


def test_the_doorbell_of_another_version_is_hung_anew(blank: str) -> None:
    db = open_database(blank)
    migrate(db)
    check(db)
    with db.begin() as connection:
        connection.execute(text("COMMENT ON SCHEMA qixian_doorbell IS 'an older one'"))
    with pytest.raises(BadDatabase, match="任务队列的表，或版本不同，请先运行 qixian migrate"):
        check(db)
    migrate(db)
    check(db)
    assert migrate(db) == migrate(db)
    db.dispose()


def test_a_second_daemon_on_one_file_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'qixian.db'}")
    assert not warn_of_another(db)
    assert caplog.messages == []
    assert warn_of_another(db)
    assert "已有一个期限服务在使用同一个数据库文件" in caplog.text
    assert not warn_of_another(open_database(f"sqlite:///{tmp_path / 'other.db'}"))
    assert not warn_of_another(open_database("sqlite://"))


def test_after_many_new_rows_the_server_has_counted_them(blank: str) -> None:
    db = open_database(blank)
    migrate(db)
    with recording(db) as session:
        for minute in range(120):
            win(session, "tick", datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
    look_over(db)
    with db.connect() as connection:
        query = "SELECT reltuples FROM pg_class WHERE oid = 'slot'::regclass"
        assert connection.execute(text(query)).scalar() == 120
    db.dispose()


def test_a_connection_that_died_is_replaced(blank: str) -> None:
    db = open_database(blank)
    new = []
    event.listen(db, "connect", lambda *_: new.append(1))
    pid = "SELECT pg_backend_pid()"
    with db.connect() as connection:
        first = connection.execute(text(pid)).scalar()
    postgres().run(f"SELECT pg_terminate_backend({first})")
    with db.connect() as connection:
        assert connection.execute(text(pid)).scalar() != first
    assert len(new) == 2
    db.dispose()
