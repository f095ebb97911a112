"""send-test against a robot that follows the vendor's rules."""

import sqlite3
from pathlib import Path

from qixian_command import Run

from tests.servers.wecom import WecomServer

KEY = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"


def configure(folder: Path, base: str, key: str) -> None:
    text = f"""
[[channel]]
id = "group"
kind = "wecom_robot"
key = "{key}"
api_base = "{base}"
"""
    (folder / "config.toml").write_text(text, "utf-8")


def disabled(folder: Path) -> str:
    with sqlite3.connect(folder / "qixian.db") as connection:
        (reason,) = connection.execute("SELECT disabled_reason FROM channel").fetchone()
    connection.close()
    return str(reason)


def test_an_accepted_message_brings_a_disabled_channel_back(qixian: Run, folder: Path) -> None:
    with WecomServer([KEY]) as server:
        configure(folder, server.base, KEY)
        qixian("migrate")
        server.fail_next("errcode:93000")
        refused = qixian("send-test", "group")
        assert (refused.status, "请群主重建机器人" in refused.out) == (1, True)
        assert "请群主重建机器人" in disabled(folder)
        assert qixian("doctor").status == 1
        assert qixian("send-test", "group").status == 0
        assert disabled(folder) == ""
        assert len(server.received) == 1


def test_a_robot_that_asks_to_wait_is_said_so_in_chinese(qixian: Run, folder: Path) -> None:
    with WecomServer([KEY]) as server:
        configure(folder, server.base, KEY)
        server.fail_next("errcode:45009")
        ran = qixian("send-test", "group")
    assert ran.status == 1
    assert (
        ran.out
        == "渠道 group：对方暂时没有接收，稍后再试。超过每分钟20条的限制，约一分钟后会再发。\n"
    )
