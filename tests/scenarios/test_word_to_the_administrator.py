"""What is wrong with the system reaches the administrator, once, over the same outbox."""

from pathlib import Path

import pytest

from engine.database import writing
from engine.deliveries import Purpose, State
from engine.system_messages import LONGEST, tell_administrator
from tests.builders import Box
from tests.scenarios.playing import Office, unit

pytestmark = pytest.mark.usefixtures("both_databases")

SETTINGS = """
[[channel]]
id = "admin"
kind = "console"

[administrator]
name = "王管理"
channels = ["admin"]
""" + unit("gov-office", "市政府办公室")


def test_the_administrator_is_told_once_of_one_occasion(tmp_path: Path) -> None:
    with Office(tmp_path, SETTINGS, "2026-10-03 23:10") as office:  # a holiday, at night
        box = Box()
        office.replace_channel("admin", box)
        for key, text in (("a", "渠道停用"), ("a", "渠道停用"), ("b", "期" * LONGEST)):
            with writing(office.db) as session:
                tell_administrator(session, office.agency, key, "渠道停用", text, office.now)
        office.wake()
        office.wake()
        found = office.deliveries()
        assert [row.state for row in found] == [State.ACCEPTED] * 2
        assert {row.purpose for row in found} == {Purpose.SYSTEM}
        assert [message.subject for message in box.messages] == ["【期限·系统】渠道停用"] * 2
        assert box.messages[0].body == "【期限·系统】渠道停用\n\n渠道停用"
        assert len(box.messages[1].body.encode()) <= LONGEST + 3


def test_without_an_administrator_nothing_is_written(tmp_path: Path) -> None:
    with Office(tmp_path, unit("gov-office", "市政府办公室"), "2026-10-12 09:00") as office:
        with writing(office.db) as session:
            assert tell_administrator(session, office.agency, "a", "甲", "乙", office.now) == 0
        assert office.deliveries() == []
