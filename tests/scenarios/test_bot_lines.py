"""智能机器人的长连接: one process of several holds it, sends over it, and hears what is pressed.

财政局 owes September's figures by 2026-09-30; on 09-22 its two contacts are told, each by a card.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from api.configuration import load_configuration
from engine.acknowledgements import Acknowledgement
from engine.bot_lines import BACKOFF, LEASE, PING_EVERY, BotLine
from engine.clicks import Click
from engine.clock import Clock, read_clock
from engine.current_agency import CurrentAgency
from engine.database import reading
from engine.deliveries import Purpose, State
from engine.line_states import LineNow, bots_of, lines_now
from notifiers.message import OutcomeKind
from notifiers.wecom_bot_line import Line
from tests.scenarios.playing import Office, duty, wait_until
from tests.servers.wecom_bot import BOT, SECRET, WecomBotServer

on_both = pytest.mark.usefixtures("both_databases")

ADMINISTRATOR = """
[[channel]]
id = "admin"
kind = "console"

[administrator]
name = "王管理"
channels = ["admin"]
"""
MORNING = "2026-09-22 09:00"
ROOT = Path(__file__).parents[2]


def settings(server: WecomBotServer, secret: str = SECRET) -> str:
    return f"""
[[channel]]
id = "bot"
kind = "wecom_bot"
bot_id = "{BOT}"
secret = "{secret}"
api_base = "{server.base}"

