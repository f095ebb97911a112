"""Limits are kept, refusals are understood, and one bad apple does not stop the queue."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlmodel import col

from engine.channels import disabled_channels
from engine.database import reading, writing
from engine.deliveries import Delivery, State
from engine.obligations import Obligation
from notifiers.message import Message, Outcome, OutcomeKind
from tests.scenarios.playing import (
    Office,
    Told,
    duty,
    interpretation,
    mail,
    robot,
    shanghai,
    told,
    unit,
)
from tests.servers.loopback import Reply, Request
from tests.servers.smtp import MailServer
from tests.servers.wecom import PER_WINDOW, WINDOW, Received, WecomServer

pytestmark = pytest.mark.usefixtures("both_databases")

KEY = "the-key-of-a-robot"
MORNING = "2026-09-22 09:00"  # five working days before the end of the month
MARK = "（可能重复）"
MANY = 140  # units whose matters, a line each, fill more than two windows


class Hand:
    """A clock for the server and the office, moved by the office."""

    def __init__(self) -> None:
        self.office: Office | None = None

    def __call__(self) -> datetime:
        return self.office.now if self.office else shanghai(MORNING)


def busiest(received: list[Received]) -> int:
    """The most messages in any window."""
    times = [one.at for one in received]
    return max(sum(start <= at < start + WINDOW for at in times) for start in times)


def one_group(server: WecomServer) -> str:
    return (
        robot("group", server.base, KEY)
        + unit("finance", "财政局", "group")
        + duty("02", "finance")
    )


def two_groups(server: WecomServer, *keys: str) -> str:
    """财政局 and 商务局, each with a channel of its own."""
    return (
        robot("first", server.base, keys[0])
        + robot("second", server.base, keys[-1])
        + unit("finance", "财政局", "first")
        + unit("commerce", "商务局", "second")
        + duty("02", "finance", "commerce")
    )


def units_of_one_robot(server: WecomServer, number: int) -> str:
    """Many units with ten monthly matters each, in one group."""
    rules = ("02", "42", "44", "52", "27", "28", "29", "34", "36", "38")
    names = [f"unit-{place:03}" for place in range(number)]
    return "".join(
        (
            robot("group", server.base, KEY),
            *(unit(name, f"第{name[-3:]}单位", "group") for name in names),
            *(duty(rule, *names) for rule in rules),
            *(interpretation(rule, "P1M") for rule in rules[4:]),
        )
    )


def test_many_units_on_one_robot_keep_its_limit_and_all_arrive(tmp_path: Path) -> None:
    clock = Hand()
    with (
        WecomServer({KEY}, clock) as server,
        Office(tmp_path, units_of_one_robot(server, MANY), MORNING) as office,
    ):
        clock.office = office
        planned = office.tick().planned
        for _ in range(12 * 6):  # the daemon rings every five seconds
            office.wait(seconds=5)
        states = [row.state for row in office.deliveries()]
        took = server.received[-1].at - shanghai(MORNING)
    assert planned > 2 * PER_WINDOW
    assert states == [State.ACCEPTED] * planned
    assert server.refused == []
    assert busiest(server.received) == PER_WINDOW
    assert took < timedelta(minutes=3)
    matters = [one.matter for message in server.received for one in told(message.content)]
    assert sorted(matters) == sorted(
        f"第{n:03}单位 2026年9月" for n in range(MANY) for _ in range(10)
    )


def test_what_is_limited_by_the_hour_overtakes_a_full_queue(tmp_path: Path) -> None:
    clock = Hand()
    with WecomServer({KEY}, clock) as server:
        settings = units_of_one_robot(server, MANY) + duty("59", "unit-000")
        with Office(tmp_path, settings, MORNING) as office:
            clock.office = office
            office.tick()
            assert len(server.received) == PER_WINDOW
            office.event("unit-000", office.now, "突发事件")
            office.now += timedelta(seconds=60)
            office.tick()
            office.wait(seconds=5)
    assert told(server.received[PER_WINDOW].content) == [Told("第000单位 突发事件", "剩4小时58分")]


def test_channels_with_one_key_share_its_limit(tmp_path: Path) -> None:
    clock = Hand()
    rules = ("42", "44", "52", "27", "28", "29", "34", "36", "38")
    with WecomServer({KEY}, clock) as server:
        settings = two_groups(server, KEY)
        for place in range(48):
            for group in ("first", "second"):
                settings += unit(f"{group}-{place}", f"{group}-{place}", group)
        names = [f"{group}-{place}" for place in range(48) for group in ("first", "second")]
        settings += "".join(duty(rule, *names) for rule in rules)
        settings += "".join(interpretation(rule, "P1M") for rule in rules[3:])
        with Office(tmp_path, settings, MORNING) as office:
            clock.office = office
            planned = office.tick().planned
            assert planned > PER_WINDOW
            assert len(server.received) == PER_WINDOW
            office.wait(seconds=59)
            assert len(server.received) == PER_WINDOW
            office.wait(seconds=6)
    assert len(server.received) == planned
    assert server.refused == []


def test_too_many_requests_hold_the_whole_channel_for_a_minute(tmp_path: Path) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, units_of_one_robot(server, 3), MORNING) as office,
    ):
        server.fail_next("errcode:45009")
        planned = office.tick().planned
        assert planned >= 3
        assert len(office.attempts()) == 1
        for _ in range(11):
            office.wait(seconds=5)
        assert len(office.attempts()) == 1
        assert server.received == []
        office.wait(seconds=5)
        assert len(server.received) == planned
        assert {row.state for row in office.deliveries()} == {State.ACCEPTED}


def test_too_many_requests_hold_every_channel_with_the_same_key(tmp_path: Path) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, two_groups(server, KEY), MORNING) as office,
    ):
        office.now -= timedelta(days=1)
        office.tick()
        # One after the other: whichever comes first is refused, the other may not try.
        server.fail_next("errcode:45009", "errcode:45009")
        office.now += timedelta(days=1)
        office.tick()
        holds = [office.channel(name).hold_until for name in ("first", "second")]
        assert holds == [office.now + timedelta(seconds=60)] * 2
        office.wait(seconds=59)
        assert server.received == []
        office.wait(seconds=1)
    assert len(server.received) == 2


def test_a_robot_that_is_busy_for_an_hour_loses_nothing(tmp_path: Path) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, one_group(server), MORNING) as office,
    ):
        office.tick("2026-09-21 09:00")
        server.fail_next(*["errcode:45009"] * 6)
        office.tick(MORNING)
        for _ in range(60 * 3):
            office.wait(minutes=1)
        (delivery,) = office.deliveries()
        assert delivery.state is State.ACCEPTED
    assert len(server.received) == 1


def test_a_robot_that_was_removed_is_disabled_and_its_messages_wait_for_a_new_key(
    tmp_path: Path,
) -> None:
    with WecomServer({KEY, "the-other-robot"}) as server:
        settings = two_groups(server, KEY, "the-other-robot")
        with Office(tmp_path, settings, MORNING) as office:
            server.keys.remove(KEY)
            office.tick()
            with reading(office.db) as session:
                (disabled,) = disabled_channels(session)
            assert disabled.id == "first"
            assert disabled.disabled_at == office.now
            assert (
                disabled.disabled_reason
                == "机器人已被移除或地址无效，请群主重建机器人并把新地址填入配置。"
            )
            for _ in range(24):
                office.wait(minutes=5)
            assert len(office.attempts()) == 2  # one of each: nobody knocks at a closed door
            states = {row.channel: row.state for row in office.deliveries()}
            assert states == {"first": State.QUEUED, "second": State.ACCEPTED}
        server.keys.add("the-key-of-the-new-robot")
        with Office(tmp_path, settings, "2026-09-22 11:05") as office:
            office.tick()
            assert len(server.received) == 1  # the same key is no repair
        repaired = settings.replace(KEY, "the-key-of-the-new-robot")
        with Office(tmp_path, repaired, "2026-09-22 11:10") as office:
            office.tick()
            assert {row.state for row in office.deliveries()} == {State.ACCEPTED}
            assert office.channel("first").disabled_reason == ""
    assert [one.key for one in server.received] == ["the-other-robot", "the-key-of-the-new-robot"]


def test_a_connection_lost_after_the_message_arrived_repeats_it_once_and_says_so(
    tmp_path: Path,
) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, one_group(server), MORNING) as office,
    ):
        server.fail_next("reset_after_accept")
        office.tick()
        for _ in range(30):
            office.wait(minutes=1)
        (delivery,) = office.deliveries()
        assert (delivery.state, delivery.attempts) == (State.ACCEPTED, 2)
    first, second = server.received
    assert MARK not in first.content
    assert second.content.startswith(f"**{MARK}【期限提醒】")


def test_a_message_of_unknown_fate_is_not_sent_a_third_time(tmp_path: Path) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, one_group(server), MORNING) as office,
    ):
        server.fail_next("reset_after_accept", "reset_after_accept")
        office.tick()
        for _ in range(60):
            office.wait(minutes=5)
        (delivery,) = office.deliveries()
        assert delivery.state is State.UNKNOWN
        assert delivery.reason == "两次发送都没有得到明确答复，请向收件人核实"
    assert len(server.received) == 2


@pytest.mark.parametrize("fault", ["html", "deny", "status:500", "status:502", "status:408"])
def test_what_is_not_wecoms_own_yes_is_never_accepted(tmp_path: Path, fault: str) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, one_group(server), MORNING) as office,
    ):
        server.fail_next(*[fault] * 5)
        office.tick()
        for _ in range(20):
            office.wait(minutes=1)
        kinds = [attempt.outcome for attempt in office.attempts()]
        (delivery,) = office.deliveries()
    assert kinds == [OutcomeKind.UNKNOWN] * 2
    assert delivery.state is State.UNKNOWN
    assert server.received == []


@pytest.mark.parametrize("words", [r"ok\u0000", r"ok\ud800", r"ok\u001b[2J"])
def test_an_answer_is_recorded_whatever_characters_it_holds(tmp_path: Path, words: str) -> None:
    with (
        _Echoing(words) as server,
        Office(tmp_path, one_group(server), MORNING) as office,
    ):
        office.tick()
        (row,) = office.deliveries()
        (attempt,) = office.attempts()
    assert (row.state, attempt.outcome) == (State.ACCEPTED, OutcomeKind.ACCEPTED)
    assert attempt.detail in ("ok", "ok?", "ok[2J")


class _Echoing(WecomServer):
    """Takes every message, with words of its own as they stand in JSON."""

    def __init__(self, words: str) -> None:
        super().__init__({KEY})
        self._words = words

    def answer(self, request: Request) -> Reply:
        super().answer(request)
        return Reply(200, f'{{"errcode":0,"errmsg":"{self._words}"}}'.encode())


def test_a_refused_mailbox_is_rejected_and_the_others_get_their_letters(tmp_path: Path) -> None:
    with MailServer(refuse={"gone@gov.cn": "550 5.1.1 no such user"}) as letters:
        settings = mail("mail", letters.port, letters.ca_file)
        for name in ("first", "gone", "last"):
            settings += unit(name, name, "mail", address=f"{name}@gov.cn")
        settings += duty("02", "first", "gone", "last")
        with Office(tmp_path, settings, MORNING) as office:
            office.tick()
            for _ in range(10):
                office.wait(minutes=10)
            rows = {row.recipient: row for row in office.deliveries()}
            assert office.channel("mail").disabled_reason == ""
    assert {name: row.state for name, row in rows.items()} == {
        "first@gov.cn": State.ACCEPTED,
        "gone@gov.cn": State.REJECTED,
        "last@gov.cn": State.ACCEPTED,
    }
    assert rows["gone@gov.cn"].reason == "对方邮箱不存在或拒收，请核对该单位联系人的邮箱地址。"
    # They are sent at the same time, in no order.
    assert {letter.to for letter in letters.letters} == {("first@gov.cn",), ("last@gov.cn",)}
    assert len(letters.letters) == 2


def test_a_mail_server_that_is_away_delays_the_letter(tmp_path: Path) -> None:
    with MailServer() as letters:
        port, ca_file = letters.port, Path(letters.ca_file).read_bytes()
    kept = tmp_path / "ca.pem"
    kept.write_bytes(ca_file)
    settings = (
        mail("mail", port, str(kept))
        + unit("finance", "财政局", "mail", address="finance@gov.cn")
        + duty("02", "finance")
    )
    with Office(tmp_path, settings, MORNING) as office:
        office.tick()
        office.wait(minutes=1)
        (delivery,) = office.deliveries()
        assert (delivery.state, delivery.attempts) == (State.QUEUED, 2)
        assert office.channel("mail").hold_until == office.now + timedelta(minutes=1)
        assert not delivery.possible_duplicate


def test_a_row_that_cannot_be_composed_steps_aside(tmp_path: Path) -> None:
    """The first in the queue of a limited robot is broken; the rest must not wait for it."""
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, units_of_one_robot(server, 2), MORNING) as office,
    ):
        server.fail_next("errcode:45009")
        office.tick()
        first, *others = office.deliveries()
        assert others
        ids = [alert.obligation_id for alert in office.alerts() if alert.delivery_id == first.id]
        with writing(office.db) as session:
            session.get_one(Obligation, ids[0]).act_by = date(2150, 1, 1)
        office.wait(minutes=2)
        broken, *sent = office.deliveries()
        assert broken.state is State.QUEUED
        assert broken.reason == "内容无法生成，一小时后重试，请查看服务日志"
        assert {row.state for row in sent} == {State.ACCEPTED}
        with writing(office.db) as session:
            session.get_one(Obligation, ids[0]).act_by = date(2026, 9, 30)
        office.wait(minutes=61)
        assert {row.state for row in office.deliveries()} == {State.ACCEPTED}


def test_an_obligation_that_cannot_be_counted_does_not_silence_the_others(tmp_path: Path) -> None:
    with (
        WecomServer({KEY, "the-other-robot"}) as server,
        Office(tmp_path, two_groups(server, KEY, "the-other-robot"), MORNING) as office,
    ):
        office.tick("2026-09-21 09:00")
        with writing(office.db) as session:
            rows = office.obligations(
                col(Obligation.unit) == "finance", col(Obligation.period) == "2026-09"
            )
            assert rows[0].id
            session.get_one(Obligation, rows[0].id).due_on = date(2150, 1, 1)
        office.tick(MORNING)
    assert [told(one.content) for one in server.received] == [
        [Told("商务局 2026年9月", "剩5个工作日")]
    ]


class Raising:
    """A channel with a fault of its own: it raises instead of answering."""

    def __init__(self, office: Office, channel: str) -> None:
        real = office.agency.channels[channel]
        self.windows, self.addressing, self.users = real.windows, real.addressing, real.users
        self.duplicate_safe, self.markup = real.duplicate_safe, real.markup
        self.limit, self.credential = real.limit, real.credential

    async def send(self, message: Message, now: datetime) -> Outcome:
        raise RuntimeError(f"{message.id} at {now}")


def test_a_notifier_that_raises_stops_neither_the_queue_nor_the_other_channels(
    tmp_path: Path,
) -> None:
    with (
        WecomServer({KEY, "the-other-robot"}) as server,
        Office(tmp_path, two_groups(server, KEY, "the-other-robot"), MORNING) as office,
    ):
        office.replace_channel("first", Raising(office, "first"))
        office.tick()
        states = {row.channel: row.state for row in office.deliveries()}
        assert states == {"first": State.QUEUED, "second": State.ACCEPTED}
        office.wait(minutes=59)
        row = next(row for row in office.deliveries() if row.channel == "first")
        assert (row.attempts, row.possible_duplicate) == (1, False)
        assert row.reason == "程序出错，没有发出，一小时后重试，请查看服务日志"
        office.wait(minutes=1)
        row = next(row for row in office.deliveries() if row.channel == "first")
        assert (row.state, row.attempts, row.possible_duplicate) == (State.QUEUED, 2, False)


class Speechless(Raising):
    """A channel with a worse fault: what it returns cannot even be recorded."""

    async def send(self, _message: Message, _now: datetime) -> Outcome:
        return cast(Outcome, None)


def test_what_cannot_be_recorded_leaves_no_other_channel_in_the_middle(tmp_path: Path) -> None:
    with (
        WecomServer({KEY, "the-other-robot"}) as server,
        Office(tmp_path, two_groups(server, KEY, "the-other-robot"), MORNING) as office,
    ):
        office.replace_channel("first", Speechless(office, "first"))
        server.fail_next("hang:0.2")
        office.tick()
        states = {row.channel: row.state for row in office.deliveries()}
        # Its lease will run out: nobody knows whether the message has gone.
        assert states == {"first": State.SENDING, "second": State.ACCEPTED}


def test_messages_of_a_channel_that_is_no_longer_configured_wait(tmp_path: Path) -> None:
    with WecomServer({KEY, "the-other-robot"}) as server:
        settings = two_groups(server, KEY, "the-other-robot")
        with Office(tmp_path, settings, MORNING) as office:
            server.fail_next("errcode:-1", "errcode:-1")
            office.tick()
        only_second = settings.replace('"first"', '"second"', 1).replace(
            robot("second", server.base, KEY), "", 1
        )
        only_second = only_second.replace('channels = ["first"]', 'channels = ["second"]')
        with Office(tmp_path, only_second, "2026-09-22 09:05") as office:
            office.wake()
            states = {row.channel: row.state for row in office.deliveries()}
    assert states == {"first": State.QUEUED, "second": State.ACCEPTED}


def test_a_delivery_that_is_given_up_says_so(tmp_path: Path) -> None:
    with (
        WecomServer({KEY}) as server,
        Office(tmp_path, one_group(server), MORNING) as office,
    ):
        office.tick("2026-09-21 09:00")
        server.fail_next(*["errcode:-1"] * 15)
        office.tick(MORNING)
        with writing(office.db) as session:
            (row,) = office.deliveries()
            assert row.id
            session.get_one(Delivery, row.id).attempts = 14
            session.get_one(Delivery, row.id).planned_at -= timedelta(days=3)
        office.wait(minutes=10)
        (row,) = office.deliveries()
        assert (row.state, row.reason) == (State.FAILED, "已试15次，请检查渠道后重新发送")
