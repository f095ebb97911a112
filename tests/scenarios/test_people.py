"""Who is told: handlers, heads and leaders by working days over a holiday, and those who stand in."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.absences import add_absence, cancel_absence
from engine.database import writing
from engine.errors import NotAllowed, NotFound
from engine.units import Role
from notifiers.channel import Addressing
from tests.builders import Box
from tests.scenarios.playing import Office, duty, shanghai, wall

PEOPLE = """
[[channel]]
id = "mail"
kind = "console"

[[channel]]
id = "group"
kind = "console"

[[unit]]
id = "office"
name = "市政府办公室"
channels = ["mail"]
contacts = [
  { name = "周科员", mail = "zhou@x.cn" },
  { name = "吴主任", mail = "wu@x.cn", role = "负责人" },
]

[[unit]]
id = "finance"
name = "市财政局"
parent = "office"
channels = ["mail", "group"]
contacts = [
  { name = "李四", mail = "li@x.cn", mobile = "13800000001", substitute = "张三" },
  { name = "张三", mail = "zhang@x.cn", substitute = "李四" },
  { name = "王莉", mail = "wang@x.cn", mobile = "13800000002", role = "负责人", substitute = "周科员" },
  { name = "赵强", mail = "zhao@x.cn", role = "分管领导" },
]
"""


class Played(Office):
    """An office with a mail channel and a group that keep what they are given."""

    def __init__(self, folder: Path, settings: str, now: str) -> None:
        super().__init__(folder, settings, now)
        self.mail = Box(addressing=Addressing.MAIL)
        self.group = Box(addressing=Addressing.GROUP, credential="group")
        self.replace_channel("mail", self.mail)
        if "group" in self.agency.channels:
            self.replace_channel("group", self.group)

    def days(self, first: str, last: str) -> list[tuple[str, str, str]]:
        """Tick each hour of a stretch: when, to whom, on which rungs."""
        self.now = shanghai(f"{first} 00:00")
        while self.now <= shanghai(f"{last} 23:00"):
            self.tick()
            self.now += timedelta(hours=1)
        sent = {row.id: row for row in self.deliveries()}
        told: dict[tuple[int, str], list[str]] = {}
        for alert in self.alerts():
            told.setdefault((alert.delivery_id, alert.recipient), []).append(alert.rung)
        return [
            (wall(sent[id_].planned_at), to.removesuffix("@x.cn"), " ".join(rungs))
            for (id_, to), rungs in told.items()
        ]

    def leave(self, name: str, first: str, last: str, unit: str = "finance") -> int:
        with writing(self.db) as session:
            days = {"first": date.fromisoformat(first), "last": date.fromisoformat(last)}
            who = {"unit": unit, "name": name, "by": "王莉"}
            row = add_absence(session, self.agency, **who, **days, now=self.now)  # type: ignore[arg-type]
            assert row.id
            return row.id


def test_the_ladder_over_the_national_day(tmp_path: Path) -> None:
    """Due on 30 September; 1 to 7 October are off, Saturday the 10th is a make-up day."""
    with Played(tmp_path, PEOPLE + duty("02", "finance"), "2026-09-28 00:00") as office:
        found = office.days("2026-09-28", "2026-10-12")
    by_person: dict[str, list[tuple[str, str]]] = {}
    for when, who, rungs in found:
        by_person.setdefault(who, []).append((when, rungs))
    handlers = [
        ("09-28 09:00", "3"),
        ("09-29 09:00", "1"),
        ("09-30 09:00", "0"),
        ("10-08 09:00", "+1"),
        ("10-09 09:00", "+2"),
        ("10-10 09:00", "+3"),
        ("10-12 09:00", "+4"),
    ]
    assert by_person["li"] == by_person["zhang"] == handlers
    assert by_person["wang"] == [("10-08 09:00", "head+1")]
    assert by_person["zhao"] == [("10-10 09:00", "leader+3")]
    assert by_person["zhou"] == [("10-08 09:00", "superior+1"), ("10-10 09:00", "superior+3")]
    assert "wu" not in by_person  # the head of the unit above has not been asked
    in_group = dict(by_person["group"])
    assert in_group["10-08 09:00"] == "+1 head+1"
    assert in_group["10-10 09:00"] == "+3 leader+3"
    assert in_group["10-09 09:00"] == "+2"


def test_what_each_of_them_reads(tmp_path: Path) -> None:
    with Played(tmp_path, PEOPLE + duty("02", "finance"), "2026-10-08 09:00") as office:
        office.tick()
        by_person = {message.to: message.body for message in office.mail.messages}
        (group,) = office.group.messages
    assert by_person["wang@x.cn"].splitlines()[:6] == [
        "【期限提醒】市财政局：已逾期1项",
        "",
        "【已逾期】",
        "1. 按月公开全市财政收支执行总体情况（2026年9月）",
        "　单位：市财政局（李四、张三）　督办：请王莉催办",
        "　期限：2026-09-30（星期三）到期，已逾期1个工作日",
    ]
    assert "　单位：市财政局（李四、张三）\n" in by_person["li@x.cn"]
    assert "　单位：市财政局（李四、张三）　督办：请催办\n" in by_person["zhou@x.cn"]
    assert "　督办：请王莉催办\n" in group.body
    assert group.mentions == ("13800000001", "13800000002")


def test_a_substitute_hears_meanwhile_and_the_message_names_both(tmp_path: Path) -> None:
    settings = PEOPLE + duty("02", "finance")
    with Played(tmp_path, settings, "2026-09-29 08:00") as office:
        office.leave("李四", "2026-09-30", "2026-10-08")
        office.leave("王莉", "2026-10-08", "2026-10-09")
        found = office.days("2026-09-29", "2026-10-09")
        bodies = {(wall(m.planned_at), m.recipient): m.body for m in office.deliveries()}
        mentions = {
            wall(m.planned_at): m.mentions for m in office.deliveries() if m.channel == "group"
        }
    mine = [(when, rungs) for when, who, rungs in found if who == "li"]
    assert mine == [("09-29 09:00", "1"), ("10-09 09:00", "+2")]
    assert not any(who == "wang" for _, who, _ in found)
    assert "　代办：张三（代李四）\n" in bodies["09-30 09:00", "zhang@x.cn"]
    assert "代办" not in bodies["09-29 09:00", "zhang@x.cn"]
    assert "代办" not in bodies["10-09 09:00", "zhang@x.cn"]
    assert "　代办：张三（代李四）\n" in bodies["09-30 09:00", "group"]
    # 王莉's substitute is of the unit above, and is a superior's handler as well.
    assert "　督办：请周科员（代王莉）催办\n" in bodies["10-08 09:00", "zhou@x.cn"]
    assert (
        "　代办：张三（代李四）　督办：请周科员（代王莉）催办\n" in bodies["10-08 09:00", "group"]
    )
    assert mentions["09-30 09:00"] == ""


def test_where_nobody_of_a_role_is_there_the_next_one_hears(tmp_path: Path) -> None:
    settings = PEOPLE + duty("02", "finance")
    with Played(tmp_path, settings, "2026-09-30 08:00") as office:
        for name in ("李四", "张三"):  # each the other's substitute
            office.leave(name, "2026-09-30", "2026-10-09")
        office.leave("王莉", "2026-10-08", "2026-10-10")
        office.leave("周科员", "2026-10-08", "2026-10-08", "office")
        found = office.days("2026-09-30", "2026-10-08")
        bodies = {(wall(m.planned_at), m.recipient): m.body for m in office.deliveries()}
    heard = {(when, who): rungs for when, who, rungs in found if who != "group"}
    assert heard == {
        ("09-30 09:00", "wang"): "0",
        ("10-08 09:00", "zhao"): "+1 head+1",
        ("10-08 09:00", "wu"): "superior+1",  # of the unit above the handler is away too
    }
    assert "　代办：王莉（代李四、张三）\n" in bodies["09-30 09:00", "wang@x.cn"]
    assert (
        "　代办：赵强（代李四、张三、王莉）　督办：请赵强（代王莉）催办\n"
        in bodies["10-08 09:00", "zhao@x.cn"]
    )
    assert "　督办：请吴主任（代周科员）催办\n" in bodies["10-08 09:00", "wu@x.cn"]


def test_who_comes_back_is_told_what_stands(tmp_path: Path) -> None:
    settings = PEOPLE + duty("02", "finance")
    with Played(tmp_path, settings, "2026-09-29 08:00") as office:
        number = office.leave("李四", "2026-09-29", "2026-10-20")
        office.tick("2026-09-29 09:00")
        with writing(office.db) as session:
            cancel_absence(session, number, by="王莉", now=office.now)
        office.tick("2026-09-29 10:00")
        told = [(row.recipient, row.rung) for row in office.alerts() if row.channel == "mail"]
    assert told == [("zhang@x.cn", "1"), ("li@x.cn", "1")]


@pytest.mark.parametrize(
    ("contacts", "ladder", "expected"),
    [
        # no roles: nothing but what there was
        ('{ name = "甲", mail = "a@x.cn" }', "", {"a": "+1", "zhou": "superior+1"}),
        # a head who cannot be reached: the leader; neither: the unit above, also without its own rungs
        (
            '{ name = "甲", mail = "a@x.cn" }, { name = "乙", role = "负责人" }, '
            '{ name = "丙", mail = "c@x.cn", role = "分管领导" }',
            "",
            {"a": "+1", "c": "head+1", "zhou": "superior+1"},
        ),
        (
            '{ name = "甲", mail = "a@x.cn" }, { name = "乙", role = "负责人" }',
            "superior = []",
            {"a": "+1", "zhou": "head+1"},
        ),
        # a head alone is told what there is to do, and not to press himself
        (
            '{ name = "乙", mail = "b@x.cn", role = "负责人" }',
            "head = []",
            {"b": "+1", "zhou": "superior+1"},
        ),
    ],
)
def test_a_rung_that_nobody_hears_goes_on(
    tmp_path: Path, contacts: str, ladder: str, expected: dict[str, str]
) -> None:
    settings = (
        PEOPLE[: PEOPLE.index('[[unit]]\nid = "finance"')]
        + f"""
