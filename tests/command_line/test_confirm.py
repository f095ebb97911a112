"""A channel is confirmed by the code of its test message."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qixian_command import Run

from tests.servers.wecom import WecomServer

KEY, OTHER = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9", "9b2c3d4e-5f60-4718-8293-a4b5c6d7e8f1"


def configure(folder: Path, base: str, key: str = KEY) -> None:
    text = f'[[channel]]\nid = "group"\nkind = "wecom_robot"\nkey = "{key}"\napi_base = "{base}"\n'
    (folder / "config.toml").write_text(text, "utf-8")


@pytest.fixture
def server(folder: Path, qixian: Run) -> Iterator[WecomServer]:
    with WecomServer([KEY, OTHER]) as opened:
        configure(folder, opened.base)
        qixian("migrate")
        yield opened


def code(server: WecomServer) -> str:
    found = re.search(r"确认码：([0-9]{4})。", server.received[-1].content)
    assert found, server.received
    return found[1]


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 10_000:04}"


def row(folder: Path) -> tuple[object, ...]:
    with sqlite3.connect(folder / "qixian.db") as connection:
        query = "SELECT confirmed_at, code_hash, code_until, code_tries FROM channel"
        found: tuple[object, ...] = connection.execute(query).fetchone()
    connection.close()
    return found


def unconfirmed(qixian: Run) -> bool:
    return "group 未确认" in qixian("doctor", "--json").out


def test_the_code_typed_back_confirms_the_channel(
    qixian: Run, server: WecomServer, folder: Path
) -> None:
    assert unconfirmed(qixian)
    ran = qixian("send-test", "group")
    assert "qixian confirm group 确认码" in ran.out
    assert unconfirmed(qixian)  # accepted is not seen
    number = code(server)
    assert number not in str(row(folder)) + ran.out
    ran = qixian("confirm", "group", number)
    assert (ran.status, ran.out) == (0, "渠道 group：已确认。\n")
    assert row(folder)[0] is not None
    assert not unconfirmed(qixian)
    assert "没有等待确认的确认码" in qixian("confirm", "group", number).err


def test_the_json_of_send_test_keeps_its_keys(qixian: Run, server: WecomServer) -> None:
    ran = qixian("send-test", "group", "--json")
    assert list(ran.row) == ["channel", "outcome", "http_status", "code", "detail", "advice"]
    assert ran.row["outcome"] == "accepted"
    number = code(server)
    assert number not in ran.out
    assert qixian("confirm", "group", number, "--json").row == {
        "channel": "group",
        "confirmed": True,
    }


def test_after_five_wrong_tries_the_right_code_is_no_use(
    qixian: Run, server: WecomServer, folder: Path, refused: Callable[..., str]
) -> None:
    qixian("send-test", "group")
    number = code(server)
    for left in (4, 3, 2, 1):
        assert f"还可以试{left}次" in refused("confirm", "group", wrong(number))
    assert "请再运行 qixian send-test group" in refused("confirm", "group", wrong(number))
    assert "已输错5次" in refused("confirm", "group", number)
    assert row(folder)[0] is None
    qixian("send-test", "group")
    assert qixian("confirm", "group", code(server)).status == 0


def test_an_hour_later_the_code_is_no_use(
    qixian: Run, server: WecomServer, folder: Path, refused: Callable[..., str]
) -> None:
    qixian("send-test", "group")
    with sqlite3.connect(folder / "qixian.db") as connection:
        connection.execute("UPDATE channel SET code_until = '2026-01-01 00:00:00.000000'")
    connection.close()
    assert "已过一小时" in refused("confirm", "group", code(server))


def test_the_code_before_the_last_one_is_no_use(
    qixian: Run, server: WecomServer, refused: Callable[..., str]
) -> None:
    qixian("send-test", "group")
    first = code(server)
    while code(server) == first:
        qixian("send-test", "group")
    assert "确认码不对" in refused("confirm", "group", first)


def test_another_key_makes_it_unconfirmed(qixian: Run, server: WecomServer, folder: Path) -> None:
    qixian("send-test", "group")
    assert qixian("confirm", "group", code(server)).status == 0
    configure(folder, server.base, OTHER)
    qixian("send-test", "group")
    assert row(folder)[0] is None
    assert unconfirmed(qixian)


def test_a_message_that_was_refused_leaves_no_code(
    qixian: Run, server: WecomServer, refused: Callable[..., str]
) -> None:
    server.fail_next("errcode:93000")
    assert qixian("send-test", "group").status == 1
    assert "没有等待确认的确认码" in refused("confirm", "group", "1234")


def test_without_a_database_nothing_can_be_confirmed(
    qixian: Run, folder: Path, refused: Callable[..., str]
) -> None:
    with WecomServer([KEY]) as server:
        configure(folder, server.base)
        assert qixian("send-test", "group").status == 0
        assert "确认码" not in server.received[0].content
    assert "请先运行 qixian migrate" in refused("confirm", "group", "1234")
    assert refused("confirm", "nope", "1234") == "没有渠道“nope”，可用：group"
