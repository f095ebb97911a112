"""qixian verify, ledger, backup and watch."""

import csv
import os
import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from qixian_command import Run

from engine.clock import read_clock
from engine.instants import local_day
from tests.scenarios.playing import Office, duty, unit
from tests.servers.watchman import Watchman

TOLD = "guangyuan-2017-59"
SETTINGS = (
    '[[channel]]\nid = "box"\nkind = "console"\n'
    + unit("culture", "文旅局", "box")
    + unit("finance", "财政局", "box")
    + duty("59", "culture", "finance", since="2020-01-01")
)


@pytest.fixture
def config(folder: Path) -> Path:
    """Half an hour ago an emergency began, a quarter of an hour ago it was recorded for one unit,
    and nobody was told yet."""
    now = read_clock()
    with Office(folder, SETTINGS, now - timedelta(minutes=15)) as office:
        office.event("culture", now - timedelta(minutes=30), "洪水")
    return folder / "config.toml"


def today() -> str:
    return local_day(read_clock()).isoformat()


def yesterday() -> str:
    return (local_day(read_clock()) - timedelta(days=1)).isoformat()


def edit(statement: str) -> None:
    with sqlite3.connect("qixian.db") as database:
        database.execute(statement)
    database.close()


@pytest.mark.usefixtures("config")
def test_verify_says_nothing_is_wrong_and_then_what_is(qixian: Run) -> None:
    qixian("tick")
    ran = qixian("verify")
    assert (ran.status, ran.out) == (0, "核对留痕 2 条。没有发现问题。\n")
    assert qixian("verify", "--json").rows == []
    edit("UPDATE journal SET by = '别人'")
    edit("DELETE FROM attempt")
    ran = qixian("verify", "--json")
    assert ran.status == 1
    assert [(row["table"], row["id"]) for row in ran.rows] == [("attempt", 1), ("journal", 1)]
    ran = qixian("verify")
    assert ran.status == 1
    assert "journal 第 1 行：" in ran.out
    assert "留痕之后被改动" in ran.out
    assert "发现 2 处问题" in ran.out


@pytest.mark.usefixtures("config")
def test_verify_of_a_file_with_damaged_pages(qixian: Run) -> None:
    with sqlite3.connect("qixian.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_obligation_due_on'").fetchone()  # fmt: skip
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with Path("qixian.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    ran = qixian("verify")
    assert ran.status == 1
    assert "已损坏" in ran.out


def test_verify_without_a_database(refused: Callable[..., str], folder: Path) -> None:
    (folder / "config.toml").write_text(SETTINGS, encoding="utf-8")
    assert "qixian migrate" in refused("verify")


@pytest.mark.usefixtures("config")
def test_the_ledger_as_evidence(qixian: Run) -> None:
    qixian("tick")
    span = ("--from", yesterday(), "--to", today())
    created, sent = qixian("ledger", *span, "--json").rows
    assert (created["kind"], created["by"], created["unit"]) == ("journal", "值班员", "culture")
    assert created["matter"] == f"{TOLD} 洪水"
    assert (sent["kind"], sent["unit"], sent["answer"]) == ("attempt", "culture", "accepted")
    assert sent["what"].startswith("第1次发送：【期限提醒】")
    assert len({created["seal"], sent["seal"]}) == 2
    assert (created["place"], sent["place"]) == (1, 1)
    assert qixian("ledger", *span, "--json", "--unit", "finance").rows == []
    assert qixian("ledger", *span, "--json", "--unit", "culture").rows == [created, sent]
    assert qixian("ledger", "--from", "2026-01-01", "--to", "2026-01-02", "--json").rows == []
    head, *lines = csv.reader(StringIO(qixian("ledger", *span).out.removeprefix("\ufeff")))
    assert head[:3] == ["时间", "类别", "编号"]
    assert [line[-1] for line in lines] == [created["seal"], sent["seal"]]


@pytest.mark.usefixtures("config")
def test_the_ledger_of_a_unit_that_is_not_there(refused: Callable[..., str]) -> None:
    sentence = refused("ledger", "--from", today(), "--to", today(), "--unit", "nobody")
    assert "没有单位“nobody”" in sentence


@pytest.mark.usefixtures("config")
def test_a_backup_is_one_file_for_its_owner(
    qixian: Run, refused: Callable[..., str], folder: Path
) -> None:
    row = qixian("backup", "copy.db", "--json").row
    copy = folder / "copy.db"
    assert row == {"file": "copy.db", "bytes": copy.stat().st_size}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    before = copy.read_bytes()
    assert "不覆盖文件" in refused("backup", "copy.db")
    assert copy.read_bytes() == before
    assert "目录和权限" in refused("backup", "nowhere/copy.db")
    assert sorted(path.name for path in folder.glob("*copy.db*")) == ["copy.db"]


def test_a_backup_of_nothing(refused: Callable[..., str], folder: Path) -> None:
    (folder / "config.toml").write_text(SETTINGS, encoding="utf-8")
    assert "没有可备份的数据库" in refused("backup", "copy.db")
    assert not (folder / "copy.db").exists()


@pytest.mark.usefixtures("config")
def test_a_backup_that_would_not_be_sound_leaves_nothing(refused: Callable[..., str]) -> None:
    edit("UPDATE obligation SET event_id = 99")
    assert "qixian verify" in refused("backup", "copy.db")
    assert not [name for name in os.listdir() if "copy.db" in name]


@pytest.mark.usefixtures("config")
def test_watch_lists_what_did_not_go_out(qixian: Run) -> None:
    ran = qixian("watch", "--json")
    assert ran.status == 1
    assert (ran.row["unit"], ran.row["rung"], ran.row["why"]) == (
        "culture",
        "hours:start",
        "没有生成提醒",
    )
    assert "没有生成提醒" in qixian("watch").out
    qixian("tick")
    ran = qixian("watch")
    assert (ran.status, ran.out) == (0, "该发的提醒都已发出。\n")
    assert qixian("watch", "--json").rows == []


def test_the_heart_beats_only_while_all_is_well(qixian: Run, config: Path) -> None:
    with Watchman() as watchman:
        beat = f'[watch]\nheartbeat = "{watchman.base}/ping"\nallow = ["127.0.0.0/8"]\n'
        config.write_text(SETTINGS + beat, encoding="utf-8")
        assert qixian("watch").status == 1
        assert watchman.calls == []
        qixian("tick")
        assert qixian("watch").status == 0
        assert watchman.calls == [("GET", "/ping")]
        edit("INSERT INTO slot VALUES ('tick', '2026-01-05 01:00:00.000000')")
        ran = qixian("watch")
        assert ran.status == 1
        assert "服务的时钟停了，最近一次推算在 2026-01-05 09:00" in ran.err
        assert len(watchman.calls) == 1
        edit("DELETE FROM slot")
        watchman.fail_next("status:500")
        ran = qixian("watch")
        assert (ran.status, ran.out) == (1, "")
        assert "心跳没有送到：对方回答 HTTP 500" in ran.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('heartbeat = "http://example.gov.cn"', "allow_http"),
        ("minutes = 1", "minutes"),
        ('heartbeat = "env:NOWHERE"', "NOWHERE"),
    ],
)
def test_a_watch_that_cannot_be_kept_is_refused(
    refused: Callable[..., str], folder: Path, line: str, words: str
) -> None:
    (folder / "config.toml").write_text(f"{SETTINGS}[watch]\n{line}\n", encoding="utf-8")
    assert words in refused("watch")
