"""qixian resend, and the address that send-test brings back."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from qixian_command import Run

from engine.addresses import pause, paused
from engine.database import reading, writing
from engine.deliveries import State
from tests.scenarios.playing import EVENT, Office, duty, unit
from tests.scenarios.test_fallback import Always
from tests.scenarios.test_sent_again_by_hand import TOO_LONG
from tests.servers.smtp import MailServer

CONSOLE = '\n[[channel]]\nid = "group"\nkind = "console"\n'
SETTINGS = CONSOLE + unit("finance", "财政局", "group") + duty("59", "finance", since="2020-01-01")
WHO = ("--by", "王莉", "--reason", "没有看到")


@pytest.fixture
def rejected(folder: Path) -> Path:
    """A database whose only delivery, of now, was rejected."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    with Office(folder, SETTINGS, now) as office:
        office.event("finance", now - timedelta(minutes=1), EVENT)
        office.replace_channel("group", Always(TOO_LONG))
        office.tick()
        assert [row.state for row in office.deliveries()] == [State.REJECTED]
    return folder


def test_one_by_its_number(rejected: Path, qixian: Run) -> None:
    ran = qixian("resend", "1", *WHO)
    assert (ran.status, ran.out) == (0, "重新发送 1 条（新的送达记录 2）。\n")
    with sqlite3.connect(rejected / "qixian.db") as connection:
        rows = connection.execute("SELECT state, resend_of FROM delivery ORDER BY id").fetchall()
    connection.close()
    assert rows == [("rejected", None), ("queued", 1)]


@pytest.mark.usefixtures("rejected")
def test_those_of_a_time(qixian: Run) -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    days = ("--from", f"{today - timedelta(days=1)}", "--to", f"{today}")
    assert qixian("resend", *days, *WHO, "--json").row == {
        "resent": [{"id": 2, "resend_of": 1}],
        "skipped": [],
    }
    ran = qixian("resend", *days, *WHO)
    assert ran.out == "重新发送 0 条。\n跳过 1 条（1）：已经在重新发送。\n"


# the line                                             the sentence
REFUSALS = [
    (("resend", *WHO), "请给出送达记录的编号，或用 --from 和 --to 给出一段时间，二者选一"),
    (("resend", "1", "--from", "2026-09-01", *WHO), "二者选一"),
    (("resend", "--from", "2026-09-01", *WHO), "--from 和 --to 要一起给出"),
    (("resend", "1", "--channel", "group", *WHO), "--channel 只与 --from 和 --to 一起用"),
    (("resend", "1", "--by", " ", "--reason", "x"), "--by 不能是空的"),
    (("resend", "1", "--by", "王莉"), "--reason"),
    (("resend", "7", *WHO), "没有编号为 7 的送达记录"),
    (("resend", "--from", "昨天", "--to", "今天", *WHO), "不是日期或时刻"),
]


@pytest.mark.parametrize(("line", "sentence"), REFUSALS)
@pytest.mark.usefixtures("rejected")
def test_what_does_not_fit_is_refused(
    refused: Callable[..., str], line: tuple[str, ...], sentence: str
) -> None:
    assert sentence in refused(*line)


def test_an_accepted_test_message_brings_a_paused_address_back(folder: Path, qixian: Run) -> None:
    with MailServer() as letters:
        settings = f"""
[[channel]]
id = "mail"
kind = "mail"
host = "127.0.0.1"
port = {letters.port}
ca_file = "{letters.ca_file}"
sender = "qixian@agency.gov.cn"
"""
        now = datetime.now(ZoneInfo("Asia/Shanghai"))
        with Office(folder, settings, now) as office:
            with writing(office.db) as session:
                for name in ("zhang", "li"):
                    pause(session, office.agency, "mail", f"{name}@gov.cn", "退信", now)
            assert qixian("send-test", "mail", "--to", "zhang@gov.cn").status == 0
            with reading(office.db) as session:
                assert paused(session) == {("mail", "li@gov.cn")}