[[unit]]
id = "finance"
name = "市财政局"
parent = "office"
channels = ["mail"]
contacts = [{contacts}]

[[ladder]]
id = "default"
{ladder}
"""
    )
    with Played(tmp_path, settings + duty("02", "finance"), "2026-10-08 09:00") as office:
        office.tick()
        told = {row.recipient.removesuffix("@x.cn"): row.rung for row in office.alerts()}
        roles = {row.rung: row.role for row in office.alerts()}
    assert told == expected
    if "head+1" in roles:
        assert roles["head+1"] is (Role.LEADER if "c" in expected else Role.SUPERIOR)


def test_of_hours_the_head_hears_in_the_night(tmp_path: Path) -> None:
    settings = PEOPLE + duty("59", "finance")
    with Played(tmp_path, settings, "2026-10-03 22:00") as office:
        office.event("finance", "2026-10-03 22:00", "演练")
        for moment in ("10-03 22:00", "10-04 01:59", "10-04 02:00", "10-04 03:00"):
            office.tick(f"2026-{moment}")
        told = [
            (wall(row.send_at), row.recipient.removesuffix("@x.cn"), row.rung)
            for row in office.alerts()
            if row.channel == "mail" and row.role is not Role.HANDLER
        ]
    assert told == [
        ("10-04 02:00", "wang", "head:hours"),
        ("10-04 03:00", "zhao", "leader:hours"),
        ("10-04 03:00", "zhou", "superior:hours"),
    ]


def test_an_absence_that_cannot_be_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with Played(tmp_path, PEOPLE, "2026-09-29 08:00") as office:
        office.leave("李四", "2026-09-30", "2026-10-08")
        cases = [
            # name, first, last, unit, refused
            (
                "李四",
                "2026-10-08",
                "2026-10-09",
                "finance",
                NotAllowed,
                "重叠（1 号：李四 2026-09-30至2026-10-08）",
            ),
            ("张三", "2026-10-09", "2026-10-08", "finance", NotAllowed, "早于首日"),
            ("张三", "2025-10-08", "2025-10-09", "finance", NotAllowed, "已经过去"),
            ("孙七", "2026-10-08", "2026-10-09", "finance", NotFound, "没有联系人“孙七”"),
            ("张三", "2026-10-08", "2026-10-09", "nobody", NotFound, "没有编号为“nobody”的单位"),
        ]
        for name, first, last, unit, kind, words in cases:
            with pytest.raises(kind, match=words):
                office.leave(name, first, last, unit)
        office.leave("李四", "2026-10-09", "2026-10-09")
        assert len(office.dump()["absence"]) == 2


def test_one_person_of_several_units_gets_one_message(tmp_path: Path) -> None:
    settings = (
        PEOPLE
        + """
[[unit]]
id = "audit"
name = "市审计局"
channels = ["mail"]
contacts = [{ name = "李四", mail = "li@x.cn" }]
"""
        + duty("02", "finance", "audit")
    )
    with Played(tmp_path, settings, "2026-09-30 09:00") as office:
        office.tick()
        mine = [message.body for message in office.mail.messages if message.to == "li@x.cn"]
    assert len(mine) == 1
    assert "市财政局" in mine[0]
    assert "市审计局" in mine[0]
