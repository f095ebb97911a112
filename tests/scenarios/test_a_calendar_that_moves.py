"""The amendments of 2019 and 2020 as they happened: obligations stand, the amendment comes in, dates
move, one of them to an earlier day; owners are told once and the report is exact."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from engine.agency import Agency
from engine.alerts import Alert, plan
from engine.channels import register
from engine.database import writing
from engine.derivation import derive
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.due_dates import on_day
from engine.events import record_event
from engine.impact import Basis, Impact, derive_and_compare
from engine.journal import journal_of
from engine.notices import Notice, NoticeDay
from engine.obligations import Obligation, complete, move
from engine.workdays import WorkCalendar, work_calendar
from tests.builders import (
    Box,
    build_agency,
    build_duty,
    build_obligation,
    build_rule,
    day,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

ADJUSTED = "国务院办公厅关于调整2019年劳动节假期安排的通知"


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def office(box: Box, since: str) -> Agency:
    rules = [
        build_rule("reply", "after_event", "7WD", trigger="收到申请", quote="七个工作日内告知"),
        build_rule("monthly", "periodic", "P1M;after=10WD"),
    ]
    duties = [build_duty(rule.id, since=since) for rule in rules]
    return build_agency(rules, duties, channels={"box": box})


def received(db: Engine, agency: Agency, calendar: WorkCalendar, on: str, number: str) -> None:
    with writing(db) as session:
        record_event(
            session,
            agency,
            calendar,
            trigger="收到申请",
            unit="finance",
            moment=day(on),
            reference=number,
            by="王莉",
            now=instant(f"{on}T10:00"),
        )


def arrives(db: Engine, agency: Agency, after: WorkCalendar, now: datetime, name: str) -> Impact:
    with writing(db) as session:
        return derive_and_compare(session, Basis(agency, after), now, name)


def morning(db: Engine, agency: Agency, calendar: WorkCalendar, now: datetime) -> None:
    with writing(db) as session:
        derive(session, agency, calendar, now)
        plan(session, agency, calendar, now)
    dispatcher = Inline(Drainer(db, agency, calendar, lambda: now))
    dispatcher.wake(range(256))
    dispatcher.close()


def rows(db: Engine, rule: str) -> dict[str, Obligation]:
    with writing(db) as session:
        query = select(Obligation).where(Obligation.rule == rule).order_by(col(Obligation.id))
        return {row.period: row for row in session.exec(query).all()}


def test_the_labour_day_of_2019(db: Engine) -> None:
    box = Box()
    agency = office(box, "2019-04-01")
    before, after = (
        work_calendar(known_on=day("2019-03-21")),
        work_calendar(known_on=day("2019-04-22")),
    )
    now = instant("2019-04-22T16:00")
    with writing(db) as session:
        register(session, agency.channels)
        derive(session, agency, before, now)
    received(db, agency, before, "2019-04-22", "open")
    received(db, agency, before, "2019-04-18", "done")
    stood = rows(db, "reply")
    assert stood["open"].due_on == date(2019, 5, 2)
    with writing(db) as session:
        complete(session, stood["done"].id or 0, by="王莉", at=now, evidence="", now=now)

    report = arrives(db, agency, after, now, f"《{ADJUSTED}》")
    moved = {(one.rule, one.period): one for one in report.moved}
    earlier = moved["reply", "open"]
    assert (earlier.old_due_on, earlier.new_due_on) == (date(2019, 5, 2), date(2019, 4, 30))
    assert ("reply", "done") not in moved
    assert {one.period for one in report.moved if one.rule == "monthly"} == {"2019-04"}
    assert (report.withdrawn, report.reopened, report.added) == ((), (), 0)
    stands = rows(db, "reply")
    assert stands["open"].due_on == date(2019, 4, 30)
    assert stands["done"].due_on == stood["done"].due_on
    with writing(db) as session:
        entry = journal_of(session, stands["open"].id or 0)[-1]
    assert (entry.kind, entry.text.startswith("到期日由2019-05-02改为2019-04-30")) == (
        "moved",
        True,
    )
    assert ADJUSTED in entry.text

    morning(db, agency, after, instant("2019-04-23T09:00"))
    (told,) = box.messages
    assert (
        f"变动：到期日由2019-05-02改为2019-04-30，宜办日2019-04-30，依据《{ADJUSTED}》" in told.body
    )
    assert told.body.count("变动：") == 2
    morning(db, agency, after, instant("2019-04-23T09:01"))
    morning(db, agency, after, instant("2019-04-24T09:00"))
    with writing(db) as session:
        again = session.exec(select(Alert).where(Alert.rung == "moved")).all()
        assert len(again) == 2
    assert arrives(db, agency, after, instant("2019-04-24T10:00"), "").moved == ()


def test_the_spring_festival_of_2020(db: Engine) -> None:
    box = Box()
    agency = office(box, "2020-01-01")
    before, after = (
        work_calendar(known_on=day("2020-01-25")),
        work_calendar(known_on=day("2020-01-27")),
    )
    with writing(db) as session:
        register(session, agency.channels)
        derive(session, agency, before, instant("2020-01-22T10:00"))
    received(db, agency, before, "2020-01-22", "1")
    five = before.add(day("2020-01-22"), 5)
    assert (five, after.add(day("2020-01-22"), 5)) == (date(2020, 2, 4), date(2020, 2, 6))
    report = arrives(db, agency, after, instant("2020-01-27T09:30"), "国办发明电〔2020〕1号")
    reply = next(one for one in report.moved if one.rule == "reply")
    assert reply.old_due_on == before.add(day("2020-01-22"), 7)
    assert reply.new_due_on == after.add(day("2020-01-22"), 7)
    morning(db, agency, after, instant("2020-01-27T10:00"))
    assert box.messages == []  # a holiday: nobody is in the office
    morning(db, agency, after, instant("2020-02-03T09:00"))
    assert sum("国办发明电〔2020〕1号" in message.body for message in box.messages) == 1


def _turned_off(number: int, off: str) -> Notice:
    days = (NoticeDay(day(off), False, "加放"),)
    return Notice("CN", f"国办发明电〔2026〕{number}号", day("2026-07-01"), "", days)


def test_a_day_to_act_that_moves_months_ahead_is_no_message(db: Engine) -> None:
    """The due day stays (10月31日, a Saturday), the day to act before it moves: the ladder tells it in time."""
    box = Box()
    rules = [
        build_rule("paper-1-01", "fixed_deadline", "2026-10-31"),
        build_rule("paper-1-02", "after_event", "60WD", trigger="收到申请"),
    ]
    duties = [build_duty(rule.id, since="2026-01-01") for rule in rules]
    agency = build_agency(rules, duties, channels={"box": box})
    before = work_calendar()
    once = work_calendar((_turned_off(8, "2026-10-30"),))
    twice = work_calendar((_turned_off(8, "2026-10-30"), _turned_off(9, "2026-10-29")))
    with writing(db) as session:
        register(session, agency.channels)
        derive(session, agency, before, instant("2026-08-03T10:00"))
    received(db, agency, before, "2026-08-03", "1")

    report = arrives(db, agency, once, instant("2026-08-04T10:00"), "《一》")
    assert [one.rule for one in report.moved] == ["paper-1-02"]
    (row,) = rows(db, "paper-1-01").values()
    assert (row.due_on, row.act_by, row.version) == (day("2026-10-31"), day("2026-10-29"), 2)
    morning(db, agency, once, instant("2026-08-04T11:00"))
    (told,) = box.messages
    assert (told.body.count("变动："), "到期日由2026-10-30改为2026-11-02" in told.body) == (1, True)

    # Within the ladder's reach it is told anew, on the rung on which it stands.
    morning(db, agency, once, instant("2026-10-23T09:00"))
    assert (
        "宜办日由2026-10-30改为2026-10-29，到期日仍为2026-10-31，依据《一》"
        in box.messages[-1].body
    )
    arrives(db, agency, twice, instant("2026-10-23T10:00"), "《二》")
    morning(db, agency, twice, instant("2026-10-23T11:00"))
    assert (
        "宜办日由2026-10-29改为2026-10-28，到期日仍为2026-10-31，依据《二》"
        in box.messages[-1].body
    )
    with writing(db) as session:
        query = select(Alert).where(Alert.obligation_id == row.id).order_by(col(Alert.id))
        alerts = session.exec(query).all()
    assert [(one.rung, one.due_version) for one in alerts] == [("5", 2), ("3", 3)]


def test_a_due_day_that_moved_is_told_even_if_the_day_to_act_moves_again(db: Engine) -> None:
    """Both notices come in on one Saturday: on Monday the owner hears of both."""
    with writing(db) as session:
        row = build_obligation("2026-10-30")
        session.add(row)
        session.flush()
        now, due = instant("2026-08-01T10:00"), on_day(day("2026-11-06"), work_calendar())
        move(session, row, due, row.reading, now, "依据《一》")
        earlier = replace(due, act_by=day("2026-11-05"))
        move(session, row, earlier, row.reading, now, "依据《二》")
    assert row.moved_at == now
    assert row.moved == (
        "到期日由2026-10-30改为2026-11-06，宜办日2026-11-06，依据《一》；"
        "宜办日由2026-11-06改为2026-11-05，到期日仍为2026-11-06，依据《二》"
    )