[[unit]]
id = "finance"
name = "财政局"
channels = ["bot"]
contacts = [{{ name = "张三", account = "zhang" }}, {{ name = "李四", account = "li" }}]
""" + duty("02", "finance")


@pytest.fixture
def server() -> Iterator[WecomBotServer]:
    with WecomBotServer() as opened:
        yield opened


@contextmanager
def line(
    office: Office, lease: timedelta = LEASE, ping_every: float = PING_EVERY
) -> Iterator[BotLine]:
    (bots,) = bots_of(office.agency)
    kept = BotLine(
        office.db,
        bots,
        lambda: office.agency,
        lambda: office.calendar,
        lambda: office.now,
        lease,
        ping_every,
    )
    kept.start()
    try:
        yield kept
    finally:
        kept.stop()


@pytest.fixture
def office(tmp_path: Path, server: WecomBotServer) -> Iterator[Office]:
    with Office(tmp_path, settings(server), MORNING) as opened:
        yield opened


def card_of(server: WecomBotServer, account: str) -> str:
    (body,) = (one for one in server.bodies if one["chatid"] == account)
    return str(body["template_card"]["task_id"])


def acknowledgements(office: Office) -> list[tuple[str, str]]:
    with reading(office.db) as session:
        return [(row.by, row.via.value) for row in session.exec(select(Acknowledgement)).all()]


def clicks(office: Office) -> list[Click]:
    with reading(office.db) as session:
        return list(session.exec(select(Click)).all())


def line_of(office: Office) -> LineNow:
    with reading(office.db) as session:
        return lines_now(session, office.agency, office.now)["bot"]


def told(office: Office) -> list[str]:
    """What the administrator was told of."""
    rows = [row for row in office.deliveries() if row.purpose is Purpose.SYSTEM]
    return [row.subject.removeprefix("【期限·系统】") for row in rows]


def states(office: Office) -> list[State]:
    return [row.state for row in office.deliveries()]


@on_both
def test_a_card_goes_out_and_pressed_three_times_over_is_one_acknowledgement(
    server: WecomBotServer, office: Office
) -> None:
    with line(office):
        server.wait_for(1)
        office.tick()
        assert states(office) == [State.ACCEPTED] * 2
        card = card_of(server, "zhang")
        assert server.cards[card]["button_list"] == [{"text": "签收", "style": 1, "key": "ack"}]
        event = server.click("zhang", card)
        server.click("zhang", card, msgid=event)
        server.click("zhang", card, msgid=event)
        server.click("li", card_of(server, "li"))  # read after the three
        server.wait_for_updates(2)
    assert acknowledgements(office) == [("张三", "wecom")]
    assert [(row.account, row.finished_at is not None) for row in clicks(office)] == [
        ("zhang", True),
        ("li", True),
    ]
    assert [one["task_id"] for one in server.updates] == [card, card_of(server, "li")]
    for update in server.updates:
        assert update["button_list"][0]["text"] == "✓ 张三已签收"
        assert update["sub_title_text"] == server.cards[card]["sub_title_text"]


def test_who_was_not_told_cannot_acknowledge(server: WecomBotServer, office: Office) -> None:
    with line(office):
        server.wait_for(1)
        office.tick()
        server.click("wang", card_of(server, "zhang"))
        server.click("zhang", "no-card-of-ours")
        server.click("zhang", card_of(server, "zhang"))
        server.wait_for_updates(1)
    assert acknowledgements(office) == [("张三", "wecom")]
    assert [row.words for row in clicks(office)] == ["", "✓ 张三已签收"]


def test_in_a_group_it_is_the_contact_who_pressed(server: WecomBotServer, tmp_path: Path) -> None:
    tables = settings(server).replace("api_base", 'chat_id = "wrkSFfCgAA"\napi_base')
    with Office(tmp_path, tables, MORNING) as office, line(office):
        server.wait_for(1)
        office.tick()
        (card,) = server.cards
        server.click("wang", card, chat="wrkSFfCgAA")
        server.click("li", card, chat="wrkSFfCgAA")
        server.wait_for_updates(1)
        assert acknowledgements(office) == [("李四", "wecom")]


def test_after_a_restart_the_chat_is_told_instead_of_the_card(
    server: WecomBotServer, office: Office, tmp_path: Path
) -> None:
    with line(office):
        server.wait_for(1)
        office.tick()
    card = card_of(server, "zhang")
    with Office(tmp_path, settings(server), MORNING) as restarted, line(restarted):
        server.wait_for(2)
        server.click("zhang", card)
        server.wait_for_bodies(3)
    assert server.bodies[2]["chatid"] == "zhang"
    assert server.bodies[2]["markdown"]["content"].startswith("✓ 张三已签收：")
    assert acknowledgements(office) == [("张三", "wecom")]


@on_both
def test_of_two_processes_one_is_connected_and_only_it_sends(
    server: WecomBotServer, office: Office, tmp_path: Path
) -> None:
    with Office(tmp_path, settings(server), MORNING) as other:
        with line(office):
            server.wait_for(1)
            with line(other) as second:
                other.tick()
                assert second.channels == ()
                assert states(other) == [State.QUEUED] * 2
                assert other.attempts() == []
                office.wake()
                assert states(office) == [State.ACCEPTED] * 2
        assert (server.signed_in, server.displaced, len(server.bodies)) == (1, 0, 2)
        with line(other):  # the lease was given back
            server.wait_for(2)


@on_both
def test_when_the_leader_is_killed_another_takes_over(
    server: WecomBotServer, office: Office, tmp_path: Path
) -> None:
    (bots,) = bots_of(office.agency)
    lease = timedelta(seconds=2)
    command = [sys.executable, "-m", "tests.scenarios.bot_process"]
    leader = subprocess.Popen([*command, str(tmp_path / "config.toml"), "2"], cwd=ROOT)
    server.wait_for(1)
    kept = BotLine(
        office.db, bots, lambda: office.agency, lambda: office.calendar, read_clock, lease
    )
    kept.start()
    try:
        assert kept.channels == ()
        leader.kill()
        leader.wait()
        server.wait_for(2)
        office.tick()
    finally:
        kept.stop()
    assert states(office) == [State.ACCEPTED] * 2
    assert server.displaced == 0
    # With the lease of the daemon: it ends, somebody looks, and connects.
    assert LEASE + LEASE / 6 + timedelta(seconds=BACKOFF[0] + 10) < timedelta(seconds=60)


def test_a_line_that_breaks_is_connected_again(server: WecomBotServer, office: Office) -> None:
    with line(office):
        server.wait_for(1)
        server.hang_up()
        server.wait_for(2)
        office.tick()
        assert states(office) == [State.ACCEPTED] * 2
    assert server.displaced == 0


def test_of_a_line_that_was_cut_it_is_known_when_it_last_answered(
    server: WecomBotServer, office: Office
) -> None:
    with line(office, ping_every=0.0):
        server.wait_for(1)
        wait_until(lambda: line_of(office).connected)
        office.now += timedelta(seconds=25)
        pings = server.pings
        wait_until(lambda: server.pings >= pings + 2)
        server.hang_up()
        wait_until(lambda: line_of(office).fault != "")
        found = line_of(office)
    assert found.fault == "连接被企业微信或网络断开，会自动重新接通"
    assert (found.heard_at, found.fault_at) == (office.now, office.now)


def test_without_the_subscription_nothing_is_lost_and_the_line_is_connected_again(
    server: WecomBotServer, office: Office
) -> None:
    server.fault = "846609"  # while pings are answered
    with line(office):
        server.wait_for(1)
        office.tick()
        assert states(office) == [State.QUEUED] * 2
        assert not any(row.possible_duplicate for row in office.deliveries())
        server.fault = ""
        server.wait_for(2)
        wait_until(lambda: line_of(office).connected)
        assert "企业微信已不认这条连接" in line_of(office).fault
        office.wait(minutes=1)
        assert states(office) == [State.ACCEPTED] * 2


def test_who_takes_the_line_is_told_of(server: WecomBotServer, office: Office) -> None:
    other = Line(server.base.replace("http", "ws"))
    with line(office):
        server.wait_for(1)
        wait_until(lambda: line_of(office).connected)
        other.open(BOT, SECRET)
        wait_until(lambda: line_of(office).fault != "")
        found = line_of(office)
    other.close()
    assert (found.connected, found.heard_at) == (False, office.now)
    assert found.fault.startswith("同一个机器人在别处接通，这里的连接被断开；请停掉")
    assert f"的进程 {os.getpid()}" in found.holder


def test_a_server_that_is_not_reached_is_told_of(office: Office, server: WecomBotServer) -> None:
    server.__exit__(None, None, None)
    with line(office):
        wait_until(lambda: line_of(office).fault != "")
    host = server.base.removeprefix("http://")
    assert line_of(office).fault == f"连不上 {host}，请检查本机的网络、域名解析和防火墙"


def test_a_refused_secret_disables_the_channel_and_tells_of_it_at_once(
    tmp_path: Path, server: WecomBotServer
) -> None:
    tables = settings(server, "canary-wrong") + ADMINISTRATOR
    with Office(tmp_path, tables, MORNING) as office:
        with line(office), server.changed:
            assert server.changed.wait_for(lambda: len(server.refused) >= 2, 30)
        assert "bot_id 和 secret" in office.channel("bot").disabled_reason
        assert line_of(office).fault.endswith("重新复制 bot_id 和 secret（错误码 853000）")
        assert told(office) == ["渠道“bot”已停用"]
        server.secret = "canary-wrong"  # the administrator put it right over there
        with line(office, timedelta(hours=1)):
            server.wait_for(1)
            server.click("zhang", "nothing")  # read after what signing in meant was written
            office.wake()
            for _ in range(2):
                office.now += timedelta(minutes=1)
                office.tick()
        assert office.channel("bot").disabled_reason == ""
        assert told(office) == ["渠道“bot”已停用", "渠道“bot”的长连接已恢复"]


def test_without_an_answer_it_is_sent_again_and_marked(
    server: WecomBotServer, office: Office
) -> None:
    server.fault = "drop"
    with line(office):
        server.wait_for(1)
        office.tick()
        assert {row.state for row in office.deliveries()} == {State.QUEUED}
        assert any(row.possible_duplicate for row in office.deliveries())
        server.fault = ""
        server.wait_for(2)
        office.wait(minutes=30)
        assert states(office) == [State.ACCEPTED] * 2
    assert any("（可能重复）" in str(body.get("markdown")) for body in server.bodies)


@on_both
def test_of_two_running_processes_the_one_with_the_line_sends(
    server: WecomBotServer, tmp_path: Path
) -> None:
    now = read_clock()
    tables = settings(server) + duty("59", "finance", since="2020-01-01")
    with Office(tmp_path, tables, now) as office:  # on any day and at any hour
        office.event("finance", now - timedelta(minutes=1), "突发事件")
        clocks = [process(office, tmp_path), process(office, tmp_path)]
        for clock in clocks:
            clock.start()
        try:
            server.wait_for_bodies(2)
        finally:
            for clock in clocks:
                clock.stop()
        assert {body["chatid"] for body in server.bodies} == {"zhang", "li"}
        assert {row.outcome for row in office.attempts()} == {OutcomeKind.ACCEPTED}
    assert server.displaced == 0


def process(office: Office, folder: Path) -> Clock:
    """The clock of one of several processes."""
    read = load_configuration(folder / "config.toml")
    return Clock(office.db, CurrentAgency(office.db, read.agency, read.files), office.calendar)
