"""Limits for each member, and two windows at once, as the vendors' servers count them.

Fifty words to the administrator stay fifty, where fifty reminders would become a digest.
"""

from datetime import datetime, timedelta
from pathlib import Path

from engine.database import writing
from engine.deliveries import State
from engine.system_messages import tell_administrator
from tests.scenarios.playing import Office, duty, shanghai, unit
from tests.scenarios.test_unknown_fate import ZHANG, application
from tests.servers.feishu import TOKEN, FeishuServer
from tests.servers.smtp import MailServer
from tests.servers.wecom_application import WecomApplicationServer

MORNING = "2026-09-22 09:00"
ADMIN = '\n[administrator]\naccount = "li"\nchannels = ["app"]\n'


class Hand:
    """The office's clock, for a server that is there before the office."""

    def __init__(self) -> None:
        self.office: Office | None = None

    def __call__(self) -> datetime:
        return self.office.now if self.office else shanghai(MORNING)


def tell(office: Office, number: int) -> None:
    with writing(office.db) as session:
        for place in range(number):
            tell_administrator(session, office.agency, f"{place}", "试", f"{place}", office.now)


def test_a_member_gets_thirty_a_minute_loses_none_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    clock = Hand()
    with (
        WecomApplicationServer(["zhang", "li"], clock) as server,
        Office(tmp_path, application(server.base) + ADMIN + ZHANG, MORNING) as office,
    ):
        clock.office = office
        tell(office, 50)
        office.tick()
        at_once = {user: number(server, user) for user in ("zhang", "li")}
        for _ in range(14):
            office.wait(seconds=5)
        states = {row.state for row in office.deliveries()}
    assert at_once == {"zhang": 1, "li": 30}
    assert number(server, "li") == 50
    assert states == {State.ACCEPTED}


def number(server: WecomApplicationServer, user: str) -> int:
    return len([one for one in server.shown if one.user == user])


def test_feishu_gets_five_a_second_and_a_hundred_a_minute(tmp_path: Path) -> None:
    clock = Hand()
    with FeishuServer(clock=clock) as server:
        settings = f"""
[[channel]]
id = "app"
kind = "feishu_robot"
token = "{TOKEN}"
api_base = "{server.base}"
"""
        with Office(tmp_path, settings + ADMIN, MORNING) as office:
            clock.office = office
            tell(office, 110)
            office.wake()
            assert len(server.received) == 5
            for _ in range(80):
                office.wait(seconds=1)
            states = {row.state for row in office.deliveries()}
    times = [one.at for one in server.received]
    assert server.refused == []
    assert len(times) == 110
    assert states == {State.ACCEPTED}
    assert times[100] - times[0] >= timedelta(seconds=60)


def test_a_mail_server_may_have_a_limit_of_its_own(tmp_path: Path) -> None:
    with MailServer() as letters:
        settings = f"""
[[channel]]
id = "app"
kind = "mail"
host = "127.0.0.1"
port = {letters.port}
ca_file = "{letters.ca_file}"
sender = "qixian@agency.gov.cn"
per_minute = 2
"""
        names = [f"unit-{place}" for place in range(5)]
        for name in names:
            settings += unit(name, name, "app", address=f"{name}@gov.cn")
        with Office(tmp_path, settings + duty("02", *names), MORNING) as office:
            office.tick()
            sent = [len(letters.letters)]
            for _ in range(2):
                office.wait(seconds=64)
                sent.append(len(letters.letters))
    assert sent == [2, 4, 5]
