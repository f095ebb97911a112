"""Ten schedulers at once, each run twice, and their clock moved back: one delivery for each key."""

from collections import Counter
from pathlib import Path

import pytest

from engine.deliveries import State
from tests.scenarios.herd import herd
from tests.scenarios.playing import Office, duty, robot, told, unit
from tests.scenarios.processes import KEYS, MARK
from tests.servers.wecom import WecomServer

PROCESSES = 10
MOMENTS = [
    *("2026-09-22 10:00", "2026-09-22 10:00"),
    *("2026-09-22 09:00", "2026-09-22 09:00"),
    *("2026-09-22 10:01", "2026-09-22 10:01"),
]


@pytest.mark.usefixtures("both_databases")
def test_one_delivery_for_each_key(tmp_path: Path) -> None:
    with WecomServer(KEYS) as server:
        names = [f"unit-{place}" for place in range(len(KEYS))]
        tables = duty("02", *names) + duty("42", *names) + duty("59", *names)
        for name, key in zip(names, KEYS, strict=True):
            tables += robot(f"group-of-{name}", server.base, key)
            tables += unit(name, name, f"group-of-{name}")
        tables += "[reminders]\nspread = false\n"
        with Office(tmp_path, tables, "2026-09-22 08:00") as office:
            herd("tick", tmp_path / "config.toml", PROCESSES, MOMENTS)
            alerts, rows = office.alerts(), office.deliveries()
    # Two monthly matters of each, five working days before they are due, in one message.
    keys = Counter((one.obligation_id, one.rung, one.channel, one.recipient) for one in alerts)
    assert Counter(keys.values()) == {1: 2 * len(names)}
    assert [(row.state, row.attempts) for row in rows] == [(State.ACCEPTED, 1)] * len(names)
    assert Counter(one.key for one in server.received) == dict.fromkeys(KEYS, 1)
    matters = Counter(one.matter for message in server.received for one in told(message.content))
    assert matters == dict.fromkeys((f"{name} 2026年9月" for name in names), 2)
    assert not any(MARK in one.content for one in server.received)
