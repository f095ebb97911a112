"""Units of two regions: each counts, is reminded and is told by the calendar of its own."""

from sqlmodel import select

from engine.agency import Agency
from engine.alerts import Alert, plan
from engine.database import writing
from engine.derivation import derive
from engine.events import record_event
from engine.instants import local_day
from engine.notices import Notice, NoticeDay
from engine.obligations import Obligation
from engine.tracing import trace_of
from engine.units import Unit
from engine.workdays import work_calendar
from tests.builders import Box, build_agency, build_duty, build_rule, day, instant, memory

NANNING = "450100"
HOLIDAY = (day("2026-04-20"), day("2026-04-21"))  # 三月三, by a notice of the region
LOCAL = Notice(
    "450000",
    "桂政办电〔2026〕9号",
    day("2026-03-20"),
    "关于三月三放假的通知",
    tuple(NoticeDay(one, False, "三月三") for one in HOLIDAY),
)
CALENDAR = work_calendar((LOCAL,))
NOW = instant("2026-04-13T09:00")


def office() -> tuple[Agency, Box]:
    box = Box()
    units = [
        Unit("south", "南宁市财政局", channels=("box",), region=NANNING),
        Unit("north", "北方市财政局", channels=("box",)),
    ]
    rule = build_rule(value="P1M;after=15WD")
    duties = [build_duty(unit=unit.id, since="2026-04-01", until="2026-05-31") for unit in units]
    return build_agency([rule], duties, units=units, channels={"box": box}), box


def test_a_limit_in_working_days_ends_later_where_a_festival_lies_in_it() -> None:
    agency, _ = office()
    with memory() as db, writing(db) as session:
        derive(session, agency, CALENDAR, NOW)
        rows = {
            row.unit: row
            for row in session.exec(select(Obligation).where(Obligation.period == "2026-03")).all()
        }
        there = CALENDAR.in_region(NANNING)
        assert rows["north"].due_on == CALENDAR.add(day("2026-03-31"), 15)
        assert rows["south"].due_on == there.add(day("2026-03-31"), 15) > rows["north"].due_on
        words = [step.text for step in trace_of(session, agency, CALENDAR, rows["south"])]
        assert any("三月三" in text for text in words)
        assert not any(
            "三月三" in step.text for step in trace_of(session, agency, CALENDAR, rows["north"])
        )


def test_reminders_fall_by_the_calendar_of_the_unit() -> None:
    agency, _ = office()
    with memory() as db, writing(db) as session:
        derive(session, agency, CALENDAR, NOW)
        for number in range(13, 31):
            plan(session, agency, CALENDAR, instant(f"2026-04-{number}T09:00"))
        query = select(Alert, Obligation).join(Obligation).where(Alert.rung == "5")
        first = {row.unit: local_day(alert.send_at) for alert, row in session.exec(query).all()}
        dates = {row.unit: row.act_by for _, row in session.exec(query).all()}
        assert first["north"] == CALENDAR.add(dates["north"], -5)
        assert first["south"] == CALENDAR.in_region(NANNING).add(dates["south"], -5)
        assert first["south"] != CALENDAR.add(dates["south"], -5)


def test_an_event_counts_by_the_calendar_of_the_unit() -> None:
    units = [Unit("south", "南宁市财政局", region=NANNING), Unit("north", "北方市财政局")]
    rule = build_rule(kind="after_event", value="5WD", trigger="收到申请")
    agency = build_agency([rule], [build_duty(unit=unit.id) for unit in units], units=units)
    with memory() as db, writing(db) as session:
        _, rows, _ = record_event(
            session,
            agency,
            CALENDAR,
            trigger="收到申请",
            unit="all",
            moment=day("2026-04-15"),
            reference="1",
            by="王莉",
            now=instant("2026-04-16T09:00"),
        )
        assert {row.unit: row.due_on for row in rows} == {
            "north": day("2026-04-22"),
            "south": day("2026-04-24"),
        }
