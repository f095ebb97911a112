"""The preview of a change equals what the change then does, and leaves the database as it is."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import SQLModel, select

from engine.agency import Agency
from engine.database import open_database, reading, writing
from engine.derivation import derive
from engine.errors import BadDatabase
from engine.events import record_event
from engine.impact import SHOWN, Affected, Basis, Impact, impact
from engine.obligations import Obligation, Status
from engine.schema import create_in_memory
from engine.workdays import WorkCalendar
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

NOW = instant("2026-03-10T09:00")
VAGUE = build_rule("v", "vague_periodic", "")
OFTEN = build_rule("o", "vague_prompt", "", trigger="政策出台")
OTHER = build_rule("x", "vague_periodic", "")


def agency(reads: str, often: str = "", other: str = "", until: str | None = None) -> Agency:
    readings = {"v": reads, "o": often, "x": other}
    return build_agency(
        [replace(VAGUE, same_as=("x",)), OFTEN, replace(OTHER, same_as=("v",))],
        [build_duty("v", until=until), build_duty("o"), build_duty("x")],
        readings={id_: value for id_, value in readings.items() if value},
        horizon_days=100,
    )


def act(db: Engine, after: Agency, calendar: WorkCalendar = CALENDAR) -> None:
    with writing(db) as session:
        derive(session, after, calendar, NOW)


def begin(db: Engine, before: Agency) -> None:
    act(db, before)
    if before.readings["o"].term:
        with writing(db) as session:
            record_event(session, before, CALENDAR, trigger="政策出台", unit="finance", moment=day("2026-03-09"), reference="", by="张三", now=NOW)  # fmt: skip


def dump(db: Engine) -> list[str]:
    with reading(db) as session:
        tables = SQLModel.metadata.sorted_tables
        return [repr(row) for table in tables for row in session.execute(table.select())]


def stored(db: Engine) -> dict[int, Obligation]:
    with reading(db) as session:
        return {row.id or 0: row for row in session.exec(select(Obligation)).all()}


@pytest.mark.usefixtures("both_databases")
def test_a_new_reading_moves_and_says_from_where_to_where() -> None:
    with memory() as db:
        begin(db, agency("P1M;after=15D", "20WD"))
        found = impact(db, Basis(agency("P1M;after=10D", "10WD"), CALENDAR), NOW)
        due = {(one.rule, one.period): one for one in found.moved}
        moved = due["v", "2026-03"]
        assert (str(moved.old_due_on), str(moved.new_due_on)) == ("2026-04-15", "2026-04-10")
        assert (moved.unit, moved.old_due_at, moved.new_due_at) == ("finance", None, None)
        assert (due["o", "2026-03-09"].old_due_on, due["o", "2026-03-09"].new_due_on) == (
            CALENDAR.add(day("2026-03-09"), 20),
            CALENDAR.add(day("2026-03-09"), 10),
        )
        assert found.withdrawn == found.reopened == ()


@pytest.mark.usefixtures("both_databases")
def test_what_ends_is_withdrawn_and_what_is_back_is_reopened() -> None:
    with memory() as db:
        begin(db, agency("P1M"))
        ended = impact(db, Basis(agency("P1M", until="2026-04-30"), CALENDAR), NOW)
        assert [one.period for one in ended.withdrawn] == ["2026-05", "2026-06"]
        assert (ended.moved, ended.reopened, ended.added) == ((), (), 0)
        act(db, agency("P1M", until="2026-04-30"))
        back = impact(db, Basis(agency("P1M"), CALENDAR), NOW)
        assert [one.period for one in back.reopened] == ["2026-05", "2026-06"]


@pytest.mark.usefixtures("both_databases")
def test_of_what_is_new_the_number_and_the_first_dates() -> None:
    with memory() as db:
        begin(db, agency("P1M"))
        found = impact(db, Basis(agency("P1M", other="P1W;weekday=5"), CALENDAR), NOW)
        assert found.added > SHOWN == len(found.first_added)
        first = found.first_added[0]
        assert found.of(None) == found.of({"finance"}) == found
        assert found.of({"audit"}) == Impact((), (), (), ())
        assert first == Affected(None, "x", "finance", "2026-W01", None, None, day("2026-01-02"), None)  # fmt: skip


@pytest.mark.usefixtures("both_databases")
def test_a_new_calendar_is_previewed_too() -> None:
    rule = build_rule("w", "periodic", "P1M;after=10WD")
    office = build_agency([rule], [build_duty("w", since="2019-12-01")])
    now = instant("2019-12-02T09:00")
    with memory() as db:
        with writing(db) as session:
            derive(session, office, calendar_through(2019), now)
        found = impact(db, Basis(office, calendar_through(2020)), now)
        (september,) = [one for one in found.moved if one.period == "2020-09"]
        assert september.new_due_on == calendar_through(2020).add(day("2020-09-30"), 10)


def test_the_file_is_not_touched(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'q.db'}")
    create_in_memory(db)
    begin(db, agency("P1M", "20WD"))
    with db.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (tmp_path / "q.db").read_bytes()
    assert impact(db, Basis(agency("P1W", "10WD"), CALENDAR), NOW).added
    with db.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / "q.db").read_bytes() == before
    db.dispose()


@pytest.mark.usefixtures("both_databases")
def test_another_office_is_refused_as_it_would_be() -> None:
    other = build_agency([VAGUE], [], units=[build_unit("health", "市卫生健康委")])
    with memory() as db:
        begin(db, agency("P1M"))
        before = dump(db)
        with pytest.raises(BadDatabase, match="属于另一份配置"):
            impact(db, Basis(other, CALENDAR), NOW)
        assert dump(db) == before


RHYTHMS = st.sampled_from(["", "P1M", "P1M;after=15D", "P3M", "P1W", "2026-05-29"])
LIMITS = st.sampled_from(["", "20WD", "10WD", "P1M"])
ENDS = st.sampled_from([None, "2026-04-15"])
AGENCIES = st.builds(agency, RHYTHMS, LIMITS, RHYTHMS, ENDS)


@given(AGENCIES, AGENCIES, AGENCIES)
@settings(deadline=None, max_examples=25)
def test_the_preview_equals_the_act(first: Agency, before: Agency, after: Agency) -> None:
    with memory() as db:
        begin(db, first)
        act(db, before)
        was, unchanged = stored(db), dump(db)
        found = impact(db, Basis(after, CALENDAR), NOW)
        assert dump(db) == unchanged
        act(db, after)
        now = stored(db)
        opened = {id_ for id_, row in now.items() if row.status is Status.OPEN} & was.keys()
        open_before = {id_ for id_, row in was.items() if row.status is Status.OPEN}
        assert {one.id for one in found.withdrawn} == open_before - opened
        assert {one.id for one in found.reopened} == opened - open_before
        assert {one.id: (one.old_due_on, one.new_due_on) for one in found.moved} == {
            id_: (was[id_].due_on, now[id_].due_on)
            for id_ in opened & open_before
            if was[id_].due_on != now[id_].due_on
        }
        assert found.added == len(now) - len(was)
        again = impact(db, Basis(after, CALENDAR), NOW + timedelta(hours=1))
        assert (again.moved, again.withdrawn, again.reopened, again.added) == ((), (), (), 0)
