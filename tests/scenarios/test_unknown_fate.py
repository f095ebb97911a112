"""The far side takes a message over and the line breaks: at most one more, and it says so."""

from datetime import datetime
from pathlib import Path

import pytest

from engine.claims import RESENT_MARK
from engine.deliveries import Delivery, Purpose, State
from notifiers.mail import Mail
from notifiers.message import Message, Outcome, OutcomeKind
from tests.scenarios.playing import Office, duty, robot, shanghai, unit
from tests.servers.smtp import MailServer
from tests.servers.wecom import WecomServer
from tests.servers.wecom_application import AGENT, CORP, SECRET, WecomApplicationServer
from tests.servers.zhezhengding import KEY as ZZD_KEY
from tests.servers.zhezhengding import SECRET as ZZD_SECRET
from tests.servers.zhezhengding import TENANT, ZhezhengdingServer

KEY = "the-key-of-a-robot"
MORNING = "2026-09-22 09:00"
MARK = "（可能重复）"
ZHANG = """
[[unit]]
id = "finance"
name = "财政局"
channels = ["app"]
contacts = [{ name = "张", account = "zhang", mail = "zhang@gov.cn" }]
""" + duty("02", "finance")
ADMIN = '\n[[channel]]\nid = "admin"\nkind = "console"\n[administrator]\nchannels = ["admin"]\n'


class Hand:
    """The office's clock, for a server that is there before the office."""

    def __init__(self) -> None:
        self.office: Office | None = None

    def __call__(self) -> datetime:
        return self.office.now if self.office else shanghai(MORNING)


def application(base: str, more: str = "") -> str:
    return f"""
[[channel]]
id = "app"
kind = "wecom_application"
corp_id = "{CORP}"
secret = "{SECRET}"
agent_id = {AGENT}
api_base = "{base}"
{more}
"""


def zhezhengding(base: str) -> str:
    return f"""
[[channel]]
id = "app"
kind = "zhezhengding"
app_key = "{ZZD_KEY}"
app_secret = "{ZZD_SECRET}"
tenant_id = "{TENANT}"
api_base = "{base}"
"""


def play(office: Office) -> list[Delivery]:
    """A morning, and what became of its reminders."""
    office.tick()
    for _ in range(30):
        office.wait(minutes=1)
    return [row for row in office.deliveries() if row.purpose is Purpose.REMINDER]


def test_an_application_shows_it_once_because_the_same_bytes_come_again(tmp_path: Path) -> None:
    clock = Hand()
    with (
        WecomApplicationServer(["zhang"], clock) as server,
        Office(tmp_path, application(server.base) + ZHANG, MORNING) as office,
    ):
        clock.office = office
        server.fail_next("", "reset_after_accept")
        (row,) = play(office)
    assert (row.state, row.attempts) == (State.ACCEPTED, 2)
    first, second = server.bodies
    assert first == second
    assert MARK not in first["text"]["content"]
    assert len(server.shown) == 1


def test_a_resend_whose_matter_is_done_is_skipped(tmp_path: Path) -> None:
    with (
        WecomApplicationServer(["zhang"]) as server,
        Office(tmp_path, application(server.base) + ZHANG, MORNING) as office,
    ):
        server.fail_next("", "reset_after_accept")
        office.tick()
        office.complete("finance", "2026-09")
        for _ in range(5):
            office.wait(minutes=1)
        (row,) = office.deliveries()
    assert (row.state, row.attempts) == (State.SKIPPED, 1)
    assert len(server.bodies) == 1


def test_the_next_morning_nothing_is_sent_as_it_stood_the_day_before(tmp_path: Path) -> None:
    """A second attempt waits for office hours; by then the far side does not know it again."""
    with (
        WecomApplicationServer(["zhang"]) as server,
        Office(tmp_path, application(server.base) + ZHANG, "2026-09-22 17:59") as office,
    ):
        server.fail_next("", "reset_after_accept")
        office.tick()
        office.now = shanghai("2026-09-23 09:00")
        office.wake()
    first, second = (body["text"]["content"] for body in server.bodies)
    assert "剩5个工作日" in first
    assert "剩4个工作日" in second
    assert second.startswith(MARK)


