"""Of two hundred people exactly those who hear nothing are named."""

from pathlib import Path

from engine.addresses import pause
from engine.channels import ChannelState
from engine.database import reading, writing
from engine.deliveries import Purpose
from engine.reachability import unreachable_people
from notifiers.channel import Addressing
from tests.builders import Box
from tests.scenarios.playing import Office, duty

DEAF = (3, 40, 77, 101, 150, 163, 199)


def settings(administrator: bool = False) -> str:
    """Twenty units of ten people each; seven have no address."""
    text = "".join(f'[[channel]]\nid = "{id_}"\nkind = "console"\n' for id_ in ("mail", "chat", "admin"))  # fmt: skip
    if administrator:
        text += '[administrator]\nname = "管理员"\nchannels = ["admin"]\n'
    for place in range(20):
        people = []
        for number in range(place * 10, place * 10 + 10):
            address = f', mail = "p{number}@x.cn"' if number % 2 else f', account = "p{number}"'
            people.append(f'{{ name = "第{number}人"{"" if number in DEAF else address} }}')
        text += f'[[unit]]\nid = "u{place}"\nname = "第{place}单位"\nchannels = ["mail", "chat"]\n'
        text += f"contacts = [{', '.join(people)}]\n"
    return text + duty("02", *(f"u{place}" for place in range(20)))


def played(folder: Path, text: str, now: str) -> Office:
    office = Office(folder, text, now)
    office.replace_channel("mail", Box(addressing=Addressing.MAIL))
    office.replace_channel("chat", Box(addressing=Addressing.PERSON, credential="chat"))
    return office


def test_seven_of_two_hundred_hear_nothing(tmp_path: Path) -> None:
    with played(tmp_path, settings(), "2026-09-30 09:00") as office:
        with reading(office.db) as session:
            found = unreachable_people(session, office.agency)
        assert [one.contact.name for one in found] == [f"第{number}人" for number in DEAF]
        assert found[0].in_words == (
            "第0单位第3人（承办人）：没有填写邮箱 mail（渠道 mail）；没有填写账号 account（渠道 chat）"
        )
        with writing(office.db) as session:
            for channel, address in (("mail", "p1@x.cn"), ("chat", "p9")):
                pause(session, office.agency, channel, address, "查无此人", office.now)
        with reading(office.db) as session:
            found = unreachable_people(session, office.agency)
        names = [one.contact.name for one in found]
        assert names == ["第1人", *(f"第{number}人" for number in DEAF)]


def test_a_disabled_channel_reaches_nobody(tmp_path: Path) -> None:
    with played(tmp_path, settings(), "2026-09-30 09:00") as office:
        with writing(office.db) as session:
            session.get_one(ChannelState, "mail").disabled_reason = "机器人已被移除"
        with reading(office.db) as session:
            found = unreachable_people(session, office.agency)
    assert len(found) == len({n for n in range(200) if n % 2 or n in DEAF})
    assert "渠道 mail 已停用" in found[0].reason


def test_the_administrator_is_told_once_a_working_day(tmp_path: Path) -> None:
    with played(tmp_path, settings(administrator=True), "2026-09-30 08:00") as office:
        admin = Box(credential="admin")
        office.replace_channel("admin", admin)
        for moment in ("09-30 08:00", "09-30 09:00", "09-30 15:00", "10-01 10:00", "10-08 09:00"):
            office.tick(f"2026-{moment}")
        told = [row for row in office.deliveries() if row.purpose is Purpose.SYSTEM]
        assert [message.subject for message in admin.messages] == ["【期限·系统】有7位联系人收不到提醒"] * 2  # fmt: skip
        assert len(told) == 2
        assert "7. 第19单位第199人（承办人）" in admin.messages[0].body


def test_where_all_are_reached_nobody_is_troubled(tmp_path: Path) -> None:
    text = settings(administrator=True).replace('"mail", "chat"]', '"mail", "chat", "admin"]')
    with played(tmp_path, text, "2026-09-30 09:00") as office:
        office.replace_channel("admin", Box(credential="admin"))
        office.tick()
        assert not [row for row in office.deliveries() if row.purpose is Purpose.SYSTEM]
