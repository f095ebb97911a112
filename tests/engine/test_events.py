"""Events, and the obligations that begin with them."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.database import reading, writing
from engine.errors import NoDate, NotAllowed, OutsideCalendar, UnknownTrigger
from engine.events import Event, record_event, triggers
from engine.instants import local_iso, parse_event
from engine.journal import JournalEntry
from engine.obligations import Obligation
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    day,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-10-12T09:30")
REPLY = build_rule("paper-1-01", "after_event", "20WD", trigger="收到申请")
NEWS = build_rule("paper-1-02", "after_event", "PT5H", trigger="突发事件")
ROOM = build_rule("paper-1-03", "before_event", "P7D", trigger="听证会")
SAME = build_rule("paper-1-04", "simultaneous", "", trigger="答复申请人", hard=True)
ALSO = build_rule("paper-1-05", "after_event", "P3D", trigger="突发事件")
MONTHLY = build_rule("paper-1-06", "periodic", "P1M")
WAITS = build_rule("paper-1-07", "vague_prompt", "", trigger="政策出台")
UNITS = [build_unit(), build_unit("health", "市卫生健康委")]
AGENCY = build_agency(
    [REPLY, NEWS, ROOM, SAME, ALSO, MONTHLY, WAITS],
    [
        *(build_duty(rule.id) for rule in (REPLY, NEWS, ROOM, SAME, MONTHLY, WAITS)),
        build_duty(NEWS.id, "health"),
        build_duty(REPLY.id, "health", until="2026-06-30"),
    ],
    units=UNITS,
)


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def record(
    session: Session,
    trigger: str,
    moment: str,
    *,
    unit: str = "finance",
    reference: str = "",
    agency: Agency = AGENCY,
    now: datetime = NOW,
) -> tuple[Event, list[Obligation], bool]:
    return record_event(
        session,
        agency,
        CALENDAR,
        trigger=trigger,
        unit=unit,
        moment=parse_event(moment),
        reference=reference,
        by="张三",
        now=now,
    )


def rows(db: Engine, table: type) -> int:
    with reading(db) as session:
        return len(session.exec(select(table)).all())


def test_a_limit_begins_with_its_event(db: Engine) -> None:
    with writing(db) as session:
        event, (row,), new = record(session, "收到申请", "2026-03-02", reference="2026-12")
    assert new
    assert (event.day_only, event.moment) == (True, day("2026-03-02"))
    assert (row.due_on, row.act_by, row.due_at) == (day("2026-03-30"), day("2026-03-30"), None)
    assert (row.occurrence, row.period, row.opens_on) == ("event:1", "2026-12", day("2026-03-02"))
    assert row.reading == "20个工作日内（原文）"
    with reading(db) as session:
        (entry,) = session.exec(select(JournalEntry)).all()
    assert (entry.kind, entry.by) == ("created", "张三")


def test_hours_begin_at_the_minute(db: Engine) -> None:
    with writing(db) as session:
        event, (row,), _ = record(session, "突发事件", "2026-10-01T22:40")
    assert event.moment == instant("2026-10-01T22:40")
    assert local_iso(row.due_at) == "2026-10-02T03:40:00+08:00"
    assert (row.due_on, row.period) == (day("2026-10-02"), "2026-10-01T22:40")


def test_the_same_event_again_gives_the_same_rows(db: Engine) -> None:
    with writing(db) as session:
        event, first, _ = record(session, "突发事件", "2026-10-01T22:40", unit="all")
        first_ids = [row.id for row in first]
    with writing(db) as session:
        again, second, new = record(session, "突发事件", "2026-10-01T14:40Z", unit="all")
        assert (again.id, [row.id for row in second], new) == (event.id, first_ids, False)
    assert (rows(db, Event), rows(db, Obligation), rows(db, JournalEntry)) == (1, 2, 2)


def test_two_applications_of_one_day_are_two_by_their_numbers(db: Engine) -> None:
    with writing(db) as session:
        record(session, "收到申请", "2026-03-02", reference="12号")
        record(session, "收到申请", "2026-03-02", reference="13号")
    assert rows(db, Obligation) == 2


def test_an_event_of_all_units_begins_the_limit_of_each(db: Engine) -> None:
    with writing(db) as session:
        _, found, _ = record(session, "突发事件", "2026-10-01T22:40", unit="all")
        assert sorted(row.unit for row in found) == ["finance", "health"]


def test_an_event_of_one_unit_and_then_of_all_begins_each_limit_once(db: Engine) -> None:
    with writing(db) as session:
        _, alone, new = record(session, "突发事件", "2026-10-12T08:00", reference="1号")
        assert ([row.unit for row in alone], new) == (["finance"], True)
    with writing(db) as session:
        _, together, new = record(
            session, "突发事件", "2026-10-12T08:00", unit="all", reference="1号"
        )
        assert ([(row.rule, row.unit) for row in together], new) == (
            [(NEWS.id, "finance"), (NEWS.id, "health")],
            True,
        )
        assert together[0].id == alone[0].id
    with writing(db) as session:
        again = record(session, "突发事件", "2026-10-12T08:00", unit="all", reference="1号")
        assert ([row.id for row in again[1]], again[2]) == ([row.id for row in together], False)


def test_a_duty_that_has_ended_is_not_begun(db: Engine) -> None:
    with writing(db) as session:
        _, found, _ = record(session, "收到申请", "2026-07-01", unit="all")
        assert [row.unit for row in found] == ["finance"]
    with writing(db) as session, pytest.raises(UnknownTrigger, match="市卫生健康委"):
        record(session, "收到申请", "2026-07-01", unit="health")


def test_what_nothing_counts_from_is_refused_with_the_known_triggers(db: Engine) -> None:
    cases = [
        # trigger,   unit,       named in the refusal
        ("会议", "finance", "“收到申请”、“突发事件”、“听证会”、“答复申请人”"),
        ("政策出台", "finance", "没有责任从"),  # waits for an interpretation
        ("", "finance", "没有责任从"),
        ("突发事件", "nobody", "单位“nobody”不存在"),
        ("听证会", "health", "“市卫生健康委”在"),
    ]
    for trigger, unit, named in cases:
        with writing(db) as session, pytest.raises(UnknownTrigger, match=named):
            record(session, trigger, "2026-10-01T22:40", unit=unit)
    assert rows(db, Event) == 0


def test_what_has_not_happened_yet_begins_no_limit(db: Engine) -> None:
    cases = [
        # trigger,    moment,             refused
        ("收到申请", "2026-10-13", True),
        ("突发事件", "2026-10-12T09:31", True),
        ("收到申请", "2026-10-12", False),
        ("突发事件", "2026-10-12T09:30", False),
        ("听证会", "2026-12-01", False),
        ("答复申请人", "2026-10-20T10:00", False),
    ]
    for trigger, moment, refused in cases:
        with writing(db) as session:
            if refused:
                with pytest.raises(NotAllowed, match="不能晚于现在"):
                    record(session, trigger, moment)
            else:
                record(session, trigger, moment)
    assert rows(db, Event) == 4


def test_midnight_in_shanghai_and_not_in_london_parts_today_from_tomorrow(db: Engine) -> None:
    with writing(db) as session:
        record(session, "收到申请", "2026-10-13", now=instant("2026-10-13T00:00"))
    with writing(db) as session, pytest.raises(NotAllowed):
        record(session, "收到申请", "2026-10-14", now=instant("2026-10-13T23:59"))


def test_an_announced_hearing_opens_on_the_day_it_is_announced(db: Engine) -> None:
    with writing(db) as session:
        _, (row,), _ = record(session, "听证会", "2026-12-01")
    assert (row.opens_on, row.due_on) == (day("2026-10-12"), day("2026-11-24"))


def test_hours_from_a_day_are_refused_and_nothing_is_stored(db: Engine) -> None:
    """Not even where the caller goes on in the same transaction, or another duty has a date."""
    both = build_agency([NEWS, ALSO])
    with writing(db) as session:
        with pytest.raises(NoDate, match="事由的时刻"):
            record(session, "突发事件", "2026-10-01", agency=both)
        record(session, "收到申请", "2026-03-02")
    assert (rows(db, Event), rows(db, Obligation)) == (1, 1)


def test_an_event_beyond_the_calendar_is_refused_and_nothing_is_stored(db: Engine) -> None:
    with writing(db) as session:
        with pytest.raises(OutsideCalendar):
            record(session, "听证会", "2101-03-01")
        with pytest.raises(OutsideCalendar):
            record(session, "答复申请人", "9999-12-31")
    assert rows(db, Event) == 0


def test_triggers_list_only_duties_that_count_from_an_event() -> None:
    assert {name: len(duties) for name, duties in triggers(AGENCY).items()} == {
        "收到申请": 2,
        "突发事件": 2,
        "听证会": 1,
        "答复申请人": 1,
    }


def test_an_interpretation_gives_a_vague_limit_its_trigger(db: Engine) -> None:
    agency = build_agency([WAITS], readings={WAITS.id: "3WD"})
    with writing(db) as session:
        _, (row,), _ = record(session, "政策出台", "2026-10-08T16:30Z", agency=agency)
    assert row.due_on == date(2026, 10, 13)  # the 9th in Shanghai: 10, 12, 13
    with reading(db) as session:
        (stored,) = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
    assert stored.opens_on == date(2026, 10, 9)
