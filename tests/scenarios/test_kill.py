"""The daemon, killed and asked to stop: it loses nothing, and what arrives twice says so.

Real processes on the real clock. Each point at which a worker can die: tests/chaos.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import read_clock
from engine.deliveries import State
from tests.scenarios.playing import Office, wait_until
from tests.scenarios.processes import (
    KEYS,
    MARK,
    SilentServer,
    prepare,
    serving,
    settings,
    states,
)

pytestmark = pytest.mark.usefixtures("both_databases")


def test_the_daemon_is_killed_in_the_middle_of_a_delivery(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        server.fail_next("silent")
        with serving(config):
            wait_until(server.on_the_wire.is_set)
        server.go_on.set()
        wait_until(lambda: len(server.received) == 1)
        with serving(config) as daemon:  # the lease of the dead one runs for three minutes
            wait_until(daemon.ready)
        assert states(config) == [State.SENDING]
        assert len(server.received) == 1
        later = read_clock() + timedelta(minutes=4)
        with Office(tmp_path, config.read_text(encoding="utf-8"), later) as office:
            office.tick()
            office.tick()
        assert states(config) == [State.ACCEPTED]
    first, second = server.received
    assert MARK not in first.content
    assert MARK in second.content


def test_the_daemon_asked_to_stop_finishes_what_is_on_the_wire(tmp_path: Path) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server))
        server.fail_next("silent")
        with serving(config) as daemon:
            wait_until(server.on_the_wire.is_set)
            wait_until(daemon.answers)
            daemon.terminate()
            wait_until(lambda: not daemon.answers())
            assert not daemon.ended()
            server.go_on.set()
            wait_until(daemon.ended)
        assert states(config) == [State.ACCEPTED]
    assert len(server.received) == 1


def test_two_daemons_over_one_database_send_each_message_once(
    tmp_path: Path, both_databases: str
) -> None:
    with SilentServer() as server:
        config = prepare(tmp_path, settings(server, number=5))
        with serving(config) as one, serving(config) as other:
            wait_until(lambda: one.ready() and other.ready())
            wait_until(lambda: len(server.received) == len(KEYS))
            wait_until(lambda: states(config) == [State.ACCEPTED] * len(KEYS))
            warned = "已有一个期限服务在使用同一个数据库文件" in other.logged()
        assert warned == (both_databases == "sqlite")
    assert sorted(one.key for one in server.received) == KEYS
    assert not any(MARK in one.content for one in server.received)
