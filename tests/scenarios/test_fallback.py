"""What a channel cannot deliver goes out on its fallback, once, to the same people."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.configuration import load_configuration
from api.errors import BadConfig
from engine.addresses import pause, paused, resume
from engine.channels import ChannelState
from engine.database import reading, writing
from engine.deliveries import Delivery, Purpose, State
from engine.digest import DUPLICATE_MARK
from engine.obligations import Obligation
from notifiers.channel import Addressing
from notifiers.message import Fault, Message, Outcome, OutcomeKind
from tests.builders import Box
from tests.scenarios.playing import Office, duty, robot, told, unit
from tests.servers.smtp import MailServer
from tests.servers.wecom import WecomServer

KEY = "the-key-of-a-robot"
MORNING = "2026-09-22 09:00"
REFUSED = Outcome(OutcomeKind.REJECTED, Fault.CONFIG, advice="机器人已被移除。")
NOBODY = Outcome(OutcomeKind.REJECTED, Fault.RECIPIENT, advice="查无此人。")
UNREACHED = Outcome(OutcomeKind.RETRY, hold=True, advice="连接不上。")


class Scripted(Box):
    """A channel that answers what it is told to: by address, else for all; at last yes."""

    def __init__(
        self, *answers: Outcome, by_address: dict[str, Outcome] | None = None, **more: Any
    ) -> None:
        super().__init__(**more)
        self.answers, self.by_address = list(answers), by_address or {}

    async def send(self, message: Message, now: datetime) -> Outcome:
        await super().send(message, now)
        if message.to in self.by_address:
            return self.by_address[message.to]
        return self.answers.pop(0) if self.answers else Outcome(OutcomeKind.ACCEPTED)


class Always(Box):
    """A channel with one answer."""

    def __init__(self, answer: Outcome, **more: Any) -> None:
        super().__init__(**more)
        self.answer = answer

    async def send(self, message: Message, now: datetime) -> Outcome:
        await super().send(message, now)
        return self.answer


def consoles(**fallbacks: str) -> str:
    """Channels by id, each with its fallback; tests put something else in their place."""
    tables = ""
    for id_, fallback in {**fallbacks, "admin": ""}.items():
        tables += f'\n[[channel]]\nid = "{id_}"\nkind = "console"\n'
        tables += f'fallback = "{fallback}"\n' if fallback else ""
    return tables + '\n[administrator]\nname = "王管理"\nchannels = ["admin"]\n'


PEOPLE = """
[[unit]]
id = "finance"
name = "财政局"
channels = ["app"]
contacts = [
  { name = "张", account = "zhang", mail = "zhang@gov.cn" },
  { name = "王", account = "wang", mail = "wang@gov.cn" },
  { name = "李", account = "li", mail = "li@gov.cn" },
]
"""


def person(**more: Any) -> dict[str, Any]:
    return {"addressing": Addressing.PERSON, **more}


def mailbox(**more: Any) -> dict[str, Any]:
    return {"addressing": Addressing.MAIL, "credential": "mail", **more}


def words_to_the_administrator(office: Office) -> list[str]:
    return [row.subject for row in office.deliveries() if row.purpose is Purpose.SYSTEM]


def reminders(office: Office) -> list[Delivery]:
    return [row for row in office.deliveries() if row.purpose is Purpose.REMINDER]


def by_recipient(office: Office) -> dict[tuple[str, str], State]:
    return {(row.channel, row.recipient): row.state for row in reminders(office)}


def test_a_removed_robot_gives_its_messages_to_mail_within_a_minute_and_is_not_called_again(
    tmp_path: Path,
) -> None:
    with WecomServer(set()) as server, MailServer() as letters:
        settings = robot("group", server.base, KEY) + 'fallback = "mail"\n'
        settings += f"""
[[channel]]
id = "mail"
kind = "mail"
host = "127.0.0.1"
port = {letters.port}
ca_file = "{letters.ca_file}"
sender = "qixian@agency.gov.cn"

