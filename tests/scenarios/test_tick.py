"""Twice at the same moment changes nothing, and no moment is lost."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlmodel import col

from engine.database import writing
from engine.deliveries import State
from engine.derivation import derive
from engine.obligations import Obligation
from engine.slots import win
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
    wall,
)
from tests.servers.smtp import MailServer
from tests.servers.wecom import WecomServer

pytestmark = pytest.mark.usefixtures("both_databases")

KEY = "the-key-of-a-robot"
SERVER_CLOCK = shanghai("2026-09-22 09:00")


@pytest.fixture
def robots() -> Iterator[WecomServer]:
    with WecomServer({KEY}) as server:
        yield server


def finance(server: WecomServer) -> str:
    """财政局 owes rule 02 every month, and hears of it in its group."""
    return (
        robot("group", server.base, KEY)
        + unit("finance", "财政局", "group")
        + duty("02", "finance", since="2026-09-01")
    )


def emergencies(server: WecomServer) -> str:
    """财政局 owes rule 02, and 网信办 the five hours, in the same group."""
    return (
        finance(server)
        + unit("cyberspace", "网信办", "group")
        + duty("59", "cyberspace", since="2026-09-01")
    )


def seen(server: WecomServer) -> list[list[Told]]:
    return [told(one.content) for one in server.received]


def test_twice_at_the_same_moment_changes_nothing(tmp_path: Path, robots: WecomServer) -> None:
    with Office(tmp_path, emergencies(robots), "2026-09-22 09:00") as office:
        office.event("cyberspace", "2026-09-22 08:30", "一号")
        first = office.tick()
        before = office.dump()
        again = office.tick()
        assert (first.planned, again.derived, again.planned) == (1, 0, 0)
        assert office.dump() == before
        assert len(robots.received) == 1


def test_every_tick_of_a_month_can_be_repeated(tmp_path: Path, robots: WecomServer) -> None:
    with Office(tmp_path, finance(robots), "2026-09-14 09:00") as office:
        for day in range(14, 31):
            office.tick(f"2026-09-{day} 09:00")
            before = office.dump()
            office.tick()
            assert office.dump() == before
        assert [wall(row.planned_at) for row in office.deliveries()] == [
            "09-22 09:00",
            "09-24 09:00",
            "09-29 09:00",
            "09-30 09:00",
        ]


def test_after_a_year_with_nobody_looking_each_recipient_gets_one_message(tmp_path: Path) -> None:
    with MailServer() as letters:
        settings = (
            mail("mail", letters.port, letters.ca_file)
            + unit("office", "市政府办公室", "mail", address="head@gov.cn")
            + unit("finance", "财政局", "mail", parent="office", address="finance@gov.cn")
            + unit("commerce", "商务局", "mail", parent="office", address="commerce@gov.cn")
            + duty("02", "finance", since="2025-06-01")
            + duty("16", "commerce", since="2025-06-02")
        )
        with Office(tmp_path, settings, "2025-06-01 09:00") as office:  # a Sunday
            office.tick()
            assert letters.letters == []
            office.tick("2026-06-03 09:00")
            late = office.obligations(col(Obligation.due_on) < date(2026, 6, 3))
            received = {letter.to[0]: told(letter.text) for letter in letters.letters}
        assert len(letters.letters) == 3
        owed = Counter(row.unit for row in late)
        assert owed == {"finance": 12, "commerce": 52}
        months = [f"财政局 {year}年{month}月" for year, month in MONTHS]
        overdue = [one.matter for one in received["finance@gov.cn"] if "逾期" in one.words]
        assert overdue == months
        assert len(received["commerce@gov.cn"]) == 53  # and the week that is running
        assert len(received["head@gov.cn"]) == 12 + 52
        assert office_is_quiet(tmp_path, settings, letters)


MONTHS = [*((2025, month) for month in range(6, 13)), *((2026, month) for month in range(1, 6))]


def office_is_quiet(folder: Path, settings: str, letters: MailServer) -> bool:
    """Nothing more goes out that day."""
    before = len(letters.letters)
    with Office(folder, settings, "2026-06-03 09:01") as office:
        for minute in range(60):
            office.tick(f"2026-06-03 10:{minute:02}")
    return len(letters.letters) == before


def test_what_fell_due_while_the_daemon_was_down_is_told_once(
    tmp_path: Path, robots: WecomServer
) -> None:
    with Office(tmp_path, finance(robots), "2026-09-21 17:00") as office:
        office.tick()
    with Office(tmp_path, finance(robots), "2026-09-29 10:15") as office:
        office.tick()
        office.tick("2026-09-29 10:16")
        assert [alert.rung for alert in office.alerts()] == ["1"]
    assert seen(robots) == [[Told("财政局 2026年9月", "剩1个工作日")]]


def test_a_restart_sends_nothing_again(tmp_path: Path, robots: WecomServer) -> None:
    for moment in ("2026-09-22 09:00", "2026-09-22 09:00", "2026-09-22 09:05", "2026-09-23 09:00"):
        with Office(tmp_path, finance(robots), moment) as office:
            office.tick()
    assert len(robots.received) == 1


@pytest.mark.parametrize("back", ["2026-09-22 08:00", "2026-09-21 10:30", "2026-09-22 09:00"])
def test_a_clock_that_is_moved_back_sends_nothing_twice(
    tmp_path: Path, robots: WecomServer, back: str
) -> None:
    with Office(tmp_path, emergencies(robots), "2026-09-22 09:00") as office:
        office.event("cyberspace", "2026-09-22 08:00", "一号")
        for moment in ("2026-09-22 09:00", back, "2026-09-22 09:00", "2026-09-22 09:30"):
            office.tick(moment)
    assert len(robots.received) == 1


def test_a_clock_that_was_years_ahead_holds_no_channel_for_years(
    tmp_path: Path, robots: WecomServer
) -> None:
    with Office(tmp_path, finance(robots), "2029-10-17 09:00") as office:
        robots.fail_next("errcode:45009")
        office.tick()
        assert office.channel("group").hold_until
        office.tick("2026-09-23 10:00")
    assert Told("财政局 2026年9月", "剩4个工作日") in [one for body in seen(robots) for one in body]


def test_two_processes_over_one_file_send_nothing_twice(tmp_path: Path) -> None:
    keys = [f"robot-key-number-{number}" for number in range(4)]
    with WecomServer(keys, clock=lambda: SERVER_CLOCK) as server, ExitStack() as stack:
        settings = duty("02", *(f"unit-{key}" for key in keys), since="2026-09-01")
        for key in keys:
            settings += robot(key, server.base, key) + unit(f"unit-{key}", f"单位{key[-1]}", key)
        offices = [
            stack.enter_context(Office(tmp_path, settings, "2026-09-22 09:00")) for _ in range(3)
        ]
        start = Barrier(len(offices))

        def work(office: Office) -> int:
            planned = 0
            for day in ("22", "24", "29", "30"):
                start.wait()
                planned += office.tick(f"2026-09-{day} 09:00").planned
                office.wake()
            return planned

        with ThreadPoolExecutor(len(offices)) as threads:
            planned = sum(threads.map(work, offices))
        rows = offices[0].deliveries()
    received = Counter(one.key for one in server.received)
    assert received == dict.fromkeys(keys, 4)
    assert planned == 16
    assert {(row.state, row.attempts) for row in rows} == {(State.ACCEPTED, 1)}
    assert not any("可能重复" in one.content for one in server.received)


def test_what_is_done_while_it_waits_is_not_sent(tmp_path: Path, robots: WecomServer) -> None:
    with Office(tmp_path, finance(robots), "2026-09-22 09:00") as office:
        robots.fail_next("errcode:45009")
        office.tick()
        office.complete("finance", "2026-09")
        office.wait(minutes=2)
        (delivery,) = office.deliveries()
        assert (delivery.state, delivery.attempts) == (State.SKIPPED, 1)
        assert delivery.reason == "已办结"
    assert robots.received == []


def test_what_moved_while_it_waits_is_told_with_the_new_date_only(
    tmp_path: Path, robots: WecomServer
) -> None:
    settings = (
        robot("group", robots.base, KEY)
        + unit("commerce", "商务局", "group")
        + duty("27", "commerce", since="2026-09-01")
    )
    robots.fail_next("errcode:45009")
    with Office(tmp_path, settings + interpretation("27", "P1M"), "2026-09-23 09:00") as office:
        office.tick()
    settings += interpretation("27", "P1M;day=25")
    with Office(tmp_path, settings, "2026-09-23 09:10") as office:
        with writing(office.db) as session:
            derive(session, office.agency, office.calendar, office.now)
        office.wake()  # before anybody has planned anew
        assert robots.received == []
        office.tick()
        old, *new = office.deliveries()
    assert (old.state, old.reason) == (State.SKIPPED, "已改期")
    assert {row.state for row in new} == {State.ACCEPTED}
    assert Told("商务局 2026年9月", "剩1个工作日") in seen(robots)[0]
    assert not any("2026-09-30（" in message.content for message in robots.received)


def test_of_two_matters_in_the_queue_only_the_open_one_is_sent(
    tmp_path: Path, robots: WecomServer
) -> None:
    settings = (
        finance(robots)
        + unit("commerce", "商务局", "group")
        + duty("42", "commerce", since="2026-09-01")
    )
    with Office(tmp_path, settings, "2026-09-22 09:00") as office:
        robots.fail_next("errcode:45009")
        office.tick()
        office.complete("finance", "2026-09")
        office.wait(minutes=2)
    assert seen(robots) == [[Told("商务局 2026年9月", "剩5个工作日")]]


def test_an_outage_of_days_ends_in_one_message(tmp_path: Path, robots: WecomServer) -> None:
    """The robot is away from the 22nd to the 30th; each morning a message is added to the queue."""
    robots.keys.clear()
    with Office(tmp_path, finance(robots), "2026-09-22 09:00") as office:
        for day in (22, 24, 29, 30):
            office.tick(f"2026-09-{day} 09:00")
        robots.keys.add("the-key-of-another")
    settings = finance(robots).replace(KEY, "the-key-of-another")
    with Office(tmp_path, settings, "2026-09-30 15:00") as office:
        office.tick()
        states = [row.state for row in office.deliveries()]
    assert states == [State.SKIPPED, State.SKIPPED, State.SKIPPED, State.ACCEPTED]
    assert seen(robots) == [[Told("财政局 2026年9月", "请今日办理")]]


def test_a_second_attempt_waits_for_office_hours_too(tmp_path: Path, robots: WecomServer) -> None:
    with Office(tmp_path, emergencies(robots), "2026-09-22 17:59") as office:
        robots.fail_next("errcode:-1")
        office.tick()
        office.now = shanghai("2026-09-22 18:30")
        office.event("cyberspace", "2026-09-22 18:00", "一号")
        office.tick()
        assert seen(robots) == [[Told("网信办 一号", "剩4小时30分")]]
        office.complete("cyberspace", "一号")
        office.tick("2026-09-23 08:59")
        assert len(robots.received) == 1
        office.tick("2026-09-23 09:00")
    assert seen(robots)[1:] == [[Told("财政局 2026年9月", "剩4个工作日")]]


def test_two_units_of_one_group_are_told_together_and_both_are_called(
    tmp_path: Path, robots: WecomServer
) -> None:
    text = robot("group", robots.base, KEY) + 'format = "text"\n'
    contacts = 'contacts = [{{ name = "{0}", mobile = "1380000000{1}" }}]\n'
    settings = (
        text
        + unit("finance", "财政局", "group")
        + contacts.format("甲", 1)
        + unit("commerce", "商务局", "group")
        + contacts.format("乙", 2)
        + duty("02", "finance", "commerce", since="2026-09-01")
    )
    with Office(tmp_path, settings, "2026-09-22 09:00") as office:
        office.tick()
    (message,) = robots.received
    called = message.body["text"]["mentioned_mobile_list"]
    assert sorted(called) == ["13800000001", "13800000002"]


def test_a_slot_is_won_once(tmp_path: Path, robots: WecomServer) -> None:
    with ExitStack() as stack:
        offices = [
            stack.enter_context(Office(tmp_path, finance(robots), "2026-09-22 09:00"))
            for _ in range(4)
        ]
        start = Barrier(len(offices))

        def fire(office: Office) -> list[bool]:
            results = []
            for minute in range(20):
                start.wait()
                results.append(won(office, shanghai(f"2026-09-22 09:{minute:02}")))
            return results

        with ThreadPoolExecutor(len(offices)) as threads:
            winners = list(zip(*threads.map(fire, offices), strict=True))
    assert [sum(processes) for processes in winners] == [1] * 20


def won(office: Office, at: datetime) -> bool:
    with writing(office.db) as session:
        return win(session, "tick", at)


def test_slots_of_the_future_do_not_stop_a_clock_that_was_moved_back(
    tmp_path: Path, robots: WecomServer
) -> None:
    with Office(tmp_path, finance(robots), "2026-09-22 09:00") as office:
        assert won(office, shanghai("2026-09-22 10:00"))
        assert won(office, shanghai("2026-09-22 10:01"))
        assert won(office, shanghai("2026-09-22 09:01"))
        assert won(office, shanghai("2026-09-22 10:00"))
        assert not won(office, shanghai("2026-09-22 10:00"))
