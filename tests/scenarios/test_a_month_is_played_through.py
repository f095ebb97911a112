"""A month of an office, from 14 September to 16 October 2026, with every message that goes out.

The table below was written by hand, from the ladder (5, 3, 1, 0 working days before; every
working day after; the superior after 1 and 3; weekly matters 1, 0, then every second day, the
superior after 2) and the calendar: 20 September and 10 October are worked, 25 to 27 September
and 1 to 7 October are free.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.deliveries import State
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

ECONOMY, FIELD = "economy-robot-key-1", "field-robot-key-2"

# When, to whom, and what: matter and rung, in the order of the message.
EXPECTED = [
    ("09-14 09:00", "economy", ["商务局 2026年8月: 1"]),
    ("09-15 09:00", "economy", ["商务局 2026年8月: 0"]),  # done at noon
    ("09-18 09:00", "field", ["农业局 2026年第38周: 1"]),
    ("09-20 09:00", "field", ["农业局 2026年第38周: 0"]),  # a worked Sunday; done at noon
    ("09-22 09:00", "economy", ["商务局 2026年第三季度: 5", "财政局 2026年9月: 5"]),
    ("09-22 09:00", "environment@gov.cn", ["环境保护局 2026年9月: 5"]),
    ("09-23 09:00", "field", ["农业局 2026年第39周: 1"]),  # the week ends on a holiday
    ("09-24 09:00", "economy", ["商务局 2026年第三季度: 3", "财政局 2026年9月: 3"]),
    ("09-24 09:00", "environment@gov.cn", ["环境保护局 2026年9月: 3"]),
    ("09-24 09:00", "field", ["农业局 2026年第39周: 0"]),
    ("09-28 09:00", "field", ["农业局 2026年第39周: +1"]),
    ("09-29 09:00", "economy", ["商务局 2026年第三季度: 1", "财政局 2026年9月: 1"]),
    ("09-29 09:00", "environment@gov.cn", ["环境保护局 2026年9月: 1"]),
    ("09-29 09:00", "field", ["农业局 2026年第40周: 1"]),
    ("09-29 09:00", "head@gov.cn", ["农业局 2026年第39周: superior+2"]),  # done at 18:30
    ("09-30 09:00", "economy", ["商务局 2026年第三季度: 0"]),  # 财政局 was done the day before
    ("09-30 09:00", "environment@gov.cn", ["环境保护局 2026年9月: 0"]),
    ("09-30 09:00", "field", ["农业局 2026年第40周: 0"]),
    ("10-02 23:30", "field", ["网信办 国庆舆情: hours:start"]),  # at night, on a holiday
    ("10-03 03:20", "field", ["网信办 国庆舆情: hours:1"]),  # done at 03:30
    ("10-08 09:00", "environment@gov.cn", ["环境保护局 2026年9月: +1"]),
    ("10-08 09:00", "field", ["农业局 2026年第40周: +1"]),
    ("10-08 09:00", "head@gov.cn", ["环境保护局 2026年9月: superior+1"]),
    ("10-08 20:20", "field", ["网信办 节后舆情: hours:start"]),
    ("10-09 00:10", "field", ["网信办 节后舆情: hours:1"]),
    ("10-09 01:10", "field", ["网信办 节后舆情: hours:0"]),
    ("10-09 01:10", "head@gov.cn", ["网信办 节后舆情: superior:hours"]),  # done at noon
    ("10-09 09:00", "economy", ["商务局 2026年9月: 5"]),
    ("10-09 09:00", "environment@gov.cn", ["环境保护局 2026年9月: +2"]),
    ("10-09 09:00", "field", ["农业局 2026年第41周: 1"]),
    ("10-09 09:00", "head@gov.cn", ["农业局 2026年第40周: superior+2"]),
    ("10-10 09:00", "environment@gov.cn", ["环境保护局 2026年9月: +3"]),
    # A worked Saturday: what is late comes first. Both are done at noon.
    ("10-10 09:00", "field", ["农业局 2026年第40周: +3", "农业局 2026年第41周: 0"]),
    ("10-10 09:00", "head@gov.cn", ["环境保护局 2026年9月: superior+3"]),
    ("10-12 09:00", "economy", ["商务局 2026年9月: 3"]),
    ("10-12 09:00", "environment@gov.cn", ["环境保护局 2026年9月: +4"]),  # done at noon
    ("10-13 09:00", "labour@gov.cn", ["人社局 2026年第三季度: 5"]),
    ("10-14 09:00", "economy", ["商务局 2026年9月: 1"]),
    ("10-15 09:00", "economy", ["商务局 2026年9月: 0"]),
    ("10-15 09:00", "field", ["农业局 2026年第42周: 1"]),
    ("10-15 09:00", "labour@gov.cn", ["人社局 2026年第三季度: 3"]),
    ("10-16 09:00", "economy", ["商务局 2026年9月: +1"]),
    ("10-16 09:00", "field", ["农业局 2026年第42周: 0"]),
    ("10-16 09:00", "head@gov.cn", ["商务局 2026年9月: superior+1"]),
]

WORDS = {  # what stands in the message on each rung
    "5": "剩5个工作日",
    "3": "剩3个工作日",
    "1": "剩1个工作日",
    "0": "请今日办理",
    "+1": "已逾期1个工作日",
    "+2": "已逾期2个工作日",
    "+3": "已逾期3个工作日",
    "+4": "已逾期4个工作日",
    "superior+1": "督办 已逾期1个工作日",
    "superior+2": "督办 已逾期2个工作日",
    "superior+3": "督办 已逾期3个工作日",
    "hours:start": "剩4小时50分",
    "hours:1": "剩1小时0分",
    "hours:0": "剩0小时0分",
    "superior:hours": "督办 剩0小时0分",
}


def settings(robots: WecomServer, letters: MailServer) -> str:
    return "".join(
        (
            '[[ladder]]\nid = "weekly"\nbefore = [1, 0]\nevery = 2\nsuperior = [2]\n',
            robot("economy", robots.base, ECONOMY),
            robot("field", robots.base, FIELD),
            mail("mail", letters.port, letters.ca_file),
            unit("office", "市政府办公室", "mail", address="head@gov.cn"),
            unit("finance", "财政局", "economy", parent="office"),
            unit("commerce", "商务局", "economy", parent="office"),
            unit("agriculture", "农业局", "field", parent="office"),
            unit("cyberspace", "网信办", "field", parent="office"),
            unit(
                "environment", "环境保护局", "mail", parent="office", address="environment@gov.cn"
            ),
            unit("labour", "人社局", "mail", parent="office", address="labour@gov.cn"),
            duty("02", "finance"),  # every month
            duty("03", "commerce", since="2026-07-01"),  # every quarter
            duty("27", "commerce", since="2026-09-14"),  # 次月15日前
            duty("16", "agriculture", since="2026-09-14", ladder="weekly"),
            duty("44", "environment"),  # every month
            duty("34", "labour", since="2026-09-14"),  # 季后10个工作日
            duty("59", "cyberspace"),  # five hours
            interpretation("27", "P1M;after=15D"),
            interpretation("34", "P3M;after=10WD"),
        )
    )


def what_people_do(office: Office) -> dict[datetime, Callable[[], Any]]:
    """Completions and events, by the moment: before the tick of that moment."""
    return {
        shanghai("2026-09-15 12:00"): lambda: office.complete("commerce", "2026-08"),
        shanghai("2026-09-20 12:00"): lambda: office.complete("agriculture", "2026-W38"),
        shanghai("2026-09-29 12:00"): lambda: office.complete("finance", "2026-09"),
        shanghai("2026-09-29 18:30"): lambda: office.complete("agriculture", "2026-W39"),
        shanghai("2026-09-30 12:00"): lambda: office.complete("commerce", "2026-Q3"),
        shanghai("2026-10-02 23:30"): lambda: office.event(
            "cyberspace", "2026-10-02 23:20", "国庆舆情"
        ),
        shanghai("2026-10-03 03:30"): lambda: office.complete("cyberspace", "国庆舆情"),
        shanghai("2026-10-08 20:20"): lambda: office.event(
            "cyberspace", "2026-10-08 20:10", "节后舆情"
        ),
        shanghai("2026-10-09 12:00"): lambda: office.complete("cyberspace", "节后舆情"),
        shanghai("2026-10-10 12:00"): lambda: office.complete(
            "agriculture", "2026-W40", "2026-W41"
        ),
        shanghai("2026-10-12 12:00"): lambda: office.complete("environment", "2026-09"),
    }


def moments() -> Iterator[datetime]:
    """Every ten minutes around the two nights with an event; else six looks a day."""
    now, end = shanghai("2026-09-14 00:00"), shanghai("2026-10-16 23:59")
    while now < end:
        around_a_night = f"{now:%m-%d}" in ("10-02", "10-03", "10-08", "10-09")
        if f"{now:%H:%M}" in LOOKED_AT or (around_a_night and now.minute % 10 == 0):
            yield now
        now += timedelta(minutes=1)


LOOKED_AT = ("00:00", "08:59", "09:00", "09:01", "12:00", "18:30")


def expected() -> list[tuple[str, str, list[Told]]]:
    return [(at, to, [_told(*one.split(": ")) for one in matters]) for at, to, matters in EXPECTED]


def _told(matter: str, rung: str) -> Told:
    return Told(matter, WORDS[rung])


def arrived(robots: WecomServer, letters: MailServer) -> list[tuple[str, str, list[Told]]]:
    groups = {ECONOMY: "economy", FIELD: "field"}
    messages = [(one.at, groups[one.key], told(one.content)) for one in robots.received]
    for letter in letters.letters:
        date = letter.message["Date"].datetime
        messages.append((date, letter.to[0], told(letter.text)))
    return [(wall(at), to, matters) for at, to, matters in sorted(messages, key=lambda m: m[:2])]


def test_every_message_of_a_month_goes_out_once_and_nothing_else(tmp_path: Path) -> None:
    now = shanghai("2026-09-14 00:00")
    with (
        WecomServer({ECONOMY, FIELD}, clock=lambda: now) as robots,
        MailServer() as letters,
        Office(tmp_path, settings(robots, letters), now) as office,
    ):
        people = what_people_do(office)
        for now in moments():
            office.now = now
            if now in people:
                people[now]()
            office.tick()
        states = {row.state for row in office.deliveries()}
        assert arrived(robots, letters) == expected()
        assert robots.refused == []
        assert states == {State.ACCEPTED}
