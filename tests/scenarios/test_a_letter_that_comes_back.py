"""A bounce finds its delivery by the signed address, over the command and over HTTP."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from api.command_line import main
from engine.addresses import AddressState
from engine.bounces import Returned, take_bounce
from engine.database import reading, writing
from engine.deliveries import Delivery, State
from engine.errors import BadBounce
from notifiers.bounce import Verdict
from tests.builders import Box
from tests.notifiers import bounce_samples as samples
from tests.scenarios.playing import Office, duty, mail, unit
from tests.servers.smtp import MailServer

SECRET = "0123456789abcdef0123"
FIRST = "2026-09-22 09:00"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def settings(server: MailServer) -> str:
    returning = (
        'return_path = "bounces+{token}@agency.gov.cn"\n' + f'return_path_secret = "{SECRET}"\n'
    )
    return (
        mail("mail", server.port, server.ca_file)
        + returning
        + unit("finance", "市财政局", "mail", address="gone@unit.gov.cn")
        + duty("02", "finance")
    )


def returned(server: MailServer, sample: bytes) -> bytes:
    """A sample that came back to the envelope's sender of the first letter."""
    sender = server.letters[0].sender.encode()
    ours = samples.ADDRESS.encode()
    return sample.replace(ours, sender).replace(ours.upper(), sender.upper())


def take(office: Office, raw: bytes) -> Returned:
    with writing(office.db) as session:
        return take_bounce(session, office.agency, office.calendar, raw, office.now)


def paused(office: Office) -> list[tuple[str, str]]:
    with reading(office.db) as session:
        rows = session.exec(select(AddressState)).all()
        return [(row.channel, row.recipient) for row in rows if row.paused_at]


# sample             state of the delivery    the address is paused
RESULTS = [
    ("POSTFIX", State.REJECTED, True),
    ("QQ", State.REJECTED, True),
    ("COREMAIL", State.REJECTED, True),
    ("NETEASE", State.REJECTED, True),
    ("POSTFIX_EXPIRED", State.FAILED, False),
    ("NO_ROUTE", State.FAILED, False),
    ("COREMAIL_FULL", State.FAILED, False),
    ("POSTFIX_DELAYED", State.ACCEPTED, False),
    ("HOLIDAY", State.ACCEPTED, False),
]


@pytest.mark.parametrize(("name", "state", "is_paused"), RESULTS)
def test_a_bounce_ends_its_delivery_and_pauses_its_address(
    name: str, state: State, is_paused: bool, tmp_path: Path, server: MailServer
) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        office.tick()
        raw = returned(server, getattr(samples, name))
        first = take(office, raw)
        (delivery,) = office.deliveries()
        assert (delivery.state, first.delivery.id) == (state, delivery.id)
        assert "退信" in delivery.reason
        assert paused(office) == ([("mail", "gone@unit.gov.cn")] if is_paused else [])
        before = office.dump()
        take(office, raw)
        assert office.dump() == before  # the same letter twice changes nothing


@pytest.mark.parametrize("name", ["POSTFIX", "POSTFIX_EXPIRED"])
def test_what_came_back_goes_to_the_fallback_and_the_administrator_is_told(
    name: str, tmp_path: Path, server: MailServer
) -> None:
    text = settings(server).replace("return_path =", 'fallback = "group"\nreturn_path =', 1)
    text += '\n[[channel]]\nid = "group"\nkind = "console"\n'
    text += '\n[administrator]\nname = "王管理"\nchannels = ["group"]\n'
    with Office(tmp_path, text, FIRST) as office:
        group = Box()
        office.replace_channel("group", group)
        office.tick()
        raw = returned(server, getattr(samples, name))
        take(office, raw)
        before = office.dump()
        take(office, raw)
        assert office.dump() == before
        office.wait(seconds=30)
        mail = next(row for row in office.deliveries() if row.channel == "mail")
        told = [message.subject for message in group.messages]
        reminder = next(
            row
            for row in office.deliveries()
            if row.purpose == "reminder" and row.channel == "group"
        )
    assert "已改由渠道“group”发送" in mail.reason
    assert reminder.state is State.ACCEPTED
    assert len(told) == 2
    assert sum(subject.startswith("【期限·系统】") for subject in told) == 1


def test_a_final_word_after_a_preliminary_one_counts(tmp_path: Path, server: MailServer) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        office.tick()
        for sample in (samples.POSTFIX_DELAYED, samples.POSTFIX_EXPIRED, samples.POSTFIX):
            found = take(office, returned(server, sample))
        assert found.bounce.verdict is Verdict.GONE
        assert office.deliveries()[0].state is State.REJECTED


def test_what_nobody_signed_or_long_ago_changes_nothing(tmp_path: Path, server: MailServer) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        office.tick()
        before = office.dump()
        good = returned(server, samples.POSTFIX)
        sender = server.letters[0].sender.encode()
        forged = (
            samples.POSTFIX,
            good.replace(sender, sender.replace(b"bounces", b"bounce")),
            good.replace(sender[-30:], b"0" + sender[-29:]),
            b"",
        )
        for raw in forged:
            with pytest.raises(BadBounce, match="return_path"):
                take(office, raw)
        office.now = office.now.replace(month=11)
        with pytest.raises(BadBounce, match="30天"):
            take(office, good)
        assert office.dump() == before


def test_the_command_takes_a_bounce_from_a_file(
    tmp_path: Path, server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with Office(tmp_path, settings(server), FIRST) as office:
        office.tick()
        with writing(office.db) as session:  # the command reads the real clock
            row = session.exec(select(Delivery)).one()
            row.planned_at = row.planned_at.replace(year=2096)
        config, file = str(tmp_path / "config.toml"), tmp_path / "bounce.eml"

        def run() -> tuple[int, Any]:
            capsys.readouterr()
            with pytest.raises(SystemExit) as end:
                main(["--config", config, "bounce", str(file)])
            return int(str(end.value.code)), capsys.readouterr()

        file.write_bytes(returned(server, samples.POSTFIX))
        status, printed = run()
        assert (status, printed.err) == (0, "")
        assert printed.out.startswith("送达记录 1（mail，gone@unit.gov.cn）：退信：对方邮箱不存在")
        file.write_bytes(samples.POSTFIX)
        status, printed = run()
        assert (status, printed.out) == (2, "")
        assert printed.err.count("\n") == 1
    with sqlite3.connect(tmp_path / "qixian.db") as connection:
        assert connection.execute("SELECT state FROM delivery").fetchall() == [("rejected",)]
    connection.close()
