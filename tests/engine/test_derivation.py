"""From duties to rows: once, caught up, and again when what they rest on has changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from engine.agency import Agency
from engine.database import reading, writing
from engine.derivation import AHEAD, derive
from engine.errors import BadDatabase
from engine.events import record_event
from engine.instants import local_day
from engine.journal import journal_of
from engine.obligations import WITHDRAWN_BY, Obligation, Status, complete, waive
from engine.owing import owed
from engine.tracing import trace_of
from engine.watermarks import watermarks
from engine.workdays import WorkCalendar
from rules.terms import Term
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
MONTHLY = build_rule("paper-1-01", "periodic", "P1M")
VAGUE = build_rule("paper-1-01", "vague_periodic", "")
OFTEN = build_rule("paper-1-01", "vague_prompt", "", trigger="政策出台")


@pytest.fixture
def db(both_databases: str) -> Iterator[Engine]:  # noqa: ARG001
    with memory() as db:
        yield db


def run(db: Engine, agency: Agency, now: datetime = NOW, calendar: WorkCalendar = CALENDAR) -> int:
    with writing(db) as session:
        return derive(session, agency, calendar, now)


def stored(db: Engine) -> list[Obligation]:
    with reading(db) as session:
        return list(session.exec(select(Obligation).order_by(col(Obligation.due_on))).all())


def open_days(db: Engine) -> list[str]:
    return [str(row.due_on) for row in stored(db) if row.status is Status.OPEN]


def of(db: Engine, occurrence: str) -> Obligation:
    (row,) = [row for row in stored(db) if row.occurrence == occurrence]
    return row


def until(agency: Agency, last: str | None, since: str = "2026-01-01") -> Agency:
    duty = build_duty(since=since, until=last)
    return replace(agency, duties={duty.key: duty})


def test_twice_at_the_same_instant_changes_nothing(db: Engine) -> None:
    agency = build_agency([MONTHLY])
    assert run(db, agency) == len(stored(db)) > 12
    before = [row.model_dump() for row in stored(db)]
    assert run(db, agency) == 0
    assert [row.model_dump() for row in stored(db)] == before


def test_rows_reach_the_horizon_and_what_was_due_before_is_owed(db: Engine) -> None:
    agency = build_agency([MONTHLY], horizon_days=60)
    run(db, agency)
    assert open_days(db) == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_a_day_later_there_is_nothing_to_do_and_a_month_later_there_is(db: Engine) -> None:
    agency = build_agency([MONTHLY], horizon_days=60)
    run(db, agency)
    assert run(db, agency, NOW + timedelta(days=1)) == 0
    assert run(db, agency, NOW + AHEAD + timedelta(days=1)) == 1


def test_a_year_with_nobody_looking_is_caught_up(db: Engine) -> None:
    rules = [build_rule("paper-1-01"), build_rule("paper-1-02", "periodic", "P1W"), build_rule("paper-1-03", "periodic", "1WD")]  # fmt: skip
    agency = build_agency(rules, horizon_days=31)
    later = NOW + timedelta(days=365)
    run(db, agency)
    run(db, agency, later)
    with memory() as other:
        run(other, agency, later)
        keys = [(row.rule, row.occurrence, row.due_on) for row in stored(db)]
        assert sorted(keys) == sorted((r.rule, r.occurrence, r.due_on) for r in stored(other))


def test_a_key_stands_once(db: Engine) -> None:
    run(db, build_agency([MONTHLY]))
    row = stored(db)[0]
    twin = Obligation(**{**row.model_dump(), "id": None})
    with pytest.raises(IntegrityError), writing(db) as session:
        session.add(twin)


def test_a_changed_interpretation_moves_what_is_open_and_leaves_what_is_done(db: Engine) -> None:
    run(db, build_agency([VAGUE], readings={VAGUE.id: "P1M;after=15D"}))
    done = of(db, "2026-01")
    with writing(db) as session:
        complete(session, done.id or 0, by="张三", at=NOW, evidence="", now=NOW)
    later = NOW + timedelta(hours=1)
    run(db, build_agency([VAGUE], readings={VAGUE.id: "P1M;after=10D"}), later)
    assert (of(db, "2026-01").due_on, of(db, "2026-01").version) == (day("2026-02-15"), 1)
    moved = of(db, "2026-02")
    assert (moved.due_on, moved.version, moved.status) == (day("2026-03-10"), 2, Status.OPEN)
    assert moved.reading == "每月一次，次月10日前（口径）"
    with reading(db) as session:
        (entry,) = journal_of(session, moved.id or 0)
    assert entry.kind == "moved"
    assert (
        entry.text
        == "到期日由2026-03-15改为2026-03-10，宜办日2026-03-10（每月一次，次月10日前（口径）；规则、口径或责任有变动）"
    )


def test_no_period_is_lost_when_dates_move_over_the_horizon(db: Engine) -> None:
    """A row whose new date lies beyond what is derived stays owed, in both directions."""
    values = ("P1M", "P1M;after=2M", "P1M;after=15D", "P1M;day=1", "P1M;after=90D", "P1M")
    for value in values:
        run(db, build_agency([VAGUE], readings={VAGUE.id: value}, horizon_days=100))
        through = local_day(NOW) + timedelta(days=100) + AHEAD
        duty, term = build_duty(), Term.parse("periodic", value)
        wanted = {one.period.key for one, _ in owed(duty, term, duty.since, through, CALENDAR)}
        found = {row.occurrence for row in stored(db) if row.status is Status.OPEN}
        assert wanted <= found, value
        for row in stored(db):
            if row.status is Status.OPEN and row.due_on > local_day(NOW):
                (expected,) = [end for one, end in owed(duty, term, duty.since, day("2028-01-01"), CALENDAR) if one.period.key == row.occurrence]  # fmt: skip
                assert row.due_on == expected.due_on


def test_a_shortened_horizon_loses_nothing(db: Engine) -> None:
    run(db, build_agency([MONTHLY], horizon_days=400))
    everything = open_days(db)
    short = build_agency([MONTHLY], horizon_days=31)
    changed = replace(short, duties=until(short, "2030-12-31").duties)
    run(db, short)
    run(db, changed)
    run(db, build_agency([MONTHLY], horizon_days=31))
    run(db, build_agency([MONTHLY], horizon_days=400))
    assert open_days(db) == everything


def test_a_duty_taken_out_waives_what_lies_ahead_and_keeps_what_is_late(db: Engine) -> None:
    agency = build_agency([MONTHLY], horizon_days=60)
    run(db, agency)
    run(db, replace(agency, duties={}))
    assert open_days(db) == ["2026-01-31", "2026-02-28"]
    waived = of(db, "2026-03")
    assert (waived.status, waived.closed_by, waived.closed_at) == (Status.WAIVED, WITHDRAWN_BY, NOW)
    with reading(db) as session:
        assert watermarks(session) == {}
        assert [entry.kind for entry in journal_of(session, waived.id or 0)] == ["waive"]


def test_a_duty_that_is_back_is_owed_again(db: Engine) -> None:
    agency = build_agency([MONTHLY], horizon_days=60)
    run(db, agency)
    everything = open_days(db)
    run(db, replace(agency, duties={}))
    run(db, agency)
    assert open_days(db) == everything
    row = of(db, "2026-03")
    assert (row.closed_by, row.closed_at, row.version) == ("", None, 2)
    with reading(db) as session:
        assert [entry.kind for entry in journal_of(session, row.id or 0)] == ["waive", "reopen"]


def test_the_database_of_another_office_is_refused_and_left_alone(db: Engine) -> None:
    run(db, build_agency([MONTHLY]))
    before = [row.model_dump() for row in stored(db)]
    other = build_agency([MONTHLY], [], units=[build_unit("health", "市卫生健康委")])
    with pytest.raises(BadDatabase, match="属于另一份配置"):
        run(db, other)
    assert [row.model_dump() for row in stored(db)] == before


def test_what_a_person_waived_stays_waived(db: Engine) -> None:
    agency = build_agency([MONTHLY], horizon_days=60)
    run(db, agency)
    with writing(db) as session:
        waive(session, of(db, "2026-04").id or 0, by="李四", reason="停办", now=NOW)
    run(db, replace(agency, duties={}))
    run(db, agency)
    assert of(db, "2026-04").status is Status.WAIVED


def test_a_rule_that_waits_is_owed_nothing_and_then_something_and_then_nothing(db: Engine) -> None:
    waiting, decided = build_agency([VAGUE]), build_agency([VAGUE], readings={VAGUE.id: "P3M"})
    assert run(db, waiting) == 0
    assert run(db, decided) > 0
    run(db, waiting)
    assert open_days(db) == []
    assert run(db, decided) == 0
    assert open_days(db)[0] == "2026-03-31"


def test_a_duty_ends_on_its_last_day(db: Engine) -> None:
    agency = build_agency([MONTHLY])
    run(db, until(agency, "2026-04-30"))
    assert open_days(db)[-1] == "2026-04-30"
    run(db, until(agency, "2026-04-29"))
    assert open_days(db)[-1] == "2026-03-31"
    run(db, until(agency, "2026-06-30"))
    assert open_days(db)[-1] == "2026-06-30"
    run(db, until(agency, None))
    assert open_days(db)[-1] >= "2027-03-31"


def test_a_duty_that_began_earlier_owes_the_days_before_too(db: Engine) -> None:
    agency = build_agency([MONTHLY])
    run(db, until(agency, None, since="2026-02-15"))
    assert open_days(db)[0] == "2026-02-28"
    assert of(db, "2026-02").opens_on == day("2026-02-15")
    run(db, until(agency, None, since="2025-12-01"))
    assert open_days(db)[:3] == ["2025-12-31", "2026-01-31", "2026-02-28"]


def test_a_fixed_deadline_stands_once_and_does_not_move_to_a_working_day(db: Engine) -> None:
    agency = build_agency([build_rule("paper-1-01", "fixed_deadline", "2026-10-31")])
    assert (run(db, agency), run(db, agency)) == (1, 0)
    (row,) = stored(db)
    assert (row.occurrence, row.due_on, row.act_by) == ("2026-10-31", day("2026-10-31"), day("2026-10-30"))  # fmt: skip
    assert not row.provisional


def test_a_fixed_deadline_beyond_the_horizon_or_the_duty_is_not_owed_yet(db: Engine) -> None:
    far = build_agency([build_rule("paper-1-01", "fixed_deadline", "2028-12-31")])
    assert run(db, far) == 0
    assert run(db, far, instant("2028-01-10T09:00"), CALENDAR) == 1
    ended = until(build_agency([build_rule("paper-1-01", "fixed_deadline", "2026-10-31")]), "2026-10-30")  # fmt: skip
    with memory() as other:
        assert run(other, ended) == 0


def test_a_new_calendar_moves_what_was_provisional(db: Engine) -> None:
    rule = build_rule("paper-1-01", "periodic", "P1M;after=10WD")
    agency, now = build_agency([rule]), instant("2019-12-02T09:00")
    agency = until(agency, None, since="2019-12-01")
    before, after = calendar_through(2019), calendar_through(2020)
    run(db, agency, now, before)
    old = {row.occurrence: row for row in stored(db)}
    assert old["2020-09"].provisional
    assert old["2020-09"].act_by <= old["2020-09"].earliest
    run(db, agency, now, after)
    moved = of(db, "2020-09")
    assert (moved.due_on, moved.provisional) == (after.add(day("2020-09-30"), 10), False)
    assert moved.due_on != old["2020-09"].due_on
    assert moved.version == 2
    assert run(db, agency, now, after) == 0
    for row in stored(db):
        changed = (row.due_on, row.act_by) != (
            old[row.occurrence].due_on,
            old[row.occurrence].act_by,
        )
        assert row.version == 1 + changed


def test_an_obligation_from_an_event_moves_with_the_reading(db: Engine) -> None:
    agency = build_agency([OFTEN], readings={OFTEN.id: "20WD"})
    with writing(db) as session:
        record_event(session, agency, CALENDAR, trigger="政策出台", unit="finance", moment=day("2026-03-02"), reference="", by="张三", now=NOW)  # fmt: skip
    run(db, agency)
    assert open_days(db) == ["2026-03-30"]
    run(db, build_agency([OFTEN], readings={OFTEN.id: "10WD"}))
    (row,) = stored(db)
    assert (str(row.due_on), row.version, row.occurrence) == ("2026-03-16", 2, "event:1")
    run(db, build_agency([OFTEN], readings={OFTEN.id: "PT24H"}))  # the hour is not known
    assert [(str(row.due_on), row.version, row.due_at) for row in stored(db)] == [("2026-03-16", 2, None)]  # fmt: skip
    run(db, build_agency([OFTEN]))
    assert open_days(db) == []


def test_a_row_of_the_period_before_the_duty_began_can_be_explained(db: Engine) -> None:
    agency = build_agency([VAGUE], readings={VAGUE.id: "P1M;after=15D"})
    run(db, agency)
    row = of(db, "2025-12")
    assert (row.due_on, row.opens_on) == (day("2026-01-15"), day("2026-01-01"))
    with reading(db) as session:
        steps = trace_of(session, agency, CALENDAR, row)
    assert [step.text for step in steps] == [
        "机关确定口径：每月一次，次月15日前；理由：便于执行",
        "本期为2025-12-01（星期一）至2025-12-31（星期三）",
        "每月一次，次月15日前：2026-01-15（星期四）",
    ]


def test_a_late_row_of_an_earlier_reading_is_not_explained_by_the_new_one(db: Engine) -> None:
    run(db, build_agency([VAGUE], readings={VAGUE.id: "2026-02-27"}))
    (row,) = stored(db)
    agency = build_agency([VAGUE], readings={VAGUE.id: "2026-12-31"})
    run(db, agency)
    with reading(db) as session:
        (step,) = trace_of(session, agency, CALENDAR, row)
    assert "按当时的口径推算" in step.text


def test_every_row_can_be_explained_by_the_reading_that_made_it() -> None:
    values = ("P1M", "P5D", "P2W;after=3WD", "2WD", "P5M;after=1M", "P1W;weekday=5", "P1Y;by=02-29")
    for value in values:
        with memory() as other:
            agency = until(build_agency([VAGUE], readings={VAGUE.id: value}), None, "2026-01-14")
            run(other, agency)
            with reading(other) as session:
                for row in stored(other):
                    steps = trace_of(session, agency, CALENDAR, row)
                    assert "按当时的口径推算" not in steps[0].text, (value, row.occurrence)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["", "P1M", "P1M;after=15D", "P1W", "P5D", "1WD", "2026-05-29"]),
        st.sampled_from([None, "2026-04-15", "2026-08-31"]),
        st.sampled_from(["2026-01-01", "2026-02-11"]),
        st.sampled_from([31, 200]),
        st.integers(0, 40),
    ),
    min_size=2,
    max_size=4,
)


@given(CHANGES)
@settings(deadline=None, max_examples=25)
def test_after_any_changes_the_future_is_as_if_it_had_always_been_so(
    changes: list[tuple[str, str | None, str, int, int]],
) -> None:
    with memory() as db:
        now = NOW
        for value, last, since, horizon, days in changes:
            now += timedelta(days=days)
            plain = build_agency([VAGUE], readings={VAGUE.id: value} if value else {}, horizon_days=horizon)  # fmt: skip
            agency = until(plain, last, since)
            run(db, agency, now)
            assert run(db, agency, now) == 0
        today = local_day(now)
        nearest = today + timedelta(days=31)
        with memory() as fresh:
            run(fresh, agency, now)
            wanted = [(row.occurrence, row.due_on, row.act_by) for row in stored(fresh)]
        found = [(r.occurrence, r.due_on, r.act_by) for r in stored(db) if r.status is Status.OPEN]
        assert {one for one in wanted if today < one[1] <= nearest} == {
            one for one in found if today < one[1] <= nearest
        }
        assert {one for one in wanted if one[1] <= nearest} <= set(found)
