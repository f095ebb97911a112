"""A robot's long connection as the page 系统, the unit's page, the interface and the metrics show it."""

from dataclasses import replace

import pytest
from httpx import AsyncClient
from office import AGENCY, Office

from engine.accounts import Role
from engine.database import recording
from engine.leases import hold, new_holder
from engine.line_states import bots_of, lease_of, record_end, state_of
from notifiers.registry import build

WHY = "连不上 openws.work.weixin.qq.com，请检查本机的网络、域名解析和防火墙"
HOLDER = new_holder()


@pytest.fixture
def robot() -> Office:
    """The office with a robot, over which 市财政局 is told."""
    bot = build("wecom_bot", {"bot_id": "aibCanary", "secret": "canary"}, AsyncClient())
    finance = replace(AGENCY.units["finance"], channels=("console", "bot"))
    units = {**AGENCY.units, "finance": finance}
    return Office(configured=replace(AGENCY, units=units, channels={**AGENCY.channels, "bot": bot}))


def connected(office: Office) -> None:
    (bots,) = bots_of(office.agency)
    with recording(office.db) as session:
        assert hold(session, lease_of(bots), HOLDER, office.now, office.at("2026-09-25 10:01").now)
        state_of(session, bots).up_since = office.at("2026-09-25 10:00").now


def ended(office: Office) -> None:
    (bots,) = bots_of(office.agency)
    with recording(office.db) as session:
        record_end(session, bots, WHY, office.now, office.now)


def connection(office: Office) -> float:
    (line,) = (
        one for one in office.client.get("/metrics").text.splitlines() if 'channel="bot"' in one
    )
    name, _, value = line.rpartition(" ")
    assert name == 'qixian_line_connected{channel="bot"}'
    return float(value)


def test_a_line_that_stands_says_who_keeps_it(robot: Office) -> None:
    connected(robot)
    console, row = robot.get("/channels")["items"]
    assert console["line"] is None
    holder = HOLDER.partition(" #")[0]
    assert row["line"] == {
        "connected": True,
        "since": "2026-09-25T10:00:00+08:00",
        "held_by": holder,
        "heard_at": None,
        "fault": None,
        "fault_at": None,
    }
    words = f"长连接已接通（2026-09-25 10:00 起，由{holder}维持），心跳正常"
    person = robot.person(Role.ADMINISTRATOR)
    for page in ("/system", "/units/finance"):
        assert words in person.get(page).text
    assert connection(robot) == 1


def test_a_line_that_does_not_says_why_and_what_to_do(robot: Office) -> None:
    assert connection(robot) == 0
    connected(robot)
    ended(robot)
    (_, row) = robot.get("/channels")["items"]
    assert row["line"]["connected"] is False
    assert row["line"]["fault"] == WHY
    assert row["line"]["heard_at"] == row["line"]["fault_at"] == "2026-09-25T10:00:00+08:00"
    assert row["advice"] == f"长连接没有接通：{WHY}；最近一次回应在 2026-09-25 10:00"
    person = robot.person(Role.ADMINISTRATOR)
    for page in ("/system", "/units/finance"):
        assert row["advice"] in person.get(page).text
    level = '<span class="level fault">错误</span></td><td data-label="项目">长连接</td>'
    assert level in person.get("/system").text  # and so in the doctor's findings
    assert connection(robot) == 0
