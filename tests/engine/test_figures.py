"""Figures: each condition at its edges, and all of them against a recount from the journal alone."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.clock_changes import enter
from engine.clock_corrections import void
from engine.clock_entries import EntryType, entries_of
from engine.counted_by_unit import CountedByUnit
from engine.database import reading, writing
from engine.derivation import derive
from engine.errors import EngineError
from engine.event_clocks import Extend
from engine.events import record_event
from engine.figures import (
    ByMonth,
    Figures,
    Measure,
    Step,
    condition_of,
    days_of,
    due_between,
    figures_by_month,
    statistics,
)
from engine.instants import end_of, local_day, parse_event, start_of
from engine.journal import JournalEntry
from engine.obligation_counts import counts_by_unit
from engine.obligations import Obligation, complete, list_obligations, reopen, waive
from engine.workdays import WorkCalendar
from rules.amounts import Amount
from rules.catalogue_files import load_catalogue
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    calendar_through,
    day,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

CATALOGUE = load_catalogue()
REPLY = CATALOGUE.rules["zfxxgk-tiaoli-2019-33-reply"]
MONTHLY = build_rule("monthly", value="P1M;after=10WD")
UNITS = [build_unit("finance"), build_unit("statistics", "市统计局")]
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def office(*rules: str) -> Agency:
    duties = [build_duty(rule, unit.id, "2025-10-01") for rule in rules for unit in UNITS]
    built = build_agency([REPLY, MONTHLY], duties, units=UNITS, horizon_days=200)
    return replace(built, catalogue=replace(built.catalogue, clauses=CATALOGUE.clauses))


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def counted(db: Engine, now: datetime, step: Step = Step.YEAR) -> dict[str, Figures]:
    with reading(db) as session:
        by_month = figures_by_month(session, [], FIRST, LAST, now)
        found = statistics(by_month, FIRST, LAST, step)
        for measure in Measure:  # the list behind every figure is as long as the figure says
            conditions = [due_between(FIRST, LAST), condition_of(measure, now)]
            rows = list_obligations(session, *conditions)
            assert len(rows) == found.total.of(measure), measure
            for unit, figures in found.units.items():
                assert sum(row.unit == unit for row in rows) == figures.of(measure)
    assert sum(found.periods.values(), Figures()) == found.total
    return dict(found.units)


def test_in_time_is_up_to_the_last_second_of_the_due_day(db: Engine) -> None:
    agency = office("monthly")
    with writing(db) as session:
        derive(session, agency, CALENDAR, instant("2026-03-01T09:00"))
        rows = list_obligations(
            session, col(Obligation.unit) == "finance", due_between(FIRST, LAST)
        )
        last = end_of(rows[0].due_on) - timedelta(seconds=1)
        times = [last, end_of(rows[1].due_on), start_of(rows[2].due_on)]
        for row, at in zip(rows[:3], times, strict=True):
            complete(
                session, row.id or 0, by="张三", at=at, evidence="", now=instant("2026-06-01T09:00")
            )
    now = end_of(rows[3].due_on) - timedelta(seconds=1)
    figures = counted(db, now)["finance"]
    assert (figures.on_time, figures.late, figures.open_late) == (2, 1, 0)
    assert figures.ahead == len(rows) - 3
    assert figures.on_time_rate == pytest.approx(2 / 3)
    figures = counted(db, end_of(rows[3].due_on))["finance"]
    assert (figures.open_late, figures.ahead) == (1, len(rows) - 4)
    assert (figures.on_time_rate, figures.done_rate) == (2 / 4, 3 / 4)


def test_what_the_configuration_withdrew_is_in_no_figure(db: Engine) -> None:
    now = instant("2026-03-01T09:00")
    with writing(db) as session:
        derive(session, office("monthly"), CALENDAR, now)
        first = list_obligations(session, due_between(FIRST, LAST))[0]
        waive(session, first.id or 0, by="张三", reason="机构调整", now=now)
        taken_out = office("monthly")
        duties = {key: duty for key, duty in taken_out.duties.items() if duty.unit == "finance"}
        derive(session, replace(taken_out, duties=duties), CALENDAR, now)
    figures = counted(db, now)
    assert figures[first.unit].waived == 1
    assert figures["statistics"].ahead == 0
    assert figures["finance"].ahead > 0


def test_a_stretch_in_which_nothing_fell_due_has_its_periods_and_no_rate(db: Engine) -> None:
    asked = (date(2026, 11, 20), date(2027, 2, 3))
    with reading(db) as session:
        by_month = figures_by_month(session, [], *asked, instant("2026-03-01T09:00"))
    found = statistics(by_month, *asked, Step.QUARTER)
    assert list(found.periods) == ["2026-Q4", "2027-Q1"]
    assert (found.total, found.total.on_time_rate, found.units) == (Figures(), None, {})


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2028-02", "2028-02-01", "2028-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
    ],
)
def test_the_days_of_a_period(period: str, first: str, last: str) -> None:
    assert days_of(period) == (day(first), day(last))


def play(db: Engine, agency: Agency, seed: int) -> tuple[datetime, dict[int, Obligation]]:
    """Half a year of an office at random; the rows as they were when they came in are given back
    with the last moment, for whoever counts from the journal."""
    chance, now = random.Random(seed), instant("2026-05-06T09:00")
    begun: dict[int, Obligation] = {}
    calendar = calendar_through(2025)  # 2026 is not announced yet
    for step in range(60):
        now += timedelta(hours=chance.randrange(10, 60))
        if step == 30:
            calendar = CALENDAR
        with writing(db) as session:
            derive(session, agency, calendar, now)
            act(session, agency, calendar, now, chance)
        with reading(db) as session:
            for row in list_obligations(session):
                begun.setdefault(row.id or 0, row)
    return now, begun


def act(
    session: object, agency: Agency, calendar: WorkCalendar, now: datetime, chance: random.Random
) -> None:
    """One thing that a person does, or tries."""
    rows = list_obligations(session)  # type: ignore[arg-type]
    row = chance.choice(rows)
    at = now - timedelta(hours=chance.choice((0, 0, 30, 200)))
    who = {"by": "张三", "now": now}
    what = chance.choice(("event", "complete", "complete", "waive", "reopen", "extend", "void"))
    place = (session, agency, calendar)
    try:
        with session.begin_nested():  # type: ignore[attr-defined]
            if what == "event":
                received = parse_event(f"{local_day(now) - timedelta(days=chance.randrange(60))}")
                of = {"trigger": REPLY.trigger, "unit": chance.choice(UNITS).id}
                record_event(*place, **of, moment=received, reference=f"{now:%m%d%H}号", **who)  # type: ignore[arg-type]
            elif what == "complete":
                complete(session, row.id or 0, at=at, evidence="", **who)  # type: ignore[arg-type]
            elif what == "waive":
                waive(session, row.id or 0, reason="机构调整", **who)  # type: ignore[arg-type]
            elif what == "reopen":
                reopen(session, row.id or 0, reason="误登", **who)  # type: ignore[arg-type]
            elif what == "extend":
                of_event = [one for one in rows if one.event_id]
                row = chance.choice(of_event or rows)
                extend = Extend(local_day(now), Amount.parse("10WD"), "李主任")
                enter(*place, row.id or 0, extend, **who)  # type: ignore[arg-type]
            else:
                entry = chance.choice([e for one in rows for e in entries_of(session, one.id or 0)])  # type: ignore[arg-type]
                void(*place, entry.obligation_id, entry.id or 0, reason="误登", **who)  # type: ignore[arg-type]
    except (EngineError, IndexError):
        pass


def recounted(db: Engine, begun: dict[int, Obligation], now: datetime) -> dict[str, Figures]:
    """The same from nothing but the journal's entries, and what the rows were at first."""
    with reading(db) as session:
        entries = session.exec(select(JournalEntry).order_by(col(JournalEntry.id))).all()
    due = {id_: row.due_on for id_, row in begun.items()}
    states: dict[int, tuple[str, datetime | None]] = dict.fromkeys(begun, ("open", None))
    extensions: list[int | None] = []  # by the number of the clock entry
    moved = set()
    for entry in entries:
        id_ = entry.obligation_id or 0
        if entry.kind == "complete":
            told = re.search(r"办结时间(\S{10})(?: (\d\d:\d\d))?", entry.text)
            done = instant(f"{told[1]}T{told[2] or '00:00'}") if told else entry.at
            states[id_] = ("done", done)
        elif entry.kind == "waive":
            states[id_] = ("waived", None)
        elif entry.kind == "reopen":
            states[id_] = ("open", None)
        elif entry.kind == "extend":
            extensions.append(id_)
        elif entry.kind == "correct":
            number = re.match(r"作废计时记录 (\d+)", entry.text)
            assert number
            extensions[int(number[1]) - 1] = None
            extensions.append(None)
        elif entry.kind == "moved" and (
            told := re.match(r"到期日由([-\d]+)改为([-\d]+)，", entry.text)
        ):
            assert due[id_] == day(told[1])
            due[id_] = day(told[2])
            if "；放假安排有更新" in entry.text:
                moved.add(id_)
    counts: dict[str, Counter[str]] = {}
    for id_, (state, at) in states.items():
        if not FIRST <= due[id_] <= LAST:
            continue
        of = counts.setdefault(begun[id_].unit, Counter())
        if state == "waived":
            of["waived"] += 1
            continue
        of["due"] += 1
        of["extended"] += id_ in extensions
        of["moved"] += id_ in moved
        over = local_day(at or now) > due[id_]
        done = "late" if over else "on_time"
        of[done if state == "done" else "open_late" if over else "ahead"] += 1
    return {unit: Figures(**of) for unit, of in counts.items()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_figures_are_what_a_recount_from_the_journal_gives(db: Engine, seed: int) -> None:
    agency = office("monthly", REPLY.id)
    now, begun = play(db, agency, seed)
    figures = counted(db, now)
    assert figures == recounted(db, begun, now)
    whole = sum(figures.values(), Figures())
    parts = (whole.on_time, whole.late, whole.open_late, whole.ahead)
    assert sum(parts) == whole.due
    assert min(*parts, whole.waived, whole.moved) > 0, whole  # else it would prove little
    if seed == 1:
        assert whole.extended > 0
    assert EntryType.VOID in {e.type for e in _clock(db)} or seed != 1


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_counted_before_is_counted_anew_at_the_units_where_something_happened(
    db: Engine, seed: int
) -> None:
    agency, chance, before = office("monthly", REPLY.id), random.Random(seed), CountedByUnit()
    now, asked = instant("2026-05-06T09:00"), list[int]()
    for step in range(80):
        now += timedelta(minutes=chance.choice((0, 20, 20, 900)))
        with writing(db) as session:
            derive(session, replace(agency, horizon_days=60 + 2 * step), CALENDAR, now)
            for _ in range(step and chance.randrange(3)):
                act(session, agency, CALENDAR, now, chance)
        with reading(db) as session:
            asked += looked(session, before, now)
    assert asked.count(1) > 20  # some units
    assert 80 - len(asked) > 10  # none
    assert asked.count(0) > 5  # all: the first time, and on another day


def looked(session: Session, before: CountedByUnit, now: datetime) -> list[int]:
    """By how many conditions more was counted, if anything; what was kept is what a count gives."""
    asked: list[int] = []

    def count(more: list[Any]) -> dict[str, ByMonth]:
        asked.append(len(more))
        return figures_by_month(session, more, FIRST, LAST, now)

    assert before.get(session, "figures", now, count) == count([])
    assert counts_by_unit(session, now, None, before) == counts_by_unit(session, now)
    return asked[:-1]


def _clock(db: Engine) -> list[object]:
    with reading(db) as session:
        return [e for row in list_obligations(session) for e in entries_of(session, row.id or 0)]
