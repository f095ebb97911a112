"""A robot's line that does not stand: the administrator hears of it once, the recipients on the fallback."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.database import reading, recording, writing
from engine.deliveries import Purpose, State
from engine.leases import hold, new_holder, release
from engine.line_states import bots_of, lease_of, lines_now, record_end, state_of
from engine.watching import missing
from tests.builders import Box
from tests.scenarios.playing import Office, duty

pytestmark = pytest.mark.usefixtures("both_databases")

MORNING = "2026-09-22 09:00"
WHY = "连不上 openws.work.weixin.qq.com，请检查本机的网络、域名解析和防火墙"
HOLDER = new_holder()
SETTINGS = """
[[channel]]
id = "bot"
kind = "wecom_bot"
bot_id = "aibCanaryBot"
secret = "canary-secret-of-the-robot"
fallback = "spare"

[[channel]]
id = "spare"
kind = "console"

[administrator]
name = "王管理"
channels = ["spare"]

[[unit]]
id = "finance"
name = "财政局"
channels = ["bot"]
contacts = [{ name = "张三", account = "zhang" }]
""" + duty("02", "finance")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Without a process that keeps the line: the tests say how it stands."""
    with Office(tmp_path, SETTINGS, MORNING) as opened:
        opened.replace_channel("spare", Box())
        yield opened


def connected(office: Office) -> None:
    """A process holds the line from now on."""
    (bots,) = bots_of(office.agency)
    with recording(office.db) as session:
        assert hold(session, lease_of(bots), HOLDER, office.now, office.now + timedelta(days=1))
        state_of(session, bots).up_since = office.now


def ended(office: Office) -> None:
    (bots,) = bots_of(office.agency)
    with recording(office.db) as session:
        record_end(session, bots, WHY, office.now - timedelta(seconds=20), office.now)


def killed(office: Office) -> None:
    """The process ended without a word; its lease runs out."""
    (bots,) = bots_of(office.agency)
    with recording(office.db) as session:
        release(session, lease_of(bots), HOLDER)


def minutes(office: Office, number: int) -> None:
    """The clock of the daemon goes on."""
    for _ in range(number):
        office.now += timedelta(minutes=1)
        office.tick()


def words(office: Office) -> list[str]:
    """What the administrator was told."""
    return [row.body for row in office.deliveries() if row.purpose is Purpose.SYSTEM]


def in_words(office: Office) -> str:
    with reading(office.db) as session:
        return lines_now(session, office.agency, office.now)["bot"].in_words


def test_a_line_that_does_not_stand_is_told_once_and_once_that_it_is_back(office: Office) -> None:
    connected(office)
    minutes(office, 3)
    ended(office)
    minutes(office, 5)
    assert words(office) == []
    minutes(office, 60)
    (down,) = words(office)
    assert down.startswith(
        "【期限·系统】渠道“bot”的长连接中断\n\n长连接没有接通（2026-09-22 09:04 起）"
    )
    assert WHY in down
    assert "“bot”上有 1 条消息在等待，等满 30 分钟的改由备用渠道“spare”发送" in down
    connected(office)
    minutes(office, 60)
    assert words(office) == [
        down,
        "【期限·系统】渠道“bot”的长连接已恢复\n\n长连接已于 2026-09-22 10:08 接通，等待的消息照常发出。",
    ]
    ended(office)
    minutes(office, 10)
    assert len(words(office)) == 3


def test_a_line_that_is_cut_for_a_moment_is_not_told(office: Office) -> None:
    for _ in range(10):
        connected(office)
        minutes(office, 2)
        ended(office)
        minutes(office, 3)
    assert words(office) == []


def test_a_line_that_is_ended_again_and_again_is_told(office: Office) -> None:
    for _ in range(10):
        connected(office)
        office.now += timedelta(seconds=30)
        ended(office)
        office.now += timedelta(seconds=30)
        office.tick()
    assert len(words(office)) == 1


def test_a_line_that_no_process_keeps_is_told(office: Office) -> None:
    minutes(office, 6)
    (never,) = words(office)
    assert "没有进程在维持它，请启动 qixian serve" in never
    connected(office)
    minutes(office, 2)
    ended(office)
    connected(office)
    killed(office)
    minutes(office, 6)
    assert "没有进程在维持它，请启动 qixian serve" in words(office)[2]


def test_it_says_how_it_stands(office: Office) -> None:
    assert in_words(office) == "长连接没有接通：没有进程在维持它，请启动 qixian serve"
    connected(office)
    holder = HOLDER.partition(" #")[0]
    begun = f"长连接已接通（2026-09-22 09:00 起，由{holder}维持），心跳正常"
    assert in_words(office) == begun
    office.now += timedelta(minutes=1)
    ended(office)
    heard = "最近一次回应在 2026-09-22 09:00"
    assert in_words(office) == f"长连接没有接通：{WHY}；{heard}"
    office.tick()
    assert in_words(office) == f"长连接没有接通（2026-09-22 09:01 起）：{WHY}；{heard}"
    connected(office)
    assert in_words(office).endswith(f"心跳正常；上次中断在 2026-09-22 09:01，{WHY}")


def test_what_waits_for_the_line_goes_to_the_fallback_after_the_usual_time(office: Office) -> None:
    box = office.agency.channels["spare"]
    assert isinstance(box, Box)
    office.tick()
    (waiting,) = office.deliveries()
    assert (waiting.channel, waiting.state) == ("bot", State.QUEUED)
    office.wait(minutes=29)
    assert box.messages == []
    office.wait(minutes=2)
    office.wake()  # the next of the daemon, five seconds later
    assert [(row.channel, row.state) for row in office.deliveries()] == [
        ("bot", State.SKIPPED),
        ("spare", State.ACCEPTED),
    ]
    assert "财政局" in box.messages[0].body
    connected(office)
    minutes(office, 5)
    assert len(box.messages) == 1


def test_what_waits_for_the_line_is_explained_to_who_watches(office: Office) -> None:
    office.tick()
    ended(office)
    office.now += timedelta(minutes=11)
    (late,) = missing(office.db, office.agency, office.calendar, office.now, timedelta(minutes=10))
    assert late.why.endswith(f"{WHY}；最近一次回应在 2026-09-22 08:59")


def test_looking_at_it_writes_nothing(office: Office) -> None:
    connected(office)
    minutes(office, 3)
    before = office.dump()["line"]
    minutes(office, 30)
    assert office.dump()["line"] == before
    with writing(office.db) as session:
        (bots,) = bots_of(office.agency)
        row = state_of(session, bots)
        assert (row.down_since, row.told_at) == (None, None)