[administrator]
mail = "admin@gov.cn"
channels = ["mail"]
"""
        settings += PEOPLE.replace('"app"', '"group"') + duty("02", "finance")
        with Office(tmp_path, settings, MORNING) as office:
            office.tick()
            for _ in range(12):
                office.wait(seconds=5)
            told_at = office.now
            office.tick("2026-09-24 09:00")  # the next rung
            for _ in range(12):
                office.wait(seconds=5)
            attempts = [one for one in office.attempts() if one.provider == "wecom_robot"]
            states = [row.state for row in reminders(office) if row.channel == "group"]
            reasons = {row.reason for row in reminders(office) if row.channel == "group"}
            in_time = [row for row in reminders(office) if row.planned_at <= told_at]
    assert len(attempts) == 1
    assert states == [State.SKIPPED] * 2
    assert reasons == {"已改由渠道“mail”发送"}
    assert [row.recipient for row in in_time[1:]] == ["zhang@gov.cn", "wang@gov.cn", "li@gov.cn"]
    addresses = sorted(letter.to[0] for letter in letters.letters)
    people = ["li@gov.cn", "wang@gov.cn", "zhang@gov.cn"]
    assert addresses == sorted(["admin@gov.cn", *people, *people])


def test_the_administrator_reads_what_happened_what_waits_and_what_to_do(tmp_path: Path) -> None:
    settings = consoles(group="") + unit("finance", "财政局", "group") + duty("02", "finance")
    with Office(tmp_path, settings, MORNING) as office:
        box = Box(credential="admin")
        office.replace_channel("admin", box)
        office.replace_channel("group", Always(REFUSED))
        office.tick()
        office.wait(seconds=5)
        office.wait(minutes=30)
    (message,) = box.messages
    assert message.subject == "【期限·系统】渠道“group”已停用"
    for words in ("机器人已被移除。", "消息有 1 条", "没有备用渠道", "qixian send-test group"):
        assert words in message.body


def test_of_three_people_one_is_unknown_and_only_he_gets_a_letter(tmp_path: Path) -> None:
    settings = consoles(app="mail", mail="") + PEOPLE + duty("02", "finance")
    with Office(tmp_path, settings, MORNING) as office:
        app, letters = Scripted(by_address={"wang": NOBODY}, **person()), Box(**mailbox())
        office.replace_channel("app", app)
        office.replace_channel("mail", letters)
        office.tick()
        office.wait(seconds=5)
        found = by_recipient(office)
        with reading(office.db) as session:
            closed = paused(session)
        (to_wang,) = [row for row in reminders(office) if row.recipient == "wang"]
        office.now += timedelta(days=2)
        office.tick()
        office.wait(seconds=30)
        assert words_to_the_administrator(office) == ["【期限·系统】收件地址 wang 已停用"]
    assert found == {
        ("app", "zhang"): State.ACCEPTED,
        ("app", "wang"): State.REJECTED,
        ("app", "li"): State.ACCEPTED,
        ("mail", "wang@gov.cn"): State.ACCEPTED,
    }
    assert to_wang.reason == "查无此人；已改由渠道“mail”发送"
    assert closed == {("app", "wang")}
    # Of the next rung nothing goes to the paused address, and his letter comes at once.
    assert [message.to for message in app.messages].count("wang") == 1
    assert [message.to for message in letters.messages] == ["wang@gov.cn"] * 2


def test_a_fixed_list_of_users_is_one_delivery_for_each(tmp_path: Path) -> None:
    settings = consoles(app="mail", mail="") + PEOPLE + duty("02", "finance")
    with Office(tmp_path, settings, MORNING) as office:
        app = Scripted(by_address={"li": NOBODY}, **person(users=("zhang", "li")))
        office.replace_channel("app", app)
        office.replace_channel("mail", Box(**mailbox()))
        office.tick()
        office.wait(seconds=5)
        found = by_recipient(office)
    assert found == {
        ("app", "zhang"): State.ACCEPTED,
        ("app", "li"): State.REJECTED,
        ("mail", "li@gov.cn"): State.ACCEPTED,
    }


def test_an_address_that_is_resumed_gets_what_waits(tmp_path: Path) -> None:
    settings = consoles(app="") + PEOPLE + duty("02", "finance")
    with Office(tmp_path, settings, MORNING) as office:
        app = Scripted(by_address={"wang": NOBODY}, **person())
        office.replace_channel("app", app)
        office.tick()
        app.by_address.clear()
        office.tick("2026-09-24 09:00")
        waiting = [row.recipient for row in reminders(office) if row.state is State.QUEUED]
        with writing(office.db) as session:
            resume(session, "app", "wang")
        office.wake()
        assert waiting == ["wang"]
        assert [row.recipient for row in reminders(office) if row.state is State.QUEUED] == []


@pytest.mark.parametrize(("minutes", "moved"), [(29, False), (31, True)])
def test_what_waits_for_too_long_goes_to_the_fallback(
    tmp_path: Path, minutes: int, moved: bool
) -> None:
    settings = consoles(group="other", other="") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings + duty("02", "finance"), MORNING) as office:
        office.replace_channel("group", Always(UNREACHED))
        other = Box(credential="other")
        office.replace_channel("other", other)
        office.tick()
        for _ in range(minutes):
            office.wait(minutes=1)
        assert len(other.messages) == moved


def test_the_night_does_not_count_as_waiting_except_for_what_is_urgent(tmp_path: Path) -> None:
    settings = consoles(group="other", other="") + unit("finance", "财政局", "group")
    with Office(
        tmp_path, settings + duty("02", "finance") + duty("59", "finance"), MORNING
    ) as office:
        other = Box(credential="other")
        office.replace_channel("group", Always(UNREACHED))
        office.replace_channel("other", other)
        office.tick("2026-09-22 17:50")
        office.event("finance", "2026-09-22 17:45", "突发事件")
        office.tick("2026-09-22 17:55")
        for _ in range(60):
            office.wait(minutes=1)
        assert [told(message.body)[0].matter for message in other.messages] == ["财政局 突发事件"]
        office.now = office.now.replace(day=23, hour=9, minute=15)
        office.wake()
        assert len(other.messages) == 1
        office.wait(minutes=6)
        office.wait(seconds=5)
        assert [told(message.body)[0].matter for message in other.messages[1:]] == [
            "财政局 2026年9月"
        ]


def test_a_chain_of_fallbacks_is_followed_and_what_is_disabled_passed_over(tmp_path: Path) -> None:
    settings = consoles(first="second", second="third", third="")
    settings += unit("finance", "财政局", "first") + duty("02", "finance")
    with Office(tmp_path, settings, MORNING) as office:
        third = Box(credential="third")
        office.replace_channel("first", Always(REFUSED, credential="1"))
        office.replace_channel("second", Always(REFUSED, credential="2"))
        office.replace_channel("third", third)
        office.tick()
        for _ in range(12):
            office.wait(seconds=10)
        office.tick("2026-09-24 09:00")
        for _ in range(6):
            office.wait(seconds=10)
        rows = [(row.channel, row.state) for row in reminders(office)]
    assert rows == [
        ("first", State.SKIPPED),
        ("second", State.SKIPPED),
        ("third", State.ACCEPTED),
        ("first", State.SKIPPED),
        ("third", State.ACCEPTED),
    ]
    assert len(third.messages) == 2


@pytest.mark.parametrize("closed", ["channel", "address"])
def test_what_a_dead_sender_left_behind_is_not_stranded(tmp_path: Path, closed: str) -> None:
    """Its channel is disabled or its address paused: the fallback tells it, and says that it may
    have been told."""
    settings = consoles(group="other", other="") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings + duty("02", "finance"), MORNING) as office:
        other = Box(credential="other")
        office.replace_channel("group", Always(UNREACHED))
        office.replace_channel("other", other)
        office.tick()
        office.kill_the_sender_of(1)
        with writing(office.db) as session:
            if closed == "channel":
                session.get_one(ChannelState, "group").disabled_reason = "机器人已被移除。"
            else:
                pause(session, office.agency, "group", "finance", "查无此人。", office.now)
        office.wait(minutes=2)
        assert other.messages == []
        office.wait(minutes=2)
        office.wait(seconds=5)
        (message,) = other.messages
        assert message.subject.startswith(DUPLICATE_MARK)
        assert by_recipient(office)["group", "finance"] is State.UNKNOWN
        assert office.attempts()[0].outcome is OutcomeKind.UNKNOWN


def test_a_message_that_cannot_be_composed_keeps_no_other_from_the_fallback(tmp_path: Path) -> None:
    settings = consoles(group="other", other="") + duty("02", "finance", "audit")
    settings += unit("finance", "财政局", "group") + unit("audit", "审计局", "group")
    with Office(tmp_path, settings, MORNING) as office:
        group, other = Always(REFUSED, addressing=Addressing.UNIT), Box(credential="other")
        office.replace_channel("group", group)
        office.replace_channel("other", replace(other, addressing=Addressing.UNIT))
        office.tick()
        with writing(office.db) as session:
            for row in office.obligations(Obligation.unit == "finance"):
                session.get_one(Obligation, row.id).act_by = date(2150, 1, 1)
        office.wait(minutes=1)
        office.wait(minutes=1)
        found = by_recipient(office)
    assert found["other", "audit"] is State.ACCEPTED
    assert found["group", "finance"] is State.QUEUED


def test_what_was_told_on_the_fallback_already_is_not_told_there_twice(tmp_path: Path) -> None:
    settings = consoles(group="other", other="") + unit("finance", "财政局", "group", "other")
    with Office(tmp_path, settings + duty("02", "finance"), MORNING) as office:
        other = Box(credential="other")
        office.replace_channel("group", Always(REFUSED))
        office.replace_channel("other", other)
        office.tick()
        office.wait(minutes=1)
        assert len(other.messages) == 1
        assert by_recipient(office)["group", "finance"] is State.SKIPPED


def test_what_was_done_meanwhile_is_not_told_on_the_fallback(tmp_path: Path) -> None:
    settings = consoles(group="other", other="") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings + duty("02", "finance"), MORNING) as office:
        other = Box(credential="other")
        office.replace_channel("group", Always(UNREACHED))
        office.replace_channel("other", other)
        office.tick()
        office.complete("finance", "2026-09")
        for _ in range(40):
            office.wait(minutes=1)
        assert other.messages == []
        assert [row.state for row in reminders(office)] == [State.SKIPPED]


def test_where_the_fallback_reaches_nobody_the_administrator_is_told_once(tmp_path: Path) -> None:
    settings = consoles(group="mail", mail="") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings + duty("02", "finance"), MORNING) as office:
        office.replace_channel("group", Always(REFUSED))
        office.replace_channel("mail", Box(**mailbox()))
        office.tick()
        for _ in range(10):
            office.wait(minutes=1)
        assert [row.state for row in reminders(office)] == [State.QUEUED]
        assert words_to_the_administrator(office) == [
            "【期限·系统】渠道“group”已停用",
            "【期限·系统】渠道“group”的备用渠道没有收件人",
        ]


def test_word_to_the_administrator_takes_the_fallback_too(tmp_path: Path) -> None:
    settings = consoles(group="") + unit("finance", "财政局", "group") + duty("02", "finance")
    settings = settings.replace('id = "admin"\n', 'id = "admin"\nfallback = "other"\n')
    settings += '\n[[channel]]\nid = "other"\nkind = "console"\n'
    with Office(tmp_path, settings, MORNING) as office:
        other = Box(credential="other")
        office.replace_channel("group", Always(REFUSED, credential="1"))
        office.replace_channel("admin", Always(REFUSED, credential="2"))
        office.replace_channel("other", other)
        office.tick()
        for _ in range(6):
            office.wait(seconds=30)
        subjects = sorted(message.subject for message in other.messages)
    assert subjects == ["【期限·系统】渠道“admin”已停用", "【期限·系统】渠道“group”已停用"]


class Raising(Box):
    """A channel with a fault of its own."""

    async def send(self, _message: Message, _now: datetime) -> Outcome:
        raise RuntimeError("a fault of ours")


def test_of_a_fault_of_ours_the_administrator_hears_once(tmp_path: Path) -> None:
    settings = consoles(group="") + duty("02", "finance") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings, MORNING) as office:
        office.replace_channel("group", Raising())
        office.tick()
        for _ in range(4):
            office.wait(hours=1)
        (row,) = reminders(office)
        subjects = words_to_the_administrator(office)
    assert subjects == ["【期限·系统】有一条消息发不出去"]
    assert (row.attempts, row.possible_duplicate) == (5, False)


def test_of_a_message_that_cannot_be_composed_he_hears_once(tmp_path: Path) -> None:
    settings = consoles(group="") + duty("02", "finance") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings, MORNING) as office:
        office.replace_channel("group", Always(UNREACHED))
        office.tick()
        with writing(office.db) as session:
            for row in office.obligations():
                session.get_one(Obligation, row.id).act_by = date(2150, 1, 1)
        for _ in range(4):
            office.wait(hours=1)
        (delivery,) = reminders(office)
        subjects = words_to_the_administrator(office)
    assert subjects == ["【期限·系统】有一条消息发不出去"]
    assert delivery.reason == "内容无法生成，一小时后重试，请查看服务日志"
    assert delivery.attempts == 1


def test_of_many_that_end_unsent_the_administrator_hears_once_a_day(tmp_path: Path) -> None:
    names = [f"unit-{place}" for place in range(5)]
    settings = consoles(group="") + duty("02", *names)
    settings += "".join(unit(name, name, "group") for name in names)
    content = Outcome(OutcomeKind.REJECTED, Fault.CONTENT, advice="内容被拒。")
    with Office(tmp_path, settings, MORNING) as office:
        office.replace_channel("group", Always(content))
        office.tick()
        office.tick("2026-09-24 09:00")
        subjects = words_to_the_administrator(office)
        (first, *_) = [row for row in office.deliveries() if row.purpose is Purpose.SYSTEM]
    assert subjects == ["【期限·系统】渠道“group”有提醒没有送达"] * 2
    assert "qixian resend 1 --by" in first.body


# the tables of channels                                       the sentence
CIRCLES = [
    (consoles(a="b", b="a"), "渠道 a 的备用渠道绕成了圈，请改正 fallback"),
    (consoles(a="a"), "渠道 a 的备用渠道绕成了圈，请改正 fallback"),
    (consoles(a="b", b="c", c="b"), "渠道 a 的备用渠道绕成了圈，请改正 fallback"),
    (consoles(a="x"), "渠道 a 的备用渠道“x”不存在，请先写它的 [[channel]]"),
]


@pytest.mark.parametrize(("tables", "sentence"), CIRCLES)
def test_fallbacks_that_lead_nowhere_are_refused(
    tmp_path: Path, tables: str, sentence: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(tables, "utf-8")
    with pytest.raises(BadConfig, match=sentence.replace("[", r"\[")):
        load_configuration(file)


def test_what_may_have_arrived_is_marked_on_the_fallback_too(tmp_path: Path) -> None:
    settings = consoles(group="other", other="") + unit("finance", "财政局", "group")
    with Office(tmp_path, settings + duty("02", "finance"), MORNING) as office:
        office.replace_channel("group", Always(Outcome(OutcomeKind.UNKNOWN)))
        other = Box(credential="other")
        office.replace_channel("other", other)
        office.tick()
        office.wait(minutes=3)  # the second attempt: it stays unknown
        office.wait(minutes=1)
    (message,) = other.messages
    assert message.subject.startswith(DUPLICATE_MARK)
    assert DUPLICATE_MARK in message.body.splitlines()[0]