def test_zhezhengding_shows_it_once(tmp_path: Path) -> None:
    clock = Hand()
    with (
        ZhezhengdingServer(clock) as server,
        Office(tmp_path, zhezhengding(server.base) + ZHANG, MORNING) as office,
    ):
        clock.office = office
        server.fail_next("reset_after_accept")
        (row,) = play(office)
    assert (row.state, row.attempts) == (State.ACCEPTED, 2)
    assert len(server.shown) == 1


class Forgetful:
    """Mail whose first answer is lost after the server has taken the letter over."""

    def __init__(self, real: Mail) -> None:
        self.real, self.lost = real, False
        self.windows, self.addressing, self.users = real.windows, real.addressing, real.users
        self.duplicate_safe, self.markup = real.duplicate_safe, real.markup
        self.limit, self.credential = real.limit, real.credential

    async def send(self, message: Message, now: datetime) -> Outcome:
        outcome = await self.real.send(message, now)
        if self.lost:
            return outcome
        self.lost = True
        return Outcome(OutcomeKind.UNKNOWN, detail="SMTPServerDisconnected", size=outcome.size)


def test_two_letters_have_one_message_id(tmp_path: Path) -> None:
    with MailServer() as letters:
        settings = f"""
[[channel]]
id = "app"
kind = "mail"
host = "127.0.0.1"
port = {letters.port}
ca_file = "{letters.ca_file}"
sender = "qixian@agency.gov.cn"
"""
        with Office(tmp_path, settings + ZHANG, MORNING) as office:
            real = office.agency.channels["app"]
            assert isinstance(real, Mail)
            office.replace_channel("app", Forgetful(real))
            (row,) = play(office)
    assert (row.state, row.attempts) == (State.ACCEPTED, 2)
    first, second = (letter.message for letter in letters.letters)
    assert first["Message-ID"] == second["Message-ID"]
    assert MARK not in str(first["Subject"])
    assert MARK in str(second["Subject"])


def test_where_the_policy_is_never_it_goes_out_once_and_a_person_is_told(tmp_path: Path) -> None:
    with WecomServer({KEY}) as server:
        settings = robot("group", server.base, KEY) + 'unknown = "never"\n' + ADMIN
        settings += unit("finance", "财政局", "group") + duty("02", "finance")
        with Office(tmp_path, settings, MORNING) as office:
            server.fail_next("reset_after_accept")
            (row,) = play(office)
            told = [one.body for one in office.deliveries() if one.purpose is Purpose.SYSTEM]
    assert (row.state, row.attempts) == (State.UNKNOWN, 1)
    assert row.reason == "没有得到明确答复，按配置不再重发，请向收件人核实"
    assert len(server.received) == 1
    (word,) = told
    assert f"送达记录 {row.id}" in word
    assert "是否送达不明" in word


@pytest.mark.parametrize(
    ("unknown", "state", "number"), [("resend", State.ACCEPTED, 2), ("never", State.UNKNOWN, 1)]
)
def test_a_sender_that_died_is_handled_by_the_same_policy(
    tmp_path: Path, unknown: str, state: State, number: int
) -> None:
    with WecomServer({KEY}) as server:
        settings = robot("group", server.base, KEY) + f'unknown = "{unknown}"\n' + ADMIN
        settings += unit("finance", "财政局", "group") + duty("02", "finance")
        with Office(tmp_path, settings, "2026-09-21 09:00") as office:
            office.tick()
            server.fail_next("errcode:-1")
            office.tick(MORNING)
            office.kill_the_sender_of(1)
            office.wait(minutes=4)
            row = office.deliveries()[0]
    assert (row.state, row.attempts) == (state, number)
    assert len(server.received) == number - 1


def test_the_marks_of_repetition_take_the_same_room() -> None:
    assert len(RESENT_MARK.encode()) == len(MARK.encode())
