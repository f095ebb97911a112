"""The commands that an administrator gives on PostgreSQL, and what they refuse."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qixian_command import EXAMPLE, Run

from tests.servers.postgres import CLERK, postgres

Refused = Callable[..., str]


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A database without tables, and the example configured for it."""
    address = postgres().new("blank")
    configure(folder, address)
    yield address
    postgres().drop(address)


def configure(folder: Path, address: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("sqlite:///example.db", address)
    assert address in text
    (folder / "config.toml").write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("address")
def test_migrate_tick_and_doctor(qixian: Run, refused: Refused) -> None:
    assert "还没有建表，请先运行 qixian migrate" in refused("tick")
    first = qixian("migrate", "--json").row
    assert first["before"] is None
    assert "已是最新版本" in qixian("migrate").out
    assert qixian("tick", "--json").row["derived"] > 100
    assert qixian("tick", "--json").row["derived"] == 0
    found = {row["name"]: row for row in qixian("doctor", "--json").rows}
    assert found["数据库"]["level"] == "ok"
    assert found["数据库"]["detail"].startswith("PostgreSQL ")
    assert not (Path.cwd() / "example.db").exists()


@pytest.mark.parametrize("verb", ["serve", "worker", "tick", "migrate"])
def test_a_server_that_is_not_there_is_one_sentence(
    folder: Path, refused: Refused, verb: str
) -> None:
    configure(folder, "postgresql://office:hush@127.0.0.1:1/qixian")
    sentence = refused(verb)
    assert "连不上数据库服务器 127.0.0.1:1" in sentence
    assert "hush" not in sentence


def test_doctor_says_so_too_and_keeps_the_password(folder: Path, qixian: Run) -> None:
    configure(folder, "postgresql://office:hush@127.0.0.1:1/qixian")
    ran = qixian("doctor")
    assert ran.status == 1
    assert "连不上数据库服务器" in ran.out
    assert "hush" not in ran.out + ran.err


def test_a_user_without_rights_is_told_of_the_way_out(folder: Path, refused: Refused) -> None:
    postgres().run(f"CREATE ROLE {CLERK}_without LOGIN")
    database = postgres().new("blank")
    name = database.rpartition("/test_")[2].partition("?")[0]
    configure(folder, postgres().address(f"test_{name}", f"{CLERK}_without"))
    assert "没有权限，请管理员把库的所有者改为这个用户" in refused("migrate")
    postgres().drop(database)


def test_a_worker_on_sqlite_is_refused(example: Path, qixian: Run, refused: Refused) -> None:
    assert example.exists()
    assert qixian("migrate").status == 0
    assert "qixian worker 须用 PostgreSQL" in refused("worker")
